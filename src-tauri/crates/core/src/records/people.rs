use serde::{Deserialize, Serialize};
use strum::VariantArray;
use time::OffsetDateTime;

use super::one_time::OneTime;
use super::operator::OperatorRole;
use super::organization::{Organization, PageStart, SortDirection};
#[cfg(feature = "wire")]
use crate::numbers::Count;
use crate::numbers::count;
use crate::rights::Role;
use crate::values::{
    DisplayName, EmailAddress, HashRenewal, OperatorId, OrganizationId, OrganizationName, PasswordHash,
    PersonId, PersonName,
};

/// A person of organizations: one record per address, however many organizations the person belongs to.
#[derive(Debug, Clone)]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// Its own name.
    pub name: PersonName,
    /// The address it signs in with.
    pub email: EmailAddress,
    /// Its stored hash.
    pub password_hash: PasswordHash,
    /// The note that the hash was renewed.
    pub renewal: Option<HashRenewal>,
    /// Set while the password is one that somebody else set.
    pub one_time: Option<OneTime>,
    /// At least one, each organization once, in the order in which they were added.
    pub memberships: Vec<Membership>,
    /// When it was added to its first organization.
    pub created_at: OffsetDateTime,
    /// When it last signed in; `None` if never.
    pub last_sign_in_at: Option<OffsetDateTime>,
    /// Raised by every change that ends its sessions.
    pub session_version: i64,
}

impl Person {
    /// The membership in an organization.
    pub fn membership(&self, organization: OrganizationId) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.organization_id == organization)
    }
}

/// What a person is in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which one.
    pub organization_id: OrganizationId,
    /// The role there.
    pub role: MemberRole,
    /// Whether the person can sign in there.
    pub is_active: bool,
    /// When the person was added to it.
    pub since: OffsetDateTime,
}

/// The role of a person in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum MemberRole {
    /// May do what the service's own admin may.
    OrganizationAdmin,
    /// Looks at the organization.
    Viewer,
}

impl From<MemberRole> for Role {
    fn from(role: MemberRole) -> Self {
        match role {
            MemberRole::OrganizationAdmin => Self::OrganizationAdmin,
            MemberRole::Viewer => Self::Viewer,
        }
    }
}

impl MemberRole {
    /// Parses the word of the role.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|role| Role::from(*role).as_str() == word)
    }
}

/// Changes of a membership. `None` keeps a field. Each ends the person's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MembershipChange {
    /// Another role.
    pub role: Option<MemberRole>,
    /// The role that the membership must still have for any of it to be written.
    pub role_was: Option<MemberRole>,
    /// Active or deactivated.
    pub is_active: Option<bool>,
}

/// The status of a person or an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum PeopleStatus {
    /// Can sign in, and has done so.
    Active,
    /// Can sign in with a one-time password, and never has.
    Invited,
    /// Cannot sign in, because the one-time password has run out.
    Expired,
    /// Cannot sign in: deactivated, for a person in all of the organizations that are looked at.
    Deactivated,
}

impl PeopleStatus {
    /// Every status.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The status at a moment.
    pub fn of(
        is_active: bool,
        one_time: Option<OneTime>,
        last_sign_in_at: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Self {
        match (is_active, one_time, last_sign_in_at) {
            (false, _, _) => Self::Deactivated,
            (true, Some(one_time), _) if one_time.until <= now => Self::Expired,
            (true, Some(_), None) => Self::Invited,
            (true, Some(_), Some(_)) | (true, None, _) => Self::Active,
        }
    }
}

/// A column that a list of people or operators can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum PeopleSort {
    /// The name, in lower case.
    Name,
    /// The address, in lower case.
    Email,
    /// The last sign-in; those who never signed in come before all others.
    LastSignIn,
}

impl PeopleSort {
    /// Every column.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The value of a row under this sort: lower-case text, or decimal milliseconds, empty for never.
    pub fn value(
        self,
        name: &PersonName,
        email: &EmailAddress,
        last_sign_in_at: Option<OffsetDateTime>,
    ) -> String {
        match self {
            Self::Name => name.matching_key(),
            Self::Email => email.matching_key(),
            Self::LastSignIn => last_sign_in_at
                .map_or_else(String::new, |at| (at.unix_timestamp_nanos() / 1_000_000).to_string()),
        }
    }
}

/// A place in a list of people: that of the last row seen. The id breaks ties.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeopleCursor<Id = PersonId> {
    /// The value of [`PeopleSort::value`].
    pub value: String,
    /// The id of the row.
    pub id: Id,
}

/// The people in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct PeopleFilter {
    /// Searched anywhere in name and address, in any letter case. Empty finds all. Taken literally.
    pub search: String,
    /// By status; `None` finds all.
    pub status: Option<PeopleStatus>,
    /// By role in an organization; `None` finds all. Operators have other roles: this leaves them alone.
    pub role: Option<MemberRole>,
    /// The people of one organization; `None` finds those of all. Set by the caller, not read from the window's filter.
    #[serde(skip)]
    pub organization: Option<OrganizationId>,
}

/// A request for a page of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleQuery {
    /// Which people.
    pub filter: PeopleFilter,
    /// The column they are sorted by; the id breaks ties in the same direction.
    pub sort: PeopleSort,
    /// The sort direction.
    pub direction: SortDirection,
    /// Whether the same list is walked from its end to its beginning.
    pub backwards: bool,
    /// Where the page starts.
    pub start: PageStart<PeopleCursor>,
    /// How many rows at most.
    pub limit: u32,
}

impl PeopleQuery {
    /// The direction of the sort in which the list is walked.
    pub fn walk(&self) -> SortDirection {
        if self.backwards { self.direction.reversed() } else { self.direction }
    }
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Its id.
    pub id: PersonId,
    /// Its own name.
    pub name: PersonName,
    /// The address it signs in with.
    pub email: EmailAddress,
    /// The status in the organization of the filter, or in all together.
    pub status: PeopleStatus,
    /// Set while the password is one that somebody else set.
    pub one_time: Option<OneTime>,
    /// The membership in the organization of the filter, or the first few of all.
    pub memberships: Vec<Membership>,
    /// The number of all memberships. An organization's admin is told 2 at most: somebody belongs elsewhere too.
    pub memberships_in_all: u32,
    /// When it was added to its first organization.
    pub created_at: OffsetDateTime,
    /// When it last signed in; `None` if never.
    pub last_sign_in_at: Option<OffsetDateTime>,
}

/// What a list says about an organization of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRef {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: OrganizationName,
    /// Shown instead of its name.
    pub display_name: Option<DisplayName>,
    /// Whether its people can sign in.
    pub is_active: bool,
}

impl From<Organization> for OrganizationRef {
    fn from(organization: Organization) -> Self {
        let Organization { id, name, display_name, is_active, .. } = organization;
        Self { id, name, display_name, is_active }
    }
}

/// A page of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeoplePage {
    /// The rows, in the order of the walk.
    pub people: Vec<PersonRow>,
    /// The organizations that the rows' memberships name, apart from those in the trash.
    pub organizations: Vec<OrganizationRef>,
    /// The place of the first row: a walk in the other direction goes on after it. `None` if the page starts at the
    /// beginning, and if it is empty.
    pub previous: Option<PeopleCursor>,
    /// Where the next page starts; `None` after the last page.
    pub next: Option<PeopleCursor>,
}

/// How many people or operators there are for a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct PeopleCounts {
    /// All of them.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub all: u64,
    /// Those who can sign in and have done so.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub active: u64,
    /// Those who never signed in.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub invited: u64,
    /// Those whose one-time password ran out.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub expired: u64,
    /// Deactivated ones.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub deactivated: u64,
}

impl PeopleCounts {
    /// Counts one more.
    pub fn add(&mut self, status: PeopleStatus) {
        self.all += 1;
        match status {
            PeopleStatus::Active => self.active += 1,
            PeopleStatus::Invited => self.invited += 1,
            PeopleStatus::Expired => self.expired += 1,
            PeopleStatus::Deactivated => self.deactivated += 1,
        }
    }
}

/// A request for a page of operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorsQuery {
    /// Searched anywhere in name and address, in any letter case. Empty finds all. Taken literally.
    pub search: String,
    /// By status; `None` finds all.
    pub status: Option<PeopleStatus>,
    /// The column they are sorted by; the id breaks ties in the same direction.
    pub sort: PeopleSort,
    /// The sort direction.
    pub direction: SortDirection,
    /// Whether the same list is walked from its end to its beginning.
    pub backwards: bool,
    /// Where the page starts.
    pub start: PageStart<PeopleCursor<OperatorId>>,
    /// How many rows at most.
    pub limit: u32,
}

/// An operator in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorRow {
    /// Its id.
    pub id: OperatorId,
    /// Its own name.
    pub name: PersonName,
    /// The address it signs in with.
    pub email: EmailAddress,
    /// Its role.
    pub role: OperatorRole,
    /// Its status.
    pub status: PeopleStatus,
    /// Set while the password is one that somebody else set.
    pub one_time: Option<OneTime>,
    /// Whether it is an owner who has a recovery code.
    pub has_recovery_code: bool,
    /// Whether it is the only active owner, who can be neither demoted nor deactivated nor removed.
    pub is_last_owner: bool,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// When it last signed in; `None` if never, or if that was before sign-ins were noted.
    pub last_sign_in_at: Option<OffsetDateTime>,
}

/// A page of operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorsPage {
    /// The rows, in the order of the walk.
    pub operators: Vec<OperatorRow>,
    /// The place of the first row: a walk in the other direction goes on after it. `None` if the page starts at the
    /// beginning, and if it is empty.
    pub previous: Option<PeopleCursor<OperatorId>>,
    /// Where the next page starts; `None` after the last page.
    pub next: Option<PeopleCursor<OperatorId>>,
}
