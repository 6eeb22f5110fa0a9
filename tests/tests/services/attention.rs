//! Interrupted operations that only a person can decide: they see what exists, no choice loses a document, and an
//! operation whose data is gone ends by itself.

use bson::doc;
use bson::oid::ObjectId;
use tenantry_core::attention::{Data, Destination, Unsettled};
use tenantry_core::clock::Clock;
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::records::{
    Access, ActivityKind, CollectionIdentity, NewOrganization, Operation, OperationPlan, Organization, Owner,
    Recovered, RecoveryOutcome, Trashed, TrashedCollection,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::{CollectionName, CopyId};
use tenantry_tests::console::{Console, OPERATOR, Run};
use tenantry_tests::suite::{
    collection, delete_collection, email, move_collection, name, organization, seen,
};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const STORES: [StoreKind; 3] =
    [StoreKind::SqliteInMemory, StoreKind::MongoReplicaSet, StoreKind::MongoStandalone];

/// An operation of a dead run on `acme`, which has three documents, and what happened to the data meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// The collection was moved, and other software recreated the old one with a document.
    RenameMadeAnew,
    /// Other software gave the organization a third name after the collection was moved.
    RenamedElsewhere,
    /// The copy is in the trash, and an empty collection is in the collection's place there.
    TrashInTheWay,
    /// The copy is in the trash, and another organization has the name, and so the collection.
    TrashNameTaken,
    /// The collection in the trash was recreated, and another one has the name.
    RestoreTwice,
}

struct Case {
    workspace: TestWorkspace,
    console: Console,
    operator: Actor,
    acme: Organization,
    /// Its copy in the trash.
    copy: CopyId,
}

impl Case {
    async fn open(kind: StoreKind) -> Self {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        let case = Self { workspace, console, operator, acme, copy: CopyId::new() };
        case.fill(&collection("acme"), 3).await;
        case
    }

    async fn with(kind: StoreKind, left: Left) -> Self {
        let case = Self::open(kind).await;
        let (acme, zenith, in_trash) = (collection("acme"), collection("zenith"), case.in_trash());
        let collection = case.identity(&acme).await;
        let rename =
            OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: collection.clone() };
        match left {
            Left::RenameMadeAnew => {
                case.rename(&acme, &zenith).await;
                case.fill(&acme, 1).await;
                case.leave(rename).await;
            }
            Left::RenamedElsewhere => {
                case.rename(&acme, &zenith).await;
                let now = case.workspace.clock.now();
                let organizations = &case.workspace.ports.organizations;
                let acme = seen(&case.workspace.ports, case.acme.id).await;
                organizations.set_name(&acme, &name("globex"), now).await.expect("renamed");
                case.leave(rename).await;
            }
            Left::TrashInTheWay | Left::TrashNameTaken => {
                let plan = case.put_copy_in_trash(collection).await;
                if left == Left::TrashInTheWay {
                    case.workspace.ports.collections.create(&in_trash).await.expect("created");
                } else {
                    let admin_email = email("somebody@example.com");
                    let new = &NewOrganization { admin_email, ..organization("acme") };
                    case.workspace.ports.organizations.insert(new).await.expect("inserted");
                }
                case.leave(plan).await;
            }
            Left::RestoreTwice => {
                case.put_copy_in_trash(collection).await;
                case.rename(&acme, &in_trash).await;
                let collection = Some(CollectionIdentity(Some("of a collection that is gone".to_owned())));
                case.fill(&acme, 1).await;
                case.leave(OperationPlan::Restore { name: name("acme"), copy: Some(case.copy), collection })
                    .await;
            }
        }
        case
    }

    async fn put_copy_in_trash(&self, collection: Option<CollectionIdentity>) -> OperationPlan {
        let at = self.workspace.clock.now().into();
        let collected = TrashedCollection::Moved;
        let trashed = Trashed { at, by: OPERATOR.to_owned(), collection: collected, copy: Some(self.copy) };
        let organizations = &self.workspace.ports.organizations;
        organizations.copy_to_trash(self.acme.id, &trashed).await.expect("copied");
        organizations.remove_copied(self.acme.id, Some(self.copy)).await.expect("removed");
        OperationPlan::Trash { name: name("acme"), trashed, collection }
    }

    async fn leave(&self, plan: OperationPlan) {
        let owner = Owner { installation: "this-computer".to_owned(), instance: "dead-run".to_owned() };
        let left = Operation::new(self.acme.id, plan, owner, "dana@example.com".to_owned());
        self.workspace.ports.journal.begin(&left).await.expect("begun");
        self.workspace.pass(STEP_PENDING).await;
    }

    fn in_trash(&self) -> CollectionName {
        CollectionName::set_aside(self.copy)
    }

    async fn identity(&self, name: &CollectionName) -> Option<CollectionIdentity> {
        self.workspace.ports.collections.identity(name).await.expect("a look answers")
    }

    async fn rename(&self, from: &CollectionName, to: &CollectionName) {
        move_collection(&self.workspace.ports, from, to).await.expect("renamed");
    }

    async fn fill(&self, name: &CollectionName, documents: usize) {
        let collections = &self.workspace.ports.collections;
        collections.create(name).await.expect("created");
        let documents: Vec<_> =
            (0..documents).map(|_| doc! {"_id": ObjectId::new()}.to_vec().expect("bytes")).collect();
        collections.insert_documents(name, &documents).await.expect("inserted");
    }

    async fn documents(&self, name: &CollectionName) -> Option<u64> {
        match self.workspace.ports.collections.statistics(name).await {
            Ok(statistics) => Some(statistics.documents),
            Err(StoreError::CollectionMissing { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Documents under every name of the operations.
    async fn all_documents(&self) -> u64 {
        let mut all = 0;
        for name in [collection("acme"), collection("zenith"), collection("globex"), self.in_trash()] {
            all += self.documents(&name).await.unwrap_or(0);
        }
        all
    }

    async fn list(&self) -> Vec<Unsettled> {
        self.console.attention.list(&self.operator).await.expect("a list")
    }

    async fn recover(&self) -> RecoveryOutcome {
        let recovered = self.console.operations.recover().await.expect("the journal is read");
        let [Recovered { outcome, .. }] = recovered.as_slice() else { panic!("{recovered:?}") };
        outcome.clone()
    }

    async fn entries(&self) -> usize {
        self.workspace.ports.journal.unfinished().await.expect("the journal is read").len()
    }

    /// The newest entry of the record about the organization.
    async fn newest(&self) -> (ActivityKind, String, String) {
        let newest = tenantry_tests::suite::newest(&self.workspace.ports, self.acme.id, 1).await.remove(0);
        (newest.kind, newest.actor, newest.detail.unwrap_or_default())
    }

    /// Trash, restore and rename, as for any organization.
    async fn is_usable(&self, what: &str) {
        let (acts, id) = (&self.console.organizations, self.acme.id);
        if acts.get(&self.operator, &id.to_hex()).await.expect("it is there").trashed.is_none() {
            acts.trash(&self.operator, id, None).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        acts.restore(&self.operator, id, Some("usable"))
            .await
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        acts.rename(&self.operator, id, "usable-2").await.unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

async fn every_choice_loses_nothing(left: Left) {
    for kind in STORES {
        let mut number = 0;
        loop {
            let case = Case::with(kind, left).await;
            let before = case.all_documents().await;
            let listed = case.list().await;
            let [unsettled] = listed.as_slice() else { panic!("{kind:?}: {listed:?}") };
            assert!(unsettled.reason.is_some(), "{kind:?}: nobody says why");
            let Some(choice) = unsettled.choices.get(number) else {
                assert!(number > 0, "{kind:?}: there is no way out of {left:?}");
                case.workspace.remove().await;
                break;
            };
            let what = format!("{kind:?} {left:?} {choice}");
            let (id, seen) = (case.acme.id, unsettled.facts.seen());
            let decided = case.console.attention.decide(&case.operator, id, &seen, &choice.id()).await;
            assert_eq!(decided.as_ref(), Ok(choice), "{what}");
            assert_eq!(case.entries().await, 0, "{what}: it is busy for ever");
            assert_eq!(case.all_documents().await, before, "{what}: a document is lost");
            for odd in &choice.left {
                assert!(case.documents(odd).await.is_some(), "{what}: {odd} was to be left");
            }
            let now =
                case.console.organizations.get(&case.operator, &id.to_hex()).await.expect("it is there");
            match &choice.destination {
                Destination::Live(name) => assert_eq!((&now.name, &now.trashed), (name, &None), "{what}"),
                Destination::Trash => assert!(now.trashed.is_some(), "{what}"),
                Destination::Nowhere => panic!("{what}: its document is there"),
            }
            let exists = case.documents(&now.collection()).await.is_some();
            assert_eq!(exists, choice.data != Data::None, "{what}");
            let (kind, actor, detail) = case.newest().await;
            assert_eq!((kind, actor.as_str()), (ActivityKind::OperationDecided, OPERATOR), "{what}");
            assert!(
                detail.contains("begun by dana@example.com") && detail.contains(&choice.to_string()),
                "{detail}"
            );
            case.is_usable(&what).await;
            case.workspace.remove().await;
            number += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_choice_for_a_rename_whose_collection_was_made_anew_loses_nothing() {
    every_choice_loses_nothing(Left::RenameMadeAnew).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_choice_for_a_rename_of_what_got_a_third_name_loses_nothing() {
    every_choice_loses_nothing(Left::RenamedElsewhere).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_choice_for_a_trash_whose_place_is_taken_loses_nothing() {
    every_choice_loses_nothing(Left::TrashInTheWay).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_choice_for_a_trash_whose_name_was_taken_loses_nothing() {
    every_choice_loses_nothing(Left::TrashNameTaken).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_choice_for_a_restore_that_finds_two_collections_loses_nothing() {
    every_choice_loses_nothing(Left::RestoreTwice).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_what_exists_and_the_likeliest_choice_first() {
    for kind in STORES {
        let case = Case::with(kind, Left::RenameMadeAnew).await;
        let unsettled = case.list().await.remove(0);
        assert_eq!(unsettled.entry.operation.actor, "dana@example.com");
        assert_eq!(unsettled.facts.live.as_ref().map(|live| &live.name), Some(&name("acme")));
        let found: Vec<_> = unsettled
            .facts
            .places
            .iter()
            .map(|place| {
                let found = place.found.as_ref().expect("both are there");
                (place.name.clone(), found.documents, found.is_original)
            })
            .collect();
        let expected =
            [(collection("acme"), Some(1), Some(false)), (collection("zenith"), Some(3), Some(true))];
        assert_eq!(found, expected, "{kind:?}");
        let first = &unsettled.choices[0];
        assert_eq!(
            (&first.destination, &first.data),
            (&Destination::Live(name("zenith")), &Data::InPlace(collection("zenith")))
        );
        assert_eq!(first.left, [collection("acme")], "the odd one is told");
        case.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_whose_facts_have_changed_is_refused_and_nothing_happens() {
    for kind in STORES {
        let case = Case::with(kind, Left::RenameMadeAnew).await;
        let shown = case.list().await.remove(0);
        delete_collection(&case.workspace.ports, &collection("acme")).await.expect("deleted");
        case.fill(&collection("acme"), 2).await;
        let (id, choice, seen) = (case.acme.id, &shown.choices[0], shown.facts.seen());
        let refused = case.console.attention.decide(&case.operator, id, &seen, &choice.id()).await;
        assert_eq!(refused, Err(AppError::FactsChanged), "{kind:?}: it is another collection");
        assert_eq!(case.entries().await, 1);
        assert_eq!(case.all_documents().await, 5);
        let unknown = case.list().await.remove(0).facts.seen();
        let refused = case.console.attention.decide(&case.operator, id, &unknown, "live zenith, new").await;
        assert_eq!(refused, Err(AppError::FactsChanged), "nobody was offered that");
        let shown = case.list().await.remove(0);
        let (seen, choice) = (shown.facts.seen(), shown.choices[0].id());
        case.console
            .attention
            .decide(&case.operator, id, &seen, &choice)
            .await
            .expect("what is there is decided");
        let again = case.console.attention.decide(&case.operator, id, &seen, &choice).await;
        assert!(matches!(again, Err(AppError::NotFound { .. })), "{again:?}");
        case.workspace.remove().await;
    }
}

#[tokio::test]
async fn only_an_operator_decides_and_only_where_the_workspace_may_be_written_to() {
    let case = Case::with(StoreKind::SqliteInMemory, Left::RenameMadeAnew).await;
    let admin = case.console.sign_in("admin@acme.example.com").await.actor;
    assert_eq!(case.console.attention.list(&admin).await.map(drop), Err(AppError::Forbidden));
    let run = Run { access: Access::Locked, instance: "locked-run".to_owned(), ..Run::default() };
    let locked = Console::run(case.workspace.ports.clone(), &case.workspace.clock, run);
    let shown = locked.attention.list(&case.operator).await.expect("looking is permitted").remove(0);
    assert_eq!(shown.reason, None, "nobody tried");
    let (seen, choice) = (shown.facts.seen(), shown.choices[0].id());
    let id = case.acme.id;
    assert_eq!(case.console.attention.decide(&admin, id, &seen, &choice).await, Err(AppError::Forbidden));
    let refused = locked.attention.decide(&case.operator, id, &seen, &choice).await;
    assert_eq!(refused, Err(AppError::Store(StoreError::ReadOnly { unlockable: true })));
    case.console.attention.decide(&case.operator, id, &seen, &choice).await.expect("decided");
}

#[tokio::test]
async fn what_somebody_may_still_be_at_is_not_for_deciding() {
    let case = Case::open(StoreKind::SqliteInMemory).await;
    let plan = OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: None };
    let owner = Owner { installation: "another-computer".to_owned(), instance: "its-run".to_owned() };
    let alive = Operation::new(case.acme.id, plan, owner, "dana@example.com".to_owned());
    case.workspace.ports.journal.begin(&alive).await.expect("begun");
    assert!(case.list().await.is_empty());
    let refused = case.console.attention.decide(&case.operator, case.acme.id, "", "").await;
    assert_eq!(refused, Err(AppError::Busy { act: "rename" }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_whose_collection_is_gone_on_both_sides_ends_by_itself() {
    for kind in STORES {
        for act in ["rename", "trash", "restore"] {
            let case = Case::open(kind).await;
            let known = case.identity(&collection("acme")).await;
            let (plan, finished) = match act {
                "rename" => {
                    let (from, to) = (name("acme"), name("zenith"));
                    (OperationPlan::Rename { from, to, collection: known }, false)
                }
                "trash" => (case.put_copy_in_trash(known).await, true),
                _ => {
                    case.put_copy_in_trash(None).await;
                    let copy = Some(case.copy);
                    (OperationPlan::Restore { name: name("acme"), copy, collection: known }, false)
                }
            };
            delete_collection(&case.workspace.ports, &collection("acme")).await.expect("dropped");
            case.leave(plan).await;
            assert_eq!(case.recover().await, RecoveryOutcome::CollectionGone { finished }, "{kind:?} {act}");
            assert_eq!(case.entries().await, 0, "{kind:?} {act}: it is busy for ever");
            let (kind_of_entry, _, detail) = case.newest().await;
            let expected =
                if finished { ActivityKind::OperationFinished } else { ActivityKind::OperationUndone };
            assert_eq!(kind_of_entry, expected, "{kind:?} {act}");
            assert!(detail.contains("its collection is gone"), "{detail}");
            case.is_usable(act).await;
            case.workspace.remove().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_renamed_before_it_was_copied_to_the_trash_leaves_no_collection_behind() {
    for kind in STORES {
        let case = Case::open(kind).await;
        let known = case.identity(&collection("acme")).await;
        case.rename(&collection("acme"), &collection("zenith")).await;
        let (acme, now) = (seen(&case.workspace.ports, case.acme.id).await, case.workspace.clock.now());
        let organizations = &case.workspace.ports.organizations;
        organizations.set_name(&acme, &name("zenith"), now).await.expect("renamed");
        let plan = case.put_copy_in_trash(known).await;
        case.leave(plan).await;
        let outcome = case.recover().await;
        assert!(matches!(outcome, RecoveryOutcome::NeedsAttention { .. }), "{kind:?}: {outcome:?}");
        let choices = case.list().await.remove(0).choices;
        let goes_along = choices.iter().any(|choice| {
            choice.destination == Destination::Trash && choice.data == Data::Moved(collection("zenith"))
        });
        assert!(goes_along, "{kind:?}: its documents would be nobody's: {choices:?}");
    }
}
