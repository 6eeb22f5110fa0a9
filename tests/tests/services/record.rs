//! What services write to the record, and when.

use bson::oid::ObjectId;
use bson::{DateTime, Document, doc};
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use secrecy::SecretString;
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::export::{ExportColumn, ExportFormat, ExportRequest, ExportScope};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::limits::{REFUSAL_TOLD_EVERY, SIGN_IN_FREE_FAILURES, STEP_PENDING};
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::ports::Ports;
use tenantry_core::record::{Damage, DamageKind, Verified, verify};
use tenantry_core::records::{
    Access, ActivityEntry, ActivityKind, Change, Environment, Head, OrganizationFilter, Outcome, Permits,
    RecordQuery, SortDirection, SortField, StatusFilter, Stored,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::OrganizationId;
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run, create_request, update_request};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment, Refusing};
use tenantry_tests::suite::collection;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use time::OffsetDateTime;
use time::macros::datetime;

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

/// The entries of these kinds, oldest first.
async fn entries(ports: &Ports, kinds: &[ActivityKind]) -> Vec<ActivityEntry> {
    let query = RecordQuery { kinds: kinds.to_vec(), limit: 500, ..RecordQuery::default() };
    let page = ports.activity.page(&query).await.expect("the record is read");
    page.entries.into_iter().rev().map(|recorded| recorded.entry).collect()
}

async fn try_sign_in(console: &Console, email: &str, password: &str) -> Result<(), AppError> {
    console.try_sign_in(email, &SecretString::from(password)).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attempt_to_sign_in_is_recorded() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        console.operator().await;
        let acme = console.create("acme").await;
        let admin = "admin@acme.example.com";
        try_sign_in(&console, admin, PASSWORD).await.expect("signed in");
        for _ in 0..SIGN_IN_FREE_FAILURES {
            assert!(try_sign_in(&console, admin, "wrong").await.is_err());
        }
        assert!(try_sign_in(&console, "nobody@example.com", "wrong").await.is_err());
        let mut told = entries(&workspace.ports, &[ActivityKind::SignedIn]).await;
        told.retain(|entry| entry.actor != OPERATOR);
        let outcomes: Vec<_> = told.iter().map(|entry| (entry.actor.as_str(), entry.outcome)).collect();
        let mut expected = vec![(admin, Outcome::Done)];
        expected.extend([(admin, Outcome::Refused)].repeat(SIGN_IN_FREE_FAILURES as usize));
        expected.push(("nobody@example.com", Outcome::Refused));
        assert_eq!(outcomes, expected, "{kind:?}");
        let account = Some(format!("organization:{}", acme.id));
        for entry in &told[..=SIGN_IN_FREE_FAILURES as usize] {
            assert_eq!((entry.organization_id, &entry.account), (Some(acme.id), &account), "{kind:?}");
            assert!(entry.device.is_some(), "{kind:?}: from which computer");
        }
        let stranger = told.last().expect("it was recorded");
        assert_eq!((stranger.organization_id, &stranger.account), (None, &None), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn attempts_that_have_to_wait_are_recorded_once_a_minute() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    console.operator().await;
    for _ in 0..SIGN_IN_FREE_FAILURES + 3 {
        while let Err(AppError::Throttled { seconds }) = try_sign_in(&console, OPERATOR, "wrong").await {
            console.clock.advance(std::time::Duration::from_secs(seconds));
        }
    }
    let throttled = async || {
        let told = entries(&workspace.ports, &[ActivityKind::SignedIn]).await;
        told.into_iter().filter(|entry| entry.outcome == Outcome::Throttled).collect::<Vec<_>>()
    };
    let before = throttled().await.len();
    assert!(before > 0, "the first was recorded");
    console.clock.advance(REFUSAL_TOLD_EVERY);
    assert!(try_sign_in(&console, OPERATOR, "wrong").await.is_err());
    for _ in 0..50 {
        assert!(matches!(try_sign_in(&console, OPERATOR, "wrong").await, Err(AppError::Throttled { .. })));
    }
    assert_eq!(throttled().await.len(), before + 1, "nobody fills the record by trying on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_signs_in_without_an_entry() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        Console::on(&workspace).operator().await;
        let ports = workspace.ports.clone().under(Refusing::the_record());
        let console = Console::run(ports, &workspace.clock, Run::default());
        for password in [PASSWORD, "wrong"] {
            let answer = try_sign_in(&console, OPERATOR, password).await;
            assert_eq!(answer, Err(AppError::Store(StoreError::Full)), "{kind:?}");
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_is_not_claimed_without_an_entry() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let ports = workspace.ports.clone().under(Refusing::the_record());
    let console = Console::run(ports, &workspace.clock, Run::default());
    let claimed = console.sessions.claim("Olga", OPERATOR, &SecretString::from(PASSWORD)).await;
    assert_eq!(claimed.map(drop), Err(AppError::Store(StoreError::Full)));
    assert_eq!(workspace.ports.accounts.has_operators().await, Ok(false));
}

/// Everything that an act on `acme` could have changed.
async fn picture(ports: &Ports, id: OrganizationId) -> String {
    let everything = OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None };
    let mut collections = Vec::new();
    for name in ["acme", "zenith", "globex"] {
        collections.push(ports.collections.exists(&collection(name)).await.expect("a look"));
    }
    format!(
        "{:?}",
        (
            ports.organizations.find(id).await.expect("a look"),
            ports.organizations.find_trashed(id).await.expect("a look"),
            ports
                .organizations
                .find_credentials_of(id)
                .await
                .expect("a look")
                .map(|found| found.password_hash),
            ports.organizations.count(&everything).await.expect("counted"),
            ports.permits.find().await.expect("a look"),
            ports.journal.unfinished().await.expect("a look").len(),
            collections,
        )
    )
}

/// Carries out an act that needs a live `acme`, or one in the trash.
async fn act(console: &Console, actor: &Actor, what: &str, id: OrganizationId) -> Result<(), AppError> {
    let acts = &console.organizations;
    match what {
        "create" => acts.create(actor, create_request("globex")).await.map(drop),
        "rename" => acts.rename(actor, id, "zenith").await.map(drop),
        "change" => {
            let request = UpdateRequest {
                display_name: Some("Acme & Sons".to_owned()),
                email: Some("new@acme.example.com".to_owned()),
                password: Some(SecretString::from("An0ther-password")),
                ..update_request(id)
            };
            acts.update(actor, request).await.map(drop)
        }
        "deactivate" => acts.deactivate(actor, id).await.map(drop),
        "trash" => acts.trash(actor, id, None).await.map(drop),
        "restore" => acts.restore(actor, id, Some("zenith")).await.map(drop),
        "delete for good" => acts.delete_forever(actor, id, "acme").await,
        "samples" => {
            let (quiet, cancellation) = (&Quiet, &Cancellation::default());
            console.samples.load(actor, &console.hasher, quiet, cancellation).await.map(drop)
        }
        "permits" => {
            let permits = Permits { environment: Environment::Production, access: Access::ReadWrite };
            console.access.decide(actor, permits, "It is in use now").await.map(drop)
        }
        "export" => {
            let request = ExportRequest {
                scope: ExportScope::All,
                columns: vec![ExportColumn::Name],
                format: ExportFormat::Ndjson,
                sort: SortField::Name,
                direction: SortDirection::Ascending,
            };
            let (quiet, cancellation) = (&Quiet, &Cancellation::default());
            let output = Box::new(std::io::sink());
            console.exports.run(actor, request, output, quiet, cancellation).await.map(drop)
        }
        other => panic!("{other}"),
    }
}

const LIVE: [&str; 8] = ["create", "rename", "change", "deactivate", "trash", "samples", "permits", "export"];
const TRASHED: [&str; 2] = ["restore", "delete for good"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_that_can_not_be_recorded_does_not_happen() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let whole = Console::on(&workspace);
        let operator = whole.operator().await;
        let acme = whole.create("acme").await.id;
        let ports = workspace.ports.clone().under(Refusing::the_record());
        let console = Console::run(ports, &workspace.clock, Run::default());
        for (acts, is_trashed) in [(LIVE.as_slice(), false), (TRASHED.as_slice(), true)] {
            if is_trashed {
                whole.organizations.trash(&operator, acme, None).await.expect("trashed");
            }
            let before = picture(&workspace.ports, acme).await;
            for what in acts {
                let answer = act(&console, &operator, what, acme).await;
                assert_eq!(answer, Err(AppError::Store(StoreError::Full)), "{kind:?}: {what}");
                assert_eq!(picture(&workspace.ports, acme).await, before, "{kind:?}: {what}");
            }
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_is_one_entry_with_what_was_there_before() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await.id;
        let before = workspace.ports.activity.head().await.expect("a look").expect("entries").number;
        for what in ["change", "rename", "deactivate", "permits"] {
            act(&console, &operator, what, acme).await.expect(what);
        }
        let stored: Vec<Stored> =
            workspace.ports.activity.walk(before + 1).try_concat().await.expect("walked");
        let told: Vec<_> =
            stored.iter().filter_map(Stored::recorded).map(|recorded| recorded.entry).collect();
        assert_eq!(told.len(), 4, "{kind:?}: one each: {told:?}");
        let change = |field: &str, before: Option<&str>, after: Option<&str>| Change {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let expected = [
            change("display_name", None, Some("Acme & Sons")),
            change("email", Some("admin@acme.example.com"), Some("new@acme.example.com")),
            change("password", None, None),
        ];
        assert_eq!(told[0].changes, expected, "{kind:?}");
        assert_eq!(told[1].changes, [change("name", Some("acme"), Some("zenith"))], "{kind:?}");
        assert_eq!(told[2].changes, [change("status", Some("active"), Some("deactivated"))], "{kind:?}");
        assert_eq!(told[3].reason.as_deref(), Some("It is in use now"), "{kind:?}");
        for entry in &told {
            assert_eq!((entry.actor.as_str(), entry.outcome), (OPERATOR, Outcome::Done), "{kind:?}");
            assert!(entry.role.is_some() && entry.account.is_some() && entry.device.is_some(), "{kind:?}");
        }
        assert!(!format!("{stored:?}").contains("An0ther"), "{kind:?}: no secret is in the record");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_that_fails_after_its_entry_has_another_of_the_same_operation() {
    for kind in BOTH {
        for (what, method) in [("deactivate", "organizations.change"), ("rename", "organizations.set_name")] {
            let workspace = TestWorkspace::open(kind).await;
            let operator = Console::on(&workspace).operator().await;
            let acme = Console::on(&workspace).create("acme").await.id;
            let methods: &'static [&'static str] = match method {
                "organizations.change" => &["organizations.change"],
                _ => &["organizations.set_name"],
            };
            let denied = StoreError::Denied { action: "update".to_owned(), namespace: None };
            let ports = workspace.ports.clone().under(Refusing::with(methods, denied.clone()));
            let console = Console::run(ports, &workspace.clock, Run::default());
            let answer = act(&console, &operator, what, acme).await;
            assert_eq!(answer, Err(AppError::Store(denied)), "{kind:?}: {what}");
            let kinds = [ActivityKind::OrganizationDeactivated, ActivityKind::OrganizationRenamed];
            let told = entries(&workspace.ports, &kinds).await;
            let outcomes: Vec<_> = told.iter().map(|entry| entry.outcome).collect();
            assert_eq!(outcomes, [Outcome::Done, Outcome::Undone], "{kind:?}: {what}");
            assert!(told[0].operation.is_some(), "{kind:?}: {what}");
            assert_eq!(told[0].operation, told[1].operation, "{kind:?}: {what}");
            workspace.remove().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_is_told_as_the_same_operation() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let operator = Console::on(&workspace).operator().await;
    let acme = Console::on(&workspace).create("acme").await.id;
    // Intent and record, the collection; then the process dies.
    let fault = Fault { write: 4, moment: Moment::Before, aftermath: Aftermath::Dead };
    let ports = FaultyStore::over(&workspace.ports, fault).ports();
    let console = Console::run(ports, &workspace.clock, Run::default());
    assert!(act(&console, &operator, "rename", acme).await.is_err());
    workspace.pass(STEP_PENDING).await;
    let next = Run { instance: "next-run".to_owned(), ..Run::default() };
    let next = Console::run(workspace.ports.clone(), &workspace.clock, next);
    assert_eq!(next.operations.recover().await.expect("recovered").len(), 1);
    let told =
        entries(&workspace.ports, &[ActivityKind::OrganizationRenamed, ActivityKind::OperationFinished])
            .await;
    let kinds: Vec<_> = told.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [ActivityKind::OrganizationRenamed, ActivityKind::OperationFinished]);
    assert!(told[0].operation.is_some());
    assert_eq!(told[0].operation, told[1].operation);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_role_does_not_allow_is_recorded_once_a_minute() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await.id;
    let globex = console.create("globex").await.id;
    let admin = console.sign_in("admin@acme.example.com").await.actor;
    for _ in 0..20 {
        assert_eq!(act(&console, &admin, "deactivate", acme).await, Err(AppError::Forbidden));
    }
    let hidden = AppError::NotFound { what: "organization" };
    assert_eq!(act(&console, &admin, "trash", globex).await, Err(hidden));
    let told = async || {
        for _ in 0..100 {
            let told = entries(&workspace.ports, &[ActivityKind::ActRefused]).await;
            if told.len() >= 2 {
                return told;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("refused acts are not recorded");
    };
    let told = told().await;
    assert_eq!(told.len(), 2, "nobody fills the record by trying on: {told:?}");
    let acts: Vec<_> = told.iter().map(|entry| (entry.detail.as_deref(), entry.outcome)).collect();
    assert_eq!(acts, [(Some("deactivate"), Outcome::Refused), (Some("trash"), Outcome::Refused)]);
    assert_eq!(told[1].subject, Some(globex.to_string()), "on what");
    assert_eq!(told[1].organization_id, Some(acme), "the other organization's people are not told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_programs_that_write_at_once_every_entry_is_in_one_chain() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let other = workspace.reopened().await;
        for round in 0..3 {
            let entries: Vec<_> = (0..64)
                .map(|number| {
                    ActivityEntry::by("dana@example.com", ActivityKind::SignedIn)
                        .with_detail(format!("{round} {number}"))
                })
                .collect();
            let appended = entries.iter().enumerate().map(|(number, entry)| {
                let ports = if number % 2 == 0 { &workspace.ports } else { &other };
                ports.activity.append(entry)
            });
            let appended = join_all(appended).await;
            for (answer, entry) in appended.into_iter().zip(&entries) {
                let recorded = answer.expect("appended");
                assert_eq!(recorded.entry, *entry, "{kind:?}");
                let found = other.activity.find(recorded.number).await;
                assert_eq!(found, Ok(Some(recorded)), "{kind:?}: what was answered is what is there");
            }
        }
        let verified = verify(other.activity.as_ref(), &[], &Quiet, &Cancellation::default()).await;
        let verified = verified.expect("walked");
        assert_eq!((verified.count, verified.damage), (3 * 64, None), "{kind:?}");
        workspace.remove().await;
    }
}

/// Writes entries as an earlier version did, long ago.
pub(super) async fn write_earlier(workspace: &TestWorkspace, actors: &[&str]) {
    write_earlier_at(workspace, datetime!(2023-11-14 12:00 UTC), actors).await;
}

pub(super) async fn write_earlier_at(workspace: &TestWorkspace, at: OffsetDateTime, actors: &[&str]) {
    for (number, actor) in (at.unix_timestamp() * 1_000..).zip(actors) {
        if let Some(file) = workspace.file() {
            let sql = "INSERT INTO console_activity_earlier (at, actor, kind, organization_name, detail) \
                       VALUES (?1, ?2, 'organization_renamed', 'acme', 'from acme to zenith')";
            let connection = rusqlite::Connection::open(file).expect("another writer");
            connection.execute(sql, rusqlite::params![number, actor]).expect("written");
            continue;
        }
        let record = workspace.database().await.collection::<Document>("console_activity");
        let entry = doc! {
            "_id": ObjectId::new(), "at": DateTime::from_millis(number), "actor": *actor,
            "kind": "organization_renamed", "organization_id": ObjectId::new(), "organization_name": "acme",
            "detail": "from acme to zenith",
        };
        record.insert_one(entry).await.expect("written");
    }
}

async fn damage_of_earlier(workspace: &TestWorkspace, sqlite: &str, mongo: (Document, Option<Document>)) {
    if let Some(file) = workspace.file() {
        let connection = rusqlite::Connection::open(file).expect("another writer");
        assert_eq!(connection.execute(sqlite, []).expect("written"), 1);
        return;
    }
    let record = workspace.database().await.collection::<Document>("console_activity");
    match mongo {
        (filter, Some(set)) => {
            record.update_one(filter, doc! { "$set": set }).await.expect("written");
        }
        (filter, None) => {
            record.delete_one(filter).await.expect("removed");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_of_an_earlier_version_are_kept_and_vouched_for() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let ports = &workspace.ports;
        write_earlier(&workspace, &["a@example.com", "b@example.com", "c@example.com"]).await;
        let entry = ActivityEntry::by("dana@example.com", ActivityKind::SignedIn);
        for _ in 0..2 {
            ports.activity.append(&entry).await.expect("appended");
        }
        let query = RecordQuery { limit: 2, ..RecordQuery::default() };
        let mut actors = Vec::new();
        let mut page = ports.activity.page(&query).await.expect("a page");
        loop {
            actors
                .extend(page.entries.iter().map(|recorded| (recorded.number, recorded.entry.actor.clone())));
            let Some(next) = page.next.take() else { break };
            let query = RecordQuery { after: Some(next), ..query.clone() };
            page = ports.activity.page(&query).await.expect("a page");
        }
        let told: Vec<_> = actors.iter().map(|(number, actor)| (*number, actor.as_str())).collect();
        let expected = [
            (2, "dana@example.com"),
            (1, "dana@example.com"),
            (0, "tenantry"),
            (0, "c@example.com"),
            (0, "b@example.com"),
            (0, "a@example.com"),
        ];
        assert_eq!(told, expected, "{kind:?}");
        let look = async || {
            let verified = verify(ports.activity.as_ref(), &[], &Quiet, &Cancellation::default()).await;
            let Verified { earlier, beside, damage, .. } = verified.expect("walked");
            (earlier, beside, damage)
        };
        assert_eq!(look().await, (3, 0, None), "{kind:?}");
        // A program of the earlier version is still in use.
        write_earlier(&workspace, &["d@example.com"]).await;
        assert_eq!(look().await, (3, 1, None), "{kind:?}");
        let actor = |name: &str| doc! { "actor": name };
        let sql = "UPDATE console_activity_earlier SET actor = 'x@example.com' WHERE actor = 'b@example.com'";
        damage_of_earlier(&workspace, sql, (actor("b@example.com"), Some(actor("x@example.com")))).await;
        let altered = Some(Damage { number: 0, kind: DamageKind::Altered });
        assert_eq!(look().await.2, altered, "{kind:?}");
        for name in ["x@example.com", "d@example.com"] {
            let sql = format!("DELETE FROM console_activity_earlier WHERE actor = '{name}'");
            damage_of_earlier(&workspace, &sql, (actor(name), None)).await;
        }
        let removed = Some(Damage { number: 0, kind: DamageKind::Removed });
        assert_eq!(look().await.2, removed, "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_removes_of_earlier_versions_only_the_entries_it_names() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let activity = &workspace.ports.activity;
        write_earlier(&workspace, &["a@example.com", "b@example.com", "c@example.com"]).await;
        let entry = ActivityEntry::by("dana@example.com", ActivityKind::SignedIn);
        let first = activity.append(&entry).await.expect("appended");
        activity.append(&entry).await.expect("appended");
        let last = Head { number: first.number, hash: first.hash };
        let left = async || {
            let walked = activity.walk_earlier().try_concat().await.expect("walked");
            walked.into_iter().map(|entry| entry.fields["actor"].clone()).collect::<Vec<_>>()
        };
        let walked = activity.walk_earlier().try_concat().await.expect("walked");
        let named: Vec<String> = [0, 2].map(|at: usize| walked[at].fields["id"].clone()).into();
        write_earlier(&workspace, &["d@example.com"]).await;
        let other = Head { hash: "0".repeat(64), ..last.clone() };
        assert!(activity.cut(&other, &named).await.is_err(), "{kind:?}");
        assert_eq!(left().await.len(), 4, "{kind:?}: a refused cut removes nothing");
        assert_eq!(activity.cut(&last, &named).await, Ok(4), "{kind:?}: two, the first, and who vouched");
        assert_eq!(left().await, ["b@example.com", "d@example.com"], "{kind:?}");
        assert_eq!(activity.cut(&last, &named).await, Ok(0), "{kind:?}: there is nothing left of it");
        assert_eq!(activity.cut(&last, &["1 OR 1".to_owned()]).await, Ok(0), "{kind:?}: no such id");
        assert_eq!(left().await, ["b@example.com", "d@example.com"], "{kind:?}");
        workspace.remove().await;
    }
}
