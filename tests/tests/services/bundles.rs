use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bson::oid::ObjectId;
use bson::{Document, doc};
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use parking_lot::Mutex;
use secrecy::SecretString;
use tenantry_core::access::{Operations, WriteGate};
use tenantry_core::bundle::{
    AdminPassword, BundleService, ChangedMeanwhile, ReceiveRequest, Tenant, TenantSource,
};
use tenantry_core::error::{AppError, BundleProblem, ConflictOn, StoreError};
use tenantry_core::jobs::{Cancellation, Progress, ProgressSink, Quiet};
use tenantry_core::journal::OperationRunner;
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::ports::{Call, Policy};
use tenantry_core::records::{
    Access, ActivityKind, Operation, OperationPlan, Outcome, Owner, RecordQuery, RecoveryOutcome,
};
use tenantry_core::sessions::PasswordHasher;
use tenantry_core::values::{CollectionName, CopyId, Field, FieldRule, OrganizationId};
use tenantry_tests::bundles::{
    PARTS, collections, contents, described, documents_in, documents_of_every_type, odd_collection, open,
    request, unpacked, written,
};
use tenantry_tests::console::{Console, PASSWORD, Run};
use tenantry_tests::faults::before;
use tenantry_tests::suite::{collection, name};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use tokio::sync::Semaphore;

const KINDS: [StoreKind; 3] =
    [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet, StoreKind::MongoStandalone];

/// An organization with an odd collection, documents of every type and a field of other software.
async fn acme(console: &Console) -> OrganizationId {
    let operator = console.operator().await;
    let made = console.create("acme").await;
    let home = collection("acme");
    let which = console.ports.collections.identity(&home).await.expect("an answer").expect("it is there");
    console.ports.collections.delete(&home, &which).await.expect("deleted");
    let mut before = odd_collection();
    // The documents are older than the validator.
    let options = Document::from_reader(before.options.as_slice()).expect("a document");
    let validator = options.get_document("validator").expect("a validator").clone();
    let mut without = options;
    without.insert("validator", doc! {});
    before.options = without.to_vec().expect("bytes");
    console.ports.collections.create_as(&home, &before).await.expect("made");
    console.ports.collections.insert_documents(&home, &documents_of_every_type()).await.expect("inserted");
    let validator = validator.to_vec().expect("bytes");
    console.ports.collections.set_validator(&home, &validator).await.expect("set");
    let whole = console.ports.organizations.document(made.id).await.expect("an answer").expect("it is there");
    let mut whole = Document::from_reader(whole.as_slice()).expect("a document");
    let live = console.ports.organizations.find(made.id).await.expect("an answer").expect("it is there");
    console.ports.organizations.remove(&live).await.expect("removed");
    whole.insert("billing", doc! {"plan": "gold", "old_password": whole.get_str("admin_password").unwrap()});
    whole.insert("console", doc! {"display_name": "Acme & Söhne", "session_version": 4_i64});
    console.ports.organizations.insert_document(&whole.to_vec().expect("bytes")).await.expect("inserted");
    let _ = operator;
    made.id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_goes_into_a_file_and_comes_back_on_every_kind_of_store() {
    for from in KINDS {
        let source = TestWorkspace::open(from).await;
        let out = Console::on(&source);
        let operator = out.operator().await;
        let id = acme(&out).await;
        let file = written(&out, &operator, id).await;
        let (documents, description) = (
            contents(&source.ports, &collection("acme")).await,
            described(&source.ports, &collection("acme")).await,
        );
        assert_eq!(documents.len(), 5);
        for to in KINDS {
            let target = TestWorkspace::open(to).await;
            let console = Console::on(&target);
            let operator = console.operator().await;
            let bundle = open(&file).expect("a bundle");
            let told = Told::default();
            let cancellation = Cancellation::default();
            let received =
                console.bundles.receive(&operator, &bundle, request("zenith"), &told, &cancellation);
            let received = received.await.unwrap_or_else(|error| panic!("{from:?} to {to:?}: {error}"));
            assert_eq!((received.documents, received.changed), (5, None));
            assert_eq!(received.organization.id, id, "the id is free there");
            let home = collection("zenith");
            assert_eq!(contents(&target.ports, &home).await, documents, "{from:?} to {to:?}");
            assert_eq!(described(&target.ports, &home).await, description, "{from:?} to {to:?}");
            assert_eq!(collections(&target.ports).await, ["org_zenith"]);
            let whole =
                target.ports.organizations.document(id).await.expect("an answer").expect("it is there");
            let whole = Document::from_reader(whole.as_slice()).expect("a document");
            assert_eq!(whole.get_document("billing").ok(), Some(&doc! {"plan": "gold"}), "without its hash");
            let shown = received.organization.display_name.as_ref().map(|name| name.as_str());
            assert_eq!(shown, Some("Acme & Söhne"));
            assert!(received.organization.session_version > 4, "earlier sessions stay ended");
            assert_eq!(
                console.sign_in("admin@zenith.example.com").await.actor.organization_scope(),
                Some(id)
            );
            assert_eq!(console.ports.journal.unfinished().await, Ok(Vec::new()));
            assert_eq!(told.0.lock().last().map(|last| (last.done, last.total)), Some((5, Some(5))));
            target.remove().await;
        }
        source.remove().await;
    }
}

#[derive(Default)]
struct Told(Mutex<Vec<Progress>>);

impl ProgressSink for Told {
    fn report(&self, progress: Progress) {
        self.0.lock().push(progress);
    }
}

#[tokio::test]
async fn a_file_has_no_hash_and_says_what_is_in_it() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let id = acme(&console).await;
    let file = written(&console, &operator, id).await;
    let parts = unpacked(&file);
    assert_eq!(parts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), PARTS);
    for (name, text) in &parts {
        let text = String::from_utf8(text.clone()).expect("text");
        for secret in ["$2b$", "admin_password", "session_version"] {
            assert!(!text.contains(secret), "{name} has {secret}");
        }
    }
    let bundle = open(&file).expect("a bundle");
    let manifest = bundle.manifest();
    assert_eq!((manifest.version, manifest.documents, manifest.indexes), (1, 5, 5));
    assert_eq!(manifest.organization_name, "acme");
    assert_eq!(manifest.written_by, "operator@example.com");
    assert_eq!(manifest.changed_meanwhile, None);
    let verified = bundle.verify(&Quiet, &Cancellation::default()).await.expect("whole");
    assert_eq!((verified.documents, verified.bytes), (manifest.documents, manifest.bytes));
}

/// Python's own zip and JSON, which know nothing of Tenantry.
#[tokio::test]
async fn another_program_reads_the_file() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let id = acme(&console).await;
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("acme.tenant");
    std::fs::write(&path, written(&console, &operator, id).await).expect("written");
    let program = r#"
import hashlib, json, sys, zipfile
bundle = zipfile.ZipFile(sys.argv[1])
assert bundle.testzip() is None
manifest = json.loads(bundle.read("manifest.json"))
for part in manifest["parts"]:
    text = bundle.read(part["name"])
    assert len(text) == part["bytes"] and hashlib.sha256(text).hexdigest() == part["sha256"], part
documents = [json.loads(line) for line in bundle.read("documents.ndjson").decode().split("\n")[:-1]]
assert len(documents) == manifest["documents"]
organization = json.loads(bundle.read("organization.json"))
collection = json.loads(bundle.read("collection.json"))
print(organization["organization_name"], len(documents), len(collection["indexes"]))
"#;
    let Ok(read) = Command::new("python3").arg("-c").arg(program).arg(&path).output() else {
        println!("no python3 here: not read by another program");
        return;
    };
    let (told, wrong) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
    assert!(read.status.success(), "{wrong}");
    assert_eq!(told.trim(), "acme 5 5");
    // The line of docs/bundles.md.
    if let Ok(read) = Command::new("unzip").arg("-p").arg(&path).arg("documents.ndjson").output() {
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        assert_eq!(read.stdout.iter().filter(|byte| **byte == b'\n').count(), 5);
    } else {
        println!("no unzip here");
    }
}

#[tokio::test]
async fn an_organization_in_the_trash_can_be_backed_up() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let id = acme(&console).await;
        let live = documents_in(&written(&console, &operator, id).await).await.expect("whole");
        console.organizations.trash(&operator, id, None).await.expect("trashed");
        let file = written(&console, &operator, id).await;
        assert_eq!(documents_in(&file).await, Ok(live));
        console.organizations.delete_forever(&operator, id, "acme").await.expect("deleted");
        let bundle = open(&file).expect("a bundle");
        let cancellation = Cancellation::default();
        let back = console.bundles.receive(&operator, &bundle, request("acme"), &Quiet, &cancellation);
        let back = back.await.expect("it is back");
        assert_eq!((back.organization.id, back.organization.trashed), (id, None));
        workspace.remove().await;
    }
}

#[tokio::test]
async fn a_plan_says_what_is_in_the_way() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let id = acme(&console).await;
    let bundle = open(&written(&console, &operator, id).await).expect("a bundle");
    let plan = console.bundles.plan(&operator, &bundle, &request("acme")).await.expect("a plan");
    let broken: Vec<_> = plan.problems.iter().map(|issue| (issue.field, issue.rule)).collect();
    assert_eq!(broken, [(Field::Name, FieldRule::Taken), (Field::Email, FieldRule::Taken)]);
    assert_eq!((plan.keeps_id, plan.documents, plan.indexes, plan.has_options), (false, Some(5), 5, true));
    console.ports.collections.create(&collection("orphan")).await.expect("made");
    let plan = console.bundles.plan(&operator, &bundle, &request("orphan")).await.expect("a plan");
    assert_eq!(plan.problems[0].rule, FieldRule::CollectionTaken);
    let bad = ReceiveRequest {
        name: "x".to_owned(),
        email: "nobody".to_owned(),
        password: AdminPassword::New(SecretString::from("short")),
        is_copy: false,
    };
    let plan = console.bundles.plan(&operator, &bundle, &bad).await.expect("a plan");
    assert!(plan.problems.len() >= 3 && plan.collection.is_none(), "{:?}", plan.problems);
    let refused = console.bundles.receive(&operator, &bundle, bad, &Quiet, &Cancellation::default()).await;
    assert!(matches!(refused, Err(AppError::InvalidInput(_))), "{refused:?}");
    let good = console.bundles.plan(&operator, &bundle, &request("zenith")).await.expect("a plan");
    assert_eq!((good.problems, good.room), (Vec::new(), None));
    for (name, taken) in [("acme", ConflictOn::Name), ("orphan", ConflictOn::Collection)] {
        let refused = console
            .bundles
            .receive(&operator, &bundle, request(name), &Quiet, &Cancellation::default())
            .await;
        assert_eq!(refused.map(|_| ()), Err(AppError::Conflict(taken)), "{name}");
    }
    assert_eq!(collections(&workspace.ports).await, ["org_acme", "org_orphan"], "nothing came in");
}

#[tokio::test]
async fn a_copy_is_another_organization_and_what_keeps_its_hash_signs_in_as_before() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let id = acme(&console).await;
    let source = console.bundles.source(&operator, id).await.expect("a source");
    let copy = ReceiveRequest { is_copy: true, ..request("copy") };
    let received = console
        .bundles
        .receive(&operator, &*source, copy, &Quiet, &Cancellation::default())
        .await
        .expect("copied");
    assert_ne!(received.organization.id, id);
    assert_eq!(received.changed, None);
    let target = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let there = Console::on(&target);
    let their_operator = there.operator().await;
    let credentials = workspace.ports.organizations.find_credentials_of(id).await.expect("an answer");
    let kept = AdminPassword::Kept(credentials.expect("it is there").password_hash);
    let moved = ReceiveRequest { password: kept, ..request("acme") };
    there
        .bundles
        .receive(&their_operator, &*source, moved, &Quiet, &Cancellation::default())
        .await
        .expect("moved");
    let signed_in = there.try_sign_in("admin@acme.example.com", &SecretString::from(PASSWORD)).await;
    assert!(signed_in.is_ok(), "{:?}", signed_in.err());
}

#[tokio::test]
async fn what_others_change_meanwhile_is_noticed() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let id = acme(&console).await;
        let source = console.bundles.source(&operator, id).await.expect("a source");
        let _: Vec<_> = source.documents().try_collect().await.expect("read");
        assert_eq!(source.changed().await, Ok(None));
        let (stored, home) = (&workspace.ports.collections, collection("acme"));
        let [newest, other] =
            [doc! {"_id": ObjectId::new()}, doc! {"_id": "other"}].map(|one| one.to_vec().expect("bytes"));
        stored.insert_documents(&home, std::slice::from_ref(&newest)).await.expect("inserted");
        assert_eq!(source.changed().await, Ok(Some(ChangedMeanwhile::Documents)), "{kind:?}: one more");
        let source = console.bundles.source(&operator, id).await.expect("a source");
        assert_eq!(stored.remove_documents(&home, &[newest]).await, Ok(1));
        stored.insert_documents(&home, &[other]).await.expect("inserted");
        assert_eq!(source.changed().await, Ok(Some(ChangedMeanwhile::Documents)), "{kind:?}: as many");
        let source = console.bundles.source(&operator, id).await.expect("a source");
        console.organizations.trash(&operator, id, None).await.expect("trashed");
        assert_eq!(source.changed().await, Ok(Some(ChangedMeanwhile::Collection)), "{kind:?}");
        workspace.remove().await;
    }
}

/// Cancels at the first report after documents were done.
struct CancelsOnTheWay(Cancellation);

impl ProgressSink for CancelsOnTheWay {
    fn report(&self, progress: Progress) {
        if progress.done > 0 {
            self.0.cancel();
        }
    }
}

#[tokio::test]
async fn what_is_cancelled_leaves_nothing() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let id = acme(&console).await;
        let bundle = open(&written(&console, &operator, id).await).expect("a bundle");
        let cancellation = Cancellation::default();
        let sink = CancelsOnTheWay(cancellation.clone());
        let answer =
            console.bundles.receive(&operator, &bundle, request("zenith"), &sink, &cancellation).await;
        assert_eq!(answer.map(|_| ()), Err(AppError::Cancelled));
        assert_eq!(collections(&workspace.ports).await, ["org_acme"], "{kind:?}");
        assert_eq!(workspace.ports.organizations.find_by_name(&name("zenith")).await, Ok(None));
        assert_eq!(workspace.ports.journal.unfinished().await, Ok(Vec::new()));
        let file = tenantry_tests::bundles::Buffer::default();
        let cancellation = Cancellation::default();
        let sink = CancelsOnTheWay(cancellation.clone());
        let origin = tenantry_tests::bundles::origin();
        let output = ("bundle.tenant", file.clone());
        let answer = console.bundles.write(&operator, id, &origin, output, &sink, &cancellation).await;
        assert_eq!(answer.map(|_| ()), Err(AppError::Cancelled));
        let half = std::mem::take(&mut *file.0.lock());
        assert!(open(&half).is_err(), "half a file is no bundle");
        assert_eq!(Arc::strong_count(&file.0), 1, "it is closed");
        // Nothing that was cancelled is in the way.
        let again = console
            .bundles
            .receive(&operator, &bundle, request("zenith"), &Quiet, &Cancellation::default())
            .await;
        assert!(again.is_ok(), "{again:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn a_bundle_and_what_comes_in_are_recorded_first() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let id = acme(&console).await;
    let bundle = open(&written(&console, &operator, id).await).expect("a bundle");
    for name in ["zenith", "zenith"] {
        let _ = console
            .bundles
            .receive(&operator, &bundle, request(name), &Quiet, &Cancellation::default())
            .await;
    }
    let kinds = [ActivityKind::BundleWritten, ActivityKind::OrganizationReceived];
    let query = RecordQuery { kinds: kinds.into_iter().collect(), limit: 10, ..RecordQuery::default() };
    let page = workspace.ports.activity.page(&query).await.expect("a page");
    let told: Vec<_> = page.entries.iter().map(|one| (one.entry.kind, one.entry.outcome)).collect();
    let (came, out) = (ActivityKind::OrganizationReceived, ActivityKind::BundleWritten);
    assert_eq!(
        told,
        [(came, Outcome::Undone), (came, Outcome::Done), (came, Outcome::Done), (out, Outcome::Done)]
    );
    assert_eq!(page.entries[3].entry.organization_id, Some(id));
}

#[tokio::test]
async fn a_view_is_no_collection_to_back_up() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let made = console.create("acme").await;
    let home = collection("acme");
    let which = workspace.ports.collections.identity(&home).await.expect("an answer").expect("it is there");
    workspace.ports.collections.delete(&home, &which).await.expect("deleted");
    let missing = console.bundles.source(&operator, made.id).await.map(|_| ());
    assert_eq!(missing, Err(AppError::DataMissing { collection: "org_acme".to_owned() }));
    let command = doc! {"create": "org_acme", "viewOn": "organizations", "pipeline": []};
    workspace.database().await.run_command(command).await.expect("a view");
    let answer = console.bundles.source(&operator, made.id).await.map(|_| ());
    assert_eq!(answer, Err(AppError::Bundle(BundleProblem::View)));
    workspace.remove().await;
}

#[tokio::test]
async fn a_large_organization_is_read_in_batches_of_bounded_size() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let id = acme(&console).await;
    let text = "x".repeat(40_000);
    let more: Vec<_> =
        (1_000..1_500).map(|number| doc! {"_id": number, "text": &text}.to_vec().expect("bytes")).collect();
    workspace.ports.collections.insert_documents(&collection("acme"), &more).await.expect("inserted");
    let file = written(&console, &operator, id).await;
    let bundle = open(&file).expect("a bundle");
    let batches: Vec<_> = bundle.documents().try_collect().await.expect("read");
    let largest = batches.iter().map(|batch| batch.iter().map(Vec::len).sum::<usize>()).max();
    assert!(batches.len() > 15 && largest < Some(1_200_000), "{} of {largest:?}", batches.len());
    let received = console
        .bundles
        .receive(&operator, &bundle, request("zenith"), &Quiet, &Cancellation::default())
        .await;
    assert_eq!(received.map(|received| received.documents), Ok(505));
    let (one, other) = (CollectionName::for_organization(&name("acme")), collection("zenith"));
    assert_eq!(contents(&workspace.ports, &one).await, contents(&workspace.ports, &other).await);
}

/// A source whose documents come one by one, each once the test lets it.
struct Slow {
    tenant: Tenant,
    go_on: Arc<Semaphore>,
}

#[async_trait]
impl TenantSource for Slow {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn documents(&self) -> BoxStream<'_, Result<Vec<Vec<u8>>, AppError>> {
        let one = move |number: i32| async move {
            self.go_on.acquire().await.expect("open").forget();
            Ok(vec![doc! {"_id": number}.to_vec().expect("bytes")])
        };
        stream::iter(0..3).then(one).boxed()
    }

    async fn changed(&self) -> Result<Option<ChangedMeanwhile>, AppError> {
        Ok(None)
    }
}

/// Counts how often an operation said in the journal that it is alive.
#[derive(Clone, Default)]
struct Renewals(Arc<AtomicU32>);

impl Policy for Renewals {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call.name == "journal.take_over" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        store.await
    }
}

/// The operation that is in the journal, as soon as there is one.
async fn under_way(workspace: &TestWorkspace) -> Operation {
    loop {
        let mut entries = workspace.ports.journal.unfinished().await.expect("the journal is read");
        if let Some(entry) = entries.pop() {
            return entry.operation;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receive_that_takes_long_stays_its_own_until_another_computer_takes_it_over() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let id = acme(&console).await;
        let tenant = console.bundles.source(&operator, id).await.expect("a source").tenant().clone();
        let owner = |instance: &str| Owner { installation: "here".to_owned(), instance: instance.to_owned() };
        let gate = Arc::new(WriteGate::new(Access::ReadWrite, workspace.clock.clone()));
        let renewals = Renewals::default();
        let ports = workspace.ports.clone().under(renewals.clone());
        let runner = OperationRunner::new(ports, workspace.clock.clone(), owner("long"))
            .renewing_every(Duration::from_millis(5));
        let operations = Arc::new(Operations::new(gate, runner));
        let hasher = PasswordHasher::with_cost(4);
        let bundles =
            BundleService::new(workspace.ports.clone(), workspace.clock.clone(), hasher, operations);
        let go_on = Arc::new(Semaphore::new(1));
        let slow = Slow { tenant, go_on: Arc::clone(&go_on) };
        let cancellation = Cancellation::default();
        let receive = async |name: &str| {
            let asked = ReceiveRequest { is_copy: true, ..request(name) };
            bundles.receive(&operator, &slow, asked, &Quiet, &cancellation).await
        };
        let watched = async {
            let begun = under_way(&workspace).await;
            while renewals.0.load(Ordering::SeqCst) < 3 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            assert_eq!(under_way(&workspace).await, begun, "it is still the same operation");
            go_on.add_permits(3);
        };
        let (received, ()) = futures_util::join!(receive("zenith"), watched);
        assert_eq!(received.map(|received| received.documents), Ok(3), "{kind:?}");

        let taken_over = async {
            loop {
                let seen = under_way(&workspace).await;
                let taken = seen.taken_over_by(&owner("another"));
                if workspace.ports.journal.take_over(&seen, None, &taken).await.expect("an answer") {
                    workspace.ports.journal.end(&taken).await.expect("ended");
                    return;
                }
            }
        };
        let (received, ()) = futures_util::join!(receive("late"), taken_over);
        assert!(received.is_err(), "{received:?}");
        assert_eq!(collections(&workspace.ports).await, ["org_acme", "org_zenith"], "{kind:?}");
        assert_eq!(workspace.ports.journal.unfinished().await, Ok(Vec::new()));
        workspace.remove().await;
    }
}

#[tokio::test]
async fn what_came_in_while_the_service_made_its_collection_waits_for_a_person() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let made = console.create("acme").await;
        // As a crash leaves it: the document is there, its collection waits, and the service has made another.
        let (ports, incoming) = (&workspace.ports, CopyId::new());
        let waiting = CollectionName::incoming(incoming);
        ports.collections.create(&waiting).await.expect("made");
        let plan = OperationPlan::Receive { name: name("acme"), incoming };
        let owner = Owner { installation: "this-computer".to_owned(), instance: "earlier".to_owned() };
        let left = Operation::new(made.id, plan, owner, "dana@example.com".to_owned());
        ports.journal.begin(&left).await.expect("begun");
        let document = doc! {"_id": 1}.to_vec().expect("bytes");
        ports.collections.insert_documents(&collection("acme"), &[document]).await.expect("inserted");
        workspace.pass(STEP_PENDING).await;
        let recovered = console.operations.recover().await.expect("the journal is read");
        let attention = recovered.into_iter().map(|one| one.outcome).collect::<Vec<_>>();
        assert!(matches!(attention[..], [RecoveryOutcome::NeedsAttention { .. }]), "{kind:?}: {attention:?}");
        let unsettled = console.attention.list(&operator).await.expect("a list");
        let places: Vec<_> = unsettled[0].facts.places.iter().map(|place| place.name.clone()).collect();
        assert_eq!(places, [collection("acme"), waiting.clone()]);
        // Without documents it is in nobody's way.
        let document = doc! {"_id": 1}.to_vec().expect("bytes");
        ports.collections.remove_documents(&collection("acme"), &[document]).await.expect("removed");
        workspace.pass(STEP_PENDING).await;
        console.operations.recover().await.expect("the journal is read");
        assert_eq!(collections(ports).await, ["org_acme"], "{kind:?}");
        assert_eq!(ports.journal.unfinished().await, Ok(Vec::new()));
        workspace.remove().await;
    }
}

/// Somebody brings a deleted organization back with other tools while its bundle is restored: it stays as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_brought_back_meanwhile_is_not_removed() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let id = acme(&console).await;
        let bundle = open(&written(&console, &operator, id).await).expect("a bundle");
        let document =
            workspace.ports.organizations.document(id).await.expect("an answer").expect("it is there");
        console.organizations.trash(&operator, id, None).await.expect("trashed");
        console.organizations.delete_forever(&operator, id, "acme").await.expect("deleted");
        let (ports, home) = (workspace.ports.clone(), collection("acme"));
        let others = async move {
            ports.organizations.insert_document(&document).await.expect("inserted");
            ports.collections.create(&home).await.expect("created");
            let theirs = doc! {"_id": "theirs"}.to_vec().expect("bytes");
            ports.collections.insert_documents(&home, &[theirs]).await.expect("inserted");
        };
        let ports = before(&workspace.ports, "collections.create_as", others);
        let run = Run { instance: "restores".to_owned(), ..Run::default() };
        let restores = Console::run(ports, &workspace.clock, run);
        let never = Cancellation::default();
        let answer = restores.bundles.receive(&operator, &bundle, request("acme"), &Quiet, &never).await;
        assert!(answer.is_err(), "{kind:?}");
        let live = workspace.ports.organizations.find(id).await.expect("an answer");
        assert_eq!(live.map(|live| live.name), Some(name("acme")), "{kind:?}: their document is there");
        assert_eq!(workspace.ports.collections.count(&collection("acme")).await, Ok(1), "{kind:?}");
        workspace.remove().await;
    }
}
