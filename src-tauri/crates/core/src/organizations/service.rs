use std::sync::Arc;

use futures_util::TryStreamExt;
use futures_util::future::{self, Either};
use secrecy::SecretString;

use crate::access::Operations;
use crate::capacity::CapacityService;
use crate::clock::Clock;
use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::limits::{FIRST_HIT_AFTER, PAGE_MAX, SEARCH_MAX};
use crate::ports::Ports;
use crate::records::{
    Capacity, Organization, OrganizationCounts, OrganizationCredentials, OrganizationFilter,
    OrganizationPage, OrganizationQuery, PageStart, SortDirection, SortField, StatusFilter,
    WorkspaceSettings,
};
use crate::rights::{Act, Actor};
use crate::sessions::{PasswordHasher, SigningKey};
use crate::template::TemplateService;
use crate::values::{HashRenewal, HashScheme, OrganizationId, OrganizationName, UnverifiableHash};

/// Reads and changes organizations. Each method takes an [`Actor`], the proof of a checked session, and checks its
/// rights.
///
/// Reading is in this file, the lifecycle in `lifecycle.rs`, changes of fields in `administrators.rs`, and previews in
/// `previews.rs`.
pub struct OrganizationService {
    pub(super) ports: Ports,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hasher: PasswordHasher,
    pub(super) operations: Arc<Operations>,
    pub(super) capacity: Arc<CapacityService>,
    pub(super) template: Arc<TemplateService>,
    /// For the marks of passwords, which are good in this run.
    marks: SigningKey,
}

/// What can be shown of an admin's stored password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPassword {
    /// The kind of its hash, if that cannot be verified here.
    pub unverifiable: Option<UnverifiableHash>,
    /// Tells whether the password is still this one. Of no use to anybody but this run.
    pub mark: String,
}

/// What a person saw of an organization when they began to change it, as it was shown; `None` for a field that was not
/// shown.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The name.
    pub name: Option<String>,
    /// The display name; empty for none.
    pub display_name: Option<String>,
    /// The admin's address.
    pub email: Option<String>,
    /// The mark of the admin's password.
    pub password_mark: Option<String>,
}

/// The fields of a new organization, as typed.
#[derive(Debug)]
pub struct CreateRequest {
    /// The name.
    pub name: String,
    /// The display name; empty for none.
    pub display_name: String,
    /// The admin's address.
    pub email: String,
    /// The admin's password.
    pub password: SecretString,
}

/// The changes of an organization, as typed; `None` keeps a field.
#[derive(Debug)]
pub struct UpdateRequest {
    /// The organization to change.
    pub id: OrganizationId,
    /// The new name.
    pub name: Option<String>,
    /// The new display name; empty for none.
    pub display_name: Option<String>,
    /// The new admin email.
    pub email: Option<String>,
    /// The new admin password.
    pub password: Option<SecretString>,
    /// What was there when the person began: nothing else is overwritten.
    pub seen: Seen,
}

impl OrganizationService {
    /// For one open workspace. The gate knows whether the typed name is required before a move to the trash.
    pub fn new(
        ports: Ports,
        clock: Arc<dyn Clock>,
        hasher: PasswordHasher,
        operations: Arc<Operations>,
    ) -> Self {
        let capacity = Arc::new(CapacityService::new(ports.clone(), Arc::clone(&clock)));
        let template = TemplateService::new(ports.clone(), Arc::clone(&operations), Arc::clone(&clock));
        Self {
            ports,
            clock,
            hasher,
            operations,
            capacity,
            template: Arc::new(template),
            marks: SigningKey::random(),
        }
    }

    /// The template of tenant collections.
    pub fn template(&self) -> &Arc<TemplateService> {
        &self.template
    }

    /// The room of the deployment, to show; `None` if it is not known.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn room(&self, actor: &Actor) -> Result<Option<Capacity>, AppError> {
        actor.require(Act::Create)?;
        Ok(self.capacity.current().await)
    }

    /// The room of the deployment, for everything that makes collections.
    pub fn capacity(&self) -> &Arc<CapacityService> {
        &self.capacity
    }

    /// A page of the organizations that the session is allowed to see. A search that takes long has its first hit alone
    /// on its first page, as soon as it is found: the others come with the next one.
    ///
    /// # Errors
    /// `Store`.
    pub async fn page(&self, actor: &Actor, query: OrganizationQuery) -> Result<OrganizationPage, AppError> {
        self.operations.settle_left().await;
        let query = OrganizationQuery {
            filter: narrowed(actor, query.filter),
            limit: query.limit.clamp(1, PAGE_MAX),
            ..query
        };
        let page = self.ports.organizations.page(&query);
        if query.filter.search.is_empty() || query.start != PageStart::Beginning {
            return Ok(page.await?);
        }
        let one = OrganizationQuery { limit: 1, ..query.clone() };
        let first_hit = async {
            tokio::time::sleep(FIRST_HIT_AFTER).await;
            self.ports.organizations.page(&one).await
        };
        // The question that is dropped ends in the store as well.
        match future::select(page, std::pin::pin!(first_hit)).await {
            Either::Left((page, _)) => Ok(page?),
            Either::Right((Ok(hit), _)) => Ok(hit),
            Either::Right((Err(_), page)) => Ok(page.await?),
        }
    }

    /// How many organizations match a search, by status.
    ///
    /// # Errors
    /// `Store`.
    pub async fn count(&self, actor: &Actor, search: String) -> Result<OrganizationCounts, AppError> {
        let filter = narrowed(actor, OrganizationFilter { search, status: StatusFilter::All, only: None });
        Ok(self.ports.organizations.count(&filter).await?)
    }

    /// The organization with this id, live or in the trash, or the live one with this name in any letter case.
    ///
    /// # Errors
    /// `NotFound`, `Store`.
    pub async fn get(&self, actor: &Actor, name_or_id: &str) -> Result<Organization, AppError> {
        // An id first: a name of 24 hex digits is legal, and must not hide the organization with that id.
        if let Ok(id) = name_or_id.trim().parse::<OrganizationId>()
            && actor.require_on(Act::List, id).is_ok()
            && let Some(organization) = self.find_any(id).await?
        {
            return Ok(organization);
        }
        let missing = AppError::NotFound { what: "organization" };
        let Ok(name) = OrganizationName::parse(name_or_id) else { return Err(missing) };
        let organization = self.ports.organizations.find_by_name(&name).await?.ok_or(missing)?;
        actor.require_on(Act::List, organization.id)?;
        Ok(organization)
    }

    /// What can be shown of an admin's stored password; `None` for an organization in the trash, where nobody signs in.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Store`.
    pub async fn stored_password(
        &self,
        actor: &Actor,
        id: OrganizationId,
    ) -> Result<Option<StoredPassword>, AppError> {
        actor.require_on(Act::List, id)?;
        let Some(found) = self.ports.organizations.find_credentials_of(id).await? else { return Ok(None) };
        let unverifiable = match found.password_hash.scheme() {
            HashScheme::Bcrypt { .. } => None,
            HashScheme::Unverifiable(hash) => Some(hash),
        };
        Ok(Some(StoredPassword { unverifiable, mark: self.mark_of(&found)? }))
    }

    /// The mark of a stored password. One whose hash was only renewed keeps it.
    pub(super) fn mark_of(&self, stored: &OrganizationCredentials) -> Result<String, AppError> {
        let origin = HashRenewal::origin(&stored.password_hash, stored.renewal.as_ref());
        self.marks.credential(&origin)
    }

    /// The organizations in the trash that were kept for as long as the settings say, the longest first; at most
    /// [`PAGE_MAX`]. Reads the whole trash.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn kept_long_enough(
        &self,
        actor: &Actor,
        settings: &WorkspaceSettings,
    ) -> Result<Vec<Organization>, AppError> {
        actor.require(Act::DeleteForever)?;
        if settings.keep_trash_days.is_none() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let filter = OrganizationFilter { search: String::new(), status: StatusFilter::Trashed, only: None };
        let query = OrganizationQuery {
            filter,
            sort: SortField::Name,
            direction: SortDirection::Ascending,
            backwards: false,
            start: PageStart::Beginning,
            limit: u32::MAX,
        };
        let mut rows = self.ports.organizations.rows(&query);
        let mut found = Vec::new();
        while let Some(batch) = rows.try_next().await? {
            found.extend(batch.into_iter().filter_map(|organization| {
                let until = organization.kept_until(settings)?;
                (until <= now).then_some((until, organization))
            }));
        }
        found.sort_by_key(|(until, _)| *until);
        let most = usize::try_from(PAGE_MAX).unwrap_or(usize::MAX);
        Ok(found.into_iter().take(most).map(|(_, organization)| organization).collect())
    }

    /// Loads an organization, live or in the trash.
    pub(super) async fn load(&self, id: OrganizationId) -> Result<Organization, AppError> {
        self.find_any(id).await?.ok_or(AppError::NotFound { what: "organization" })
    }

    async fn find_any(&self, id: OrganizationId) -> Result<Option<Organization>, AppError> {
        match self.ports.organizations.find(id).await? {
            Some(organization) => Ok(Some(organization)),
            None => Ok(self.ports.organizations.find_trashed(id).await?),
        }
    }

    pub(super) async fn load_live(&self, id: OrganizationId) -> Result<Organization, AppError> {
        self.ports.organizations.find(id).await?.ok_or(AppError::NotFound { what: "organization" })
    }

    pub(super) async fn load_trashed(&self, id: OrganizationId) -> Result<Organization, AppError> {
        self.ports.organizations.find_trashed(id).await?.ok_or(AppError::NotFound { what: "organization" })
    }
}

/// The filter, limited to what the session is allowed to see and to a search text of a sensible length.
pub(crate) fn narrowed(actor: &Actor, filter: OrganizationFilter) -> OrganizationFilter {
    OrganizationFilter {
        search: filter.search.trim().chars().take(SEARCH_MAX).collect(),
        status: filter.status,
        only: match (actor.organization_scope(), filter.only) {
            (None, only) => only,
            (Some(scope), None) => Some(vec![scope]),
            (Some(scope), Some(only)) => Some(only.into_iter().filter(|id| *id == scope).collect()),
        },
    }
}

/// Turns a duplicate into a conflict.
pub(super) fn conflict(error: StoreError) -> AppError {
    match error {
        StoreError::Duplicate { field: UniqueField::Name | UniqueField::Id } => {
            AppError::Conflict(ConflictOn::Name)
        }
        StoreError::Duplicate { field: UniqueField::Email } => AppError::Conflict(ConflictOn::Email),
        StoreError::CollectionExists { .. } => AppError::Conflict(ConflictOn::Collection),
        other => AppError::Store(other),
    }
}
