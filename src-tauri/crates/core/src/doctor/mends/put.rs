//! Puts documents into a collection, each verified.

use crate::document_ids::ids_of;
use crate::error::StoreError;
use crate::ports::Ports;
use crate::values::CollectionName;

/// Inserts documents where none has their `_id`; returns those that are there now exactly as they are here.
pub(super) async fn put(
    ports: &Ports,
    to: &CollectionName,
    documents: &[Vec<u8>],
) -> Result<(Vec<Vec<u8>>, Vec<Vec<u8>>), StoreError> {
    ports.collections.insert_documents(to, documents).await?;
    let there = ports.collections.documents_of(to, &ids_of(documents)?).await?;
    Ok(documents.iter().cloned().partition(|document| there.contains(document)))
}
