//! Previews: whether a name is free, what a rename moves, what a removal affects.

use super::service::OrganizationService;
use crate::error::{AppError, ConflictOn, StoreError};
use crate::records::{CollectionStatistics, Organization, TrashedCollection};
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, EmailAddress, OrganizationId, OrganizationName};

/// Whether a name is available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAvailability {
    /// The name as it would be stored.
    pub name: OrganizationName,
    /// The collection it would have.
    pub collection: CollectionName,
    /// The conflict, if the name is not available.
    pub taken_by: Option<ConflictOn>,
}

/// What a rename would move.
#[derive(Debug, Clone)]
pub struct RenamePreview {
    /// The organization as it is now.
    pub organization: Organization,
    /// The new name and whether it is available.
    pub availability: NameAvailability,
    /// The collection as it is now; `None` if it is missing.
    pub statistics: Option<CollectionStatistics>,
    /// Whether other organizations also use the collection, so that it stays and the renamed one starts with an empty
    /// one.
    pub shared: bool,
}

/// What a removal would affect, to the trash or for good.
#[derive(Debug, Clone)]
pub struct RemovalPreview {
    /// The organization.
    pub organization: Organization,
    /// Its collection; `None` if it is missing.
    pub statistics: Option<CollectionStatistics>,
    /// Whether other organizations also use the collection, or did when this one was trashed, so that it stays.
    pub shared: bool,
    /// Whether its name must be typed.
    pub confirmation_needed: bool,
}

impl OrganizationService {
    /// Whether a name is available; `for_id` is the asking organization, whose own name counts as free.
    ///
    /// # Errors
    /// `InvalidInput`, `Forbidden`, `Store`.
    pub async fn availability(
        &self,
        actor: &Actor,
        name: &str,
        for_id: Option<OrganizationId>,
    ) -> Result<NameAvailability, AppError> {
        self.require_may_ask(actor, for_id)?;
        let name = OrganizationName::parse(name)?;
        let collection = CollectionName::for_organization(&name);
        let (named, is_taken) = futures_util::join!(
            self.ports.organizations.find_by_name(&name),
            self.is_collection_taken(&name),
        );
        let taken_by = match named? {
            Some(organization) if Some(organization.id) == for_id => None,
            Some(_) => Some(ConflictOn::Name),
            None => is_taken?.then_some(ConflictOn::Collection),
        };
        Ok(NameAvailability { name, collection, taken_by })
    }

    /// Whether an email address is valid and free; `for_id` is the asking organization, whose own address counts as
    /// free.
    ///
    /// # Errors
    /// `InvalidInput`, `Conflict`, `Forbidden`, `Store`.
    pub async fn require_usable_email(
        &self,
        actor: &Actor,
        email: &str,
        for_id: Option<OrganizationId>,
    ) -> Result<(), AppError> {
        self.require_may_ask(actor, for_id)?;
        self.require_free_email(&EmailAddress::parse(email)?, for_id).await
    }

    /// What a rename would move.
    ///
    /// # Errors
    /// `InvalidInput`, `NotFound`, `Forbidden`, `Store`.
    pub async fn preview_rename(
        &self,
        actor: &Actor,
        id: OrganizationId,
        to: &str,
    ) -> Result<RenamePreview, AppError> {
        actor.require_on(Act::Change, id)?;
        let (organization, availability) =
            futures_util::join!(self.load_live(id), self.availability(actor, to, Some(id)));
        let (organization, availability) = (organization?, availability?);
        let (statistics, shared) = futures_util::try_join!(
            self.statistics_of(&organization),
            self.is_shared(id, &organization.name),
        )?;
        Ok(RenamePreview { organization, availability, statistics, shared })
    }

    /// What a removal would affect: to the trash for a live organization, for good for one in the trash.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Store`.
    pub async fn preview_removal(
        &self,
        actor: &Actor,
        id: OrganizationId,
    ) -> Result<RemovalPreview, AppError> {
        actor.require_on(Act::List, id)?;
        let organization = self.load(id).await?;
        let forever = organization.trashed.is_some();
        let shared = match &organization.trashed {
            Some(trashed) => trashed.collection == TrashedCollection::Shared,
            None => self.is_shared(id, &organization.name).await?,
        };
        actor.require_on(if forever { Act::DeleteForever } else { Act::Trash }, id)?;
        let statistics = self.statistics_of(&organization).await?;
        let confirmation_needed = forever || self.operations.gate().names_are_typed();
        Ok(RemovalPreview { organization, statistics, shared, confirmation_needed })
    }

    async fn statistics_of(
        &self,
        organization: &Organization,
    ) -> Result<Option<CollectionStatistics>, AppError> {
        match self.ports.collections.statistics(&organization.collection()).await {
            Ok(statistics) => Ok(Some(statistics)),
            Err(StoreError::CollectionMissing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Only a session that could use the answer can ask whether something exists.
    fn require_may_ask(&self, actor: &Actor, for_id: Option<OrganizationId>) -> Result<(), AppError> {
        match for_id {
            Some(id) => actor.require_on(Act::Change, id),
            None => actor.require(Act::Create),
        }
    }
}
