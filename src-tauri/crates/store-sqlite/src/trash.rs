//! Organizations in the trash. Rows are copied whole, column by column, so that a copy back loses nothing.

use rusqlite::{Transaction, named_params};
use tenantry_core::organizations::Trashed;
use tenantry_core::values::{CollectionName, OrganizationId, OrganizationName};
use time::OffsetDateTime;

use crate::accounts::operator_has;
use crate::errors::{Outcome, breaks_uniqueness};
use crate::organizations::{missing, taken};
use crate::records::{Shelf, bytes, find, milliseconds, search_text};

pub(crate) fn copy_to(transaction: &Transaction<'_>, id: OrganizationId, trashed: &Trashed) -> Outcome<()> {
    // Not INSERT OR REPLACE: it would leave out the triggers that keep the counts.
    transaction.execute(
        "DELETE FROM console_trash WHERE id = ?1 AND EXISTS (SELECT 1 FROM organizations WHERE id = ?1)",
        [bytes(id)],
    )?;
    let copied = transaction.execute(
        "INSERT INTO console_trash (id, organization_name, collection_name, display_name, admin_email, \
         admin_email_key, admin_password, is_active, created_at, updated_at, session_version, sessions_ended_at, \
         search_text, trashed_at, trashed_by, had_collection) \
         SELECT id, organization_name, collection_name, display_name, admin_email, \
         admin_email_key, admin_password, is_active, created_at, updated_at, session_version, sessions_ended_at, \
         search_text, :at, :by, :had_collection \
         FROM organizations WHERE id = :id",
        named_params! {
            ":at": trashed.at.milliseconds(),
            ":by": trashed.by,
            ":had_collection": trashed.had_collection,
            ":id": bytes(id),
        },
    )?;
    if copied == 0 && find(transaction, Shelf::Trash, id)?.is_none() {
        return Err(missing());
    }
    Ok(())
}

pub(crate) fn copy_from(
    transaction: &Transaction<'_>,
    id: OrganizationId,
    name: &OrganizationName,
    at: OffsetDateTime,
) -> Outcome<()> {
    let Some(trashed) = find(transaction, Shelf::Trash, id)? else {
        return find(transaction, Shelf::Live, id)?.map(|_| ()).ok_or_else(missing);
    };
    if find(transaction, Shelf::Live, id)?.is_none() && operator_has(transaction, &trashed.admin_email)? {
        return Err(taken(transaction, name)?);
    }
    let copied = transaction.execute(
        "INSERT INTO organizations (id, organization_name, collection_name, display_name, admin_email, \
         admin_email_key, admin_password, is_active, created_at, updated_at, session_version, sessions_ended_at, \
         search_text) \
         SELECT id, :name, :collection, display_name, admin_email, \
         admin_email_key, admin_password, is_active, created_at, :at, session_version + 1, :at, :search_text \
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
        Err(error) if breaks_uniqueness(&error) => match find(transaction, Shelf::Live, id)? {
            Some(_) => Ok(()),
            None => Err(taken(transaction, name)?),
        },
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn remove(transaction: &Transaction<'_>, id: OrganizationId) -> Outcome<()> {
    transaction.execute("DELETE FROM console_trash WHERE id = ?1", [bytes(id)])?;
    Ok(())
}
