//! What an inspection comes to, and what every inspection needs.

use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::ports::Ports;
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
pub(super) async fn discard(ports: &Ports, name: &OrganizationName) -> Result<(), StoreError> {
    if !ports.organizations.owners(name).await?.is_empty() {
        return Ok(());
    }
    let collection = CollectionName::for_organization(name);
    match ports.collections.delete_empty(&collection).await {
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
