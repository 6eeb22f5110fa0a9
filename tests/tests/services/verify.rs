//! Every way to tamper with the record behind the program's back, and how verifying tells it.

use bson::{Document, doc};
use futures_util::TryStreamExt;
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::ports::Ports;
use tenantry_core::record::{Damage, DamageKind, Verified, verify};
use tenantry_core::records::{ActivityEntry, ActivityKind, Head, Outcome, Stored};
use tenantry_core::values::OrganizationId;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use time::OffsetDateTime;

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

/// Entries of the record.
const ENTRIES: usize = 12;

fn entry(number: usize) -> ActivityEntry {
    ActivityEntry::by("dana@example.com", ActivityKind::OrganizationChanged)
        .about(OrganizationId::new(), "acme")
        .changed("email", Some("a@example.com".to_owned()), Some(format!("{number}@example.com")))
        .with_detail(format!("number {number}"))
}

async fn with_record(kind: StoreKind) -> TestWorkspace {
    let workspace = TestWorkspace::open(kind).await;
    for number in 0..ENTRIES {
        workspace.ports.activity.append(&entry(number)).await.expect("appended");
    }
    workspace
}

async fn stored(ports: &Ports) -> Vec<Stored> {
    ports.activity.walk(0).try_concat().await.expect("walked")
}

async fn verified(ports: &Ports, anchors: &[Head]) -> Verified {
    verify(ports.activity.as_ref(), anchors, &Quiet, &Cancellation::default()).await.expect("walked")
}

/// The digests of these entries and all after them computed anew.
fn rewritten(mut entries: Vec<Stored>, from: usize) -> Vec<Stored> {
    for index in from..entries.len() {
        if index > 0 {
            let previous = entries[index - 1].hash.clone();
            entries[index].fields.insert("previous".to_owned(), previous);
        }
        entries[index].hash = entries[index].digest();
    }
    entries
}

/// Numbers without a gap, everything else as it is.
fn numbered(mut entries: Vec<Stored>) -> Vec<Stored> {
    for (number, entry) in (1..).zip(&mut entries) {
        entry.fields.insert("number".to_owned(), format!("{number}"));
    }
    entries
}

fn with_detail(mut entries: Vec<Stored>, index: usize, detail: &str) -> Vec<Stored> {
    entries[index].fields.insert("detail".to_owned(), detail.to_owned());
    entries
}

type Tampering = (&'static str, Damage, Vec<Stored>);

/// Each way to tamper with the entries, and what it is found to be. The first has the number 1.
fn tamperings(entries: &[Stored]) -> Vec<Tampering> {
    use DamageKind::{Altered, CutOff, Inserted, Removed, Reordered, Rewritten};
    let at = |number, kind| Damage { number, kind };
    let all = || entries.to_vec();
    let without = |from: usize, to: usize| {
        let mut rest = all();
        rest.drain(from..to);
        rest
    };
    let with = |index: usize, forged: Stored| {
        let mut more = all();
        more.insert(index, forged);
        numbered(more)
    };
    let swapped = |one: usize, other: usize| {
        let mut moved = all();
        moved.swap(one, other);
        numbered(moved)
    };
    let forged = |after: usize| {
        let head = entries[after].head();
        Stored::new(&head, "5d2f", OffsetDateTime::UNIX_EPOCH, &entry(99))
    };
    let one_rewritten = |index: usize| {
        let mut altered = with_detail(all(), index, "nothing");
        altered[index].hash = altered[index].digest();
        altered
    };
    let mut unlinked = all();
    unlinked[5].fields.insert("previous".to_owned(), "00".repeat(32));
    let mut another_digest = all();
    another_digest[5].hash = "00".repeat(32);
    let mut without_detail = all();
    without_detail[5].fields.remove("detail");
    let mut with_field = all();
    with_field[5].fields.insert("note".to_owned(), "by somebody else".to_owned());
    let mut moved_in_time = all();
    moved_in_time[5].fields.insert("at".to_owned(), "0".to_owned());
    let mut unfitting = forged(4);
    unfitting.hash = "00".repeat(32);
    let last = entries.len() - 1;
    vec![
        ("another text", at(6, Altered), with_detail(all(), 5, "nothing")),
        ("another text in the first", at(1, Altered), with_detail(all(), 0, "nothing")),
        ("another text in the last", at(12, Altered), with_detail(all(), last, "nothing")),
        ("a field less", at(6, Altered), without_detail),
        ("a field more", at(6, Altered), with_field),
        ("another moment", at(6, Altered), moved_in_time),
        ("another digest of the one before", at(6, Altered), unlinked),
        ("another digest", at(6, Altered), another_digest),
        ("another text and its digest", at(6, Altered), one_rewritten(5)),
        ("another text and its digest in the last but one", at(11, Altered), one_rewritten(last - 1)),
        ("everything anew from the middle on", at(12, Rewritten), rewritten(one_rewritten(5), 5)),
        ("one is gone", at(6, Removed), without(5, 6)),
        ("the first is gone", at(1, Removed), without(0, 1)),
        ("several are gone", at(6, Removed), without(5, 9)),
        ("one is gone, and the rest numbered anew", at(6, Removed), numbered(without(5, 6))),
        ("several are gone, and the rest numbered anew", at(6, Removed), numbered(without(5, 9))),
        ("the first is gone, and the rest numbered anew", at(1, Removed), numbered(without(0, 1))),
        ("one that fits its number", at(6, Inserted), with(5, forged(4))),
        ("one that fits nothing", at(6, Inserted), with(5, unfitting)),
        ("two neighbours", at(6, Reordered), swapped(5, 6)),
        ("two far apart", at(3, Reordered), swapped(2, 9)),
        ("the first and the last", at(1, Reordered), swapped(0, last)),
        ("the end is gone", at(10, CutOff), without(9, entries.len())),
        ("everything is gone", at(1, CutOff), Vec::new()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_done_to_the_record_is_found_and_named() {
    for kind in BOTH {
        let workspace = with_record(kind).await;
        let entries = stored(&workspace.ports).await;
        let anchor = entries.last().expect("entries").head();
        let whole = verified(&workspace.ports, std::slice::from_ref(&anchor)).await;
        assert_eq!((whole.count, whole.damage), (ENTRIES as u64, None), "{kind:?}");
        assert_eq!(whole.head, Some(anchor.clone()), "{kind:?}");
        for (what, damage, tampered) in tamperings(&entries) {
            workspace.replace_record(&tampered).await;
            let found = verified(&workspace.ports, std::slice::from_ref(&anchor)).await;
            assert_eq!(found.damage, Some(damage), "{kind:?}: {what}");
            assert!(found.count < damage.number.max(1), "{kind:?}: {what}: {found:?}");
        }
        workspace.replace_record(&entries).await;
        assert_eq!(verified(&workspace.ports, &[anchor]).await, whole, "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_anchor_only_what_does_not_fit_together_is_found() {
    for kind in BOTH {
        let workspace = with_record(kind).await;
        let entries = stored(&workspace.ports).await;
        for (what, damage, tampered) in tamperings(&entries) {
            workspace.replace_record(&tampered).await;
            let found = verified(&workspace.ports, &[]).await;
            let expected = match damage.kind {
                DamageKind::CutOff | DamageKind::Rewritten => None,
                DamageKind::Altered | DamageKind::Removed | DamageKind::Inserted | DamageKind::Reordered => {
                    Some(damage)
                }
            };
            assert_eq!(found.damage, expected, "{kind:?}: {what}");
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_statement_of_another_program_is_found() {
    for kind in BOTH {
        let workspace = with_record(kind).await;
        match workspace.file() {
            Some(file) => {
                let connection = rusqlite::Connection::open(file).expect("another writer");
                let sql = "UPDATE console_activity SET fields = replace(fields, 'number 5', 'number 6') WHERE number = 6";
                connection.execute(sql, []).expect("written");
                let found = verified(&workspace.ports, &[]).await.damage;
                assert_eq!(found, Some(Damage { number: 6, kind: DamageKind::Altered }));
                let back = "UPDATE console_activity SET fields = replace(fields, 'number 6', 'number 5') WHERE number = 6";
                connection.execute(back, []).expect("written");
                // It reads the same, but a filter may read it otherwise.
                let twice = "UPDATE console_activity SET fields = '{\"actor\":\"x\",' || substr(fields, 2) WHERE number = 6";
                connection.execute(twice, []).expect("written");
            }
            None => {
                let record = workspace.database().await.collection::<Document>("console_activity");
                let sixth = || doc! { "_id": 6 };
                record.update_one(sixth(), doc! { "$set": { "detail": "number 6" } }).await.expect("written");
                let found = verified(&workspace.ports, &[]).await.damage;
                assert_eq!(found, Some(Damage { number: 6, kind: DamageKind::Altered }));
                record
                    .update_one(sixth(), doc! { "$set": { "detail": "number 5", "at": "1" } })
                    .await
                    .expect("written");
            }
        }
        let found = verified(&workspace.ports, &[]).await.damage;
        assert_eq!(found, Some(Damage { number: 6, kind: DamageKind::Altered }), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_whose_old_entries_were_archived_verifies_from_there_on() {
    for kind in BOTH {
        let workspace = with_record(kind).await;
        let ports = &workspace.ports;
        let entries = stored(ports).await;
        let (early, last_removed) = (entries[2].head(), entries[6].head());
        let archived = ActivityEntry::by("dana@example.com", ActivityKind::RecordArchived);
        ports.activity.append(&archived.sealing(last_removed.clone())).await.expect("recorded");
        assert_eq!(verified(ports, &[]).await.damage, None, "{kind:?}: recorded, and not removed yet");

        // A cut that was interrupted leaves some of it.
        let mut rest = stored(ports).await;
        rest.drain(1..4);
        workspace.replace_record(&rest).await;
        assert_eq!(verified(ports, &[]).await.damage, None, "{kind:?}: half of it is removed");
        ports.activity.cut(&last_removed, &[]).await.expect("cut");
        let rest = stored(ports).await;
        assert_eq!(rest[0].number(), Some(8), "{kind:?}");
        let anchors = [early, entries[9].head()];
        let whole = verified(ports, &anchors).await;
        assert_eq!((whole.count, whole.damage), (6, None), "{kind:?}: {whole:?}");

        let mut more = rest.clone();
        more.remove(0);
        workspace.replace_record(&more).await;
        let removed = Some(Damage { number: 8, kind: DamageKind::Removed });
        assert_eq!(verified(ports, &anchors).await.damage, removed, "{kind:?}: one more than was archived");
        let without_marker: Vec<_> = rest[..5].to_vec();
        workspace.replace_record(&without_marker).await;
        let removed = Some(Damage { number: 1, kind: DamageKind::Removed });
        assert_eq!(
            verified(ports, &[]).await.damage,
            removed,
            "{kind:?}: nobody said that they were archived"
        );
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archiving_that_was_refused_excuses_no_missing_entry() {
    for kind in BOTH {
        let workspace = with_record(kind).await;
        let ports = &workspace.ports;
        let entries = stored(ports).await;
        let refused = ActivityEntry::by("dana@example.com", ActivityKind::RecordArchived)
            .of_operation("refused")
            .sealing(entries[6].head());
        ports.activity.append(&refused).await.expect("recorded");
        ports.activity.append(&refused.ended(Outcome::Undone)).await.expect("recorded");
        assert_eq!(verified(ports, &[]).await.damage, None, "{kind:?}");
        workspace.replace_record(&stored(ports).await[7..]).await;
        let removed = Some(Damage { number: 1, kind: DamageKind::Removed });
        assert_eq!(verified(ports, &[]).await.damage, removed, "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verifying_ends_when_it_is_cancelled() {
    let workspace = with_record(StoreKind::SqliteInMemory).await;
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let cancelled = verify(workspace.ports.activity.as_ref(), &[], &Quiet, &cancellation).await;
    assert_eq!(cancelled, Err(tenantry_core::AppError::Cancelled));
}
