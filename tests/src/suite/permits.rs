//! What [`PermitStore`](tenantry_core::ports::PermitStore) owes.

use futures_util::future::join_all;
use tenantry_core::ports::Ports;
use tenantry_core::records::{Access, Decided, Environment, Permits};

use super::moment;

/// A decision of the tests' operator.
pub fn decided(access: Access) -> Decided {
    let permits = Permits { environment: Environment::Production, access };
    Decided { permits, by: "operator@example.com".to_owned(), at: moment(1) }
}

/// A new workspace has no decision.
pub async fn nothing_is_decided_until_somebody_decides(ports: &Ports) {
    assert_eq!(ports.permits.find().await, Ok(None));
}

/// Every word comes back, with who and when.
pub async fn a_decision_is_read_as_it_was_written(ports: &Ports) {
    let environments =
        [Environment::Local, Environment::Development, Environment::Staging, Environment::Production];
    let mut seen = None;
    for environment in environments {
        for access in [Access::ReadWrite, Access::Locked, Access::ReadOnly] {
            let next = Decided { permits: Permits { environment, access }, ..decided(access) };
            assert_eq!(ports.permits.decide(seen, &next).await, Ok(true));
            seen = Some(next.permits);
            assert_eq!(ports.permits.find().await, Ok(Some(next)));
        }
    }
}

/// Of two who decide by what they saw, the second has to look again.
pub async fn a_decision_takes_the_place_of_the_one_that_was_seen_only(ports: &Ports) {
    let (locked, read_only) = (decided(Access::Locked), decided(Access::ReadOnly));
    let writable = decided(Access::ReadWrite);
    assert_eq!(ports.permits.decide(Some(locked.permits), &writable).await, Ok(false), "there is none yet");
    assert_eq!(ports.permits.find().await, Ok(None));
    assert_eq!(ports.permits.decide(None, &locked).await, Ok(true));
    assert_eq!(ports.permits.decide(None, &writable).await, Ok(false), "there is one by now");
    assert_eq!(ports.permits.decide(Some(read_only.permits), &writable).await, Ok(false));
    assert_eq!(ports.permits.find().await, Ok(Some(locked.clone())), "a refused decision took its place");
    assert_eq!(ports.permits.decide(Some(locked.permits), &read_only).await, Ok(true));
    assert_eq!(ports.permits.find().await, Ok(Some(read_only)));
}

/// An answer that was lost is not a refusal.
pub async fn a_decision_that_is_repeated_counts_as_done(ports: &Ports) {
    let (locked, read_only) = (decided(Access::Locked), decided(Access::ReadOnly));
    for seen in [None, None, Some(locked.permits)] {
        assert_eq!(ports.permits.decide(seen, &locked).await, Ok(true));
    }
    for _ in 0..2 {
        assert_eq!(ports.permits.decide(Some(locked.permits), &read_only).await, Ok(true));
    }
    assert_eq!(ports.permits.find().await, Ok(Some(read_only)));
}

/// The first one stays.
pub async fn of_many_first_decisions_at_once_one_wins(ports: &Ports) {
    let decide = async |number: i64| {
        let next = Decided { by: format!("operator-{number}@example.com"), ..decided(Access::Locked) };
        (ports.permits.decide(None, &next).await.expect("an answer"), next.by)
    };
    let answers = join_all((0..8).map(decide)).await;
    let won: Vec<_> = answers.iter().filter(|(won, _)| *won).map(|(_, by)| by.clone()).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert_eq!(
        ports.permits.find().await.expect("a decision").map(|decided| decided.by),
        won.first().cloned()
    );
}
