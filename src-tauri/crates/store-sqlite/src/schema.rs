//! The schema of the file, and the steps that migrate an older one.

use rusqlite::{Connection, TransactionBehavior};
use tenantry_core::StoreError;

use crate::errors::{Outcome, damaged};

/// Marks a file as ours: "Tnty".
pub(crate) const APPLICATION_ID: i64 = 0x546e_7479;

/// Step n leads to version n. A released step is never edited: existing files have passed it.
pub(crate) const STEPS: &[&str] = &[
    include_str!("migrations/0001_tables.sql"),
    include_str!("migrations/0002_search.sql"),
    include_str!("migrations/0003_collection_identity.sql"),
    include_str!("migrations/0004_secure_delete.sql"),
    include_str!("migrations/0005_turns.sql"),
    include_str!("migrations/0006_password_renewal.sql"),
    include_str!("migrations/0007_copies_in_the_trash.sql"),
    include_str!("migrations/0008_settings.sql"),
    include_str!("migrations/0009_sessions.sql"),
    include_str!("migrations/0010_record.sql"),
    include_str!("migrations/0011_people.sql"),
    include_str!("migrations/0012_whole_documents.sql"),
    include_str!("migrations/0013_mends.sql"),
    include_str!("migrations/0014_documents_in_pages.sql"),
];
/// The first version that overwrites deleted data. Free pages of an older file may contain anything.
pub(crate) const OVERWRITES_SINCE: usize = 4;

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is empty.
    Empty,
    /// A workspace of this version.
    Version(usize),
}

/// Identifies the file; writes nothing.
///
/// # Errors
/// `Newer`, or `Corrupt` for a database of another program.
pub(crate) fn inspect(connection: &Connection, steps: &[&str]) -> Outcome<Found> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(Found::Empty);
    }
    if application != APPLICATION_ID {
        return Err(damaged("the file (it is another program's database)").into());
    }
    let version = usize::try_from(version).map_err(|_| damaged("the workspace's file"))?;
    if version > steps.len() {
        return Err(newer(version, steps.len()).into());
    }
    Ok(Found::Version(version))
}

/// Runs the missing steps, each in its own transaction.
pub(crate) fn migrate(connection: &mut Connection, steps: &[&str]) -> Outcome<()> {
    for (index, step) in steps.iter().enumerate() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Read inside: another process may have taken the step while this one waited for the lock.
        let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if usize::try_from(version).is_ok_and(|version| version > index) {
            continue;
        }
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", i64::try_from(index + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}

fn newer(found: usize, supported: usize) -> StoreError {
    let number = |version: usize| u32::try_from(version).unwrap_or(u32::MAX);
    StoreError::Newer { found: number(found), supported: number(supported) }
}
