use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use strum::VariantArray;
use time::OffsetDateTime;

use super::WorkspaceSettings;
#[cfg(feature = "wire")]
use crate::numbers::Count;
use crate::numbers::count;
use crate::values::{
    CollectionName, CopyId, DisplayName, EmailAddress, HashRenewal, OrganizationId, OrganizationName,
    PasswordHash, StoredDate,
};

/// A tenant: its metadata, without its password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id, which is also its admin's id.
    pub id: OrganizationId,
    /// Its name, lowercase and unique.
    pub name: OrganizationName,
    /// Shown instead of its name.
    pub display_name: Option<DisplayName>,
    /// The address its admin signs in with.
    pub admin_email: EmailAddress,
    /// Whether its people can sign in.
    pub is_active: bool,
    /// When it was created.
    pub created_at: StoredDate,
    /// When it was last changed.
    pub updated_at: StoredDate,
    /// Raised by every change that ends the admin's sessions; 0 if the service wrote the document.
    pub session_version: i64,
    /// Set while it is in the trash.
    pub trashed: Option<Trashed>,
}

impl Organization {
    /// The collection with its documents: `org_` and the name, or its name in the trash. A shared collection did not
    /// move to the trash.
    pub fn collection(&self) -> CollectionName {
        match &self.trashed {
            Some(trashed) if trashed.collection != TrashedCollection::Shared => {
                set_aside(self.id, trashed.copy)
            }
            None | Some(_) => CollectionName::for_organization(&self.name),
        }
    }

    /// Whether this live organization came from that copy in the trash: a restore raises the session version, and
    /// nothing lowers it. What other software brings back from a backup has the version it had then.
    pub fn is_restored_from(&self, copied: &Self) -> bool {
        self.session_version > copied.session_version
    }

    /// The same organization under another name.
    pub(crate) fn renamed(&self, to: &OrganizationName, at: OffsetDateTime) -> Self {
        Self { name: to.clone(), updated_at: at.into(), ..self.clone() }
    }

    /// The moment from which it need not be kept in the trash any longer; `None` if that never comes, or is not known.
    pub fn kept_until(&self, settings: &WorkspaceSettings) -> Option<OffsetDateTime> {
        let milliseconds = self.trashed.as_ref()?.at.milliseconds()?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()?;
        settings.kept_in_trash_until(at)
    }

    /// Its status.
    pub fn status(&self) -> OrganizationStatus {
        if self.trashed.is_some() {
            OrganizationStatus::Trashed
        } else if self.is_active {
            OrganizationStatus::Active
        } else {
            OrganizationStatus::Deactivated
        }
    }
}

/// The name under which the documents of a copy in the trash wait.
pub fn set_aside(id: OrganizationId, copy: Option<CopyId>) -> CollectionName {
    copy.map_or_else(|| CollectionName::in_trash(id), CollectionName::set_aside)
}

/// When and by whom an organization was moved to the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trashed {
    /// When it was moved.
    pub at: StoredDate,
    /// The email address of the person who moved it.
    pub by: String,
    /// What became of its collection.
    pub collection: TrashedCollection,
    /// The mark of this copy, created with the operation's plan; `None` if an earlier version made the copy.
    pub copy: Option<CopyId>,
}

/// What became of an organization's collection when it was moved to the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrashedCollection {
    /// It was set aside under another name.
    Moved,
    /// There was none.
    Missing,
    /// It stayed where it was, because others share it.
    Shared,
}

/// The status of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum OrganizationStatus {
    /// Its people can sign in.
    Active,
    /// No one in it can sign in; its documents stay.
    Deactivated,
    /// Set aside, restorable.
    Trashed,
}

/// An organization to insert.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    /// Created by the caller, so that a repeated insert is recognized.
    pub id: OrganizationId,
    /// Its name.
    pub name: OrganizationName,
    /// Its display name.
    pub display_name: Option<DisplayName>,
    /// Its admin's address.
    pub admin_email: EmailAddress,
    /// Its admin's hashed password.
    pub admin_password: PasswordHash,
    /// `created_at` and `updated_at`.
    pub created_at: OffsetDateTime,
}

impl NewOrganization {
    /// The organization once it is inserted.
    pub fn inserted(self) -> Organization {
        let created_at = self.created_at.into();
        Organization {
            id: self.id,
            name: self.name,
            display_name: self.display_name,
            admin_email: self.admin_email,
            is_active: true,
            created_at,
            updated_at: created_at,
            session_version: 0,
            trashed: None,
        }
    }
}

/// Changes in place, all in one write. `None` keeps a field.
#[derive(Debug, Clone, Default)]
pub struct OrganizationChange {
    /// Another display name, or none.
    pub display_name: Option<Option<DisplayName>>,
    /// Another admin address.
    pub admin_email: Option<EmailAddress>,
    /// Another admin password.
    pub admin_password: Option<PasswordHash>,
    /// Active or deactivated.
    pub is_active: Option<bool>,
    /// Whether to end the admin's sessions, by raising `session_version` by one.
    pub end_sessions: bool,
    /// What is overwritten only while it is as it was seen.
    pub expected: Expected,
}

/// Stored values that a change relies on; `None` for a field that may have any.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The display name, or none.
    pub display_name: Option<Option<DisplayName>>,
    /// The admin's address.
    pub admin_email: Option<EmailAddress>,
    /// The admin's hash; empty for one that is absent or no text.
    pub admin_password: Option<PasswordHash>,
    /// Active or deactivated.
    pub is_active: Option<bool>,
}

/// What stands in the way of some names and addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// The live organizations with one of the names, or with one of the addresses in any letter case; each once.
    pub organizations: Vec<Organization>,
    /// The names whose collection is claimed: those with an owner, as
    /// [`owners`](crate::ports::OrganizationStore::owners) finds them.
    pub names: BTreeSet<OrganizationName>,
}

/// An organization with what a sign-in needs.
#[derive(Debug, Clone)]
pub struct OrganizationCredentials {
    /// The organization.
    pub organization: Organization,
    /// Its admin's stored hash.
    pub password_hash: PasswordHash,
    /// The note that the hash was renewed.
    pub renewal: Option<HashRenewal>,
}

/// A stored column that a list can be sorted by. Values of other types than the column's stand beside its own, as
/// [`SortPlace`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum SortField {
    /// `organization_name`, in byte order.
    Name,
    /// Deactivated before active.
    Status,
    /// `admin_email`, in byte order.
    AdminEmail,
    /// `collection_name`, in byte order.
    CollectionName,
    /// `created_at`; an absent one comes before all others.
    CreatedAt,
    /// `updated_at`; an absent one comes before all others.
    UpdatedAt,
}

/// The direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum SortDirection {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// The statuses in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum StatusFilter {
    /// Active and deactivated; never the trash.
    All,
    /// Active ones.
    Active,
    /// Deactivated ones.
    Deactivated,
    /// Those in the trash.
    Trashed,
}

/// The organizations in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct OrganizationFilter {
    /// Searched anywhere in name, display name and admin email, in any letter case. Empty finds all. Taken literally,
    /// not as a pattern.
    pub search: String,
    /// By status.
    pub status: StatusFilter,
    /// Only those of these: the scope of an organization admin, or what the doctor found. Never asked for.
    #[serde(skip)]
    pub only: Option<Vec<OrganizationId>>,
}

/// A place in a list: where the last row seen stands. The rows after it stay the same, whatever is inserted or removed
/// before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Where that row stands under the sort.
    pub place: SortPlace,
    /// Its id, which breaks ties in the sort direction.
    pub id: OrganizationId,
}

/// Where a row stands under a sort. Other software stores values that no sort can read: they stand beside the readable
/// ones, in groups of their own, each in the order of ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SortPlace {
    /// Below every readable value, because it is absent or its type sorts there in BSON.
    Below,
    /// At a readable value: text unchanged, dates as decimal milliseconds, status as 0 or 1.
    Value(String),
    /// Above every readable value, because its type sorts there in BSON.
    Above,
    /// At the end of the list in both directions: BSON sorts a list of values by another element in each direction.
    Apart,
}

/// Where a page starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PageStart<C = Cursor> {
    /// At the beginning of the walk.
    Beginning,
    /// After the row of this cursor.
    After(C),
    /// At the row with this number. Beyond the end, the page holds the last rows.
    Row {
        /// The number in the list's order, from 0, in whichever direction the list is walked.
        number: u64,
        /// The number of rows that the caller believes in: a store counts from the nearer end.
        of: u64,
    },
}

/// A request for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationQuery {
    /// Which organizations.
    pub filter: OrganizationFilter,
    /// The field they are sorted by; the id breaks ties in the same direction.
    pub sort: SortField,
    /// The sort direction.
    pub direction: SortDirection,
    /// Whether the same list is walked from its end to its beginning.
    pub backwards: bool,
    /// Where the page starts.
    pub start: PageStart,
    /// How many rows at most.
    pub limit: u32,
}

/// A page of organizations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationPage {
    /// The rows, in the order of the walk.
    pub organizations: Vec<Organization>,
    /// The place of the first row: a walk in the other direction goes on after it. `None` if the page starts at the
    /// beginning, and if it is empty.
    pub previous: Option<Cursor>,
    /// Where the next page starts; `None` after the last page.
    pub next: Option<Cursor>,
}

/// How many organizations there are by status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationCounts {
    /// Those that are not in the trash.
    pub live: u64,
    /// Deactivated ones; `None` if counting them would take too long.
    pub deactivated: Option<u64>,
    /// Those in the trash.
    pub trashed: u64,
    /// Whether the numbers are exact.
    pub exact: bool,
    /// Documents that are in none of these numbers; `None` if counting them would take too long.
    pub unshowable: Option<Unshowable>,
}

/// Documents that no list shows, because their `_id` is not an ObjectId and so not an organization's id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Unshowable {
    /// Among the live ones.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub live: u64,
    /// In the trash.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub trashed: u64,
    /// MongoDB's names of their `_id` types, such as `string`.
    pub id_types: BTreeSet<String>,
}

impl OrganizationCounts {
    /// Active ones.
    pub fn active(&self) -> Option<u64> {
        self.deactivated.map(|deactivated| self.live.saturating_sub(deactivated))
    }
}

impl SortDirection {
    /// The opposite direction.
    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

impl OrganizationQuery {
    /// The direction of the sort in which the list is walked.
    pub fn walk(&self) -> SortDirection {
        if self.backwards { self.direction.reversed() } else { self.direction }
    }
}

impl StatusFilter {
    /// Every filter.
    pub const ALL: &[Self] = Self::VARIANTS;
}

impl SortField {
    /// Every column.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The place of a row whose value is readable.
    pub fn cursor(self, organization: &Organization) -> Cursor {
        Cursor { place: SortPlace::Value(self.cursor_value(organization)), id: organization.id }
    }

    /// The cursor value of a row under this sort: text unchanged, dates as decimal milliseconds or empty if unknown,
    /// status as 0 or 1.
    pub fn cursor_value(self, organization: &Organization) -> String {
        let milliseconds =
            |date: StoredDate| date.milliseconds().map_or_else(String::new, |date| date.to_string());
        match self {
            Self::Name => organization.name.to_string(),
            Self::Status => u8::from(organization.is_active).to_string(),
            Self::AdminEmail => organization.admin_email.to_string(),
            // By the live name, in the trash too: the stored field keeps it there.
            Self::CollectionName => CollectionName::for_organization(&organization.name).to_string(),
            Self::CreatedAt => milliseconds(organization.created_at),
            Self::UpdatedAt => milliseconds(organization.updated_at),
        }
    }
}
