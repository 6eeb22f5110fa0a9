use bson::RawDocumentBuf;
use futures_util::TryStreamExt;
use time::OffsetDateTime;

use super::deciding::Deciding;
use super::put::put;
use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::jobs::Cancellation;
use crate::ports::Ports;
use crate::records::{
    Accepted, CollectionDescription, CollectionIdentity, CollectionKind, Correction, IndexDescription,
    NewOrganization, StoredOrganization,
};
use crate::values::{CollectionName, OrganizationId};

/// How often a join goes through a collection that others write to meanwhile.
const PASSES: usize = 3;

/// One write of a mend, or several of one kind. A dry run shows what it sends.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Renames the collection that was seen.
    Rename { from: CollectionName, to: CollectionName, which: CollectionIdentity },
    /// Renames the collection that an earlier step of the mend made.
    RenameMade { from: CollectionName, to: CollectionName },
    /// Creates a tenant collection as the service does.
    Create { name: CollectionName },
    /// Creates a collection like another.
    CreateLike { name: CollectionName, like: CollectionDescription },
    /// Writes every document to a file for people, reads that back, and renames the collection, to compare it where
    /// nobody writes. Whoever has the file carries it out.
    SetDown { name: CollectionName, aside: CollectionName, place: String },
    /// Deletes the collection that was seen.
    Drop { name: CollectionName, which: CollectionIdentity },
    /// Deletes a collection without a document.
    DropEmpty { name: CollectionName },
    /// Corrects an organization's document while it is as it was seen.
    Correct { seen: Box<StoredOrganization>, correction: Box<Correction> },
    /// Inserts an organization's document.
    Insert { new: Box<NewOrganization> },
    /// Makes an index.
    MakeIndex { name: CollectionName, index: IndexDescription },
    /// Removes an index.
    DropIndex { name: CollectionName, index: String },
    /// Sets a validator.
    SetValidator { name: CollectionName, validator: Vec<u8> },
    /// Copies every document, each verified.
    Copy { from: CollectionName, to: CollectionName },
    /// Moves every document, each verified before it is removed, as long as nobody but this organization owns `from`.
    /// What differs from a document of its `_id` goes to `twins`.
    Join { id: OrganizationId, from: CollectionName, to: CollectionName, twins: CollectionName },
    /// Carries out what a person decided about twins.
    Decide { deciding: Deciding },
    /// Deletes a collection if it has no document.
    DropOnceEmpty { name: CollectionName },
    /// Makes the indexes of the master collections.
    Prepare,
    /// Accepts what differs from the template.
    Accept { accepted: Accepted },
}

impl Step {
    /// Carries it out. Repeating it is harmless.
    pub(super) async fn carry_out(
        &self,
        (ports, operation): (&Ports, &str),
        now: OffsetDateTime,
        cancellation: &Cancellation,
    ) -> Result<(), AppError> {
        let (organizations, collections) = (&ports.organizations, &ports.collections);
        match self {
            Self::Rename { from, to, which } => collections.rename(from, to, which).await.map_err(taken),
            Self::RenameMade { from, to } => {
                let made = collections.identity(from).await?;
                let which = made.ok_or(StoreError::CollectionMissing { collection: from.to_string() })?;
                collections.rename(from, to, &which).await.map_err(taken)
            }
            Self::Create { name } => Ok(collections.create(name).await?),
            Self::CreateLike { name, like } => Ok(collections.create_as(name, like).await?),
            Self::SetDown { .. } => Err(AppError::NotFound { what: "file" }),
            Self::Drop { name, which } => Ok(collections.delete(name, which).await?),
            Self::DropEmpty { name } => match collections.delete_empty(name, operation).await? {
                true => Ok(()),
                false => Err(StoreError::Changed { what: "the collection" }.into()),
            },
            Self::Correct { seen, correction } => {
                organizations.correct(seen, correction, now).await.map_err(taken)
            }
            Self::Insert { new } => organizations.insert(new).await.map_err(taken),
            Self::MakeIndex { name, index } => Ok(collections.create_index(name, index).await?),
            Self::DropIndex { name, index } => Ok(collections.drop_index(name, index).await?),
            Self::SetValidator { name, validator } => Ok(collections.set_validator(name, validator).await?),
            Self::Copy { from, to } => copy(ports, from, to, cancellation).await,
            Self::Join { id, from, to, twins } => join((ports, *id), (from, to), twins, cancellation).await,
            Self::Decide { deciding } => deciding.carry_out(ports, cancellation).await,
            Self::DropOnceEmpty { name } => {
                collections.delete_empty(name, operation).await?;
                Ok(())
            }
            Self::Prepare => {
                ports.health.prepare().await?;
                match ports.health.unprepared().await?.into_iter().next() {
                    None => Ok(()),
                    Some(missing) => Err(StoreError::RuleBroken { rule: missing }.into()),
                }
            }
            Self::Accept { accepted } => Ok(ports.settings.accept(accepted).await?),
        }
    }
}

/// Someone else took the name, the address or the collection first.
fn taken(error: StoreError) -> AppError {
    match error {
        StoreError::Duplicate { field: UniqueField::Name | UniqueField::Id } => {
            AppError::Conflict(ConflictOn::Name)
        }
        StoreError::Duplicate { field: UniqueField::Email } => AppError::Conflict(ConflictOn::Email),
        StoreError::CollectionExists { .. } => AppError::Conflict(ConflictOn::Collection),
        other => AppError::Store(other),
    }
}

async fn copy(
    ports: &Ports,
    from: &CollectionName,
    to: &CollectionName,
    cancellation: &Cancellation,
) -> Result<(), AppError> {
    let mut batches = ports.collections.documents(from);
    while let Some(batch) = batches.try_next().await? {
        cancellation.checkpoint()?;
        let (_, differing) = put(ports, to, &batch).await?;
        if !differing.is_empty() {
            return Err(StoreError::Changed { what: "the documents" }.into());
        }
    }
    Ok(())
}

async fn join(
    (ports, id): (&Ports, OrganizationId),
    (from, to): (&CollectionName, &CollectionName),
    twins: &CollectionName,
    cancellation: &Cancellation,
) -> Result<(), AppError> {
    for _ in 0..PASSES {
        let mut batches = ports.collections.documents(from);
        while let Some(batch) = batches.try_next().await? {
            cancellation.checkpoint()?;
            if is_of_others(ports, from, id).await? {
                // What a new owner writes there is nobody else's.
                return Err(StoreError::Changed { what: "the collection" }.into());
            }
            let (mut safe, differing) = put(ports, to, &batch).await?;
            if !differing.is_empty() {
                ports.collections.create_as(twins, &plain()).await?;
                safe.extend(put(ports, twins, &differing).await?.0);
            }
            // Each only while it is what was verified elsewhere: one that changed since comes with the next pass.
            ports.collections.remove_documents(from, &safe).await?;
        }
        if ports.collections.is_empty(from).await? {
            return Ok(());
        }
    }
    Err(StoreError::Changed { what: "the documents" }.into())
}

/// Whether another organization than this one has the collection.
pub(super) async fn is_of_others(
    ports: &Ports,
    name: &CollectionName,
    id: OrganizationId,
) -> Result<bool, StoreError> {
    let Some(owner) = name.organization_name() else { return Ok(true) };
    Ok(ports.organizations.owners(&owner).await?.iter().any(|owner| *owner != id))
}

/// A collection without options: a validator could refuse what another collection has.
fn plain() -> CollectionDescription {
    CollectionDescription {
        identity: CollectionIdentity(None),
        kind: CollectionKind::Plain,
        options: RawDocumentBuf::new().into_bytes(),
        indexes: Vec::new(),
    }
}
