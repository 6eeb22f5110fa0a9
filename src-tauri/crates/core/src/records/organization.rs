use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::values::{
    CollectionName, CopyId, DisplayName, EmailAddress, HashRenewal, OrganizationId, OrganizationName,
    PasswordHash, StoredDate,
};

/// A tenant: its metadata, without its password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id, which is its admin's id too.
    pub id: OrganizationId,
    /// Its name, lower-cased and unique.
    pub name: OrganizationName,
    /// What is shown instead of its name.
    pub display_name: Option<DisplayName>,
    /// The address its admin signs in with.
    pub admin_email: EmailAddress,
    /// Whether its people can sign in.
    pub is_active: bool,
    /// When it was created.
    pub created_at: StoredDate,
    /// When it was last changed.
    pub updated_at: StoredDate,
    /// Raised by whatever ends the sessions of its admin. 0 where the service wrote the document.
    pub session_version: i64,
    /// Set while it is in the trash.
    pub trashed: Option<Trashed>,
}

impl Organization {
    /// Where its documents are: in `org_` and the name, or in its place in the trash. What it shared with others did not
    /// go there with it.
    pub fn collection(&self) -> CollectionName {
        match &self.trashed {
            Some(trashed) if trashed.collection != TrashedCollection::Shared => {
                set_aside(self.id, trashed.copy)
            }
            None | Some(_) => CollectionName::for_organization(&self.name),
        }
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

/// Where the documents of a copy in the trash wait.
pub fn set_aside(id: OrganizationId, copy: Option<CopyId>) -> CollectionName {
    copy.map_or_else(|| CollectionName::in_trash(id), CollectionName::set_aside)
}

/// When and by whom an organization was moved to the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trashed {
    /// When.
    pub at: StoredDate,
    /// The address of who did it.
    pub by: String,
    /// What became of its collection.
    pub collection: TrashedCollection,
    /// Which copy it is, made with the plan of the act. `None` where an earlier version of this program made the copy.
    pub copy: Option<CopyId>,
}

/// What became of an organization's collection when it was moved to the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrashedCollection {
    /// It was set aside.
    Moved,
    /// There was none.
    Missing,
    /// It stayed where it was: it was of other organizations too.
    Shared,
}

/// What an organization's life is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationStatus {
    /// Its people can sign in.
    Active,
    /// Nobody of it can sign in; its data stays.
    Deactivated,
    /// Set aside, restorable.
    Trashed,
}

/// An organization as it is about to be inserted.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    /// Made by the caller, so that a repeated insert is recognized.
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

/// What changes in place, all of it in one write. `None` keeps.
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
    /// Whether the sessions of its admin end: `session_version` is raised by one.
    pub end_sessions: bool,
}

/// What a sign-in needs to know.
#[derive(Debug, Clone)]
pub struct OrganizationCredentials {
    /// The organization.
    pub organization: Organization,
    /// Its admin's stored hash.
    pub password_hash: PasswordHash,
    /// That the hash was computed anew.
    pub renewal: Option<HashRenewal>,
}

/// A stored column that a list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortField {
    /// `organization_name`, in byte order.
    Name,
    /// Deactivated before active.
    Status,
    /// `admin_email`, in byte order.
    AdminEmail,
    /// `collection_name`, in byte order.
    CollectionName,
    /// `created_at`; what is not known before every date.
    CreatedAt,
    /// `updated_at`; what is not known before every date.
    UpdatedAt,
}

/// Which way a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortDirection {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Which statuses a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// Which organizations a list holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationFilter {
    /// Found anywhere in name, display name or admin address, without regard to case. Empty finds all. Taken
    /// literally: it is no pattern.
    pub search: String,
    /// By status.
    pub status: StatusFilter,
    /// Only this one: what an organization admin may see.
    pub only: Option<OrganizationId>,
}

/// A place in a list: the sort value and the id of the last row seen. The rows after it stay the same rows whatever
/// is inserted or removed before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The sort value of that row: text as it is, dates as milliseconds and empty where they are not known, status as 0
    /// or 1, in decimal.
    pub value: String,
    /// Its id, which breaks ties in the same direction.
    pub id: OrganizationId,
}

/// A page that a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationQuery {
    /// Which organizations.
    pub filter: OrganizationFilter,
    /// By what they are sorted; the id breaks ties in the same direction.
    pub sort: SortField,
    /// Which way.
    pub direction: SortDirection,
    /// After which row; `None` starts at the beginning.
    pub after: Option<Cursor>,
    /// How many rows at most.
    pub limit: u32,
}

/// A page of organizations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationPage {
    /// The rows.
    pub organizations: Vec<Organization>,
    /// Where the next page starts; `None` when this is the last.
    pub next: Option<Cursor>,
}

/// How many organizations there are by status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationCounts {
    /// Those that are not in the trash.
    pub live: u64,
    /// Deactivated ones. `None` where counting them would take too long.
    pub deactivated: Option<u64>,
    /// Those in the trash.
    pub trashed: u64,
    /// Whether the numbers are exact.
    pub exact: bool,
    /// Documents that are in none of these numbers. `None` where counting them would take too long.
    pub unshowable: Option<Unshowable>,
}

/// Documents among the organizations that no list shows: their `_id` is no ObjectId, and so the id of no organization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unshowable {
    /// Among the live ones.
    pub live: u64,
    /// In the trash.
    pub trashed: u64,
    /// MongoDB's names of what their ids are, such as `string`.
    pub id_types: BTreeSet<String>,
}

impl OrganizationCounts {
    /// Active ones.
    pub fn active(&self) -> Option<u64> {
        self.deactivated.map(|deactivated| self.live.saturating_sub(deactivated))
    }
}

impl SortField {
    /// The cursor value of a row under this sort.
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
