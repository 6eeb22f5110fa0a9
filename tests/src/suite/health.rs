//! What [`HealthStore`](tenantry_core::ports::HealthStore) owes.

use std::time::Duration;

use tenantry_core::limits::ORGANIZATION_NAME_MAX;
use tenantry_core::ports::Ports;
use tenantry_core::records::{MemberState, Topology};

use super::{collection, insert};

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

/// Nothing limits the stores of the tests, so nothing is counted; a name fits.
pub async fn the_room_for_collections_and_names_is_told(ports: &Ports) {
    let room = ports.health.capacity().await.expect("an answer");
    assert_eq!((room.limit, room.collections, room.indexes), (None, None, None));
    assert!(room.name_bytes >= ORGANIZATION_NAME_MAX as u32, "{room:?}");
    let health = ports.health.health().await.expect("health");
    if let Some(told) = health.collections {
        assert_eq!(room.name_bytes, told.namespace_bytes, "the health page says the same");
    }
}

/// The facts of a deployment, none of which a file has.
pub async fn a_deployment_is_told_with_its_members_and_its_room(ports: &Ports) {
    insert(ports, "acme").await;
    ports.collections.create(&collection("acme")).await.expect("created");
    let health = ports.health.health().await.expect("health");
    assert_eq!(ports.health.restrictions().await, Ok(health.restrictions.clone()));
    assert_eq!(
        health.restrictions,
        Vec::new(),
        "without access control there is nothing that may not be done"
    );
    if health.server.topology == Topology::File {
        assert_eq!(health.members, Vec::new());
        assert_eq!(health.collections, None);
        assert_eq!(health.clock_difference, None);
        assert_eq!(ports.health.role_command().await.expect("an answer").shell, "");
        return;
    }
    let expected = match health.server.topology {
        Topology::Standalone => MemberState::Standalone,
        Topology::ReplicaSet | Topology::Sharded | Topology::File => MemberState::Primary,
    };
    let member =
        health.members.iter().find(|member| member.state == expected).expect("one that takes writes");
    assert!(member.round_trip.is_some_and(|time| time < Duration::from_secs(1)), "{member:?}");
    assert!(member.host.contains(':'), "{member:?}");
    let room = health.collections.expect("a user who may do everything may count");
    assert_eq!(room.organizations, 1, "{room:?}");
    assert!(room.collections > 5, "the console's own are among them: {room:?}");
    assert!(room.indexes.is_some_and(|indexes| indexes > room.collections), "{room:?}");
    assert_eq!(room.limit, None, "nobody knows of a limit here: {room:?}");
    let name = health.server.database.len() as u32;
    assert_eq!(room.namespace_bytes, 255 - ".org_".len() as u32 - name);
    let connections = health.connections.expect("told");
    assert!(connections.current > 0, "{connections:?}");
    assert_eq!(health.storage_engine.as_deref(), Some("wiredTiger"));
    // The tests' clock stands since the workspace was opened, so the server's is ahead by at most their time.
    let difference = health.clock_difference.expect("a server tells its time");
    assert!(
        difference > time::Duration::seconds(-2) && difference < time::Duration::minutes(5),
        "{difference}"
    );
    assert_eq!(health.not_available, Vec::<&str>::new());
}
