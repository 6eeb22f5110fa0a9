//! The template of tenant collections: given to new ones, to all and to chosen ones, and taken back.

use bson::{Document, doc};
use secrecy::SecretString;
use tenantry_core::bundle::{AdminPassword, ReceiveRequest};
use tenantry_core::doctor::{
    Depth, EvidenceWord, Finding, FindingKind, FindingQuery, MendChoices, MendKind, MendRequest,
};
use tenantry_core::error::{AppError, Limited, StoreError, UndoRefusal};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::limits::{INDEXES_MAX, RECORD_TEXT_MAX};
use tenantry_core::records::{
    ActivityKind, CollectionKind, IndexDescription, IndexKey, IndexKeyKind, RecordQuery, Template,
    TemplateIndex,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::{FieldRule, OrganizationName};
use tenantry_tests::checker::{SeenCollection, Whereabouts};
use tenantry_tests::console::{Console, PASSWORD, Run};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment};
use tenantry_tests::suite::{ANY, collection};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const STORES: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

fn index(field: &str) -> TemplateIndex {
    TemplateIndex::on(vec![IndexKey { field: field.to_owned(), kind: IndexKeyKind::Ascending }])
}

/// Deletes documents an hour after the date in the field.
fn expiring(field: &str) -> TemplateIndex {
    TemplateIndex { expire_after_seconds: Some(3600), ..index(field) }
}

struct Case {
    workspace: TestWorkspace,
    console: Console,
    operator: Actor,
}

impl Case {
    /// With a collection for each name, made before the template is changed.
    async fn open(kind: StoreKind, names: &[&str], template: Vec<TemplateIndex>) -> Self {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        for name in names {
            console.create(name).await;
        }
        let case = Self { workspace, console, operator };
        case.change(template).await.expect("a template");
        case
    }

    async fn change(&self, indexes: Vec<TemplateIndex>) -> Result<Template, AppError> {
        let template = self.console.organizations.template();
        let seen = template.current(&self.operator).await?;
        template.change(&self.operator, &seen, Template { indexes }).await
    }

    /// What a deep pass finds, by the organizations' names.
    async fn found(&self, kind: FindingKind) -> Vec<Finding> {
        let cancellation = Cancellation::default();
        let run = self.console.doctor.run(&self.operator, Depth::Deep, &Quiet, &cancellation);
        run.await.expect("a pass");
        let query = FindingQuery { kind: Some(kind), limit: 500, ..FindingQuery::default() };
        self.console.doctor.page(&self.operator, &query).expect("a page").findings
    }

    async fn mend(&self, finding: &Finding, mend: MendKind) -> Result<u64, AppError> {
        mend_on(&self.console, &self.operator, finding, mend).await
    }

    async fn undo(&self, entry: u64) -> Result<(), AppError> {
        let services = (&self.console.organizations, &self.console.mends);
        self.console.record.undo(services, &self.operator, entry, None).await.map(drop)
    }

    /// As a checker without the program's code sees it.
    async fn seen(&self, name: &str) -> SeenCollection {
        Whereabouts::of(&self.workspace).look().await.of_tenant(name).clone()
    }

    async fn indexes(&self, name: &str) -> Vec<String> {
        self.seen(name).await.indexes.into_keys().collect()
    }

    async fn make(&self, name: &str, definition: Document) {
        let made = IndexDescription {
            name: definition.get_str("name").expect("a name").to_owned(),
            definition: definition.to_vec().expect("BSON"),
        };
        self.workspace.ports.collections.create_index(&collection(name), &made).await.expect("made");
    }

    async fn drop(&self, name: &str, index: &str) {
        self.workspace.ports.collections.drop_index(&collection(name), index).await.expect("dropped");
    }

    async fn validate(&self, name: &str, validator: Document) {
        let validator = validator.to_vec().expect("BSON");
        let collections = &self.workspace.ports.collections;
        collections.set_validator(&collection(name), &validator).await.expect("set");
    }
}

async fn mend_on(
    console: &Console,
    actor: &Actor,
    finding: &Finding,
    mend: MendKind,
) -> Result<u64, AppError> {
    let request = MendRequest { finding: finding.id.clone(), mend, choices: MendChoices::default() };
    let mended = console.mends.mend(actor, finding, &request, &Cancellation::default()).await;
    mended.map(|mended| mended.entry)
}

const OF_SERVICE: [&str; 3] = ["_id_", "created_at_1", "updated_at_1"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_is_given_to_new_collections_and_to_chosen_and_all_others() {
    for kind in STORES {
        let named = TemplateIndex { name: Some("by status".to_owned()), ..index("status") };
        let case = Case::open(kind, &["acme", "birch", "cedar"], vec![named.clone()]).await;
        let overtaken = case.console.organizations.template();
        let overtaken = overtaken.change(&case.operator, &Template::default(), Template::default()).await;
        assert_eq!(overtaken, Err(AppError::FactsChanged), "{kind:?}: two changed it");
        case.console.create("dune").await;
        let with = ["_id_", "by status", "created_at_1", "updated_at_1"];
        assert_eq!(case.indexes("dune").await, with, "{kind:?}: a new one has it");
        assert_eq!(case.indexes("acme").await, OF_SERVICE, "{kind:?}: others wait");

        // An index of another name that does the same counts.
        case.make("birch", doc! { "key": { "status": 1 }, "name": "status_1" }).await;
        let lacking = case.found(FindingKind::IndexMissing).await;
        let names: Vec<_> = lacking.iter().map(|finding| finding.subject.as_str()).collect();
        assert_eq!(names, ["acme", "cedar"], "{kind:?}");
        let [acme, cedar] = &lacking[..] else { panic!("two") };

        // One, and taken back.
        let entry = case.mend(acme, MendKind::CreateIndexes).await.expect("made");
        assert_eq!(case.indexes("acme").await, with, "{kind:?}");
        case.undo(entry).await.expect("undone");
        assert_eq!(case.indexes("acme").await, OF_SERVICE, "{kind:?}");

        // Accepted for one, made for the other.
        case.mend(acme, MendKind::AcceptAsIs).await.expect("accepted");
        case.mend(cedar, MendKind::CreateIndexes).await.expect("made");
        assert_eq!(case.mend(cedar, MendKind::CreateIndexes).await, Err(AppError::FactsChanged), "{kind:?}");
        assert_eq!(case.found(FindingKind::IndexMissing).await, [], "{kind:?}");
        assert_eq!(case.indexes("acme").await, OF_SERVICE, "{kind:?}: as it is");

        let kinds = vec![ActivityKind::TemplateChanged];
        let query = RecordQuery { kinds, limit: 9, ..RecordQuery::default() };
        let told = case.workspace.ports.activity.page(&query).await.expect("the record").entries;
        assert_eq!(told.len(), 1, "{kind:?}: the change is recorded, and no refused one");
        assert_eq!(told[0].entry.changes[0].after.as_deref(), Some("by status (status: 1)"));
        case.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_deletes_documents_is_made_only_for_who_was_told() {
    for kind in STORES {
        let case = Case::open(kind, &["acme"], vec![index("seen_at")]).await;
        let [untold] = &case.found(FindingKind::IndexMissing).await[..] else { panic!("one") };
        let told = |finding: &Finding| {
            let rows = finding.evidence.iter().filter(|row| row.what == EvidenceWord::ExpiresAfter);
            rows.map(|row| row.metadata.clone()).collect::<Vec<_>>()
        };
        assert_eq!(told(untold), []);
        case.change(vec![expiring("seen_at")]).await.expect("changed");
        let made = case.mend(untold, MendKind::CreateIndexes).await;
        assert_eq!(made, Err(AppError::FactsChanged), "{kind:?}: the template changed since the pass");
        assert_eq!(case.indexes("acme").await, OF_SERVICE, "{kind:?}");
        let [finding] = &case.found(FindingKind::IndexMissing).await[..] else { panic!("one") };
        assert_eq!(told(finding), [Some("3600".to_owned())], "{kind:?}");
        let entry = case.mend(finding, MendKind::CreateIndexes).await.expect("made");
        let made = case.seen("acme").await.indexes["seen_at_1"].clone();
        let wanted = doc! { "key": { "seen_at": 1 }, "name": "seen_at_1", "expireAfterSeconds": 3600 };
        assert_eq!(made, wanted, "{kind:?}");
        // What was deleted meanwhile does not come back; that nothing more is deleted does.
        case.undo(entry).await.expect("undone");
        assert_eq!(case.indexes("acme").await, OF_SERVICE, "{kind:?}");

        // Another time to live, on an index that is there.
        case.make("acme", doc! { "key": { "seen_at": 1 }, "name": "seen_at_1" }).await;
        let [finding] = &case.found(FindingKind::IndexDiffers).await[..] else { panic!("one") };
        assert_eq!(told(finding), [Some("3600".to_owned())], "{kind:?}");
        case.mend(finding, MendKind::ReplaceIndexes).await.expect("replaced");
        assert_eq!(case.seen("acme").await.indexes["seen_at_1"], wanted, "{kind:?}");
        case.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_of_a_capped_collection_do_not_expire() {
    let case = Case::open(StoreKind::MongoReplicaSet, &["acme"], vec![expiring("seen_at")]).await;
    let collections = &case.workspace.ports.collections;
    let mut like = collections.describe(&collection("acme")).await.expect("a look").expect("there");
    collections.delete(&collection("acme"), &ANY).await.expect("deleted");
    let mut options: Document = bson::deserialize_from_slice(&like.options).expect("options");
    options.insert("capped", true);
    options.insert("size", 100_000);
    like = tenantry_core::records::CollectionDescription {
        kind: CollectionKind::Capped,
        options: options.to_vec().expect("BSON"),
        ..like
    };
    collections.create_as(&collection("acme"), &like).await.expect("created");
    let [finding] = &case.found(FindingKind::IndexMissing).await[..] else { panic!("one") };
    let refused = case.mend(finding, MendKind::CreateIndexes).await;
    assert!(matches!(refused, Err(AppError::Store(StoreError::RuleBroken { .. }))), "{refused:?}");
    assert_eq!(case.indexes("acme").await, OF_SERVICE);
    case.workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_that_was_set_is_taken_back() {
    for kind in STORES {
        let case = Case::open(kind, &["acme", "birch", "cedar", "dune"], Vec::new()).await;
        let own =
            doc! { "$jsonSchema": { "bsonType": "object", "required": ["b", "a"], "maxProperties": 9_i64 } };
        let long = doc! { "$jsonSchema": { "description": "x".repeat(RECORD_TEXT_MAX) } };
        case.validate("acme", own.clone()).await;
        case.validate("birch", doc! {}).await;
        case.validate("cedar", long).await;
        case.validate("dune", own.clone()).await;
        let before = [case.seen("acme").await, case.seen("birch").await];
        let findings = case.found(FindingKind::ValidatorDiffers).await;
        let mut entries = Vec::new();
        for finding in &findings {
            entries.push(case.mend(finding, MendKind::SetValidator).await.expect("set"));
        }
        let [acme, birch, cedar, dune] = entries[..] else { panic!("four: {findings:?}") };
        assert_eq!(case.found(FindingKind::ValidatorDiffers).await, [], "{kind:?}");
        for (entry, name, before) in [(acme, "acme", &before[0]), (birch, "birch", &before[1])] {
            case.undo(entry).await.expect("undone");
            let now = case.seen(name).await;
            assert!(now.has_what(before), "{kind:?} {name}: {now:?} was {before:?}");
        }
        let refused = case.undo(cedar).await;
        assert_eq!(
            refused,
            Err(AppError::UndoRefused(UndoRefusal::Unknown)),
            "{kind:?}: too long for the record"
        );
        case.validate("dune", doc! { "a": 1 }).await;
        let refused = case.undo(dune).await;
        assert_eq!(refused, Err(AppError::UndoRefused(UndoRefusal::Changed)), "{kind:?}");
        case.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indexes_that_were_replaced_come_back() {
    for kind in STORES {
        let compound = TemplateIndex {
            name: Some("by_state".to_owned()),
            keys: ["state", "area"].map(|field| index(field).keys.remove(0)).to_vec(),
            ..index("state")
        };
        let case = Case::open(kind, &["acme", "birch", "cedar"], vec![compound, index("seen_at")]).await;
        let turned = doc! { "key": { "area": -1, "state": 1 }, "name": "by_state", "sparse": true };
        let partial = doc! {
            "key": { "seen_at": 1 }, "name": "seen_at_1",
            "partialFilterExpression": { "seen_at": { "$gt": bson::DateTime::from_millis(5) } },
        };
        for name in ["acme", "birch"] {
            case.make(name, turned.clone()).await;
            case.make(name, partial.clone()).await;
        }
        case.make("cedar", turned).await;
        case.make("cedar", doc! { "key": { "seen_at": 1 }, "name": "seen_at_1", "expireAfterSeconds": 5 })
            .await;
        let before = case.seen("acme").await;
        let findings = case.found(FindingKind::IndexDiffers).await;
        let mut entries = Vec::new();
        for finding in &findings {
            entries.push(case.mend(finding, MendKind::ReplaceIndexes).await.expect("replaced"));
        }
        let [acme, birch, cedar] = entries[..] else { panic!("three: {findings:?}") };
        assert_eq!(case.found(FindingKind::IndexDiffers).await, [], "{kind:?}");
        assert!(!case.seen("acme").await.has_what(&before), "{kind:?}");
        case.undo(acme).await.expect("undone");
        let now = case.seen("acme").await;
        assert!(now.has_what(&before), "{kind:?}: {now:?} was {before:?}");
        let keys = now.indexes["by_state"].get_document("key").expect("a key").keys().collect::<Vec<_>>();
        assert_eq!(keys, ["area", "state"], "{kind:?}: in their order");

        case.drop("birch", "by_state").await;
        let refused = case.undo(birch).await;
        assert_eq!(refused, Err(AppError::UndoRefused(UndoRefusal::Changed)), "{kind:?}");
        let refused = case.undo(cedar).await;
        let reason = Err(AppError::UndoRefused(UndoRefusal::Unknown));
        assert_eq!(refused, reason, "{kind:?}: it would let the server delete documents again");
        case.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_that_a_mend_makes_is_as_a_new_one() {
    for kind in STORES {
        let case = Case::open(kind, &["acme"], vec![index("status"), expiring("seen_at")]).await;
        case.console.create("birch").await;
        let collections = &case.workspace.ports.collections;
        collections.delete(&collection("acme"), &ANY).await.expect("deleted");
        let [missing] = &case.found(FindingKind::MissingCollection).await[..] else { panic!("one") };
        let entry = case.mend(missing, MendKind::CreateCollection).await.expect("made");
        let (made, new) = (case.seen("acme").await, case.seen("birch").await);
        assert!(made.has_what(&new), "{kind:?}: {made:?} is not {new:?}");
        case.undo(entry).await.expect("undone");
        assert_eq!(collections.exists(&collection("acme")).await, Ok(false), "{kind:?}");

        // Ended after any write, it is a collection of the service, and the next pass finds the rest.
        for write in 1..20 {
            let store = FaultyStore::over(
                &case.workspace.ports,
                Fault { write, moment: Moment::After, aftermath: Aftermath::Dead },
            );
            let run = Run { instance: format!("run-{write}"), ..Run::default() };
            let faulty = Console::run(store.ports(), &case.workspace.clock, run);
            let _ = mend_on(&faulty, &case.operator, missing, MendKind::CreateCollection).await;
            case.workspace.pass(tenantry_core::limits::STEP_PENDING).await;
            case.console.operations.recover().await.expect("the journal is read");
            if collections.exists(&collection("acme")).await.expect("a look") {
                for lacking in case.found(FindingKind::IndexMissing).await {
                    case.mend(&lacking, MendKind::CreateIndexes).await.expect("completed");
                }
                assert!(case.seen("acme").await.has_what(&new), "{kind:?} {write}");
                collections.delete(&collection("acme"), &ANY).await.expect("deleted");
            }
            if !store.was_met() {
                break;
            }
        }
        case.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_that_no_server_takes_is_refused_at_its_field() {
    let case = Case::open(StoreKind::SqliteInMemory, &[], Vec::new()).await;
    let many = TemplateIndex { keys: [index("a").keys, index("b").keys].concat(), ..expiring("a") };
    let Err(AppError::InvalidInput(issues)) = case.change(vec![many]).await else { panic!("it was taken") };
    assert_eq!(issues.iter().map(|issue| issue.rule).collect::<Vec<_>>(), [FieldRule::Characters]);
    assert_eq!(case.change(vec![expiring("a")]).await.map(|template| template.indexes.len()), Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_collection_gets_no_further_index_and_a_replaced_one_needs_no_room() {
    let case = Case::open(StoreKind::SqliteOnFile, &["acme"], vec![index("status")]).await;
    for number in 0..INDEXES_MAX - 3 {
        let name = format!("f{number}_1");
        case.make("acme", doc! { "key": { format!("f{number}"): 1 }, "name": name }).await;
    }
    let [missing] = &case.found(FindingKind::IndexMissing).await[..] else { panic!("one") };
    let full = AppError::NoRoom { of: Limited::Indexes, used: 64, limit: 64, needed: 1 };
    assert_eq!(case.mend(missing, MendKind::CreateIndexes).await, Err(full));
    case.drop("acme", "f0_1").await;
    case.make("acme", doc! { "key": { "status": -1 }, "name": "status_1" }).await;
    let [differs] = &case.found(FindingKind::IndexDiffers).await[..] else { panic!("one") };
    case.mend(differs, MendKind::ReplaceIndexes).await.expect("64 before, and 64 after");
    case.workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_that_comes_in_keeps_its_own_indexes_and_tells_what_it_lacks() {
    for kind in STORES {
        let case = Case::open(kind, &["acme"], vec![index("status"), index("area"), index("state")]).await;
        case.make("acme", doc! { "key": { "area": 1 }, "name": "by_area" }).await;
        case.make("acme", doc! { "key": { "seen_at": 1 }, "name": "old", "expireAfterSeconds": 5 }).await;
        let before = case.seen("acme").await;
        let acme = case
            .workspace
            .ports
            .organizations
            .find_by_name(&OrganizationName::parse("acme").expect("a name"))
            .await;
        let acme = acme.expect("a look-up").expect("it is there");
        let source = case.console.bundles.source(&case.operator, acme.id).await.expect("a source");
        let request = ReceiveRequest {
            name: "copy".to_owned(),
            email: "copy@example.com".to_owned(),
            password: AdminPassword::New(SecretString::from(PASSWORD)),
            is_copy: true,
        };
        let cancellation = Cancellation::default();
        let received = case.console.bundles.receive(&case.operator, &*source, request, &Quiet, &cancellation);
        let received = received.await.expect("copied");
        assert_eq!((received.indexes, received.lacks), (5, 2), "{kind:?}: status and state");
        assert_eq!(case.seen("copy").await.indexes, before.indexes, "{kind:?}: exactly");
        let lacking = case.found(FindingKind::IndexMissing).await;
        let names: Vec<_> = lacking.iter().map(|finding| finding.subject.as_str()).collect();
        assert_eq!(names, ["acme", "copy"], "{kind:?}: the doctor tells both");
        case.workspace.remove().await;
    }
}
