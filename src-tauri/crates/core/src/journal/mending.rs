//! Ends an interrupted mend by looking at what exists. What a mend did not reach is found by the next pass, so a mend
//! that cannot go on is left as it is: none of its steps destroys what no other place has.

use time::OffsetDateTime;

use super::settled::{Asked, Settled, discard, is_for_good, is_taken};
use super::whereabouts::{Move, Whereabouts};
use crate::error::StoreError;
use crate::ports::Ports;
use crate::records::{CollectionIdentity, Correction, MendWord, Operation, Organization};
use crate::values::{CollectionName, OrganizationId, OrganizationName};

/// A mend in the journal, on the store.
pub(super) struct Mending<'a> {
    pub(super) ports: &'a Ports,
    pub(super) operation: &'a Operation,
    pub(super) id: OrganizationId,
    pub(super) name: &'a OrganizationName,
    pub(super) from: Option<&'a CollectionName>,
    pub(super) to: Option<&'a CollectionName>,
    pub(super) collection: Option<&'a CollectionIdentity>,
}

pub(super) async fn settle_mend(
    mend: MendWord,
    mending: &Mending<'_>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    match mend {
        MendWord::AttachCollection => mending.settle_attach().await,
        MendWord::DetachCollection => mending.settle_detach().await,
        MendWord::CreateCollection => mending.settle_collection().await,
        MendWord::CreateOrganization => mending.settle_organization().await,
        MendWord::FollowName => mending.settle_follow(asked, now).await,
        MendWord::JoinHalves => mending.settle_join(now).await,
        MendWord::SetAside => mending.settle_set_aside(asked).await,
        MendWord::SeparateTwins => mending.settle_twins(asked, now).await,
    }
}

impl Mending<'_> {
    /// Where the moved collection is; `None` if the mend moves none.
    async fn whereabouts(&self) -> Result<Option<Whereabouts>, StoreError> {
        let (Some(from), Some(to), Some(collection)) = (self.from, self.to, self.collection) else {
            return Ok(None);
        };
        if from == to {
            return Ok(None);
        }
        let names = [from.clone(), to.clone()];
        Move::of((self.ports, self.operation), collection, &names).look().await.map(Some)
    }

    async fn live(&self) -> Result<Option<Organization>, StoreError> {
        self.ports.organizations.find(self.id).await
    }

    /// Moved or not: the rename is the whole mend. If an empty collection had stood in its way, it is gone already, so
    /// the move goes forward.
    async fn settle_attach(&self) -> Result<Settled, StoreError> {
        match (self.whereabouts().await?, self.from, self.to, self.collection) {
            (Some(Whereabouts::Target), ..) => Ok(Settled::Finished),
            (Some(Whereabouts::Source), Some(from), Some(to), Some(which)) => {
                let home = match self.live().await? {
                    None => self.ports.organizations.find_trashed(self.id).await?,
                    live => live,
                };
                let is_home = home.is_some_and(|found| found.collection() == *to);
                if !is_home || self.ports.collections.exists(to).await? {
                    return Ok(Settled::Undone);
                }
                match self.ports.collections.rename(from, to, which).await {
                    Ok(()) => Ok(Settled::Finished),
                    Err(error) if is_for_good(&error) => Ok(Settled::Undone),
                    Err(error) => Err(error),
                }
            }
            (Some(Whereabouts::Unclear { reason }), ..) => Ok(Settled::Undecided { reason }),
            (Some(_) | None, ..) => Ok(Settled::Undone),
        }
    }

    /// The document says whether the collection is still its own; then it goes back.
    async fn settle_detach(&self) -> Result<Settled, StoreError> {
        match self.whereabouts().await? {
            Some(Whereabouts::Target) => {
                let seen = self.ports.organizations.stored(self.id).await?;
                let named = seen.as_ref().and_then(|seen| seen.collection_name.as_str());
                if named == self.from.map(CollectionName::as_str) && named.is_some() {
                    return self.back().await;
                }
                Ok(Settled::Finished)
            }
            Some(Whereabouts::Source | Whereabouts::Gone) | None => Ok(Settled::Undone),
            Some(Whereabouts::Unclear { reason }) => Ok(Settled::Undecided { reason }),
        }
    }

    /// The creation is completed, unless the organization does not need it any more.
    async fn settle_collection(&self) -> Result<Settled, StoreError> {
        let Some(to) = self.to else { return Ok(Settled::Undone) };
        if self.live().await?.is_none_or(|live| live.collection() != *to) {
            discard(self.ports, self.operation, self.name).await?;
            return Ok(Settled::Undone);
        }
        match self.ports.collections.create(to).await {
            Ok(()) => Ok(Settled::Finished),
            Err(error) if is_for_good(&error) => Ok(Settled::Undone),
            Err(error) => Err(error),
        }
    }

    /// The document decides: only the run that had the password can insert it. Without it the collection goes back.
    async fn settle_organization(&self) -> Result<Settled, StoreError> {
        if self.live().await?.is_some() {
            return Ok(Settled::Finished);
        }
        self.back().await
    }

    /// The collection decides: it is moved first, and then the document gets its name. It goes back if the name was
    /// taken. If nothing was moved, nothing was done.
    async fn settle_follow(&self, asked: Asked<'_>, now: OffsetDateTime) -> Result<Settled, StoreError> {
        match self.whereabouts().await? {
            Some(Whereabouts::Target) => self.name_it(asked, now).await,
            Some(Whereabouts::Unclear { reason }) => Ok(Settled::Undecided { reason }),
            Some(Whereabouts::Source | Whereabouts::Gone) | None => Ok(Settled::Undone),
        }
    }

    /// The document gets the name and the collection's name, or the collection goes back.
    async fn name_it(&self, asked: Asked<'_>, now: OffsetDateTime) -> Result<Settled, StoreError> {
        let Some(seen) = self.ports.organizations.stored(self.id).await? else {
            return self.back().await;
        };
        let collection = CollectionName::for_organization(self.name);
        let is_named = seen.name.as_str() == Some(self.name.as_str())
            && seen.collection_name.as_str() == Some(collection.as_str());
        if is_named {
            return Ok(Settled::Finished);
        }
        let correction = Correction {
            name: Some(self.name.clone()),
            collection_name: Some(collection),
            ..Correction::default()
        };
        match self.ports.organizations.correct(&seen, &correction, now).await {
            Ok(()) => Ok(Settled::Finished),
            Err(error) if is_taken(&error) || asked.ends_with(&error) => self.back().await,
            Err(error) => Err(error),
        }
    }

    /// Moves the collection back to where it was; nothing to do if it is there.
    async fn back(&self) -> Result<Settled, StoreError> {
        match (self.whereabouts().await?, self.from, self.to, self.collection) {
            (Some(Whereabouts::Target), Some(from), Some(to), Some(which)) => {
                self.ports.collections.rename(to, from, which).await?;
                Ok(Settled::Undone)
            }
            (Some(Whereabouts::Unclear { reason }), ..) => Ok(Settled::Undecided { reason }),
            (Some(_) | None, ..) => Ok(Settled::Undone),
        }
    }

    /// Each document is in one of the two collections at every moment. What was not moved yet may be too much to move
    /// while a workspace opens: the doctor offers the join again.
    async fn settle_join(&self, now: OffsetDateTime) -> Result<Settled, StoreError> {
        let Some(from) = self.from else { return Ok(Settled::Undone) };
        if !self.ports.collections.is_empty(from).await? {
            return Ok(Settled::Undone);
        }
        self.ports.collections.delete_empty(from, &self.operation.mark()).await?;
        let Some(seen) = self.ports.organizations.stored(self.id).await? else {
            return Ok(Settled::Finished);
        };
        let own = CollectionName::for_organization(self.name);
        let is_its_name = seen.name.as_str() == Some(self.name.as_str());
        if is_its_name && seen.collection_name.as_str() != Some(own.as_str()) {
            let correction = Correction { collection_name: Some(own), ..Correction::default() };
            self.ports.organizations.correct(&seen, &correction, now).await?;
        }
        Ok(Settled::Finished)
    }

    /// The collection decides: its drop is the last step, and only after the file was in its place. After a failure
    /// that is known, it was not dropped by this run; if it is gone, others did that.
    async fn settle_set_aside(&self, asked: Asked<'_>) -> Result<Settled, StoreError> {
        let (Some(from), Some(which)) = (self.from, self.collection) else { return Ok(Settled::Undone) };
        // It did not get its name back if another collection has it by now.
        let aside = from.dropped(&self.operation.mark());
        let (found, left) = futures_util::try_join!(
            self.ports.collections.identity(from),
            self.ports.collections.identity(&aside),
        )?;
        let is_it = |found: CollectionIdentity| which.is_same_as(&found) != Some(false);
        let is_there = found.is_some_and(is_it) || left.is_some();
        Ok(if is_there || asked.says_undone() { Settled::Undone } else { Settled::Finished })
    }

    /// The document decides. If it has its new name, those who share the old collection have one. Otherwise it gets the
    /// name if its collection is whole, and what was made for it is removed if it is not.
    async fn settle_twins(&self, asked: Asked<'_>, now: OffsetDateTime) -> Result<Settled, StoreError> {
        let Some(live) = self.live().await? else { return Ok(Settled::Undone) };
        let moved = self.whereabouts().await?;
        let is_whole = match (&moved, self.from, self.to) {
            (Some(Whereabouts::Target), ..) => true,
            (Some(Whereabouts::Unclear { reason }), ..) => {
                return Ok(Settled::Undecided { reason: reason.clone() });
            }
            (Some(Whereabouts::Source | Whereabouts::Gone), ..) => false,
            // A copy has a name of its own until it is whole.
            (None, Some(copy), Some(to)) => {
                let collections = &self.ports.collections;
                collections.exists(to).await? && !collections.exists(copy).await?
            }
            (None, ..) => false,
        };
        if live.name != *self.name {
            if !is_whole {
                return self.without_twin(moved.is_none()).await;
            }
            match self.name_it(asked, now).await? {
                Settled::Finished => {}
                settled => return Ok(settled),
            }
        }
        // The collection went along, so those that stay get a new one.
        if let (Some(Whereabouts::Target), Some(from)) = (moved, self.from) {
            self.ports.collections.create(from).await?;
        }
        Ok(Settled::Finished)
    }

    /// Removes what was made for an organization that kept its name: an empty collection, or a copy that is not whole.
    async fn without_twin(&self, is_new: bool) -> Result<Settled, StoreError> {
        match self.from.filter(|_| is_new) {
            None if is_new => discard(self.ports, self.operation, self.name).await?,
            None => {}
            Some(copy) => {
                if let Some(which) = self.ports.collections.identity(copy).await? {
                    self.ports.collections.delete(copy, &which).await?;
                }
            }
        }
        Ok(Settled::Undone)
    }
}
