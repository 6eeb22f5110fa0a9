//! Organizations that are copied and moved between two open workspaces: what arrives, what stays, and that a process
//! that dies at any write on either side leaves the organization whole in at least one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bson::{Document, doc};
use futures_util::TryStreamExt;
use secrecy::SecretString;
use tempfile::TempDir;
use tenantry_console::OpenWorkspace;
use tenantry_console::moving::{
    MoveEnd, MoveKind, MoveNote, MoveNotes, MoveRequest, Moved, Moving, Side, Standing,
};
use tenantry_core::bundle::masking::MaskingChoices;
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::ports::{Call, Policy, Ports};
use tenantry_core::records::{
    ActivityKind, MemberRole, OperatorRole, OrganizationChange, Outcome, RecordQuery,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::{CollectionName, OrganizationId};
use tenantry_tests::console::{Console, PASSWORD, Run, create_request};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment};
use tenantry_tests::suite::{collection, name};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use time::OffsetDateTime;

/// Documents of the organization that moves.
const DOCUMENTS: i32 = 5;
/// More writes than a move has.
const MANY: u32 = 60;
const NEW_PASSWORD: &str = "Another-Passw0rd";

/// Two workspaces, an operator of each, and the notes of one installation.
struct Pair {
    source: TestWorkspace,
    target: TestWorkspace,
    here: Actor,
    there: Actor,
    notes: MoveNotes,
    _folder: TempDir,
}

/// The two as one run of the program has them open.
struct Opened {
    source: OpenWorkspace,
    target: OpenWorkspace,
}

async fn opened(
    ports: Ports,
    workspace: &TestWorkspace,
    id: &str,
    instance: &str,
    recovers: bool,
) -> OpenWorkspace {
    let run = Run { instance: format!("{instance}-{id}"), ..Run::default() };
    let console = Console::run(ports, &workspace.clock, run);
    if recovers {
        console.operations.recover().await.expect("the journal is read");
    }
    let mut opened = console.opened().await;
    id.clone_into(&mut opened.id);
    opened
}

impl Pair {
    async fn open(source: StoreKind, target: StoreKind) -> Self {
        let (source, target) = (TestWorkspace::open(source).await, TestWorkspace::open(target).await);
        let here = Console::on(&source).operator().await;
        let there = Console::on(&target).operator().await;
        let folder = TempDir::with_prefix("tenantry-moves-").expect("a folder");
        let notes = MoveNotes::of(folder.path().to_owned());
        Self { source, target, here, there, notes, _folder: folder }
    }

    async fn run(&self, instance: &str) -> Opened {
        let (source, target) = (self.source.reopened().await, self.target.reopened().await);
        Opened {
            source: opened(source, &self.source, "here", instance, true).await,
            target: opened(target, &self.target, "there", instance, true).await,
        }
    }

    /// The two on these ports, as they are found.
    async fn run_on(&self, source: Ports, target: Ports, instance: &str) -> Opened {
        Opened {
            source: opened(source, &self.source, "here", instance, false).await,
            target: opened(target, &self.target, "there", instance, false).await,
        }
    }

    fn moving<'a>(&'a self, opened: &'a Opened, cancellation: &'a Cancellation) -> Moving<'a> {
        Moving {
            source: Side { workspace: &opened.source, actor: &self.here, name: "Here" },
            target: Side { workspace: &opened.target, actor: &self.there, name: "There" },
            notes: &self.notes,
            progress: &Quiet,
            cancellation,
        }
    }

    async fn carry_out(&self, opened: &Opened, request: MoveRequest) -> Result<MoveEnd, AppError> {
        self.moving(opened, &Cancellation::default()).carry_out(request).await
    }

    /// An organization with documents and a person at the source.
    async fn organization(&self, called: &str) -> OrganizationId {
        let console = Console::on(&self.source);
        let made = console.organizations.create(&self.here, create_request(called)).await.expect("created");
        let documents: Vec<_> = (0..DOCUMENTS).map(|number| bytes(&document(number))).collect();
        self.source
            .ports
            .collections
            .insert_documents(&collection(called), &documents)
            .await
            .expect("inserted");
        console.person(&made, &format!("dana@{called}.example"), MemberRole::Viewer).await;
        made.id
    }

    async fn pass(&self, time: Duration) {
        self.source.pass(time).await;
        self.target.pass(time).await;
    }

    async fn remove(self) {
        self.source.remove().await;
        self.target.remove().await;
    }
}

fn document(number: i32) -> Document {
    doc! {"_id": number, "name": format!("Dana {number}"), "email": format!("dana{number}@acme.com"), "n": number}
}

fn bytes(document: &Document) -> Vec<u8> {
    document.to_vec().expect("BSON")
}

fn wanted(id: OrganizationId, kind: MoveKind, called: &str) -> MoveRequest {
    MoveRequest {
        id,
        kind,
        name: called.to_owned(),
        email: format!("admin@{called}.example"),
        password: (kind == MoveKind::Copy).then(|| SecretString::from(NEW_PASSWORD)),
        masking: None,
        confirmation: None,
    }
}

fn done(end: Result<MoveEnd, AppError>) -> Moved {
    match end {
        Ok(MoveEnd::Done(moved)) => *moved,
        other => panic!("it is done: {other:?}"),
    }
}

/// The documents of a collection, by id; `None` if there is none.
async fn documents(ports: &Ports, name: &CollectionName) -> Option<Vec<Document>> {
    if !ports.collections.exists(name).await.expect("a look-up answers") {
        return None;
    }
    let batches: Vec<Vec<Vec<u8>>> = ports.collections.documents(name).try_collect().await.expect("read");
    let read = |bytes: Vec<u8>| Document::from_reader(bytes.as_slice()).expect("BSON");
    let mut all: Vec<Document> = batches.into_iter().flatten().map(read).collect();
    all.sort_by_key(|document| document.get_i32("_id").expect("a number"));
    Some(all)
}

fn all_documents() -> Option<Vec<Document>> {
    Some((0..DOCUMENTS).map(document).collect())
}

/// The outcomes of the entries about moves of an organization, oldest first.
async fn told(ports: &Ports, id: OrganizationId) -> Vec<Outcome> {
    let query = RecordQuery {
        organization: Some(id),
        kinds: vec![ActivityKind::OrganizationMoved],
        limit: 50,
        ..RecordQuery::default()
    };
    let page = ports.activity.page(&query).await.expect("the record");
    page.entries.iter().rev().map(|recorded| recorded.entry.outcome).collect()
}

async fn a_move_takes_everything_along_and_can_be_taken_back(source: StoreKind, target: StoreKind) {
    let pair = Pair::open(source, target).await;
    let id = pair.organization("acme").await;
    let run = pair.run("one").await;
    let moved = done(pair.carry_out(&run, wanted(id, MoveKind::Move, "acme")).await);
    assert_eq!(moved.received.documents, DOCUMENTS as u64);
    assert_eq!(moved.received.organization.id, id, "its id is free there");
    assert_eq!((moved.people.brought, moved.people.left.len()), (1, 0));
    assert_eq!(documents(&pair.target.ports, &collection("acme")).await, all_documents());
    let there = Console::on(&pair.target);
    there.sign_in("admin@acme.example").await;
    there.sign_in("dana@acme.example").await;
    let here = pair.source.ports.organizations.find(id).await.expect("a look-up answers");
    assert!(here.is_none(), "it left");
    let trashed = pair.source.ports.organizations.find_trashed(id).await.expect("a look-up answers");
    let trashed = trashed.expect("it can be restored");
    assert_eq!(documents(&pair.source.ports, &trashed.collection()).await, all_documents());
    assert_eq!(told(&pair.source.ports, id).await, [Outcome::Done]);
    assert!(pair.notes.unfinished("here").await.is_empty());
    // A later run has no note, and knows from the record.
    let later = pair.run("two").await;
    let went = later.source.bundles().moved_to(&pair.here, &trashed).await.expect("the record");
    let went = went.map(|moved| (moved.workspace, moved.name));
    assert_eq!(went, Some(("There".to_owned(), "acme".to_owned())));

    let note = pair.notes.find(&moved.note.expect("it can be taken back")).await.expect("a note");
    let cancellation = Cancellation::default();
    let standing = pair.moving(&run, &cancellation).take_back(&note).await;
    assert_eq!(standing, Ok(Standing::AtSource));
    assert_eq!(documents(&pair.source.ports, &collection("acme")).await, all_documents());
    let found = pair.target.ports.organizations.find_trashed(id).await.expect("a look-up answers");
    assert!(found.is_some(), "what was written there meanwhile is not lost");
    assert_eq!(told(&pair.source.ports, id).await, [Outcome::Done, Outcome::Undone]);
    let organizations = run.source.organizations();
    let trashed = organizations.trash(&pair.here, id, Some("acme")).await.expect("trashed");
    let went = run.source.bundles().moved_to(&pair.here, &trashed).await;
    assert_eq!(went, Ok(None), "it is in the trash for another reason");
    pair.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_from_a_file_to_a_server_takes_everything_along() {
    a_move_takes_everything_along_and_can_be_taken_back(StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_from_a_server_to_a_file_takes_everything_along() {
    a_move_takes_everything_along_and_can_be_taken_back(StoreKind::MongoStandalone, StoreKind::SqliteOnFile)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_masked_copy_has_a_new_password_and_nothing_of_people() {
    let pair = Pair::open(StoreKind::SqliteOnFile, StoreKind::SqliteOnFile).await;
    let id = pair.organization("acme").await;
    let run = pair.run("one").await;
    let masking = Some(MaskingChoices::default());
    let copied =
        done(pair.carry_out(&run, MoveRequest { masking, ..wanted(id, MoveKind::Copy, "rehearsal") }).await);
    assert!(copied.note.is_none(), "there is nothing to take back at the source");
    assert_ne!(copied.received.organization.id, id, "a copy is another organization");
    assert!(pair.source.ports.organizations.find(id).await.expect("a look-up answers").is_some());
    let copy = documents(&pair.target.ports, &collection("rehearsal")).await.expect("it is there");
    assert_eq!(copy.len(), DOCUMENTS as usize);
    for (document, number) in copy.iter().zip(0..) {
        assert_eq!(document.get_i32("n").ok(), Some(number), "what says nothing of people stays");
        let text = document.to_string();
        assert!(!text.contains("Dana") && !text.contains("acme.com"), "{text}");
    }
    let there = Console::on(&pair.target);
    let old = there.try_sign_in("admin@rehearsal.example", &SecretString::from(PASSWORD)).await;
    assert!(matches!(old, Err(AppError::CredentialsRefused { .. })), "the hash came along");
    let new = there.try_sign_in("admin@rehearsal.example", &SecretString::from(NEW_PASSWORD)).await;
    assert!(new.is_ok());
    pair.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_way_is_told_before_anything_is_done() {
    let pair = Pair::open(StoreKind::SqliteOnFile, StoreKind::SqliteOnFile).await;
    let id = pair.organization("acme").await;
    let there = Console::on(&pair.target);
    there.organizations.create(&pair.there, create_request("acme")).await.expect("created");
    let run = pair.run("one").await;
    let request = || wanted(id, MoveKind::Move, "acme");
    let cancellation = Cancellation::default();
    let plan = pair.moving(&run, &cancellation).plan(&request()).await.expect("a plan");
    assert!(!plan.receive.problems.is_empty());
    let refused = pair.carry_out(&run, request()).await;
    assert!(matches!(refused, Err(AppError::InvalidInput(_))), "{refused:?}");
    assert!(told(&pair.source.ports, id).await.is_empty(), "a move that never began is on record");
    assert!(pair.notes.unfinished("here").await.is_empty());

    let looking = Console::on(&pair.source);
    let reader = looking.another_operator("reader@example.com", OperatorRole::ReadOnlyOperator).await.actor;
    let moving = pair.moving(&run, &cancellation);
    let moving = Moving { source: Side { actor: &reader, ..moving.source }, ..moving };
    let refused = moving.carry_out(wanted(id, MoveKind::Copy, "other")).await;
    assert!(matches!(refused, Err(AppError::Forbidden)), "{refused:?}");
    pair.remove().await;
}

/// What other software does to the source in the moment in which it is moved to the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meddling {
    /// Nothing.
    Nothing,
    /// Adds a document.
    Adds,
    /// Changes a document in its place.
    Changes,
    /// Drops the collection.
    Drops,
    /// Deactivates the organization, in its own document.
    Deactivates,
}

/// Meddles with the source, and can kill the run when it comes to compare the two sides.
#[derive(Clone)]
struct Meddler {
    ports: Ports,
    id: OrganizationId,
    meddling: Meddling,
    dies: bool,
    met: Arc<AtomicBool>,
    dead: Arc<AtomicBool>,
}

impl Meddler {
    fn of(pair: &Pair, id: OrganizationId, meddling: Meddling) -> Self {
        let ports = pair.source.ports.clone();
        Self { ports, id, meddling, dies: false, met: Arc::default(), dead: Arc::default() }
    }

    fn that_dies(self) -> Self {
        Self { dies: true, ..self }
    }

    async fn meddle(&self) -> Result<(), StoreError> {
        let (collections, acme) = (&self.ports.collections, collection("acme"));
        match self.meddling {
            Meddling::Nothing => Ok(()),
            Meddling::Adds => collections.insert_documents(&acme, &[bytes(&document(99))]).await,
            Meddling::Changes => {
                let changed = bytes(&doc! {"_id": 0, "changed": true});
                collections.replace_documents(&acme, &[(bytes(&document(0)), changed)]).await.map(drop)
            }
            Meddling::Drops => {
                let identity = collections.identity(&acme).await?.expect("it is there");
                collections.delete(&acme, &identity).await
            }
            Meddling::Deactivates => {
                let change = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
                self.ports.organizations.change(self.id, &change, OffsetDateTime::now_utc()).await.map(drop)
            }
        }
    }

    /// The move as this meddler lets it be.
    async fn moved(&self, pair: &Pair) -> Result<MoveEnd, AppError> {
        let ports = pair.source.reopened().await.under(self.clone());
        let run = pair.run_on(ports, pair.target.reopened().await, "one").await;
        let end = pair.carry_out(&run, wanted(self.id, MoveKind::Move, "acme")).await;
        assert!(self.met.load(Ordering::SeqCst));
        end
    }
}

impl Policy for Meddler {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call.name == "organizations.copy_to_trash" && !self.met.swap(true, Ordering::SeqCst) {
            self.meddle().await?;
        }
        let compares = ["organizations.trashed_document", "collections.documents"].contains(&call.name);
        if self.dies && compares && self.met.load(Ordering::SeqCst) {
            self.dead.store(true, Ordering::SeqCst);
        }
        if self.dead.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable { reason: "killed".to_owned() });
        }
        store.await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_comes_in_the_last_moment_is_not_left_behind() {
    let pair = Pair::open(StoreKind::SqliteOnFile, StoreKind::SqliteOnFile).await;
    let id = pair.organization("acme").await;
    let end = Meddler::of(&pair, id, Meddling::Adds).moved(&pair).await;
    assert!(matches!(end, Err(AppError::Store(StoreError::Changed { .. }))), "{end:?}");
    let here = documents(&pair.source.ports, &collection("acme")).await.expect("it is back");
    assert_eq!(here.len(), DOCUMENTS as usize + 1);
    assert_eq!(documents(&pair.target.ports, &collection("acme")).await, None, "a half of it is left there");
    assert_eq!(told(&pair.source.ports, id).await, [Outcome::Done, Outcome::Undone]);
    let trashed = pair.target.ports.organizations.find_trashed(id).await.expect("a look-up answers");
    assert!(trashed.is_none(), "its id is not free for another try");
    pair.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_service_changes_about_the_organization_meanwhile_is_not_left_behind() {
    let pair = Pair::open(StoreKind::SqliteOnFile, StoreKind::SqliteOnFile).await;
    let id = pair.organization("acme").await;
    let end = Meddler::of(&pair, id, Meddling::Deactivates).moved(&pair).await;
    assert!(matches!(end, Err(AppError::Store(StoreError::Changed { .. }))), "{end:?}");
    let here = pair.source.ports.organizations.find(id).await.expect("a look-up answers");
    assert!(!here.expect("it is back").is_active);
    assert_eq!(documents(&pair.source.ports, &collection("acme")).await, all_documents());
    assert!(pair.target.ports.organizations.find(id).await.expect("a look-up answers").is_none());
    pair.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_in_stays_in_the_trash_when_the_source_has_lost_its_documents() {
    let pair = Pair::open(StoreKind::SqliteOnFile, StoreKind::SqliteOnFile).await;
    let id = pair.organization("acme").await;
    let end = Meddler::of(&pair, id, Meddling::Drops).moved(&pair).await;
    assert!(matches!(end, Ok(MoveEnd::InTrash { .. })), "{end:?}");
    assert!(pair.source.ports.organizations.find(id).await.expect("a look-up answers").is_some());
    let trashed = pair.target.ports.organizations.find_trashed(id).await.expect("a look-up answers");
    let trashed = trashed.expect("the last copy was deleted");
    assert_eq!(documents(&pair.target.ports, &trashed.collection()).await, all_documents());
    assert!(pair.notes.unfinished("here").await.is_empty());
    assert_eq!(told(&pair.source.ports, id).await, [Outcome::Done, Outcome::Undone]);
    pair.remove().await;
}

/// A move that died after the trash of the source and before it compared, with what others did meanwhile; its note.
async fn dead_before_it_compared(pair: &Pair, meddling: Meddling) -> (OrganizationId, MoveNote) {
    let id = pair.organization("acme").await;
    let end = Meddler::of(pair, id, meddling).that_dies().moved(pair).await;
    assert!(matches!(end, Ok(MoveEnd::Unfinished { .. })), "{end:?}");
    pair.pass(STEP_PENDING).await;
    let [note] = pair.notes.unfinished("here").await.try_into().expect("one note");
    (id, note)
}

async fn a_move_that_died_before_it_compared_is_compared(meddling: Meddling) {
    let pair = Pair::open(StoreKind::SqliteOnFile, StoreKind::SqliteOnFile).await;
    let (id, note) = dead_before_it_compared(&pair, meddling).await;
    let next = pair.run("two").await;
    let cancellation = Cancellation::default();
    let moving = pair.moving(&next, &cancellation);
    assert_eq!(moving.standing(&note).await, Ok(Standing::AtTarget));
    let finished = moving.finish(&note).await.map(|(standing, _)| standing);
    assert!(
        matches!(finished, Err(AppError::Store(StoreError::Changed { .. }))),
        "{meddling:?} is only in the trash of the source, and nobody is told: {finished:?}"
    );
    assert_eq!(pair.notes.unfinished("here").await.len(), 1, "it can't be taken back");
    assert_eq!(moving.take_back(&note).await, Ok(Standing::AtSource));
    let here =
        pair.source.ports.organizations.find(id).await.expect("a look-up answers").expect("it is back");
    assert_eq!(here.is_active, meddling != Meddling::Deactivates);
    let found = documents(&pair.source.ports, &collection("acme")).await;
    assert_eq!(found == all_documents(), meddling == Meddling::Deactivates, "what was written last");
    assert!(pair.notes.unfinished("here").await.is_empty());
    pair.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_document_is_found_after_a_death_before_the_comparison() {
    a_move_that_died_before_it_compared_is_compared(Meddling::Adds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_change_is_found_after_a_death_before_the_comparison() {
    a_move_that_died_before_it_compared_is_compared(Meddling::Changes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_change_of_the_organization_is_found_after_a_death_before_the_comparison() {
    a_move_that_died_before_it_compared_is_compared(Meddling::Deactivates).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_died_before_it_compared_ends_where_nothing_was_left_behind() {
    let pair = Pair::open(StoreKind::SqliteOnFile, StoreKind::SqliteOnFile).await;
    let (id, note) = dead_before_it_compared(&pair, Meddling::Nothing).await;
    // The target is in use by then, and has what the source never had.
    let collections = &pair.target.ports.collections;
    collections.insert_documents(&collection("acme"), &[bytes(&document(7))]).await.expect("inserted");
    let next = pair.run("two").await;
    let cancellation = Cancellation::default();
    let moving = pair.moving(&next, &cancellation);
    // An earlier version noted nothing of what came in: then only the target tells.
    let earlier = MoveNote { came_in: None, own: None, ..note.clone() };
    let finished = moving.finish(&earlier).await.map(|(standing, _)| standing);
    assert!(matches!(finished, Err(AppError::Store(StoreError::Changed { .. }))), "{finished:?}");
    let finished = moving.finish(&note).await.map(|(standing, _)| standing);
    assert_eq!(finished, Ok(Standing::AtTarget));
    assert!(pair.notes.unfinished("here").await.is_empty());
    let trashed = pair.source.ports.organizations.find_trashed(id).await.expect("a look-up answers");
    assert!(trashed.is_some(), "it can be restored");
    pair.remove().await;
}

/// Kills the run at every write on either side, before it and after it, and loses single responses. The next run looks,
/// and finishes or takes back.
async fn survives(source: StoreKind, target: StoreKind) {
    let pair = Pair::open(source, target).await;
    let (mut number, mut met, mut both, mut arrived) = (0, 0, 0, 0);
    for moment in [Moment::Before, Moment::After] {
        for aftermath in [Aftermath::Dead, Aftermath::Recovers] {
            for write in 1..=MANY {
                number += 1;
                let fault = Fault { write, moment, aftermath };
                let called = format!("acme-{number}");
                let id = pair.organization(&called).await;
                let faulty = FaultyStore::over(&pair.source.reopened().await, fault);
                let other = faulty.beside(&pair.target.reopened().await);
                let run = pair.run_on(faulty.ports(), other, &format!("run-{number}")).await;
                let end = pair.carry_out(&run, wanted(id, MoveKind::Move, &called)).await;
                let was_met = faulty.was_met();
                drop(run);
                let live = |ports: Ports| async move {
                    ports.organizations.find(id).await.expect("a look-up answers").is_some()
                };
                let (here, there) =
                    (live(pair.source.ports.clone()).await, live(pair.target.ports.clone()).await);
                assert!(here || there, "{fault:?}: it is live in neither");
                if !was_met {
                    done(end);
                    assert!(write > 12, "a move has more writes than that");
                    break;
                }
                assert!(write < MANY, "a move ends");
                met += 1;

                pair.pass(STEP_PENDING).await;
                let next = pair.run(&format!("run-{number}-next")).await;
                let notes = pair.notes.unfinished("here").await;
                let cancellation = Cancellation::default();
                let moving = pair.moving(&next, &cancellation);
                if let [note] = notes.as_slice() {
                    let standing = moving.standing(note).await.expect("it is found");
                    assert_ne!(standing, Standing::InNeither, "{fault:?}");
                    both += u32::from(standing == Standing::InBoth);
                    arrived += u32::from(standing == Standing::AtTarget);
                    if number % 2 == 0 {
                        moving.finish(note).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
                    } else {
                        moving.take_back(note).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
                    }
                } else {
                    assert!(notes.is_empty(), "{fault:?}: {notes:?}");
                }
                let at = |ports: &Ports| {
                    let (ports, called) = (ports.clone(), called.clone());
                    async move {
                        let found = ports.organizations.find_by_name(&name(&called)).await;
                        let is_live = found.expect("a look-up answers").is_some();
                        (is_live, documents(&ports, &collection(&called)).await)
                    }
                };
                let (here, there) = (at(&pair.source.ports).await, at(&pair.target.ports).await);
                let whole = (true, all_documents());
                let nothing = (false, None);
                assert!(
                    (here == whole && there == nothing) || (here == nothing && there == whole),
                    "{fault:?} {end:?}: whole in one of them, and nothing of it in the other: {here:?} {there:?}"
                );
                let is_there = there == whole;
                let last = told(&pair.source.ports, id).await.last().copied();
                let says_there = last == Some(Outcome::Done);
                assert!(
                    last.is_none() || says_there == is_there || last == Some(Outcome::Failed),
                    "{fault:?}: {last:?}"
                );
                assert!(pair.notes.unfinished("here").await.is_empty());
                for ports in [&pair.source.ports, &pair.target.ports] {
                    assert_eq!(ports.journal.unfinished().await, Ok(Vec::new()), "{fault:?}");
                }
            }
        }
    }
    assert!(both > 0 && arrived > 0, "no run died between the two acts: {met} {both} {arrived}");
    println!("{source:?} to {target:?}: {met} faults, {both} left it in both, {arrived} at the target");
    pair.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_from_a_file_to_a_server_survives_a_crash_at_any_write() {
    survives(StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_from_a_server_to_a_file_survives_a_crash_at_any_write() {
    survives(StoreKind::MongoStandalone, StoreKind::SqliteOnFile).await;
}
