//! Tenant collections: a row each, and their documents in one table.

use std::time::Duration;

use async_trait::async_trait;
use bson::{Bson, Document, RawDocument};
use futures_util::stream::BoxStream;
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};
use tenantry_core::StoreError;
use tenantry_core::nesting::decoded;
use tenantry_core::ports::CollectionStore;
use tenantry_core::records::{
    CollectionDescription, CollectionIdentity, CollectionStatistics, IndexDescription, IndexStatistics,
    ListedCollection,
};
use tenantry_core::values::CollectionName;
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::documents::{Dates, keys};
use crate::errors::{Failure, Outcome, breaks_uniqueness, damaged};
use crate::records::milliseconds;
use crate::statements::Statements;

const STATISTICS: &str = "SELECT documents, data_size, id_key_size, dated_created_at, dated_updated_at, indexes \
     FROM collections WHERE name = ?1";
const HAS_DOCUMENTS: &str = "SELECT EXISTS (SELECT 1 FROM documents \
     JOIN collections ON collections.id = documents.collection_id \
                             WHERE collections.name = ?1)";
const STATISTICS_NOTE: &str = "SQLite keeps all collections in one file and does not tell how much of it one takes. \
                               Sizes of indexes are the bytes of their keys.";
/// The field of a stored description that holds the definitions of indexes.
pub(crate) const INDEXES: &str = "indexes";
/// A date as a key of an index.
const DATE_BYTES: u64 = 8;

#[async_trait]
impl CollectionStore for SqliteStore {
    /// Nobody is working on a file any more once the call is over, or the process dead.
    fn pending(&self) -> Duration {
        Duration::ZERO
    }

    async fn exists(&self, name: &CollectionName) -> Result<bool, StoreError> {
        let name = name.clone();
        self.read(move |connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM collections WHERE name = ?1)";
            Ok(connection.query_row_cached(sql, [name.as_str()], |row| row.get(0))?)
        })
        .await
    }

    async fn existing(&self, names: &[CollectionName]) -> Result<Vec<CollectionName>, StoreError> {
        let names = names.to_vec();
        self.read_together(move |connection| {
            let mut existing = Vec::new();
            for name in names {
                let sql = "SELECT EXISTS (SELECT 1 FROM collections WHERE name = ?1)";
                if connection.query_row_cached(sql, [name.as_str()], |row| row.get(0))? {
                    existing.push(name);
                }
            }
            Ok(existing)
        })
        .await
    }

    async fn identity(&self, name: &CollectionName) -> Result<Option<CollectionIdentity>, StoreError> {
        let name = name.clone();
        self.read(move |connection| identity(connection, &name)).await
    }

    async fn create(&self, name: &CollectionName) -> Result<(), StoreError> {
        let (name, at) = (name.clone(), milliseconds(self.clock.now()));
        self.write(move |transaction| create(transaction, &name, at)).await
    }

    async fn create_new(&self, name: &CollectionName) -> Result<(), StoreError> {
        let (name, at) = (name.clone(), milliseconds(self.clock.now()));
        self.write(move |transaction| create_new(transaction, &name, at)).await
    }

    async fn rename(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        which: &CollectionIdentity,
    ) -> Result<(), StoreError> {
        let (from, to, which) = (from.clone(), to.clone(), which.clone());
        self.write(move |transaction| rename(transaction, &from, &to, &which)).await
    }

    async fn delete(&self, name: &CollectionName, which: &CollectionIdentity) -> Result<(), StoreError> {
        let (name, which) = (name.clone(), which.clone());
        self.erase(move |transaction| {
            if identity(transaction, &name)?.is_some_and(|found| which.is_same_as(&found) == Some(false)) {
                return Err(StoreError::Changed { what: "the collection" }.into());
            }
            transaction.execute_cached("DELETE FROM collections WHERE name = ?1", [name.as_str()])?;
            Ok(())
        })
        .await
    }

    /// At once, under no other name.
    async fn delete_empty(&self, name: &CollectionName, _operation: &str) -> Result<bool, StoreError> {
        let name = name.clone();
        self.write(move |transaction| {
            if has_documents(transaction, &name)? {
                return Ok(false);
            }
            transaction.execute_cached("DELETE FROM collections WHERE name = ?1", [name.as_str()])?;
            Ok(true)
        })
        .await
    }

    async fn is_empty(&self, name: &CollectionName) -> Result<bool, StoreError> {
        let name = name.clone();
        self.read(move |connection| Ok(!has_documents(connection, &name)?)).await
    }

    async fn count(&self, name: &CollectionName) -> Result<u64, StoreError> {
        let name = name.clone();
        self.read(move |connection| {
            let sql = "SELECT documents FROM collections WHERE name = ?1";
            let count = connection.query_row_cached(sql, [name.as_str()], |row| row.get::<_, i64>(0));
            Ok(count.optional()?.map_or(0, |count| u64::try_from(count).unwrap_or(0)))
        })
        .await
    }

    async fn statistics(&self, name: &CollectionName) -> Result<CollectionStatistics, StoreError> {
        let (name, read_at) = (name.clone(), self.clock.now());
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(STATISTICS)?;
            let totals = statement.query_row([name.as_str()], |row| {
                let total = |column| row.get::<_, i64>(column).map(|total| u64::try_from(total).unwrap_or(0));
                let totals = [total(0)?, total(1)?, total(2)?, total(3)?, total(4)?];
                Ok((totals, row.get::<_, Option<Vec<u8>>>(5)?))
            });
            let (totals, described) = totals.optional()?.ok_or_else(|| missing(&name))?;
            let described = described.as_deref().map(indexes_of).transpose()?;
            Ok(statistics(name, totals, described, read_at))
        })
        .await
    }

    async fn insert_documents(&self, name: &CollectionName, documents: &[Vec<u8>]) -> Result<(), StoreError> {
        let (name, documents) = (name.clone(), documents.to_vec());
        self.write(move |transaction| insert_documents(transaction, &name, &documents).map(drop)).await
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
        self.add_index(name, index).await
    }

    async fn drop_index(&self, name: &CollectionName, index: &str) -> Result<(), StoreError> {
        self.remove_index(name, index).await
    }

    async fn set_validator(&self, name: &CollectionName, validator: &[u8]) -> Result<(), StoreError> {
        self.change_validator(name, validator).await
    }
}

pub(crate) fn identity(
    connection: &Connection,
    name: &CollectionName,
) -> Outcome<Option<CollectionIdentity>> {
    // With the time, because SQLite reuses the number of a deleted row.
    let sql = "SELECT id || '-' || created_at FROM collections WHERE name = ?1";
    let identity = connection.query_row_cached(sql, [name.as_str()], |row| row.get(0));
    Ok(identity.optional()?.map(|identity| CollectionIdentity(Some(identity))))
}

fn has_documents(connection: &Connection, name: &CollectionName) -> Outcome<bool> {
    Ok(connection.query_row_cached(HAS_DOCUMENTS, [name.as_str()], |row| row.get(0))?)
}

pub(crate) fn missing(name: &CollectionName) -> Failure {
    StoreError::CollectionMissing { collection: name.to_string() }.into()
}

/// `at` is in milliseconds since 1970.
pub(crate) fn create(transaction: &Transaction<'_>, name: &CollectionName, at: i64) -> Outcome<()> {
    let sql = "INSERT INTO collections (name, created_at) VALUES (:name, :at) ON CONFLICT (name) DO NOTHING";
    transaction.execute_cached(sql, named_params! {":name": name.as_str(), ":at": at})?;
    Ok(())
}

/// As [`create`], for a name that must be free.
pub(crate) fn create_new(transaction: &Transaction<'_>, name: &CollectionName, at: i64) -> Outcome<()> {
    if identity(transaction, name)?.is_some() {
        return Err(StoreError::CollectionExists { collection: name.to_string() }.into());
    }
    create(transaction, name, at)
}

pub(crate) fn rename(
    transaction: &Transaction<'_>,
    from: &CollectionName,
    to: &CollectionName,
    which: &CollectionIdentity,
) -> Outcome<()> {
    if identity(transaction, from)?.is_none_or(|found| which.is_same_as(&found) == Some(false)) {
        return Err(missing(from));
    }
    let exists = || StoreError::CollectionExists { collection: to.to_string() };
    let renamed = transaction
        .execute_cached("UPDATE collections SET name = ?2 WHERE name = ?1", [from.as_str(), to.as_str()]);
    match renamed {
        Ok(0) => Err(missing(from)),
        // Onto itself: the target exists.
        Ok(_) if from == to => Err(exists().into()),
        Ok(_) => Ok(()),
        Err(error) if breaks_uniqueness(&error) => Err(exists().into()),
        Err(error) => Err(error.into()),
    }
}

fn statistics(
    collection: CollectionName,
    [documents, data_size, id_keys, dated_created, dated_updated]: [u64; 5],
    described: Option<Vec<IndexDescription>>,
    read_at: OffsetDateTime,
) -> CollectionStatistics {
    let sizes = [
        ("_id_", id_keys),
        ("created_at_1", id_keys + dated_created * DATE_BYTES),
        ("updated_at_1", id_keys + dated_updated * DATE_BYTES),
    ];
    let of_the_service = || sizes.iter().map(|(name, _)| (*name).to_owned()).collect();
    let names: Vec<_> = described
        .map_or_else(of_the_service, |indexes| indexes.into_iter().map(|index| index.name).collect());
    let size = |name: &str| sizes.iter().find(|(known, _)| *known == name).map(|(_, size)| *size);
    CollectionStatistics {
        collection,
        documents,
        data_size: Some(data_size),
        storage_size: None,
        indexes: names.into_iter().map(|name| IndexStatistics { size: size(&name), name }).collect(),
        exact: true,
        read_at,
        command: STATISTICS,
        note: Some(STATISTICS_NOTE.to_owned()),
    }
}

/// Returns how many were inserted.
pub(crate) fn insert_documents(
    transaction: &Transaction<'_>,
    name: &CollectionName,
    documents: &[Vec<u8>],
) -> Outcome<u64> {
    let sql = "SELECT id, options IS NULL FROM collections WHERE name = ?1";
    let (collection, is_the_services): (i64, bool) = transaction
        .query_row_cached(sql, [name.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or_else(|| missing(name))?;
    let dates = if is_the_services { Dates::Only } else { Dates::OrAnything };
    let mut insert = transaction.prepare_cached(
        "INSERT INTO documents (collection_id, id_key, created_at, updated_at, document) \
         VALUES (:collection, :id, :created_at, :updated_at, :document) \
         ON CONFLICT (collection_id, id_key) DO NOTHING",
    )?;
    let (mut count, mut data_size, mut id_keys, mut dated_created, mut dated_updated) = (0_i64, 0, 0, 0, 0);
    for document in documents {
        let keys = keys(document, dates)?;
        let inserted = insert.execute(named_params! {
            ":collection": collection,
            ":id": keys.id,
            ":created_at": keys.created_at,
            ":updated_at": keys.updated_at,
            ":document": document,
        })?;
        // Nothing was inserted if the document exists already.
        if inserted == 1 {
            count += 1;
            data_size += signed(document.len());
            id_keys += signed(keys.id.len());
            dated_created += i64::from(keys.created_at.is_some());
            dated_updated += i64::from(keys.updated_at.is_some());
        }
    }
    transaction.execute_cached(
        "UPDATE collections SET documents = documents + :count, data_size = data_size + :data_size, \
         id_key_size = id_key_size + :id_keys, dated_created_at = dated_created_at + :dated_created, \
         dated_updated_at = dated_updated_at + :dated_updated WHERE id = :collection",
        named_params! {
            ":count": count,
            ":data_size": data_size,
            ":id_keys": id_keys,
            ":dated_created": dated_created,
            ":dated_updated": dated_updated,
            ":collection": collection,
        },
    )?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// The described indexes of a collection that are not the service's, by name.
pub(crate) fn indexes_of(stored: &[u8]) -> Outcome<Vec<IndexDescription>> {
    let mut stored = document(stored, "the indexes of a collection")?;
    let Some(Bson::Array(definitions)) = stored.remove(INDEXES) else {
        return Err(damaged("the indexes of a collection").into());
    };
    let index = |definition: Bson| {
        let Bson::Document(definition) = definition else { return Err(damaged("an index").into()) };
        let name = definition.get_str("name").map_err(|_| damaged("an index"))?.to_owned();
        Ok(IndexDescription { name, definition: definition.to_vec().map_err(|_| damaged("an index"))? })
    };
    definitions.into_iter().map(index).collect()
}

pub(crate) fn document(bytes: &[u8], what: &str) -> Outcome<Document> {
    Ok(RawDocument::from_bytes(bytes).ok().and_then(decoded).ok_or_else(|| damaged(what))?)
}
