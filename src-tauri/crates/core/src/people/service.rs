use std::sync::Arc;

use super::operators::unbuilt;
use crate::clock::Clock;
use crate::error::AppError;
use crate::ports::Ports;
use crate::records::{
    MemberRole, Membership, OrganizationRef, PeopleCounts, PeopleFilter, PeoplePage, PeopleQuery, PersonRow,
};
use crate::rights::{Act, Actor};
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
    /// The password for the first sign-in, shown once; `None` for somebody of another organization, who signs in with
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
    ports: Ports,
    clock: Arc<dyn Clock>,
    hasher: PasswordHasher,
}

impl PeopleService {
    /// For one open workspace.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>, hasher: PasswordHasher) -> Self {
        Self { ports, clock, hasher }
    }

    /// A page of people: of one organization, or of the whole workspace. An organization's people see their own
    /// organization only, whatever the filter says.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound` for an organization that this session is not allowed to see; `Store`.
    pub async fn page(&self, actor: &Actor, query: PeopleQuery) -> Result<PeoplePage, AppError> {
        require(actor, Act::ReadPeople, query.filter.organization)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, query))
    }

    /// How many people a search finds, by status. The filter's own status is ignored.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn count(&self, actor: &Actor, filter: PeopleFilter) -> Result<PeopleCounts, AppError> {
        require(actor, Act::ReadPeople, filter.organization)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, filter))
    }

    /// One person.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`, also for a person of other organizations; `Store`.
    pub async fn get(&self, actor: &Actor, id: PersonId) -> Result<PersonDetails, AppError> {
        require(actor, Act::ReadPeople, actor.organization_scope())?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
    }

    /// Adds a person to an organization. A new address gets a one-time password. Somebody of another organization is
    /// added by operators only, because whoever made that account knows its password.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `InvalidInput`; `Conflict` if the address is already one of this organization's, an
    /// operator's, or, for an organization's admin, one of another organization's people; `Store`.
    pub async fn add(&self, actor: &Actor, request: AddPerson) -> Result<AddedPerson, AppError> {
        actor.require_on(Act::ManagePeople, request.organization_id)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, request))
    }

    /// Gives a person another role in an organization, which ends their sessions.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Store`.
    pub async fn change_role(
        &self,
        actor: &Actor,
        id: PersonId,
        organization: OrganizationId,
        role: MemberRole,
    ) -> Result<PersonRow, AppError> {
        actor.require_on(Act::ManagePeople, organization)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, (id, role)))
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
        require(actor, Act::ManagePeople, organization)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
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
        require(actor, Act::ManagePeople, organization)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
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
        require(actor, Act::ManagePeople, organization)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
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
        require(actor, Act::ManagePeople, actor.organization_scope())?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
    }
}

fn require(actor: &Actor, act: Act, organization: Option<OrganizationId>) -> Result<(), AppError> {
    match organization {
        Some(organization) => actor.require_on(act, organization),
        None => actor.require(act),
    }
}
