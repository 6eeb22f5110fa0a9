//! A collection that nobody owns is put into a file and dropped: at every moment it is in the store, or whole in its
//! file, whatever dies, fails, fills up or is written by others meanwhile.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bson::{Document, doc};
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use tenantry_console::files::{PendingFile, Target};
use tenantry_core::bundle::{BundleInput, PendingBundle};
use tenantry_core::doctor::{MendChoices, MendKind, MendRequest};
use tenantry_core::error::{AppError, BundleProblem, FileProblem};
use tenantry_core::jobs::{Cancellation, Progress, ProgressSink, Quiet};
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::ports::Ports;
use tenantry_core::records::{ActivityKind, RecordQuery, RecoveryOutcome};
use tenantry_core::rights::Actor;
use tenantry_core::values::{CollectionName, CopyId};
use tenantry_tests::bundles::{
    KeptInMemory, described, documents_of_every_type, odd_collection, open, origin, ownerless, read_apart,
    request,
};
use tenantry_tests::checker::{SeenCollection, Whereabouts};
use tenantry_tests::console::{Console, Run};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment};
use tenantry_tests::suite::{ANY, collection};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const STORES: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

fn document(id: i32, text: &str) -> Vec<u8> {
    doc! { "_id": id, "text": text }.to_vec().expect("bytes")
}

/// A collection that belongs to nobody, with documents of every type.
async fn lost(ports: &Ports, name: &CollectionName) {
    ports.collections.create_as(name, &odd_collection()).await.expect("created");
    let mut documents = documents_of_every_type();
    documents.extend((0..30).map(|id| document(1_000 + id, "some text")));
    // A validator is younger than some of them.
    ports.collections.set_validator(name, &Document::new().to_vec().expect("bytes")).await.expect("set");
    ports.collections.insert_documents(name, &documents).await.expect("inserted");
}

async fn aside(
    console: &Console,
    actor: &Actor,
    name: &CollectionName,
    file: impl PendingBundle + 'static,
) -> Result<tenantry_core::doctor::Mended, AppError> {
    let to: (Box<dyn PendingBundle>, _) = (Box::new(file), &origin());
    console.mends.set_aside(actor, &ownerless(name), to, &Quiet, &Cancellation::default()).await
}

fn file_in(folder: &Path, name: &str) -> PendingFile {
    let path = folder.join(format!("{name}.tenant"));
    PendingFile::start(Target { path, may_replace: false }).expect("started")
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort_unstable();
    names
}

async fn a_collection_goes_into_a_file_and_comes_back_as_an_organization(kind: StoreKind) {
    let workspace = TestWorkspace::open(kind).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let (at, folder) = (Whereabouts::of(&workspace), tempfile::tempdir().expect("a folder"));
    let copy = CopyId::new();
    let names = [
        collection("lost"),
        CollectionName::set_aside(copy),
        CollectionName::incoming(copy),
        collection("gone").dropped("an operation"),
    ];
    for name in &names {
        lost(&workspace.ports, name).await;
        let as_it_was = described(&workspace.ports, name).await;
        let before = at.look().await;
        assert!(!before.problems().is_empty(), "{kind:?}: nobody owns it");

        let path = folder.path().join(format!("{name}.tenant"));
        let choices = MendChoices { target: Some(path.display().to_string()), ..MendChoices::default() };
        let finding = ownerless(name);
        let asked = MendRequest { finding: finding.id.clone(), mend: MendKind::SetAside, choices };
        let shown = console.mends.dry_run(&operator, &finding, &asked).await.expect("shown");
        assert!(!shown.can_be_undone);
        let told = shown.commands.join("\n");
        assert!(told.contains(&path.display().to_string()), "{told}");
        let drop = match kind {
            StoreKind::MongoReplicaSet => "db.getCollection(\"console_dropped_…\").drop()".to_owned(),
            _ => "DELETE FROM collections WHERE name = 'console_dropped_…'".to_owned(),
        };
        assert!(shown.commands.contains(&drop), "{told}");
        assert_eq!(at.look().await, before, "{kind:?}: a dry run wrote something");
        let without_file = console.mends.mend(&operator, &finding, &asked, &Cancellation::default()).await;
        assert_eq!(without_file.map(|_| ()), Err(AppError::NotFound { what: "file" }), "only with a file");

        let mended = aside(&console, &operator, name, file_in(folder.path(), name.as_str())).await;
        let mended = mended.unwrap_or_else(|error| panic!("{kind:?} {name}: {error}"));
        let kept = mended.file.expect("a file");
        let whole = std::fs::read(&path).expect("the file is in its place");
        assert_eq!((kept.path.as_str(), kept.bytes), (&*path.display().to_string(), whole.len() as u64));
        let digest: String = Sha256::digest(&whole).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(kept.sha256, digest, "{kind:?}: that of the file, as other software finds it");
        assert_eq!(
            read_apart(&whole),
            before.collections[name.as_str()].documents,
            "{kind:?}: byte for byte"
        );
        at.look().await.require_good(&format!("{kind:?} {name}: it is gone from here"));

        // The record tells of both: what was mended, and which file has it now.
        let query = RecordQuery { limit: 2, ..RecordQuery::default() };
        let newest = console.ports.activity.page(&query).await.expect("the record").entries;
        let [written, first] = newest.as_slice() else { panic!("two entries: {newest:?}") };
        assert_eq!((first.number, first.entry.kind), (mended.entry, ActivityKind::Mended));
        assert_eq!(written.entry.kind, ActivityKind::BundleWritten);
        assert_eq!(written.entry.operation, first.entry.operation);
        for entry in [&written.entry, &first.entry] {
            assert_eq!(entry.subject.as_deref(), Some(name.as_str()));
            let file = entry.changes.iter().find(|change| change.field == "file").expect("the file");
            assert_eq!(file.after, Some(path.display().to_string()));
        }
        let told = written.entry.changes.iter().find(|change| change.field == "sha256").expect("a digest");
        assert_eq!(told.after.as_ref(), Some(&digest));

        // Verified and restored like any other; the name that goes with the collection's is offered.
        let bundle = open(&whole).expect("a bundle");
        console.bundles.verify(&operator, &bundle, &Quiet, &Cancellation::default()).await.expect("whole");
        let offered = tenantry_core::bundle::TenantSource::tenant(&bundle).name();
        assert_eq!(offered, if name == &names[0] { "lost" } else { "" }, "none goes with that of the trash");
        let as_found = format!("found-{}", name.as_str().split('_').nth(1).unwrap_or_default());
        let asked = request(if offered.is_empty() { &as_found } else { &offered });
        let plan = console.bundles.plan(&operator, &bundle, &asked).await.expect("a plan");
        assert_eq!((plan.keeps_id, plan.problems.len()), (false, 0), "{plan:?}");
        let cancellation = Cancellation::default();
        let came = console.bundles.receive(&operator, &bundle, asked, &Quiet, &cancellation).await;
        let came = came.unwrap_or_else(|error| panic!("{kind:?} {name}: {error}")).organization;
        let now = at.look().await;
        now.require_good(&format!("{kind:?} {name}: restored"));
        assert_eq!(now.lost_since(&before), Vec::<String>::new(), "{kind:?} {name}");
        assert_eq!(described(&workspace.ports, &came.collection()).await, as_it_was, "{kind:?} {name}");
    }
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_without_an_organization_goes_into_a_file_and_comes_back_as_one() {
    for kind in STORES {
        a_collection_goes_into_a_file_and_comes_back_as_an_organization(kind).await;
    }
}

/// The process dies at every write, or loses one response. The collection is there, or the file is, and it is whole.
async fn survives(kind: StoreKind) {
    let workspace = TestWorkspace::open(kind).await;
    let first = Console::on(&workspace);
    let operator = first.operator().await;
    let (at, folder) = (Whereabouts::of(&workspace), tempfile::tempdir().expect("a folder"));
    let (mut number, mut undone, mut finished) = (0, 0, 0);
    for moment in [Moment::Before, Moment::After] {
        for aftermath in [Aftermath::Dead, Aftermath::Recovers] {
            for write in 1.. {
                number += 1;
                let name = collection(&format!("lost-{number}"));
                lost(&workspace.ports, &name).await;
                let had = at.look().await.collections[name.as_str()].clone();
                let store = FaultyStore::over(&workspace.ports, Fault { write, moment, aftermath });
                let run = Run { instance: format!("run-{number}"), ..Run::default() };
                let console = Console::run(store.ports(), &workspace.clock, run);
                let answer = aside(&console, &operator, &name, file_in(folder.path(), name.as_str())).await;
                drop(console);
                let case = format!("{kind:?} {moment:?} {aftermath:?} write {write}");
                let path = folder.path().join(format!("{name}.tenant"));
                let is_kept = |now: &BTreeMap<String, SeenCollection>| {
                    // Until somebody settles it, it can stand aside.
                    let aside = |(name, it): (&String, &SeenCollection)| {
                        name.starts_with("console_dropped_") && *it == had
                    };
                    let in_store = now.get(name.as_str()) == Some(&had) || now.iter().any(aside);
                    let in_file = std::fs::read(&path).is_ok_and(|file| read_apart(&file) == had.documents);
                    assert!(in_store || in_file, "{case}: it is nowhere");
                    assert!(in_store || !now.contains_key(name.as_str()), "{case}: half of it is there");
                    (in_store, in_file)
                };
                is_kept(&at.look().await.collections);
                if !store.was_met() {
                    assert!(answer.is_ok(), "{case}: {answer:?}");
                    assert!(write > 5, "{case}: two entries, the intent, the drop and its end");
                    break;
                }
                let ports = workspace.reopened().await;
                workspace.pass(STEP_PENDING).await;
                let run = Run { instance: format!("run-{number}-again"), ..Run::default() };
                let next = Console::run(ports, &workspace.clock, run);
                for one in next.operations.recover().await.expect("the journal is read") {
                    let settled = matches!(one.outcome, RecoveryOutcome::Finished | RecoveryOutcome::Undone);
                    assert!(settled, "{case}: {one:?}");
                }
                let now = at.look().await;
                assert!(now.unfinished.is_empty(), "{case}: {:?}", now.unfinished);
                let (in_store, _) = is_kept(&now.collections);
                assert!(answer.is_err() || !in_store, "{case}: it was said to be done");
                if in_store {
                    undone += 1;
                    let again = file_in(folder.path(), &format!("{name}-again"));
                    aside(&next, &operator, &name, again)
                        .await
                        .unwrap_or_else(|error| panic!("{case}: {error}"));
                } else {
                    finished += 1;
                }
                at.look().await.require_good(&case);
            }
        }
    }
    assert!(undone > 5 && finished > 1, "{kind:?}: {undone} undone, {finished} finished");
    assert!(files(folder.path()).iter().all(|name| name.ends_with(".tenant")), "a part of a file was left");
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn setting_aside_survives_a_crash_at_any_write() {
    for kind in STORES {
        survives(kind).await;
    }
}

type Hook = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// A file in memory during whose calls something happens.
#[derive(Clone, Default)]
struct Watched {
    file: KeptInMemory,
    /// When it is read back.
    at_reading: Option<Hook>,
    /// When it is put in its place.
    at_finish: Option<Hook>,
    /// The bytes that fit on the disk.
    room: Option<usize>,
    /// Where the disk gives back another byte than was written.
    flipped: Option<usize>,
    /// Whether a file came to its place meanwhile.
    is_taken: bool,
}

fn happen(hook: Option<&Hook>) {
    if let Some(hook) = hook {
        tokio::runtime::Handle::current().block_on(hook());
    }
}

impl PendingBundle for Watched {
    fn place(&self) -> String {
        self.file.place()
    }

    fn writer(&self) -> Result<Box<dyn Write + Send>, FileProblem> {
        let writer = self.file.writer()?;
        Ok(match self.room {
            Some(room) => Box::new(Small(writer, room)),
            None => writer,
        })
    }

    fn reader(&self) -> Result<Box<dyn BundleInput>, FileProblem> {
        happen(self.at_reading.as_ref());
        let mut bytes = Vec::new();
        io::copy(&mut self.file.reader()?, &mut bytes).expect("read");
        if let Some(byte) = self.flipped.and_then(|at| bytes.get_mut(at)) {
            *byte ^= 0x5a;
        }
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn finish(self: Box<Self>) -> Result<u64, FileProblem> {
        happen(self.at_finish.as_ref());
        if self.is_taken { Err(FileProblem::Exists) } else { Box::new(self.file).finish() }
    }
}

/// A disk that is full after so many bytes.
struct Small(Box<dyn Write + Send>, usize);

impl Write for Small {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 = self.1.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What others do meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    Insert,
    Change,
    Remove,
    Replace,
    CreateOrganization,
}

fn others_do(workspace: &TestWorkspace, name: &CollectionName, what: Others) -> Hook {
    let (ports, name) = (workspace.ports.clone(), name.clone());
    Arc::new(move || {
        let (ports, name) = (ports.clone(), name.clone());
        Box::pin(async move {
            let collections = &ports.collections;
            let (old, new) = ([document(1_001, "some text")], [document(1_001, "other text")]);
            match what {
                Others::Insert => {
                    collections.insert_documents(&name, &[document(5_000, "late")]).await.expect("inserted");
                }
                Others::Change => {
                    collections.remove_documents(&name, &old).await.expect("removed");
                    collections.insert_documents(&name, &new).await.expect("inserted");
                }
                Others::Remove => drop(collections.remove_documents(&name, &old).await.expect("removed")),
                Others::Replace => {
                    collections.delete(&name, &ANY).await.expect("deleted");
                    collections.create(&name).await.expect("created");
                }
                Others::CreateOrganization => {
                    let owner = name.organization_name().expect("a name").to_string();
                    insert_organization(&ports, &owner).await;
                }
            }
        })
    })
}

/// As the service does: it takes a collection that is there for the organization's own.
async fn insert_organization(ports: &Ports, name: &str) {
    let document = doc! {
        "_id": bson::oid::ObjectId::new(), "organization_name": name, "collection_name": format!("org_{name}"),
        "admin_email": format!("service@{name}.example.com"), "admin_password": format!("$2b$04${}", "x".repeat(53)),
        "created_at": bson::DateTime::now(), "updated_at": bson::DateTime::now(), "is_active": true,
    };
    let bytes = document.to_vec().expect("bytes");
    ports.organizations.insert_document(&bytes).await.expect("inserted");
}

async fn what_changes_stays(kind: StoreKind) {
    let workspace = TestWorkspace::open(kind).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let at = Whereabouts::of(&workspace);
    let mut number = 0;
    for is_late in [false, true] {
        for what in
            [Others::Insert, Others::Change, Others::Remove, Others::Replace, Others::CreateOrganization]
        {
            // Then it stands aside, where nobody writes.
            if is_late && what != Others::CreateOrganization {
                continue;
            }
            number += 1;
            let name = collection(&format!("lost-{number}"));
            lost(&workspace.ports, &name).await;
            let had = at.look().await.collections[name.as_str()].documents.clone();
            let hook = others_do(&workspace, &name, what);
            let (early, late) = if is_late { (None, Some(hook)) } else { (Some(hook), None) };
            let file = Watched { at_reading: early, at_finish: late, ..Watched::default() };
            let kept = Arc::clone(&file.file.kept);
            let path = file.place();
            let answer = aside(&console, &operator, &name, file).await;
            let case = format!("{kind:?} {what:?} late {is_late}");
            let changed = AppError::Bundle(BundleProblem::SourceChanged { path });
            assert_eq!(answer.map(|_| ()), Err(changed), "{case}");
            let now = at.look().await;
            assert!(now.collections.contains_key(name.as_str()), "{case}: it is not dropped");
            assert!(now.unfinished.is_empty(), "{case}");
            let kept = kept.lock().take().unwrap_or_else(|| panic!("{case}: the file stays"));
            assert_eq!(read_apart(&kept), had, "{case}: and has what was read");
            if what == Others::CreateOrganization {
                assert_eq!(now.collections[name.as_str()].documents, had, "{case}: it is somebody's now");
                let again = aside(&console, &operator, &name, KeptInMemory::default()).await;
                assert_eq!(again.map(|_| ()), Err(AppError::FactsChanged), "{case}: and never dropped");
            }
        }
    }
    workspace.remove().await;
}

/// What others write once it stands aside is in a collection of its own: a server makes one for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_write_after_the_comparison_is_not_dropped() {
    for kind in STORES {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let name = collection("lost");
        lost(&workspace.ports, &name).await;
        let at = Whereabouts::of(&workspace);
        let had = at.look().await.collections[name.as_str()].documents.clone();
        let (ports, theirs) = (workspace.ports.clone(), name.clone());
        let hook: Hook = Arc::new(move || {
            let (ports, name) = (ports.clone(), theirs.clone());
            Box::pin(async move {
                ports.collections.create(&name).await.expect("made");
                let late = [document(5_000, "late")];
                ports.collections.insert_documents(&name, &late).await.expect("inserted");
            })
        });
        let file = Watched { at_finish: Some(hook), ..Watched::default() };
        let kept = Arc::clone(&file.file.kept);
        aside(&console, &operator, &name, file).await.expect("set aside");
        assert_eq!(read_apart(&kept.lock().take().expect("a file")), had, "{kind:?}");
        let now = at.look().await;
        assert_eq!(now.collections[name.as_str()].documents.len(), 1, "{kind:?}: theirs");
        assert!(!now.collections.keys().any(|name| name.starts_with("console_dropped_")), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_that_others_change_meanwhile_stays_and_so_does_the_file() {
    for kind in STORES {
        what_changes_stays(kind).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_a_lying_one_and_a_taken_place_lose_nothing() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let at = Whereabouts::of(&workspace);
    let name = collection("lost");
    lost(&workspace.ports, &name).await;
    let had = at.look().await.collections[name.as_str()].clone();
    let size = {
        let other = collection("lost-too");
        lost(&workspace.ports, &other).await;
        tenantry_tests::bundles::set_aside(&console, &operator, &other).await.len()
    };
    let mut broken: Vec<(String, Watched)> = Vec::new();
    for room in (0..size - 40).step_by(size / 7) {
        broken.push((format!("{room} bytes fit"), Watched { room: Some(room), ..Watched::default() }));
    }
    for at in (30..size - 30).step_by(size / 40) {
        broken.push((format!("byte {at}"), Watched { flipped: Some(at), ..Watched::default() }));
    }
    broken.push(("taken".to_owned(), Watched { is_taken: true, ..Watched::default() }));
    let mut refused = 0;
    for (case, file) in broken {
        let (kept, wanted) = (Arc::clone(&file.file.kept), file.clone());
        let answer = aside(&console, &operator, &name, file).await;
        match (&answer, wanted) {
            (Err(AppError::FileNotWritten(FileProblem::Full)), Watched { room: Some(_), .. })
            | (Err(AppError::FileNotWritten(FileProblem::Exists)), Watched { is_taken: true, .. })
            | (Err(AppError::Bundle(_)), Watched { flipped: Some(_), .. }) => refused += 1,
            (other, _) => panic!("{case}: {other:?}"),
        }
        assert_eq!(*kept.lock(), None, "{case}: no such file comes to its place");
        let now = at.look().await;
        assert_eq!(
            now.collections.get(name.as_str()).map(|now| &now.documents),
            Some(&had.documents),
            "{case}"
        );
        assert!(now.unfinished.is_empty(), "{case}");
    }
    assert!(refused > 30, "{refused} of them were refused");
    workspace.remove().await;
}

/// Cancels at one of its reports.
struct CancelsAt(u32, AtomicU32, Cancellation);

impl ProgressSink for CancelsAt {
    fn report(&self, progress: Progress) {
        assert!(progress.total.is_none_or(|total| progress.done <= total), "{progress:?}");
        if self.1.fetch_add(1, Ordering::Relaxed) + 1 == self.0 {
            self.2.cancel();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_at_any_report_it_leaves_the_collection_and_no_file() {
    for kind in STORES {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let (at, folder) = (Whereabouts::of(&workspace), tempfile::tempdir().expect("a folder"));
        let name = collection("lost");
        lost(&workspace.ports, &name).await;
        let before = at.look().await;
        let mut cancelled = 0;
        for report in 1.. {
            let cancellation = Cancellation::default();
            let sink = CancelsAt(report, AtomicU32::new(0), cancellation.clone());
            let file = file_in(folder.path(), "lost");
            let to: (Box<dyn PendingBundle>, _) = (Box::new(file), &origin());
            let answer =
                console.mends.set_aside(&operator, &ownerless(&name), to, &sink, &cancellation).await;
            if sink.1.load(Ordering::Relaxed) < report {
                answer.expect("nobody cancelled it");
                break;
            }
            assert_eq!(answer.map(|_| ()), Err(AppError::Cancelled), "{kind:?} report {report}");
            cancelled += 1;
            assert_eq!(files(folder.path()), Vec::<String>::new(), "{kind:?} report {report}");
            assert_eq!(at.look().await.collections, before.collections, "{kind:?} report {report}");
            assert!(at.look().await.unfinished.is_empty(), "{kind:?} report {report}");
        }
        assert!(cancelled >= 5, "{kind:?}: {cancelled} reports, some of each round");
        assert_eq!(files(folder.path()), ["lost.tenant"]);
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_an_owner_or_is_no_collection_is_not_set_aside() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    let refused = |answer: Result<tenantry_core::doctor::Mended, AppError>| answer.map(|_| ());
    let file = KeptInMemory::default;
    let own = aside(&console, &operator, &acme.collection(), file()).await;
    assert_eq!(refused(own), Err(AppError::FactsChanged), "its name is an organization's");
    let globex = console.create("globex").await;
    let elsewhere = collection("elsewhere");
    lost(&workspace.ports, &elsewhere).await;
    workspace.write_behind(globex.id, "collection_name", elsewhere.as_str()).await;
    let named = aside(&console, &operator, &elsewhere, file()).await;
    assert_eq!(refused(named), Err(AppError::FactsChanged), "an organization names it");
    let trashed = console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
    let in_trash = aside(&console, &operator, &trashed.collection(), file()).await;
    assert_eq!(refused(in_trash), Err(AppError::FactsChanged), "it waits for an organization in the trash");
    let gone = aside(&console, &operator, &collection("gone"), file()).await;
    assert_eq!(refused(gone), Err(AppError::FactsChanged), "nothing is there");
    let database = workspace.database().await;
    let view = doc! { "create": "org_view", "viewOn": "org_globex", "pipeline": [] };
    if database.run_command(view).await.is_ok() {
        let view = aside(&console, &operator, &collection("view"), file()).await;
        let known = [AppError::Bundle(BundleProblem::View), AppError::FactsChanged];
        assert!(view.as_ref().is_err_and(|error| known.contains(error)), "a view has no documents: {view:?}");
    }
    let master = CollectionName::from_stored("organizations".to_owned());
    let master = aside(&console, &operator, &master, file()).await;
    assert_eq!(refused(master), Err(AppError::NotFound { what: "collection" }), "no tenant's");
    workspace.remove().await;
}
