use time::OffsetDateTime;

use crate::values::CollectionName;

/// Which collection it is, whatever it is called: a rename keeps it, and one that is made anew has another. `None` where
/// the store does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionIdentity(pub Option<String>);

impl CollectionIdentity {
    /// Whether both are one collection; `None` where that can't be told.
    pub fn is_same_as(&self, other: &Self) -> Option<bool> {
        Some(self.0.as_ref()? == other.0.as_ref()?)
    }
}

/// What a store says of one collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionStatistics {
    /// The collection.
    pub collection: CollectionName,
    /// Documents in it.
    pub documents: u64,
    /// Bytes of its documents, uncompressed. `None` where the store does not say.
    pub data_size: Option<u64>,
    /// Bytes on disk, without indexes. `None` where the store does not say.
    pub storage_size: Option<u64>,
    /// Its indexes.
    pub indexes: Vec<IndexStatistics>,
    /// Whether documents were counted (true) or estimated from the store's metadata (false).
    pub exact: bool,
    /// When it was read.
    pub read_at: OffsetDateTime,
    /// The command it was read with.
    pub command: &'static str,
    /// What is missing and why, for people.
    pub note: Option<String>,
}

impl CollectionStatistics {
    /// Bytes of an average document, rounded down; `None` without documents or without their size.
    pub fn average_document(&self) -> Option<u64> {
        self.data_size?.checked_div(self.documents)
    }

    /// Bytes of all indexes; `None` when the size of one is not known.
    pub fn index_size(&self) -> Option<u64> {
        self.indexes.iter().map(|index| index.size).sum()
    }
}

/// One index of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexStatistics {
    /// Its name.
    pub name: String,
    /// Its bytes on disk. `None` where the store does not say.
    pub size: Option<u64>,
}
