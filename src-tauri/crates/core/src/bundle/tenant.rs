use async_trait::async_trait;
use bson::{Bson, Document, RawDocumentBuf};
use futures_util::stream::BoxStream;

use super::fingerprint::Fingerprint;
use crate::error::{AppError, BundleProblem};
use crate::nesting::is_decodable;
use crate::records::CollectionDescription;
use crate::values::{CollectionName, OrganizationId};

/// An organization that can be taken elsewhere, or a collection without one, without its documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its whole document as BSON, also fields of other software. It has no password hash, and nothing that counts only
    /// where it comes from. Empty without an organization.
    pub document: Vec<u8>,
    /// The name of the collection, if it belongs to no organization.
    pub ownerless: Option<CollectionName>,
    /// Its collection: options and indexes.
    pub description: CollectionDescription,
    /// Documents of the collection; `None` if they were not counted.
    pub documents: Option<u64>,
    /// Their bytes as BSON; `None` if that is not known.
    pub bytes: Option<u64>,
}

/// The fields of an organization's document that stay where it comes from: secrets, and counters of its sessions.
const LEFT_BEHIND: [&str; 3] = ["admin_password", "session_version", "password_renewal"];
/// How a bcrypt hash begins. Other software may keep one anywhere in the document.
const HASH_BEGINNINGS: [&str; 4] = ["$2a$", "$2b$", "$2x$", "$2y$"];

impl Tenant {
    /// A tenant with what may leave its workspace of an organization's document.
    ///
    /// # Errors
    /// `Bundle` if the bytes are no document.
    pub fn of(
        document: &[u8],
        description: CollectionDescription,
        documents: Option<u64>,
        bytes: Option<u64>,
    ) -> Result<Self, AppError> {
        let document = leaving(decoded(document)?)
            .to_vec()
            .map_err(|_| AppError::Bundle(BundleProblem::NotADocument))?;
        Ok(Self { document, ownerless: None, description, documents, bytes })
    }

    /// A collection that belongs to no organization.
    pub fn without_organization(
        name: CollectionName,
        description: CollectionDescription,
        documents: Option<u64>,
        bytes: Option<u64>,
    ) -> Self {
        let document = RawDocumentBuf::new().into_bytes();
        Self { document, ownerless: Some(name), description, documents, bytes }
    }

    /// Its id; `None` if the document has none that an organization can have.
    pub fn id(&self) -> Option<OrganizationId> {
        self.fields().get_object_id("_id").ok().map(OrganizationId::from)
    }

    /// Its name; empty if there is none. Without an organization, the name that goes with the collection's.
    pub fn name(&self) -> String {
        match &self.ownerless {
            Some(collection) => {
                collection.organization_name().map(|name| name.to_string()).unwrap_or_default()
            }
            None => text(&self.fields(), "organization_name"),
        }
    }

    /// The address of its admin; empty if there is none.
    pub fn admin_email(&self) -> String {
        text(&self.fields(), "admin_email")
    }

    /// The name that is shown instead of its name.
    pub fn display_name(&self) -> Option<String> {
        let fields = self.fields();
        let shown = fields.get_document("console").map(|console| text(console, "display_name"));
        shown.ok().filter(|name| !name.is_empty())
    }

    /// Whether its collection has options of its own.
    pub(super) fn has_options(&self) -> bool {
        decoded(&self.description.options).is_ok_and(|options| !options.is_empty())
    }

    /// The whole document.
    pub(super) fn fields(&self) -> Document {
        decoded(&self.document).unwrap_or_default()
    }
}

/// What of an organization's document may leave its workspace.
fn leaving(mut whole: Document) -> Document {
    whole.remove("admin_password");
    if let Ok(console) = whole.get_document_mut("console") {
        for field in LEFT_BEHIND {
            console.remove(field);
        }
    }
    without_hashes(&mut whole);
    whole
}

/// What of an organization's document a move takes along, its admin's hash with it: two with equal ones come in alike.
pub(super) fn moving(document: &[u8]) -> Result<Fingerprint, AppError> {
    let whole = decoded(document)?;
    let hash = whole.get("admin_password").cloned();
    let mut moving = leaving(whole);
    // Set anew where it comes in.
    moving.remove("updated_at");
    // It comes and goes with the counters of sessions.
    if moving.get_document("console").is_ok_and(Document::is_empty) {
        moving.remove("console");
    }
    moving.extend(hash.map(|hash| ("admin_password".to_owned(), hash)));
    let bytes = moving.to_vec().map_err(|_| AppError::Bundle(BundleProblem::NotADocument))?;
    let mut found = Fingerprint::default();
    found.add(&bytes)?;
    Ok(found)
}

pub(super) fn decoded(document: &[u8]) -> Result<Document, AppError> {
    let read = if is_decodable(document) { Document::from_reader(document).ok() } else { None };
    read.ok_or(AppError::Bundle(BundleProblem::NotADocument))
}

fn text(document: &Document, field: &str) -> String {
    document.get_str(field).unwrap_or_default().to_owned()
}

/// Removes every field with the hash of a password.
fn without_hashes(document: &mut Document) {
    let hashes: Vec<String> =
        document.iter().filter(|(_, value)| is_hash(value)).map(|(field, _)| field.clone()).collect();
    for field in hashes {
        document.remove(field);
    }
    for (_, value) in document.iter_mut() {
        inside(value);
    }
}

fn inside(value: &mut Bson) {
    match value {
        Bson::Document(inner) => without_hashes(inner),
        Bson::Array(values) => {
            values.retain(|value| !is_hash(value));
            values.iter_mut().for_each(inside);
        }
        _ => {}
    }
}

fn is_hash(value: &Bson) -> bool {
    value.as_str().is_some_and(|text| {
        text.len() == 60 && HASH_BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
    })
}

/// A tenant with its documents, wherever they come from: a file, or an organization of an open workspace.
#[async_trait]
pub trait TenantSource: Send + Sync {
    /// The tenant without its documents.
    fn tenant(&self) -> &Tenant;

    /// All documents as BSON in batches, read ahead. Dropping the stream ends the reading.
    ///
    /// # Errors
    /// The stream ends after the first. What was read before is worthless: damage at the end of a file can be a lost
    /// line anywhere.
    fn documents(&self) -> BoxStream<'_, Result<Vec<Vec<u8>>, AppError>>;

    /// What others changed since the tenant was described. Ask it after the last batch.
    ///
    /// # Errors
    /// Those of the store.
    async fn changed(&self) -> Result<Option<ChangedMeanwhile>, AppError>;
}

/// What others changed in a collection while it was read. A document that was changed in its place is not noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ChangedMeanwhile {
    /// Documents were added or removed.
    Documents,
    /// The collection is another one by now, or gone.
    Collection,
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn what_moves_is_the_same_until_something_changes_that_goes_along() {
        let of = |change: fn(&mut Document)| {
            let mut document = doc! {
                "_id": 1, "organization_name": "acme", "admin_password": "one", "is_active": true, "updated_at": 1,
            };
            change(&mut document);
            moving(&document.to_vec().unwrap()).unwrap()
        };
        let was = of(|_| {});
        let same: [fn(&mut Document); 3] = [
            |document| drop(document.insert("updated_at", 2)),
            |document| drop(document.insert("console", doc! { "session_version": 1 })),
            |document| drop(document.insert("console", doc! { "password_renewal": "note" })),
        ];
        let other: [fn(&mut Document); 4] = [
            |document| drop(document.insert("admin_password", "two")),
            |document| drop(document.remove("admin_password")),
            |document| drop(document.insert("is_active", false)),
            |document| drop(document.insert("console", doc! { "display_name": "Acme" })),
        ];
        same.iter().for_each(|change| assert_eq!(of(*change), was));
        other.iter().for_each(|change| assert_ne!(of(*change), was));
    }
}
