//! What [`ActivityStore`](tenantry_core::ports::ActivityStore) owes.

use tenantry_core::ports::Ports;
use tenantry_core::records::{ActivityEntry, ActivityKind};
use tenantry_core::values::OrganizationId;

use super::{insert, moment, seen};

fn entry(kind: ActivityKind, id: Option<OrganizationId>, minute: i64) -> ActivityEntry {
    ActivityEntry {
        at: moment(minute),
        actor: "operator@example.com".to_owned(),
        kind,
        organization_id: id,
        organization_name: id.map(|_| "acme".to_owned()),
        detail: (minute % 2 == 0).then(|| "from acme to zenith".to_owned()),
    }
}

/// Newest first, of one organization, at most as many as asked for.
pub async fn the_newest_entries_of_an_organization_come_first(ports: &Ports) {
    let (acme, other) = (OrganizationId::new(), OrganizationId::new());
    let created = entry(ActivityKind::OrganizationCreated, Some(acme), 1);
    let renamed = entry(ActivityKind::OrganizationRenamed, Some(acme), 2);
    let trashed = entry(ActivityKind::OrganizationTrashed, Some(acme), 3);
    let elsewhere = entry(ActivityKind::OrganizationCreated, Some(other), 4);
    let claimed = entry(ActivityKind::WorkspaceClaimed, None, 5);
    for one in [&created, &elsewhere, &renamed, &claimed, &trashed] {
        assert_eq!(ports.activity.record(one).await, Ok(()));
    }
    assert_eq!(ports.activity.newest(acme, 10).await, Ok(vec![trashed.clone(), renamed.clone(), created]));
    assert_eq!(ports.activity.newest(acme, 2).await, Ok(vec![trashed, renamed]));
    assert_eq!(ports.activity.newest(other, 10).await, Ok(vec![elsewhere]));
    assert_eq!(ports.activity.newest(OrganizationId::new(), 10).await, Ok(Vec::new()));
}

/// Every kind comes back.
pub async fn every_kind_of_entry_is_read_as_it_was_written(ports: &Ports) {
    let kinds = [
        ActivityKind::WorkspaceClaimed,
        ActivityKind::SignedIn,
        ActivityKind::SignInThrottled,
        ActivityKind::OrganizationCreated,
        ActivityKind::OrganizationRenamed,
        ActivityKind::OrganizationChanged,
        ActivityKind::OrganizationDeactivated,
        ActivityKind::OrganizationReactivated,
        ActivityKind::OrganizationTrashed,
        ActivityKind::OrganizationRestored,
        ActivityKind::OrganizationDeleted,
        ActivityKind::ListExported,
        ActivityKind::OperationFinished,
        ActivityKind::OperationUndone,
        ActivityKind::WorkspaceUnlocked,
        ActivityKind::WorkspaceLocked,
        ActivityKind::PermitsChanged,
    ];
    let acme = OrganizationId::new();
    for (minute, kind) in (0..).zip(kinds) {
        ports.activity.record(&entry(kind, Some(acme), minute)).await.expect("recorded");
    }
    let read = ports.activity.newest(acme, 100).await.expect("a list");
    let read: Vec<_> = read.iter().rev().map(|one| one.kind).collect();
    assert_eq!(read, kinds);
}

/// Entries outlive the organization.
pub async fn the_record_survives_its_organization(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let created = entry(ActivityKind::OrganizationCreated, Some(new.id), 1);
    ports.activity.record(&created).await.expect("recorded");
    ports.organizations.remove(&seen(ports, new.id).await).await.expect("removed");
    assert_eq!(ports.activity.newest(new.id, 10).await, Ok(vec![created]));
}
