//! What an inspection comes to, and what every inspection needs.

use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::ports::Ports;
use crate::records::{CollectionIdentity, JournalEntry, Operation, OperationPlan};
use crate::values::{CollectionName, OrganizationId, OrganizationName};

/// The outcome of resolving an operation.
pub(super) enum Settled {
    /// All of it is done.
    Finished,
    /// Nothing of it remains.
    Undone,
    /// The collection does not exist; the document alone says how the operation ends.
    Gone {
        /// Whether it is as complete as it can be.
        finished: bool,
    },
    /// What exists fits neither; nothing else was touched.
    Undecided {
        /// The reason, for the person.
        reason: String,
    },
}

/// When an operation is inspected.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    /// At once, by the run that carries it out, after this failure of a step.
    AtOnce(&'a AppError),
    /// For an entry found later: the operation may have ended long ago, and the current database user may be a
    /// different one.
    Later,
}

impl Asked<'_> {
    /// Whether this refusal ends the operation. Found later, a refusal only says what the current database user is not
    /// allowed to do.
    pub(super) fn ends_with(self, error: &StoreError) -> bool {
        matches!(self, Self::AtOnce(_)) && is_for_good(error)
    }

    /// Whether the failure proves that the last step was not carried out. After a change by others it may have been.
    pub(super) fn says_undone(self) -> bool {
        match self {
            Self::AtOnce(AppError::Store(StoreError::Changed { .. })) => false,
            Self::AtOnce(AppError::Store(error)) => !error.is_unclear(),
            Self::AtOnce(_) => true,
            Self::Later => false,
        }
    }

    /// Whether the failure proves that no collection was moved: it had changed before, or the move was refused.
    pub(super) fn says_unmoved(self) -> bool {
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

/// Whether the same call would be refused again: a permission is missing, or a view stands in place of the collection.
pub(super) fn is_for_good(error: &StoreError) -> bool {
    matches!(error, StoreError::Denied { .. } | StoreError::Corrupt { .. })
}

pub(super) fn is_taken(error: &StoreError) -> bool {
    matches!(error, StoreError::Duplicate { field: UniqueField::Name | UniqueField::Email })
}

pub(super) async fn is_owned_by_other(
    ports: &Ports,
    id: OrganizationId,
    name: &OrganizationName,
) -> Result<bool, StoreError> {
    Ok(ports.organizations.owners(name).await?.iter().any(|owner| *owner != id))
}

/// Removes the empty collection of a name that nobody has. One that cannot be removed, or has documents, stays, and is
/// reported as a conflict when someone wants the name.
pub(super) async fn discard(
    ports: &Ports,
    operation: &Operation,
    name: &OrganizationName,
) -> Result<(), StoreError> {
    let id = operation.organization_id;
    let collection = CollectionName::for_organization(name);
    // In this order: an operation that ends meanwhile leaves an owner.
    let Some(found) = ports.collections.identity(&collection).await? else { return Ok(()) };
    let unfinished = ports.journal.unfinished().await?;
    if is_moved(&unfinished, id, &collection, &found) {
        return Ok(());
    }
    // Its owner may have another one, which is on its way to another name already.
    let has_left = |owner: &OrganizationId| {
        let mut others = unfinished.iter().map(|entry| &entry.operation);
        others.any(|other| {
            other.organization_id == *owner
                && matches!(&other.plan, OperationPlan::Rename { from, collection: Some(planned), .. }
                    if from == name && planned.is_same_as(&found) == Some(false))
        })
    };
    if !ports.organizations.owners(name).await?.iter().all(has_left) {
        return Ok(());
    }
    match ports.collections.delete_empty(&collection, &operation.mark()).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            tracing::warn!(%collection, "a collection that belongs to nobody has documents and stays");
            Ok(())
        }
        Err(error) if error.is_unclear() => Err(error),
        Err(error) => {
            tracing::warn!(%collection, %error, "an empty collection could not be removed");
            Ok(())
        }
    }
}

/// Whether an organization that is being created would take another one's collection: one that another operation is
/// moving, or, as its creation found, one with documents.
pub(super) async fn is_anothers(
    ports: &Ports,
    id: OrganizationId,
    collection: &CollectionName,
    asked: Asked<'_>,
) -> Result<bool, StoreError> {
    let was_there = matches!(asked, Asked::AtOnce(AppError::Conflict(ConflictOn::Collection)));
    if was_there && !ports.collections.is_empty(collection).await? {
        return Ok(true);
    }
    let Some(found) = ports.collections.identity(collection).await? else { return Ok(false) };
    Ok(is_moved(&ports.journal.unfinished().await?, id, collection, &found))
}

/// Whether another organization's operation moves the collection that has this name now: to the name before the
/// organization gets it, or away from it after the organization gave it up.
fn is_moved(
    unfinished: &[JournalEntry],
    id: OrganizationId,
    collection: &CollectionName,
    found: &CollectionIdentity,
) -> bool {
    let of = CollectionName::for_organization;
    unfinished.iter().map(|entry| &entry.operation).filter(|other| other.organization_id != id).any(|other| {
        let is_it = other.plan.collection().is_some_and(|planned| planned.is_same_as(found) != Some(false));
        let has_name = match &other.plan {
            OperationPlan::Rename { from, to, .. } => [of(from), of(to)].contains(collection),
            OperationPlan::Trash { name, .. } | OperationPlan::Restore { name, .. } => {
                of(name) == *collection
            }
            OperationPlan::Mend { from, to, .. } => {
                [from, to].into_iter().flatten().any(|name| name == collection)
            }
            OperationPlan::Create { .. }
            | OperationPlan::DeleteForever { .. }
            | OperationPlan::Receive { .. } => false,
        };
        is_it && has_name
    })
}
