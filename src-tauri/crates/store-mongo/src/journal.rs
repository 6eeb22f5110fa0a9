//! The journal of operations.

use std::time::Duration;

use async_trait::async_trait;
use bson::{Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use tenantry_connection::database::OPERATIONS;
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::ports::OperationJournal;
use tenantry_core::records::{
    CollectionIdentity, JournalEntry, MendWord, Operation, OperationPlan, Owner, Trashed, TrashedCollection,
    Turn,
};
use tenantry_core::values::{CollectionName, OrganizationId, OrganizationName};
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::MongoStore;
use crate::server_clock::local_time;

#[async_trait]
impl OperationJournal for MongoStore {
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError> {
        // An insert cannot use the server's time. If another turn's entry exists, the `_id` refuses this one.
        let new = doc! {
            "$setOnInsert": plan_fields(operation),
            "$currentDate": { "started_at": true, "begun_at": true },
        };
        let operations = self.documents(OPERATIONS);
        match self.write(operations.update_one(entry_of(operation), new).upsert(true)).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => self.require_confirmed(OPERATIONS, entry_of(operation)).await,
            Err(failure) if failure.is_duplicate() => {
                Err(StoreError::Duplicate { field: UniqueField::Operation })
            }
            Err(failure) => Err(self.told(failure, Act::on("insert", OPERATIONS))),
        }
    }

    async fn find(&self, organization_id: OrganizationId) -> Result<Option<JournalEntry>, StoreError> {
        let operations = self.raw(OPERATIONS);
        let found = operations.find_one(doc! { "_id": organization_id.object_id() });
        match self.call(Act::on("find", OPERATIONS), found).await? {
            Some(document) => {
                let now = self.server_time().await?;
                entry(&document, now).map(Some).ok_or_else(damaged)
            }
            None => Ok(None),
        }
    }

    async fn unfinished(&self) -> Result<Vec<JournalEntry>, StoreError> {
        let found = async {
            let operations = self.raw(OPERATIONS);
            let cursor = operations.find(doc! {}).sort(doc! { "started_at": 1, "_id": 1 }).await?;
            cursor.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let found = self.call(Act::on("find", OPERATIONS), found).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.server_time().await?;
        let mut entries = Vec::with_capacity(found.len());
        for document in &found {
            match entry(document, now) {
                Some(entry) => entries.push(entry),
                // It must not prevent resolving the others, or opening the workspace. Changes to its own organization
                // are refused: finding it reports the damage.
                None => tracing::warn!(
                    organization = documents::object_id(document, "_id").map(|id| id.to_hex()),
                    "an entry of the journal can't be read"
                ),
            }
        }
        Ok(entries)
    }

    async fn take_over(
        &self,
        seen: &Operation,
        since: Option<OffsetDateTime>,
        taken: &Operation,
    ) -> Result<bool, StoreError> {
        let mut owner = doc! {
            "installation": &taken.owner.installation,
            "instance": &taken.owner.instance,
            "turn": taken.turn.name(),
        };
        if let Some(begun_at) = seen.turn.begun() {
            owner.insert("begun_at", documents::date(begun_at));
        }
        let update = doc! { "$set": owner, "$currentDate": { "started_at": true } };
        let operations = self.documents(OPERATIONS);
        let mut its = entry_of(seen);
        if let Some(since) = since {
            its.insert("started_at", documents::date(since));
        }
        let written = operations.update_one(its, update);
        match self
            .write(written)
            .await
            .map_err(|failure| self.told(failure, Act::on("update", OPERATIONS)))?
        {
            Some(result) => Ok(result.matched_count == 1),
            None => self.require_confirmed(OPERATIONS, entry_of(taken)).await.map(|()| true),
        }
    }

    async fn end(&self, operation: &Operation) -> Result<bool, StoreError> {
        let operations = self.documents(OPERATIONS);
        match self.write(operations.delete_one(entry_of(operation))).await {
            Ok(Some(removed)) => Ok(removed.deleted_count == 1),
            // Which of the two it was, no response tells any more.
            Ok(None) => self.require_gone(OPERATIONS, entry_of(operation)).await.map(|()| true),
            Err(failure) => Err(self.told(failure, Act::on("remove", OPERATIONS))),
        }
    }
}

fn damaged() -> StoreError {
    StoreError::Corrupt { what: format!("a document of {OPERATIONS}") }
}

impl MongoStore {
    /// The server's time, asked now.
    pub(crate) async fn server_time(&self) -> Result<OffsetDateTime, StoreError> {
        let hello = self.ask(doc! { "hello": 1 }).await;
        let hello = hello.map_err(|failure| self.told(failure, Act::in_database("hello")))?;
        self.server_clock.note(self.clock.as_ref(), &hello);
        local_time(&hello).ok_or_else(|| StoreError::Corrupt { what: "the server's time".to_owned() })
    }
}

/// A filter for an operation's entry, while it belongs to the operation.
fn entry_of(operation: &Operation) -> Document {
    let mut its = doc! {
        "_id": operation.organization_id.object_id(),
        "installation": &operation.owner.installation,
        "instance": &operation.owner.instance,
        // Null matches an entry without a turn.
        "turn": operation.turn.name(),
    };
    if let Some(begun) = operation.turn.begun() {
        its.insert("started_at", documents::date(begun));
    }
    its
}

fn plan_fields(operation: &Operation) -> Document {
    let mut entry = doc! {
        "act": operation.plan.act(),
        "name": operation.plan.name().as_str(),
        "actor": &operation.actor,
        "has_collection": operation.plan.collection().is_some(),
    };
    if let Some(CollectionIdentity(Some(identity))) = operation.plan.collection() {
        entry.insert("collection_identity", identity);
    }
    if let Some(copy) = operation.plan.copy() {
        entry.insert("copy", copy.object_id());
    }
    if let Some(record) = &operation.record {
        entry.insert("record", record);
    }
    match &operation.plan {
        OperationPlan::Rename { to, .. } => {
            entry.insert("to", to.as_str());
        }
        OperationPlan::Trash { trashed, .. } => {
            entry.insert("trashed_at", documents::as_stored(trashed.at));
            entry.insert("trashed_by", &trashed.by);
            if trashed.collection == TrashedCollection::Shared {
                entry.insert("shared_collection", true);
            }
        }
        OperationPlan::Mend { mend, from, to, .. } => {
            entry.insert("mend", mend.as_str());
            for (field, collection) in [("from_collection", from), ("to_collection", to)] {
                if let Some(collection) = collection {
                    entry.insert(field, collection.as_str());
                }
            }
        }
        OperationPlan::Create { .. }
        | OperationPlan::Restore { .. }
        | OperationPlan::DeleteForever { .. }
        | OperationPlan::Receive { .. } => {}
    }
    entry
}

pub(crate) fn entry(document: &RawDocument, now: OffsetDateTime) -> Option<JournalEntry> {
    let started_at = documents::moment(document, "started_at")?;
    Some(JournalEntry {
        operation: operation(document, started_at)?,
        begun_at: documents::moment(document, "begun_at").unwrap_or(started_at),
        since: started_at,
        age: Duration::try_from(now - started_at).unwrap_or_default(),
    })
}

fn operation(document: &RawDocument, started_at: OffsetDateTime) -> Option<Operation> {
    let text = |key| documents::text(document, key);
    let name = OrganizationName::from_stored(text("name")?);
    // Earlier versions did not store it for a deletion.
    let has_collection = document.get_bool("has_collection").unwrap_or(true);
    let collection = has_collection.then(|| CollectionIdentity(text("collection_identity")));
    let copy = documents::copy_id(document);
    let act = text("act")?;
    let plan = match act.as_str() {
        "create" => OperationPlan::Create { name },
        "rename" => {
            OperationPlan::Rename { from: name, to: OrganizationName::from_stored(text("to")?), collection }
        }
        "trash" => OperationPlan::Trash {
            name,
            trashed: Trashed {
                at: documents::stored_date(document, "trashed_at"),
                by: text("trashed_by")?,
                collection: documents::trashed_collection(document, "has_collection"),
                copy,
            },
            collection,
        },
        "restore" => OperationPlan::Restore { name, copy, collection },
        "delete_forever" => OperationPlan::DeleteForever { name, copy, collection },
        "receive" => OperationPlan::Receive { name, incoming: copy? },
        "mend" => OperationPlan::Mend {
            mend: MendWord::from_word(&text("mend")?)?,
            name,
            from: text("from_collection").map(CollectionName::from_stored),
            to: text("to_collection").map(CollectionName::from_stored),
            collection,
        },
        _ => return None,
    };
    Some(Operation {
        organization_id: documents::object_id(document, "_id")?.into(),
        plan,
        owner: Owner { installation: text("installation")?, instance: text("instance")? },
        actor: text("actor")?,
        turn: text("turn").map_or(Turn::Begun(started_at), Turn::Named),
        record: text("record"),
    })
}

#[cfg(test)]
mod tests {
    use tenantry_core::values::CopyId;
    use time::macros::datetime;

    use super::*;

    fn name(text: &str) -> OrganizationName {
        OrganizationName::from_stored(text.to_owned())
    }

    #[test]
    fn every_plan_is_read_as_it_was_written() {
        let (at, by) = (datetime!(2026-03-01 12:00 UTC).into(), "op".to_owned());
        let copy = Some(CopyId::new());
        let trashed = Trashed { at, by, collection: TrashedCollection::Shared, copy };
        let uuid = Some(CollectionIdentity(Some("5d2f".to_owned())));
        for plan in [
            OperationPlan::Create { name: name("acme") },
            OperationPlan::Rename { from: name("acme"), to: name("acme-2"), collection: uuid.clone() },
            OperationPlan::Trash { name: name("acme"), trashed, collection: None },
            OperationPlan::Restore { name: name("acme"), copy, collection: Some(CollectionIdentity(None)) },
            OperationPlan::DeleteForever { name: name("acme"), copy: None, collection: uuid },
            OperationPlan::Receive { name: name("acme"), incoming: CopyId::new() },
        ] {
            let owner = Owner { installation: "i".to_owned(), instance: "r".to_owned() };
            let written = Operation::new(OrganizationId::new(), plan, owner, "op@example.com".to_owned());
            let (mut stored, begun_at) = (entry_of(&written), datetime!(2026-03-01 12:00:00.5 UTC));
            stored.extend(plan_fields(&written));
            stored.insert("started_at", documents::date(begun_at));
            let stored = RawDocumentBuf::try_from(stored).expect("a document");
            let age = Duration::from_millis(1_500);
            let read = JournalEntry { operation: written, begun_at, since: begun_at, age };
            assert_eq!(entry(&stored, begun_at + age), Some(read.clone()));
            let early = entry(&stored, begun_at - age);
            assert_eq!(early, Some(JournalEntry { age: Duration::ZERO, ..read }), "no age is negative");
        }
    }

    #[test]
    fn an_entry_of_an_earlier_version_is_read_without_the_identity_of_its_collection() {
        let plan_of = |act: &str, more: Document| {
            let mut left = doc! {
                "_id": bson::oid::ObjectId::new(), "act": act, "name": "acme", "installation": "i",
                "instance": "r", "actor": "op@example.com", "started_at": bson::DateTime::now(),
            };
            left.extend(more);
            let stored = RawDocumentBuf::try_from(left).expect("a document");
            let read = entry(&stored, OffsetDateTime::now_utc()).expect("it is read");
            assert_eq!(read.operation.turn, Turn::Begun(read.begun_at), "owner and time tell it apart");
            read.operation.plan
        };
        let there = Some(CollectionIdentity(None));
        let (acme, to) = (name("acme"), name("acme-2"));
        assert_eq!(
            plan_of("rename", doc! { "to": "acme-2", "has_collection": true }),
            OperationPlan::Rename { from: acme.clone(), to, collection: there.clone() }
        );
        assert_eq!(
            plan_of("delete_forever", doc! {}),
            OperationPlan::DeleteForever { name: acme, copy: None, collection: there }
        );
    }

    #[test]
    fn an_act_that_is_not_known_is_not_guessed() {
        let stored =
            RawDocumentBuf::try_from(doc! { "_id": bson::oid::ObjectId::new(), "act": "merge", "name": "a" });
        assert_eq!(operation(&stored.expect("a document"), OffsetDateTime::UNIX_EPOCH), None);
    }
}
