//! Organizations' metadata.

use std::collections::HashSet;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use rusqlite::{Connection, OptionalExtension, ToSql, Transaction, named_params};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::ports::OrganizationStore;
use tenantry_core::records::{
    Claims, Correction, Expected, NewOrganization, Organization, OrganizationChange, OrganizationCounts,
    OrganizationCredentials, OrganizationFilter, OrganizationPage, OrganizationQuery, StoredOrganization,
    Trashed,
};
use tenantry_core::values::{
    CollectionName, CopyId, EmailAddress, HashRenewal, OrganizationId, OrganizationName, PasswordHash,
};
use time::OffsetDateTime;

use crate::accounts::operator_has;
use crate::errors::{Failure, Outcome, breaks_uniqueness, changed, duplicate, missing, taken};
use crate::records::{
    Shelf, bytes, columns, find, milliseconds, organization_id, password_hash, renewal, search_text,
};
use crate::statements::Statements;
use crate::{SqliteStore, search, trash};

macro_rules! credentials {
    () => {
        concat!(
            "SELECT ",
            columns!(Live),
            ", row.admin_password AS admin_password, row.password_renewal AS password_renewal \
             FROM organizations AS row"
        )
    };
}

const FIND_BY_NAME: &str =
    concat!("SELECT ", columns!(Live), " FROM organizations AS row WHERE row.organization_name = ?1");
const FIND_BY_ADDRESS: &str =
    concat!("SELECT ", columns!(Live), " FROM organizations AS row WHERE row.admin_email_key = ?1");
const CREDENTIALS_BY_ADDRESS: &str = concat!(credentials!(), " WHERE row.admin_email_key = ?1");
const CREDENTIALS_BY_ID: &str = concat!(credentials!(), " WHERE row.id = ?1");
/// With the status, with which the indexes begin.
const OWNERS: &str = "\
    SELECT id FROM organizations WHERE organization_name = :name \
    UNION SELECT id FROM organizations WHERE is_active IN (0, 1) AND collection_name = :collection \
    UNION SELECT id FROM console_trash \
    WHERE is_active IN (0, 1) AND organization_name = :name AND shared_collection = 1";

#[async_trait]
impl OrganizationStore for SqliteStore {
    async fn insert(&self, organization: &NewOrganization) -> Result<(), StoreError> {
        let organization = organization.clone();
        self.write(move |transaction| insert(transaction, &organization)).await
    }

    async fn insert_many(&self, organizations: &[NewOrganization]) -> Result<(), StoreError> {
        let organizations = organizations.to_vec();
        // A refusal is an outcome here, not a failure: the organizations before the refused one are committed.
        self.write(move |transaction| {
            for organization in &organizations {
                match insert(transaction, organization) {
                    Ok(()) => {}
                    Err(Failure::Store(refusal)) => return Ok(Err(refusal)),
                    Err(failure) => return Err(failure),
                }
            }
            Ok(Ok(()))
        })
        .await?
    }

    async fn remove(&self, seen: &Organization) -> Result<(), StoreError> {
        let seen = seen.clone();
        self.write(move |transaction| match find(transaction, Shelf::Live, seen.id)? {
            Some(found) if found != seen => Err(changed()),
            Some(_) | None => {
                transaction.execute_cached("DELETE FROM organizations WHERE id = ?1", [bytes(seen.id)])?;
                Ok(())
            }
        })
        .await
    }

    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        self.read(move |connection| find(connection, Shelf::Live, id)).await
    }

    async fn find_several(&self, ids: &[OrganizationId]) -> Result<Vec<Organization>, StoreError> {
        let ids = ids.to_vec();
        self.read_together(move |connection| {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                found.extend(find(connection, Shelf::Live, id)?);
            }
            Ok(found)
        })
        .await
    }

    async fn find_by_name(&self, name: &OrganizationName) -> Result<Option<Organization>, StoreError> {
        let name = name.as_str().to_owned();
        self.read(move |connection| {
            Ok(connection
                .query_row_cached(FIND_BY_NAME, [name], |row| Shelf::Live.organization(row))
                .optional()?)
        })
        .await
    }

    async fn owners(&self, name: &OrganizationName) -> Result<Vec<OrganizationId>, StoreError> {
        let name = name.clone();
        self.read(move |connection| owners(connection, &name)).await
    }

    async fn find_claims(
        &self,
        names: &[OrganizationName],
        emails: &[EmailAddress],
    ) -> Result<Claims, StoreError> {
        let (names, emails) = (names.to_vec(), emails.to_vec());
        self.read_together(move |connection| {
            let (mut claims, mut seen) = (Claims::default(), HashSet::new());
            let mut organization = |sql, value: &str| {
                let found = connection.query_row_cached(sql, [value], |row| Shelf::Live.organization(row));
                let found = found.optional()?;
                claims.organizations.extend(found.filter(|one| seen.insert(one.id)));
                Ok::<_, Failure>(())
            };
            for name in &names {
                organization(FIND_BY_NAME, name.as_str())?;
            }
            for email in &emails {
                organization(FIND_BY_ADDRESS, &email.matching_key())?;
            }
            for name in names {
                if !owners(connection, &name)?.is_empty() {
                    claims.names.insert(name);
                }
            }
            Ok(claims)
        })
        .await
    }

    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Vec<OrganizationCredentials>, StoreError> {
        let key = email.matching_key();
        // The column is unique, so there is at most one.
        self.read(move |connection| credentials(connection, CREDENTIALS_BY_ADDRESS, key))
            .await
            .map(|found| found.into_iter().collect())
    }

    async fn find_credentials_of(
        &self,
        id: OrganizationId,
    ) -> Result<Option<OrganizationCredentials>, StoreError> {
        self.read(move |connection| credentials(connection, CREDENTIALS_BY_ID, bytes(id))).await
    }

    async fn page(&self, query: &OrganizationQuery) -> Result<OrganizationPage, StoreError> {
        let query = query.clone();
        self.read_together(move |connection| search::page(connection, &query)).await
    }

    fn rows(&self, query: &OrganizationQuery) -> BoxStream<'_, Result<Vec<Organization>, StoreError>> {
        let query = query.clone();
        self.stream(move |connections, rows| search::stream(connections, query, rows))
    }

    async fn count(&self, filter: &OrganizationFilter) -> Result<OrganizationCounts, StoreError> {
        let filter = filter.clone();
        self.read_together(move |connection| search::count(connection, &filter)).await
    }

    async fn set_name(
        &self,
        seen: &Organization,
        to: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let (seen, to) = (seen.clone(), to.clone());
        self.write(move |transaction| set_name(transaction, &seen, &to, at)).await
    }

    async fn change(
        &self,
        id: OrganizationId,
        change: &OrganizationChange,
        at: OffsetDateTime,
    ) -> Result<Organization, StoreError> {
        let wanted = change.clone();
        self.write(move |transaction| change_in_place(transaction, id, &wanted, at)).await
    }

    async fn renew_hash(
        &self,
        id: OrganizationId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        let (from, to, renewal) = (from.clone(), to.clone(), renewal.to_stored());
        self.write(move |transaction| {
            transaction.execute_cached(
                "UPDATE organizations SET admin_password = :to, password_renewal = :renewal \
                 WHERE id = :id AND admin_password = :from",
                named_params! {
                    ":to": to.expose(),
                    ":renewal": renewal,
                    ":id": bytes(id),
                    ":from": from.expose(),
                },
            )?;
            Ok(())
        })
        .await
    }

    async fn copy_to_trash(&self, id: OrganizationId, trashed: &Trashed) -> Result<(), StoreError> {
        let trashed = trashed.clone();
        self.write(move |transaction| trash::copy_to(transaction, id, &trashed)).await
    }

    async fn remove_copied(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        self.write(move |transaction| trash::remove_copied(transaction, id, copy)).await
    }

    async fn find_trashed(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        self.read(move |connection| find(connection, Shelf::Trash, id)).await
    }

    async fn copy_from_trash(
        &self,
        id: OrganizationId,
        copy: Option<CopyId>,
        name: &OrganizationName,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let name = name.clone();
        self.write(move |transaction| trash::copy_from(transaction, id, copy, &name, at)).await
    }

    async fn remove_trashed(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), StoreError> {
        self.erase(move |transaction| trash::remove(transaction, id, copy)).await
    }

    fn scan(
        &self,
        shelf: tenantry_core::records::Shelf,
    ) -> BoxStream<'_, Result<Vec<StoredOrganization>, StoreError>> {
        self.scan_shelf(shelf)
    }

    async fn stored(&self, id: OrganizationId) -> Result<Option<StoredOrganization>, StoreError> {
        self.find_stored(id).await
    }

    async fn correct(
        &self,
        seen: &StoredOrganization,
        correction: &Correction,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.correct_document(seen, correction, at).await
    }

    async fn document(&self, id: OrganizationId) -> Result<Option<Vec<u8>>, StoreError> {
        self.whole_document(Shelf::Live, id).await
    }

    async fn trashed_document(&self, id: OrganizationId) -> Result<Option<Vec<u8>>, StoreError> {
        self.whole_document(Shelf::Trash, id).await
    }

    async fn insert_document(&self, document: &[u8]) -> Result<(), StoreError> {
        self.insert_whole(document).await
    }
}

fn credentials(
    connection: &Connection,
    sql: &'static str,
    value: impl ToSql,
) -> Outcome<Option<OrganizationCredentials>> {
    let found = connection.query_row_cached(sql, [value], |row| {
        Ok(OrganizationCredentials {
            organization: Shelf::Live.organization(row)?,
            password_hash: password_hash(row, "admin_password")?,
            renewal: renewal(row)?,
        })
    });
    Ok(found.optional()?)
}

pub(crate) fn owners(connection: &Connection, name: &OrganizationName) -> Outcome<Vec<OrganizationId>> {
    let collection = CollectionName::for_organization(name);
    let mut statement = connection.prepare_cached(OWNERS)?;
    let named = named_params! {":name": name.as_str(), ":collection": collection.as_str()};
    let rows = statement.query_map(named, |row| Ok(organization_id(row.get_ref(0)?)?))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

pub(crate) fn insert(transaction: &Transaction<'_>, new: &NewOrganization) -> Outcome<()> {
    if operator_has(transaction, &new.admin_email)? && find(transaction, Shelf::Live, new.id)?.is_none() {
        return Err(taken(transaction, &new.name)?);
    }
    let inserted = transaction
        .prepare_cached(
            "INSERT INTO organizations (id, organization_name, collection_name, display_name, admin_email, \
             admin_email_key, admin_password, is_active, created_at, updated_at, search_text) \
             VALUES (:id, :name, :collection, :display_name, :email, :email_key, :password, 1, :at, :at, :search_text)",
        )?
        .execute(named_params! {
            ":id": bytes(new.id),
            ":name": new.name.as_str(),
            ":collection": CollectionName::for_organization(&new.name).as_str(),
            ":display_name": new.display_name.as_ref().map(|name| name.as_str()),
            ":email": new.admin_email.as_str(),
            ":email_key": new.admin_email.matching_key(),
            ":password": new.admin_password.expose(),
            ":at": milliseconds(new.created_at),
            ":search_text": search_text(&new.name, new.display_name.as_ref(), &new.admin_email),
        });
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if breaks_uniqueness(&error) => match find(transaction, Shelf::Live, new.id)? {
            Some(own) if own.name == new.name => Ok(()),
            Some(_) => Err(duplicate(UniqueField::Id)),
            None => Err(taken(transaction, &new.name)?),
        },
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn set_name(
    transaction: &Transaction<'_>,
    seen: &Organization,
    to: &OrganizationName,
    at: OffsetDateTime,
) -> Outcome<()> {
    let stored = find(transaction, Shelf::Live, seen.id)?.ok_or_else(missing)?;
    if stored.name == *to {
        return Ok(());
    }
    if stored != *seen {
        return Err(changed());
    }
    let renamed = transaction.execute_cached(
        "UPDATE organizations SET organization_name = :name, collection_name = :collection, updated_at = :at, \
         search_text = :search_text WHERE id = :id",
        named_params! {
            ":name": to.as_str(),
            ":collection": CollectionName::for_organization(to).as_str(),
            ":at": milliseconds(at),
            ":search_text": search_text(to, stored.display_name.as_ref(), &stored.admin_email),
            ":id": bytes(seen.id),
        },
    );
    match renamed {
        Ok(_) => Ok(()),
        Err(error) if breaks_uniqueness(&error) => Err(duplicate(UniqueField::Name)),
        Err(error) => Err(error.into()),
    }
}

fn change_in_place(
    transaction: &Transaction<'_>,
    id: OrganizationId,
    change: &OrganizationChange,
    at: OffsetDateTime,
) -> Outcome<Organization> {
    let (password, sessions_ended_at) = transaction
        .query_row_cached(
            "SELECT admin_password, sessions_ended_at FROM organizations WHERE id = ?1",
            [bytes(id)],
            |row| {
                Ok((password_hash(row, "admin_password")?, row.get::<_, Option<i64>>("sessions_ended_at")?))
            },
        )
        .optional()?
        .ok_or_else(missing)?;
    let stored = find(transaction, Shelf::Live, id)?.ok_or_else(missing)?;

    let mut wanted = stored.clone();
    if let Some(display_name) = &change.display_name {
        wanted.display_name.clone_from(display_name);
    }
    if let Some(email) = &change.admin_email {
        wanted.admin_email.clone_from(email);
    }
    if let Some(is_active) = change.is_active {
        wanted.is_active = is_active;
    }
    wanted.updated_at = at.into();
    let new_password = change.admin_password.as_ref().unwrap_or(&password);
    let is_repeated = wanted == stored
        && new_password.expose() == password.expose()
        && (!change.end_sessions || sessions_ended_at == Some(milliseconds(at)));
    if is_repeated {
        return Ok(stored);
    }
    if !is_as_expected(&change.expected, &stored, &password) {
        return Err(changed());
    }
    let same_address = wanted.admin_email.matching_key() == stored.admin_email.matching_key();
    if !same_address && operator_has(transaction, &wanted.admin_email)? {
        return Err(duplicate(UniqueField::Email));
    }
    wanted.session_version += i64::from(change.end_sessions);

    let written = transaction.execute_cached(
        "UPDATE organizations SET display_name = :display_name, admin_email = :email, \
         admin_email_key = :email_key, admin_password = :password, is_active = :is_active, updated_at = :at, \
         session_version = :session_version, sessions_ended_at = iif(:end_sessions, :at, sessions_ended_at), \
         search_text = :search_text WHERE id = :id",
        named_params! {
            ":display_name": wanted.display_name.as_ref().map(|name| name.as_str()),
            ":email": wanted.admin_email.as_str(),
            ":email_key": wanted.admin_email.matching_key(),
            ":password": new_password.expose(),
            ":is_active": wanted.is_active,
            ":at": milliseconds(at),
            ":session_version": wanted.session_version,
            ":end_sessions": change.end_sessions,
            ":search_text": search_text(&wanted.name, wanted.display_name.as_ref(), &wanted.admin_email),
            ":id": bytes(id),
        },
    );
    match written {
        Ok(_) => Ok(wanted),
        Err(error) if breaks_uniqueness(&error) => Err(duplicate(UniqueField::Email)),
        Err(error) => Err(error.into()),
    }
}

fn is_as_expected(expected: &Expected, stored: &Organization, password: &PasswordHash) -> bool {
    expected.display_name.as_ref().is_none_or(|name| *name == stored.display_name)
        && expected.admin_email.as_ref().is_none_or(|email| *email == stored.admin_email)
        && expected.admin_password.as_ref().is_none_or(|hash| hash.expose() == password.expose())
        && expected.is_active.is_none_or(|is_active| is_active == stored.is_active)
}
