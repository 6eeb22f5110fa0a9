use time::OffsetDateTime;

use super::Trashed;
use crate::values::{
    CollectionName, EmailAddress, HashScheme, OrganizationId, OrganizationName, PasswordHash, StoredDate,
};

/// Where organizations are: in the list or in the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// In the list.
    Live,
    /// In the trash.
    Trash,
}

/// The `_id` of a document among the organizations.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoredId {
    /// An organization's id.
    Organization(OrganizationId),
    /// An id of another type, which makes the document no organization.
    Other {
        /// MongoDB's name of the type, such as `string`.
        kind: String,
        /// The value as a person reads it.
        text: String,
    },
}

impl StoredId {
    /// The organization's id.
    pub fn organization(&self) -> Option<OrganizationId> {
        match self {
            Self::Organization(id) => Some(*id),
            Self::Other { .. } => None,
        }
    }
}

/// What stands where the format wants a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoredText {
    /// Nothing.
    Absent,
    /// A text, unchanged.
    Text(String),
    /// A value of another type.
    Other {
        /// MongoDB's name of the type, such as `int`.
        kind: String,
    },
}

impl StoredText {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Other { .. } => None,
        }
    }
}

/// A field whose value is missing or of another type than the format says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OddField {
    /// The field: `created_at`, `updated_at` or `is_active`.
    pub field: String,
    /// MongoDB's name of the type that it has; `missing` if it has none.
    pub kind: String,
}

/// An organization's document as it is stored, whatever is wrong with it. It has no place for the hash itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrganization {
    /// `_id`.
    pub id: StoredId,
    /// `organization_name`.
    pub name: StoredText,
    /// `console.display_name`, if it is a text.
    pub display_name: Option<String>,
    /// `collection_name`.
    pub collection_name: StoredText,
    /// `admin_email`.
    pub admin_email: StoredText,
    /// The algorithm of `admin_password`.
    pub hash: HashScheme,
    /// `is_active`, as the service counts it.
    pub is_active: bool,
    /// `created_at`.
    pub created_at: StoredDate,
    /// `updated_at`.
    pub updated_at: StoredDate,
    /// Dates and flags of another type than the format says.
    pub odd: Vec<OddField>,
    /// Set in the trash.
    pub trashed: Option<Trashed>,
}

/// What a correction writes in place of what stands in a document. `None` keeps a field.
#[derive(Debug, Clone, Default)]
pub struct Correction {
    /// `organization_name`.
    pub name: Option<OrganizationName>,
    /// `collection_name`.
    pub collection_name: Option<CollectionName>,
    /// `admin_email`.
    pub admin_email: Option<EmailAddress>,
    /// `admin_password`. Ends the admin's sessions.
    pub admin_password: Option<PasswordHash>,
    /// `is_active`.
    pub is_active: Option<bool>,
    /// `created_at`.
    pub created_at: Option<OffsetDateTime>,
    /// `updated_at`; without one, the moment of the correction.
    pub updated_at: Option<OffsetDateTime>,
}
