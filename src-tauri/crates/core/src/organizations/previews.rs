//! Previews: whether a name is free, what a rename moves, what a removal affects.

use super::service::OrganizationService;
use time::OffsetDateTime;

use crate::erasure::commands;
use crate::error::{AppError, ConflictOn, StoreError};
use crate::limits::SESSION_PAGE_MAX;
use crate::records::{
    ActivityEntry, CollectionStatistics, Organization, PeopleFilter, SessionQuery, SessionsOf,
    TrashedCollection,
};
use crate::rights::{Account, Act, Actor};
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
    /// What else a deletion for good removes; `None` for a move to the trash.
    pub erasure: Option<ErasurePreview>,
}

/// What a deletion for good removes, and how.
#[derive(Debug, Clone)]
pub struct ErasurePreview {
    /// What there is of the organization.
    pub extent: Extent,
    /// When the newest document was made, by its `_id`: an estimate of the last write.
    pub last_write: Option<OffsetDateTime>,
    /// The commands that run, for a MongoDB shell.
    pub commands: Vec<String>,
}

/// What there is of an organization besides its own document.
#[derive(Debug, Clone)]
pub struct Extent {
    /// Its collection; `None` if it is missing, or shared and so stays.
    pub statistics: Option<CollectionStatistics>,
    /// People with a membership; `None` if the database user may not see them.
    pub people: Option<u64>,
    /// Sessions on the list, at most [`SESSION_PAGE_MAX`]; likewise.
    pub sessions: Option<u64>,
    /// Whether failed sign-ins of its admin are counted; likewise.
    pub sign_in_attempts: Option<u64>,
}

impl Extent {
    /// The entry of a deletion, with what is deleted.
    pub(super) fn told(&self, entry: ActivityEntry) -> ActivityEntry {
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let documents = self.statistics.as_ref().map(|statistics| statistics.documents);
        entry
            .changed("documents", number(documents), None)
            .changed("people", number(self.people), None)
            .changed("sessions", number(self.sessions), None)
            .changed("sign_in_attempts", number(self.sign_in_attempts), None)
    }
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
        let erasure = async {
            if !forever {
                return Ok::<_, AppError>(None);
            }
            let newest = async {
                match shared {
                    true => Ok(None),
                    false => self.ports.collections.newest(&organization.collection()).await,
                }
            };
            let (extent, newest) = futures_util::join!(self.extent(&organization), newest);
            let extent = extent?;
            // A missing collection, or one that may not be read, tells nothing.
            let last_write = newest.ok().flatten().and_then(|newest| made_at(&newest));
            let name = extent.statistics.as_ref().map(|_| organization.collection().to_string());
            let commands = commands(id, name.as_deref());
            Ok(Some(ErasurePreview { extent, last_write, commands }))
        };
        let (statistics, erasure) = futures_util::try_join!(self.statistics_of(&organization), erasure)?;
        let confirmation_needed = forever || self.operations.gate().names_are_typed();
        Ok(RemovalPreview { organization, statistics, shared, confirmation_needed, erasure })
    }

    /// What there is of an organization in the trash, asked for at the same time.
    pub(super) async fn extent(&self, organization: &Organization) -> Result<Extent, AppError> {
        let id = organization.id;
        let shared = organization
            .trashed
            .as_ref()
            .is_some_and(|trashed| trashed.collection == TrashedCollection::Shared);
        let members =
            PeopleFilter { search: String::new(), status: None, role: None, organization: Some(id) };
        let sessions = SessionQuery {
            of: SessionsOf::Organization(id),
            live_at: self.clock.now(),
            after: None,
            limit: SESSION_PAGE_MAX,
        };
        let keys = [Account::Organization(id).key()];
        let statistics = async {
            match shared {
                true => Ok(None),
                false => self.statistics_of(organization).await,
            }
        };
        let (statistics, people, sessions, attempts) = futures_util::join!(
            statistics,
            self.ports.people.count(&members, self.clock.now()),
            self.ports.sessions.page(&sessions),
            self.ports.accounts.sign_in_attempts(&keys),
        );
        let length = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        Ok(Extent {
            statistics: statistics?,
            people: seen(people)?.map(|counts| counts.all),
            sessions: seen(sessions)?.map(|sessions| length(sessions.len())),
            sign_in_attempts: seen(attempts)?.map(|attempts| length(attempts.len())),
        })
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

/// What the database user may not read is not known.
fn seen<T>(answer: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match answer {
        Err(StoreError::Denied { .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

/// When the document was made, if its `_id` is an ObjectId.
fn made_at(document: &[u8]) -> Option<OffsetDateTime> {
    let document = bson::RawDocument::from_bytes(document).ok()?;
    let id = document.get_object_id("_id").ok()?;
    OffsetDateTime::from_unix_timestamp(id.timestamp().timestamp_millis() / 1_000).ok()
}
