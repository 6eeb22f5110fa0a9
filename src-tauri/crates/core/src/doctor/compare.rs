//! Shows the documents of two collections beside each other: of two halves those that differ, of kept twins all.
//!
//! A comparison is walked in steps, each bounded in documents and in bytes, whatever the size of the collections: it
//! takes documents of the right collection in the order of their `_id`, and asks the left one for those of their ids.

mod shown;

use std::fmt;

use bson::{Bson, Document};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;

pub(super) use self::shown::proof_of;
use super::SeenTwin;
use crate::document_ids::{id_of, ids_of};
use crate::error::{AppError, StoreError};
use crate::limits::{COMPARED_BYTES, COMPARED_DOCUMENTS, COMPARED_SHOWN};
use crate::nesting::decoded;
use crate::numbers::Count;
use crate::ports::Ports;
use crate::records::CollectionDescription;
use crate::values::CollectionName;

/// Documents that are asked for at first: how large they are is not known yet.
const AT_FIRST: u32 = 16;
/// Documents that are asked for at most.
const AT_ONCE: u32 = 512;
/// Bytes of one question and its answer, below which the next one asks for more documents.
const EASY_BYTES: usize = 1024 * 1024;

/// Where a comparison goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ComparePlace {
    /// The last `_id` that was looked at: the bytes of a document of `_id` alone, in hex.
    pub after: String,
    /// What was counted up to there.
    pub so_far: Compared,
}

/// What a comparison has counted since its beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Compared {
    /// Documents of the right collection that were looked at.
    pub looked: u32,
    /// Those that the left one has exactly so.
    pub same: u32,
    /// Those that the left one has with other contents.
    pub differing: u32,
    /// Those that the left one does not have.
    pub only_right: u32,
}

/// One step of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Comparison {
    /// Both collections; with the first step only.
    pub sides: Option<ComparedSides>,
    /// The documents to show of this step.
    pub pairs: Vec<ComparedPair>,
    /// What was counted since the beginning.
    pub so_far: Compared,
    /// Documents that only the left collection has; `null` before the last step, and for kept twins.
    pub only_left: Option<Count>,
    /// Where it goes on; `null` once everything was looked at.
    pub next: Option<ComparePlace>,
}

/// Both collections of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ComparedSides {
    /// The organization's collection.
    pub left: ComparedCollection,
    /// The other half, or the collection of kept twins.
    pub right: ComparedCollection,
}

/// One collection of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ComparedCollection {
    /// Its name.
    pub name: String,
    /// Whether it is there. The figures of a missing one are those of an empty one.
    pub exists: bool,
    /// Documents in it.
    pub documents: Count,
    /// Whether they were counted (true) or estimated by the store (false).
    pub exact: bool,
    /// Bytes of its documents; `null` if the store does not say.
    pub bytes: Option<Count>,
    /// When its newest document was made, by the document's `_id`: an estimate. `null` if the `_id` has no time.
    #[serde(with = "rfc3339::option")]
    #[cfg_attr(feature = "wire", specta(type = Option<String>))]
    pub newest: Option<OffsetDateTime>,
    /// Its indexes.
    pub indexes: Vec<ComparedIndex>,
}

/// An index of a compared collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ComparedIndex {
    /// Its name.
    pub name: String,
    /// Its definition as Extended JSON, without its name.
    pub definition: String,
}

/// A document of the right collection, beside the one of its `_id` in the left one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ComparedPair {
    /// The `_id`, to show.
    pub id: String,
    /// What a decision about the pair gives back, so that it is made about these documents and no later ones.
    pub seen: SeenTwin,
    /// The document of the left collection; `null` if it has none.
    pub left: Option<ComparedText>,
    /// The document of the right collection.
    pub right: ComparedText,
    /// The fields that differ, those of embedded documents with dots: the first ones. None if there is one document
    /// only, if both are the same, and if only the order of their fields differs.
    pub fields: Vec<String>,
}

/// A document as text, to look at. It may be cut, so it is never written anywhere.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ComparedText {
    /// Extended JSON, a field a line. Of a document that differs only in the types of its values, the canonical form.
    pub text: String,
    /// Bytes of the document.
    pub bytes: Count,
    /// Whether the text ends before the document does.
    pub cut: bool,
}

/// Without the text: it is a tenant's, and belongs into no log.
impl fmt::Debug for ComparedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComparedText")
            .field("bytes", &self.bytes)
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}

/// The two collections of a comparison, and which documents it shows.
pub(super) struct Comparing<'a> {
    pub(super) ports: &'a Ports,
    pub(super) left: CollectionName,
    pub(super) right: CollectionName,
    /// Every document of the right collection; otherwise those that differ.
    pub(super) shows_all: bool,
}

impl Comparing<'_> {
    /// The step from this place on.
    pub(super) async fn step(&self, at: Option<ComparePlace>) -> Result<Comparison, AppError> {
        let sides = match &at {
            None => Some(self.sides().await?),
            Some(_) => None,
        };
        let (mut after, mut so_far) = match at {
            Some(place) => (Some(hex::decode(&place.after).map_err(|_| no_place())?), place.so_far),
            None => (None, Compared::default()),
        };
        if let Some(after) = &after {
            id_of(after).map_err(|_| no_place())?;
        }
        let (mut pairs, mut at_once, mut looked, mut bytes) = (Vec::new(), AT_FIRST, 0, 0);
        let next = loop {
            let batch =
                self.ports.collections.documents_after(&self.right, after.as_deref(), at_once).await?;
            if batch.is_empty() {
                break None;
            }
            let beside = beside(self.ports, &self.left, &batch).await?;
            let read = size(&batch) + beside.iter().flatten().map(Vec::len).sum::<usize>();
            for (right, left) in batch.iter().zip(&beside) {
                after = Some(id_of(right)?);
                so_far.count(left.as_deref(), right);
                let differs = left.as_ref().is_some_and(|left| left != right);
                if self.shows_all || differs {
                    pairs.push(shown::pair(left.as_deref(), right)?);
                }
                if pairs.len() == COMPARED_SHOWN {
                    break;
                }
            }
            (looked, bytes) = (looked + batch.len(), bytes + read);
            if pairs.len() == COMPARED_SHOWN || looked >= COMPARED_DOCUMENTS || bytes >= COMPARED_BYTES {
                break after.as_deref().map(|after| ComparePlace { after: hex::encode(after), so_far });
            }
            at_once = match read < EASY_BYTES {
                // More than are shown would be read for nothing.
                true if self.shows_all => AT_FIRST,
                true => (at_once * 2).min(AT_ONCE),
                false => (at_once / 2).max(1),
            };
        };
        let only_left = match next {
            None if !self.shows_all => Some(self.only_left(so_far).await?),
            _ => None,
        };
        Ok(Comparison { sides, pairs, so_far, only_left, next })
    }

    async fn only_left(&self, so_far: Compared) -> Result<Count, StoreError> {
        let common = u64::from(so_far.same) + u64::from(so_far.differing);
        match self.ports.collections.statistics(&self.left).await {
            Ok(statistics) => Ok(Count::from(statistics.documents.saturating_sub(common))),
            Err(StoreError::CollectionMissing { .. }) => Ok(Count::from(0_u32)),
            Err(error) => Err(error),
        }
    }

    async fn sides(&self) -> Result<ComparedSides, AppError> {
        let (left, right) = futures_util::try_join!(self.side(&self.left), self.side(&self.right))?;
        if !right.exists {
            return Err(AppError::FactsChanged);
        }
        Ok(ComparedSides { left, right })
    }

    async fn side(&self, name: &CollectionName) -> Result<ComparedCollection, StoreError> {
        let collections = &self.ports.collections;
        let (described, newest) =
            futures_util::try_join!(collections.describe(name), collections.newest(name))?;
        let mut side = ComparedCollection {
            name: name.to_string(),
            exists: described.is_some(),
            documents: Count::from(0_u32),
            exact: true,
            bytes: None,
            newest: newest.as_deref().and_then(made_at),
            indexes: described.map(indexes).unwrap_or_default(),
        };
        match collections.statistics(name).await {
            Ok(statistics) => {
                side.documents = statistics.documents.into();
                side.exact = statistics.exact;
                side.bytes = statistics.data_size.map(Count::from);
            }
            Err(StoreError::CollectionMissing { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(side)
    }
}

impl Compared {
    fn count(&mut self, left: Option<&[u8]>, right: &[u8]) {
        let which = match left {
            None => &mut self.only_right,
            Some(left) if left == right => &mut self.same,
            Some(_) => &mut self.differing,
        };
        *which = which.saturating_add(1);
        self.looked = self.looked.saturating_add(1);
    }
}

/// The document of a collection that has the `_id` of each of these.
pub(super) async fn beside(
    ports: &Ports,
    name: &CollectionName,
    documents: &[Vec<u8>],
) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    let ids = ids_of(documents)?;
    let mut found = ports.collections.documents_of(name, &ids).await?;
    let found_ids = ids_of(&found)?;
    let mut at: std::collections::HashMap<_, _> =
        found_ids.into_iter().enumerate().map(|(at, id)| (id, at)).collect();
    let mut beside = Vec::with_capacity(ids.len());
    for id in &ids {
        beside.push(at.remove(id).and_then(|at| found.get_mut(at)).map(std::mem::take));
    }
    if at.is_empty() {
        return Ok(beside);
    }
    // The store takes ids for one that are other bytes, such as numbers of two types: it decides which.
    for (id, beside) in ids.into_iter().zip(&mut beside).filter(|(_, beside)| beside.is_none()) {
        *beside = ports.collections.documents_of(name, &[id]).await?.pop();
    }
    Ok(beside)
}

fn size(documents: &[Vec<u8>]) -> usize {
    documents.iter().map(Vec::len).sum()
}

fn no_place() -> AppError {
    AppError::NotFound { what: "place in the comparison" }
}

/// The moment that an `_id` tells.
fn made_at(document: &[u8]) -> Option<OffsetDateTime> {
    let id = id_of(document).ok()?;
    let at = match Document::from_reader(id.as_slice()).ok()?.get("_id")? {
        Bson::ObjectId(id) => id.timestamp(),
        Bson::DateTime(at) => *at,
        _ => return None,
    };
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.timestamp_millis()) * 1_000_000).ok()
}

fn indexes(described: CollectionDescription) -> Vec<ComparedIndex> {
    let index = |index: crate::records::IndexDescription| {
        let definition = bson::RawDocument::from_bytes(&index.definition).ok().and_then(decoded);
        let definition = definition.map(|mut definition| {
            definition.remove("name");
            Bson::Document(definition).into_relaxed_extjson().to_string()
        });
        ComparedIndex { name: index.name, definition: definition.unwrap_or_default() }
    };
    described.indexes.into_iter().map(index).collect()
}
