//! Operations that were begun and not yet ended.

use async_trait::async_trait;
use bson::{Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use tenantry_core::StoreError;
use tenantry_core::collections::CollectionIdentity;
use tenantry_core::error::UniqueField;
use tenantry_core::journal::{Operation, OperationJournal, OperationPlan, Owner};
use tenantry_core::organizations::Trashed;
use tenantry_core::values::{OrganizationId, OrganizationName};
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, OPERATIONS};

#[async_trait]
impl OperationJournal for MongoStore {
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError> {
        match self.write(self.documents(OPERATIONS).insert_one(entry(operation))).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_duplicate() => {
                Err(StoreError::Duplicate { field: UniqueField::Operation })
            }
            Err(failure) => Err(self.told(failure, Act::on("insert", OPERATIONS))),
        }
    }

    async fn find(&self, organization_id: OrganizationId) -> Result<Option<Operation>, StoreError> {
        let operations = self.raw(OPERATIONS);
        let found = operations.find_one(doc! { "_id": organization_id.object_id() });
        match self.call(Act::on("find", OPERATIONS), found).await? {
            Some(document) => operation(&document).map(Some).ok_or_else(damaged),
            None => Ok(None),
        }
    }

    async fn unfinished(&self) -> Result<Vec<Operation>, StoreError> {
        let found = async {
            let operations = self.raw(OPERATIONS);
            let cursor = operations.find(doc! {}).sort(doc! { "started_at": 1, "_id": 1 }).await?;
            cursor.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let found = self.call(Act::on("find", OPERATIONS), found).await?;
        let mut operations = Vec::with_capacity(found.len());
        for document in &found {
            match operation(document) {
                Some(operation) => operations.push(operation),
                // It must not keep the others from being finished, nor the workspace from opening. Acts on its own
                // organization are refused: looking for it answers that it is damaged.
                None => tracing::warn!(
                    organization = documents::object_id(document, "_id").map(|id| id.to_hex()),
                    "an entry of the journal can't be read"
                ),
            }
        }
        Ok(operations)
    }

    async fn take_over(
        &self,
        operation: &Operation,
        to: &Owner,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let update = doc! { "$set": {
            "installation": &to.installation,
            "instance": &to.instance,
            "started_at": documents::date(at),
        } };
        let operations = self.documents(OPERATIONS);
        let taken = operations.update_one(entry_of(operation), update);
        match self.write(taken).await.map_err(|failure| self.told(failure, Act::on("update", OPERATIONS)))? {
            Some(result) => Ok(result.matched_count == 1),
            None => {
                let now = OperationJournal::find(self, operation.organization_id).await?;
                Ok(now.is_some_and(|now| now.owner == *to))
            }
        }
    }

    async fn end(&self, operation: &Operation) -> Result<(), StoreError> {
        let operations = self.documents(OPERATIONS);
        let ended = operations.delete_one(entry_of(operation));
        self.write(ended)
            .await
            .map(|_| ())
            .map_err(|failure| self.told(failure, Act::on("remove", OPERATIONS)))
    }
}

fn damaged() -> StoreError {
    StoreError::Corrupt { what: format!("a document of {OPERATIONS}") }
}

/// Finds an operation's entry, while it is the operation's.
fn entry_of(operation: &Operation) -> Document {
    doc! {
        "_id": operation.organization_id.object_id(),
        "installation": &operation.owner.installation,
        "instance": &operation.owner.instance,
        "started_at": documents::date(operation.started_at),
    }
}

fn entry(operation: &Operation) -> Document {
    let mut entry = entry_of(operation);
    entry.extend(doc! {
        "act": operation.plan.act(),
        "name": operation.plan.name().as_str(),
        "actor": &operation.actor,
        "has_collection": operation.plan.collection().is_some(),
    });
    if let Some(CollectionIdentity(Some(identity))) = operation.plan.collection() {
        entry.insert("collection_identity", identity);
    }
    match &operation.plan {
        OperationPlan::Rename { to, .. } => {
            entry.insert("to", to.as_str());
        }
        OperationPlan::Trash { trashed, .. } => {
            entry.insert("trashed_at", documents::as_stored(trashed.at));
            entry.insert("trashed_by", &trashed.by);
        }
        OperationPlan::Create { .. }
        | OperationPlan::Restore { .. }
        | OperationPlan::DeleteForever { .. } => {}
    }
    entry
}

fn operation(document: &RawDocument) -> Option<Operation> {
    let text = |key| documents::text(document, key);
    let name = OrganizationName::from_stored(text("name")?);
    // Of a deletion, earlier versions did not say it.
    let has_collection = document.get_bool("has_collection").unwrap_or(true);
    let collection = has_collection.then(|| CollectionIdentity(text("collection_identity")));
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
                had_collection: has_collection,
            },
            collection,
        },
        "restore" => OperationPlan::Restore { name, collection },
        "delete_forever" => OperationPlan::DeleteForever { name, collection },
        _ => return None,
    };
    Some(Operation {
        organization_id: documents::object_id(document, "_id")?.into(),
        plan,
        owner: Owner { installation: text("installation")?, instance: text("instance")? },
        actor: text("actor")?,
        started_at: documents::moment(document, "started_at")?,
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn name(text: &str) -> OrganizationName {
        OrganizationName::from_stored(text.to_owned())
    }

    #[test]
    fn every_plan_is_read_as_it_was_written() {
        let trashed = Trashed {
            at: datetime!(2026-03-01 12:00 UTC).into(),
            by: "op".to_owned(),
            had_collection: false,
        };
        let uuid = Some(CollectionIdentity(Some("5d2f".to_owned())));
        for plan in [
            OperationPlan::Create { name: name("acme") },
            OperationPlan::Rename { from: name("acme"), to: name("acme-2"), collection: uuid.clone() },
            OperationPlan::Trash { name: name("acme"), trashed, collection: None },
            OperationPlan::Restore { name: name("acme"), collection: Some(CollectionIdentity(None)) },
            OperationPlan::DeleteForever { name: name("acme"), collection: uuid },
        ] {
            let written = Operation {
                organization_id: OrganizationId::new(),
                plan,
                owner: Owner { installation: "i".to_owned(), instance: "r".to_owned() },
                actor: "op@example.com".to_owned(),
                started_at: datetime!(2026-03-01 12:00:00.5 UTC),
            };
            let stored = RawDocumentBuf::try_from(entry(&written)).expect("a document");
            assert_eq!(operation(&stored), Some(written));
        }
    }

    #[test]
    fn an_entry_of_an_earlier_version_is_read_without_the_identity_of_its_collection() {
        let plan_of = |act: &str, more: Document| {
            let mut entry = doc! {
                "_id": bson::oid::ObjectId::new(), "act": act, "name": "acme", "installation": "i",
                "instance": "r", "actor": "op@example.com", "started_at": bson::DateTime::now(),
            };
            entry.extend(more);
            let stored = RawDocumentBuf::try_from(entry).expect("a document");
            operation(&stored).expect("it is read").plan
        };
        let there = Some(CollectionIdentity(None));
        let (acme, to) = (name("acme"), name("acme-2"));
        assert_eq!(
            plan_of("rename", doc! { "to": "acme-2", "has_collection": true }),
            OperationPlan::Rename { from: acme.clone(), to, collection: there.clone() }
        );
        assert_eq!(
            plan_of("delete_forever", doc! {}),
            OperationPlan::DeleteForever { name: acme, collection: there }
        );
    }

    #[test]
    fn an_act_that_is_not_known_is_not_guessed() {
        let stored =
            RawDocumentBuf::try_from(doc! { "_id": bson::oid::ObjectId::new(), "act": "merge", "name": "a" });
        assert_eq!(operation(&stored.expect("a document")), None);
    }
}
