use serde::Serialize;

use crate::error::{ListProblem, ListRefusal};
use crate::limits::{IMPORT_CELL_MAX, IMPORT_COLUMNS_MAX, IMPORT_ROWS_MAX};

/// The kind of a file that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ListKind {
    /// Values between separators.
    Csv(CsvFacts),
    /// A spreadsheet; its first sheet with rows was read.
    Spreadsheet,
    /// One JSON object after another.
    Ndjson,
    /// A JSON array of objects.
    Json,
}

/// What was found out about a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct CsvFacts {
    /// The character between two values.
    pub separator: char,
    /// How its characters are written.
    pub encoding: TextEncoding,
}

/// How the characters of a text are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum TextEncoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16 with a byte order mark.
    Utf16,
    /// Windows-1252: taken for granted where it is nothing else.
    Windows1252,
}

/// A row of a file.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct TableRow {
    /// Where it stands in the file, from 1 on: the headers are a row, too.
    pub(super) number: u32,
    pub(super) cells: Vec<String>,
}

/// The content of a file. Not printed: a column may have passwords.
pub(super) struct Table {
    pub(super) kind: ListKind,
    /// The keys of objects; a CSV file or a spreadsheet may have them in its first row.
    pub(super) keys: Option<Vec<String>>,
    pub(super) rows: Vec<TableRow>,
}

/// Takes rows as they are read, within the limits.
pub(super) struct Rows {
    rows: Vec<TableRow>,
    most: usize,
}

pub(super) fn refused(problem: ListProblem, row: Option<u32>) -> ListRefusal {
    ListRefusal { problem, row }
}

impl Rows {
    pub(super) fn new() -> Self {
        // One more than rows of data: the headers.
        Self { rows: Vec::new(), most: IMPORT_ROWS_MAX + 1 }
    }

    /// Adds a row; one without any text is passed over.
    pub(super) fn add(&mut self, number: u32, cells: Vec<String>) -> Result<(), ListRefusal> {
        check_cells(number, &cells)?;
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        if self.rows.len() >= self.most {
            return Err(refused(ListProblem::TooManyRows, Some(number)));
        }
        self.rows.push(TableRow { number, cells });
        Ok(())
    }

    pub(super) fn into_rows(self) -> Result<Vec<TableRow>, ListRefusal> {
        if self.rows.is_empty() { Err(refused(ListProblem::Empty, None)) } else { Ok(self.rows) }
    }
}

fn check_cells(number: u32, cells: &[String]) -> Result<(), ListRefusal> {
    if cells.len() > IMPORT_COLUMNS_MAX {
        return Err(refused(ListProblem::TooManyColumns, Some(number)));
    }
    // A character has at least one byte, so most cells need no counting.
    let is_long = |cell: &String| cell.len() > IMPORT_CELL_MAX && cell.chars().count() > IMPORT_CELL_MAX;
    if cells.iter().any(is_long) {
        return Err(refused(ListProblem::CellTooLong, Some(number)));
    }
    Ok(())
}
