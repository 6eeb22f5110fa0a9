use super::table::{Table, refused};
use super::{ImportDraft, json, spreadsheet, text};
use crate::error::{ListProblem, ListRefusal};
use crate::limits::IMPORT_BYTES_MAX;

/// Reads a file by its content; its name only decides between a CSV file and JSON where both are possible.
///
/// Takes memory in proportion to the file and to [`IMPORT_UNPACKED_MAX`](crate::limits::IMPORT_UNPACKED_MAX), and as
/// long as its bytes take: call it where that does no harm.
///
/// # Errors
/// Why it can't be read. Nothing of it is kept then.
pub fn read(name: &str, bytes: Vec<u8>) -> Result<ImportDraft, ListRefusal> {
    Ok(ImportDraft::new(name, table(name, bytes)?))
}

fn table(name: &str, bytes: Vec<u8>) -> Result<Table, ListRefusal> {
    if bytes.len() as u64 > IMPORT_BYTES_MAX {
        return Err(refused(ListProblem::TooManyBytes, None));
    }
    if bytes.is_empty() {
        return Err(refused(ListProblem::Empty, None));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return spreadsheet::read(bytes);
    }
    // The container of Excel's older files, and of newer ones that are sealed with a password.
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(refused(ListProblem::OldSpreadsheet, None));
    }
    if OTHER_KINDS.iter().any(|beginning| bytes.starts_with(beginning)) {
        return Err(refused(ListProblem::OtherKind, None));
    }
    let (content, encoding) = text::decoded(bytes)?;
    let is_csv = [".csv", ".tsv", ".txt"].iter().any(|ending| name.to_lowercase().ends_with(ending));
    match content.trim_start().chars().next() {
        None => Err(refused(ListProblem::Empty, None)),
        Some('[') if !is_csv => json::read_array(&content),
        Some('{') if !is_csv => json::read_lines(&content),
        Some(_) => text::read(&content, encoding),
    }
}

/// PDF, PNG, JPEG, gzip, zstd, an empty zip, an SQLite file, an ELF or Windows program.
const OTHER_KINDS: [&[u8]; 9] = [
    b"%PDF",
    b"\x89PNG",
    b"\xFF\xD8\xFF",
    b"\x1F\x8B",
    b"\x28\xB5\x2F\xFD",
    b"PK\x05\x06",
    b"SQLite format 3\0",
    b"\x7FELF",
    b"MZ\x90\0",
];

#[cfg(test)]
mod tests;
