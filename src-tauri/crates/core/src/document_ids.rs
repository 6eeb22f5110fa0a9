//! The `_id`s of tenants' documents.

use bson::raw::cstr;
use bson::{RawDocument, RawDocumentBuf};

use crate::error::StoreError;

/// A document of the `_id` alone.
pub(crate) fn id_of(document: &[u8]) -> Result<Vec<u8>, StoreError> {
    let damaged = || StoreError::Corrupt { what: "a tenant's document".to_owned() };
    let read = RawDocument::from_bytes(document).map_err(|_| damaged())?;
    let id = read.get("_id").map_err(|_| damaged())?.ok_or_else(damaged)?;
    let mut alone = RawDocumentBuf::new();
    alone.append(cstr!("_id"), id);
    Ok(alone.into_bytes())
}

pub(crate) fn ids_of(documents: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StoreError> {
    documents.iter().map(|document| id_of(document)).collect()
}
