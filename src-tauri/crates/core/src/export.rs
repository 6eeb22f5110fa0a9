//! Writing lists of organizations to files that people and other programs read.
//!
//! A row has no place for a password hash, so no format can write one.

mod csv;
mod json;
mod ndjson;
mod service;
mod xlsx;

use std::io::{self, BufWriter, Write};

use serde::Deserialize;

use crate::records::{Organization, OrganizationStatus};
use crate::values::StoredDate;

pub use service::{ExportRequest, ExportScope, ExportService, Exported};
pub use xlsx::XLSX_ROWS_MAX;

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// Values between separators (RFC 4180), with formulas guarded against spreadsheets.
    Csv(CsvLayout),
    /// One JSON array of objects.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// A spreadsheet in the Office Open XML format.
    Xlsx,
}

/// How a CSV file separates its values, and its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum CsvLayout {
    /// Opens in columns in Excel, with every letter, whatever the computer's region: tabs, in UTF-16 with a byte order
    /// mark.
    Excel,
    /// For programs that read CSV: UTF-8.
    Plain {
        /// What stands between two values.
        separator: CsvSeparator,
        /// Whether the file begins with a byte order mark. Spreadsheets need it to recognize UTF-8; programs may read
        /// it as a part of the first header.
        byte_order_mark: bool,
    },
}

/// The character between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum CsvSeparator {
    /// The separator of RFC 4180.
    Comma,
    /// What spreadsheets expect in regions with a decimal comma.
    Semicolon,
    /// A tab.
    Tab,
}

impl ExportFormat {
    /// The usual file name extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Xlsx => "xlsx",
        }
    }
}

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
    /// The word in the header line, or the key in an object. Programs rely on it: it never changes.
    pub fn header(self) -> &'static str {
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

/// Writes rows to a file of one format.
///
/// Holds about one row at a time, however many there are. Dropped without [`finish`](Self::finish), it leaves an
/// incomplete file.
pub trait RowWriter: Send {
    /// Writes one row.
    ///
    /// # Errors
    /// Those of the output; `InvalidInput` for one row more than the format holds.
    fn write_row(&mut self, row: &ExportRow) -> io::Result<()>;

    /// Writes the end and flushes all buffers into the output. Returns how many cells were cut because the format
    /// cannot hold all of their text.
    ///
    /// # Errors
    /// Those of the output.
    fn finish(self: Box<Self>) -> io::Result<u64>;
}

/// Starts a file of a format: writes the headers.
///
/// # Errors
/// Those of the output, or of the folder for temporary files if the format needs one.
pub fn row_writer(
    format: ExportFormat,
    columns: &[ExportColumn],
    output: Box<dyn Write + Send>,
) -> io::Result<Box<dyn RowWriter>> {
    let columns = columns.to_vec();
    let output = BufWriter::with_capacity(OUTPUT_BUFFER, output);
    Ok(match format {
        ExportFormat::Csv(layout) => Box::new(csv::CsvWriter::start(layout, columns, output)?),
        ExportFormat::Json => Box::new(json::JsonWriter::start(&columns, output)?),
        ExportFormat::Ndjson => Box::new(ndjson::NdjsonWriter::start(&columns, output)),
        ExportFormat::Xlsx => Box::new(xlsx::XlsxWriter::start(columns, output)?),
    })
}

const OUTPUT_BUFFER: usize = 64 * 1024;

type Output = BufWriter<Box<dyn Write + Send>>;

/// The value of one cell, by type.
enum Cell<'row> {
    Text(&'row str),
    /// A known date.
    Moment(StoredDate),
    Number(u64),
    Empty,
}

impl ExportRow {
    /// The value in a column. `made` holds its text if no field of the row is that text.
    fn cell<'row>(&'row self, column: ExportColumn, made: &'row mut String) -> Cell<'row> {
        let organization = &self.organization;
        match column {
            ExportColumn::Id => {
                *made = organization.id.to_hex();
                Cell::Text(made)
            }
            ExportColumn::Name => Cell::Text(organization.name.as_str()),
            ExportColumn::DisplayName => {
                organization.display_name.as_ref().map_or(Cell::Empty, |name| Cell::Text(name.as_str()))
            }
            ExportColumn::Status => Cell::Text(status_word(organization.status())),
            ExportColumn::AdminEmail => Cell::Text(organization.admin_email.as_str()),
            ExportColumn::CollectionName => {
                made.clear();
                made.push_str(organization.collection().as_str());
                Cell::Text(made)
            }
            ExportColumn::CreatedAt => date(organization.created_at),
            ExportColumn::UpdatedAt => date(organization.updated_at),
            ExportColumn::Documents => self.documents.map_or(Cell::Empty, Cell::Number),
            ExportColumn::DataSize => self.data_size.map_or(Cell::Empty, Cell::Number),
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

fn date(date: StoredDate) -> Cell<'static> {
    if date == StoredDate::UNKNOWN { Cell::Empty } else { Cell::Moment(date) }
}

/// A date in UTC with milliseconds: `2026-03-05T09:30:00.000Z`.
fn iso_8601(date: StoredDate) -> String {
    date.iso_8601().unwrap_or_default()
}

#[cfg(test)]
mod testing;
