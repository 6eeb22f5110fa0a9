use std::io::{Cursor, Read};

use calamine::{Data, DataRef, Reader, Xlsx, XlsxError, open_workbook_from_rs};
use zip::ZipArchive;

use super::table::{ListKind, Rows, Table, TableRow, refused};
use crate::error::{ListProblem, ListRefusal};
use crate::limits::{IMPORT_COLUMNS_MAX, IMPORT_UNPACKED_MAX};

/// Reads the first sheet of a spreadsheet that has rows, cell by cell.
pub(super) fn read(bytes: Vec<u8>) -> Result<Table, ListRefusal> {
    require_bounded(&bytes)?;
    // The library panics on some damaged files: that is one more way of being damaged.
    let read = std::panic::catch_unwind(|| rows_of(bytes));
    let rows = read.unwrap_or_else(|_| Err(refused(ListProblem::Damaged, None)))?;
    Ok(Table { kind: ListKind::Spreadsheet, keys: None, rows })
}

/// Unpacks every part once and drops it, counting: what a zip says of its sizes is not to be believed, and the library
/// unpacks whatever there is.
fn require_bounded(bytes: &[u8]) -> Result<(), ListRefusal> {
    let damaged = || refused(ListProblem::Damaged, None);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let mut left = IMPORT_UNPACKED_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| damaged())?;
        let unpacked =
            std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| damaged())?;
        left = left.checked_sub(unpacked).ok_or_else(|| refused(ListProblem::TooManyBytes, None))?;
    }
    // A zip of documents or pictures is no spreadsheet.
    if archive.index_for_name("xl/workbook.xml").is_none() {
        return Err(refused(ListProblem::OtherKind, None));
    }
    Ok(())
}

fn rows_of(bytes: Vec<u8>) -> Result<Vec<TableRow>, ListRefusal> {
    let damaged = |error: XlsxError| {
        tracing::info!(%error, "a spreadsheet can't be read");
        refused(ListProblem::Damaged, None)
    };
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(damaged)?;
    for sheet in workbook.sheet_names() {
        // A chart has no cells.
        let Ok(mut cells) = workbook.worksheet_cells_reader(&sheet) else { continue };
        let mut rows = Rows::new();
        let mut row: (u32, Vec<String>) = (0, Vec::new());
        while let Some(cell) = cells.next_cell().map_err(damaged)? {
            let (number, column) = cell.get_position();
            if row.0 != number {
                let (before, cells) = std::mem::replace(&mut row, (number, Vec::new()));
                rows.add(before + 1, cells)?;
            }
            let text = text_of(cell.get_value());
            if text.is_empty() {
                continue;
            }
            let column = usize::try_from(column).unwrap_or(usize::MAX);
            if column >= IMPORT_COLUMNS_MAX {
                return Err(refused(ListProblem::TooManyColumns, Some(number + 1)));
            }
            if row.1.len() <= column {
                row.1.resize(column + 1, String::new());
            }
            if let Some(cell) = row.1.get_mut(column) {
                *cell = text;
            }
        }
        rows.add(row.0 + 1, row.1)?;
        if let Ok(rows) = rows.into_rows() {
            return Ok(rows);
        }
    }
    Err(refused(ListProblem::Empty, None))
}

/// The text of a cell. A number is written as a person would: `12`, not `12.0`.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        other => Data::from(other.clone()).to_string(),
    }
}
