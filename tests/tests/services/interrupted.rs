//! Interrupted operations: finishing or undoing them later loses no documents, whatever happened meanwhile.

use std::sync::Arc;

use bson::doc;
use bson::oid::ObjectId;
use tenantry_core::clock::Clock;
use tenantry_core::error::{AppError, ConflictOn, StoreError};
use tenantry_core::limits::{OPERATION_LEASE, STEP_PENDING};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    CollectionIdentity, Operation, OperationPlan, Organization, OrganizationFilter, OrganizationQuery, Owner,
    PageStart, RecoveryOutcome, SortDirection, SortField, StatusFilter, Trashed, TrashedCollection,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::{CollectionName, CopyId, OrganizationId};
use tenantry_tests::console::{Console, OPERATOR, Run, create_request};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment};
use tenantry_tests::scripted::{Answer, ScriptedCollections};
use tenantry_tests::suite::{collection, delete_collection, move_collection, name, seen};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

/// A workspace with the organization `acme` and three documents of it.
struct Case {
    workspace: TestWorkspace,
    console: Console,
    operator: Actor,
    acme: Organization,
}

impl Case {
    async fn open() -> Self {
        let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        fill(&workspace.ports, &acme.collection(), 3).await;
        Self { workspace, console, operator, acme }
    }

    async fn trashed(&self) -> Option<Organization> {
        self.workspace.ports.organizations.find_trashed(self.acme.id).await.expect("a look answers")
    }

    /// Where the documents wait, or where an earlier version would set them aside.
    async fn in_trash(&self) -> CollectionName {
        let place = |trashed: Organization| trashed.collection();
        self.trashed().await.map_or_else(|| CollectionName::in_trash(self.acme.id), place)
    }

    /// The mark of the copy in the trash.
    async fn copy(&self) -> Option<CopyId> {
        self.trashed().await.and_then(|trashed| trashed.trashed).and_then(|trashed| trashed.copy)
    }

    /// A console whose collections respond as scripted.
    fn console_with(&self, scripted: ScriptedCollections) -> (Arc<ScriptedCollections>, Console) {
        let scripted = Arc::new(scripted);
        let run = Run { instance: "scripted-run".to_owned(), ..Run::default() };
        let console = Console::run(scripted.ports(&self.workspace.ports), &self.workspace.clock, run);
        (scripted, console)
    }

    fn answering(&self, answers: impl IntoIterator<Item = Answer>) -> (Arc<ScriptedCollections>, Console) {
        self.console_with(ScriptedCollections::over(&self.workspace.ports, answers))
    }

    fn without_identities(&self) -> Console {
        self.console_with(ScriptedCollections::over(&self.workspace.ports, []).without_identities()).1
    }

    /// Writes the intent of a dead run.
    async fn left(&self, plan: OperationPlan) {
        let owner = Owner { installation: "this-computer".to_owned(), instance: "dead-run".to_owned() };
        let left = Operation::new(self.acme.id, plan, owner, OPERATOR.to_owned());
        self.workspace.ports.journal.begin(&left).await.expect("begun");
        self.workspace.clock.advance(STEP_PENDING);
    }

    async fn identity(&self, name: &CollectionName) -> Option<CollectionIdentity> {
        self.workspace.ports.collections.identity(name).await.expect("a look answers")
    }

    async fn rename_collection(&self, from: &CollectionName, to: &CollectionName) {
        move_collection(&self.workspace.ports, from, to).await.expect("renamed");
    }

    /// Documents of a collection, `None` if there is none.
    async fn documents(&self, name: &CollectionName) -> Option<u64> {
        match self.workspace.ports.collections.statistics(name).await {
            Ok(statistics) => Some(statistics.documents),
            Err(StoreError::CollectionMissing { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    async fn live(&self) -> Option<Organization> {
        self.workspace.ports.organizations.find(self.acme.id).await.expect("a look answers")
    }

    async fn is_in_trash(&self) -> bool {
        self.trashed().await.is_some()
    }

    async fn entries(&self) -> usize {
        self.workspace.ports.journal.unfinished().await.expect("the journal is read").len()
    }
}

async fn fill(ports: &Ports, name: &CollectionName, documents: usize) {
    ports.collections.create(name).await.expect("created");
    let documents: Vec<_> =
        (0..documents).map(|_| doc! {"_id": ObjectId::new()}.to_vec().expect("bytes")).collect();
    ports.collections.insert_documents(name, &documents).await.expect("inserted");
}

async fn recover(console: &Console) -> RecoveryOutcome {
    let recovered = console.operations.recover().await.expect("the journal is read");
    assert_eq!(recovered.len(), 1);
    recovered[0].outcome.clone()
}

fn needs_attention(outcome: &RecoveryOutcome) -> bool {
    matches!(outcome, RecoveryOutcome::NeedsAttention { .. })
}

async fn list(console: &Console, operator: &Actor) {
    let query = OrganizationQuery {
        filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 10,
    };
    console.organizations.page(operator, query).await.expect("a page");
}

fn denied() -> StoreError {
    StoreError::Denied { action: "createCollection".to_owned(), namespace: None }
}

fn is_unclear<T>(answer: Result<T, AppError>) -> bool {
    matches!(answer, Err(AppError::Store(error)) if error.is_unclear())
}

#[tokio::test]
async fn a_finished_create_survives_whoever_settles_it_without_the_right_to_create() {
    let case = Case::open().await;
    case.left(OperationPlan::Create { name: name("acme") }).await;
    let (_, console) = case.answering([Answer::Refused(denied())]);
    assert_eq!(recover(&console).await, RecoveryOutcome::Finished);
    assert_eq!(case.live().await, Some(case.acme.clone()));
    assert_eq!(case.documents(&collection("acme")).await, Some(3));

    delete_collection(&case.workspace.ports, &collection("acme")).await.expect("deleted");
    case.left(OperationPlan::Create { name: name("acme") }).await;
    let (_, console) = case.answering([Answer::Refused(denied())]);
    assert!(needs_attention(&recover(&console).await), "its collection is missing");
    assert_eq!(case.live().await, Some(case.acme.clone()), "the organization stays");
}

#[tokio::test]
async fn a_create_whose_collection_is_refused_at_once_leaves_nothing() {
    let case = Case::open().await;
    let (_, console) = case.answering([Answer::Refused(denied()), Answer::Refused(denied())]);
    let refused = console.organizations.create(&case.operator, create_request("globex")).await;
    assert_eq!(refused, Err(AppError::Store(denied())));
    let found = case.workspace.ports.organizations.find_by_name(&name("globex")).await;
    assert_eq!((found, case.entries().await), (Ok(None), 0));
}

#[tokio::test]
async fn a_create_that_left_only_its_collection_leaves_nothing_but_documents() {
    let case = Case::open().await;
    let (ports, globex) = (&case.workspace.ports, collection("globex"));
    for documents in [0, 2] {
        let owner = Owner { installation: "this-computer".to_owned(), instance: "dead-run".to_owned() };
        let plan = OperationPlan::Create { name: name("globex") };
        let left = Operation::new(OrganizationId::new(), plan, owner, OPERATOR.to_owned());
        ports.journal.begin(&left).await.expect("begun");
        fill(ports, &globex, documents).await;
        case.workspace.clock.advance(STEP_PENDING);
        assert_eq!(recover(&case.console).await, RecoveryOutcome::Undone);
        let kept = u64::try_from(documents).ok().filter(|documents| *documents > 0);
        assert_eq!((case.documents(&globex).await, case.entries().await), (kept, 0));
    }
    assert_eq!(case.documents(&collection("acme")).await, Some(3));
}

#[tokio::test]
async fn a_trash_whose_move_is_still_on_its_way_keeps_the_documents_in_the_trash() {
    let case = Case::open().await;
    let (_, console) = case.answering([Answer::Late]);
    console.organizations.trash(&case.operator, case.acme.id, None).await.expect("it is done after all");
    assert_eq!((case.live().await, case.is_in_trash().await), (None, true));
    assert_eq!(case.documents(&case.in_trash().await).await, Some(3));
}

#[tokio::test]
async fn a_trash_whose_move_is_refused_for_good_brings_the_organization_back() {
    let case = Case::open().await;
    let (_, console) = case.answering([Answer::Refused(denied()), Answer::Refused(denied())]);
    let refused = console.organizations.trash(&case.operator, case.acme.id, None).await;
    assert_eq!(refused, Err(AppError::Store(denied())));
    assert_eq!(case.live().await.map(|live| live.name), Some(name("acme")));
    assert_eq!((case.documents(&collection("acme")).await, case.is_in_trash().await), (Some(3), false));
    assert_eq!(case.entries().await, 0);
    console
        .organizations
        .trash(&case.operator, case.acme.id, None)
        .await
        .expect("nothing stands in the way later");
}

#[tokio::test]
async fn a_trash_that_finds_something_in_its_place_moves_nothing_and_waits_for_attention() {
    let case = Case::open().await;
    let known = case.identity(&collection("acme")).await;
    let (at, by) = (case.workspace.clock.now().into(), OPERATOR.to_owned());
    let trashed = Trashed { at, by, collection: TrashedCollection::Moved, copy: None };
    let ports = &case.workspace.ports;
    ports.organizations.copy_to_trash(case.acme.id, &trashed).await.expect("copied");
    let in_its_place = case.in_trash().await;
    ports.collections.create(&in_its_place).await.expect("created");
    case.left(OperationPlan::Trash { name: name("acme"), trashed, collection: known }).await;
    for console in [case.answering([]).1, case.without_identities()] {
        assert!(needs_attention(&recover(&console).await));
        assert_eq!(case.documents(&collection("acme")).await, Some(3));
        assert_eq!((case.entries().await, case.is_in_trash().await), (1, true));
        case.workspace.clock.advance(STEP_PENDING);
    }
    delete_collection(ports, &in_its_place).await.expect("out of the way");
    assert_eq!(recover(&case.console).await, RecoveryOutcome::Finished);
    assert_eq!(case.documents(&in_its_place).await, Some(3));
}

#[tokio::test]
async fn a_restore_whose_organization_was_brought_back_by_others_leaves_the_copy_and_its_documents() {
    let case = Case::open().await;
    let organizations = &case.workspace.ports.organizations;
    let backup = organizations.document(case.acme.id).await.expect("read").expect("it is there");
    case.console.organizations.trash(&case.operator, case.acme.id, None).await.expect("trashed");
    let (aside, copy, target) = (case.in_trash().await, case.copy().await, collection("acme-2"));
    for is_moved in [false, true] {
        let known = case.identity(&aside).await;
        if is_moved {
            case.rename_collection(&aside, &target).await;
        }
        if case.live().await.is_none() {
            organizations.insert_document(&backup).await.expect("brought back");
        }
        case.left(OperationPlan::Restore { name: name("acme-2"), copy, collection: known }).await;
        assert_eq!(recover(&case.console).await, RecoveryOutcome::Undone, "moved: {is_moved}");
        assert_eq!(case.copy().await, copy, "the newer document is still in the trash");
        assert_eq!((case.documents(&aside).await, case.documents(&target).await), (Some(3), None));
        assert_eq!(case.live().await.map(|live| live.name), Some(name("acme")));
    }
}

#[tokio::test]
async fn a_rename_whose_old_collection_was_made_anew_keeps_its_documents() {
    let case = Case::open().await;
    let (source, target) = (collection("acme"), collection("zenith"));
    let known = case.identity(&source).await;
    let plan =
        |identity| OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: identity };
    case.rename_collection(&source, &target).await;
    fill(&case.workspace.ports, &source, 1).await;
    case.left(plan(known)).await;
    assert!(needs_attention(&recover(&case.without_identities()).await), "which is which is not told");
    case.workspace.clock.advance(STEP_PENDING);
    assert!(needs_attention(&recover(&case.console).await), "the new one has documents");
    assert_eq!((case.documents(&source).await, case.documents(&target).await), (Some(1), Some(3)));

    delete_collection(&case.workspace.ports, &source).await.expect("emptied");
    case.workspace.ports.collections.create(&source).await.expect("made anew");
    case.workspace.clock.advance(STEP_PENDING);
    assert_eq!(recover(&case.console).await, RecoveryOutcome::Finished);
    assert_eq!(case.live().await.map(|live| live.name), Some(name("zenith")));
    assert_eq!((case.documents(&source).await, case.documents(&target).await), (None, Some(3)));
}

#[tokio::test]
async fn a_move_that_was_overtaken_leaves_everything_where_it_was_and_nothing_to_settle() {
    let case = Case::open().await;
    let (source, target) = (collection("acme"), collection("zenith"));
    let overtaken = || ScriptedCollections::over(&case.workspace.ports, [Answer::Overtaken]);
    for scripted in [overtaken(), overtaken().without_identities()] {
        let (_, console) = case.console_with(scripted);
        let refused = console.organizations.rename(&case.operator, case.acme.id, "zenith").await;
        assert_eq!(refused, Err(AppError::Conflict(ConflictOn::Collection)));
        assert_eq!((case.documents(&source).await, case.entries().await), (Some(3), 0));
        delete_collection(&case.workspace.ports, &target).await.expect("deleted");
    }
}

#[tokio::test]
async fn a_rename_of_an_earlier_version_goes_by_names_only_where_they_are_clear() {
    let case = Case::open().await;
    let (source, target) = (collection("acme"), collection("zenith"));
    let untold = Some(CollectionIdentity(None));
    let plan = OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: untold };
    case.left(plan.clone()).await;
    assert_eq!(recover(&case.console).await, RecoveryOutcome::Undone, "it was not moved");
    case.rename_collection(&source, &target).await;
    case.workspace.ports.collections.create(&source).await.expect("made anew");
    case.left(plan).await;
    assert!(needs_attention(&recover(&case.console).await), "both are there");
    delete_collection(&case.workspace.ports, &source).await.expect("deleted");
    case.workspace.clock.advance(STEP_PENDING);
    assert_eq!(recover(&case.console).await, RecoveryOutcome::Finished);
    assert_eq!(case.documents(&target).await, Some(3));
}

#[tokio::test]
async fn a_trash_whose_name_was_taken_after_the_move_is_finished_and_the_new_collection_stays() {
    let case = Case::open().await;
    let source = collection("acme");
    let known = case.identity(&source).await;
    let trashed = Trashed {
        at: case.workspace.clock.now().into(),
        by: OPERATOR.to_owned(),
        collection: TrashedCollection::Moved,
        copy: None,
    };
    let ports = &case.workspace.ports;
    ports.organizations.copy_to_trash(case.acme.id, &trashed).await.expect("copied");
    ports.organizations.remove(&seen(ports, case.acme.id).await).await.expect("removed");
    case.rename_collection(&source, &case.in_trash().await).await;
    fill(ports, &source, 1).await;
    case.left(OperationPlan::Trash { name: name("acme"), trashed, collection: known }).await;
    assert!(needs_attention(&recover(&case.without_identities()).await));
    case.workspace.clock.advance(STEP_PENDING);
    assert_eq!(recover(&case.console).await, RecoveryOutcome::Finished);
    assert_eq!(
        (case.documents(&source).await, case.documents(&case.in_trash().await).await),
        (Some(1), Some(3))
    );
}

#[tokio::test]
async fn a_restore_that_finds_its_name_taken_by_a_collection_stays_in_the_trash() {
    let case = Case::open().await;
    case.console.organizations.trash(&case.operator, case.acme.id, None).await.expect("trashed");
    let known = case.identity(&case.in_trash().await).await;
    fill(&case.workspace.ports, &collection("acme"), 1).await;
    let copy = case.copy().await;
    case.left(OperationPlan::Restore { name: name("acme"), copy, collection: known }).await;
    assert!(needs_attention(&recover(&case.without_identities()).await));
    case.workspace.clock.advance(STEP_PENDING);
    assert_eq!(recover(&case.console).await, RecoveryOutcome::Undone);
    assert_eq!(case.documents(&case.in_trash().await).await, Some(3));
    assert_eq!((case.live().await, case.is_in_trash().await), (None, true));
}

#[tokio::test]
async fn a_restore_begins_from_what_an_interrupted_trash_left() {
    let case = Case::open().await;
    let known = case.identity(&collection("acme")).await;
    let trashed = Trashed {
        at: case.workspace.clock.now().into(),
        by: OPERATOR.to_owned(),
        collection: TrashedCollection::Moved,
        copy: None,
    };
    let ports = &case.workspace.ports;
    ports.organizations.copy_to_trash(case.acme.id, &trashed).await.expect("copied");
    ports.organizations.remove(&seen(ports, case.acme.id).await).await.expect("removed");
    case.left(OperationPlan::Trash { name: name("acme"), trashed, collection: known }).await;
    let restored = case.console.organizations.restore(&case.operator, case.acme.id, None).await;
    assert!(restored.is_ok(), "{restored:?}");
    assert_eq!((case.documents(&collection("acme")).await, case.entries().await), (Some(3), 0));
}

#[tokio::test]
async fn while_a_move_may_still_happen_the_organization_is_busy_for_everybody() {
    let case = Case::open().await;
    let (scripted, console) = case.answering([Answer::Late]);
    let acts = &console.organizations;
    assert!(is_unclear(acts.rename(&case.operator, case.acme.id, "zenith").await));
    let again = acts.rename(&case.operator, case.acme.id, "globex").await;
    assert_eq!(again, Err(AppError::Busy { act: "rename" }));
    list(&console, &case.operator).await;
    assert_eq!(case.entries().await, 1, "it is too early to settle");

    let elsewhere = Run { installation: "another-computer", ..Run::default() };
    let elsewhere = Console::run(case.workspace.ports.clone(), &case.workspace.clock, elsewhere);
    case.workspace.clock.advance(OPERATION_LEASE.saturating_sub(STEP_PENDING * 2));
    let other = elsewhere.organizations.trash(&case.operator, case.acme.id, None).await;
    assert_eq!(other, Err(AppError::Busy { act: "rename" }));

    scripted.catch_up().await;
    list(&console, &case.operator).await;
    assert_eq!((case.entries().await, case.documents(&collection("zenith")).await), (0, Some(3)));
    assert_eq!(case.live().await.map(|live| live.name), Some(name("zenith")));
}

#[tokio::test]
async fn an_act_that_was_finished_with_a_lost_answer_is_settled_once_nothing_of_it_can_be_pending() {
    let case = Case::open().await;
    let (_, console) = case.answering([Answer::Late]);
    console.organizations.trash(&case.operator, case.acme.id, None).await.expect("it is done after all");
    let restored = console.organizations.restore(&case.operator, case.acme.id, None).await;
    assert_eq!(restored, Err(AppError::Busy { act: "trash" }));
    case.workspace.clock.advance(STEP_PENDING);
    let restored = console.organizations.restore(&case.operator, case.acme.id, None).await;
    assert!(restored.is_ok(), "{restored:?}");
}

/// A console that loses the response of one write.
fn losing(case: &Case, write: u32, moment: Moment) -> Console {
    let fault = Fault { write, moment, aftermath: Aftermath::Recovers };
    let run = Run { instance: "unlucky-run".to_owned(), ..Run::default() };
    Console::run(FaultyStore::over(&case.workspace.ports, fault).ports(), &case.workspace.clock, run)
}

#[tokio::test]
async fn an_act_whose_end_was_lost_is_ended_at_the_next_list() {
    for moment in [Moment::Before, Moment::After] {
        let case = Case::open().await;
        // Intent and record, the collection, the name, the end.
        let console = losing(&case, 5, moment);
        console.organizations.rename(&case.operator, case.acme.id, "zenith").await.expect("renamed");
        list(&console, &case.operator).await;
        assert_eq!(case.entries().await, 0, "{moment:?}");
        assert_eq!(case.documents(&collection("zenith")).await, Some(3));
    }
}

#[tokio::test]
async fn a_deletion_that_was_told_to_have_failed_is_not_carried_out_by_a_restore() {
    let case = Case::open().await;
    let id = case.acme.id;
    case.console.organizations.trash(&case.operator, id, None).await.expect("trashed");
    // The response to the intent is lost: no step was taken.
    let console = losing(&case, 1, Moment::After);
    assert!(is_unclear(console.organizations.delete_forever(&case.operator, id, "acme").await));
    console.organizations.restore(&case.operator, id, None).await.expect("restored");
    assert_eq!(case.documents(&collection("acme")).await, Some(3));

    case.console.organizations.trash(&case.operator, id, None).await.expect("trashed");
    let lost = StoreError::Unavailable { reason: "the line broke".to_owned() };
    let (_, console) = case.answering([Answer::Refused(lost)]);
    assert!(is_unclear(console.organizations.delete_forever(&case.operator, id, "acme").await));
    let early = console.organizations.restore(&case.operator, id, None).await;
    assert_eq!(early, Err(AppError::Busy { act: "delete_forever" }), "the server may be at it");
    case.workspace.clock.advance(STEP_PENDING);
    console.organizations.restore(&case.operator, id, None).await.expect("restored");
    assert_eq!(case.documents(&collection("acme")).await, Some(3));
}

#[tokio::test]
async fn a_deletion_that_happened_after_all_takes_the_copy_in_the_trash_along() {
    let case = Case::open().await;
    let id: OrganizationId = case.acme.id;
    case.console.organizations.trash(&case.operator, id, None).await.expect("trashed");
    let (scripted, console) = case.answering([Answer::Late]);
    assert!(is_unclear(console.organizations.delete_forever(&case.operator, id, "acme").await));
    assert!(case.is_in_trash().await);
    scripted.catch_up().await;
    case.workspace.clock.advance(STEP_PENDING);
    list(&console, &case.operator).await;
    assert_eq!((case.is_in_trash().await, case.entries().await), (false, 0));
}

#[tokio::test]
async fn a_deletion_of_an_organization_without_a_collection_is_done_or_not() {
    let case = Case::open().await;
    let id = case.acme.id;
    delete_collection(&case.workspace.ports, &collection("acme")).await.expect("deleted");
    case.console.organizations.trash(&case.operator, id, None).await.expect("trashed");
    let copy = case.copy().await;
    let plan = OperationPlan::DeleteForever { name: name("acme"), copy, collection: None };
    case.left(plan.clone()).await;
    assert_eq!(recover(&case.console).await, RecoveryOutcome::Undone);
    assert!(case.is_in_trash().await);
    case.workspace.ports.organizations.remove_trashed(id, copy).await.expect("removed");
    case.left(plan).await;
    assert_eq!(recover(&case.console).await, RecoveryOutcome::Finished);
}

#[tokio::test]
async fn a_rename_whose_organization_is_gone_says_where_its_documents_are() {
    let case = Case::open().await;
    let (source, target) = (collection("acme"), collection("zenith"));
    let known = case.identity(&source).await;
    let plan = OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: known };
    case.rename_collection(&source, &target).await;
    let ports = &case.workspace.ports;
    ports.organizations.remove(&seen(ports, case.acme.id).await).await.expect("removed by other software");
    case.left(plan).await;
    let outcome = recover(&case.console).await;
    let RecoveryOutcome::NeedsAttention { reason } = &outcome else { panic!("nobody is told: {outcome:?}") };
    assert!(reason.contains("org_zenith"), "{reason}");
    assert_eq!((case.documents(&target).await, case.entries().await), (Some(3), 1));
}

#[tokio::test]
async fn a_rename_whose_organization_went_to_the_trash_takes_its_documents_there() {
    let case = Case::open().await;
    let (source, target) = (collection("acme"), collection("zenith"));
    let known = case.identity(&source).await;
    case.rename_collection(&source, &target).await;
    let (at, by) = (case.workspace.clock.now().into(), OPERATOR.to_owned());
    let copy = Some(CopyId::new());
    let trashed = Trashed { at, by, collection: TrashedCollection::Moved, copy };
    let ports = &case.workspace.ports;
    ports.organizations.copy_to_trash(case.acme.id, &trashed).await.expect("copied");
    ports.organizations.remove_copied(case.acme.id, copy).await.expect("removed");
    case.left(OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: known }).await;
    assert_eq!(recover(&case.console).await, RecoveryOutcome::Undone);
    assert_eq!(case.documents(&case.in_trash().await).await, Some(3));
    assert_eq!(case.documents(&target).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_from_the_end_of_the_calendar_is_settled_like_any_other() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet, StoreKind::MongoStandalone] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        console.operator().await;
        let acme = console.create("acme").await;
        let plan = OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: None };
        let owner = Owner { installation: "another-computer".to_owned(), instance: "its-run".to_owned() };
        let left = Operation::new(acme.id, plan, owner, OPERATOR.to_owned());
        workspace.ports.journal.begin(&left).await.expect("begun");
        let last = time::macros::datetime!(9999-12-31 23:59:59.999 UTC).unix_timestamp_nanos() / 1_000_000;
        let last = i64::try_from(last).expect("a date");
        match workspace.file() {
            Some(file) => {
                let raw = rusqlite::Connection::open(file).expect("another writer");
                let sql = "UPDATE console_operations SET started_at = ?1, begun_at = ?1";
                assert_eq!(raw.execute(sql, [last]).expect("written"), 1);
            }
            None => {
                let raw = workspace.database().await.collection::<bson::Document>("console_operations");
                let date = bson::DateTime::from_millis(last);
                let set = doc! { "$set": { "started_at": date, "begun_at": date } };
                assert_eq!(raw.update_one(doc! {}, set).await.expect("written").matched_count, 1);
            }
        }
        let early = console.operations.recover().await.expect("the journal is read");
        assert_eq!(early[0].outcome, RecoveryOutcome::InProgressElsewhere, "{kind:?}");
        workspace.clock.advance(OPERATION_LEASE);
        let late = console.operations.recover().await.expect("the journal is read");
        assert_eq!(late[0].outcome, RecoveryOutcome::Undone, "{kind:?}");
        workspace.remove().await;
    }
}
