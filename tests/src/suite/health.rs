//! What [`HealthStore`](tenantry_core::health::HealthStore) owes.

use tenantry_core::health::Topology;
use tenantry_core::ports::Ports;

use super::insert;

/// `prepare` may be repeated, at any time.
pub async fn preparing_again_changes_nothing_and_warns_of_nothing(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let before = ports.organizations.find(new.id).await;
    assert_eq!(ports.health.prepare().await, Ok(Vec::new()));
    assert_eq!(ports.health.prepare().await, Ok(Vec::new()));
    assert_eq!(ports.organizations.find(new.id).await, before);
}

/// The store says what it is.
pub async fn the_store_says_what_it_is(ports: &Ports) {
    let facts = ports.health.server().await.expect("facts");
    assert!(!facts.product.is_empty());
    assert!(facts.version.chars().any(|c| c.is_ascii_digit()), "{}", facts.version);
    let health = ports.health.health().await.expect("health");
    assert_eq!(health.server.product, facts.product);
    assert_eq!(health.server.version, facts.version);
    assert_eq!(health.server.topology, facts.topology);
    assert_eq!(health.server.database, facts.database);
    // That a single server can lose what it holds is worth a warning, and true of the one in the tests.
    let warned = usize::from(facts.topology == Topology::Standalone);
    assert_eq!(health.warnings.len(), warned, "{:?}", health.warnings);
    assert!(
        health.privileges.iter().all(|privilege| privilege.allowed != Some(false)),
        "{:?}",
        health.privileges
    );
}
