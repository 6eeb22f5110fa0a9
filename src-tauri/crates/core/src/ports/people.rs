use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::StoreError;
use crate::records::{
    Membership, MembershipChange, OneTime, PeopleCounts, PeopleFilter, PeoplePage, PeopleQuery, Person,
};
use crate::values::{EmailAddress, HashRenewal, OrganizationId, PasswordHash, PersonId, PersonName};

/// People of organizations, beside the service's own admins.
///
/// # Contract
/// - They are in `console_people`, invisible to the service: one record per address, with all memberships in it, so
///   that no call costs more for somebody of many organizations.
/// - The `_id` is unique, and so is the address in any letter case. No operator has it. A service's own admin can.
/// - A person has at least one membership, and each organization once.
/// - Each change is one write. Every write is durable when it returns.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// Inserts a person with memberships.
    ///
    /// # Errors
    /// `Duplicate {Id}` if the id exists, `Duplicate {Email}` if another person or an operator has the address; nothing
    /// is written then.
    async fn insert(&self, person: &Person) -> Result<(), StoreError>;

    /// The person with this id.
    async fn find(&self, id: PersonId) -> Result<Option<Person>, StoreError>;

    /// The person with this address, in any letter case.
    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Person>, StoreError>;

    /// A page; its organizations are left out. The status is the one at `now`. Never-signed-in people come before all
    /// others in the order of the last sign-in.
    async fn page(&self, query: &PeopleQuery, now: OffsetDateTime) -> Result<PeoplePage, StoreError>;

    /// How many people a filter finds, by status at `now`. The filter's own status is ignored.
    async fn count(&self, filter: &PeopleFilter, now: OffsetDateTime) -> Result<PeopleCounts, StoreError>;

    /// Adds a membership, if nothing has ended the person's sessions since `seen` was read. With a `password`, sets it
    /// in the same write and ends them; without one, no session ends.
    ///
    /// # Errors
    /// `NotFound`, `Changed`; `Duplicate {Id}` if the person is a member already: nothing is written then.
    async fn join(
        &self,
        seen: &Person,
        membership: &Membership,
        password: Option<(&PasswordHash, OneTime)>,
    ) -> Result<Person, StoreError>;

    /// Changes the membership in an organization, or all of them, and ends the person's sessions.
    ///
    /// # Errors
    /// `NotFound` if there is no such membership; `Changed` if a role is not the one that it was: nothing is written
    /// then.
    async fn change_membership(
        &self,
        id: PersonId,
        organization: Option<OrganizationId>,
        change: MembershipChange,
    ) -> Result<Person, StoreError>;

    /// Removes the membership in an organization, or all of them, and ends the person's sessions. The person goes with
    /// the last one. None counts as done.
    async fn leave(&self, id: PersonId, organization: Option<OrganizationId>) -> Result<(), StoreError>;

    /// Removes all memberships in an organization, in a fixed number of calls. None counts as done.
    async fn leave_all(&self, organization: OrganizationId) -> Result<(), StoreError>;

    /// Gives a person another name; ends no session.
    ///
    /// # Errors
    /// `NotFound`.
    async fn rename(&self, id: PersonId, name: &PersonName) -> Result<Person, StoreError>;

    /// Sets a one-time password, if nothing has ended the person's sessions since `seen` was read and no membership was
    /// added; ends them.
    ///
    /// # Errors
    /// `NotFound`, `Changed`.
    async fn set_one_time_password(
        &self,
        seen: &Person,
        hash: &PasswordHash,
        one_time: OneTime,
    ) -> Result<Person, StoreError>;

    /// Sets a password that the person chose, if nothing has ended the person's sessions since `seen` was read; ends
    /// them. A one-time password is used up by it.
    ///
    /// # Errors
    /// `NotFound`, `Changed`.
    async fn set_own_password(&self, seen: &Person, hash: &PasswordHash) -> Result<Person, StoreError>;

    /// Replaces the hash and its note, if the stored hash is still `from`.
    async fn renew_hash(
        &self,
        id: PersonId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError>;

    /// Notes a sign-in.
    async fn note_sign_in(&self, id: PersonId, at: OffsetDateTime) -> Result<(), StoreError>;
}
