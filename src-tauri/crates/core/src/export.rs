//! Writing lists to files that people and other programs read.

mod csv;
mod json;
mod ndjson;
mod organizations;
mod people;
mod service;
mod writing;
mod xlsx;

use std::hash::Hash;
use std::io::{self, BufWriter, Write};

use serde::Deserialize;

use crate::values::StoredDate;

pub(crate) use csv::{CsvLines, without_guards};
pub use organizations::{ExportColumn, ExportRow};
pub use people::{ExportOperators, ExportPeople, PeopleColumn, SomebodyRow};
pub use service::{ExportRequest, ExportScope, ExportService, Exported};
pub use writing::{Batch, Written, write_rows};
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

/// A kind of list that a file can hold: its columns, each with its word and its value in a row.
pub trait Column: Copy + Eq + Hash + Send + Sync + 'static {
    /// A row. It has no place for a password's hash, so no file can hold one.
    type Row: Send + Sync + 'static;

    /// The name of a spreadsheet's sheet.
    const SHEET: &'static str;

    /// The word in the header line, or the key in an object: of letters and underscores. Programs rely on it: it never
    /// changes.
    fn header(self) -> &'static str;

    /// How wide a spreadsheet shows it, in characters.
    fn width(self) -> u16;

    /// The value in a row. `made` holds its text if no field of the row is that text.
    fn cell<'row>(self, row: &'row Self::Row, made: &'row mut String) -> Cell<'row>;
}

/// The value of one cell, by type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'row> {
    /// Text.
    Text(&'row str),
    /// A known date.
    Moment(StoredDate),
    /// A number.
    Number(u64),
    /// Nothing.
    Empty,
}

impl Cell<'static> {
    /// A date, or nothing if it is not known.
    pub fn date(date: StoredDate) -> Self {
        if date == StoredDate::UNKNOWN { Self::Empty } else { Self::Moment(date) }
    }
}

/// Writes rows to a file of one format.
///
/// Holds about one row at a time, however many there are. Dropped without [`finish`](Self::finish), it leaves an
/// incomplete file.
pub trait RowWriter<Row>: Send {
    /// Writes one row.
    ///
    /// # Errors
    /// Those of the output; `InvalidInput` for one row more than the format holds.
    fn write_row(&mut self, row: &Row) -> io::Result<()>;

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
pub fn row_writer<C: Column>(
    format: ExportFormat,
    columns: &[C],
    output: Box<dyn Write + Send>,
) -> io::Result<Box<dyn RowWriter<C::Row>>> {
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

/// A date in UTC with milliseconds: `2026-03-05T09:30:00.000Z`.
fn iso_8601(date: StoredDate) -> String {
    date.iso_8601().unwrap_or_default()
}

#[cfg(test)]
mod testing;
