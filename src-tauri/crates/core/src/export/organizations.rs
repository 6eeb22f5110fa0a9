use serde::Deserialize;

use super::{Cell, Column};
use crate::records::{Organization, OrganizationStatus};

/// A column of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ExportColumn {
    /// The id, as 24 hex digits.
    Id,
    /// The name.
    Name,
    /// The display name; empty where there is none.
    DisplayName,
    /// `active`, `deactivated` or `trashed`.
    Status,
    /// The admin's address.
    AdminEmail,
    /// The collection of its documents.
    CollectionName,
    /// When it was created, UTC; empty where that is not known.
    CreatedAt,
    /// When it was last changed, UTC; empty where that is not known.
    UpdatedAt,
    /// Documents in its collection; empty where it has no collection.
    Documents,
    /// Bytes of these documents; empty where the store does not say.
    DataSize,
}

impl ExportColumn {
    /// Whether reading this column takes one query per organization.
    pub fn needs_statistics(self) -> bool {
        match self {
            Self::Documents | Self::DataSize => true,
            Self::Id
            | Self::Name
            | Self::DisplayName
            | Self::Status
            | Self::AdminEmail
            | Self::CollectionName
            | Self::CreatedAt
            | Self::UpdatedAt => false,
        }
    }
}

/// One organization as a row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRow {
    /// Its metadata.
    pub organization: Organization,
    /// Documents in its collection, if a column needs them.
    pub documents: Option<u64>,
    /// Bytes of these documents, if a column needs them.
    pub data_size: Option<u64>,
}

impl Column for ExportColumn {
    type Row = ExportRow;

    const SHEET: &'static str = "Organizations";

    fn header(self) -> &'static str {
        match self {
            Self::Id => "organization_id",
            Self::Name => "organization_name",
            Self::DisplayName => "display_name",
            Self::Status => "status",
            Self::AdminEmail => "admin_email",
            Self::CollectionName => "collection_name",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Documents => "documents",
            Self::DataSize => "data_size",
        }
    }

    fn width(self) -> u16 {
        match self {
            Self::Status | Self::Documents | Self::DataSize => 12,
            Self::CreatedAt | Self::UpdatedAt => 20,
            Self::Id => 26,
            Self::Name | Self::DisplayName | Self::AdminEmail | Self::CollectionName => 32,
        }
    }

    fn cell<'row>(self, row: &'row ExportRow, made: &'row mut String) -> Cell<'row> {
        let organization = &row.organization;
        match self {
            Self::Id => {
                *made = organization.id.to_hex();
                Cell::Text(made)
            }
            Self::Name => Cell::Text(organization.name.as_str()),
            Self::DisplayName => {
                organization.display_name.as_ref().map_or(Cell::Empty, |name| Cell::Text(name.as_str()))
            }
            Self::Status => Cell::Text(status_word(organization.status())),
            Self::AdminEmail => Cell::Text(organization.admin_email.as_str()),
            Self::CollectionName => {
                made.clear();
                made.push_str(organization.collection().as_str());
                Cell::Text(made)
            }
            Self::CreatedAt => Cell::date(organization.created_at),
            Self::UpdatedAt => Cell::date(organization.updated_at),
            Self::Documents => row.documents.map_or(Cell::Empty, Cell::Number),
            Self::DataSize => row.data_size.map_or(Cell::Empty, Cell::Number),
        }
    }
}

fn status_word(status: OrganizationStatus) -> &'static str {
    match status {
        OrganizationStatus::Active => "active",
        OrganizationStatus::Deactivated => "deactivated",
        OrganizationStatus::Trashed => "trashed",
    }
}
