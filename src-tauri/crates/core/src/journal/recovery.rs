//! Finishing or undoing an operation by looking at what exists. Every step may be repeated, so a crash in here is
//! settled by the next look.

use time::OffsetDateTime;

use super::model::{Operation, OperationPlan};
use super::whereabouts::{Move, Whereabouts};
use crate::collections::CollectionIdentity;
use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::ports::Ports;
use crate::values::{CollectionName, OrganizationId, OrganizationName};

/// What settling came to.
pub(super) enum Settled {
    /// All of it is done.
    Finished,
    /// Nothing of it remains.
    Undone,
    /// What exists fits neither; nothing more was touched.
    Undecided {
        /// For people.
        reason: String,
    },
}

/// When it is asked what became of an act.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    /// By the run that carries it out, after this failure of a step.
    AtOnce(&'a AppError),
    /// Of an entry that was found: the act may have ended long ago, and whoever looks may be another database user.
    Later,
}

impl Asked<'_> {
    /// Whether this refusal ends the act. Found later it says what this database user may not do, and nothing about the act.
    fn ends_with(self, error: &StoreError) -> bool {
        matches!(self, Self::AtOnce(_)) && is_for_good(error)
    }

    /// Whether the failure says that no collection was moved: it was found changed before that, or the move was refused.
    fn says_unmoved(self) -> bool {
        matches!(
            self,
            Self::AtOnce(
                AppError::Busy { .. }
                    | AppError::Conflict(ConflictOn::Collection)
                    | AppError::Store(StoreError::CollectionMissing { .. })
            )
        )
    }
}

/// Whether the same call would be refused again: a right is missing, or a view stands where a collection must be.
fn is_for_good(error: &StoreError) -> bool {
    matches!(error, StoreError::Denied { .. } | StoreError::Corrupt { .. })
}

pub(super) async fn settle(
    ports: &Ports,
    operation: &Operation,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let id = operation.organization_id;
    match &operation.plan {
        OperationPlan::Create { name } => settle_create(ports, id, name, asked).await,
        OperationPlan::Rename { from, to, collection } => {
            settle_rename(ports, id, (from, to), collection.as_ref(), asked, now).await
        }
        OperationPlan::Trash { name, collection, .. } => {
            settle_trash(ports, id, name, collection.as_ref(), asked, now).await
        }
        OperationPlan::Restore { name, collection } => {
            settle_restore(ports, id, name, collection.as_ref(), asked, now).await
        }
        OperationPlan::DeleteForever { collection, .. } => {
            settle_delete_forever(ports, id, collection.as_ref()).await
        }
    }
}

/// The document decides: it comes first, and it alone makes the organization. Only the run that inserted it takes it
/// back.
async fn settle_create(
    ports: &Ports,
    id: OrganizationId,
    name: &OrganizationName,
    asked: Asked<'_>,
) -> Result<Settled, StoreError> {
    let Some(organization) = ports.organizations.find(id).await? else { return Ok(Settled::Undone) };
    if organization.name != *name {
        // Renamed by other software meanwhile: its collection is that software's business.
        return Ok(Settled::Finished);
    }
    let collection = organization.collection();
    let refusal = match ports.collections.create(&collection).await {
        Ok(()) => return Ok(Settled::Finished),
        Err(error) if error.is_unclear() => return Err(error),
        Err(error) => error,
    };
    if matches!(asked, Asked::AtOnce(_)) && ports.collections.is_empty(&collection).await? {
        ports.organizations.remove(id).await?;
        delete_if_empty(ports, &collection).await;
        return Ok(Settled::Undone);
    }
    // A server asks for the right to create before it finds that there is nothing to do.
    if ports.collections.exists(&collection).await? {
        return Ok(Settled::Finished);
    }
    let reason = format!("its collection {collection} is missing and can't be created: {refusal}");
    Ok(Settled::Undecided { reason })
}

/// The collection decides: it is moved first, and once it was moved the act goes forward, unless the name was taken.
async fn settle_rename(
    ports: &Ports,
    id: OrganizationId,
    (from, to): (&OrganizationName, &OrganizationName),
    collection: Option<&CollectionIdentity>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let Some(organization) = ports.organizations.find(id).await? else {
        // Deleted by other software: there is nothing to rename.
        return Ok(Settled::Undone);
    };
    if organization.name == *to {
        return Ok(Settled::Finished);
    }
    let Some(collection) = collection else { return Ok(Settled::Undone) };
    let names = [from, to].map(CollectionName::for_organization);
    let moved = Move::of(ports, collection, &names);
    if let Some(settled) = without_move(moved.look().await?, asked) {
        return Ok(settled);
    }
    if organization.name != *from {
        let reason = format!("the organization was named {} by other software meanwhile", organization.name);
        return Ok(Settled::Undecided { reason });
    }
    let source = moved.source();
    // The service makes a collection anew when a tenant writes to one that is gone.
    if !ports.collections.is_empty(source).await? {
        let reason = format!("{source} was made anew meanwhile and has documents of its own");
        return Ok(Settled::Undecided { reason });
    }
    match ports.organizations.set_name(id, to, now).await {
        Ok(()) => {
            delete_if_empty(ports, source).await;
            Ok(Settled::Finished)
        }
        Err(error) if is_taken(&error) || asked.ends_with(&error) => {
            moved.back(to).await?;
            Ok(Settled::Undone)
        }
        Err(error) => Err(error),
    }
}

/// How an act ends whose collection was not moved, or can't be told to have been; `None` when it was, and the act goes on.
fn without_move(found: Whereabouts, asked: Asked<'_>) -> Option<Settled> {
    match found {
        Whereabouts::Target => None,
        Whereabouts::Source => Some(Settled::Undone),
        Whereabouts::Unclear { .. } if asked.says_unmoved() => Some(Settled::Undone),
        Whereabouts::Unclear { reason } => Some(Settled::Undecided { reason }),
    }
}

fn is_taken(error: &StoreError) -> bool {
    matches!(error, StoreError::Duplicate { field: UniqueField::Name | UniqueField::Email })
}

/// Removes an empty collection that belongs to nobody. One that can't be removed stays and is told as a conflict when
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
    collection: Option<&CollectionIdentity>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    if ports.organizations.find_trashed(id).await?.is_none() {
        return Ok(Settled::Undone);
    }
    match ports.organizations.remove(id).await {
        Ok(()) => {}
        Err(error) if asked.ends_with(&error) && ports.organizations.find(id).await?.is_some() => {
            ports.organizations.remove_trashed(id).await?;
            return Ok(Settled::Undone);
        }
        Err(error) => return Err(error),
    }
    let Some(collection) = collection else { return Ok(Settled::Finished) };
    let names = [CollectionName::for_organization(name), CollectionName::in_trash(id)];
    let moved = Move::of(ports, collection, &names);
    match moved.look().await? {
        Whereabouts::Source => {}
        Whereabouts::Target => return Ok(Settled::Finished),
        Whereabouts::Unclear { reason } => return Ok(Settled::Undecided { reason }),
    }
    // The name was free for a moment. A collection of an organization that took it is not ours to move.
    if ports.organizations.find_by_name(name).await?.is_some() {
        let reason = format!("another organization named {name} was created meanwhile");
        return Ok(Settled::Undecided { reason });
    }
    let Err(refusal) = moved.forward().await else { return Ok(Settled::Finished) };
    // An earlier try whose answer was lost may have moved it in between; this one found nothing to move then.
    match moved.look().await? {
        Whereabouts::Target => Ok(Settled::Finished),
        Whereabouts::Source if is_for_good(&refusal) => {
            // The documents stayed, so the organization returns.
            ports.organizations.copy_from_trash(id, name, now).await?;
            ports.organizations.remove_trashed(id).await?;
            Ok(Settled::Undone)
        }
        Whereabouts::Source => Err(refusal),
        Whereabouts::Unclear { reason } => Ok(Settled::Undecided { reason }),
    }
}

/// The document decides, then the collection: both back among the live ones, or the collection back in the trash.
async fn settle_restore(
    ports: &Ports,
    id: OrganizationId,
    name: &OrganizationName,
    collection: Option<&CollectionIdentity>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    if ports.organizations.find(id).await?.is_some() {
        ports.organizations.remove_trashed(id).await?;
        return Ok(Settled::Finished);
    }
    let Some(collection) = collection else { return Ok(Settled::Undone) };
    let names = [CollectionName::in_trash(id), CollectionName::for_organization(name)];
    let moved = Move::of(ports, collection, &names);
    if let Some(settled) = without_move(moved.look().await?, asked) {
        return Ok(settled);
    }
    match ports.organizations.copy_from_trash(id, name, now).await {
        Ok(()) => {
            ports.organizations.remove_trashed(id).await?;
            Ok(Settled::Finished)
        }
        Err(error) if is_taken(&error) || asked.ends_with(&error) => {
            moved.back(name).await?;
            Ok(Settled::Undone)
        }
        Err(error) => Err(error),
    }
}

/// The collection decides, or the copy in the trash where there was none: stores delete a collection whole or not at all.
/// Nothing is deleted here that was not deleted before: who confirmed it was told that it failed.
async fn settle_delete_forever(
    ports: &Ports,
    id: OrganizationId,
    collection: Option<&CollectionIdentity>,
) -> Result<Settled, StoreError> {
    let is_there = match collection {
        Some(_) => ports.collections.exists(&CollectionName::in_trash(id)).await?,
        None => ports.organizations.find_trashed(id).await?.is_some(),
    };
    if is_there {
        return Ok(Settled::Undone);
    }
    ports.organizations.remove_trashed(id).await?;
    Ok(Settled::Finished)
}
