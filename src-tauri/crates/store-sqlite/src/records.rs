//! Converts rows to the core's values and back.

use bson::oid::ObjectId;
use rusqlite::types::{FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row};
use tenantry_core::records::{OneTime, Organization, Trashed, TrashedCollection};
use tenantry_core::values::{
    CopyId, DisplayName, EmailAddress, HashRenewal, OperatorId, OrganizationId, OrganizationName,
    PasswordHash, StoredDate,
};
use time::OffsetDateTime;

use crate::errors::Outcome;
use crate::statements::Statements;

/// The columns that [`Shelf::organization`] reads, of a table under the name `row`, in its order. A macro, so that a
/// statement with them can be one constant text.
macro_rules! columns {
    (Live) => {
        "row.id, row.organization_name, row.collection_name, row.display_name, row.admin_email, row.is_active, \
         row.created_at, row.updated_at, row.session_version"
    };
    (Trash) => {
        concat!(
            $crate::records::columns!(Live),
            ", row.trashed_at, row.trashed_by, row.had_collection, row.shared_collection, row.copy"
        )
    };
}
pub(crate) use columns;

/// The table of an organization's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    Live,
    Trash,
}

impl Shelf {
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Live => "organizations",
            Self::Trash => "console_trash",
        }
    }

    pub(crate) fn columns(self) -> &'static str {
        match self {
            Self::Live => columns!(Live),
            Self::Trash => columns!(Trash),
        }
    }

    /// The number of its columns.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Live => 9,
            Self::Trash => 14,
        }
    }

    fn by_id(self) -> &'static str {
        match self {
            Self::Live => concat!("SELECT ", columns!(Live), " FROM organizations AS row WHERE row.id = ?1"),
            Self::Trash => {
                concat!("SELECT ", columns!(Trash), " FROM console_trash AS row WHERE row.id = ?1")
            }
        }
    }

    /// Reads a row of [`columns`] by position: finding the columns by name takes longer than reading the row, which a
    /// page or an export pays for each.
    pub(crate) fn organization(self, row: &Row<'_>) -> rusqlite::Result<Organization> {
        let trashed = match self {
            Self::Live => None,
            Self::Trash => Some(Trashed {
                at: StoredDate::from_milliseconds(row.get(9)?),
                by: row.get(10)?,
                collection: trashed_collection(row.get(11)?, row.get(12)?),
                copy: copy_id(row.get_ref(13)?)?,
            }),
        };
        Ok(Organization {
            id: organization_id(row.get_ref(0)?)?,
            name: OrganizationName::from_stored(row.get(1)?),
            display_name: row.get::<_, Option<String>>(3)?.map(DisplayName::from_stored),
            admin_email: EmailAddress::from_stored(row.get(4)?),
            is_active: row.get(5)?,
            created_at: StoredDate::from_milliseconds(row.get(6)?),
            updated_at: StoredDate::from_milliseconds(row.get(7)?),
            session_version: row.get(8)?,
            trashed,
        })
    }
}

/// The organization with this id in this table.
pub(crate) fn find(
    connection: &Connection,
    shelf: Shelf,
    id: OrganizationId,
) -> Outcome<Option<Organization>> {
    Ok(connection.query_row_cached(shelf.by_id(), [bytes(id)], |row| shelf.organization(row)).optional()?)
}

pub(crate) fn bytes(id: OrganizationId) -> [u8; 12] {
    id.object_id().bytes()
}

/// The mark of a copy in the trash, if it has one.
pub(crate) fn copy_bytes(copy: Option<CopyId>) -> Option<[u8; 12]> {
    copy.map(|copy| copy.object_id().bytes())
}

pub(crate) fn copy_id(value: ValueRef<'_>) -> FromSqlResult<Option<CopyId>> {
    match value {
        ValueRef::Null => Ok(None),
        value => object_id(value).map(CopyId::from).map(Some),
    }
}

pub(crate) fn trashed_collection(had_collection: bool, shared: bool) -> TrashedCollection {
    match (had_collection, shared) {
        (true, _) => TrashedCollection::Moved,
        (false, true) => TrashedCollection::Shared,
        (false, false) => TrashedCollection::Missing,
    }
}

pub(crate) fn operator_bytes(id: OperatorId) -> [u8; 12] {
    id.object_id().bytes()
}

pub(crate) fn organization_id(value: ValueRef<'_>) -> FromSqlResult<OrganizationId> {
    object_id(value).map(OrganizationId::from)
}

pub(crate) fn operator_id(value: ValueRef<'_>) -> FromSqlResult<OperatorId> {
    object_id(value).map(OperatorId::from)
}

fn object_id(value: ValueRef<'_>) -> FromSqlResult<ObjectId> {
    let blob = value.as_blob()?;
    let bytes = <[u8; 12]>::try_from(blob)
        .map_err(|_| FromSqlError::InvalidBlobSize { expected_size: 12, blob_size: blob.len() })?;
    Ok(ObjectId::from_bytes(bytes))
}

pub(crate) fn password_hash(row: &Row<'_>, column: &str) -> rusqlite::Result<PasswordHash> {
    Ok(PasswordHash::from_stored(row.get(column)?))
}

pub(crate) fn renewal(row: &Row<'_>) -> rusqlite::Result<Option<HashRenewal>> {
    let noted: Option<String> = row.get("password_renewal")?;
    Ok(noted.as_deref().and_then(HashRenewal::from_stored))
}

pub(crate) fn one_time(row: &Row<'_>) -> rusqlite::Result<Option<OneTime>> {
    let until: Option<i64> = row.get("one_time_until")?;
    Ok(until.map(|until| OneTime { until: moment(until) }))
}

/// Whether a person has this address.
pub(crate) fn person_has(connection: &Connection, email: &EmailAddress) -> Outcome<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM console_people WHERE email_key = ?1)";
    Ok(connection.query_row_cached(sql, [email.matching_key()], |row| row.get(0))?)
}

/// Milliseconds since 1970: the resolution of a BSON date.
pub(crate) fn milliseconds(moment: OffsetDateTime) -> i64 {
    moment.unix_timestamp() * 1_000 + i64::from(moment.millisecond())
}

/// A stored moment. One that no calendar holds is shown as 1970: a damaged date must not hide its row.
pub(crate) fn moment(milliseconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The text that a search looks into: one line per field, so that no match spans two of them.
pub(crate) fn search_text(
    name: &OrganizationName,
    display_name: Option<&DisplayName>,
    email: &EmailAddress,
) -> String {
    let display_name = display_name.map_or("", DisplayName::as_str);
    lower_cased(&format!("{name}\n{display_name}\n{email}"))
}

/// Lowercase letter by letter: the lowercase of a word may depend on neighbouring letters (Greek's final sigma), and a
/// part of it would not be found then.
pub(crate) fn lower_cased(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_survive_a_round_trip_before_and_after_1970() {
        for stored in [0, 1, -1, -1_500, 1_795_430_232_123] {
            assert_eq!(milliseconds(moment(stored)), stored);
        }
    }

    #[test]
    fn a_date_that_no_calendar_holds_is_shown_as_1970() {
        assert_eq!(moment(i64::MAX), OffsetDateTime::UNIX_EPOCH);
    }
}
