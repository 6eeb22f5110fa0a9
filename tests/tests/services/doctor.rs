//! What the doctor finds: each damage is made on a real store, behind the services, and exactly that is told.

use std::collections::BTreeSet;
use std::time::Duration;

use bson::oid::ObjectId;
use bson::{DateTime, Document, doc};
use tenantry_core::doctor::{
    Depth, Difference, EvidenceWord, Finding, FindingKind, FindingQuery, MendChoices, MendKind, MendRequest,
    PassSummary, Severity, Wanted,
};
use tenantry_core::error::AppError;
use tenantry_core::export::ExportFormat;
use tenantry_core::jobs::{Cancellation, Progress, ProgressSink, Quiet};
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::records::{
    Accepted, CollectionIdentity, IndexDescription, IndexKey, IndexKeyKind, MemberRole, Operation,
    OperationPlan, Organization, OrganizationFilter, OrganizationQuery, Owner, PageStart, SortDirection,
    SortField, StatusFilter, Template, TemplateIndex,
};
use tenantry_core::rights::Actor;
use tenantry_core::samples::SampleService;
use tenantry_core::sessions::PasswordHasher;
use tenantry_core::values::{CollectionName, CopyId};
use tenantry_tests::console::{Console, OPERATOR, Run};
use tenantry_tests::fixture::ServiceDatabase;
use tenantry_tests::suite::{collection, delete_collection, move_collection, name};
use tenantry_tests::twins::fill;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

/// A workspace with the organizations `acme`, `birch` and `cedar`, two documents each, and `dune` in the trash.
struct Case {
    workspace: TestWorkspace,
    console: Console,
    operator: Actor,
    acme: Organization,
}

impl Case {
    async fn open(kind: StoreKind) -> Self {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        for one in ["birch", "cedar", "dune"] {
            fill(&workspace.ports, &console.create(one).await.collection(), 2).await;
        }
        let dune = console.organizations.get(&operator, "dune").await.expect("there").id;
        console.organizations.trash(&operator, dune, None).await.expect("trashed");
        let acme = console.create("acme").await;
        fill(&workspace.ports, &acme.collection(), 2).await;
        Self { workspace, console, operator, acme }
    }

    /// The whole program anew, as after a start.
    async fn opened_again(&self) -> Console {
        let ports = self.workspace.reopened().await;
        let run = Run { instance: "second-run".to_owned(), ..Run::default() };
        Console::run(ports, &self.workspace.clock, run)
    }

    async fn found(&self, depth: Depth) -> Vec<Finding> {
        found(&self.console, &self.operator, depth).await
    }

    /// Kinds and subjects.
    async fn told(&self, depth: Depth) -> BTreeSet<(&'static str, String)> {
        told(&self.found(depth).await)
    }

    async fn write(&self, field: &'static str, value: &str) {
        self.workspace.write_behind(self.acme.id, field, value).await;
    }

    async fn create(&self, name: &str) {
        fill(&self.workspace.ports, &CollectionName::from_stored(name.to_owned()), 1).await;
    }
}

async fn run(console: &Console, actor: &Actor, depth: Depth) -> PassSummary {
    console.doctor.run(actor, depth, &Quiet, &Cancellation::default()).await.expect("a pass")
}

async fn found(console: &Console, actor: &Actor, depth: Depth) -> Vec<Finding> {
    run(console, actor, depth).await;
    console.doctor.page(actor, &every()).expect("a page").findings
}

fn told(findings: &[Finding]) -> BTreeSet<(&'static str, String)> {
    findings.iter().map(|finding| (finding.kind.as_str(), finding.subject.clone())).collect()
}

fn every() -> FindingQuery {
    FindingQuery { limit: 500, ..FindingQuery::default() }
}

fn expected(rows: &[(FindingKind, &str)]) -> BTreeSet<(&'static str, String)> {
    rows.iter().map(|(kind, subject)| (kind.as_str(), (*subject).to_owned())).collect()
}

fn row(finding: &Finding, what: EvidenceWord) -> (Option<&str>, Option<&str>) {
    let row = finding.evidence.iter().find(|row| row.what == what);
    let row = row.unwrap_or_else(|| panic!("no row of {what:?}: {finding:?}"));
    (row.metadata.as_deref(), row.storage.as_deref())
}

const STORES: [StoreKind; 3] =
    [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet, StoreKind::MongoStandalone];

#[tokio::test]
async fn a_sound_workspace_has_no_finding_however_it_was_worked_in() {
    for kind in STORES {
        let case = Case::open(kind).await;
        let Case { console, operator, acme, .. } = &case;
        console.organizations.rename(operator, acme.id, "zenith").await.expect("renamed");
        let birch = console.organizations.get(operator, "birch").await.expect("there");
        console.organizations.deactivate(operator, birch.id).await.expect("deactivated");
        let cedar = console.organizations.get(operator, "cedar").await.expect("there");
        console.person(&cedar, "vera@example.com", MemberRole::Viewer).await;
        console.organizations.trash(operator, cedar.id, None).await.expect("trashed");
        console.organizations.restore(operator, cedar.id, Some("cedar-2")).await.expect("restored");
        let summary = run(console, operator, Depth::Deep).await;
        assert_eq!(case.found(Depth::Deep).await, [], "{kind:?}");
        assert_eq!((summary.organizations, summary.trashed, summary.collections), (3, 1, 4), "{kind:?}");
        assert_eq!((summary.open, summary.affected, summary.worst), (0, 0, None));
        case.workspace.remove().await;
    }
}

#[tokio::test]
async fn the_sample_organizations_have_nothing_wrong() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let samples = SampleService::new(console.ports.clone(), console.clock.clone());
    let hasher = PasswordHasher::with_cost(4);
    samples.load(&operator, &hasher, &Quiet, &Cancellation::default()).await.expect("loaded");
    assert_eq!(found(&console, &operator, Depth::Deep).await, []);
}

#[tokio::test]
async fn the_services_own_database_has_nothing_wrong() {
    let workspace = TestWorkspace::unprepared(StoreKind::MongoReplicaSet).await;
    ServiceDatabase::read().load_into(&workspace.database().await).await;
    let ports = workspace.reopened().await;
    let prepared = ports.health.prepare().await.expect("prepared");
    assert_eq!(prepared, Vec::<String>::new());
    let console = Console::run(ports, &workspace.clock, Run::default());
    let operator = console.operator().await;
    assert_eq!(found(&console, &operator, Depth::Deep).await, []);
    assert_eq!(run(&console, &operator, Depth::Deep).await.organizations, 4);
    workspace.remove().await;
}

#[tokio::test]
async fn collections_without_an_owner_and_organizations_without_a_collection_are_told() {
    let trash = CollectionName::set_aside(CopyId::new());
    let (dropped, incoming) =
        (collection("gone").dropped("an operation"), CollectionName::incoming(CopyId::new()));
    let twins = CollectionName::twins(CopyId::new());
    for kind in STORES {
        let case = Case::open(kind).await;
        for name in ["org_lost", "org_", trash.as_str(), dropped.as_str(), incoming.as_str(), twins.as_str()]
        {
            case.create(name).await;
        }
        delete_collection(&case.workspace.ports, &collection("acme")).await.expect("done");
        let in_trash = case.workspace.ports.collections.list().await.expect("a list");
        let dune = in_trash
            .iter()
            .map(|listed| &listed.name)
            .find(|listed| listed.as_str().starts_with("console_trash_") && **listed != trash);
        delete_collection(&case.workspace.ports, dune.expect("dune's")).await.expect("done");
        let wanted = expected(&[
            (FindingKind::OwnerlessCollection, "org_lost"),
            (FindingKind::OwnerlessCollection, "org_"),
            (FindingKind::OwnerlessTrash, trash.as_str()),
            (FindingKind::LeftoverDropped, dropped.as_str()),
            (FindingKind::LeftoverIncoming, incoming.as_str()),
            (FindingKind::KeptTwins, twins.as_str()),
            (FindingKind::MissingCollection, "acme"),
            (FindingKind::MissingTrashedCollection, "dune"),
        ]);
        assert_eq!(case.told(Depth::Quick).await, wanted, "{kind:?}");
        assert_eq!(case.told(Depth::Deep).await, wanted, "{kind:?}");
        let findings = case.found(Depth::Quick).await;
        let missing = findings.iter().find(|one| one.kind == FindingKind::MissingCollection).expect("told");
        assert_eq!(missing.id, format!("missing_collection:{}", case.acme.id));
        assert_eq!(row(missing, EvidenceWord::Collection), (Some("org_acme"), None));
        case.workspace.remove().await;
    }
}

#[tokio::test]
async fn a_collection_name_that_does_not_follow_the_name_is_told_by_where_the_documents_are() {
    for kind in STORES {
        let case = Case::open(kind).await;
        case.write("collection_name", "org_nowhere").await;
        let differs = case.found(Depth::Quick).await;
        assert_eq!(told(&differs), expected(&[(FindingKind::CollectionNameDiffers, "acme")]), "{kind:?}");
        assert_eq!(row(&differs[0], EvidenceWord::CollectionName), (Some("org_nowhere"), Some("org_acme")));

        case.write("collection_name", "org_birch").await;
        let differs = expected(&[(FindingKind::CollectionNameDiffers, "acme")]);
        assert_eq!(case.told(Depth::Quick).await, differs, "{kind:?}: what it names is another's");

        case.write("collection_name", "org_elsewhere").await;
        move_collection(&case.workspace.ports, &collection("acme"), &collection("elsewhere"))
            .await
            .expect("done");
        let elsewhere = case.found(Depth::Quick).await;
        assert_eq!(told(&elsewhere), expected(&[(FindingKind::CollectionElsewhere, "acme")]), "{kind:?}");
        assert_eq!(elsewhere[0].collections, ["org_acme", "org_elsewhere"]);

        case.write("collection_name", "org_birch").await;
        let lost = expected(&[
            (FindingKind::MissingCollection, "acme"),
            (FindingKind::OwnerlessCollection, "org_elsewhere"),
        ]);
        assert_eq!(case.told(Depth::Quick).await, lost, "{kind:?}: what it names is another's");
        case.workspace.remove().await;
    }
}

/// Copies documents of `acme` into another collection, as the service's rename does, one by one.
async fn copied(case: &Case, to: &str, documents: usize) {
    let (ports, to) = (&case.workspace.ports, CollectionName::from_stored(to.to_owned()));
    let more: Vec<_> = (0..8).map(|_| doc! {"_id": ObjectId::new()}.to_vec().expect("bytes")).collect();
    ports.collections.insert_documents(&collection("acme"), &more).await.expect("inserted");
    ports.collections.create(&to).await.expect("created");
    ports.collections.insert_documents(&to, &more[..documents]).await.expect("inserted");
}

#[tokio::test]
async fn a_rename_by_the_service_that_stopped_half_way_is_told_from_an_ownerless_collection() {
    for kind in STORES {
        let case = Case::open(kind).await;
        copied(&case, "org_zenith", 3).await;
        case.create("org_lost").await;
        let wanted =
            expected(&[(FindingKind::HalfRenamed, "acme"), (FindingKind::OwnerlessCollection, "org_lost")]);
        let findings = case.found(Depth::Quick).await;
        assert_eq!(told(&findings), wanted, "{kind:?}");
        let half = findings.iter().find(|one| one.kind == FindingKind::HalfRenamed).expect("told");
        assert_eq!(half.collections, ["org_acme", "org_zenith"]);
        assert_eq!(row(half, EvidenceWord::Documents), (Some("10"), Some("3")));
        assert_eq!(row(half, EvidenceWord::CommonDocuments), (Some("3"), Some("3")));
        assert_eq!(case.told(Depth::Deep).await, wanted, "{kind:?}");

        case.write("collection_name", "org_zenith").await;
        assert_eq!(case.told(Depth::Quick).await, wanted, "{kind:?}: the field says where it went");
        case.workspace.remove().await;
    }
}

#[tokio::test]
async fn what_breaks_the_rules_of_a_field_is_told_with_the_safe_correction_where_there_is_one() {
    let cases = [
        ("admin_email", "Admin@ACME.Example.com ", FindingKind::AddressForm, Some("Admin@acme.example.com")),
        ("admin_email", "nobody", FindingKind::InvalidAddress, None),
        ("admin_email", OPERATOR, FindingKind::SharedAddress, None),
        (
            "admin_password",
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
            FindingKind::UnverifiableHash,
            None,
        ),
    ];
    for kind in STORES {
        for (field, value, finding, right) in cases {
            let case = Case::open(kind).await;
            case.write(field, value).await;
            let findings = case.found(Depth::Quick).await;
            assert_eq!(told(&findings), expected(&[(finding, "acme")]), "{kind:?} {field} {value}");
            let text = format!("{:?}", findings);
            assert!(!text.contains("c2FsdA"), "no part of a hash is told: {text}");
            if finding != FindingKind::UnverifiableHash {
                assert_eq!(row(&findings[0], EvidenceWord::Address), (Some(value), right));
            }
            case.workspace.remove().await;
        }
        let case = Case::open(kind).await;
        case.write("organization_name", "Acme").await;
        let wanted = expected(&[(FindingKind::NameForm, "Acme"), (FindingKind::CollectionElsewhere, "Acme")]);
        assert_eq!(case.told(Depth::Quick).await, wanted, "{kind:?}");
        case.write("organization_name", "acme corp").await;
        let wanted = expected(&[
            (FindingKind::InvalidName, "acme corp"),
            (FindingKind::CollectionElsewhere, "acme corp"),
        ]);
        assert_eq!(case.told(Depth::Quick).await, wanted, "{kind:?}");
        case.workspace.remove().await;
    }
}

#[tokio::test]
async fn what_differs_from_the_template_is_told_by_a_deep_pass_only() {
    for kind in STORES {
        let case = Case::open(kind).await;
        let collections = &case.workspace.ports.collections;
        let (acme, birch, cedar) = (collection("acme"), collection("birch"), collection("cedar"));
        collections.drop_index(&acme, "created_at_1").await.expect("dropped");
        collections.drop_index(&birch, "updated_at_1").await.expect("dropped");
        let other = IndexDescription {
            name: "updated_at_1".to_owned(),
            definition: doc! {"key": {"updated_at": -1}, "name": "updated_at_1"}.to_vec().expect("bytes"),
        };
        collections.create_index(&birch, &other).await.expect("made");
        let validator = doc! {"$jsonSchema": {"bsonType": "object"}}.to_vec().expect("bytes");
        collections.set_validator(&cedar, &validator).await.expect("set");
        assert_eq!(case.found(Depth::Quick).await, [], "{kind:?}");
        let deep = case.found(Depth::Deep).await;
        let wanted = expected(&[
            (FindingKind::IndexMissing, "acme"),
            (FindingKind::IndexDiffers, "birch"),
            (FindingKind::ValidatorDiffers, "cedar"),
        ]);
        assert_eq!(told(&deep), wanted, "{kind:?}");
        let (wanted, found) = row(&deep[0], EvidenceWord::Index);
        assert_eq!((wanted, found), (Some(r#"{"key":{"created_at":1}}"#), None), "{kind:?}");

        let settings = &case.workspace.ports.settings;
        let description = collections.describe(&acme).await.expect("described").expect("there");
        let differences = Wanted::of_the_service().differences(&description);
        let differences = differences.iter().map(Difference::accepted_as).collect();
        settings.accept(&Accepted { organization: case.acme.id, differences }).await.expect("accepted");
        let kinds: Vec<_> = case.found(Depth::Deep).await.iter().map(|finding| finding.kind).collect();
        let rest = [FindingKind::IndexDiffers, FindingKind::ValidatorDiffers];
        assert_eq!(kinds, rest, "{kind:?}: what was accepted is told no more");

        let keys = vec![IndexKey { field: "status".to_owned(), kind: IndexKeyKind::Descending }];
        let indexes = vec![TemplateIndex { sparse: true, ..TemplateIndex::on(keys) }];
        assert!(settings.change_template(None, &Template { indexes }).await.expect("changed"));
        let missing = case.told(Depth::Deep).await;
        let missing = missing.iter().filter(|(kind, _)| *kind == FindingKind::IndexMissing.as_str());
        assert_eq!(missing.count(), 3, "{kind:?}: nobody has what was added");
        case.workspace.remove().await;
    }
}

#[tokio::test]
async fn an_interrupted_operation_is_told_and_one_under_way_hides_what_it_is_about() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let case = Case::open(kind).await;
        let plan = OperationPlan::Rename {
            from: name("acme"),
            to: name("zenith"),
            collection: Some(CollectionIdentity(Some("of a collection that is gone".to_owned()))),
        };
        let owner = Owner { installation: "another-computer".to_owned(), instance: "run".to_owned() };
        let operation = Operation::new(case.acme.id, plan, owner, OPERATOR.to_owned());
        case.workspace.ports.journal.begin(&operation).await.expect("noted");
        move_collection(&case.workspace.ports, &collection("acme"), &collection("zenith"))
            .await
            .expect("done");
        assert_eq!(case.found(Depth::Quick).await, [], "{kind:?}: another computer is at it");
        case.workspace.pass(Duration::from_secs(600).max(STEP_PENDING)).await;
        let told = case.told(Depth::Quick).await;
        assert_eq!(told, expected(&[(FindingKind::InterruptedOperation, "acme")]), "{kind:?}");
        case.workspace.remove().await;
    }
}

/// The raw collection of organizations of a workspace on a server, without its rules.
async fn without_rules(case: &Case) -> mongodb::Collection<Document> {
    let organizations = case.workspace.database().await.collection::<Document>("organizations");
    organizations.drop_indexes().await.expect("dropped");
    organizations
}

const MASTER_INDEX: &str = "missing_master_index";

/// What is told but for the indexes that a test dropped.
fn but_for_indexes(findings: &[Finding]) -> BTreeSet<(&'static str, String)> {
    told(findings).into_iter().filter(|(kind, _)| *kind != MASTER_INDEX).collect()
}

#[tokio::test]
async fn missing_indexes_of_the_master_collections_are_told() {
    let case = Case::open(StoreKind::MongoReplicaSet).await;
    without_rules(&case).await;
    let findings = case.found(Depth::Quick).await;
    assert!(findings.iter().all(|finding| finding.kind == FindingKind::MissingMasterIndex), "{findings:?}");
    assert!(
        findings.iter().any(|finding| finding.subject == "index console_unique_name on organizations"),
        "{findings:?}"
    );
    case.workspace.remove().await;
}

#[tokio::test]
async fn twins_of_one_name_or_one_address_are_told_in_any_letter_case() {
    let case = Case::open(StoreKind::MongoReplicaSet).await;
    let organizations = without_rules(&case).await;
    let acme = organizations.find_one(doc! {"_id": case.acme.id.object_id()}).await.expect("found");
    let acme = acme.expect("acme");
    let twin = |changes: Document| {
        let mut twin = acme.clone();
        twin.insert("_id", ObjectId::new());
        twin.extend(changes);
        twin
    };
    let other = doc! {"organization_name": "other", "collection_name": "org_other"};
    case.create("org_other").await;
    case.create("org_ACME").await;
    organizations
        .insert_many([
            twin(doc! {"admin_email": "twin@example.com"}),
            twin(doc! {
                "organization_name": "ACME", "collection_name": "org_ACME", "admin_email": "upper@example.com"
            }),
            twin(other.into_iter().chain(doc! {"admin_email": "ADMIN@acme.example.com"}).collect()),
        ])
        .await
        .expect("inserted");
    let findings = case.found(Depth::Quick).await;
    let wanted = expected(&[
        (FindingKind::TwinNames, "acme"),
        (FindingKind::NameForm, "ACME"),
        (FindingKind::TwinAddresses, "admin@acme.example.com"),
    ]);
    assert_eq!(but_for_indexes(&findings), wanted);
    let names = findings.iter().find(|one| one.kind == FindingKind::TwinNames).expect("told");
    assert_eq!((names.organizations.len(), names.evidence.len()), (3, 3));
    assert_eq!(names.collections, ["org_acme", "org_ACME"].map(str::to_owned));
    let addresses = findings.iter().find(|one| one.kind == FindingKind::TwinAddresses).expect("told");
    let told: BTreeSet<_> = addresses.evidence.iter().filter_map(|row| row.metadata.as_deref()).collect();
    assert_eq!(told, BTreeSet::from(["admin@acme.example.com", "ADMIN@acme.example.com"]));
    case.workspace.remove().await;
}

#[tokio::test]
async fn values_of_another_type_and_ids_that_are_none_are_told() {
    let case = Case::open(StoreKind::MongoReplicaSet).await;
    let organizations = without_rules(&case).await;
    let id = doc! {"_id": case.acme.id.object_id()};
    let set = async |set: Document| {
        organizations.update_one(id.clone(), doc! {"$set": set}).await.expect("written");
        but_for_indexes(&case.found(Depth::Quick).await)
    };
    assert_eq!(set(doc! {"is_active": 0}).await, expected(&[(FindingKind::OddActive, "acme")]));
    assert_eq!(set(doc! {"is_active": true}).await, expected(&[]));
    assert_eq!(
        set(doc! {"created_at": "yesterday"}).await,
        expected(&[(FindingKind::UnreadableDate, "acme")])
    );
    assert_eq!(
        set(doc! {"created_at": DateTime::now(), "admin_email": 7}).await,
        expected(&[(FindingKind::InvalidAddress, "acme")])
    );
    let nameless = set(doc! {"admin_email": "admin@acme.example.com", "organization_name": 7}).await;
    assert_eq!(nameless, expected(&[(FindingKind::InvalidName, "(int)")]));
    organizations.update_one(id.clone(), doc! {"$unset": {"updated_at": ""}}).await.expect("written");
    let wanted = expected(&[(FindingKind::UnreadableDate, "acme")]);
    assert_eq!(set(doc! {"organization_name": "acme"}).await, wanted);
    set(doc! {"updated_at": DateTime::now()}).await;

    let mut other = organizations.find_one(id.clone()).await.expect("found").expect("acme");
    other.extend(doc! {"_id": "acme", "organization_name": "other", "admin_email": "Admin@acme.example.com"});
    organizations.insert_one(other).await.expect("inserted");
    let findings = case.found(Depth::Quick).await;
    let wanted = expected(&[
        (FindingKind::ForeignId, "other"),
        (FindingKind::TwinAddresses, "admin@acme.example.com"),
    ]);
    assert_eq!(but_for_indexes(&findings), wanted);
    case.workspace.remove().await;
}

#[tokio::test]
async fn views_capped_and_time_series_collections_in_place_of_a_tenants_are_told() {
    let case = Case::open(StoreKind::MongoReplicaSet).await;
    let database = case.workspace.database().await;
    for (tenant, create) in [
        ("org_acme", doc! {"viewOn": "org_birch", "pipeline": []}),
        ("org_cedar", doc! {"capped": true, "size": 4096}),
    ] {
        database.collection::<Document>(tenant).drop().await.expect("dropped");
        let mut command = doc! {"create": tenant};
        command.extend(create);
        database.run_command(command).await.expect("created");
    }
    assert_eq!(case.told(Depth::Quick).await, expected(&[(FindingKind::ViewCollection, "acme")]));
    let deep = case.told(Depth::Deep).await;
    assert!(
        deep.is_superset(&expected(&[
            (FindingKind::ViewCollection, "acme"),
            (FindingKind::CappedCollection, "cedar"),
        ])),
        "{deep:?}"
    );
    let series = doc! {"create": "org_birch-2", "timeseries": {"timeField": "at"}};
    if let Err(error) = database.run_command(series).await {
        println!("SKIPPED: this server has no time-series collections: {error}");
    } else {
        let told = case.told(Depth::Quick).await;
        assert!(
            told.contains(&(FindingKind::TimeSeriesCollection.as_str(), "org_birch-2".to_owned())),
            "{told:?}"
        );
    }
    case.workspace.remove().await;
}

#[tokio::test]
async fn a_finding_keeps_its_id_and_since_when_it_is_known_and_its_mend_until_the_next_pass() {
    let case = Case::open(StoreKind::SqliteOnFile).await;
    let (doctor, operator) = (&case.console.doctor, &case.operator);
    assert_eq!(doctor.summary(operator), Ok(None), "nobody has asked the doctor yet");
    case.create("org_lost").await;
    case.workspace.ports.collections.drop_index(&collection("acme"), "created_at_1").await.expect("dropped");
    let first = case.found(Depth::Deep).await;
    case.workspace.pass(Duration::from_secs(60)).await;
    let quick = case.found(Depth::Quick).await;
    assert_eq!(quick, first, "a quick pass keeps what it does not look for");
    case.workspace.pass(Duration::from_secs(60)).await;
    assert_eq!(case.found(Depth::Deep).await, first, "known since the first pass");

    let (id, at) = (&first[0].id, tenantry_core::clock::Clock::now(case.console.clock.as_ref()));
    let choices = MendChoices { organization: Some(case.acme.id.to_hex()), ..MendChoices::default() };
    let request = MendRequest { finding: id.clone(), mend: MendKind::AttachCollection, choices };
    doctor.note_mended(&first[0], &request, at, 7);
    let summary = doctor.summary(operator).expect("allowed").expect("a result");
    assert_eq!((summary.open, summary.groups.iter().map(|group| group.findings).sum::<u64>()), (1, 2));
    assert!(!doctor.finding(operator, id).expect("allowed").expect("there").is_open());
    assert_eq!(doctor.drift(operator, &[case.acme.id.to_hex()]).expect("allowed")[0].worst, Severity::Drift);
    doctor.note_undone(8);
    assert!(!doctor.finding(operator, id).expect("allowed").expect("there").is_open(), "another was undone");
    doctor.note_undone(7);
    assert!(doctor.finding(operator, id).expect("allowed").expect("there").is_open(), "its mend was undone");
    doctor.note_mended(&first[0], &request, at, 9);
    case.found(Depth::Deep).await;
    assert!(
        doctor.finding(operator, id).expect("allowed").expect("still there").is_open(),
        "it was not mended"
    );

    // The collection that is attached and the organization that lacked it are two findings.
    delete_collection(&case.workspace.ports, &collection("acme")).await.expect("deleted");
    let found = case.found(Depth::Quick).await;
    let kinds = |open: bool| {
        let findings = doctor.page(operator, &every()).expect("allowed").findings;
        findings.iter().filter(|one| one.is_open() == open).map(|one| one.kind).collect::<Vec<_>>()
    };
    let both = [FindingKind::MissingCollection, FindingKind::OwnerlessCollection];
    assert_eq!(found.iter().map(|finding| finding.kind).collect::<Vec<_>>(), both);
    doctor.note_mended(&found[1], &request, at, 10);
    assert_eq!(kinds(false), both);
    doctor.note_undone(10);
    assert_eq!(kinds(true), both);
}

#[tokio::test]
async fn a_quick_pass_keeps_what_the_last_deep_one_found_about_what_is_still_there() {
    for kind in STORES {
        let case = Case::open(kind).await;
        let Case { workspace, console, operator, acme } = &case;
        let summary = async |depth| run(console, operator, depth).await;
        let found = || console.doctor.page(operator, &every()).expect("a page").findings;
        for name in ["acme", "birch", "cedar"] {
            workspace.ports.collections.drop_index(&collection(name), "created_at_1").await.expect("dropped");
        }
        assert_eq!(
            summary(Depth::Quick).await.deep_checked_at,
            None,
            "{kind:?}: nobody looked deeper so far"
        );
        let deep = summary(Depth::Deep).await;
        assert_eq!((deep.open, deep.deep_checked_at), (3, Some(deep.checked_at)), "{kind:?}");
        let first = found();

        workspace.pass(Duration::from_secs(60)).await;
        console.organizations.rename(operator, acme.id, "zenith").await.expect("renamed");
        let birch = console.organizations.get(operator, "birch").await.expect("birch");
        console.organizations.trash(operator, birch.id, None).await.expect("trashed");
        let cedar = first.iter().find(|one| one.subject == "cedar").expect("told");
        let mend = MendKind::CreateIndexes;
        let request = MendRequest { finding: cedar.id.clone(), mend, choices: MendChoices::default() };
        let at = tenantry_core::clock::Clock::now(console.clock.as_ref());
        console.doctor.note_mended(cedar, &request, at, 7);
        for _ in 0..2 {
            let quick = summary(Depth::Quick).await;
            assert_eq!((quick.open, quick.depth), (1, Depth::Quick), "{kind:?}");
            assert_eq!(quick.deep_checked_at, Some(deep.checked_at), "{kind:?}: as it was then");
            assert!(quick.checked_at > deep.checked_at);
            let group = &quick.groups[0];
            assert_eq!((group.kind, group.depth), (FindingKind::IndexMissing, Depth::Deep), "{kind:?}");
            let kept = found();
            let told: Vec<_> = kept.iter().map(|one| (one.subject.as_str(), one.is_open())).collect();
            assert_eq!(told, [("cedar", false), ("zenith", true)], "{kind:?}: birch is in the trash");
            assert_eq!((&kept[1].id, kept[1].since), (&first[0].id, first[0].since), "{kind:?}");
            assert_eq!(kept[1].collections, ["org_zenith"], "{kind:?}: under the name that it has now");
            assert_eq!(kept[1].organizations[0].name, "zenith", "{kind:?}");
            assert_eq!(kept[1].evidence, first[0].evidence, "{kind:?}");
        }

        workspace.pass(Duration::from_secs(60)).await;
        let again = summary(Depth::Deep).await;
        assert_eq!(again.deep_checked_at, Some(again.checked_at), "{kind:?}");
        let told: Vec<_> = found().iter().map(|one| (one.subject.clone(), one.is_open())).collect();
        let both = [("cedar".to_owned(), true), ("zenith".to_owned(), true)];
        assert_eq!(told, both, "{kind:?}: what a deep pass finds replaces it: nothing was mended");
        assert!(found().iter().all(|one| one.since == first[0].since), "{kind:?}");
        case.workspace.remove().await;
    }
}

/// More organizations than a quick pass compares an ownerless collection with.
const MANY: usize = 40;

#[tokio::test]
async fn a_half_that_only_a_deep_pass_could_find_is_one_for_quick_passes_afterwards() {
    let case = Case::open(StoreKind::SqliteOnFile).await;
    for number in 0..MANY {
        case.console.create(&format!("zenit-{number}")).await;
    }
    copied(&case, "org_zenit", 3).await;
    let ownerless = expected(&[(FindingKind::OwnerlessCollection, "org_zenit")]);
    assert_eq!(case.told(Depth::Quick).await, ownerless, "the names have nothing in common");
    let half = expected(&[(FindingKind::HalfRenamed, "acme")]);
    assert_eq!(case.told(Depth::Deep).await, half);
    assert_eq!(case.told(Depth::Quick).await, half, "it asks the known pair again");
    delete_collection(&case.workspace.ports, &collection("zenit")).await.expect("deleted");
    assert_eq!(case.found(Depth::Quick).await, [], "and believes nothing that is no more");
}

#[tokio::test]
async fn what_keeps_an_organization_in_the_trash_from_being_restored_is_told() {
    let case = Case::open(StoreKind::MongoReplicaSet).await;
    let trash = case.workspace.database().await.collection::<Document>("console_trash");
    let dune = trash.find_one(doc! {}).await.expect("found").expect("dune");
    let mut stranger = dune.clone();
    stranger.insert("_id", "dune");
    trash.insert_one(stranger).await.expect("inserted");
    let odd = doc! {
        "organization.admin_email": "nobody", "organization.created_at": "yesterday",
        "organization.admin_password": "plain", "organization.is_active": 0,
    };
    let id = doc! {"_id": dune.get_object_id("_id").expect("an id")};
    trash.update_one(id.clone(), doc! {"$set": odd}).await.expect("written");
    let findings = case.found(Depth::Quick).await;
    let wanted = expected(&[(FindingKind::UnrestorableTrash, "dune")]);
    assert_eq!(told(&findings), wanted, "the rest is told once it is restored");
    assert_eq!(row(&findings[0], EvidenceWord::Id), (Some("string \"dune\""), None));
    assert!(findings[0].organizations[0].in_trash);

    let bad = doc! {"organization.organization_name": "dune corp"};
    trash.delete_one(doc! {"_id": "dune"}).await.expect("removed");
    trash.update_one(id, doc! {"$set": bad}).await.expect("written");
    let findings = case.found(Depth::Quick).await;
    assert_eq!(told(&findings), expected(&[(FindingKind::UnrestorableTrash, "dune corp")]));
    assert_eq!(row(&findings[0], EvidenceWord::Name), (Some("dune corp"), None));
    let id = findings[0].organizations[0].id.parse().expect("an id");
    let restore = |name| case.console.organizations.restore(&case.operator, id, name);
    assert!(matches!(restore(None).await, Err(AppError::InvalidInput(_))), "its name breaks the rules");
    restore(Some("dune-2")).await.expect("restored under another name");
    let wanted = expected(&[
        (FindingKind::InvalidAddress, "dune-2"),
        (FindingKind::UnreadableDate, "dune-2"),
        (FindingKind::UnverifiableHash, "dune-2"),
        (FindingKind::OddActive, "dune-2"),
    ]);
    assert_eq!(case.told(Depth::Quick).await, wanted);
    case.workspace.remove().await;
}

#[tokio::test]
async fn a_person_with_an_operators_address_is_told_and_one_with_an_admins_is_not() {
    let case = Case::open(StoreKind::MongoReplicaSet).await;
    let birch = case.console.organizations.get(&case.operator, "birch").await.expect("birch");
    case.console.person(&birch, "admin@acme.example.com", MemberRole::Viewer).await;
    case.console.person(&birch, "vera@example.com", MemberRole::Viewer).await;
    assert_eq!(case.found(Depth::Quick).await, [], "an admin can be a person of organizations as well");
    let people = case.workspace.database().await.collection::<Document>("console_people");
    let clash = doc! {"$set": {"email": "Operator@example.com", "email_key": OPERATOR}};
    let changed = people.update_one(doc! {"email": "vera@example.com"}, clash).await.expect("written");
    assert_eq!(changed.modified_count, 1);
    let findings = case.found(Depth::Quick).await;
    assert_eq!(told(&findings), expected(&[(FindingKind::OperatorsPerson, "Operator@example.com")]));
    assert_eq!(findings[0].organizations[0].name, "birch");
    assert_eq!(row(&findings[0], EvidenceWord::Person), (Some("Operator@example.com"), None));
    assert_eq!(row(&findings[0], EvidenceWord::Operator), (Some(OPERATOR), None));
    let birch = case.console.sign_in("admin@birch.example.com").await.actor;
    let own = case.console.doctor.page(&birch, &every()).expect("allowed").findings;
    assert_eq!(own[0].evidence.len(), 1, "the operator's address is not for them: {own:?}");
    case.workspace.remove().await;
}

#[tokio::test]
async fn an_organizations_admin_sees_findings_of_their_own_without_the_others() {
    let case = Case::open(StoreKind::MongoReplicaSet).await;
    let organizations = without_rules(&case).await;
    let id = case.acme.id;
    let mut twin = organizations.find_one(doc! {"_id": id.object_id()}).await.expect("found").expect("acme");
    twin.extend(doc! {
        "_id": ObjectId::new(), "organization_name": "secret", "collection_name": "org_secret",
        "admin_email": "ADMIN@acme.example.com",
    });
    organizations.insert_one(twin).await.expect("inserted");
    let console = case.opened_again().await;
    let birch = console.sign_in("admin@birch.example.com").await.actor;
    let read_only = console.organizations.get(&case.operator, "birch").await.expect("birch");
    let viewer = console.person(&read_only, "vera@example.com", MemberRole::Viewer).await.actor;
    run(&console, &case.operator, Depth::Quick).await;
    organizations.delete_one(doc! {"organization_name": "secret"}).await.expect("removed");
    let acme = console.sign_in("admin@acme.example.com").await.actor;

    let own = console.doctor.page(&acme, &every()).expect("allowed").findings;
    assert_eq!(own.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [FindingKind::TwinAddresses]);
    let text = format!("{own:?} {:?}", console.doctor.summary(&acme));
    assert!(
        !text.contains("secret") && !text.contains("ADMIN@"),
        "the other one is nobody's business: {text}"
    );
    assert_eq!(console.doctor.with_findings(&acme), Ok(vec![id]));
    assert_eq!(console.doctor.page(&birch, &every()).expect("allowed").total, 0);
    assert_eq!(console.doctor.page(&viewer, &every()), Err(AppError::Forbidden));
    let refused = console.doctor.run(&acme, Depth::Quick, &Quiet, &Cancellation::default()).await;
    assert_eq!(refused, Err(AppError::Forbidden), "a pass looks at everybody");
    case.workspace.remove().await;
}

#[tokio::test]
async fn the_list_of_organizations_holds_those_with_findings_and_their_rows_have_the_worst() {
    let case = Case::open(StoreKind::SqliteOnFile).await;
    delete_collection(&case.workspace.ports, &collection("acme")).await.expect("done");
    case.write("admin_password", "$argon2id$x").await;
    let lost = case.console.organizations.get(&case.operator, "cedar").await.expect("cedar");
    case.workspace.write_behind(lost.id, "collection_name", "org_nowhere").await;
    let summary = run(&case.console, &case.operator, Depth::Quick).await;
    assert_eq!((summary.open, summary.affected, summary.worst), (3, 2, Some(Severity::Broken)));
    let ids = case.console.doctor.with_findings(&case.operator).expect("allowed");
    let filter = OrganizationFilter { search: String::new(), status: StatusFilter::All, only: Some(ids) };
    let query = OrganizationQuery {
        filter,
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 10,
    };
    let page = case.console.organizations.page(&case.operator, query).await.expect("a page");
    let names: Vec<_> = page.organizations.iter().map(|row| row.name.to_string()).collect();
    assert_eq!(names, ["acme", "cedar"]);
    let drift = case.console.doctor.drift(&case.operator, &[case.acme.id.to_hex(), lost.id.to_hex()]);
    let drift = drift.expect("allowed");
    assert_eq!(drift[0].kinds, [FindingKind::MissingCollection, FindingKind::UnverifiableHash]);
    assert_eq!((drift[0].worst, drift[1].worst), (Severity::Broken, Severity::Drift));
}

/// Cancels at the first report.
struct Cancels(Cancellation);

impl ProgressSink for Cancels {
    fn report(&self, _progress: Progress) {
        self.0.cancel();
    }
}

#[tokio::test]
async fn a_cancelled_pass_leaves_the_last_result() {
    let case = Case::open(StoreKind::SqliteOnFile).await;
    case.create("org_lost").await;
    let before = case.found(Depth::Quick).await;
    case.create("org_more").await;
    let cancellation = Cancellation::default();
    let cancels = Cancels(cancellation.clone());
    let cancelled = case.console.doctor.run(&case.operator, Depth::Deep, &cancels, &cancellation).await;
    assert_eq!(cancelled, Err(AppError::Cancelled));
    assert_eq!(case.console.doctor.page(&case.operator, &every()).expect("a page").findings, before);
}

#[tokio::test]
async fn a_file_of_findings_has_a_row_for_each_row_of_evidence() {
    let case = Case::open(StoreKind::SqliteOnFile).await;
    case.create("org_lost").await;
    delete_collection(&case.workspace.ports, &collection("acme")).await.expect("done");
    case.write("collection_name", "org_gone").await;
    let findings = case.found(Depth::Quick).await;
    let path = tempfile::NamedTempFile::new().expect("a file");
    let output = Box::new(path.reopen().expect("the file"));
    let doctor = &case.console.doctor;
    let (format, none) = (ExportFormat::Json, Cancellation::default());
    let written =
        doctor.export(&case.operator, &every(), format, output, &Quiet, &none).await.expect("written");
    let rows: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(path.path()).expect("read")).expect("JSON");
    let evidence: usize = findings.iter().map(|finding| finding.evidence.len()).sum();
    assert_eq!((rows.len(), written.rows), (evidence, evidence as u64));
    assert_eq!(rows[0]["kind"], "missing_collection");
    assert_eq!(rows[0]["organization_names"], "acme");
    assert_eq!((&rows[0]["metadata"], &rows[0]["storage"]), (&"org_acme".into(), &serde_json::Value::Null));
}

#[tokio::test]
async fn a_pass_writes_nothing_and_a_workspace_for_reading_only_has_it_too() {
    let case = Case::open(StoreKind::SqliteOnFile).await;
    case.create("org_lost").await;
    let access = tenantry_core::records::Access::ReadOnly;
    let run_of = Run { instance: "third-run".to_owned(), access, ..Run::default() };
    let console = Console::run(case.workspace.reopened().await, &case.workspace.clock, run_of);
    assert_eq!(found(&console, &case.operator, Depth::Deep).await.len(), 1);
}
