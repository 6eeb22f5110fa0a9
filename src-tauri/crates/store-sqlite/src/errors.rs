//! Translates SQLite's errors into the ports' errors, by SQLite's own codes.

use rusqlite::{Connection, ffi};
use tenantry_core::StoreError;
use tenantry_core::error::{FileProblem, UniqueField};
use tenantry_core::values::OrganizationName;

use crate::statements::Statements;

/// A failure inside a transaction: SQLite's, the file system's, or one that a port already knows.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
    File(FileProblem),
    Store(StoreError),
}

pub(crate) type Outcome<T> = Result<T, Failure>;

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::File(FileProblem::from(&error))
    }
}

impl Failure {
    /// The port's error for it, in the file at `path`.
    pub(crate) fn at(self, path: &str) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::File(problem) => file(path, problem),
            Self::Sqlite(error) => translate(&error, path),
        }
    }
}

/// Whether a write broke a UNIQUE or PRIMARY KEY rule. SQLite names the rule in its text only, so the caller looks, in
/// the same transaction.
pub(crate) fn breaks_uniqueness(error: &rusqlite::Error) -> bool {
    matches!(extended_code(error), Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY))
}

/// Damage to report.
pub(crate) fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt { what: what.to_owned() }
}

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.extended_code),
        rusqlite::Error::SqlInputError { error, .. } => Some(error.extended_code),
        _ => None,
    }
}

fn translate(error: &rusqlite::Error, path: &str) -> StoreError {
    let Some(code) = extended_code(error) else {
        return match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => damaged("a row of the workspace's file"),
            rusqlite::Error::InvalidPath(_) => file(path, FileProblem::Other),
            // Not their text: it may contain a value that was bound to a statement.
            _ => StoreError::Unexpected { detail: "rusqlite refused a statement".to_owned() },
        };
    };
    if code == ffi::SQLITE_READONLY_DBMOVED {
        return file(path, FileProblem::Missing);
    }
    // The lowest byte is the primary code of every extended code.
    match code & 0xff {
        ffi::SQLITE_FULL => file(path, FileProblem::Full),
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => damaged("the workspace's file"),
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => file(path, FileProblem::Busy),
        // Also if the files beside it cannot be written.
        ffi::SQLITE_READONLY | ffi::SQLITE_PERM => file(path, FileProblem::Denied),
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_IOERR => file(path, FileProblem::Other),
        _ => StoreError::Unexpected { detail: format!("SQLite's code {code}") },
    }
}

fn file(path: &str, problem: FileProblem) -> StoreError {
    StoreError::File { path: path.to_owned(), problem }
}

/// Whether name or address of a refused insert is taken. As with the unique indexes, the name comes first.
pub(crate) fn taken(connection: &Connection, name: &OrganizationName) -> Outcome<Failure> {
    let name_is_taken: bool = connection.query_row_cached(
        "SELECT EXISTS (SELECT 1 FROM organizations WHERE organization_name = ?1)",
        [name.as_str()],
        |row| row.get(0),
    )?;
    Ok(duplicate(if name_is_taken { UniqueField::Name } else { UniqueField::Email }))
}

pub(crate) fn duplicate(field: UniqueField) -> Failure {
    StoreError::Duplicate { field }.into()
}

pub(crate) fn changed() -> Failure {
    StoreError::Changed { what: "the organization" }.into()
}

pub(crate) fn missing() -> Failure {
    StoreError::NotFound { what: "organization" }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32) -> StoreError {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("a value".to_owned()));
        Failure::from(error).at("/data/tenantry.db")
    }

    #[test]
    fn a_full_disk_a_damaged_file_and_a_busy_one_are_told_apart() {
        let of_file = |problem| file("/data/tenantry.db", problem);
        assert_eq!(said(ffi::SQLITE_FULL), of_file(FileProblem::Full));
        assert!(matches!(said(ffi::SQLITE_CORRUPT_INDEX), StoreError::Corrupt { .. }));
        assert!(matches!(said(ffi::SQLITE_NOTADB), StoreError::Corrupt { .. }));
        assert_eq!(said(ffi::SQLITE_BUSY), of_file(FileProblem::Busy));
        assert_eq!(said(ffi::SQLITE_READONLY), of_file(FileProblem::Denied));
        assert_eq!(said(ffi::SQLITE_READONLY_DBMOVED), of_file(FileProblem::Missing));
    }

    #[test]
    fn the_text_of_an_error_is_never_passed_on() {
        for code in [ffi::SQLITE_ERROR, ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_IOERR, ffi::SQLITE_MISUSE]
        {
            assert!(!format!("{:?}", said(code)).contains("a value"), "code {code} leaks SQLite's text");
        }
    }
}
