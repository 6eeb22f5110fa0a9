//! What [`OperationJournal`](tenantry_core::journal::OperationJournal) owes.

use tenantry_core::collections::CollectionIdentity;
use tenantry_core::error::{StoreError, UniqueField};
use tenantry_core::journal::{Operation, OperationPlan, Owner};
use tenantry_core::organizations::Trashed;
use tenantry_core::ports::Ports;
use tenantry_core::values::OrganizationId;

use super::{moment, name};

const UNDER_WAY: Result<(), StoreError> = Err(StoreError::Duplicate { field: UniqueField::Operation });

fn owner(instance: &str) -> Owner {
    Owner { installation: "installation".to_owned(), instance: instance.to_owned() }
}

fn operation(plan: OperationPlan, minute: i64) -> Operation {
    Operation {
        organization_id: OrganizationId::new(),
        plan,
        owner: owner("first-run"),
        actor: "operator@example.com".to_owned(),
        started_at: moment(minute),
    }
}

fn create(minute: i64) -> Operation {
    operation(OperationPlan::Create { name: name("acme") }, minute)
}

/// Every plan comes back as it was written.
pub async fn every_plan_is_read_as_it_was_written(ports: &Ports) {
    let noted = |had_collection| Trashed {
        at: moment(3).into(),
        by: "operator@example.com".to_owned(),
        had_collection,
    };
    let told = Some(CollectionIdentity(Some("5d2f".to_owned())));
    let mut plans = vec![OperationPlan::Create { name: name("acme") }];
    for collection in [told, Some(CollectionIdentity(None)), None] {
        let trashed = noted(collection.is_some());
        plans.extend([
            OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: collection.clone() },
            OperationPlan::Trash { name: name("acme"), trashed, collection: collection.clone() },
            OperationPlan::Restore { name: name("acme"), collection: collection.clone() },
            OperationPlan::DeleteForever { name: name("acme"), collection },
        ]);
    }
    for plan in plans {
        let operation = operation(plan, 1);
        assert_eq!(ports.journal.find(operation.organization_id).await, Ok(None));
        assert_eq!(ports.journal.begin(&operation).await, Ok(()));
        assert_eq!(ports.journal.find(operation.organization_id).await, Ok(Some(operation)));
    }
}

/// One operation per organization.
pub async fn a_second_operation_on_one_organization_is_refused_until_the_first_ends(ports: &Ports) {
    let first = create(1);
    ports.journal.begin(&first).await.expect("begun");
    let plan = OperationPlan::DeleteForever { name: name("acme"), collection: None };
    let second = Operation { organization_id: first.organization_id, ..operation(plan, 2) };
    assert_eq!(ports.journal.begin(&second).await, UNDER_WAY);
    assert_eq!(ports.journal.find(first.organization_id).await, Ok(Some(first.clone())), "the first stands");
    assert_eq!(ports.journal.end(&first).await, Ok(()));
    assert_eq!(ports.journal.begin(&second).await, Ok(()));
}

/// Of two begins, one wins.
pub async fn of_many_begins_at_once_one_wins(ports: &Ports) {
    let first = create(1);
    let begins = (0..8).map(|number| {
        let operation = Operation { owner: owner(&format!("run-{number}")), ..first.clone() };
        let journal = ports.journal.clone();
        async move { journal.begin(&operation).await }
    });
    let answers = futures_util::future::join_all(begins).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.is_ok() || *answer == UNDER_WAY), "{answers:?}");
}

/// Unfinished ones, oldest first.
pub async fn unfinished_operations_are_listed_oldest_first_until_they_end(ports: &Ports) {
    assert_eq!(ports.journal.unfinished().await, Ok(Vec::new()));
    let (two, three, one) = (create(2), create(3), create(1));
    for operation in [&two, &three, &one] {
        ports.journal.begin(operation).await.expect("begun");
    }
    assert_eq!(ports.journal.unfinished().await, Ok(vec![one.clone(), two.clone(), three.clone()]));
    ports.journal.end(&two).await.expect("ended");
    assert_eq!(ports.journal.unfinished().await, Ok(vec![one, three]));
    assert_eq!(ports.journal.end(&two).await, Ok(()), "absent counts as done");
    assert_eq!(ports.journal.find(two.organization_id).await, Ok(None));
}

/// Taking over.
pub async fn an_operation_is_taken_over_only_as_it_was_seen(ports: &Ports) {
    let seen = create(1);
    ports.journal.begin(&seen).await.expect("begun");
    assert_eq!(ports.journal.take_over(&seen, &owner("second-run"), moment(9)).await, Ok(true));
    let taken = Operation { owner: owner("second-run"), started_at: moment(9), ..seen.clone() };
    assert_eq!(ports.journal.find(seen.organization_id).await, Ok(Some(taken.clone())));
    assert_eq!(ports.journal.take_over(&seen, &owner("third-run"), moment(10)).await, Ok(false), "too late");
    assert_eq!(ports.journal.find(seen.organization_id).await, Ok(Some(taken.clone())));
    ports.journal.end(&taken).await.expect("ended");
    assert_eq!(
        ports.journal.take_over(&taken, &owner("third-run"), moment(11)).await,
        Ok(false),
        "it is over"
    );
}

/// Whoever was asleep while somebody took over.
pub async fn an_operation_is_ended_by_its_owner_only(ports: &Ports) {
    let seen = create(1);
    ports.journal.begin(&seen).await.expect("begun");
    assert_eq!(ports.journal.take_over(&seen, &owner("second-run"), moment(9)).await, Ok(true));
    let taken = Operation { owner: owner("second-run"), started_at: moment(9), ..seen.clone() };
    let earlier = Operation { started_at: moment(8), ..taken.clone() };
    for another in [&seen, &earlier] {
        assert_eq!(ports.journal.end(another).await, Ok(()));
        assert_eq!(ports.journal.find(seen.organization_id).await, Ok(Some(taken.clone())), "{another:?}");
    }
    assert_eq!(ports.journal.end(&taken).await, Ok(()));
    assert_eq!(ports.journal.find(seen.organization_id).await, Ok(None));
}

/// Of many that take over, one wins.
pub async fn of_many_that_take_over_at_once_one_wins(ports: &Ports) {
    let seen = create(1);
    ports.journal.begin(&seen).await.expect("begun");
    let takers = (0..8).map(|number| {
        let (seen, journal) = (seen.clone(), ports.journal.clone());
        async move {
            journal.take_over(&seen, &owner(&format!("run-{number}")), moment(9)).await.expect("an answer")
        }
    });
    let answers = futures_util::future::join_all(takers).await;
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
}
