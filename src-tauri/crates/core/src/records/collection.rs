use time::OffsetDateTime;

use crate::values::CollectionName;

/// The identity of a collection, whatever its name: a rename keeps it, a recreated collection has another. `None` if
/// the store has no identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionIdentity(pub Option<String>);

impl CollectionIdentity {
    /// Whether both are one collection; `None` if that is unknown.
    pub fn is_same_as(&self, other: &Self) -> Option<bool> {
        Some(self.0.as_ref()? == other.0.as_ref()?)
    }
}

/// Statistics of one collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionStatistics {
    /// The collection.
    pub collection: CollectionName,
    /// Documents in it.
    pub documents: u64,
    /// Bytes of its documents, uncompressed; `None` if the store does not say.
    pub data_size: Option<u64>,
    /// Bytes on disk, without indexes; `None` if the store does not say.
    pub storage_size: Option<u64>,
    /// Its indexes.
    pub indexes: Vec<IndexStatistics>,
    /// Whether documents were counted (true) or estimated from the store's metadata (false).
    pub exact: bool,
    /// When it was read.
    pub read_at: OffsetDateTime,
    /// The command that read it.
    pub command: &'static str,
    /// A sentence about what is missing and why.
    pub note: Option<String>,
}

impl CollectionStatistics {
    /// Bytes of an average document, rounded down; `None` without documents or without their size.
    pub fn average_document(&self) -> Option<u64> {
        self.data_size?.checked_div(self.documents)
    }

    /// Bytes of all indexes; `None` if the size of one is unknown.
    pub fn index_size(&self) -> Option<u64> {
        self.indexes.iter().map(|index| index.size).sum()
    }
}

/// One index of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexStatistics {
    /// Its name.
    pub name: String,
    /// Its bytes on disk; `None` if the store does not say.
    pub size: Option<u64>,
}
