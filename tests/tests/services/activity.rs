//! What people see of the record, and do with it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::TryStreamExt;
use tenantry_core::activity::{ArchiveFacts, RecordExport, RecordFacet, Undo, read_archive};
use tenantry_core::clock::Clock;
use tenantry_core::error::{AppError, UndoRefusal};
use tenantry_core::export::{CsvLayout, CsvSeparator, ExportFormat};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::record::verify;
use tenantry_core::records::{ActivityKind, Organization, Outcome, RecordQuery, Recorded};
use tenantry_core::rights::Actor;
use tenantry_tests::console::{Console, Run, create_request, update_request};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

use super::record::{write_earlier, write_earlier_at};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

/// A file in memory.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("UTF-8")
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn all() -> RecordQuery {
    RecordQuery { limit: 200, ..RecordQuery::default() }
}

async fn entries(console: &Console, actor: &Actor, query: RecordQuery) -> Vec<Recorded> {
    console.record.page(actor, query).await.expect("a page").entries
}

/// The newest entry of a kind.
async fn newest(console: &Console, actor: &Actor, kind: ActivityKind) -> Recorded {
    let query = RecordQuery { kinds: vec![kind], ..all() };
    entries(console, actor, query).await.into_iter().next().expect("an entry of this kind")
}

async fn undo_of(console: &Console, actor: &Actor, kind: ActivityKind) -> Option<Undo> {
    let entry = newest(console, actor, kind).await;
    console.record.details(actor, entry.number).await.expect("the details").undo
}

async fn undo(console: &Console, actor: &Actor, kind: ActivityKind) -> Result<Organization, AppError> {
    let entry = newest(console, actor, kind).await;
    console.record.undo((&console.organizations, &console.mends), actor, entry.number, None).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_everything_an_admin_their_organization_and_nobody_more() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let (acme, other) = (console.create("acme").await, console.create("other").await);
        let operator = console.operator().await;
        let admin = console.sign_in("admin@acme.example.com").await.actor;
        let seen = entries(&console, &operator, all()).await;
        assert!(seen.iter().any(|entry| entry.entry.organization_id == Some(other.id)), "{kind:?}");
        let seen = entries(&console, &admin, all()).await;
        assert!(!seen.is_empty(), "{kind:?}: an admin sees what was done to their organization");
        assert!(seen.iter().all(|entry| entry.entry.organization_id == Some(acme.id)), "{kind:?}: {seen:?}");
        let about_other = RecordQuery { organization: Some(other.id), ..all() };
        let refused = console.record.page(&admin, about_other.clone()).await;
        assert_eq!(refused, Err(AppError::NotFound { what: "organization" }), "{kind:?}");
        let hidden = entries(&console, &operator, about_other).await[0].number;
        let refused = console.record.details(&admin, hidden).await.map(|_| ());
        assert_eq!(refused, Err(AppError::NotFound { what: "entry" }), "{kind:?}: asked for by its number");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_facet_has_its_kinds_alone() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    console.sign_in("admin@acme.example.com").await;
    let operator = console.operator().await;
    let kinds = async |facet: RecordFacet| {
        let found = entries(&console, &operator, facet.narrow(all())).await;
        found.into_iter().map(|entry| entry.entry.kind).collect::<Vec<_>>()
    };
    assert!(kinds(RecordFacet::SignIns).await.contains(&ActivityKind::SignedIn));
    assert!(!kinds(RecordFacet::Changes).await.contains(&ActivityKind::SignedIn));
    assert!(kinds(RecordFacet::Changes).await.contains(&ActivityKind::OrganizationCreated));
    assert!(kinds(RecordFacet::Refused).await.is_empty());
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_entry_left_is_undone_and_the_undo_is_an_entry_that_names_it() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let (acme, operator) = (console.create("acme").await, console.operator().await);
        let possible = |trashes| Some(Undo::Possible { password_stays: false, trashes });

        console.organizations.deactivate(&operator, acme.id).await.expect("deactivated");
        assert_eq!(
            undo_of(&console, &operator, ActivityKind::OrganizationDeactivated).await,
            possible(false)
        );
        let number = newest(&console, &operator, ActivityKind::OrganizationDeactivated).await.number;
        let undone = undo(&console, &operator, ActivityKind::OrganizationDeactivated).await.expect("undone");
        assert!(undone.is_active, "{kind:?}");
        let entry = newest(&console, &operator, ActivityKind::OrganizationReactivated).await;
        assert_eq!(entry.entry.reason, Some(format!("undo of entry {number}")), "{kind:?}");

        console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
        undo(&console, &operator, ActivityKind::OrganizationTrashed).await.expect("restored");
        assert_eq!(undo_of(&console, &operator, ActivityKind::OrganizationRestored).await, possible(true));
        let trashed = undo(&console, &operator, ActivityKind::OrganizationRestored).await.expect("trashed");
        assert!(trashed.trashed.is_some(), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_is_offered_no_undo_that_they_have_no_right_to() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    let (acme, operator) = (console.create("acme").await, console.operator().await);
    console.organizations.deactivate(&operator, acme.id).await.expect("deactivated");
    console.organizations.reactivate(&operator, acme.id).await.expect("reactivated");
    let admin = console.sign_in("admin@acme.example.com").await.actor;
    assert_eq!(undo_of(&console, &admin, ActivityKind::OrganizationReactivated).await, None);
    let refused = undo(&console, &admin, ActivityKind::OrganizationReactivated).await;
    assert_eq!(refused, Err(AppError::Forbidden));
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bringing_an_organization_back_to_the_trash_asks_for_its_name_where_names_are_typed() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let run = Run { confirm_trash: true, ..Run::default() };
    let console = Console::run(workspace.ports.clone(), &workspace.clock, run);
    let (acme, operator) = (console.create("acme").await, console.operator().await);
    console.organizations.trash(&operator, acme.id, Some("acme")).await.expect("trashed");
    console.organizations.restore(&operator, acme.id, None).await.expect("restored");
    let refused = undo(&console, &operator, ActivityKind::OrganizationRestored).await;
    assert_eq!(refused, Err(AppError::ConfirmationMismatch));
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exported_record_ends_with_its_proof_and_each_row_names_the_one_before() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        console.create("acme").await;
        let operator = console.operator().await;
        let file = Buffer::default();
        let request = RecordExport { query: all(), format: ExportFormat::Ndjson };
        let cancellation = Cancellation::default();
        let written = console
            .record
            .export(&operator, request, Box::new(file.clone()), &Quiet, &cancellation)
            .await
            .expect("exported");
        let text = file.text();
        let rows: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let (proof, rows) = rows.split_last().expect("rows");
        assert_eq!(written.rows, rows.len() as u64, "{kind:?}: the proof is no entry");
        assert_eq!(
            (&proof["number"], &proof["sealed_hash"]),
            (&"proof".into(), &rows[0]["hash"]),
            "{kind:?}"
        );
        assert_eq!(rows[0]["kind"], "record_exported", "{kind:?}: the export is in the file");
        for pair in rows.windows(2) {
            assert_eq!(pair[0]["previous"], pair[1]["hash"], "{kind:?}");
        }
        let csv = CsvLayout::Plain { separator: CsvSeparator::Comma, byte_order_mark: false };
        let (file, format) = (Buffer::default(), ExportFormat::Csv(csv));
        let request = RecordExport { query: all(), format };
        let output = Box::new(file.clone());
        console.record.export(&operator, request, output, &Quiet, &cancellation).await.expect("exported");
        assert!(file.text().lines().last().is_some_and(|line| line.starts_with("\"proof\",")), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_entries_leave_for_a_file_that_is_checked_by_itself_and_their_leaving_is_an_entry() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        console.create("acme").await;
        assert_eq!(
            console.record.plan_archive(&operator, 1).await,
            Ok(None),
            "{kind:?}: nothing is that old"
        );
        let young = console.record.plan_archive(&operator, 0).await;
        assert_eq!(young, Ok(None), "{kind:?}: nobody removes what is younger than a month");
        let found = entries(&console, &operator, all()).await;
        let recent = tenantry_core::records::Head { number: found[1].number, hash: found[1].hash.clone() };
        let (output, cancellation) = (Box::new(io::sink()), Cancellation::default());
        let young =
            console.record.write_archive(&operator, "M", &recent, output, &Quiet, &cancellation).await;
        assert_eq!(young, Err(AppError::Forbidden), "{kind:?}: whatever the window asks for");
        let facts = ArchiveFacts {
            tenantry_record: 1,
            workspace: "M".to_owned(),
            before: tenantry_core::records::Head::before_the_first(),
            last: recent,
            entries: 1,
            earlier: tenantry_core::records::Head::before_the_first(),
        };
        let young = console.record.remove_archived(&operator, &facts, "f").await;
        assert_eq!(young, Err(AppError::Forbidden), "{kind:?}");
        let told = &entries(&console, &operator, all()).await[0].entry;
        assert_eq!((told.kind, told.outcome), (ActivityKind::RecordArchived, Outcome::Undone), "{kind:?}");
        workspace.clock.advance(Duration::from_secs(40 * 24 * 60 * 60));
        let plan = console.record.plan_archive(&operator, 1).await.expect("a plan");
        // Where time has not passed, the newest entry is the newest of that age, and always stays.
        let last = match plan {
            Some(plan) => plan.last,
            None => {
                let found = entries(&console, &operator, all()).await;
                let last = &found[1];
                tenantry_core::records::Head { number: last.number, hash: last.hash.clone() }
            }
        };
        let file = Buffer::default();
        let (output, cancellation) = (Box::new(file.clone()), Cancellation::default());
        let facts = console
            .record
            .write_archive(&operator, "Meridian", &last, output, &Quiet, &cancellation)
            .await
            .expect("written");
        assert_eq!(facts.last, last, "{kind:?}");
        let text = file.text();
        assert_eq!(read_archive(text.as_bytes()).expect("a good archive"), facts, "{kind:?}");
        for (old, new) in [("acme", "evil"), ("signed_in", "signed_out"), ("Meridian\"", "M\",\"entries\":9")]
        {
            let changed = text.replacen(old, new, 2);
            assert!(changed == text || read_archive(changed.as_bytes()).is_err(), "{kind:?}: {old} to {new}");
        }
        let cut: Vec<&str> = text.lines().collect();
        let cut = cut[..cut.len() - 1].join("\n");
        assert!(read_archive(cut.as_bytes()).is_err(), "{kind:?}: its end is missing");

        let removed = console.record.remove_archived(&operator, &facts, "archive.ndjson").await;
        if kind == StoreKind::MongoReplicaSet {
            let refused = Err(AppError::Forbidden);
            assert_eq!(removed, refused, "the server's clock counts, not one that somebody has set here");
            workspace.remove().await;
            continue;
        }
        let removed = removed.expect("removed");
        assert_eq!(removed, facts.entries, "{kind:?}");
        let left = entries(&console, &operator, all()).await;
        assert!(left.iter().all(|entry| entry.number > last.number), "{kind:?}");
        let newest = &left[0].entry;
        assert_eq!(newest.kind, ActivityKind::RecordArchived, "{kind:?}");
        assert_eq!(newest.sealed.as_ref(), Some(&last), "{kind:?}");
        let again = console.record.write_archive(
            &operator,
            "Meridian",
            &last,
            Box::new(io::sink()),
            &Quiet,
            &cancellation,
        );
        assert_eq!(again.await, Err(AppError::FactsChanged), "{kind:?}: they are gone");
        workspace.remove().await;
    }
}

/// The actors of the entries of earlier versions that are still in the record.
async fn earlier_actors(workspace: &TestWorkspace) -> Vec<String> {
    let walked = workspace.ports.activity.walk_earlier().try_concat().await.expect("walked");
    walked.into_iter().map(|entry| entry.fields["actor"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_an_earlier_version_leaves_the_record_only_for_the_file() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    write_earlier(&workspace, &["old@example.com"]).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    workspace.clock.advance(Duration::from_secs(40 * 24 * 60 * 60));
    console.create("acme").await;
    // A program of the earlier version is still in use.
    write_earlier_at(&workspace, console.clock.now(), &["young@example.com"]).await;
    let last = console.record.plan_archive(&operator, 1).await.expect("a plan").expect("some are old").last;
    let write = async |file: &Buffer| {
        let (output, cancellation) = (Box::new(file.clone()), Cancellation::default());
        console.record.write_archive(&operator, "M", &last, output, &Quiet, &cancellation).await
    };
    let (late, file) = (Buffer::default(), Buffer::default());
    let facts = write(&late).await.expect("written");
    write_earlier(&workspace, &["late@example.com"]).await;
    write_earlier_at(&workspace, console.clock.now(), &["newest@example.com"]).await;
    let removed = console.record.remove_archived(&operator, &facts, "f").await;
    assert_eq!(removed, Err(AppError::FactsChanged), "one of that age is not in the file");
    let everybody = ["old@example.com", "young@example.com", "late@example.com", "newest@example.com"];
    assert_eq!(earlier_actors(&workspace).await, everybody);

    let facts = write(&file).await.expect("written");
    assert_eq!(read_archive(file.text().as_bytes()).expect("a good archive"), facts);
    assert_eq!(facts.earlier.number, 2, "only those as old as the last entry");
    assert!(!file.text().contains("young@example.com") && !file.text().contains("newest@example.com"));
    let between = console.clock.now();
    write_earlier_at(&workspace, between, &["between@example.com"]).await;
    let removed = console.record.remove_archived(&operator, &facts, "f").await;
    assert_eq!(removed, Ok(facts.entries + 2));
    let left = ["young@example.com", "newest@example.com", "between@example.com"];
    assert_eq!(earlier_actors(&workspace).await, left, "what is not in the file stays in the record");
    let ports = &workspace.ports;
    let verified = verify(ports.activity.as_ref(), &[], &Quiet, &Cancellation::default()).await;
    let verified = verified.expect("walked");
    assert_eq!((verified.beside, verified.damage), (3, None));
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_owner_archives() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    let admin = console.sign_in("admin@acme.example.com").await.actor;
    assert_eq!(console.record.plan_archive(&admin, 0).await, Err(AppError::Forbidden));
    workspace.remove().await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_an_address_and_a_display_name_come_back_and_a_password_does_not() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let (acme, operator) = (console.create("acme").await, console.operator().await);
        console.organizations.rename(&operator, acme.id, "acme-cover").await.expect("renamed");
        let renamed =
            undo(&console, &operator, ActivityKind::OrganizationRenamed).await.expect("renamed back");
        assert_eq!(renamed.name.as_str(), "acme", "{kind:?}");

        let change = UpdateRequest {
            email: Some("new@acme.example.com".to_owned()),
            display_name: Some("Acme, Inc.".to_owned()),
            password: create_request("acme").password.into(),
            ..update_request(acme.id)
        };
        console.organizations.update(&operator, change).await.expect("changed");
        let possible = Some(Undo::Possible { password_stays: true, trashes: false });
        assert_eq!(
            undo_of(&console, &operator, ActivityKind::OrganizationChanged).await,
            possible,
            "{kind:?}"
        );
        let back = undo(&console, &operator, ActivityKind::OrganizationChanged).await.expect("changed back");
        assert_eq!(back.admin_email.as_str(), "admin@acme.example.com", "{kind:?}");
        assert_eq!(back.display_name, None, "{kind:?}");

        let password = create_request("acme").password.into();
        let change = UpdateRequest { password, ..update_request(acme.id) };
        console.organizations.update(&operator, change).await.expect("changed");
        let secret = AppError::UndoRefused(UndoRefusal::Secret);
        assert_eq!(
            undo(&console, &operator, ActivityKind::OrganizationChanged).await,
            Err(secret),
            "{kind:?}"
        );
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_is_not_undone_once_something_else_has_changed() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let (acme, operator) = (console.create("acme").await, console.operator().await);
        console.organizations.rename(&operator, acme.id, "acme-cover").await.expect("renamed");
        let first = newest(&console, &operator, ActivityKind::OrganizationRenamed).await.number;
        console.organizations.rename(&operator, acme.id, "acme-again").await.expect("renamed");
        let changed = AppError::UndoRefused(UndoRefusal::Changed);
        let refused =
            console.record.undo((&console.organizations, &console.mends), &operator, first, None).await;
        assert_eq!(refused, Err(changed), "{kind:?}");

        let trashed = console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
        let name = trashed.name.to_string();
        console.organizations.delete_forever(&operator, acme.id, &name).await.expect("deleted");
        let gone = Some(Undo::Refused { reason: UndoRefusal::Gone });
        assert_eq!(undo_of(&console, &operator, ActivityKind::OrganizationTrashed).await, gone, "{kind:?}");
        workspace.remove().await;
    }
}
