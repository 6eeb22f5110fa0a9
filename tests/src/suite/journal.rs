//! What [`OperationJournal`](tenantry_core::ports::OperationJournal) owes.

use std::time::Duration;

use tenantry_core::error::{StoreError, UniqueField};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    CollectionIdentity, MendWord, Operation, OperationPlan, Owner, Trashed, TrashedCollection,
};
use tenantry_core::values::{CopyId, OrganizationId};

use super::{collection as collection_of, moment, name};

const UNDER_WAY: Result<(), StoreError> = Err(StoreError::Duplicate { field: UniqueField::Operation });

fn owner(instance: &str) -> Owner {
    Owner { installation: "installation".to_owned(), instance: instance.to_owned() }
}

fn operation(plan: OperationPlan) -> Operation {
    Operation::new(OrganizationId::new(), plan, owner("first-run"), "operator@example.com".to_owned())
}

fn create() -> Operation {
    operation(OperationPlan::Create { name: name("acme") })
}

async fn found(ports: &Ports, id: OrganizationId) -> Option<Operation> {
    ports.journal.find(id).await.expect("a look answers").map(|entry| entry.operation)
}

async fn unfinished(ports: &Ports) -> Vec<Operation> {
    let entries = ports.journal.unfinished().await.expect("the journal is read");
    entries.into_iter().map(|entry| entry.operation).collect()
}

/// Longer than a server's clock stands still.
async fn a_moment_later() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// Every plan comes back as it was written.
pub async fn every_plan_is_read_as_it_was_written(ports: &Ports) {
    let told = Some(CollectionIdentity(Some("5d2f".to_owned())));
    let mut plans = vec![
        OperationPlan::Create { name: name("acme") },
        OperationPlan::Receive { name: name("acme"), incoming: CopyId::new() },
    ];
    for (collection, became, copy) in [
        (told, TrashedCollection::Moved, Some(CopyId::new())),
        (Some(CollectionIdentity(None)), TrashedCollection::Moved, None),
        (None, TrashedCollection::Missing, Some(CopyId::new())),
        (None, TrashedCollection::Shared, Some(CopyId::new())),
    ] {
        let (at, by) = (moment(3).into(), "operator@example.com".to_owned());
        let trashed = Trashed { at, by, collection: became, copy };
        plans.extend([
            OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: collection.clone() },
            OperationPlan::Trash { name: name("acme"), trashed, collection: collection.clone() },
            OperationPlan::Restore { name: name("acme"), copy, collection: collection.clone() },
            OperationPlan::DeleteForever { name: name("acme"), copy, collection: collection.clone() },
        ]);
        let (from, to) = (Some(collection_of("old")), copy.map(|_| collection_of("acme")));
        for mend in [MendWord::JoinHalves, MendWord::AttachCollection] {
            let (from, to, collection) = (from.clone(), to.clone(), collection.clone());
            plans.push(OperationPlan::Mend { mend, name: name("acme"), from, to, collection });
        }
    }
    for plan in plans {
        let operation = operation(plan);
        assert_eq!(found(ports, operation.organization_id).await, None);
        assert_eq!(ports.journal.begin(&operation).await, Ok(()));
        assert_eq!(found(ports, operation.organization_id).await, Some(operation));
    }
}

/// One operation per organization.
pub async fn a_second_operation_on_one_organization_is_refused_until_the_first_ends(ports: &Ports) {
    let first = create();
    ports.journal.begin(&first).await.expect("begun");
    let plan = OperationPlan::DeleteForever { name: name("acme"), copy: None, collection: None };
    let second = Operation { organization_id: first.organization_id, ..operation(plan) };
    assert_eq!(ports.journal.begin(&second).await, UNDER_WAY);
    assert_eq!(found(ports, first.organization_id).await, Some(first.clone()), "the first stands");
    assert_eq!(ports.journal.end(&first).await, Ok(true));
    assert_eq!(ports.journal.begin(&second).await, Ok(()));
}

/// Of two begins, one wins.
pub async fn of_many_begins_at_once_one_wins(ports: &Ports) {
    let first = create();
    let begins = (0..8).map(|number| {
        let operation = first.taken_over_by(&owner(&format!("run-{number}")));
        let journal = ports.journal.clone();
        async move { journal.begin(&operation).await }
    });
    let answers = futures_util::future::join_all(begins).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.is_ok() || *answer == UNDER_WAY), "{answers:?}");
}

/// Unfinished ones, oldest first.
pub async fn unfinished_operations_are_listed_oldest_first_until_they_end(ports: &Ports) {
    assert_eq!(unfinished(ports).await, Vec::new());
    let (two, three, one) = (create(), create(), create());
    for operation in [&one, &two, &three] {
        ports.journal.begin(operation).await.expect("begun");
        a_moment_later().await;
    }
    let mut in_order = vec![one.clone(), two.clone(), three.clone()];
    let mut listed = unfinished(ports).await;
    if ports.journal.unfinished().await.expect("read").iter().all(|entry| entry.age.is_zero()) {
        // The clock of a test stands, and all are of one age.
        in_order.sort_by_key(|operation| operation.organization_id);
        listed.sort_by_key(|operation| operation.organization_id);
    }
    assert_eq!(listed, in_order);
    ports.journal.end(&two).await.expect("ended");
    assert_eq!(unfinished(ports).await.len(), 2);
    assert_eq!(ports.journal.end(&two).await, Ok(false), "absent counts as done");
    assert_eq!(found(ports, two.organization_id).await, None);
}

/// Taking over.
pub async fn an_operation_is_taken_over_only_as_it_was_seen(ports: &Ports) {
    let seen = create();
    ports.journal.begin(&seen).await.expect("begun");
    let taken = seen.taken_over_by(&owner("second-run"));
    assert_eq!(ports.journal.take_over(&seen, None, &taken).await, Ok(true));
    assert_eq!(found(ports, seen.organization_id).await, Some(taken.clone()));
    let third = owner("third-run");
    assert_eq!(
        ports.journal.take_over(&seen, None, &seen.taken_over_by(&third)).await,
        Ok(false),
        "too late"
    );
    assert_eq!(found(ports, seen.organization_id).await, Some(taken.clone()));
    ports.journal.end(&taken).await.expect("ended");
    assert_eq!(
        ports.journal.take_over(&taken, None, &taken.taken_over_by(&third)).await,
        Ok(false),
        "it is over"
    );
}

/// A run that woke after another one saw its operation abandoned, and asserted it before that one took over.
pub async fn an_operation_that_was_asserted_meanwhile_is_not_taken_over(ports: &Ports) {
    let seen = create();
    ports.journal.begin(&seen).await.expect("begun");
    let entry =
        async || ports.journal.find(seen.organization_id).await.expect("a look").expect("it is there");
    let abandoned = entry().await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(ports.journal.take_over(&seen, None, &seen).await, Ok(true), "asserted");
    let asserted = entry().await;
    let taken = seen.taken_over_by(&owner("second-run"));
    // A standing clock tells the two moments not apart.
    if asserted.since != abandoned.since {
        assert_eq!(ports.journal.take_over(&seen, Some(abandoned.since), &taken).await, Ok(false));
        assert_eq!(entry().await.operation, seen);
    }
    assert_eq!(ports.journal.take_over(&seen, Some(asserted.since), &taken).await, Ok(true));
    assert_eq!(entry().await.operation, taken);
}

/// A run that slept while another took over, also in the same process.
pub async fn an_operation_is_ended_by_its_owner_only(ports: &Ports) {
    let seen = create();
    ports.journal.begin(&seen).await.expect("begun");
    let taken = seen.taken_over_by(&owner("second-run"));
    assert_eq!(ports.journal.take_over(&seen, None, &taken).await, Ok(true));
    let another_turn = taken.taken_over_by(&taken.owner);
    for another in [&seen, &another_turn] {
        assert_eq!(ports.journal.end(another).await, Ok(false));
        assert_eq!(found(ports, seen.organization_id).await, Some(taken.clone()), "{another:?}");
    }
    assert_eq!(ports.journal.end(&taken).await, Ok(true));
    assert_eq!(found(ports, seen.organization_id).await, None);
}

/// Ages.
pub async fn an_entry_is_as_old_as_its_turn_and_remembers_when_it_began(ports: &Ports) {
    let seen = create();
    ports.journal.begin(&seen).await.expect("begun");
    let begun = ports.journal.find(seen.organization_id).await.expect("a look").expect("it is there");
    assert!(begun.age < Duration::from_secs(20), "{:?}", begun.age);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let older = ports.journal.find(seen.organization_id).await.expect("a look").expect("it is there");
    assert!(older.age >= begun.age, "{:?} < {:?}", older.age, begun.age);
    let taken = seen.taken_over_by(&owner("second-run"));
    assert_eq!(ports.journal.take_over(&seen, None, &taken).await, Ok(true));
    let renewed = ports.journal.unfinished().await.expect("a list").remove(0);
    assert_eq!((renewed.operation, renewed.begun_at), (taken, begun.begun_at));
    // A standing clock knows no age.
    assert!(renewed.age < older.age || older.age.is_zero(), "{:?} >= {:?}", renewed.age, older.age);
}

/// Of many that take over, one wins.
pub async fn of_many_that_take_over_at_once_one_wins(ports: &Ports) {
    let seen = create();
    ports.journal.begin(&seen).await.expect("begun");
    let takers = (0..8).map(|number| {
        let (seen, journal) = (seen.clone(), ports.journal.clone());
        let taken = seen.taken_over_by(&owner(&format!("run-{number}")));
        async move { journal.take_over(&seen, None, &taken).await.expect("an answer") }
    });
    let answers = futures_util::future::join_all(takers).await;
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
}
