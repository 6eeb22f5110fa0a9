//! SQLite's errors in the words of the ports, by SQLite's own codes.

use rusqlite::ffi;
use tenantry_core::StoreError;

/// What went wrong inside a transaction: SQLite's word, or one that a port already knows.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
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

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            Failure::Sqlite(error) => translate(&error),
        }
    }
}

/// Whether a write broke a UNIQUE or PRIMARY KEY rule. Which one, SQLite says in its text only: the caller looks, in
/// the same transaction.
pub(crate) fn breaks_uniqueness(error: &rusqlite::Error) -> bool {
    matches!(extended_code(error), Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY))
}

/// The damage that a reader should be told of.
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

pub(crate) fn translate(error: &rusqlite::Error) -> StoreError {
    let Some(code) = extended_code(error) else {
        return match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => damaged("a row of the workspace's file"),
            rusqlite::Error::InvalidPath(_) => unavailable("the path can't be used"),
            // Not their text: it may hold what was bound to a statement.
            _ => StoreError::Unexpected { detail: "rusqlite refused a statement".to_owned() },
        };
    };
    match code {
        ffi::SQLITE_READONLY_DBMOVED => return unavailable("the file was moved or removed"),
        ffi::SQLITE_READONLY_RECOVERY | ffi::SQLITE_READONLY_CANTLOCK | ffi::SQLITE_READONLY_CANTINIT => {
            return unavailable("the files beside the workspace's file can't be written");
        }
        ffi::SQLITE_CANTOPEN_ISDIR => return unavailable("the path is a folder"),
        _ => {}
    }
    // The lowest byte is the primary code, of which every extended code is a case.
    match code & 0xff {
        ffi::SQLITE_FULL => StoreError::Full,
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => damaged("the workspace's file"),
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => unavailable("another program is writing to the file"),
        ffi::SQLITE_READONLY | ffi::SQLITE_PERM => {
            StoreError::Denied { action: "writing to the workspace's file".to_owned(), namespace: None }
        }
        ffi::SQLITE_CANTOPEN => unavailable("the file can't be opened"),
        ffi::SQLITE_IOERR => unavailable("the file can't be read or written"),
        _ => StoreError::Unexpected { detail: format!("SQLite's code {code}") },
    }
}

fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32) -> StoreError {
        translate(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("a value".to_owned())))
    }

    #[test]
    fn a_full_disk_a_damaged_file_and_a_busy_one_are_told_apart() {
        assert_eq!(said(ffi::SQLITE_FULL), StoreError::Full);
        assert!(matches!(said(ffi::SQLITE_CORRUPT_INDEX), StoreError::Corrupt { .. }));
        assert!(matches!(said(ffi::SQLITE_NOTADB), StoreError::Corrupt { .. }));
        assert!(matches!(said(ffi::SQLITE_BUSY), StoreError::Unavailable { .. }));
        assert!(matches!(said(ffi::SQLITE_READONLY), StoreError::Denied { .. }));
        assert!(matches!(said(ffi::SQLITE_READONLY_DBMOVED), StoreError::Unavailable { .. }));
    }

    #[test]
    fn the_text_of_an_error_is_never_passed_on() {
        for code in [ffi::SQLITE_ERROR, ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_IOERR, ffi::SQLITE_MISUSE]
        {
            assert!(!format!("{:?}", said(code)).contains("a value"), "code {code} leaks SQLite's text");
        }
    }
}
