//! Each finding is made on a real store and mended, and an independent checker looks. Each mend of several steps also
//! dies at every write.

use std::sync::Arc;

use bson::oid::ObjectId;
use bson::{Document, doc};
use parking_lot::Mutex;
use tenantry_core::doctor::{
    Finding, FindingKind, FindingState, MendChoices, MendKind, MendRequest, OrganizationNamed, TwinDecision,
};
use tenantry_core::error::{AppError, ConflictOn, StoreError, UndoRefusal};
use tenantry_core::jobs::Cancellation;
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::ports::{Call, Policy, Ports};
use tenantry_core::records::{ActivityKind, Organization, RecoveryOutcome};
use tenantry_core::rights::Actor;
use tenantry_core::values::{CollectionName, OrganizationId};
use tenantry_tests::checker::{Contents, Whereabouts};
use tenantry_tests::console::{Console, Run};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment, before};
use tenantry_tests::suite::{ANY, collection, insert, moment};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const STORES: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];
/// More writes than any mend has.
const MANY: u32 = 60;

/// A document of a tenant; those of one number are the same.
fn document(number: i32, text: &str) -> Vec<u8> {
    let mut id = [0; 12];
    id[8..].copy_from_slice(&number.to_be_bytes());
    doc! { "_id": ObjectId::from_bytes(id), "text": text }.to_vec().expect("bytes")
}

fn documents(numbers: std::ops::Range<i32>) -> Vec<Vec<u8>> {
    numbers.map(|number| document(number, "same")).collect()
}

fn named(organization: &Organization) -> OrganizationNamed {
    let (id, name) = (organization.id.to_hex(), organization.name.to_string());
    OrganizationNamed { id, name, in_trash: organization.trashed.is_some() }
}

fn finding(kind: FindingKind, organizations: &[&Organization], collections: &[&CollectionName]) -> Finding {
    Finding {
        id: format!("{}:test", kind.as_str()),
        kind,
        subject: "test".to_owned(),
        organizations: organizations.iter().map(|one| named(one)).collect(),
        collections: collections.iter().map(ToString::to_string).collect(),
        evidence: Vec::new(),
        since: moment(0),
        state: FindingState::Open,
    }
}

/// A damaged workspace, and the mend of it.
struct Damaged {
    finding: Finding,
    mend: MendKind,
    choices: MendChoices,
    id: OrganizationId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    Missing,
    Lost,
    LostAndMadeAnew,
    LostInTrash,
    Ownerless,
    OwnerlessOfOtherName,
    Elsewhere,
    NameOnly,
    InvalidName,
    NameForm,
    Halves,
}

const DAMAGES: [Damage; 11] = [
    Damage::Missing,
    Damage::Lost,
    Damage::LostAndMadeAnew,
    Damage::LostInTrash,
    Damage::Ownerless,
    Damage::OwnerlessOfOtherName,
    Damage::Elsewhere,
    Damage::NameOnly,
    Damage::InvalidName,
    Damage::NameForm,
    Damage::Halves,
];

async fn move_to(ports: &Ports, from: &CollectionName, to: &CollectionName) {
    ports.collections.rename(from, to, &ANY).await.expect("renamed");
}

impl Damaged {
    /// An organization with documents, and what goes wrong with it.
    async fn make(workspace: &TestWorkspace, console: &Console, damage: Damage, number: u32) -> Self {
        let (name, ports) = (format!("acme-{number}"), &workspace.ports);
        let operator = console.operator().await;
        let acme = console.create(&name).await;
        let own = acme.collection();
        ports.collections.insert_documents(&own, &documents(0..20)).await.expect("inserted");
        let lost = collection(&format!("lost-{number}"));
        let mut choices = MendChoices::default();
        let (kind, mend, collections) = match damage {
            Damage::Missing => {
                ports.collections.delete(&own, &ANY).await.expect("deleted");
                (FindingKind::MissingCollection, MendKind::CreateCollection, vec![own])
            }
            Damage::Lost | Damage::LostAndMadeAnew => {
                move_to(ports, &own, &lost).await;
                if damage == Damage::LostAndMadeAnew {
                    ports.collections.create(&own).await.expect("created");
                }
                choices.organization = Some(acme.id.to_hex());
                (FindingKind::OwnerlessCollection, MendKind::AttachCollection, vec![lost])
            }
            Damage::LostInTrash => {
                let trashed = console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
                move_to(ports, &trashed.collection(), &lost).await;
                choices.organization = Some(acme.id.to_hex());
                (FindingKind::OwnerlessCollection, MendKind::AttachCollection, vec![lost])
            }
            Damage::Ownerless | Damage::OwnerlessOfOtherName => {
                let seen = ports.organizations.find(acme.id).await.expect("a look-up").expect("it is there");
                ports.organizations.remove(&seen).await.expect("removed");
                let other = format!("other-{number}");
                choices.name = (damage == Damage::OwnerlessOfOtherName).then_some(other);
                choices.admin_email = Some(format!("new@{name}.example.com"));
                (FindingKind::OwnerlessCollection, MendKind::CreateOrganization, vec![own])
            }
            Damage::Elsewhere => {
                move_to(ports, &own, &lost).await;
                workspace.write_behind(acme.id, "collection_name", lost.as_str()).await;
                (FindingKind::CollectionElsewhere, MendKind::MoveCollection, vec![lost])
            }
            Damage::NameOnly => {
                workspace.write_behind(acme.id, "collection_name", lost.as_str()).await;
                (FindingKind::CollectionNameDiffers, MendKind::SetCollectionName, vec![lost])
            }
            Damage::InvalidName => {
                workspace.write_behind(acme.id, "organization_name", &format!("No. {number}!")).await;
                choices.name = Some(format!("valid-{number}"));
                (FindingKind::InvalidName, MendKind::RenameOrganization, vec![own])
            }
            Damage::NameForm => {
                workspace.write_behind(acme.id, "organization_name", &format!(" Acme-{number}")).await;
                workspace.write_behind(acme.id, "collection_name", &format!("org_ Acme-{number}")).await;
                let odd = CollectionName::from_stored(format!("org_ Acme-{number}"));
                move_to(ports, &own, &odd).await;
                (FindingKind::NameForm, MendKind::CorrectName, vec![odd])
            }
            Damage::Halves => {
                ports.collections.create(&lost).await.expect("created");
                let mut half = documents(10..30);
                half.push(document(0, "another"));
                half.push(document(1, "another"));
                ports.collections.insert_documents(&lost, &half).await.expect("inserted");
                workspace.write_behind(acme.id, "collection_name", lost.as_str()).await;
                (FindingKind::HalfRenamed, MendKind::JoinHalves, vec![own, lost])
            }
        };
        let about: Vec<&Organization> =
            if kind == FindingKind::OwnerlessCollection { vec![] } else { vec![&acme] };
        let finding = finding(kind, &about, &collections.iter().collect::<Vec<_>>());
        Self { finding, mend, choices, id: acme.id }
    }

    fn request(&self) -> MendRequest {
        MendRequest { finding: self.finding.id.clone(), mend: self.mend, choices: self.choices.clone() }
    }

    async fn mend(&self, console: &Console, actor: &Actor) -> Result<u64, AppError> {
        let cancellation = Cancellation::default();
        let mended = console.mends.mend(actor, &self.finding, &self.request(), &cancellation).await;
        mended.map(|mended| mended.entry)
    }
}

/// Every write that reaches the store.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Policy for Recorder {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call.writes {
            self.0.lock().push((call.name, format!("{:?}", call.arguments)));
        }
        store.await
    }
}

/// The word of the command that a call of a port sends, as the dry run would show it.
fn word(call: &str, is_file: bool) -> &'static str {
    match (call, is_file) {
        ("activity.append", false) => "db.console_activity.insertOne",
        ("activity.append", true) => "INSERT INTO console_activity",
        ("journal.begin", false) => "db.console_operations.updateOne",
        ("journal.begin", true) => "INSERT INTO console_operations",
        ("journal.end", false) => "db.console_operations.deleteOne",
        ("journal.end", true) => "DELETE FROM console_operations",
        ("collections.rename", false) => "renameCollection",
        ("collections.rename", true) => "UPDATE collections SET name",
        ("collections.create" | "collections.create_as", false) => "db.createCollection",
        ("collections.create" | "collections.create_as", true) => "INSERT INTO collections",
        ("collections.delete_empty", false) => "console_dropped_",
        ("collections.delete_empty", true) => "DELETE FROM collections",
        ("collections.insert_documents", false) => "insertMany",
        ("collections.insert_documents", true) => "INSERT INTO documents",
        ("collections.remove_documents", false) => "deleteMany",
        ("collections.remove_documents", true) => "DELETE FROM documents",
        ("organizations.correct", false) => "db.organizations.updateOne",
        ("organizations.correct", true) => "UPDATE organizations SET",
        ("organizations.insert", false) => "db.organizations.insertOne",
        ("organizations.insert", true) => "INSERT INTO organizations",
        (other, _) => panic!("no command is known for {other}"),
    }
}

/// The collections that a call or a command names.
fn collections_in(text: &str) -> Vec<String> {
    let cut = |part: &str| part.split(['"', '\'', '\\']).next().unwrap_or_default().to_owned();
    text.match_indices("org_").map(|(at, _)| cut(&text[at..])).collect()
}

async fn every_finding_is_mended_and_shown_before(kind: StoreKind) {
    let workspace = TestWorkspace::open(kind).await;
    let recorder = Recorder::default();
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let run = Run { instance: "recorded".to_owned(), ..Run::default() };
    let watched = Console::run(workspace.ports.clone().under(recorder.clone()), &workspace.clock, run);
    let at = Whereabouts::of(&workspace);
    let is_file = kind == StoreKind::SqliteOnFile;
    for (number, damage) in (1..).zip(DAMAGES) {
        let damaged = Damaged::make(&workspace, &console, damage, number).await;
        let before = at.look().await;
        assert!(!before.problems().is_empty(), "{kind:?} {damage:?}: nothing was damaged");
        let shown = console.mends.dry_run(&operator, &damaged.finding, &damaged.request()).await;
        let shown = shown.unwrap_or_else(|error| panic!("{kind:?} {damage:?}: {error}"));
        assert_eq!(at.look().await, before, "{kind:?} {damage:?}: a dry run wrote something");
        recorder.0.lock().clear();
        let entry = damaged.mend(&watched, &operator).await;
        let entry = entry.unwrap_or_else(|error| panic!("{kind:?} {damage:?}: {error}"));
        let after = at.look().await;
        after.require_good(&format!("{kind:?} {damage:?}"));
        assert_eq!(after.lost_since(&before), Vec::<String>::new(), "{kind:?} {damage:?}");

        // What was sent is what was shown: the same commands in the same order, on the same collections.
        let sent = recorder.0.lock().clone();
        let mut lines = shown.commands.iter().peekable();
        let mut last = "";
        // The first two go together.
        let order = |call: &str| usize::from(call != "activity.append");
        let mut sent: Vec<_> = sent.iter().collect();
        if sent.len() > 1 {
            sent[..2].sort_by_key(|(call, _)| order(call));
        }
        for (call, arguments) in sent {
            let wanted = word(call, is_file);
            // An empty collection is renamed before it is dropped.
            let is_it = |line: &str| {
                let drops = "console_dropped_";
                line.contains(wanted) && (wanted == drops || !line.contains(drops))
            };
            let line = loop {
                match lines.peek() {
                    // A step of several commands, or of several calls.
                    Some(line) if !is_it(line) && !last.is_empty() && line.contains(last) => {
                        lines.next();
                    }
                    Some(line) if is_it(line) => break (*line).clone(),
                    Some(line) if damage == Damage::Halves || line.contains("createIndexes") => {
                        let _ = line;
                        lines.next();
                    }
                    other => {
                        assert_eq!(last, wanted, "{damage:?}: {call} is not next in {:?}", shown.commands);
                        break other.map(|line| (*line).clone()).unwrap_or_default();
                    }
                }
            };
            for name in collections_in(arguments) {
                let is_moved = ["collections.rename", "collections.create"].contains(call);
                assert!(!is_moved || line.contains(&name), "{damage:?}: {call} {name} in {line}");
            }
            last = wanted;
        }

        // The record tells of it, and what can be undone is undone by an act of its own.
        let found = console.ports.activity.find(entry).await.expect("a look-up").expect("an entry");
        assert_eq!(found.entry.kind, ActivityKind::Mended, "{damage:?}");
        assert_eq!(found.entry.detail.as_deref(), Some(damaged.mend.as_str()));
        assert!(!found.entry.changes.is_empty(), "{damage:?}: before and after");
        let undone =
            console.record.undo((&console.organizations, &console.mends), &operator, entry, None).await;
        if !shown.can_be_undone {
            assert_eq!(
                undone.map(drop),
                Err(AppError::UndoRefused(UndoRefusal::Unknown)),
                "{kind:?} {damage:?}"
            );
            continue;
        }
        assert!(undone.is_ok(), "{kind:?} {damage:?}: {undone:?}");
        let back = at.look().await;
        assert!(!back.problems().is_empty(), "{kind:?} {damage:?}: the damage is back");
        assert_eq!(back.lost_since(&before), Vec::<String>::new(), "{kind:?} {damage:?}: undone");
        assert!(back.unfinished.is_empty());
        let again =
            console.record.undo((&console.organizations, &console.mends), &operator, entry, None).await;
        let is_refused = matches!(again, Err(AppError::UndoRefused(_)));
        assert!(is_refused, "{kind:?} {damage:?}: it was undone already: {again:?}");
        damaged.mend(&console, &operator).await.unwrap_or_else(|error| panic!("{damage:?} again: {error}"));
        at.look().await.require_good(&format!("{kind:?} {damage:?} mended again"));
    }
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_finding_is_mended_as_the_dry_run_shows_and_undone_where_it_can_be() {
    for kind in STORES {
        every_finding_is_mended_and_shown_before(kind).await;
    }
}

/// A mend dies at every write, or loses one response; the next start settles; what is left is mended again.
async fn survives(kind: StoreKind, damage: Damage) {
    let workspace = TestWorkspace::open(kind).await;
    let first = Console::on(&workspace);
    let operator = first.operator().await;
    let at = Whereabouts::of(&workspace);
    let (mut number, mut faults, mut again) = (100, 0, 0);
    for moment in [Moment::Before, Moment::After] {
        for aftermath in [Aftermath::Dead, Aftermath::Recovers] {
            for write in 1..MANY {
                number += 1;
                let damaged = Damaged::make(&workspace, &first, damage, number).await;
                let before = at.look().await;
                let fault = Fault { write, moment, aftermath };
                let store = FaultyStore::over(&workspace.ports, fault);
                let run = Run { instance: format!("run-{number}"), ..Run::default() };
                let console = Console::run(store.ports(), &workspace.clock, run);
                let answer = damaged.mend(&console, &operator).await;
                if !store.was_met() {
                    assert!(answer.is_ok(), "{damage:?}: {answer:?}");
                    assert!(write > 2, "{damage:?} has at least an entry and a step");
                    break;
                }
                faults += 1;
                drop(console);
                let lost = at.look().await.lost_since(&before);
                assert_eq!(lost, Vec::<String>::new(), "{damage:?} {fault:?}: lost by a crash");
                let ports = workspace.reopened().await;
                workspace.pass(STEP_PENDING).await;
                let run = Run { instance: format!("run-{number}-again"), ..Run::default() };
                let next = Console::run(ports, &workspace.clock, run);
                for one in next.operations.recover().await.expect("the journal is read") {
                    let settled = matches!(one.outcome, RecoveryOutcome::Finished | RecoveryOutcome::Undone);
                    assert!(settled, "{damage:?} {fault:?}: {one:?}");
                }
                let now = at.look().await;
                assert!(now.unfinished.is_empty(), "{damage:?} {fault:?}");
                assert_eq!(now.lost_since(&before), Vec::<String>::new(), "{damage:?} {fault:?}");
                if !now.problems().is_empty() {
                    again += 1;
                    let done = damaged.mend(&next, &operator).await;
                    assert!(done.is_ok(), "{damage:?} {fault:?}: {done:?} of {:?}", now.problems());
                }
                let good = at.look().await;
                good.require_good(&format!("{kind:?} {damage:?} {fault:?}"));
                assert_eq!(
                    good.lost_since(&before),
                    Vec::<String>::new(),
                    "{damage:?} {fault:?}: mended again"
                );
                assert!(write < MANY - 1, "{damage:?} must end");
            }
        }
    }
    println!("{damage:?} on {kind:?}: {faults} crashes, {again} mended again");
    assert!(faults > 3 && again > 0, "{damage:?}: {faults} faults, {again} mended again");
    workspace.remove().await;
}

macro_rules! every_mend_survives {
    ($($name:ident: $damage:expr;)+) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            for kind in STORES {
                survives(kind, $damage).await;
            }
        })+
    };
}

every_mend_survives! {
    attaching_survives_a_crash_at_any_write: Damage::Lost;
    attaching_in_place_of_an_empty_one_survives_a_crash_at_any_write: Damage::LostAndMadeAnew;
    attaching_in_the_trash_survives_a_crash_at_any_write: Damage::LostInTrash;
    making_an_organization_survives_a_crash_at_any_write: Damage::OwnerlessOfOtherName;
    moving_a_collection_survives_a_crash_at_any_write: Damage::Elsewhere;
    correcting_a_name_survives_a_crash_at_any_write: Damage::NameForm;
    joining_halves_survives_a_crash_at_any_write: Damage::Halves;
}

async fn twins_wait_for_a_decision(kind: StoreKind) {
    let workspace = TestWorkspace::open(kind).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let at = Whereabouts::of(&workspace);
    for (number, decision) in (1..).zip([TwinDecision::Keep, TwinDecision::Take, TwinDecision::Both]) {
        let damaged = Damaged::make(&workspace, &console, Damage::Halves, number).await;
        damaged.mend(&console, &operator).await.expect("joined");
        let name = format!("console_twins_{}", damaged.id);
        let joined = at.look().await;
        assert_eq!(joined.collections[&name].documents.len(), 2, "{kind:?}: kept beside");
        assert_eq!(joined.of_tenant(&format!("acme-{number}")).documents.len(), 30, "{kind:?}: each once");
        let twins = CollectionName::from_stored(name.clone());
        let acme = console.ports.organizations.find(damaged.id).await.expect("a look-up").expect("there");
        let decide = Damaged {
            finding: finding(FindingKind::KeptTwins, &[&acme], &[&twins]),
            mend: MendKind::DecideTwins,
            choices: MendChoices { decision: Some(decision), ..MendChoices::default() },
            id: damaged.id,
        };
        decide.mend(&console, &operator).await.unwrap_or_else(|error| panic!("{decision:?}: {error}"));
        let decided = at.look().await;
        decided.require_good(decision.as_str());
        assert!(!decided.collections.contains_key(&name), "{kind:?} {decision:?}: nothing waits any more");
        let documents = &decided.of_tenant(&format!("acme-{number}")).documents;
        let texts = |text: &str| {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            documents.values().filter(|document| document.contains(&hex)).count()
        };
        let wanted = match decision {
            TwinDecision::Keep => (30, 0),
            TwinDecision::Take => (28, 2),
            TwinDecision::Both => (30, 2),
        };
        assert_eq!((texts("same"), texts("another")), wanted, "{kind:?} {decision:?}");
    }
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_differ_wait_for_a_person() {
    for kind in STORES {
        twins_wait_for_a_decision(kind).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_found_must_be_there_still() {
    for kind in STORES {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let at = Whereabouts::of(&workspace);
        for (number, damage) in
            (1..).zip([Damage::Missing, Damage::Elsewhere, Damage::NameOnly, Damage::Lost])
        {
            let damaged = Damaged::make(&workspace, &console, damage, number).await;
            damaged.mend(&console, &operator).await.expect("mended");
            let before = at.look().await;
            let again = damaged.mend(&console, &operator).await;
            assert_eq!(again, Err(AppError::FactsChanged), "{kind:?} {damage:?}");
            assert_eq!(at.look().await.collections, before.collections, "{kind:?} {damage:?}");
        }
        // A collection that is there and has documents is in nobody's way.
        let damaged = Damaged::make(&workspace, &console, Damage::LostAndMadeAnew, 9).await;
        let own = collection("acme-9");
        console.ports.collections.insert_documents(&own, &documents(50..51)).await.expect("inserted");
        let refused = damaged.mend(&console, &operator).await;
        assert_eq!(refused, Err(AppError::Conflict(ConflictOn::Collection)), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_of_organizations_are_corrected_in_one_write() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    let raw = workspace.database().await.collection::<Document>("organizations");
    let its = doc! { "_id": acme.id.object_id() };
    let damage = doc! {
        "$unset": { "created_at": "" },
        "$set": { "updated_at": "yesterday", "is_active": 0, "admin_password": "plain", "admin_email": " Dana@ACME.example.com" },
    };
    raw.update_one(its.clone(), damage).await.expect("damaged");
    let mend = async |kind, mend, choices: MendChoices| {
        let damaged = Damaged { finding: finding(kind, &[&acme], &[]), mend, choices, id: acme.id };
        let request = damaged.request();
        let cancellation = Cancellation::default();
        let mended = console.mends.mend(&operator, &damaged.finding, &request, &cancellation).await;
        mended.unwrap_or_else(|error| panic!("{mend:?}: {error}"))
    };
    let plain = MendChoices::default;
    mend(FindingKind::UnreadableDate, MendKind::CorrectDates, plain()).await;
    mend(FindingKind::OddActive, MendKind::CorrectActive, plain()).await;
    mend(FindingKind::AddressForm, MendKind::CorrectAddress, plain()).await;
    let mended = mend(FindingKind::UnverifiableHash, MendKind::SetOneTimePassword, plain()).await;
    let found = raw.find_one(its.clone()).await.expect("read").expect("it is there");
    let made = acme.id.object_id().timestamp();
    assert_eq!(found.get_datetime("created_at").expect("a date"), &made, "from the id");
    assert!(found.get_datetime("updated_at").is_ok());
    assert!(matches!(found.get_bool("is_active"), Ok(false)), "as it counted");
    assert_eq!(found.get_str("admin_email").expect("a text"), "Dana@acme.example.com");
    let one_time = mended.one_time.expect("a password to show once");
    console.organizations.reactivate(&operator, acme.id).await.expect("reactivated");
    console.try_sign_in("dana@acme.example.com", &one_time).await.expect("its admin signs in with it");
    let other = MendChoices { admin_email: Some("other@acme.example.com".to_owned()), ..plain() };
    mend(FindingKind::TwinAddresses, MendKind::ChangeAddress, other).await;
    Whereabouts::of(&workspace).look().await.require_good("after all corrections");
    workspace.remove().await;
}

/// Two organizations of one name, whose shared collection has documents.
async fn twins(workspace: &TestWorkspace, console: &Console, number: u32) -> (Organization, Organization) {
    let name = format!("twin-{number}");
    let one = console.create(&name).await;
    workspace
        .ports
        .collections
        .insert_documents(&one.collection(), &documents(0..5))
        .await
        .expect("inserted");
    let raw = workspace.database().await.collection::<Document>("organizations");
    let mut twin = raw.find_one(doc! { "_id": one.id.object_id() }).await.expect("read").expect("there");
    let id = ObjectId::new();
    twin.insert("_id", id);
    twin.insert("admin_email", format!("twin@{name}.example.com"));
    raw.insert_one(twin).await.expect("inserted");
    let other = console.ports.organizations.find(id.into()).await.expect("a look-up").expect("there");
    (one, other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_of_one_name_are_separated_with_their_documents_where_they_belong() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let raw = workspace.database().await.collection::<Document>("organizations");
    raw.drop_index("console_unique_name").await.expect("dropped");
    let ports = workspace.reopened().await;
    let warnings = ports.health.unprepared().await.expect("a look");
    assert!(!warnings.is_empty(), "the rule is kept by nobody");
    let console = Console::run(ports.clone(), &workspace.clock, Run::default());
    let operator = console.operator().await;
    let at = Whereabouts::of(&workspace);
    let mut number = 0;
    let faults = [Moment::Before, Moment::After]
        .into_iter()
        .flat_map(|moment| [(moment, Aftermath::Dead), (moment, Aftermath::Recovers)]);
    let faults: Vec<_> = std::iter::once(None).chain(faults.map(Some)).collect();
    for (way, wanted) in [("stays", (5, 0)), ("goes along", (0, 5)), ("copied", (5, 5))] {
        for moment in faults.clone() {
            for write in 1..MANY {
                number += 1;
                let (one, other) = twins(&workspace, &console, number).await;
                let shared = one.collection();
                let choices = MendChoices {
                    organization: Some(other.id.to_hex()),
                    name: Some(format!("apart-{number}")),
                    copy_to_both: way == "copied",
                    collection: (way == "goes along").then(|| shared.to_string()),
                    ..MendChoices::default()
                };
                let finding = finding(FindingKind::TwinNames, &[&one, &other], &[&shared]);
                let damaged = Damaged { finding, mend: MendKind::SeparateTwins, choices, id: other.id };
                let before = at.look().await;
                let shown = console.mends.dry_run(&operator, &damaged.finding, &damaged.request()).await;
                let shown = shown.unwrap_or_else(|error| panic!("{way}: {error}")).commands;
                // Those that keep the name get a collection of their own, and a person sees that it is empty.
                let made = format!("db.createCollection(\"{shared}\"");
                let is_made = shown.iter().any(|one| one.starts_with(&made) && one.contains("new and empty"));
                assert_eq!(is_made, way == "goes along", "{way}: {shown:?}");
                let mut met = false;
                if let Some((moment, aftermath)) = moment {
                    let fault = Fault { write, moment, aftermath };
                    let store = FaultyStore::over(&ports, fault);
                    let run = Run { instance: format!("run-{number}"), ..Run::default() };
                    let faulty = Console::run(store.ports(), &workspace.clock, run);
                    let _ = damaged.mend(&faulty, &operator).await;
                    met = store.was_met();
                    workspace.pass(STEP_PENDING).await;
                    for one in console.operations.recover().await.expect("the journal is read") {
                        let settled =
                            matches!(one.outcome, RecoveryOutcome::Finished | RecoveryOutcome::Undone);
                        assert!(settled, "{way} {fault:?}: {one:?}");
                    }
                }
                let now = at.look().await;
                assert_eq!(now.lost_since(&before), Vec::<String>::new(), "{way} {moment:?} {write}");
                if !now.problems().is_empty() {
                    let done = damaged.mend(&console, &operator).await;
                    assert!(done.is_ok(), "{way} {moment:?} {write}: {done:?} of {:?}", now.problems());
                }
                let good = at.look().await;
                good.require_good(&format!("{way} {moment:?} {write}"));
                let of = |name: String| good.of_tenant(&name).documents.len();
                let found = (of(format!("twin-{number}")), of(format!("apart-{number}")));
                assert_eq!(found, wanted, "{way} {moment:?} {write}");
                // Whoever has a new one has it as the service makes it.
                let [kept, apart] = [&one, &other].map(|twin| good.live[&twin.id.to_hex()].clone());
                assert_eq!(kept.collection_name, shared.to_string(), "{way} {moment:?} {write}");
                let [kept, apart] = [kept, apart].map(|twin| &good.collections[&twin.collection_name]);
                assert_eq!(kept.indexes.keys().collect::<Vec<_>>(), apart.indexes.keys().collect::<Vec<_>>());
                assert_eq!(kept.options, apart.options, "{way} {moment:?} {write}");
                if moment.is_none() || !met {
                    break;
                }
            }
        }
    }
    // Names that differ in letter case have a collection each: it follows the new name.
    let (one, other) = twins(&workspace, &console, number + 1).await;
    let (upper, shared) = (format!("Twin-{}", number + 1), one.collection());
    workspace.write_behind(other.id, "organization_name", &upper).await;
    workspace.write_behind(other.id, "collection_name", &format!("org_{upper}")).await;
    let own = CollectionName::from_stored(format!("org_{upper}"));
    ports.collections.create(&own).await.expect("created");
    ports.collections.insert_documents(&own, &documents(5..8)).await.expect("inserted");
    let choices = MendChoices {
        organization: Some(other.id.to_hex()),
        name: Some("of-its-own".to_owned()),
        ..MendChoices::default()
    };
    let found = finding(FindingKind::TwinNames, &[&one, &other], &[&shared, &own]);
    let damaged = Damaged { finding: found, mend: MendKind::SeparateTwins, choices, id: other.id };
    damaged.mend(&console, &operator).await.expect("separated");
    let good = at.look().await;
    good.require_good("another letter case");
    let of = |name: &str| good.of_tenant(name).documents.len();
    assert_eq!((of(one.name.as_str()), of("of-its-own")), (5, 3));
    let mut again = damaged;
    again.choices.name = Some("yet-another".to_owned());
    assert_eq!(again.mend(&console, &operator).await, Err(AppError::FactsChanged), "they are none any more");
    let master = Damaged {
        finding: finding(FindingKind::MissingMasterIndex, &[], &[]),
        mend: MendKind::CreateMasterIndexes,
        choices: MendChoices::default(),
        id: OrganizationId::new(),
    };
    master.mend(&console, &operator).await.expect("once it is clean, the index is made");
    assert_eq!(ports.health.unprepared().await, Ok(Vec::new()));
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_that_other_software_took_away_is_set_again_and_leftovers_are_dropped() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    let globex = console.create("globex").await;
    let database = workspace.database().await;
    database.run_command(doc! { "collMod": "org_acme", "validator": {} }).await.expect("taken away");
    let validator = Damaged {
        finding: finding(FindingKind::ValidatorDiffers, &[&acme], &[&acme.collection()]),
        mend: MendKind::SetValidator,
        choices: MendChoices::default(),
        id: acme.id,
    };
    validator.mend(&console, &operator).await.expect("set");
    let seen: Contents = Whereabouts::of(&workspace).look().await;
    let validator =
        |name| seen.of_tenant(name).options.get_document("validator").expect("a validator").clone();
    assert_eq!(validator("acme"), validator("globex"), "as the service makes them");

    let dropped = collection("gone").dropped("an operation");
    database.create_collection(dropped.as_str()).await.expect("left over");
    let leftover = Damaged {
        finding: finding(FindingKind::LeftoverDropped, &[], &[&dropped]),
        mend: MendKind::DropLeftover,
        choices: MendChoices::default(),
        id: globex.id,
    };
    leftover.mend(&console, &operator).await.expect("dropped");
    Whereabouts::of(&workspace).look().await.require_good("nothing is left over");
    workspace.remove().await;
}

/// The service made an organization of the half's name after the join was planned: what is written there is its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_that_got_an_owner_meanwhile_keeps_its_documents() {
    for kind in STORES {
        let workspace = TestWorkspace::open(kind).await;
        let first = Console::on(&workspace);
        let operator = first.operator().await;
        let damaged = Damaged::make(&workspace, &first, Damage::Halves, 1).await;
        let at = Whereabouts::of(&workspace);
        let before_it = at.look().await;
        let ports = workspace.ports.clone();
        let others = async move {
            insert(&ports, "lost-1").await;
        };
        let ports = before(&workspace.ports, "journal.begin", others);
        let run = Run { instance: "joins".to_owned(), ..Run::default() };
        let refused = damaged.mend(&Console::run(ports, &workspace.clock, run), &operator).await;
        let changed = StoreError::Changed { what: "the collection" };
        assert_eq!(refused, Err(AppError::Store(changed)), "{kind:?}");
        let now = at.look().await;
        for name in ["acme-1", "lost-1"] {
            assert_eq!(now.of_tenant(name), before_it.of_tenant(name), "{kind:?}: {name}");
        }
        assert_eq!(workspace.ports.journal.unfinished().await, Ok(Vec::new()), "{kind:?}");
        workspace.remove().await;
    }
}
