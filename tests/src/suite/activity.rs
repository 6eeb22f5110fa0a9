//! What [`ActivityStore`](tenantry_core::ports::ActivityStore) owes.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use tenantry_core::error::StoreError;
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    ActivityEntry, ActivityKind, Head, Outcome, RecordCursor, RecordQuery, Recorded, Stored,
};
use tenantry_core::values::{Device, OrganizationId};
use time::Duration;

use super::{insert, newest, seen};

fn entry(kind: ActivityKind, id: OrganizationId) -> ActivityEntry {
    ActivityEntry::by("operator@example.com", kind).about(id, "acme")
}

async fn append(ports: &Ports, entry: &ActivityEntry) -> Recorded {
    ports.activity.append(entry).await.expect("appended")
}

/// An entry with every field.
fn whole() -> ActivityEntry {
    let entry = ActivityEntry::by("dana@example.com", ActivityKind::OrganizationChanged)
        .about(OrganizationId::new(), "acme")
        .on("lee@example.com")
        .changed("email", Some("a \"quoted\" \\ one".to_owned()), None)
        .changed("display_name", None, Some("Ärger & <b>Söhne</b> \u{202e}\n\t".to_owned()))
        .changed_secret("password")
        .because("it was asked for")
        .from_device(Some(&Device::named("dana", "mars", "Linux")))
        .of_operation("5d2f")
        .ended(Outcome::Failed)
        .with_detail("more of it")
        .sealing(Head { number: 7, hash: "ab".repeat(32) });
    ActivityEntry { account: Some("operator:5d2f".to_owned()), role: Some("operator".to_owned()), ..entry }
}

async fn stored(ports: &Ports) -> Vec<Stored> {
    ports.activity.walk(0).try_concat().await.expect("the record is walked")
}

/// The numbers of all pages together, newest first. Each page has at most as many entries as were asked for.
async fn numbers(ports: &Ports, query: &RecordQuery) -> Vec<u64> {
    let mut query = query.clone();
    let mut numbers = Vec::new();
    loop {
        let page = ports.activity.page(&query).await.expect("a page");
        assert!(page.entries.len() <= query.limit as usize);
        numbers.extend(page.entries.iter().map(|recorded| recorded.number));
        let Some(next) = page.next else { return numbers };
        let text = next.to_text();
        assert_eq!(RecordCursor::from_text(&text).as_ref(), Some(&next), "the window hands it back as text");
        query.after = Some(next);
    }
}

/// Newest first, of one organization, at most as many as asked for.
pub async fn the_newest_entries_of_an_organization_come_first(ports: &Ports) {
    let (acme, other) = (OrganizationId::new(), OrganizationId::new());
    let created = entry(ActivityKind::OrganizationCreated, acme);
    let renamed = entry(ActivityKind::OrganizationRenamed, acme);
    let trashed = entry(ActivityKind::OrganizationTrashed, acme);
    let elsewhere = entry(ActivityKind::OrganizationCreated, other);
    let claimed = ActivityEntry::by("operator@example.com", ActivityKind::WorkspaceClaimed);
    for one in [&created, &elsewhere, &renamed, &claimed, &trashed] {
        append(ports, one).await;
    }
    assert_eq!(newest(ports, acme, 10).await, [trashed.clone(), renamed.clone(), created]);
    assert_eq!(newest(ports, acme, 2).await, [trashed, renamed]);
    assert_eq!(newest(ports, other, 10).await, [elsewhere]);
    assert_eq!(newest(ports, OrganizationId::new(), 10).await, []);
    assert_eq!(newest(ports, acme, 0).await, []);
}

/// Every field of an entry, and every kind and outcome.
pub async fn an_entry_is_read_as_it_was_written(ports: &Ports) {
    let whole = whole();
    let written = append(ports, &whole).await;
    assert_eq!(written.entry, whole);
    assert_eq!(ports.activity.find(written.number).await, Ok(Some(written.clone())));
    assert_eq!(ports.activity.find(written.number + 1).await, Ok(None));
    let acme = OrganizationId::new();
    for kind in ActivityKind::ALL {
        append(ports, &entry(*kind, acme)).await;
    }
    let read: Vec<_> = newest(ports, acme, 100).await.iter().rev().map(|one| one.kind).collect();
    assert_eq!(read, ActivityKind::ALL);
    let zenith = OrganizationId::new();
    for outcome in Outcome::ALL {
        append(ports, &entry(ActivityKind::SignedIn, zenith).ended(*outcome)).await;
    }
    let read: Vec<_> = newest(ports, zenith, 100).await.iter().rev().map(|one| one.outcome).collect();
    assert_eq!(read, Outcome::ALL);
}

/// Entries outlive the organization.
pub async fn the_record_survives_its_organization(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let created = entry(ActivityKind::OrganizationCreated, new.id);
    append(ports, &created).await;
    ports.organizations.remove(&seen(ports, new.id).await).await.expect("removed");
    assert_eq!(newest(ports, new.id, 10).await, [created]);
}

/// Numbers from 1 on, each with the digest of the one before.
pub async fn each_entry_holds_the_digest_of_the_one_before(ports: &Ports) {
    assert_eq!(ports.activity.head().await, Ok(None));
    let mut head = Head::before_the_first();
    for number in 1..=5 {
        let written = append(ports, &whole()).await;
        assert_eq!((written.number, &written.previous), (number, &head.hash));
        head = Head { number, hash: written.hash };
        assert_eq!(ports.activity.head().await, Ok(Some(head.clone())));
    }
    let walked = stored(ports).await;
    assert_eq!(walked.iter().filter_map(Stored::number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for one in &walked {
        assert_eq!(one.digest(), one.hash, "the digest is that of the fields as they are stored");
    }
    let ids: BTreeSet<_> = walked.iter().map(|one| one.fields["id"].clone()).collect();
    assert_eq!(ids.len(), 5, "each has an id of its own");
    let from: Vec<Stored> = ports.activity.walk(4).try_concat().await.expect("walked");
    assert_eq!(from, walked[3..], "a walk begins where it is asked to");
}

/// One chain, whoever writes at the same time.
pub async fn of_many_entries_at_once_all_are_in_one_chain(ports: &Ports) {
    let acme = OrganizationId::new();
    let entries: Vec<_> =
        (0..64).map(|number| entry(ActivityKind::SignedIn, acme).with_detail(format!("{number}"))).collect();
    let appended = join_all(entries.iter().map(|entry| ports.activity.append(entry))).await;
    let mut told: Vec<_> = appended.into_iter().map(|one| one.expect("appended")).collect();
    told.sort_by_key(|one| one.number);
    let walked: Vec<_> = stored(ports).await.iter().filter_map(Stored::recorded).collect();
    assert_eq!(walked, told, "what was answered is what is there");
    for (number, pair) in (1..).zip(walked.windows(2)) {
        assert_eq!((pair[0].number, &pair[1].previous), (number, &pair[0].hash));
    }
}

/// Each filter alone and several together, page by page.
pub async fn a_page_holds_what_its_filter_says(ports: &Ports) {
    let (acme, zenith) = (OrganizationId::new(), OrganizationId::new());
    let mut all = Vec::new();
    for number in 0..24u32 {
        let kinds = [ActivityKind::SignedIn, ActivityKind::OrganizationRenamed, ActivityKind::ListExported];
        let kind = kinds[number as usize % 3];
        let actor = ["dana@example.com", "lee@example.com"][number as usize % 2];
        let outcome = if number % 5 == 0 { Outcome::Refused } else { Outcome::Done };
        let mut one = ActivityEntry::by(actor, kind).ended(outcome).with_detail(format!("Number <{number}>"));
        if number % 4 == 1 {
            one = one.about(if number % 8 == 1 { acme } else { zenith }, "acme");
        }
        if number % 7 == 0 {
            one = one.on("dana@example.com").changed("name", None, Some("Söhne".to_owned()));
        }
        one.account = Some(format!("operator:{}", number % 2));
        all.push(append(ports, &one).await);
    }
    let moments = |query: &RecordQuery| RecordQuery { limit: 5, ..query.clone() };
    let every = RecordQuery::default();
    let person = RecordQuery { person: Some("dana@example.com".to_owned()), ..every.clone() };
    let kinds = vec![ActivityKind::SignedIn, ActivityKind::ListExported];
    let (first, last) = (all[3].at, all[20].at);
    let queries = [
        every.clone(),
        person.clone(),
        RecordQuery { person: Some("nobody@example.com".to_owned()), ..every.clone() },
        RecordQuery { account: Some("operator:1".to_owned()), ..every.clone() },
        RecordQuery { organization: Some(acme), ..every.clone() },
        RecordQuery { kinds: kinds.clone(), ..every.clone() },
        RecordQuery { kinds: kinds[..1].to_vec(), ..every.clone() },
        RecordQuery { outcome: Some(Outcome::Refused), ..every.clone() },
        RecordQuery { from: Some(first), ..every.clone() },
        RecordQuery { until: Some(last), ..every.clone() },
        RecordQuery { from: Some(last + Duration::days(3)), ..every.clone() },
        RecordQuery { until: Some(first - Duration::days(3)), ..every.clone() },
        RecordQuery { newer_than: Some(20), ..every.clone() },
        RecordQuery { text: "NUMBER <1".to_owned(), ..every.clone() },
        RecordQuery { text: "söhne".to_owned(), ..every.clone() },
        RecordQuery { text: ".*".to_owned(), ..every.clone() },
        RecordQuery { text: "before".to_owned(), ..every.clone() },
        RecordQuery { kinds: kinds.clone(), outcome: Some(Outcome::Done), ..person.clone() },
        RecordQuery { kinds, organization: Some(zenith), until: Some(last), ..every.clone() },
        RecordQuery { text: "1".to_owned(), newer_than: Some(3), ..person },
    ];
    for query in queries.iter().map(moments) {
        let expected: Vec<_> =
            all.iter().rev().filter(|one| query.holds(one)).map(|one| one.number).collect();
        assert_eq!(numbers(ports, &query).await, expected, "{query:?}");
    }
}

/// A cut removes everything up to an entry, if it is that entry.
pub async fn a_cut_removes_old_entries_only_as_they_were_seen(ports: &Ports) {
    let mut heads = Vec::new();
    for _ in 0..6 {
        let Recorded { number, hash, .. } = append(ports, &whole()).await;
        heads.push(Head { number, hash });
    }
    let other = Head { number: 3, hash: heads[0].hash.clone() };
    assert_eq!(ports.activity.cut(&other, &[]).await, Err(StoreError::Changed { what: "the record" }));
    assert!(
        matches!(ports.activity.cut(&heads[5], &[]).await, Err(StoreError::NotFound { .. })),
        "the newest stays"
    );
    assert_eq!(stored(ports).await.len(), 6, "a refused cut removes nothing");
    assert_eq!(ports.activity.cut(&heads[2], &[]).await, Ok(3));
    assert_eq!(ports.activity.cut(&heads[2], &[]).await, Ok(0), "there is nothing left of it");
    assert_eq!(stored(ports).await.iter().filter_map(Stored::number).collect::<Vec<_>>(), [4, 5, 6]);
    let next = append(ports, &whole()).await;
    assert_eq!((next.number, &next.previous), (7, &heads[5].hash), "the chain goes on");
}
