//! Organizations in the trash. Rows are copied whole, column by column, so that restoring loses nothing.

use rusqlite::{Transaction, named_params};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::records::{Organization, Trashed, TrashedCollection};
use tenantry_core::values::{CollectionName, CopyId, OrganizationId, OrganizationName};
use time::OffsetDateTime;

use crate::accounts::operator_has;
use crate::errors::{Outcome, breaks_uniqueness, changed, missing, taken};
use crate::records::{Shelf, bytes, copy_bytes, find, milliseconds, search_text};
use crate::statements::Statements;

pub(crate) fn copy_to(transaction: &Transaction<'_>, id: OrganizationId, trashed: &Trashed) -> Outcome<()> {
    find_copy(transaction, id, trashed.copy)?;
    // Not INSERT OR REPLACE: it would skip the triggers that keep the counts.
    transaction.execute_cached(
        "DELETE FROM console_trash WHERE id = ?1 AND EXISTS (SELECT 1 FROM organizations WHERE id = ?1)",
        [bytes(id)],
    )?;
    let copied = transaction.execute_cached(
        "INSERT INTO console_trash (id, organization_name, collection_name, display_name, admin_email, \
         admin_email_key, admin_password, is_active, created_at, updated_at, session_version, sessions_ended_at, \
         search_text, further, trashed_at, trashed_by, had_collection, shared_collection, copy) \
         SELECT id, organization_name, collection_name, display_name, admin_email, \
         admin_email_key, admin_password, is_active, created_at, updated_at, session_version, sessions_ended_at, \
         search_text, further, :at, :by, :had_collection, :shared_collection, :copy \
         FROM organizations WHERE id = :id",
        named_params! {
            ":at": trashed.at.milliseconds(),
            ":by": trashed.by,
            ":had_collection": trashed.collection == TrashedCollection::Moved,
            ":shared_collection": trashed.collection == TrashedCollection::Shared,
            ":copy": copy_bytes(trashed.copy),
            ":id": bytes(id),
        },
    )?;
    match copied {
        0 => find_copy(transaction, id, trashed.copy)?.map(drop).ok_or_else(missing),
        _ => Ok(()),
    }
}

/// Copies again and removes, in one transaction: the trash has exactly what is removed.
pub(crate) fn remove_copied(
    transaction: &Transaction<'_>,
    id: OrganizationId,
    copy: Option<CopyId>,
) -> Outcome<()> {
    let found = find_copy(transaction, id, copy)?.and_then(|found| found.trashed).ok_or_else(changed)?;
    copy_to(transaction, id, &found)?;
    transaction.execute_cached("DELETE FROM organizations WHERE id = ?1", [bytes(id)])?;
    Ok(())
}

pub(crate) fn copy_from(
    transaction: &Transaction<'_>,
    id: OrganizationId,
    copy: Option<CopyId>,
    name: &OrganizationName,
    at: OffsetDateTime,
) -> Outcome<()> {
    let Some(trashed) = find_copy(transaction, id, copy)? else {
        return find(transaction, Shelf::Live, id)?.map(|_| ()).ok_or_else(missing);
    };
    if let Some(live) = find(transaction, Shelf::Live, id)? {
        let is_done = live.is_restored_from(&trashed);
        return if is_done { Ok(()) } else { Err(StoreError::Duplicate { field: UniqueField::Id }.into()) };
    }
    if operator_has(transaction, &trashed.admin_email)? {
        return Err(taken(transaction, name)?);
    }
    let copied = transaction.execute_cached(
        "INSERT INTO organizations (id, organization_name, collection_name, display_name, admin_email, \
         admin_email_key, admin_password, is_active, created_at, updated_at, session_version, sessions_ended_at, \
         search_text, further) \
         SELECT id, :name, :collection, display_name, admin_email, \
         admin_email_key, admin_password, is_active, created_at, :at, session_version + 1, :at, :search_text, further \
         FROM console_trash WHERE id = :id",
        named_params! {
            ":name": name.as_str(),
            ":collection": CollectionName::for_organization(name).as_str(),
            ":at": milliseconds(at),
            ":search_text": search_text(name, trashed.display_name.as_ref(), &trashed.admin_email),
            ":id": bytes(id),
        },
    );
    match copied {
        Ok(_) => Ok(()),
        Err(error) if breaks_uniqueness(&error) => Err(taken(transaction, name)?),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn remove(transaction: &Transaction<'_>, id: OrganizationId, copy: Option<CopyId>) -> Outcome<()> {
    if find_copy(transaction, id, copy)?.is_some() {
        transaction.execute_cached("DELETE FROM console_trash WHERE id = ?1", [bytes(id)])?;
    }
    Ok(())
}

/// The organization in the trash, if it is this copy.
fn find_copy(
    transaction: &Transaction<'_>,
    id: OrganizationId,
    copy: Option<CopyId>,
) -> Outcome<Option<Organization>> {
    let found = find(transaction, Shelf::Trash, id)?;
    match found.as_ref().and_then(|found| found.trashed.as_ref()) {
        Some(trashed) if trashed.copy != copy => Err(changed()),
        Some(_) | None => Ok(found),
    }
}
