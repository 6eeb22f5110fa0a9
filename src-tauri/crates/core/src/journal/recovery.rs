//! Finishing or undoing an operation by looking at what exists. Every step may be repeated, so a crash in here is
//! settled by the next look.

use time::OffsetDateTime;

use super::model::{Operation, OperationPlan};
use crate::error::{StoreError, UniqueField};
use crate::ports::Ports;
use crate::values::{CollectionName, OrganizationId, OrganizationName};

/// What settling came to.
pub(super) enum Settled {
    /// All of it is done.
    Finished,
    /// Nothing of it remains.
    Undone,
    /// What exists fits neither; nothing was touched.
    Undecided {
        /// For people.
        reason: String,
    },
}

pub(super) async fn settle(
    ports: &Ports,
    operation: &Operation,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let id = operation.organization_id;
    match &operation.plan {
        OperationPlan::Create { name } => settle_create(ports, id, name).await,
        OperationPlan::Rename { from, to, has_collection } => {
            settle_rename(ports, id, from, to, *has_collection, now).await
        }
        OperationPlan::Trash { name, trashed } => settle_trash(ports, id, name, trashed.had_collection).await,
        OperationPlan::Restore { name, has_collection } => {
            settle_restore(ports, id, name, *has_collection, now).await
        }
        OperationPlan::DeleteForever { .. } => settle_delete_forever(ports, id).await,
    }
}

/// The document decides: it comes first, and it alone makes the organization.
async fn settle_create(ports: &Ports, id: OrganizationId, name: &OrganizationName) -> Result<Settled, StoreError> {
    match ports.organizations.find(id).await? {
        Some(organization) if organization.name == *name => {
            ports.collections.create(&organization.collection()).await?;
            Ok(Settled::Finished)
        }
        // Renamed by other software meanwhile: its collection is that software's business.
        Some(_) => Ok(Settled::Finished),
        None => Ok(Settled::Undone),
    }
}

async fn settle_rename(
    ports: &Ports,
    id: OrganizationId,
    from: &OrganizationName,
    to: &OrganizationName,
    has_collection: bool,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let Some(organization) = ports.organizations.find(id).await? else {
        // Deleted by other software: there is nothing to rename.
        return Ok(Settled::Undone);
    };
    if organization.name == *to {
        return Ok(Settled::Finished);
    }
    let (source, target) = (CollectionName::for_organization(from), CollectionName::for_organization(to));
    if !has_collection || ports.collections.exists(&source).await? || !ports.collections.exists(&target).await? {
        // Nothing was moved, so nothing was done.
        return Ok(Settled::Undone);
    }
    match ports.organizations.set_name(id, to, now).await {
        Ok(()) => Ok(Settled::Finished),
        Err(StoreError::Duplicate { field: UniqueField::Name }) => {
            ports.collections.rename(&target, &source).await?;
            Ok(Settled::Undone)
        }
        Err(error) => Err(error),
    }
}

/// The copy in the trash decides: it comes first, and from then on the act goes forward only.
async fn settle_trash(
    ports: &Ports,
    id: OrganizationId,
    name: &OrganizationName,
    had_collection: bool,
) -> Result<Settled, StoreError> {
    if ports.organizations.find_trashed(id).await?.is_none() {
        return Ok(Settled::Undone);
    }
    ports.organizations.remove(id).await?;
    if had_collection {
        let (source, target) = (CollectionName::for_organization(name), CollectionName::in_trash(id));
        let moved = ports.collections.exists(&target).await?;
        if !moved && ports.collections.exists(&source).await? {
            // The name was free for a moment. A collection of an organization that took it is not ours to move.
            if ports.organizations.find_by_name(name).await?.is_some() {
                return Ok(Settled::Undecided {
                    reason: format!("another organization named {name} was created meanwhile"),
                });
            }
            ports.collections.rename(&source, &target).await?;
        }
    }
    Ok(Settled::Finished)
}

async fn settle_restore(
    ports: &Ports,
    id: OrganizationId,
    name: &OrganizationName,
    has_collection: bool,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    if ports.organizations.find(id).await?.is_some() {
        ports.organizations.remove_trashed(id).await?;
        return Ok(Settled::Finished);
    }
    let (source, target) = (CollectionName::in_trash(id), CollectionName::for_organization(name));
    if !has_collection || ports.collections.exists(&source).await? || !ports.collections.exists(&target).await? {
        return Ok(Settled::Undone);
    }
    match ports.organizations.copy_from_trash(id, name, now).await {
        Ok(()) => {
            ports.organizations.remove_trashed(id).await?;
            Ok(Settled::Finished)
        }
        Err(StoreError::Duplicate { field: UniqueField::Name | UniqueField::Email }) => {
            ports.collections.rename(&target, &source).await?;
            Ok(Settled::Undone)
        }
        Err(error) => Err(error),
    }
}

/// Forward only: it was confirmed, and half of the documents may be gone.
async fn settle_delete_forever(ports: &Ports, id: OrganizationId) -> Result<Settled, StoreError> {
    ports.collections.delete(&CollectionName::in_trash(id)).await?;
    ports.organizations.remove_trashed(id).await?;
    Ok(Settled::Finished)
}
