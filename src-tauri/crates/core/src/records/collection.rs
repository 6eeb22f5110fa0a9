use bson::{Document, doc};
use serde::Serialize;
use time::OffsetDateTime;

use super::comparable::comparable_index;
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

/// What stands under the name of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum CollectionKind {
    /// A collection.
    Plain,
    /// A collection of a fixed size. A list of names does not tell it from others; its description does.
    Capped,
    /// A view, which has no documents of its own and can't be renamed.
    View,
    /// A time-series collection, which can't be renamed.
    TimeSeries,
}

/// A collection in a list of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCollection {
    /// Its name.
    pub name: CollectionName,
    /// What it is.
    pub kind: CollectionKind,
}

/// A collection without its documents: enough to make one like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionDescription {
    /// Which one it is.
    pub identity: CollectionIdentity,
    /// What it is.
    pub kind: CollectionKind,
    /// The options that it was created with, or has by now, as a BSON document: validator, collation and the like.
    pub options: Vec<u8>,
    /// Its indexes, with the one of `_id`.
    pub indexes: Vec<IndexDescription>,
}

impl CollectionDescription {
    /// The fields with an index of their own.
    pub const INDEXED_BY_THE_SERVICE: [&str; 2] = ["created_at", "updated_at"];

    /// Two dates, where they are there.
    pub fn validator_of_the_service() -> Document {
        doc! {
            "$jsonSchema": {
                "bsonType": "object",
                "properties": {
                    "created_at": { "bsonType": "date" },
                    "updated_at": { "bsonType": "date" },
                },
            },
        }
    }
}

/// One index of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexDescription {
    /// Its name.
    pub name: String,
    /// Its definition as a BSON document: `key`, `name` and options, without the version of its format.
    pub definition: Vec<u8>,
}

impl IndexDescription {
    /// Its definition, if it can be read.
    pub fn read(&self) -> Option<Document> {
        bson::deserialize_from_slice(&self.definition).ok()
    }

    /// Whether it does what another does, whatever they are called.
    pub fn does_what(&self, other: &Self) -> bool {
        let effect = |index: &Self| index.read().map(|definition| comparable_index(&definition));
        effect(self).is_some_and(|does| Some(does) == effect(other))
    }

    /// Whether the server deletes documents by it.
    pub fn expires(&self) -> bool {
        self.read().is_some_and(|definition| definition.contains_key("expireAfterSeconds"))
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
