//! Tenant collections.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use mongodb::IndexModel;
use mongodb::options::IndexOptions;
use tenantry_connection::failure::{Failure, code};
use tenantry_core::StoreError;
use tenantry_core::limits::{STEP_LIMIT, STEP_PENDING};
use tenantry_core::nesting::is_decodable;
use tenantry_core::ports::CollectionStore;
use tenantry_core::records::{
    CollectionDescription, CollectionIdentity, CollectionStatistics, IndexDescription, IndexStatistics,
    ListedCollection,
};
use tenantry_core::values::CollectionName;

use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};
use crate::settings::MAJORITY_LIMIT;

const STATISTICS_LIMIT: Duration = Duration::from_secs(5);
/// Exact counting stops here; beyond, it would read more than a number is worth.
const COUNTED_UP_TO: u64 = 100_000;
const COUNT_LIMIT: Duration = Duration::from_secs(1);
/// The fields with an index in a tenant collection.
const INDEXED: [&str; 2] = CollectionDescription::INDEXED_BY_THE_SERVICE;

#[async_trait]
impl CollectionStore for MongoStore {
    fn pending(&self) -> Duration {
        STEP_PENDING
    }

    async fn exists(&self, name: &CollectionName) -> Result<bool, StoreError> {
        let listed = |authorized_only: bool| {
            self.database
                .list_collection_names()
                // By name only: any other filter makes the server open every collection.
                .filter(doc! { "name": name.as_str() })
                .authorized_collections(authorized_only)
        };
        let act = Act::in_database("listCollections");
        let is_listed = |names: Vec<String>| names.iter().any(|found| found == name.as_str());
        match self.attempt(listed(false)).await {
            Ok(names) => Ok(is_listed(names)),
            Err(failure) if failure.is_denied() => {
                // A user without `listCollections` gets the names of collections it has rights on, so an absent name
                // proves nothing.
                Ok(is_listed(self.call(act, listed(true)).await?) || self.is_found(name).await?)
            }
            Err(failure) => Err(self.told(failure, act)),
        }
    }

    async fn existing(&self, names: &[CollectionName]) -> Result<Vec<CollectionName>, StoreError> {
        let wanted: Vec<&str> = names.iter().map(CollectionName::as_str).collect();
        // By name only, as `exists`: a list of names is looked up one by one, whatever else there is.
        let filter = doc! { "name": { "$in": wanted } };
        let listed = |authorized_only: bool| {
            let names = self.database.list_collection_names().filter(filter.clone());
            names.authorized_collections(authorized_only)
        };
        let act = Act::in_database("listCollections");
        let listed = match self.attempt(listed(false)).await {
            Err(failure) if failure.is_denied() => self.call(act, listed(true)).await?,
            listed => listed.map_err(|failure| self.told(failure, act))?,
        };
        let listed: HashSet<String> = listed.into_iter().collect();
        Ok(names.iter().filter(|name| listed.contains(name.as_str())).cloned().collect())
    }

    async fn identity(&self, name: &CollectionName) -> Result<Option<CollectionIdentity>, StoreError> {
        let question = doc! { "listCollections": 1, "filter": { "name": name.as_str() } };
        match self.ask(question).await {
            Ok(answer) => identity(&answer),
            // Names alone need no permission.
            Err(failure) if failure.is_denied() => {
                Ok(self.exists(name).await?.then_some(CollectionIdentity(None)))
            }
            Err(failure) => Err(self.told(failure, Act::in_database("listCollections"))),
        }
    }

    async fn create(&self, name: &CollectionName) -> Result<(), StoreError> {
        self.make_collection(name).await?;
        self.make_indexes(name).await
    }

    async fn create_new(&self, name: &CollectionName) -> Result<(), StoreError> {
        let exists = || StoreError::CollectionExists { collection: name.to_string() };
        if !self.make_collection(name).await? {
            return Err(exists());
        }
        // A server may answer that it created one that was there with the same options. The number of indexes tells:
        // a new one has that of `_id` alone. Where an answer does not say it, such as that of several shards, the
        // collection is taken for a new one.
        let indexes = INDEXED.map(|field| doc! { "key": { field: 1 }, "name": format!("{field}_1") });
        let command = doc! { "createIndexes": name.as_str(), "indexes": indexes.to_vec() };
        match self.write_command(&self.database, limited(command)).await {
            Ok(Some(answer)) => match answer.get("numIndexesBefore") {
                Some(Bson::Int32(2..) | Bson::Int64(2..)) => Err(exists()),
                _ => Ok(()),
            },
            Ok(None) | Err(_) => self.make_indexes(name).await,
        }
    }

    async fn rename(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        which: &CollectionIdentity,
    ) -> Result<(), StoreError> {
        let missing = || StoreError::CollectionMissing { collection: from.to_string() };
        let is_another = |found: &CollectionIdentity| which.is_same_as(found) == Some(false);
        // No server has a conditional rename: checks once more what was moved.
        if self.identity(from).await?.as_ref().is_none_or(is_another) {
            return Err(missing());
        }
        self.move_collection(from, to).await?;
        if self.identity(to).await?.as_ref().is_some_and(is_another) {
            self.move_collection(to, from).await?;
            return Err(missing());
        }
        Ok(())
    }

    async fn delete(&self, name: &CollectionName, which: &CollectionIdentity) -> Result<(), StoreError> {
        match self.identity(name).await? {
            None => Ok(()),
            Some(found) if which.is_same_as(&found) == Some(false) => {
                Err(StoreError::Changed { what: "the collection" })
            }
            Some(_) => self.drop_collection(name).await,
        }
    }

    async fn delete_empty(&self, name: &CollectionName, operation: &str) -> Result<bool, StoreError> {
        let Some(which) = self.identity(name).await? else { return Ok(true) };
        if !self.is_empty(name).await? {
            return Ok(false);
        }
        // Nobody adds anything under that name, so an empty collection stays empty.
        let aside = name.dropped(operation);
        match self.rename(name, &aside, &which).await {
            Ok(()) => {}
            // Another one that took its place is looked at by whoever asks again.
            Err(StoreError::CollectionMissing { .. }) => return Ok(!self.exists(name).await?),
            Err(error) => return Err(error),
        }
        if self.is_empty(&aside).await? {
            self.delete(&aside, &which).await?;
            return Ok(true);
        }
        self.move_collection(&aside, name).await?;
        Ok(false)
    }

    async fn is_empty(&self, name: &CollectionName) -> Result<bool, StoreError> {
        let stored = self.raw(name.as_str());
        let any = stored.find_one(doc! {}).projection(doc! { "_id": 1 });
        Ok(self.call(Act::on("find", name.as_str()), any).await?.is_none())
    }

    async fn count(&self, name: &CollectionName) -> Result<u64, StoreError> {
        let stored = self.raw(name.as_str());
        self.call(Act::on("find", name.as_str()), stored.estimated_document_count()).await
    }

    async fn statistics(&self, name: &CollectionName) -> Result<CollectionStatistics, StoreError> {
        let act = Act::on("collStats", name.as_str());
        let stage = doc! { "$collStats": { "storageStats": {}, "count": {} } };
        let read = async {
            let stored = self.listed(name.as_str());
            let cursor = stored.aggregate([stage]).max_time(STATISTICS_LIMIT).await?;
            cursor.with_type::<RawDocumentBuf>().try_collect::<Vec<_>>().await
        };
        let stored = self.listed(name.as_str());
        // Bounded, so that it can be asked for before the estimate says whether it is worth it.
        let counted = stored.count_documents(doc! {}).limit(COUNTED_UP_TO).max_time(COUNT_LIMIT);
        let (read, counted) = tokio::join!(self.attempt(read), self.attempt(counted));
        let mut statistics = match read {
            Ok(shards) if shards.is_empty() => {
                return Err(StoreError::CollectionMissing { collection: name.to_string() });
            }
            Ok(shards) => summed(name, &shards, self.clock.now()),
            Err(failure) if failure.is_denied() || failure.is_unsupported() => {
                return self.estimated(name, &failure).await;
            }
            Err(failure) => return Err(self.told(failure, act)),
        };
        match counted {
            Ok(documents) if documents < COUNTED_UP_TO => {
                statistics.documents = documents;
                statistics.exact = true;
            }
            Ok(_) => {}
            // Keeps the estimate: it is less, but it is an answer.
            Err(failure) if failure.is_denied() || failure.is(code::MAX_TIME_MS_EXPIRED) => {}
            Err(failure) => return Err(self.told(failure, act)),
        }
        Ok(statistics)
    }

    async fn insert_documents(&self, name: &CollectionName, documents: &[Vec<u8>]) -> Result<(), StoreError> {
        let act = Act::on("insert", name.as_str());
        let damaged = || StoreError::Corrupt { what: "a document to insert".to_owned() };
        let mut read = Vec::with_capacity(documents.len());
        for bytes in documents {
            let document = RawDocumentBuf::from_bytes(bytes.clone()).map_err(|_| damaged())?;
            // The outermost length alone says nothing about the inside.
            if !is_decodable(bytes) {
                return Err(damaged());
            }
            Document::try_from(&*document).map_err(|_| damaged())?;
            if !matches!(document.get("_id"), Ok(Some(_))) {
                return Err(damaged());
            }
            read.push(document);
        }
        // Inserting would create the collection, without validator and indexes.
        if !self.exists(name).await? {
            return Err(StoreError::CollectionMissing { collection: name.to_string() });
        }
        if read.is_empty() {
            return Ok(());
        }
        match self.write_many(self.raw(name.as_str()).insert_many(read).ordered(false)).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_duplicate() => Ok(()),
            Err(failure) => Err(self.told(failure, act)),
        }
    }

    async fn list(&self) -> Result<Vec<ListedCollection>, StoreError> {
        self.tenants_collections().await
    }

    async fn describe(&self, name: &CollectionName) -> Result<Option<CollectionDescription>, StoreError> {
        self.described(name).await
    }

    async fn create_as(&self, name: &CollectionName, like: &CollectionDescription) -> Result<(), StoreError> {
        self.create_described(name, like).await
    }

    fn documents(&self, name: &CollectionName) -> BoxStream<'_, Result<Vec<Vec<u8>>, StoreError>> {
        self.all_documents(name)
    }

    async fn documents_of(&self, name: &CollectionName, ids: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StoreError> {
        self.with_ids(name, ids).await
    }

    async fn documents_after(
        &self,
        name: &CollectionName,
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.some_after(name, after, limit).await
    }

    async fn replace_documents(
        &self,
        name: &CollectionName,
        pairs: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<u64, StoreError> {
        self.replace_exactly(name, pairs).await
    }

    async fn newest(&self, name: &CollectionName) -> Result<Option<Vec<u8>>, StoreError> {
        self.newest_document(name).await
    }

    async fn remove_documents(
        &self,
        name: &CollectionName,
        documents: &[Vec<u8>],
    ) -> Result<u64, StoreError> {
        self.remove_exactly(name, documents).await
    }

    async fn create_index(&self, name: &CollectionName, index: &IndexDescription) -> Result<(), StoreError> {
        self.build_indexes(name, std::slice::from_ref(index)).await
    }

    async fn drop_index(&self, name: &CollectionName, index: &str) -> Result<(), StoreError> {
        self.remove_index(name, index).await
    }

    async fn set_validator(&self, name: &CollectionName, validator: &[u8]) -> Result<(), StoreError> {
        self.change_validator(name, validator).await
    }
}

impl MongoStore {
    /// Creates a tenant collection without its indexes; `false` if one of this name exists.
    async fn make_collection(&self, name: &CollectionName) -> Result<bool, StoreError> {
        let created = self
            .database
            .create_collection(name.as_str())
            .validator(CollectionDescription::validator_of_the_service());
        match self.write(created).await {
            Ok(Some(_)) => Ok(true),
            Ok(None) if self.exists(name).await? => Ok(true),
            Ok(None) => Err(unconfirmed()),
            Err(failure) if failure.is(code::NAMESPACE_EXISTS) => Ok(false),
            Err(failure) => Err(self.told(failure, Act::on("createCollection", name.as_str()))),
        }
    }

    async fn make_indexes(&self, name: &CollectionName) -> Result<(), StoreError> {
        if self.create_indexes(name, &INDEXED).await? {
            return Ok(());
        }
        // An index with this name or on this field exists with other options: it stays, and does not keep the other one
        // from being made.
        for field in INDEXED {
            self.create_indexes(name, &[field]).await?;
        }
        Ok(())
    }

    /// Creates a tenant collection's indexes on these fields; `false` if another index is in the way.
    async fn create_indexes(&self, name: &CollectionName, fields: &[&str]) -> Result<bool, StoreError> {
        let index_name = |field: &&str| format!("{field}_1");
        let indexes = fields.iter().map(|field| {
            let mut options = IndexOptions::default();
            options.name = Some(index_name(field));
            let mut index = IndexModel::default();
            index.keys = doc! { *field: 1 };
            index.options = Some(options);
            index
        });
        let stored = self.documents(name.as_str());
        match self.write(stored.create_indexes(indexes).max_time(STEP_LIMIT)).await {
            Ok(Some(_)) => Ok(true),
            Ok(None) => {
                let there = self.call(Act::on("listIndexes", name.as_str()), stored.list_index_names());
                let there = there.await?;
                let all = fields.iter().all(|field| there.contains(&index_name(field)));
                if all { Ok(true) } else { Err(unconfirmed()) }
            }
            Err(failure)
                if failure.is(code::INDEX_OPTIONS_CONFLICT) || failure.is(code::INDEX_KEY_SPECS_CONFLICT) =>
            {
                Ok(false)
            }
            Err(failure) => Err(self.told(failure, Act::on("createIndex", name.as_str()))),
        }
    }

    async fn move_collection(&self, from: &CollectionName, to: &CollectionName) -> Result<(), StoreError> {
        let database = self.database.name();
        let command =
            doc! { "renameCollection": format!("{database}.{from}"), "to": format!("{database}.{to}") };
        // The driver repeats no command that is run by its name, as a rename requires.
        match self.write_command(&self.client.database("admin"), limited(command)).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) if self.exists(to).await? && !self.exists(from).await? => Ok(()),
            Ok(None) => Err(unconfirmed()),
            Err(failure) if failure.is(code::NAMESPACE_NOT_FOUND) => {
                Err(StoreError::CollectionMissing { collection: from.to_string() })
            }
            Err(failure) if failure.is(code::NAMESPACE_EXISTS) => {
                Err(StoreError::CollectionExists { collection: to.to_string() })
            }
            Err(failure) if failure.is(code::COMMAND_NOT_SUPPORTED_ON_VIEW) => {
                Err(StoreError::Corrupt { what: format!("{from} (a view, where a collection must be)") })
            }
            Err(failure) => Err(self.told(failure, Act::in_database("renameCollectionSameDB"))),
        }
    }

    async fn drop_collection(&self, name: &CollectionName) -> Result<(), StoreError> {
        let command = limited(doc! { "drop": name.as_str() });
        match self.write_command(&self.database, command).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) if self.exists(name).await? => Err(unconfirmed()),
            Ok(None) => Ok(()),
            Err(failure) if failure.is(code::NAMESPACE_NOT_FOUND) => Ok(()),
            Err(failure) => Err(self.told(failure, Act::on("dropCollection", name.as_str()))),
        }
    }

    /// Whether a collection of this name exists, found without listing by a user with rights on it.
    async fn is_found(&self, name: &CollectionName) -> Result<bool, StoreError> {
        match self.ask(doc! { "listIndexes": name.as_str() }).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is(code::NAMESPACE_NOT_FOUND) => Ok(false),
            Err(failure) => Err(self.told(failure, Act::on("listIndexes", name.as_str()))),
        }
    }

    /// Names a view or a time-series collection, which have no such statistics. `None` for a collection, and if the
    /// server does not say.
    async fn other_than_a_collection(&self, name: &CollectionName) -> Option<&'static str> {
        let question = doc! { "listCollections": 1, "filter": { "name": name.as_str() } };
        let answer = self.ask(question).await.ok()?;
        let batch = answer.get_document("cursor").ok()?.get_array("firstBatch").ok()?;
        in_words(batch.first()?.as_document()?.get_str("type").ok()?)
    }

    /// Statistics without the privilege `collStats`.
    async fn estimated(
        &self,
        name: &CollectionName,
        why: &Failure,
    ) -> Result<CollectionStatistics, StoreError> {
        if !self.exists(name).await? {
            return Err(StoreError::CollectionMissing { collection: name.to_string() });
        }
        let act = Act::on("find", name.as_str());
        let stored = self.listed(name.as_str());
        let counted = stored.estimated_document_count().max_time(STATISTICS_LIMIT);
        let documents = self.call(act, counted).await?;
        let indexes = self.attempt(stored.list_index_names()).await.unwrap_or_default();
        let why = if let Some(kind) = self.other_than_a_collection(name).await {
            kind
        } else if why.is_atlas_limit() {
            "This Atlas tier does not offer $collStats"
        } else if why.is_denied() {
            "The database user lacks the privilege collStats"
        } else {
            "This server has no $collStats"
        };
        Ok(CollectionStatistics {
            collection: name.clone(),
            documents,
            data_size: None,
            storage_size: None,
            indexes: indexes.into_iter().map(|name| IndexStatistics { name, size: None }).collect(),
            exact: false,
            read_at: self.clock.now(),
            command: "estimatedDocumentCount",
            note: Some(format!("{why}: sizes are not known, and the count is an estimate.")),
        })
    }
}

/// What `listCollections` calls something other than a plain collection, in words.
fn in_words(listed_type: &str) -> Option<&'static str> {
    match listed_type {
        "view" => Some("This is a view, not a collection"),
        "timeseries" => Some("This is a time-series collection"),
        _ => None,
    }
}

/// A command that waits for a majority, like every write, and for a lock no longer than [`STEP_LIMIT`].
pub(crate) fn limited(mut command: Document) -> Document {
    let milliseconds = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let concern = doc! { "w": "majority", "wtimeout": milliseconds(MAJORITY_LIMIT) };
    command.extend(doc! { "writeConcern": concern, "maxTimeMS": milliseconds(STEP_LIMIT) });
    command
}

/// The identity in a response of `listCollections` for one name.
fn identity(answer: &Document) -> Result<Option<CollectionIdentity>, StoreError> {
    let batch = answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    let batch = batch.map_err(|_| StoreError::Corrupt { what: "a list of collections".to_owned() })?;
    Ok(batch.first().and_then(Bson::as_document).map(identity_of))
}

/// The identity of a listed collection.
pub(crate) fn identity_of(listed: &Document) -> CollectionIdentity {
    let uuid = listed.get_document("info").ok().and_then(|info| match info.get("uuid") {
        Some(Bson::Binary(uuid)) => uuid.to_uuid().ok(),
        _ => None,
    });
    CollectionIdentity(uuid.map(|uuid| uuid.to_string()))
}

/// Adds up the responses of all shards. A value that one shard lacks is missing from the sum.
fn summed(
    name: &CollectionName,
    shards: &[RawDocumentBuf],
    read_at: time::OffsetDateTime,
) -> CollectionStatistics {
    let storage: Vec<Option<&RawDocument>> =
        shards.iter().map(|shard| shard.get_document("storageStats").ok()).collect();
    let sum = |key| {
        storage.iter().map(|shard| shard.and_then(|shard| documents::count(shard, key))).sum::<Option<u64>>()
    };
    let counted = shards.iter().map(|shard| documents::count(shard, "count")).sum::<Option<u64>>();
    let mut indexes: Vec<IndexStatistics> = Vec::new();
    for sizes in storage.iter().flatten().filter_map(|shard| shard.get_document("indexSizes").ok()) {
        for (index, _) in sizes.iter().flatten() {
            let size = documents::count(sizes, index.as_str());
            match indexes.iter_mut().find(|known| known.name == index.as_str()) {
                Some(known) => known.size = known.size.zip(size).map(|(a, b)| a + b),
                None => indexes.push(IndexStatistics { name: index.as_str().to_owned(), size }),
            }
        }
    }
    let data_size = sum("size");
    let note = data_size.is_none().then(|| "The server does not say the size of every part.".to_owned());
    CollectionStatistics {
        collection: name.clone(),
        documents: counted.or_else(|| sum("count")).unwrap_or(0),
        data_size,
        storage_size: sum("storageSize"),
        indexes,
        // The count comes from the server's metadata, which can be wrong after an unclean stop.
        exact: false,
        read_at,
        command: "$collStats",
        note,
    }
}

#[cfg(test)]
mod tests {
    use tenantry_core::values::OrganizationName;

    use super::*;

    #[test]
    fn what_is_no_plain_collection_is_called_what_it_is() {
        assert_eq!(in_words("view"), Some("This is a view, not a collection"));
        assert_eq!(in_words("timeseries"), Some("This is a time-series collection"));
        assert_eq!(in_words("collection"), None, "then it is the server that lacks $collStats");
    }

    fn name() -> CollectionName {
        CollectionName::for_organization(&OrganizationName::from_stored("acme".to_owned()))
    }

    fn shard(documents: i64, size: i64) -> RawDocumentBuf {
        RawDocumentBuf::try_from(doc! {
            "count": documents,
            "storageStats": { "size": size, "storageSize": 4096, "indexSizes": { "_id_": 10, "created_at_1": 20_i64 } },
        })
        .expect("a document")
    }

    #[test]
    fn a_collection_is_told_by_its_uuid_where_the_server_tells_one() {
        let listed = |found: Vec<Document>| identity(&doc! { "cursor": { "firstBatch": found } });
        let uuid = bson::Uuid::new();
        assert_eq!(listed(vec![]), Ok(None));
        assert_eq!(
            listed(vec![doc! { "name": "org_acme", "info": { "readOnly": false, "uuid": uuid } }]),
            Ok(Some(CollectionIdentity(Some(uuid.to_string()))))
        );
        assert_eq!(listed(vec![doc! { "name": "org_acme" }]), Ok(Some(CollectionIdentity(None))));
        assert!(identity(&doc! {}).is_err(), "no list is not an empty one");
    }

    #[test]
    fn shards_are_added_up() {
        let sum = summed(&name(), &[shard(2, 100), shard(3, 150)], time::OffsetDateTime::UNIX_EPOCH);
        assert_eq!((sum.documents, sum.data_size, sum.storage_size), (5, Some(250), Some(8192)));
        assert_eq!(sum.index_size(), Some(60));
        assert_eq!(sum.average_document(), Some(50));
        assert!(!sum.exact);
    }

    #[test]
    fn a_size_that_one_shard_does_not_say_is_not_known() {
        let silent = RawDocumentBuf::try_from(doc! { "count": 1 }).expect("a document");
        let sum = summed(&name(), &[shard(2, 100), silent], time::OffsetDateTime::UNIX_EPOCH);
        assert_eq!((sum.documents, sum.data_size), (3, None));
        assert!(sum.note.is_some(), "nobody says why");
    }
}
