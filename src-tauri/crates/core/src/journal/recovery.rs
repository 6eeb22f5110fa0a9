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
        OperationPlan::Trash { name, trashed } => {
            settle_trash(ports, id, name, trashed.had_collection, now).await
        }
        OperationPlan::Restore { name, has_collection } => {
            settle_restore(ports, id, name, *has_collection, now).await
        }
        OperationPlan::DeleteForever { .. } => settle_delete_forever(ports, id).await,
    }
}

/// The document decides: it comes first, and it alone makes the organization.
async fn settle_create(
    ports: &Ports,
    id: OrganizationId,
    name: &OrganizationName,
) -> Result<Settled, StoreError> {
    match ports.organizations.find(id).await? {
        Some(organization) if organization.name == *name => {
            let collection = organization.collection();
            match ports.collections.create(&collection).await {
                Ok(()) => Ok(Settled::Finished),
                Err(error) if error.is_unclear() => Err(error),
                // Refused for good: the server's limit of collections, a right that is missing.
                Err(_) => {
                    ports.organizations.remove(id).await?;
                    delete_if_empty(ports, &collection).await;
                    Ok(Settled::Undone)
                }
            }
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
    if organization.name != *from {
        // Renamed by somebody else before this act began.
        return Ok(Settled::Undone);
    }
    let (source, target) = (CollectionName::for_organization(from), CollectionName::for_organization(to));
    if !has_collection
        || ports.collections.exists(&source).await?
        || !ports.collections.exists(&target).await?
    {
        // Nothing was moved, so nothing was done.
        return Ok(Settled::Undone);
    }
    match ports.organizations.set_name(id, to, now).await {
        Ok(()) => Ok(Settled::Finished),
        Err(StoreError::Duplicate { field: UniqueField::Name }) => {
            move_back(ports, &target, &source, to).await?;
            Ok(Settled::Undone)
        }
        Err(error) => Err(error),
    }
}

/// Takes a rename back because somebody took the name. Whoever did may have found the collection that is leaving, and
/// gets one of their own.
async fn move_back(
    ports: &Ports,
    from: &CollectionName,
    to: &CollectionName,
    taken: &OrganizationName,
) -> Result<(), StoreError> {
    ports.collections.rename(from, to).await?;
    if ports.organizations.find_by_name(taken).await?.is_some() {
        ports.collections.create(from).await?;
    }
    Ok(())
}

/// Removes what a refused creation made of a collection. One that can't be removed stays and is told as a conflict when
/// the name is wanted again.
async fn delete_if_empty(ports: &Ports, collection: &CollectionName) {
    let empty = ports.collections.is_empty(collection).await.unwrap_or(false);
    if empty && let Err(error) = ports.collections.delete(collection).await {
        tracing::warn!(%collection, %error, "an empty collection could not be removed");
    }
}

/// The copy in the trash decides: it comes first, and from then on the act goes forward, unless the collection may not be
/// moved at all.
async fn settle_trash(
    ports: &Ports,
    id: OrganizationId,
    name: &OrganizationName,
    had_collection: bool,
    now: OffsetDateTime,
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
            match ports.collections.rename(&source, &target).await {
                Ok(()) => {}
                Err(error) if error.is_unclear() => return Err(error),
                // Refused for good: a view, a right that is missing. The documents stayed, so the organization returns.
                Err(_) => {
                    ports.organizations.copy_from_trash(id, name, now).await?;
                    ports.organizations.remove_trashed(id).await?;
                    return Ok(Settled::Undone);
                }
            }
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
    if !has_collection
        || ports.collections.exists(&source).await?
        || !ports.collections.exists(&target).await?
    {
        return Ok(Settled::Undone);
    }
    match ports.organizations.copy_from_trash(id, name, now).await {
        Ok(()) => {
            ports.organizations.remove_trashed(id).await?;
            Ok(Settled::Finished)
        }
        Err(StoreError::Duplicate { field: UniqueField::Name | UniqueField::Email }) => {
            move_back(ports, &target, &source, name).await?;
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
