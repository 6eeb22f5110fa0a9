//! What is deleted for good is gone everywhere, and a certificate shows it.

use std::path::PathBuf;

use bson::doc;
use bson::oid::ObjectId;
use parking_lot::Mutex;
use secrecy::SecretString;
use tenantry_console::OpenWorkspace;
use tenantry_console::erasing::Erased;
use tenantry_console::error::ConsoleError;
use tenantry_core::erasure::{Certificate, ErasedIn};
use tenantry_core::error::AppError;
use tenantry_core::jobs::{Cancellation, JobStep, Progress, ProgressSink, Quiet};
use tenantry_core::records::{ActivityKind, MemberRole, PeopleFilter, SessionQuery, SessionsOf};
use tenantry_core::rights::{Account, Actor};
use tenantry_core::values::{CollectionName, OrganizationId};
use tenantry_tests::console::{Console, PASSWORD};
use tenantry_tests::suite::{collection, newest};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use time::OffsetDateTime;

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

/// An organization in the trash with a document, a person, sessions and failed sign-ins.
async fn in_trash(console: &Console) -> (OrganizationId, String) {
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    let document = doc! { "_id": ObjectId::new() }.to_vec().expect("bytes");
    let documents = [document];
    console.ports.collections.insert_documents(&collection("acme"), &documents).await.expect("inserted");
    let person = console.person(&acme, "pat@example.com", MemberRole::Viewer).await;
    console.sign_in("admin@acme.example.com").await;
    for email in ["admin@acme.example.com", "pat@example.com"] {
        let wrong = SecretString::from("Wrong-passw0rd");
        console.try_sign_in(email, &wrong).await.expect_err("the password is wrong");
    }
    console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
    let Account::Person(pat, _) = person.actor.account() else { panic!("a person signed in") };
    (acme.id, Account::key_of_person(pat))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_after_a_deletion_for_good_but_the_record() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let (id, pat) = in_trash(&console).await;
        let preview = console.organizations.preview_removal(&operator, id).await.expect("a preview");
        let erasure = preview.erasure.expect("it is in the trash");
        assert_eq!(erasure.extent.statistics.map(|statistics| statistics.documents), Some(1), "{kind:?}");
        assert_eq!((erasure.extent.people, erasure.extent.sessions), (Some(1), Some(2)), "{kind:?}");
        assert!(erasure.last_write.is_some(), "{kind:?}: the newest document has an ObjectId");
        assert!(erasure.commands.iter().any(|command| command.contains("drop()")), "{:?}", erasure.commands);

        console.organizations.delete_forever(&operator, id, "acme").await.expect("deleted");
        let ports = &workspace.ports;
        let sessions = SessionQuery {
            of: SessionsOf::Organization(id),
            live_at: OffsetDateTime::UNIX_EPOCH,
            after: None,
            limit: 100,
        };
        assert_eq!(ports.sessions.page(&sessions).await, Ok(Vec::new()), "{kind:?}: a session is left");
        let keys = [Account::Organization(id).key(), pat];
        let attempts = ports.accounts.sign_in_attempts(&keys).await.expect("an answer");
        assert!(attempts.is_empty(), "{kind:?}: failed sign-ins are left: {attempts:?}");
        let members =
            PeopleFilter { search: String::new(), status: None, role: None, organization: Some(id) };
        let people = ports.people.count(&members, OffsetDateTime::UNIX_EPOCH).await.expect("an answer");
        assert_eq!(people.all, 0, "{kind:?}");

        let certificate = console.erasure.certificate(&operator, id).await.expect("a certificate");
        let places = certificate.places();
        assert_eq!(places.len(), ErasedIn::ALL.len(), "{kind:?}");
        assert!(places.iter().all(|place| place.absent), "{kind:?}: {places:?}");
        let removed =
            |place| places.iter().find(|each| each.place == place).and_then(|each| each.removed.clone());
        for (place, count) in
            [(ErasedIn::CollectionInTrash, "1"), (ErasedIn::People, "1"), (ErasedIn::Sessions, "2")]
        {
            assert_eq!(removed(place).as_deref(), Some(count), "{kind:?}: {place:?}");
        }
        let entry = &newest(ports, id, 1).await[0];
        assert_eq!(entry.kind, ActivityKind::OrganizationErased, "{kind:?}");
        assert_eq!(entry.detail, Some(format!("sha256:{}", certificate.digest())), "{kind:?}: it is chained");
        let again = console.erasure.certificate(&operator, id).await;
        assert_eq!(again, Ok(certificate.clone()), "{kind:?}: it is read from the record, not made again");
        let json = certificate.to_json();
        assert!(json["text"].as_array().is_some_and(|lines| lines.len() > places.len()), "{json}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_the_next_look_makes_the_certificate_from_the_record() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let (id, _) = in_trash(&console).await;
        assert_eq!(
            console.erasure.certificate(&operator, id).await,
            Err(AppError::FactsChanged),
            "{kind:?}: it is there"
        );
        console.organizations.delete_forever(&operator, id, "acme").await.expect("deleted");
        // Another run of the program, which knows only the record.
        let later = Console::on(&workspace);
        let certificate =
            later.erasure.certificate(&later.operator().await, id).await.expect("a certificate");
        assert!(certificate.places().iter().all(|place| place.absent), "{kind:?}");
        assert_eq!(certificate.deleted_by(), operator.email(), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn a_certificate_says_what_is_there_again_and_one_that_was_altered_is_none() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let (id, _) = in_trash(&console).await;
    console.organizations.delete_forever(&operator, id, "acme").await.expect("deleted");
    console.create("acme").await;
    let certificate = console.erasure.certificate(&operator, id).await.expect("a certificate");
    let places = certificate.places();
    let collection = places.iter().find(|place| place.place == ErasedIn::Collection).expect("the place");
    assert!(!collection.absent, "another organization has the name: {collection:?}");
    let query =
        tenantry_core::records::RecordQuery { organization: Some(id), limit: 1, ..Default::default() };
    let page = console.record.page(&operator, query).await.expect("the record");
    let mut entry = page.entries.into_iter().next().expect("the certificate's entry");
    assert_eq!(Certificate::of(&entry), Some(certificate));
    entry.entry.changes[0].after = Some("long ago".to_owned());
    assert_eq!(Certificate::of(&entry), None, "its digest is not that of its facts");
}

#[tokio::test]
async fn only_who_may_delete_for_good_gets_a_certificate_and_nothing_goes_by_itself() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let (id, _) = in_trash(&console).await;
    console.create("globex").await;
    let admin = console.sign_in("admin@globex.example.com").await.actor;
    let refused = console.erasure.certificate(&admin, id).await;
    assert!(matches!(refused, Err(AppError::NotFound { .. } | AppError::Forbidden)), "{refused:?}");
    let settings = console.settings.current();
    let kept = console.organizations.kept_long_enough(&operator, &settings).await.expect("an answer");
    assert_eq!(kept, Vec::new(), "it was trashed just now");
    workspace.clock.advance(std::time::Duration::from_secs(30 * 24 * 60 * 60));
    let kept = console.organizations.kept_long_enough(&operator, &settings).await.expect("an answer");
    assert_eq!(kept.iter().map(|each| each.id).collect::<Vec<_>>(), [id], "thirty days are the default");
    let never = tenantry_core::records::WorkspaceSettings { keep_trash_days: None, ..settings };
    assert_eq!(console.organizations.kept_long_enough(&operator, &never).await, Ok(Vec::new()));
    assert!(console.try_sign_in("admin@globex.example.com", &SecretString::from(PASSWORD)).await.is_ok());
}

/// What a job told, which is cancelled at the first document of a part.
struct Watched {
    cancels: Option<JobStep>,
    cancellation: Cancellation,
    told: Mutex<Vec<(JobStep, u64)>>,
    /// The parts that told at once how much there is to do.
    measured: Mutex<Vec<JobStep>>,
}

impl Watched {
    fn new(cancels: Option<JobStep>) -> Self {
        let (told, measured) = Default::default();
        Self { cancels, cancellation: Cancellation::default(), told, measured }
    }

    /// The most documents of each part, in the order of the parts.
    fn parts(&self) -> Vec<(JobStep, u64)> {
        let mut parts: Vec<(JobStep, u64)> = Vec::new();
        for (step, done) in self.told.lock().iter() {
            match parts.last_mut().filter(|(last, _)| last == step) {
                Some((_, most)) => *most = (*most).max(*done),
                None => parts.push((*step, *done)),
            }
        }
        parts
    }
}

impl ProgressSink for Watched {
    fn report(&self, progress: Progress) {
        let step = self.told.lock().last().map(|(step, _)| *step).unwrap_or_default();
        self.told.lock().push((step, progress.done));
        if progress.done == 0 && progress.total.is_some() {
            self.measured.lock().push(step);
        }
        if progress.done > 0 && Some(step) == self.cancels {
            self.cancellation.cancel();
        }
    }

    fn begin(&self, step: JobStep) {
        self.told.lock().push((step, 0));
    }
}

/// The program on a workspace with an organization in the trash, and a folder for backups.
struct Erasing {
    id: OrganizationId,
    home: CollectionName,
    open: OpenWorkspace,
    program: tenantry_console::Console,
    files: tempfile::TempDir,
    folder: String,
}

impl Erasing {
    async fn begin(workspace: &TestWorkspace, console: Console, id: OrganizationId) -> Self {
        let trashed = workspace.ports.organizations.find_trashed(id).await.expect("an answer");
        let home = trashed.expect("it is in the trash").collection();
        let mut open = console.opened().await;
        "built-in".clone_into(&mut open.id);
        let files = tempfile::tempdir().expect("a folder");
        let program = tenantry_console::Console::in_folder(files.path());
        let folder = program.default_bundle_folder().target;
        Self { id, home, open, program, files, folder }
    }

    async fn erase(
        &self,
        actor: &Actor,
        backup: Option<&str>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Erased, ConsoleError> {
        let seen = (self.id, self.home.as_str());
        self.program.erase(&self.open, actor, seen, "acme", backup, progress, cancellation).await
    }

    fn bundles(&self) -> Vec<PathBuf> {
        let all = std::fs::read_dir(self.files.path()).expect("a folder").flatten();
        let all = all.map(|entry| entry.path());
        all.filter(|path| path.extension().is_some_and(|end| end == "tenant")).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_before_a_deletion_tells_its_parts_and_a_cancelled_one_leaves_no_file() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let (id, _) = in_trash(&console).await;
        let erasing = Erasing::begin(&workspace, console, id).await;
        let erase = async |watched: &Watched, backup: Option<&str>| {
            erasing.erase(&operator, backup, watched, &watched.cancellation).await
        };
        let (bundles, folder) = (|| erasing.bundles(), &erasing.folder);
        for step in [JobStep::Writing, JobStep::ReadingBack, JobStep::Comparing] {
            let watched = Watched::new(Some(step));
            let refused = erase(&watched, Some(folder)).await;
            assert!(matches!(refused, Err(ConsoleError::Cancelled)), "{kind:?} {step:?}: {refused:?}");
            assert_eq!(bundles(), Vec::<PathBuf>::new(), "{kind:?} {step:?}: somebody would rely on it");
            let there = workspace.ports.organizations.find_trashed(id).await.expect("an answer");
            assert!(there.is_some(), "{kind:?} {step:?}: nothing is deleted");
            let entry = &newest(&workspace.ports, id, 1).await[0];
            assert_ne!(entry.kind, ActivityKind::BundleWritten, "{kind:?} {step:?}: there is no file");
        }
        let early = Watched::new(None);
        early.cancellation.cancel();
        let refused = erase(&early, None).await;
        assert!(matches!(refused, Err(ConsoleError::Cancelled)), "{kind:?}: {refused:?}");
        let watched = Watched::new(Some(JobStep::Ending));
        let erased = erase(&watched, Some(folder)).await.expect("deleted");
        assert_eq!(
            watched.parts(),
            [(JobStep::Writing, 1), (JobStep::ReadingBack, 1), (JobStep::Comparing, 1), (JobStep::Ending, 0)],
            "{kind:?}"
        );
        let measured = watched.measured.lock().clone();
        assert_eq!(
            measured,
            [JobStep::Writing, JobStep::ReadingBack, JobStep::Comparing],
            "{kind:?}: no time left is told"
        );
        assert_eq!(bundles(), Vec::from_iter(erased.backup), "{kind:?}: the one backup");
        let certificate = erased.certificate.expect("a certificate");
        let named = bundles().into_iter().map(|path| path.file_name().expect("a name").to_owned());
        let told = certificate.bundles().into_iter().map(std::ffi::OsString::from);
        assert!(told.eq(named), "{kind:?}: files that were removed are not looked for");
        workspace.remove().await;
    }
}

/// Writes to a collection once its backup is written.
struct Meddles<'a>(&'a TestWorkspace, CollectionName);

impl ProgressSink for Meddles<'_> {
    fn report(&self, _progress: Progress) {}

    fn begin(&self, step: JobStep) {
        if step == JobStep::ReadingBack {
            let document = doc! { "_id": ObjectId::new() }.to_vec().expect("bytes");
            let write = async { self.0.ports.collections.insert_documents(&self.1, &[document]).await };
            let written = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(write));
            written.expect("others write");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_deleted_if_others_wrote_to_it_while_its_backup_was_made() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let (id, _) = in_trash(&console).await;
        let erasing = Erasing::begin(&workspace, console, id).await;
        let home = &erasing.home;
        let (meddles, never) = (Meddles(&workspace, home.clone()), Cancellation::default());
        let refused = erasing.erase(&operator, Some(&erasing.folder), &meddles, &never).await;
        assert!(matches!(refused, Err(ConsoleError::ChangedMeanwhile)), "{kind:?}: {refused:?}");
        assert_eq!(erasing.bundles(), Vec::<PathBuf>::new(), "{kind:?}: the file lacks a document");
        assert_eq!(workspace.ports.collections.count(home).await, Ok(2), "{kind:?}: both are there");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_restored_and_used_and_trashed_again_is_not_what_was_to_be_deleted() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let (id, _) = in_trash(&console).await;
        let home = async || {
            let trashed = workspace.ports.organizations.find_trashed(id).await.expect("an answer");
            trashed.expect("it is in the trash").collection()
        };
        let shown = home().await;
        console.organizations.restore(&operator, id, None).await.expect("restored");
        console.organizations.trash(&operator, id, None).await.expect("trashed again");
        let mut open = console.opened().await;
        "built-in".clone_into(&mut open.id);
        let files = tempfile::tempdir().expect("a folder");
        let program = tenantry_console::Console::in_folder(files.path());
        let never = Cancellation::default();
        let seen = (id, shown.as_str());
        let refused = program.erase(&open, &operator, seen, "acme", None, &Quiet, &never).await;
        assert!(matches!(refused, Err(ConsoleError::ChangedMeanwhile)), "{kind:?}: {refused:?}");
        let late = open.organizations().delete_seen(&operator, (id, Some(shown.as_str())), "acme").await;
        assert!(late.is_err(), "{kind:?}: also if it happened while the backup was made");
        let now = home().await;
        assert_eq!(workspace.ports.collections.exists(&now).await, Ok(true), "{kind:?}");
        let erased = program.erase(&open, &operator, (id, now.as_str()), "acme", None, &Quiet, &never).await;
        erased.expect("this one was meant");
        assert_eq!(workspace.ports.organizations.find_trashed(id).await, Ok(None), "{kind:?}");
        workspace.remove().await;
    }
}
