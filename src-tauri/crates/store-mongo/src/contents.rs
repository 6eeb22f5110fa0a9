//! What is in tenant collections, and how they are made: lists, descriptions, documents and indexes.

use std::time::Duration;

use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use mongodb::options::Hint;
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};
use tenantry_connection::failure::{Cause, Failure, code};
use tenantry_core::StoreError;
use tenantry_core::nesting::decoded;
use tenantry_core::ports::CollectionStore as _;
use tenantry_core::records::{CollectionDescription, CollectionKind, IndexDescription, ListedCollection};
use tenantry_core::values::CollectionName;

use crate::collections::{identity_of, limited};
use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};

/// Documents in an answer at most; the server ends one at 16 MB whatever their number.
const ANSWER_DOCUMENTS: u32 = 10_000;
/// Bytes of documents in a command.
const COMMAND_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a condition around a document, with its `_id` once more.
const AROUND_BYTES: usize = 512;
/// Building an index reads every document, and the person who asked for it can stop it.
const BUILD_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

impl MongoStore {
    pub(crate) async fn tenants_collections(&self) -> Result<Vec<ListedCollection>, StoreError> {
        // A filter would cost a server more than the names of other collections cost here.
        let question = doc! {
            "listCollections": 1,
            "nameOnly": true,
            "cursor": { "batchSize": ANSWER_DOCUMENTS },
        };
        let listed =
            async { self.database.run_cursor_command(question).await?.try_collect::<Vec<Document>>().await };
        let listed = self.call(Act::in_database("listCollections"), listed).await?;
        let mut found: Vec<_> = listed.iter().filter_map(listed_collection).collect();
        found.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    pub(crate) async fn described(
        &self,
        name: &CollectionName,
    ) -> Result<Option<CollectionDescription>, StoreError> {
        let question = doc! { "listCollections": 1, "filter": { "name": name.as_str() } };
        let (listed, indexes) = futures_util::join!(self.ask(question), self.described_indexes(name));
        let answer = listed.map_err(|failure| self.told(failure, Act::in_database("listCollections")))?;
        let damaged = || StoreError::Corrupt { what: "a list of collections".to_owned() };
        let batch = answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
        let Some(found) = batch.map_err(|_| damaged())?.first().and_then(Bson::as_document) else {
            return Ok(None);
        };
        let options = found.get_document("options").cloned().unwrap_or_default();
        let kind = match kind_of(found) {
            CollectionKind::Plain if options.get_bool("capped").unwrap_or(false) => CollectionKind::Capped,
            kind => kind,
        };
        let identity = identity_of(found);
        let indexes = match kind {
            CollectionKind::View => Vec::new(),
            CollectionKind::Plain | CollectionKind::Capped | CollectionKind::TimeSeries => indexes?,
        };
        let options = options.to_vec().map_err(|_| damaged())?;
        Ok(Some(CollectionDescription { identity, kind, options, indexes }))
    }

    /// The indexes of a collection; none if it is missing.
    async fn described_indexes(&self, name: &CollectionName) -> Result<Vec<IndexDescription>, StoreError> {
        let question = doc! { "listIndexes": name.as_str(), "cursor": { "batchSize": 1_000 } };
        let listed =
            async { self.database.run_cursor_command(question).await?.try_collect::<Vec<Document>>().await };
        let listed = match self.attempt(listed).await {
            Ok(listed) => listed,
            Err(failure)
                if failure.is(code::NAMESPACE_NOT_FOUND)
                    || failure.is(code::COMMAND_NOT_SUPPORTED_ON_VIEW) =>
            {
                return Ok(Vec::new());
            }
            Err(failure) => return Err(self.told(failure, Act::on("listIndexes", name.as_str()))),
        };
        listed.into_iter().map(index_of).collect()
    }

    pub(crate) async fn create_described(
        &self,
        name: &CollectionName,
        like: &CollectionDescription,
    ) -> Result<(), StoreError> {
        let act = Act::on("createCollection", name.as_str());
        let refused = || StoreError::Corrupt { what: format!("the options of {name}") };
        let mut command = doc! { "create": name.as_str() };
        command.extend(document_of(&like.options).ok_or_else(refused)?);
        match self.write_command(&self.database, limited(command)).await {
            Ok(Some(_)) => {}
            Ok(None) if self.is_there(name).await? => {}
            Ok(None) => return Err(unconfirmed()),
            Err(failure) if failure.is(code::NAMESPACE_EXISTS) => {}
            Err(failure) if is_refused_as_written(&failure) => return Err(refused()),
            Err(failure) => return Err(self.told(failure, act)),
        }
        let own: Vec<_> = like.indexes.iter().filter(|index| index.name != "_id_").cloned().collect();
        self.build_indexes(name, &own).await
    }

    pub(crate) async fn build_indexes(
        &self,
        name: &CollectionName,
        indexes: &[IndexDescription],
    ) -> Result<(), StoreError> {
        if indexes.is_empty() {
            return Ok(());
        }
        // The command would create the collection, without its options.
        if !self.is_there(name).await? {
            return Err(StoreError::CollectionMissing { collection: name.to_string() });
        }
        let refused = |which: &str| StoreError::Corrupt { what: format!("the index {which} of {name}") };
        let which = indexes.iter().map(|index| index.name.as_str()).collect::<Vec<_>>().join(", ");
        let definitions = indexes.iter().map(|index| document_of(&index.definition));
        let definitions = definitions.collect::<Option<Vec<_>>>().ok_or_else(|| refused(&which))?;
        let concern = doc! { "w": "majority" };
        let command =
            doc! { "createIndexes": name.as_str(), "indexes": definitions, "writeConcern": concern };
        let built = tenantry_connection::failure::within(BUILD_LIMIT, self.database.run_command(command));
        match built.await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_lost() || failure.is_unconfirmed() => {
                let there = self.described_indexes(name).await?;
                let has = |index: &IndexDescription| there.iter().any(|found| found.name == index.name);
                if indexes.iter().all(has) { Ok(()) } else { Err(unconfirmed()) }
            }
            Err(failure)
                if failure.is_duplicate()
                    || failure.is(code::INDEX_OPTIONS_CONFLICT)
                    || failure.is(code::INDEX_KEY_SPECS_CONFLICT)
                    || is_refused_as_written(&failure) =>
            {
                Err(refused(&which))
            }
            Err(failure) => Err(self.told(failure, Act::on("createIndex", name.as_str()))),
        }
    }

    pub(crate) async fn remove_index(&self, name: &CollectionName, index: &str) -> Result<(), StoreError> {
        let command = limited(doc! { "dropIndexes": name.as_str(), "index": index });
        match self.write_command(&self.database, command).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) if self.described_indexes(name).await?.iter().any(|found| found.name == index) => {
                Err(unconfirmed())
            }
            Ok(None) => Ok(()),
            Err(failure) if failure.is(code::NAMESPACE_NOT_FOUND) || failure.is(code::INDEX_NOT_FOUND) => {
                Ok(())
            }
            Err(failure) => Err(self.told(failure, Act::on("dropIndex", name.as_str()))),
        }
    }

    pub(crate) async fn change_validator(
        &self,
        name: &CollectionName,
        validator: &[u8],
    ) -> Result<(), StoreError> {
        let refused = || StoreError::Corrupt { what: format!("the validator of {name}") };
        let validator = document_of(validator).ok_or_else(refused)?;
        let command = limited(doc! { "collMod": name.as_str(), "validator": &validator });
        match self.write_command(&self.database, command).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => {
                let now = self.described(name).await?.and_then(|found| document_of(&found.options));
                let now = now.and_then(|options| options.get_document("validator").cloned().ok());
                if now == Some(validator) { Ok(()) } else { Err(unconfirmed()) }
            }
            Err(failure) if failure.is(code::NAMESPACE_NOT_FOUND) => {
                Err(StoreError::CollectionMissing { collection: name.to_string() })
            }
            Err(failure) if is_refused_as_written(&failure) => Err(refused()),
            Err(failure) => Err(self.told(failure, Act::on("collMod", name.as_str()))),
        }
    }

    pub(crate) fn all_documents(
        &self,
        name: &CollectionName,
    ) -> BoxStream<'_, Result<Vec<Vec<u8>>, StoreError>> {
        let name = name.clone();
        stream::once(async move { Ok::<_, StoreError>((self.begin_reading(&name).await?, name)) })
            .map_ok(move |(cursor, name)| {
                stream::try_unfold((cursor, name), move |(mut cursor, name)| async move {
                    let act = Act::on("find", name.as_str());
                    let Some(answer) = self.call(act, cursor.try_next()).await? else { return Ok(None) };
                    let batch = self.documents_in(&answer, act)?;
                    Ok(Some((batch, (cursor, name))))
                })
            })
            .try_flatten()
            .boxed()
    }

    async fn begin_reading(&self, name: &CollectionName) -> Result<RawBatchCursor, StoreError> {
        if !self.is_there(name).await? {
            return Err(StoreError::CollectionMissing { collection: name.to_string() });
        }
        let documents = self.raw(name.as_str());
        let found = documents.find(doc! {}).batch_size(ANSWER_DOCUMENTS);
        self.call(Act::on("find", name.as_str()), found.batch()).await
    }

    pub(crate) async fn with_ids(
        &self,
        name: &CollectionName,
        ids: &[Vec<u8>],
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let ids = ids.iter().map(|id| document_of(id).and_then(|mut id| id.remove("_id")));
        let damaged = || StoreError::Corrupt { what: "an _id".to_owned() };
        let ids = ids.collect::<Option<Vec<_>>>().ok_or_else(damaged)?;
        let documents = self.raw(name.as_str());
        let found = async {
            let found = documents.find(doc! { "_id": { "$in": ids } });
            found.await?.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let found = self.call(Act::on("find", name.as_str()), found).await?;
        Ok(found.into_iter().map(RawDocumentBuf::into_bytes).collect())
    }

    pub(crate) async fn some_after(
        &self,
        name: &CollectionName,
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let by_id = doc! { "_id": 1 };
        // A negative limit asks for one answer and no cursor: the server ends it at 16 MB, and at 101 documents unless
        // the batch is larger.
        let (limit, at_once) = (-i64::from(limit), limit);
        let documents = self.raw(name.as_str());
        let found = match after {
            None => documents.find(doc! {}),
            Some(after) => {
                let after = document_of(after).and_then(|mut after| after.remove("_id"));
                let after = after.ok_or_else(|| StoreError::Corrupt { what: "an _id".to_owned() })?;
                // Begins in the index at this place, inclusive. A filter by `$gt` would find ids of its own type only.
                documents.find(doc! { "_id": { "$ne": &after } }).min(doc! { "_id": after })
            }
        };
        let found = found.sort(by_id.clone()).hint(Hint::Keys(by_id)).limit(limit).batch_size(at_once);
        let act = Act::on("find", name.as_str());
        let mut answers = match self.call(act, found.batch()).await {
            // Without a collection there is no index of `_id` either.
            Err(StoreError::RuleBroken { .. }) if !self.exists(name).await? => return Ok(Vec::new()),
            answers => answers?,
        };
        let Some(answer) = self.call(act, answers.try_next()).await? else { return Ok(Vec::new()) };
        self.documents_in(&answer, act)
    }

    fn documents_in(&self, answer: &RawBatch, act: Act<'_>) -> Result<Vec<Vec<u8>>, StoreError> {
        let damaged = || self.told(Failure::of(Cause::Damaged), act);
        let documents = answer.doc_slices().map_err(|_| damaged())?.into_iter().map(|document| {
            let document = document.map_err(|_| damaged())?;
            Ok(document.as_document().ok_or_else(damaged)?.as_bytes().to_vec())
        });
        documents.collect()
    }

    pub(crate) async fn newest_document(&self, name: &CollectionName) -> Result<Option<Vec<u8>>, StoreError> {
        let documents = self.raw(name.as_str());
        let newest = documents.find_one(doc! {}).sort(doc! { "_id": -1 });
        let newest = self.call(Act::on("find", name.as_str()), newest).await?;
        Ok(newest.map(RawDocumentBuf::into_bytes))
    }

    pub(crate) async fn remove_exactly(
        &self,
        name: &CollectionName,
        read: &[Vec<u8>],
    ) -> Result<u64, StoreError> {
        let damaged = || StoreError::Corrupt { what: "a document to remove".to_owned() };
        let act = Act::on("remove", name.as_str());
        let mut removed = 0;
        for part in parts(read, Vec::len) {
            let mut removals = Vec::with_capacity(part.len());
            for document in part {
                let document = RawDocument::from_bytes(document).map_err(|_| damaged())?;
                removals.push(doc! { "q": documents::unchanged(document)?, "limit": 1 });
            }
            let command = limited(doc! { "delete": name.as_str(), "deletes": removals, "ordered": false });
            removed += match self.write_command(&self.database, command).await {
                Ok(Some(answer)) => documents::count(&raw(&answer)?, "n").unwrap_or(0),
                Ok(None) => return Err(unconfirmed()),
                Err(failure) => return Err(self.told(failure, act)),
            };
        }
        Ok(removed)
    }

    pub(crate) async fn replace_exactly(
        &self,
        name: &CollectionName,
        pairs: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<u64, StoreError> {
        let damaged = || StoreError::Corrupt { what: "a document to replace".to_owned() };
        let act = Act::on("update", name.as_str());
        let mut replaced = 0;
        for part in parts(pairs, |(read, next)| read.len() + next.len()) {
            let mut updates = Vec::with_capacity(part.len());
            for (read, next) in part {
                let read = RawDocument::from_bytes(read).map_err(|_| damaged())?;
                let next = document_of(next).ok_or_else(damaged)?;
                // The server would take it for a list of changes.
                if next.keys().next().is_some_and(|first| first.starts_with('$')) {
                    return Err(damaged());
                }
                updates.push(doc! { "q": documents::unchanged(read)?, "u": next });
            }
            let command = limited(doc! { "update": name.as_str(), "updates": updates, "ordered": false });
            let answer = match self.write_command(&self.database, command).await {
                Ok(Some(answer)) => answer,
                Ok(None) => return Err(unconfirmed()),
                Err(failure) => return Err(self.told(failure, act)),
            };
            // To the driver, a command whose every write was refused went well.
            let refused = answer.get_array("writeErrors").ok().and_then(|refused| refused.first());
            if let Some(refused) = refused.and_then(Bson::as_document) {
                let code = refused.get_i32("code").ok();
                return Err(match code {
                    Some(code::DUPLICATE_KEY) => {
                        StoreError::RuleBroken { rule: format!("a unique index of {name}") }
                    }
                    code => self.told(Failure { code, ..Failure::of(Cause::Answer) }, act),
                });
            }
            replaced += documents::count(&raw(&answer)?, "n").unwrap_or(0);
        }
        Ok(replaced)
    }

    async fn is_there(&self, name: &CollectionName) -> Result<bool, StoreError> {
        tenantry_core::ports::CollectionStore::exists(self, name).await
    }
}

/// Parts that each fit into one command, which has 16 MB for everything. One that is larger goes alone.
fn parts<T>(of: &[T], size: impl Fn(&T) -> usize) -> impl Iterator<Item = &[T]> {
    let mut so_far = 0;
    let mut begins = vec![0];
    for (at, one) in of.iter().enumerate() {
        let one = size(one) + AROUND_BYTES;
        if so_far > 0 && so_far + one > COMMAND_BYTES {
            begins.push(at);
            so_far = 0;
        }
        so_far += one;
    }
    let ends: Vec<_> = begins.iter().skip(1).copied().chain([of.len()]).collect();
    begins.into_iter().zip(ends).filter_map(|(begin, end)| of.get(begin..end)).filter(|part| !part.is_empty())
}

/// Whether the server finds fault with what a command says, not with the state of things.
fn is_refused_as_written(failure: &Failure) -> bool {
    [
        code::BAD_VALUE,
        code::FAILED_TO_PARSE,
        code::TYPE_MISMATCH,
        code::INVALID_OPTIONS,
        code::CANNOT_CREATE_INDEX,
    ]
    .iter()
    .any(|code| failure.is(*code))
}

fn document_of(bytes: &[u8]) -> Option<Document> {
    decoded(RawDocument::from_bytes(bytes).ok()?)
}

fn raw(document: &Document) -> Result<RawDocumentBuf, StoreError> {
    RawDocumentBuf::try_from(document.clone()).map_err(|_| unconfirmed())
}

fn listed_collection(listed: &Document) -> Option<ListedCollection> {
    let name = CollectionName::from_stored(listed.get_str("name").ok()?.to_owned());
    name.holds_tenants().then(|| ListedCollection { name, kind: kind_of(listed) })
}

fn kind_of(listed: &Document) -> CollectionKind {
    match listed.get_str("type") {
        Ok("view") => CollectionKind::View,
        Ok("timeseries") => CollectionKind::TimeSeries,
        Ok(_) | Err(_) => CollectionKind::Plain,
    }
}

fn index_of(mut definition: Document) -> Result<IndexDescription, StoreError> {
    let damaged = || StoreError::Corrupt { what: "a list of indexes".to_owned() };
    definition.remove("v");
    definition.remove("ns");
    let name = definition.get_str("name").map_err(|_| damaged())?.to_owned();
    Ok(IndexDescription { name, definition: definition.to_vec().map_err(|_| damaged())? })
}
