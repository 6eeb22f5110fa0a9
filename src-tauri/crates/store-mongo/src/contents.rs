//! What is in tenant collections, and how they are made: lists, descriptions, documents and indexes.

use std::time::Duration;

use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use mongodb::raw_batch_cursor::RawBatchCursor;
use tenantry_connection::failure::{Cause, Failure, code};
use tenantry_core::StoreError;
use tenantry_core::nesting::decoded;
use tenantry_core::records::{CollectionDescription, CollectionKind, IndexDescription, ListedCollection};
use tenantry_core::values::CollectionName;

use crate::collections::{identity_of, limited};
use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};

/// Documents in an answer at most; the server ends one at 16 MB whatever their number.
const ANSWER_DOCUMENTS: u32 = 10_000;
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
                    let damaged = || self.told(Failure::of(Cause::Damaged), act);
                    let mut batch = Vec::new();
                    for document in answer.doc_slices().map_err(|_| damaged())? {
                        let document = document.map_err(|_| damaged())?;
                        let document = document.as_document().ok_or_else(damaged)?;
                        batch.push(document.as_bytes().to_vec());
                    }
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
        if read.is_empty() {
            return Ok(0);
        }
        let damaged = || StoreError::Corrupt { what: "a document to remove".to_owned() };
        let mut removals = Vec::with_capacity(read.len());
        for document in read {
            let document = RawDocument::from_bytes(document).map_err(|_| damaged())?;
            removals.push(doc! { "q": documents::unchanged(document)?, "limit": 1 });
        }
        let command = limited(doc! { "delete": name.as_str(), "deletes": removals, "ordered": false });
        let act = Act::on("remove", name.as_str());
        match self.write_command(&self.database, command).await {
            Ok(Some(answer)) => Ok(documents::count(&raw(&answer)?, "n").unwrap_or(0)),
            Ok(None) => Err(unconfirmed()),
            Err(failure) => Err(self.told(failure, act)),
        }
    }

    async fn is_there(&self, name: &CollectionName) -> Result<bool, StoreError> {
        tenantry_core::ports::CollectionStore::exists(self, name).await
    }
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
