use std::sync::Arc;

use time::OffsetDateTime;

use super::one_time::{one_time, taken};
use super::role_change::{RoleChange, require_role_as_seen};
use crate::clock::Clock;
use crate::error::{AppError, ConflictOn, StoreError};
use crate::limits::{PAGE_MAX, SHOWN_MEMBERSHIPS};
use crate::ports::Ports;
use crate::records::{
    ActivityEntry, ActivityKind, MemberRole, Membership, MembershipChange, Organization, OrganizationRef,
    PeopleCounts, PeopleFilter, PeoplePage, PeopleQuery, PeopleStatus, Person, PersonRow, SessionsOf,
};
use crate::rights::{Account, Act, Actor, Role};
use crate::sessions::PasswordHasher;
use crate::values::{OneTimePassword, OrganizationId, PersonId};

/// A person to add to an organization.
#[derive(Debug, Clone)]
pub struct AddPerson {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The name, as typed. Somebody who has an account keeps their own name.
    pub name: String,
    /// The address, as typed.
    pub email: String,
    /// The role in the organization.
    pub role: MemberRole,
}

/// A person that was added to an organization.
#[derive(Debug, Clone)]
pub struct AddedPerson {
    /// The person, with the membership in this organization.
    pub person: PersonRow,
    /// The password for the next sign-in, shown once; `None` for somebody of several organizations, who signs in with
    /// the password they have.
    pub one_time: Option<OneTimePassword>,
}

/// A person with all memberships that the caller may see.
#[derive(Debug, Clone)]
pub struct PersonDetails {
    /// The person; the row's own memberships are the first few.
    pub person: PersonRow,
    /// All memberships that the caller may see.
    pub memberships: Vec<Membership>,
    /// The organizations of these, apart from those in the trash.
    pub organizations: Vec<OrganizationRef>,
}

/// Manages the people of organizations.
pub struct PeopleService {
    pub(super) ports: Ports,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hasher: PasswordHasher,
}

impl PeopleService {
    /// For one open workspace.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>, hasher: PasswordHasher) -> Self {
        Self { ports, clock, hasher }
    }

    /// A page of people: of one organization, or of the whole workspace. An organization's people see their own
    /// organization only.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound` for an organization that this session is not allowed to see; `Store`.
    pub async fn page(&self, actor: &Actor, mut query: PeopleQuery) -> Result<PeoplePage, AppError> {
        query.filter.organization = within(actor, Act::ReadPeople, query.filter.organization)?;
        query.limit = query.limit.min(PAGE_MAX);
        let mut page = self.ports.people.page(&query, self.clock.now()).await?;
        let mut named: Vec<OrganizationId> = page
            .people
            .iter()
            .flat_map(|row| row.memberships.iter().map(|membership| membership.organization_id))
            .collect();
        named.sort_unstable();
        named.dedup();
        page.organizations = self.named(&named).await?;
        if actor.organization_scope().is_some() {
            page.people.iter_mut().for_each(keep_others_secret);
        }
        Ok(page)
    }

    /// How many people a search finds, by status. The filter's own status is ignored.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn count(&self, actor: &Actor, mut filter: PeopleFilter) -> Result<PeopleCounts, AppError> {
        filter.organization = within(actor, Act::ReadPeople, filter.organization)?;
        Ok(self.ports.people.count(&filter, self.clock.now()).await?)
    }

    /// One person.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`, also for a person of other organizations; `Store`.
    pub async fn get(&self, actor: &Actor, id: PersonId) -> Result<PersonDetails, AppError> {
        let scope = within(actor, Act::ReadPeople, None)?;
        let person = self.load(id, scope).await?;
        let memberships: Vec<Membership> = person
            .memberships
            .iter()
            .filter(|membership| scope.is_none_or(|scope| membership.organization_id == scope))
            .cloned()
            .collect();
        let named: Vec<_> = memberships.iter().map(|membership| membership.organization_id).collect();
        let organizations = self.named(&named).await?;
        Ok(PersonDetails { person: self.row(actor, &person, scope), memberships, organizations })
    }

    /// Adds a person to an organization. A new address gets a one-time password. Somebody of another organization is
    /// added by operators only, and gets one as well while they are in one other organization: whoever manages that one
    /// knew the account's password, and could have waited for this.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `InvalidInput`; `Conflict` if the address is already one of this organization's, an
    /// operator's, or, for an organization's admin, one of another organization's people; `Store`.
    pub async fn add(&self, actor: &Actor, request: AddPerson) -> Result<AddedPerson, AppError> {
        let id = request.organization_id;
        actor.require_on(Act::ManagePeople, id)?;
        let (name, email) = super::parse_who(&request.name, &request.email)?;
        let (organization, operator, known) = futures_util::try_join!(
            self.ports.organizations.find(id),
            self.ports.accounts.find_operator_by_email(&email),
            self.ports.people.find_by_email(&email),
        )?;
        let organization = organization.ok_or_else(no_organization)?;
        let is_admin = organization.admin_email.matching_key() == email.matching_key();
        let is_known = known
            .as_ref()
            .is_some_and(|person| person.membership(id).is_some() || actor.organization_scope().is_some());
        if is_admin || is_known || operator.is_some() {
            return Err(AppError::Conflict(ConflictOn::Email));
        }
        let entry = ActivityEntry::of(actor, ActivityKind::PersonAdded)
            .about(id, &organization.name)
            .on(&email)
            .changed("role", None, Some(word(request.role)));
        let membership =
            |since| Membership { organization_id: id, role: request.role, is_active: true, since };
        let (person, secret) = match known {
            Some(known) => {
                // Whoever manages the one organization knew the password once, and would enter this one with it.
                let secret = (known.memberships.len() < 2).then(OneTimePassword::new);
                let hash = match &secret {
                    Some(secret) => {
                        Some(self.hasher.hash(&secret.password().map_err(AppError::InvalidInput)?).await?)
                    }
                    None => None,
                };
                let entry = if secret.is_some() { entry.changed_secret("password") } else { entry };
                let join = |at| async move {
                    let password = hash.as_ref().map(|hash| (hash, one_time(at)));
                    self.ports.people.join(&known, &membership(at), password).await.map_err(taken)
                };
                let joined = self.ports.recorded_at(entry, join).await?;
                if secret.is_some() {
                    self.end_sessions(joined.id).await;
                }
                (joined, secret)
            }
            None => {
                let secret = OneTimePassword::new();
                let hash = self.hasher.hash(&secret.password().map_err(AppError::InvalidInput)?).await?;
                let entry = entry.changed("name", None, Some(name.as_str().to_owned()));
                let insert = |at: OffsetDateTime| async move {
                    let person = Person {
                        id: PersonId::new(),
                        name,
                        email,
                        password_hash: hash,
                        renewal: None,
                        one_time: Some(one_time(at)),
                        memberships: vec![membership(at)],
                        created_at: at,
                        last_sign_in_at: None,
                        session_version: 0,
                    };
                    self.ports.people.insert(&person).await.map_err(taken)?;
                    Ok(person)
                };
                (self.ports.recorded_at(entry, insert).await?, Some(secret))
            }
        };
        // A deletion for good takes its people away; those that came too late for it go here.
        if self.organization(id).await?.is_none() {
            self.ports.people.leave(person.id, Some(id)).await?;
            return Err(no_organization());
        }
        Ok(AddedPerson { person: self.row(actor, &person, Some(id)), one_time: secret })
    }

    /// Gives a person another role in an organization, which ends their sessions.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `ChangedElsewhere`, `Store`.
    pub async fn change_role(
        &self,
        actor: &Actor,
        id: PersonId,
        organization: OrganizationId,
        role: impl Into<RoleChange<MemberRole>>,
    ) -> Result<PersonRow, AppError> {
        let RoleChange { seen: shown, to: role } = role.into();
        let seen = self.manage(actor, id, Some(organization)).await?;
        let before = seen.membership(organization).map(|membership| membership.role);
        require_role_as_seen(shown, before, role, word)?;
        if before == Some(role) {
            return Ok(self.row(actor, &seen, Some(organization)));
        }
        let entry = self.entry(actor, ActivityKind::PersonChanged, &seen, Some(organization)).await?;
        let entry = entry.changed("role", before.map(word), Some(word(role)));
        let change = MembershipChange { role: Some(role), role_was: before, is_active: None };
        match self.change(actor, entry, &seen, Some(organization), change).await {
            Err(AppError::Store(StoreError::Changed { .. })) => {
                let now = self.load(id, Some(organization)).await?;
                let stored = now.membership(organization).map(|membership| membership.role);
                require_role_as_seen(before, stored, role, word)?;
                Ok(self.row(actor, &now, Some(organization)))
            }
            answer => answer,
        }
    }

    /// Keeps a person from signing in to an organization, or to all of them, and ends their sessions.
    ///
    /// # Errors
    /// `Forbidden`, also without an organization for anybody but operators; `NotFound`, `Store`.
    pub async fn deactivate(
        &self,
        actor: &Actor,
        id: PersonId,
        organization: Option<OrganizationId>,
    ) -> Result<PersonRow, AppError> {
        self.set_active(actor, id, organization, false).await
    }

    /// Lets a deactivated person sign in again.
    ///
    /// # Errors
    /// As [`deactivate`](Self::deactivate).
    pub async fn reactivate(
        &self,
        actor: &Actor,
        id: PersonId,
        organization: Option<OrganizationId>,
    ) -> Result<PersonRow, AppError> {
        self.set_active(actor, id, organization, true).await
    }

    /// Removes a person from an organization, or from all of them, and ends their sessions. Whoever leaves the last
    /// organization is removed altogether.
    ///
    /// # Errors
    /// As [`deactivate`](Self::deactivate).
    pub async fn remove(
        &self,
        actor: &Actor,
        id: PersonId,
        organization: Option<OrganizationId>,
    ) -> Result<(), AppError> {
        let seen = self.manage(actor, id, organization).await?;
        let entry = self.entry(actor, ActivityKind::PersonRemoved, &seen, organization).await?;
        let leave = async { Ok(self.ports.people.leave(id, organization).await?) };
        self.ports.recorded(entry, leave).await?;
        self.end_sessions(id).await;
        Ok(())
    }

    /// Sets a one-time password for a person, and ends their sessions. Returned once. An organization's admin may do so
    /// only for a person of no other organization, whose documents the password would open too.
    ///
    /// # Errors
    /// `Forbidden`, also for one's own account and for a person of several organizations; `NotFound`, `Store`.
    pub async fn set_one_time_password(
        &self,
        actor: &Actor,
        id: PersonId,
    ) -> Result<OneTimePassword, AppError> {
        let scope = within(actor, Act::ManagePeople, None)?;
        let seen = self.load(id, scope).await?;
        let is_oneself = matches!(actor.account(), Account::Person(own, _) if own == id);
        if is_oneself || (scope.is_some() && seen.memberships.len() > 1) {
            return Err(AppError::Forbidden);
        }
        let secret = OneTimePassword::new();
        let hash = self.hasher.hash(&secret.password().map_err(AppError::InvalidInput)?).await?;
        let entry = self.entry(actor, ActivityKind::OneTimePasswordSet, &seen, scope).await?;
        let set = |at| async move {
            // Refused if the person has joined another organization since.
            Ok(self.ports.people.set_one_time_password(&seen, &hash, one_time(at)).await?)
        };
        self.ports.recorded_at(entry.changed_secret("password"), set).await?;
        self.end_sessions(id).await;
        Ok(secret)
    }

    async fn set_active(
        &self,
        actor: &Actor,
        id: PersonId,
        organization: Option<OrganizationId>,
        is_active: bool,
    ) -> Result<PersonRow, AppError> {
        let seen = self.manage(actor, id, organization).await?;
        let meant = |membership: &&Membership| {
            organization.is_none_or(|organization| membership.organization_id == organization)
        };
        if seen.memberships.iter().filter(meant).all(|membership| membership.is_active == is_active) {
            return Ok(self.row(actor, &seen, organization));
        }
        let kind = match is_active {
            true => ActivityKind::PersonReactivated,
            false => ActivityKind::PersonDeactivated,
        };
        let entry = self.entry(actor, kind, &seen, organization).await?;
        let change = MembershipChange { is_active: Some(is_active), ..MembershipChange::default() };
        self.change(actor, entry, &seen, organization, change).await
    }

    async fn change(
        &self,
        actor: &Actor,
        entry: ActivityEntry,
        seen: &Person,
        organization: Option<OrganizationId>,
        change: MembershipChange,
    ) -> Result<PersonRow, AppError> {
        let changed = async { Ok(self.ports.people.change_membership(seen.id, organization, change).await?) };
        let changed = self.ports.recorded(entry, changed).await?;
        self.end_sessions(seen.id).await;
        Ok(self.row(actor, &changed, organization))
    }

    /// The person, if this session may manage them there.
    async fn manage(
        &self,
        actor: &Actor,
        id: PersonId,
        organization: Option<OrganizationId>,
    ) -> Result<Person, AppError> {
        match organization {
            Some(organization) => actor.require_on(Act::ManagePeople, organization)?,
            None => actor.require(Act::ManagePeople)?,
        }
        self.load(id, organization).await
    }

    /// The person, if it belongs to the organization.
    async fn load(&self, id: PersonId, organization: Option<OrganizationId>) -> Result<Person, AppError> {
        let found = self.ports.people.find(id).await?;
        let belongs = |person: &Person| organization.is_none_or(|one| person.membership(one).is_some());
        found.filter(belongs).ok_or(AppError::NotFound { what: "person" })
    }

    /// The organization, live or in the trash.
    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, AppError> {
        match self.ports.organizations.find(id).await? {
            Some(found) => Ok(Some(found)),
            None => Ok(self.ports.organizations.find_trashed(id).await?),
        }
    }

    /// An entry about a person, in one organization or in all.
    async fn entry(
        &self,
        actor: &Actor,
        kind: ActivityKind,
        person: &Person,
        organization: Option<OrganizationId>,
    ) -> Result<ActivityEntry, AppError> {
        let entry = ActivityEntry::of(actor, kind).on(&person.email);
        let Some(id) = organization.filter(|_| actor.organization_scope().is_none()) else {
            return Ok(entry);
        };
        let name = self.organization(id).await?.map(|found| found.name.to_string());
        Ok(entry.about(id, name.unwrap_or_default()))
    }

    /// What is told of these organizations, in one query.
    async fn named(&self, ids: &[OrganizationId]) -> Result<Vec<OrganizationRef>, AppError> {
        let found = self.ports.organizations.find_several(ids).await?;
        Ok(found.into_iter().map(OrganizationRef::from).collect())
    }

    /// Their tokens are no longer good anyway: this takes them off the list.
    pub(super) async fn end_sessions(&self, id: PersonId) {
        let sessions = SessionsOf::Account(Account::key_of_person(id));
        if let Err(error) = self.ports.sessions.end(&sessions, None).await {
            tracing::warn!(%error, "sessions that have ended stay on the list");
        }
    }

    fn row(&self, actor: &Actor, person: &Person, organization: Option<OrganizationId>) -> PersonRow {
        let seen = organization.or(actor.organization_scope());
        let meant = |membership: &&Membership| seen.is_none_or(|seen| membership.organization_id == seen);
        let is_active = person.memberships.iter().filter(meant).any(|membership| membership.is_active);
        let mut row = PersonRow {
            id: person.id,
            name: person.name.clone(),
            email: person.email.clone(),
            status: PeopleStatus::of(is_active, person.one_time, person.last_sign_in_at, self.clock.now()),
            one_time: person.one_time,
            memberships: person.memberships.iter().filter(meant).take(SHOWN_MEMBERSHIPS).cloned().collect(),
            memberships_in_all: u32::try_from(person.memberships.len()).unwrap_or(u32::MAX),
            created_at: person.created_at,
            last_sign_in_at: person.last_sign_in_at,
        };
        if actor.organization_scope().is_some() {
            keep_others_secret(&mut row);
        }
        row
    }
}

/// How many other organizations a person has is not for one's admin to know; that there are any decides what the admin
/// may do.
fn keep_others_secret(row: &mut PersonRow) {
    row.memberships_in_all = row.memberships_in_all.min(2);
}

pub(super) fn word(role: MemberRole) -> String {
    Role::from(role).as_str().to_owned()
}

fn no_organization() -> AppError {
    AppError::NotFound { what: "organization" }
}

/// The organization that a session asks about: the one it names, or the only one that it is allowed to see; `None` for
/// all.
///
/// # Errors
/// `NotFound`, `Forbidden`.
fn within(
    actor: &Actor,
    act: Act,
    organization: Option<OrganizationId>,
) -> Result<Option<OrganizationId>, AppError> {
    let organization = organization.or(actor.organization_scope());
    match organization {
        Some(id) => actor.require_on(act, id)?,
        None => actor.require(act)?,
    }
    Ok(organization)
}
