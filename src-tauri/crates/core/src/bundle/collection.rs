//! The part `collection.json`: kind, options and indexes of a collection.

use bson::{Document, doc};

use super::extended_json;
use super::manifest::{COLLECTION, damaged};
use crate::error::{AppError, BundleDamage, BundleProblem};
use crate::nesting::is_decodable;
use crate::records::{CollectionDescription, CollectionIdentity, CollectionKind, IndexDescription};

const KIND: &str = "kind";
const CAPPED: &str = "capped";
const PLAIN: &str = "plain";
const OPTIONS: &str = "options";
const INDEXES: &str = "indexes";

/// The part as text.
pub(super) fn written(description: &CollectionDescription) -> Result<Vec<u8>, AppError> {
    let refused = || AppError::Bundle(BundleProblem::NotADocument);
    let read = |bytes: &[u8]| if is_decodable(bytes) { Document::from_reader(bytes).ok() } else { None };
    let indexes = description.indexes.iter().map(|index| read(&index.definition));
    let kind = if is_capped(description) { CAPPED } else { PLAIN };
    let whole = doc! {
        KIND: kind,
        OPTIONS: read(&description.options).ok_or_else(refused)?,
        INDEXES: indexes.collect::<Option<Vec<_>>>().ok_or_else(refused)?,
    };
    let mut text = Vec::new();
    let bytes = whole.to_vec().map_err(|_| refused())?;
    extended_json::write(&bytes, &mut text).map_err(|_| refused())?;
    text.push(b'\n');
    Ok(text)
}

/// The description in the part.
pub(super) fn read(text: &[u8]) -> Result<CollectionDescription, AppError> {
    let refused = || damaged(COLLECTION, BundleDamage::NotADocument);
    let mut bytes = Vec::new();
    extended_json::read(text.trim_ascii_end(), &mut bytes).map_err(|_| refused())?;
    let whole = Document::from_reader(bytes.as_slice()).map_err(|_| refused())?;
    let kind = match whole.get_str(KIND).map_err(|_| refused())? {
        PLAIN => CollectionKind::Plain,
        CAPPED => CollectionKind::Capped,
        _ => return Err(refused()),
    };
    let options = whole.get_document(OPTIONS).map_err(|_| refused())?;
    let indexes = whole.get_array(INDEXES).map_err(|_| refused())?.iter().map(|index| {
        let definition = index.as_document()?;
        definition.get_document("key").ok()?;
        let name = definition.get_str("name").ok()?.to_owned();
        Some(IndexDescription { name, definition: definition.to_vec().ok()? })
    });
    Ok(CollectionDescription {
        // It has none before it is made.
        identity: CollectionIdentity(None),
        kind,
        options: options.to_vec().map_err(|_| refused())?,
        indexes: indexes.collect::<Option<Vec<_>>>().ok_or_else(refused)?,
    })
}

fn is_capped(description: &CollectionDescription) -> bool {
    match description.kind {
        CollectionKind::Capped => true,
        CollectionKind::Plain | CollectionKind::View | CollectionKind::TimeSeries => false,
    }
}
