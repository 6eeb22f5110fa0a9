//! Finishing or undoing an operation by looking at what exists. Every step may be repeated, so a crash in here is
//! settled by the next look.

use time::OffsetDateTime;

use super::whereabouts::{Move, Whereabouts};
use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::ports::Ports;
use crate::records::{CollectionIdentity, Operation, OperationPlan, Organization, set_aside};
use crate::values::{CollectionName, CopyId, OrganizationId, OrganizationName};

/// What settling came to.
pub(super) enum Settled {
    /// All of it is done.
    Finished,
    /// Nothing of it remains.
    Undone,
    /// The collection is nowhere, and the document alone says how the act ends.
    Gone {
        /// Whether it is done, as far as it can be.
        finished: bool,
    },
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
        OperationPlan::Trash { name, trashed, collection } => {
            settle_trash(ports, (id, trashed.copy), name, collection.as_ref(), asked, now).await
        }
        OperationPlan::Restore { name, copy, collection } => {
            settle_restore(ports, (id, *copy), name, collection.as_ref(), asked, now).await
        }
        OperationPlan::DeleteForever { copy, collection, .. } => {
            settle_delete_forever(ports, (id, *copy), collection.as_ref()).await
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
    let at_once = matches!(asked, Asked::AtOnce(_));
    let Some(organization) = ports.organizations.find(id).await? else {
        if at_once {
            discard(ports, name).await?;
        }
        return Ok(Settled::Undone);
    };
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
    if at_once && ports.collections.is_empty(&collection).await? {
        ports.organizations.remove(&organization).await?;
        discard(ports, name).await?;
        return Ok(Settled::Undone);
    }
    // A server asks for the right to create before it finds that there is nothing to do.
    if ports.collections.exists(&collection).await? {
        return Ok(Settled::Finished);
    }
    let reason = format!("its collection {collection} is missing and can't be created: {refusal}");
    Ok(Settled::Undecided { reason })
}

/// The collection decides: it is moved first, and once it was moved the act goes forward, unless the name was taken. Where
/// it was shared with others, or missing, the document decides.
async fn settle_rename(
    ports: &Ports,
    id: OrganizationId,
    (from, to): (&OrganizationName, &OrganizationName),
    collection: Option<&CollectionIdentity>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let names = [from, to].map(CollectionName::for_organization);
    let live = ports.organizations.find(id).await?;
    if live.as_ref().is_some_and(|organization| organization.name == *to) {
        return Ok(Settled::Finished);
    }
    let Some(collection) = collection else {
        // An empty one was made for the new name, and nobody has it now.
        discard(ports, to).await?;
        return Ok(Settled::Undone);
    };
    let moved = Move::of(ports, collection, &names);
    let Some(organization) = live else { return settle_orphan(id, &moved).await };
    if let Some(settled) = without_move(moved.look().await?, asked) {
        return Ok(settled);
    }
    if organization.name != *from {
        let reason = format!("the organization was named {} by other software meanwhile", organization.name);
        return Ok(Settled::Undecided { reason });
    }
    let source = moved.source();
    let is_ownerless = !is_owned_by_other(ports, id, from).await?;
    // The service makes a collection anew when a tenant writes to one that is gone.
    if is_ownerless && !ports.collections.is_empty(source).await? {
        let reason = format!("{source} was made anew meanwhile and has documents of its own");
        return Ok(Settled::Undecided { reason });
    }
    match ports.organizations.set_name(&organization, to, now).await {
        Ok(()) => {
            discard(ports, from).await?;
            Ok(Settled::Finished)
        }
        Err(error) if is_taken(&error) || asked.ends_with(&error) => {
            if !is_ownerless {
                let reason =
                    format!("{source}, where its documents came from, is of another organization now");
                return Ok(Settled::Undecided { reason });
            }
            moved.back(to).await?;
            Ok(Settled::Undone)
        }
        Err(error) => Err(error),
    }
}

/// The organization was deleted by other software, or moved to the trash by a console that took its act for given up. What
/// was moved for it already goes along, or a person is told where it is: nobody would look for it there.
async fn settle_orphan(id: OrganizationId, moved: &Move<'_>) -> Result<Settled, StoreError> {
    if moved.look().await? != Whereabouts::Target {
        return Ok(Settled::Undone);
    }
    if moved.bring_home(id).await? {
        return Ok(Settled::Undone);
    }
    let reason = format!("its documents are left in {}, where nobody looks for them", moved.target());
    Ok(Settled::Undecided { reason })
}

/// How an act ends whose collection was not moved, or can't be told to have been; `None` when it was, and the act goes on.
fn without_move(found: Whereabouts, asked: Asked<'_>) -> Option<Settled> {
    match found {
        Whereabouts::Target => None,
        Whereabouts::Source => Some(Settled::Undone),
        Whereabouts::Gone if asked.says_unmoved() => Some(Settled::Undone),
        Whereabouts::Gone => Some(Settled::Gone { finished: false }),
        Whereabouts::Unclear { .. } if asked.says_unmoved() => Some(Settled::Undone),
        Whereabouts::Unclear { reason } => Some(Settled::Undecided { reason }),
    }
}

fn is_taken(error: &StoreError) -> bool {
    matches!(error, StoreError::Duplicate { field: UniqueField::Name | UniqueField::Email })
}

async fn is_owned_by_other(
    ports: &Ports,
    id: OrganizationId,
    name: &OrganizationName,
) -> Result<bool, StoreError> {
    Ok(ports.organizations.owners(name).await?.iter().any(|owner| *owner != id))
}

/// Removes the empty collection of a name that nobody has. One that can't be removed, or has documents, stays and is told
/// as a conflict when the name is wanted again.
async fn discard(ports: &Ports, name: &OrganizationName) -> Result<(), StoreError> {
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

/// The live organization and the one in the trash, if the latter is this copy.
async fn both_sides(
    ports: &Ports,
    (id, copy): (OrganizationId, Option<CopyId>),
) -> Result<(Option<Organization>, Option<Organization>), StoreError> {
    let live = ports.organizations.find(id).await?;
    let is_it = |found: &Organization| found.trashed.as_ref().is_some_and(|trashed| trashed.copy == copy);
    Ok((live, ports.organizations.find_trashed(id).await?.filter(is_it)))
}

/// The act's copy in the trash decides: it comes first, and from then on the act goes forward, unless the collection may
/// not be moved at all.
async fn settle_trash(
    ports: &Ports,
    (id, copy): (OrganizationId, Option<CopyId>),
    name: &OrganizationName,
    collection: Option<&CollectionIdentity>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let names = [CollectionName::for_organization(name), set_aside(id, copy)];
    let moved = collection.map(|collection| Move::of(ports, collection, &names));
    let (_, copied) = both_sides(ports, (id, copy)).await?;
    if copied.is_none() {
        // Not copied, or brought back since: then a move that came late took the collection from a live organization.
        return match &moved {
            Some(moved) => settle_orphan(id, moved).await,
            None => Ok(Settled::Undone),
        };
    }
    match ports.organizations.remove_copied(id, copy).await {
        Ok(()) => {}
        Err(error) if asked.ends_with(&error) && ports.organizations.find(id).await?.is_some() => {
            ports.organizations.remove_trashed(id, copy).await?;
            return Ok(Settled::Undone);
        }
        Err(error) => return Err(error),
    }
    let Some(moved) = moved else { return Ok(Settled::Finished) };
    match moved.look().await? {
        Whereabouts::Source => {}
        Whereabouts::Target => return Ok(Settled::Finished),
        Whereabouts::Gone => return settle_without_collection(ports, (id, copy), name).await,
        Whereabouts::Unclear { reason } => return Ok(Settled::Undecided { reason }),
    }
    // The name was free for a moment. A collection of an organization that took it is not ours to move.
    if is_owned_by_other(ports, id, name).await? {
        let reason = format!("another organization has {} now", moved.source());
        return Ok(Settled::Undecided { reason });
    }
    let Err(refusal) = moved.forward().await else { return Ok(Settled::Finished) };
    // An earlier try whose answer was lost may have moved it in between; this one found nothing to move then.
    match moved.look().await? {
        Whereabouts::Target => Ok(Settled::Finished),
        Whereabouts::Source if is_for_good(&refusal) => {
            // The documents stayed, so the organization returns.
            ports.organizations.copy_from_trash(id, copy, name, now).await?;
            ports.organizations.remove_trashed(id, copy).await?;
            Ok(Settled::Undone)
        }
        Whereabouts::Source => Err(refusal),
        Whereabouts::Gone => settle_without_collection(ports, (id, copy), name).await,
        Whereabouts::Unclear { reason } => Ok(Settled::Undecided { reason }),
    }
}

/// The copy in the trash is all that there is, unless it was copied under another name than the act began with: then its
/// collection went along with that name, and nobody would look for it there.
async fn settle_without_collection(
    ports: &Ports,
    (id, copy): (OrganizationId, Option<CopyId>),
    name: &OrganizationName,
) -> Result<Settled, StoreError> {
    let (_, copied) = both_sides(ports, (id, copy)).await?;
    match copied.filter(|copied| copied.name != *name) {
        Some(copied) => {
            let reason = format!("it was named {} meanwhile, and its collection with it", copied.name);
            Ok(Settled::Undecided { reason })
        }
        None => Ok(Settled::Gone { finished: true }),
    }
}

/// The document decides, then the collection: both back among the live ones, or the collection back in the trash.
async fn settle_restore(
    ports: &Ports,
    (id, copy): (OrganizationId, Option<CopyId>),
    name: &OrganizationName,
    collection: Option<&CollectionIdentity>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let names = [set_aside(id, copy), CollectionName::for_organization(name)];
    let moved = collection.map(|collection| Move::of(ports, collection, &names));
    let (live, copied) = both_sides(ports, (id, copy)).await?;
    if live.is_some() {
        if copied.is_some() {
            ports.organizations.remove_trashed(id, copy).await?;
        }
        return Ok(Settled::Finished);
    }
    let Some(moved) = moved else {
        // An empty one was made for the name, and nobody has it now.
        discard(ports, name).await?;
        return Ok(Settled::Undone);
    };
    if copied.is_none() {
        // Deleted for good, or restored and moved to the trash anew, by a console that took this for given up.
        return settle_orphan(id, &moved).await;
    }
    if let Some(settled) = without_move(moved.look().await?, asked) {
        return Ok(settled);
    }
    match ports.organizations.copy_from_trash(id, copy, name, now).await {
        Ok(()) => {
            ports.organizations.remove_trashed(id, copy).await?;
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
    (id, copy): (OrganizationId, Option<CopyId>),
    collection: Option<&CollectionIdentity>,
) -> Result<Settled, StoreError> {
    let (live, copied) = both_sides(ports, (id, copy)).await?;
    let is_there = match (&copied, collection) {
        // Restored meanwhile, and perhaps moved to the trash anew, by a console that took this for given up.
        (None, _) => live.is_some() || ports.organizations.find_trashed(id).await?.is_some(),
        (Some(_), Some(_)) => ports.collections.identity(&set_aside(id, copy)).await?.is_some(),
        (Some(_), None) => true,
    };
    if is_there {
        return Ok(Settled::Undone);
    }
    if copied.is_some() {
        ports.organizations.remove_trashed(id, copy).await?;
    }
    Ok(Settled::Finished)
}
