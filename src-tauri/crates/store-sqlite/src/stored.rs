//! Organizations' documents as a server would have them: whole, corrected, and all of them.

use bson::{Bson, DateTime, Document, RawDocument, doc};
use futures_util::stream::BoxStream;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::limits::BATCH_ROWS;
use tenantry_core::nesting::decoded;
use tenantry_core::records::{Correction, Shelf, StoredId, StoredOrganization, StoredText};
use tenantry_core::values::{
    CollectionName, DisplayName, EmailAddress, OrganizationId, OrganizationName, PasswordHash,
};
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::accounts::operator_has;
use crate::errors::{Outcome, breaks_uniqueness, changed, damaged, duplicate, missing, taken};
use crate::records::{self, bytes, find, milliseconds, search_text};
use crate::statements::Statements;

/// The fields that have a column. `console` has several, and a rest.
const WITH_A_COLUMN: [&str; 9] = [
    "_id",
    "organization_name",
    "admin_email",
    "admin_password",
    "collection_name",
    "created_at",
    "updated_at",
    "is_active",
    "console",
];
/// The fields of `console` that have a column.
const OF_CONSOLE: [&str; 3] = ["display_name", "session_version", "password_renewal"];
const CONSOLE: &str = "console";

impl SqliteStore {
    /// All documents of a shelf, by name.
    pub(crate) fn scan_shelf(
        &self,
        shelf: Shelf,
    ) -> BoxStream<'_, Result<Vec<StoredOrganization>, StoreError>> {
        self.stream(move |connections, receiver| {
            let sql = format!("{} ORDER BY row.organization_name, row.id", select(shelf));
            connections.read_through(receiver, |connection, hand_on| {
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query([])?;
                let mut batch = Vec::new();
                while let Some(row) = rows.next()? {
                    batch.push(stored(row, shelf)?);
                    if batch.len() == BATCH_ROWS && !hand_on(std::mem::take(&mut batch)) {
                        return Ok(());
                    }
                }
                if !batch.is_empty() {
                    hand_on(batch);
                }
                Ok(())
            })
        })
    }

    pub(crate) async fn find_stored(
        &self,
        id: OrganizationId,
    ) -> Result<Option<StoredOrganization>, StoreError> {
        self.read(move |connection| find_stored(connection, id)).await
    }

    pub(crate) async fn correct_document(
        &self,
        seen: &StoredOrganization,
        correction: &Correction,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let (seen, correction) = (seen.clone(), correction.clone());
        self.write(move |transaction| correct(transaction, &seen, &correction, at)).await
    }

    pub(crate) async fn whole_document(
        &self,
        shelf: records::Shelf,
        id: OrganizationId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |connection| {
            // The trash does not keep the note of a renewed hash.
            let renewal = match shelf {
                records::Shelf::Live => "password_renewal",
                records::Shelf::Trash => "NULL",
            };
            let sql = format!(
                "SELECT organization_name, admin_email, admin_password, collection_name, created_at, \
                 updated_at, is_active, display_name, session_version, {renewal}, further \
                 FROM {} WHERE id = ?1",
                shelf.table()
            );
            let found = connection.query_row_cached(&sql, [bytes(id)], |row| {
                let date = |column| row.get(column).map(DateTime::from_millis);
                let document = doc! {
                    "_id": id.object_id(),
                    "organization_name": row.get::<_, String>(0)?,
                    "admin_email": row.get::<_, String>(1)?,
                    "admin_password": row.get::<_, String>(2)?,
                    "collection_name": row.get::<_, String>(3)?,
                    "created_at": date(4)?,
                    "updated_at": date(5)?,
                    "is_active": row.get::<_, bool>(6)?,
                };
                let mut console = Document::new();
                if let Some(name) = row.get::<_, Option<String>>(7)? {
                    console.insert("display_name", name);
                }
                match row.get::<_, i64>(8)? {
                    0 => {}
                    version => drop(console.insert("session_version", version)),
                }
                if let Some(renewal) = row.get::<_, Option<String>>(9)? {
                    console.insert("password_renewal", renewal);
                }
                Ok((document, console, row.get::<_, Option<Vec<u8>>>(10)?))
            });
            let Some((mut document, mut console, further)) = found.optional()? else { return Ok(None) };
            if let Some(further) = further {
                for (field, value) in read(&further)? {
                    match value {
                        Bson::Document(rest) if field == CONSOLE => console.extend(rest),
                        value => drop(document.insert(field, value)),
                    }
                }
            }
            if !console.is_empty() {
                document.insert(CONSOLE, console);
            }
            Ok(Some(document.to_vec().map_err(|_| breaks_the_format())?))
        })
        .await
    }

    pub(crate) async fn insert_whole(&self, document: &[u8]) -> Result<(), StoreError> {
        let document = document.to_vec();
        self.write(move |transaction| insert(transaction, &document)).await
    }
}

fn select(shelf: Shelf) -> String {
    let shelf = table(shelf);
    format!("SELECT {}, row.admin_password FROM {} AS row", shelf.columns(), shelf.table())
}

fn table(shelf: Shelf) -> records::Shelf {
    match shelf {
        Shelf::Live => records::Shelf::Live,
        Shelf::Trash => records::Shelf::Trash,
    }
}

fn find_stored(connection: &Connection, id: OrganizationId) -> Outcome<Option<StoredOrganization>> {
    let sql = format!("{} WHERE row.id = ?1", select(Shelf::Live));
    Ok(connection.query_row_cached(&sql, [bytes(id)], |row| stored(row, Shelf::Live)).optional()?)
}

/// A row of [`select`].
fn stored(row: &Row<'_>, shelf: Shelf) -> rusqlite::Result<StoredOrganization> {
    let table = table(shelf);
    let organization = table.organization(row)?;
    Ok(StoredOrganization {
        id: StoredId::Organization(organization.id),
        name: StoredText::Text(organization.name.to_string()),
        display_name: organization.display_name.map(|name| name.as_str().to_owned()),
        collection_name: StoredText::Text(row.get(2)?),
        admin_email: StoredText::Text(organization.admin_email.to_string()),
        hash: PasswordHash::from_stored(row.get(table.width())?).scheme(),
        is_active: organization.is_active,
        created_at: organization.created_at,
        updated_at: organization.updated_at,
        odd: Vec::new(),
        trashed: organization.trashed,
    })
}

fn correct(
    transaction: &Transaction<'_>,
    seen: &StoredOrganization,
    correction: &Correction,
    at: OffsetDateTime,
) -> Outcome<()> {
    let id = seen.id.organization().ok_or_else(missing)?;
    let stored = find_stored(transaction, id)?.ok_or_else(missing)?;
    let password: String = transaction.query_row_cached(
        "SELECT admin_password FROM organizations WHERE id = ?1",
        [bytes(id)],
        |row| row.get(0),
    )?;
    if is_done(&stored, &password, correction) {
        return Ok(());
    }
    if stored != *seen {
        return Err(changed());
    }
    let organization = find(transaction, records::Shelf::Live, id)?.ok_or_else(missing)?;
    let name = correction.name.as_ref().unwrap_or(&organization.name);
    let email = correction.admin_email.as_ref().unwrap_or(&organization.admin_email);
    if email.matching_key() != organization.admin_email.matching_key() && operator_has(transaction, email)? {
        return Err(duplicate(UniqueField::Email));
    }
    let changed = transaction.execute_cached(
        "UPDATE organizations SET organization_name = :name, admin_email = :email, admin_email_key = :email_key, \
         collection_name = ifnull(:collection, collection_name), \
         admin_password = ifnull(:password, admin_password), \
         password_renewal = iif(:password IS NULL, password_renewal, NULL), \
         session_version = session_version + iif(:password IS NULL, 0, 1), \
         is_active = ifnull(:is_active, is_active), created_at = ifnull(:created_at, created_at), \
         updated_at = :updated_at, search_text = :search_text WHERE id = :id",
        named_params! {
            ":name": name.as_str(),
            ":email": email.as_str(),
            ":email_key": email.matching_key(),
            ":collection": correction.collection_name.as_ref().map(|name| name.as_str()),
            ":password": correction.admin_password.as_ref().map(|hash| hash.expose()),
            ":is_active": correction.is_active,
            ":created_at": correction.created_at.map(milliseconds),
            ":updated_at": milliseconds(correction.updated_at.unwrap_or(at)),
            ":search_text": search_text(name, organization.display_name.as_ref(), email),
            ":id": bytes(id),
        },
    );
    match changed {
        Ok(_) => Ok(()),
        Err(error) if breaks_uniqueness(&error) && *name != organization.name => {
            Err(taken(transaction, name)?)
        }
        Err(error) if breaks_uniqueness(&error) => Err(duplicate(UniqueField::Email)),
        Err(error) => Err(error.into()),
    }
}

/// Whether everything is as corrected already.
fn is_done(stored: &StoredOrganization, password: &str, correction: &Correction) -> bool {
    let is =
        |text: &StoredText, wanted: Option<&str>| wanted.is_none_or(|wanted| text.as_str() == Some(wanted));
    is(&stored.name, correction.name.as_ref().map(OrganizationName::as_str))
        && is(&stored.collection_name, correction.collection_name.as_ref().map(CollectionName::as_str))
        && is(&stored.admin_email, correction.admin_email.as_ref().map(EmailAddress::as_str))
        && correction.admin_password.as_ref().is_none_or(|hash| hash.expose() == password)
        && correction.is_active.is_none_or(|is_active| is_active == stored.is_active)
        && correction.created_at.is_none_or(|at| stored.created_at == at.into())
        && correction.updated_at.is_none_or(|at| stored.updated_at == at.into())
}

fn insert(transaction: &Transaction<'_>, document: &[u8]) -> Outcome<()> {
    let document = read(document)?;
    let text = |field: &str| document.get_str(field).map_err(|_| breaks_the_format());
    let date = |field: &str| {
        document.get_datetime(field).map(|date| date.timestamp_millis()).map_err(|_| breaks_the_format())
    };
    let id = OrganizationId::from(document.get_object_id("_id").map_err(|_| breaks_the_format())?);
    let name = OrganizationName::from_stored(text("organization_name")?.to_owned());
    let email = EmailAddress::from_stored(text("admin_email")?.to_owned());
    let console = document.get_document(CONSOLE).ok();
    let in_console = |field| console.and_then(|console| console.get(field));
    let display_name = match in_console("display_name") {
        Some(Bson::String(name)) if !name.is_empty() => Some(DisplayName::from_stored(name.clone())),
        Some(_) | None => None,
    };
    let session_version = match in_console("session_version") {
        Some(Bson::Int32(version)) => i64::from(*version),
        Some(Bson::Int64(version)) => *version,
        Some(_) | None => 0,
    };
    let renewal = match in_console("password_renewal") {
        Some(Bson::String(renewal)) => Some(renewal.as_str()),
        Some(_) | None => None,
    };
    let there = find(transaction, records::Shelf::Live, id)?;
    if operator_has(transaction, &email)? && there.is_none() {
        return Err(taken(transaction, &name)?);
    }
    let inserted = transaction.execute_cached(
        "INSERT INTO organizations (id, organization_name, collection_name, display_name, admin_email, \
         admin_email_key, admin_password, is_active, created_at, updated_at, session_version, password_renewal, \
         search_text, further) \
         VALUES (:id, :name, :collection, :display_name, :email, :email_key, :password, :is_active, :created_at, \
         :updated_at, :session_version, :renewal, :search_text, :further)",
        named_params! {
            ":id": bytes(id),
            ":name": name.as_str(),
            ":collection": text("collection_name")?,
            ":display_name": display_name.as_ref().map(|name| name.as_str()),
            ":email": email.as_str(),
            ":email_key": email.matching_key(),
            ":password": text("admin_password")?,
            ":is_active": document.get_bool("is_active").map_err(|_| breaks_the_format())?,
            ":created_at": date("created_at")?,
            ":updated_at": date("updated_at")?,
            ":session_version": session_version,
            ":renewal": renewal,
            ":search_text": search_text(&name, display_name.as_ref(), &email),
            ":further": further(&document)?,
        },
    );
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if breaks_uniqueness(&error) => match there {
            Some(own) if own.name == name => Ok(()),
            Some(_) => Err(duplicate(UniqueField::Id)),
            None => Err(taken(transaction, &name)?),
        },
        Err(error) => Err(error.into()),
    }
}

/// The fields without a column, as BSON.
fn further(document: &Document) -> Outcome<Option<Vec<u8>>> {
    let mut further: Document = document
        .iter()
        .filter(|(field, _)| !WITH_A_COLUMN.contains(&field.as_str()))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    if let Ok(console) = document.get_document(CONSOLE) {
        let rest: Document = console
            .iter()
            .filter(|(field, _)| !OF_CONSOLE.contains(&field.as_str()))
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect();
        if !rest.is_empty() {
            further.insert(CONSOLE, rest);
        }
    }
    if further.is_empty() {
        return Ok(None);
    }
    Ok(Some(further.to_vec().map_err(|_| breaks_the_format())?))
}

fn read(bytes: &[u8]) -> Outcome<Document> {
    let document = RawDocument::from_bytes(bytes).ok().and_then(decoded);
    Ok(document.ok_or_else(breaks_the_format)?)
}

fn breaks_the_format() -> StoreError {
    damaged("an organization's document")
}
