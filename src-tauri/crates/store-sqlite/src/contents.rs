//! What is in tenant collections, and how they are described: lists, documents, options and indexes.

use bson::{Document, doc};
use futures_util::stream::BoxStream;
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};
use tenantry_core::StoreError;
use tenantry_core::limits::BATCH_BYTES;
use tenantry_core::records::{CollectionDescription, CollectionKind, IndexDescription, ListedCollection};
use tenantry_core::values::CollectionName;

use crate::SqliteStore;
use crate::collections::{INDEXES, create, document, identity, indexes_of, insert_documents, missing};
use crate::documents::{Dates, id_key_of, keys};
use crate::errors::{Outcome, damaged};
use crate::records::milliseconds;
use crate::statements::Statements;

impl SqliteStore {
    pub(crate) async fn tenants_collections(&self) -> Result<Vec<ListedCollection>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT name FROM collections ORDER BY name")?;
            let names = statement.query_map([], |row| row.get(0).map(CollectionName::from_stored))?;
            let names = names.collect::<rusqlite::Result<Vec<_>>>()?;
            let listed = |name| ListedCollection { name, kind: CollectionKind::Plain };
            Ok(names.into_iter().filter(CollectionName::holds_tenants).map(listed).collect())
        })
        .await
    }

    pub(crate) async fn described(
        &self,
        name: &CollectionName,
    ) -> Result<Option<CollectionDescription>, StoreError> {
        let name = name.clone();
        self.read_together(move |connection| describe(connection, &name)).await
    }

    pub(crate) async fn create_described(
        &self,
        name: &CollectionName,
        like: &CollectionDescription,
    ) -> Result<(), StoreError> {
        let (name, like, at) = (name.clone(), like.clone(), milliseconds(self.clock.now()));
        self.write(move |transaction| {
            if identity(transaction, &name)?.is_some() {
                return Ok(());
            }
            create(transaction, &name, at)?;
            document(&like.options, "the options of a collection")?;
            describe_as(transaction, &name, &like)
        })
        .await
    }

    /// Changes what describes a collection, in one write.
    pub(crate) async fn redescribe(
        &self,
        name: &CollectionName,
        change: impl FnOnce(&mut CollectionDescription) -> Outcome<()> + Send + 'static,
    ) -> Result<(), StoreError> {
        let name = name.clone();
        self.write(move |transaction| {
            let mut description = describe(transaction, &name)?.ok_or_else(|| missing(&name))?;
            change(&mut description)?;
            describe_as(transaction, &name, &description)
        })
        .await
    }

    pub(crate) async fn add_index(
        &self,
        name: &CollectionName,
        index: &IndexDescription,
    ) -> Result<(), StoreError> {
        let (index, of) = (index.clone(), name.clone());
        self.redescribe(name, move |description| {
            let refused = || damaged(&format!("the index {} of {of}", index.name));
            let key = |index: &IndexDescription| {
                document(&index.definition, "an index").ok()?.get_document("key").ok().cloned()
            };
            let wanted = key(&index).ok_or_else(refused)?;
            for found in &description.indexes {
                if found.name == index.name && found.does_what(&index) {
                    return Ok(());
                }
                if found.name == index.name || key(found).as_ref() == Some(&wanted) {
                    return Err(refused().into());
                }
            }
            description.indexes.push(index);
            Ok(())
        })
        .await
    }

    pub(crate) async fn remove_index(&self, name: &CollectionName, index: &str) -> Result<(), StoreError> {
        let index = index.to_owned();
        let removed = self.redescribe(name, move |description| {
            description.indexes.retain(|found| found.name != index || found.name == "_id_");
            Ok(())
        });
        match removed.await {
            Err(StoreError::CollectionMissing { .. }) => Ok(()),
            removed => removed,
        }
    }

    pub(crate) async fn change_validator(
        &self,
        name: &CollectionName,
        validator: &[u8],
    ) -> Result<(), StoreError> {
        let validator = validator.to_vec();
        self.redescribe(name, move |description| {
            let mut options = document(&description.options, "the options of a collection")?;
            let validator = document(&validator, "a validator")?;
            // A server takes an empty one for none.
            if validator.is_empty() {
                options.remove("validator");
            } else {
                options.insert("validator", validator);
            }
            description.options = bytes(&options)?;
            Ok(())
        })
        .await
    }

    pub(crate) fn all_documents(
        &self,
        name: &CollectionName,
    ) -> BoxStream<'_, Result<Vec<Vec<u8>>, StoreError>> {
        let name = name.clone();
        self.stream(move |connections, receiver| {
            connections.read_through(receiver, |connection, hand_on| {
                let collection = number_of(connection, &name)?;
                let sql = "SELECT document FROM documents WHERE collection_id = ?1 ORDER BY id_key";
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query([collection])?;
                let (mut batch, mut size) = (Vec::new(), 0);
                while let Some(row) = rows.next()? {
                    let document: Vec<u8> = row.get(0)?;
                    size += document.len();
                    batch.push(document);
                    if size >= BATCH_BYTES {
                        size = 0;
                        if !hand_on(std::mem::take(&mut batch)) {
                            return Ok(());
                        }
                    }
                }
                if !batch.is_empty() {
                    hand_on(batch);
                }
                Ok(())
            })
        })
    }

    pub(crate) async fn with_ids(
        &self,
        name: &CollectionName,
        ids: &[Vec<u8>],
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let (name, ids) = (name.clone(), ids.to_vec());
        self.read_together(move |connection| {
            let Some(collection) = find_number(connection, &name)? else { return Ok(Vec::new()) };
            let sql = "SELECT document FROM documents WHERE collection_id = ?1 AND id_key = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = Vec::new();
            for id in &ids {
                let key = id_key_of(id)?;
                found.extend(
                    statement.query_row((collection, key), |row| row.get::<_, Vec<u8>>(0)).optional()?,
                );
            }
            Ok(found)
        })
        .await
    }

    pub(crate) async fn some_after(
        &self,
        name: &CollectionName,
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let (name, after) = (name.clone(), after.map(<[u8]>::to_vec));
        self.read_together(move |connection| {
            let Some(collection) = find_number(connection, &name)? else { return Ok(Vec::new()) };
            // No key is empty.
            let after = after.map_or_else(|| Ok(Vec::new()), |after| id_key_of(&after))?;
            let sql = "SELECT document FROM documents WHERE collection_id = ?1 AND id_key > ?2 \
                       ORDER BY id_key LIMIT ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query((collection, after, limit))?;
            let (mut found, mut size) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let document: Vec<u8> = row.get(0)?;
                size += document.len();
                found.push(document);
                if size >= BATCH_BYTES {
                    break;
                }
            }
            Ok(found)
        })
        .await
    }

    pub(crate) async fn replace_exactly(
        &self,
        name: &CollectionName,
        pairs: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<u64, StoreError> {
        let (name, pairs) = (name.clone(), pairs.to_vec());
        self.erase(move |transaction| {
            let mut replaced = 0;
            for (read, next) in &pairs {
                if keys(read, Dates::OrAnything)?.id != keys(next, Dates::OrAnything)?.id {
                    return Err(damaged("a document to replace (it has another _id)").into());
                }
                if remove(transaction, &name, std::slice::from_ref(read))? == 1 {
                    replaced += insert_documents(transaction, &name, std::slice::from_ref(next))?;
                }
            }
            Ok(replaced)
        })
        .await
    }

    pub(crate) async fn newest_document(&self, name: &CollectionName) -> Result<Option<Vec<u8>>, StoreError> {
        let name = name.clone();
        self.read(move |connection| {
            let sql = "SELECT document FROM documents JOIN collections ON collections.id = collection_id \
                       WHERE collections.name = ?1 ORDER BY id_key DESC LIMIT 1";
            Ok(connection.query_row_cached(sql, [name.as_str()], |row| row.get(0)).optional()?)
        })
        .await
    }

    pub(crate) async fn remove_exactly(
        &self,
        name: &CollectionName,
        read: &[Vec<u8>],
    ) -> Result<u64, StoreError> {
        let (name, read) = (name.clone(), read.to_vec());
        self.erase(move |transaction| remove(transaction, &name, &read)).await
    }
}

fn find_number(connection: &Connection, name: &CollectionName) -> Outcome<Option<i64>> {
    let sql = "SELECT id FROM collections WHERE name = ?1";
    Ok(connection.query_row_cached(sql, [name.as_str()], |row| row.get(0)).optional()?)
}

fn number_of(connection: &Connection, name: &CollectionName) -> Outcome<i64> {
    find_number(connection, name)?.ok_or_else(|| missing(name))
}

fn describe(connection: &Connection, name: &CollectionName) -> Outcome<Option<CollectionDescription>> {
    let Some(identity) = identity(connection, name)? else { return Ok(None) };
    let sql = "SELECT options, indexes FROM collections WHERE name = ?1";
    let (options, indexes) = connection.query_row_cached(sql, [name.as_str()], |row| {
        Ok((row.get::<_, Option<Vec<u8>>>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
    })?;
    let service = CollectionDescription::of_the_service();
    Ok(Some(CollectionDescription {
        identity,
        kind: CollectionKind::Plain,
        options: options.unwrap_or(service.options),
        indexes: indexes.map_or(Ok(service.indexes), |indexes| indexes_of(&indexes))?,
    }))
}

/// Keeps what is not as the service makes it.
fn describe_as(
    transaction: &Transaction<'_>,
    name: &CollectionName,
    description: &CollectionDescription,
) -> Outcome<()> {
    let service = CollectionDescription::of_the_service();
    let options = (description.options != service.options).then_some(&description.options);
    let indexes = (description.indexes != service.indexes).then(|| {
        let definitions = description.indexes.iter().map(|index| document(&index.definition, "an index"));
        let definitions = definitions.collect::<Outcome<Vec<_>>>()?;
        bytes(&doc! { INDEXES: definitions })
    });
    transaction.execute_cached(
        "UPDATE collections SET options = :options, indexes = :indexes WHERE name = :name",
        named_params! { ":options": options, ":indexes": indexes.transpose()?, ":name": name.as_str() },
    )?;
    Ok(())
}

fn remove(transaction: &Transaction<'_>, name: &CollectionName, read: &[Vec<u8>]) -> Outcome<u64> {
    let Some(collection) = find_number(transaction, name)? else { return Ok(0) };
    let mut delete = transaction
        .prepare_cached("DELETE FROM documents WHERE collection_id = ?1 AND id_key = ?2 AND document = ?3")?;
    let (mut count, mut data_size, mut id_keys, mut dated_created, mut dated_updated) = (0_i64, 0, 0, 0, 0);
    let signed = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    for document in read {
        let keys = keys(document, Dates::OrAnything)?;
        if delete.execute((collection, &keys.id, document))? == 1 {
            count += 1;
            data_size += signed(document.len());
            id_keys += signed(keys.id.len());
            dated_created += i64::from(keys.created_at.is_some());
            dated_updated += i64::from(keys.updated_at.is_some());
        }
    }
    transaction.execute_cached(
        "UPDATE collections SET documents = documents - ?2, data_size = data_size - ?3, \
         id_key_size = id_key_size - ?4, dated_created_at = dated_created_at - ?5, \
         dated_updated_at = dated_updated_at - ?6 WHERE id = ?1",
        (collection, count, data_size, id_keys, dated_created, dated_updated),
    )?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn bytes(document: &Document) -> Outcome<Vec<u8>> {
    Ok(document.to_vec().map_err(|_| damaged("a description of a collection"))?)
}
