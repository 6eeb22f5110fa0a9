//! Organizations' documents as they are stored, whatever is wrong with them: whole, corrected, and all of them.

use std::time::Duration;

use bson::raw::RawBsonRef;
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use mongodb::raw_batch_cursor::RawBatchCursor;
use tenantry_connection::database::{ORGANIZATIONS, TRASH};
use tenantry_connection::failure::{Cause, Failure};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::limits::STEP_LIMIT;
use tenantry_core::nesting::decoded;
use tenantry_core::records::{Correction, OddField, Shelf, StoredId, StoredOrganization, StoredText};
use tenantry_core::values::{EmailAddress, OrganizationId, OrganizationName, PasswordHash};
use time::OffsetDateTime;

use crate::documents::{self, NESTED};
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};
use crate::trash::changed;

/// Documents that are asked for at a time.
const ANSWER_DOCUMENTS: u32 = 4_000;
/// The server's own time for the whole cursor, without the pauses between its batches.
const CURSOR_LIMIT: Duration = Duration::from_secs(120);
const INSERT: Act<'static> = Act { action: "insert", collection: Some(ORGANIZATIONS) };
const UPDATE: Act<'static> = Act { action: "update", collection: Some(ORGANIZATIONS) };

impl MongoStore {
    /// All documents of a shelf, by name.
    pub(crate) fn scan_shelf(
        &self,
        shelf: Shelf,
    ) -> BoxStream<'_, Result<Vec<StoredOrganization>, StoreError>> {
        stream::once(self.begin_scan(shelf))
            .map_ok(move |cursor| {
                stream::try_unfold(cursor, move |mut cursor| async move {
                    let act = Act::on("find", collection_of(shelf));
                    let Some(answer) = self.call(act, cursor.try_next()).await? else { return Ok(None) };
                    let damaged = || self.told(Failure::of(Cause::Damaged), act);
                    let mut batch = Vec::new();
                    for document in answer.doc_slices().map_err(|_| damaged())? {
                        let document = document.map_err(|_| damaged())?;
                        batch.push(stored(document.as_document().ok_or_else(damaged)?, shelf));
                    }
                    Ok(Some((batch, cursor)))
                })
            })
            .try_flatten()
            .boxed()
    }

    async fn begin_scan(&self, shelf: Shelf) -> Result<RawBatchCursor, StoreError> {
        let prefix = prefix(shelf);
        let documents = self.raw(collection_of(shelf));
        let found = documents
            .find(doc! {})
            // Whole: the pass looks at nearly all fields, and choosing them costs a server more than sending the rest.
            .sort(doc! { format!("{prefix}organization_name"): 1 })
            // The trash has no index on the name.
            .allow_disk_use(true)
            .batch_size(ANSWER_DOCUMENTS)
            .max_time(CURSOR_LIMIT);
        self.call(Act::on("find", collection_of(shelf)), found.batch()).await
    }

    pub(crate) async fn find_stored(
        &self,
        id: OrganizationId,
    ) -> Result<Option<StoredOrganization>, StoreError> {
        let found = self.find_live(doc! { "_id": id.object_id() }).await?;
        Ok(found.map(|document| stored(&document, Shelf::Live)))
    }

    pub(crate) async fn correct_document(
        &self,
        seen: &StoredOrganization,
        correction: &Correction,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let missing = StoreError::NotFound { what: "organization" };
        let Some(id) = seen.id.organization() else { return Err(missing) };
        let found = self.find_live(doc! { "_id": id.object_id() }).await?.ok_or(missing)?;
        let whole = whole(&found)?;
        if has_all(&whole, correction) {
            return self.settled(ORGANIZATIONS, documents::unchanged(&found)?).await.map(drop);
        }
        if stored(&found, Shelf::Live) != *seen {
            return Err(changed());
        }
        let mut next = whole.clone();
        put(&mut next, correction, at);
        self.replace_document(&found, &next).await?;
        let Some(field) = self.taken_by_correction(id, correction).await? else { return Ok(()) };
        let next = raw(&next)?;
        self.replace_document(&next, &whole).await?;
        Err(StoreError::Duplicate { field })
    }

    /// Replaces a document while it is exactly `before`.
    async fn replace_document(&self, before: &RawDocument, next: &Document) -> Result<(), StoreError> {
        let organizations = self.documents(ORGANIZATIONS);
        let replaced = organizations.find_one_and_replace(documents::unchanged(before)?, next);
        match self.write(replaced.projection(doc! { "_id": 1 }).max_time(STEP_LIMIT)).await {
            Ok(Some(Some(_))) => Ok(()),
            Ok(Some(None)) => Err(changed()),
            Ok(None) => self.require_confirmed(ORGANIZATIONS, documents::unchanged(&raw(next)?)?).await,
            Err(failure) if failure.is_duplicate() => {
                let name = documents::text(before, "organization_name");
                let is_name = next.get_str("organization_name").ok() != name.as_deref();
                let field = if is_name { UniqueField::Name } else { UniqueField::Email };
                Err(StoreError::Duplicate { field })
            }
            Err(failure) => Err(self.told(failure, UPDATE)),
        }
    }

    /// The corrected value that another one has, as far as no index checks it.
    async fn taken_by_correction(
        &self,
        id: OrganizationId,
        correction: &Correction,
    ) -> Result<Option<UniqueField>, StoreError> {
        if let Some(name) = &correction.name
            && !self.unique.names.is_enforced()
            && self.name_is_taken(id, name).await?
        {
            return Ok(Some(UniqueField::Name));
        }
        match &correction.admin_email {
            Some(email) if self.is_refused(id, email).await? => Ok(Some(UniqueField::Email)),
            Some(_) | None => Ok(None),
        }
    }

    pub(crate) async fn insert_whole(&self, document: &[u8]) -> Result<(), StoreError> {
        let document = RawDocument::from_bytes(document).map_err(|_| breaks_the_format())?;
        let whole = decoded(document).ok_or_else(breaks_the_format)?;
        let (id, name, email) = formatted(document)?;
        match self.write(self.documents(ORGANIZATIONS).insert_one(&whole)).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let written = doc! { "_id": id.object_id(), "organization_name": name.as_str() };
                self.require_confirmed(ORGANIZATIONS, written).await?;
            }
            Err(failure) if failure.is_duplicate() => {
                return self.repeated_or_taken(id, &name, &email).await;
            }
            Err(failure) => return Err(self.told(failure, INSERT)),
        }
        self.keep_unique(id, &name, &email).await
    }
}

fn collection_of(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Live => ORGANIZATIONS,
        Shelf::Trash => TRASH,
    }
}

fn prefix(shelf: Shelf) -> String {
    match shelf {
        Shelf::Live => String::new(),
        Shelf::Trash => format!("{NESTED}."),
    }
}

fn whole(document: &RawDocument) -> Result<Document, StoreError> {
    decoded(document).ok_or_else(|| StoreError::Corrupt { what: "an organization's document".to_owned() })
}

fn raw(document: &Document) -> Result<RawDocumentBuf, StoreError> {
    RawDocumentBuf::try_from(document.clone()).map_err(|_| unconfirmed())
}

fn breaks_the_format() -> StoreError {
    StoreError::Corrupt { what: "an organization's document".to_owned() }
}

/// Checks the fields of the service's format.
fn formatted(document: &RawDocument) -> Result<(OrganizationId, OrganizationName, EmailAddress), StoreError> {
    let text = |key| documents::text(document, key).ok_or_else(breaks_the_format);
    let id = documents::object_id(document, "_id").ok_or_else(breaks_the_format)?;
    for key in ["admin_password", "collection_name"] {
        text(key)?;
    }
    for key in ["created_at", "updated_at"] {
        document.get_datetime(key).map_err(|_| breaks_the_format())?;
    }
    document.get_bool("is_active").map_err(|_| breaks_the_format())?;
    let (name, email) = (text("organization_name")?, text("admin_email")?);
    Ok((id.into(), OrganizationName::from_stored(name), EmailAddress::from_stored(email)))
}

/// Whether a document has every value of a correction.
fn has_all(document: &Document, correction: &Correction) -> bool {
    values(correction).iter().all(|(field, value)| document.get(*field) == Some(value))
}

/// The fields of a correction, without the moment of an unnamed change.
fn values(correction: &Correction) -> Vec<(&'static str, Bson)> {
    let text = |text: &str| Bson::String(text.to_owned());
    let date = |moment: OffsetDateTime| Bson::DateTime(documents::date(moment));
    [
        ("organization_name", correction.name.as_ref().map(|name| text(name.as_str()))),
        ("collection_name", correction.collection_name.as_ref().map(|name| text(name.as_str()))),
        ("admin_email", correction.admin_email.as_ref().map(|email| text(email.as_str()))),
        ("admin_password", correction.admin_password.as_ref().map(|hash| text(hash.expose()))),
        ("is_active", correction.is_active.map(Bson::Boolean)),
        ("created_at", correction.created_at.map(date)),
        ("updated_at", correction.updated_at.map(date)),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .collect()
}

fn put(document: &mut Document, correction: &Correction, at: OffsetDateTime) {
    document.insert("updated_at", documents::date(at));
    for (field, value) in values(correction) {
        document.insert(field, value);
    }
    if correction.admin_password.is_none() {
        return;
    }
    let mut console = match document.get("console") {
        Some(Bson::Document(console)) => console.clone(),
        _ => Document::new(),
    };
    let version = match console.get("session_version") {
        Some(Bson::Int32(version)) => i64::from(*version),
        Some(Bson::Int64(version)) => *version,
        _ => 0,
    };
    console.remove("password_renewal");
    console.insert("session_version", version.saturating_add(1));
    document.insert("console", console);
}

/// What a document of a shelf holds.
fn stored(document: &RawDocument, shelf: Shelf) -> StoredOrganization {
    let nothing = RawDocumentBuf::new();
    let organization = match shelf {
        Shelf::Live => document,
        Shelf::Trash => document.get_document(NESTED).unwrap_or(&nothing),
    };
    let display_name = organization
        .get_document("console")
        .ok()
        .and_then(|console| documents::text(console, "display_name"));
    let hash = documents::text(organization, "admin_password").unwrap_or_default();
    let is_date = |value: &RawBsonRef<'_>| matches!(value, RawBsonRef::DateTime(_));
    let is_flag = |value: &RawBsonRef<'_>| matches!(value, RawBsonRef::Boolean(_));
    StoredOrganization {
        id: stored_id(document),
        name: stored_text(organization, "organization_name"),
        display_name: display_name.filter(|name| !name.is_empty()),
        collection_name: stored_text(organization, "collection_name"),
        admin_email: stored_text(organization, "admin_email"),
        hash: PasswordHash::from_stored(hash).scheme(),
        is_active: documents::is_active(organization),
        created_at: documents::stored_date(organization, "created_at"),
        updated_at: documents::stored_date(organization, "updated_at"),
        odd: [
            odd(organization, "created_at", is_date),
            odd(organization, "updated_at", is_date),
            odd(organization, "is_active", is_flag),
        ]
        .into_iter()
        .flatten()
        .collect(),
        trashed: match shelf {
            Shelf::Live => None,
            Shelf::Trash => Some(documents::trashed_part(document)),
        },
    }
}

fn stored_id(document: &RawDocument) -> StoredId {
    match document.get("_id") {
        Ok(Some(RawBsonRef::ObjectId(id))) => StoredId::Organization(id.into()),
        Ok(Some(value)) => {
            let text = Bson::try_from(value).map(|value| value.to_string()).unwrap_or_default();
            StoredId::Other { kind: kind_of(value), text: text.chars().take(ID_TEXT).collect() }
        }
        Ok(None) | Err(_) => StoredId::Other { kind: MISSING.to_owned(), text: String::new() },
    }
}

/// Characters of an odd id that are shown.
const ID_TEXT: usize = 100;
const MISSING: &str = "missing";

fn stored_text(document: &RawDocument, field: &str) -> StoredText {
    match document.get(field) {
        Ok(Some(RawBsonRef::String(text))) => StoredText::Text(text.to_owned()),
        Ok(Some(value)) => StoredText::Other { kind: kind_of(value) },
        Ok(None) | Err(_) => StoredText::Absent,
    }
}

fn odd(document: &RawDocument, field: &str, is_good: fn(&RawBsonRef<'_>) -> bool) -> Option<OddField> {
    let kind = match document.get(field) {
        Ok(Some(value)) if is_good(&value) => return None,
        Ok(Some(value)) => kind_of(value),
        Ok(None) | Err(_) => MISSING.to_owned(),
    };
    Some(OddField { field: field.to_owned(), kind })
}

/// MongoDB's name of a value's type, as `$type` gives it.
fn kind_of(value: RawBsonRef<'_>) -> String {
    let kind = match value {
        RawBsonRef::Double(_) => "double",
        RawBsonRef::String(_) => "string",
        RawBsonRef::Array(_) => "array",
        RawBsonRef::Document(_) => "object",
        RawBsonRef::Boolean(_) => "bool",
        RawBsonRef::Null => "null",
        RawBsonRef::RegularExpression(_) => "regex",
        RawBsonRef::JavaScriptCode(_) => "javascript",
        RawBsonRef::JavaScriptCodeWithScope(_) => "javascriptWithScope",
        RawBsonRef::Int32(_) => "int",
        RawBsonRef::Int64(_) => "long",
        RawBsonRef::Timestamp(_) => "timestamp",
        RawBsonRef::Binary(_) => "binData",
        RawBsonRef::ObjectId(_) => "objectId",
        RawBsonRef::DateTime(_) => "date",
        RawBsonRef::Symbol(_) => "symbol",
        RawBsonRef::Decimal128(_) => "decimal",
        RawBsonRef::Undefined => "undefined",
        RawBsonRef::MaxKey => "maxKey",
        RawBsonRef::MinKey => "minKey",
        RawBsonRef::DbPointer(_) => "dbPointer",
    };
    kind.to_owned()
}
