//! Ends an interrupted mend by looking at what exists. What a mend did not reach is found by the next pass, so a mend
//! that cannot go on is left as it is: none of its steps destroys anything.

use time::OffsetDateTime;

use super::settled::{Asked, Settled, discard, is_for_good, is_taken};
use super::whereabouts::{Move, Whereabouts};
use crate::error::StoreError;
use crate::ports::Ports;
use crate::records::{CollectionIdentity, MendWord, Organization};
use crate::values::{CollectionName, OrganizationId, OrganizationName};

/// A mend in the journal, on the store.
pub(super) struct Mending<'a> {
    pub(super) ports: &'a Ports,
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
        MendWord::JoinHalves => mending.settle_join().await,
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
        Move::of(self.ports, collection, &names).look().await.map(Some)
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

    /// The rename is the whole act.
    async fn settle_detach(&self) -> Result<Settled, StoreError> {
        match self.whereabouts().await? {
            Some(Whereabouts::Target) => Ok(Settled::Finished),
            Some(Whereabouts::Source | Whereabouts::Gone) | None => Ok(Settled::Undone),
            Some(Whereabouts::Unclear { reason }) => Ok(Settled::Undecided { reason }),
        }
    }

    /// The creation is completed, unless the organization does not need it any more.
    async fn settle_collection(&self) -> Result<Settled, StoreError> {
        let Some(to) = self.to else { return Ok(Settled::Undone) };
        if self.live().await?.is_none_or(|live| live.collection() != *to) {
            discard(self.ports, self.id, self.name).await?;
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

    /// The document decides, then the collection: the document gets the name that the moved collection has, or the
    /// collection goes back if the name was taken.
    async fn settle_follow(&self, asked: Asked<'_>, now: OffsetDateTime) -> Result<Settled, StoreError> {
        let found = self.whereabouts().await?;
        let Some(live) = self.live().await? else { return Ok(Settled::Undone) };
        match found {
            Some(Whereabouts::Target) => self.name_it(&live, asked, now).await,
            Some(Whereabouts::Source | Whereabouts::Gone) => Ok(Settled::Undone),
            Some(Whereabouts::Unclear { reason }) => Ok(Settled::Undecided { reason }),
            // Nothing was to be moved: the one write of the document is done or not.
            None if live.name == *self.name => Ok(Settled::Finished),
            None => Ok(Settled::Undone),
        }
    }

    /// The document gets the name, or the collection goes back.
    async fn name_it(
        &self,
        live: &Organization,
        asked: Asked<'_>,
        now: OffsetDateTime,
    ) -> Result<Settled, StoreError> {
        match self.ports.organizations.set_name(live, self.name, now).await {
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
    async fn settle_join(&self) -> Result<Settled, StoreError> {
        let Some(from) = self.from else { return Ok(Settled::Undone) };
        let is_joined = !self.ports.collections.exists(from).await?;
        if is_joined { Ok(Settled::Finished) } else { Ok(Settled::Undone) }
    }

    /// The document decides. If it has its new name, those who share the old collection have one. Otherwise the
    /// collection that was made for it goes back, or its copy is removed.
    async fn settle_twins(&self, asked: Asked<'_>, now: OffsetDateTime) -> Result<Settled, StoreError> {
        let Some(live) = self.live().await? else { return Ok(Settled::Undone) };
        let moved = self.whereabouts().await?;
        if live.name != *self.name && moved != Some(Whereabouts::Target) {
            return self.without_twin().await;
        }
        if live.name != *self.name {
            return self.name_it(&live, asked, now).await;
        }
        // The collection went along, so those that stay get a new one.
        if let (Some(Whereabouts::Target), Some(from)) = (moved, self.from) {
            self.ports.collections.create(from).await?;
        }
        Ok(Settled::Finished)
    }

    /// Removes what was made for an organization that kept its name: an empty collection.
    async fn without_twin(&self) -> Result<Settled, StoreError> {
        discard(self.ports, self.id, self.name).await?;
        Ok(Settled::Undone)
    }
}
