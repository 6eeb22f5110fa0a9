//! The journal of operations. Its times are this computer's: whoever shares the file shares the clock.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, Row, named_params};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::ports::{OperationJournal, WholeActs};
use tenantry_core::records::{
    CollectionIdentity, JournalEntry, MendWord, Operation, OperationPlan, Owner, Trashed, TrashedCollection,
    Turn,
};
use tenantry_core::values::{CollectionName, OrganizationId, OrganizationName, StoredDate};
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::errors::{Outcome, breaks_uniqueness, damaged, duplicate};
use crate::records::{bytes, copy_bytes, copy_id, milliseconds, moment, organization_id, trashed_collection};
use crate::statements::Statements;

const OPERATION: &str = "SELECT organization_id, act, name, new_name, has_collection, collection_identity, \
                         shared_collection, copy, trashed_at, trashed_by, owner_installation, owner_instance, actor, \
                         started_at, turn, begun_at, record, mend, from_collection, to_collection \
                         FROM console_operations";

/// A condition for an operation's entry, while it belongs to the operation.
const IS_ITS_ENTRY: &str = "organization_id = :id AND owner_installation = :installation \
                            AND owner_instance = :instance AND turn IS :turn \
                            AND started_at = coalesce(:begun, started_at)";

#[async_trait]
impl OperationJournal for SqliteStore {
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError> {
        let (operation, now) = (operation.clone(), milliseconds(self.clock.now()));
        self.write(move |transaction| {
            let columns = PlanColumns::of(&operation.plan);
            let collection = operation.plan.collection();
            let inserted = transaction.execute_cached(
                "INSERT INTO console_operations (organization_id, act, name, new_name, has_collection, \
                 collection_identity, shared_collection, copy, trashed_at, trashed_by, owner_installation, \
                 owner_instance, actor, started_at, turn, begun_at, record, mend, from_collection, to_collection) \
                 VALUES (:id, :act, :name, :new_name, :has_collection, :collection_identity, :shared_collection, \
                 :copy, :trashed_at, :trashed_by, :installation, :instance, :actor, :now, :turn, :now, :record, :mend, \
                 :from_collection, :to_collection)",
                named_params! {
                    ":id": bytes(operation.organization_id),
                    ":act": operation.plan.act(),
                    ":name": operation.plan.name().as_str(),
                    ":new_name": columns.new_name,
                    ":has_collection": collection.is_some(),
                    ":collection_identity": collection.and_then(|collection| collection.0.as_deref()),
                    ":shared_collection": columns.shared_collection,
                    ":copy": copy_bytes(operation.plan.copy()),
                    ":trashed_at": columns.trashed_at,
                    ":trashed_by": columns.trashed_by,
                    ":installation": operation.owner.installation,
                    ":instance": operation.owner.instance,
                    ":actor": operation.actor,
                    ":now": now,
                    ":turn": operation.turn.name(),
                    ":record": operation.record,
                    ":mend": columns.mend,
                    ":from_collection": columns.from_collection,
                    ":to_collection": columns.to_collection,
                },
            );
            match inserted {
                Ok(_) => Ok(()),
                Err(error) if breaks_uniqueness(&error) => Err(duplicate(UniqueField::Operation)),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn find(&self, organization_id: OrganizationId) -> Result<Option<JournalEntry>, StoreError> {
        let now = self.clock.now();
        self.read(move |connection| find(connection, organization_id, now)).await
    }

    async fn unfinished(&self) -> Result<Vec<JournalEntry>, StoreError> {
        let now = self.clock.now();
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached(&format!("{OPERATION} ORDER BY started_at, organization_id"))?;
            let mut rows = statement.query([])?;
            let mut operations = Vec::new();
            while let Some(row) = rows.next()? {
                match entry(row, now) {
                    Ok(entry) => operations.push(entry),
                    // An unreadable entry hides no other.
                    Err(_) => tracing::error!("an entry of the journal can't be read, and is left alone"),
                }
            }
            Ok(operations)
        })
        .await
    }

    async fn take_over(
        &self,
        seen: &Operation,
        since: Option<OffsetDateTime>,
        taken: &Operation,
    ) -> Result<bool, StoreError> {
        let (seen, taken, now) = (seen.clone(), taken.clone(), milliseconds(self.clock.now()));
        self.write(move |transaction| {
            let changed = transaction.execute_cached(
                &format!(
                    "UPDATE console_operations SET owner_installation = :to_installation, \
                     owner_instance = :to_instance, turn = :to_turn, started_at = :now \
                     WHERE {IS_ITS_ENTRY} AND started_at = coalesce(:since, started_at)"
                ),
                named_params! {
                    ":to_installation": taken.owner.installation,
                    ":to_instance": taken.owner.instance,
                    ":to_turn": taken.turn.name(),
                    ":now": now,
                    ":since": since.map(milliseconds),
                    ":id": bytes(seen.organization_id),
                    ":installation": seen.owner.installation,
                    ":instance": seen.owner.instance,
                    ":turn": seen.turn.name(),
                    ":begun": seen.turn.begun().map(milliseconds),
                },
            )?;
            Ok(changed == 1)
        })
        .await
    }

    async fn end(&self, operation: &Operation) -> Result<bool, StoreError> {
        let operation = operation.clone();
        self.write(move |transaction| {
            let removed = transaction.execute_cached(
                &format!("DELETE FROM console_operations WHERE {IS_ITS_ENTRY}"),
                named_params! {
                    ":id": bytes(operation.organization_id),
                    ":installation": operation.owner.installation,
                    ":instance": operation.owner.instance,
                    ":turn": operation.turn.name(),
                    ":begun": operation.turn.begun().map(milliseconds),
                },
            )?;
            Ok(removed == 1)
        })
        .await
    }

    fn whole_acts(&self) -> Option<&dyn WholeActs> {
        Some(self)
    }
}

/// Whether an organization has an intent.
pub(crate) fn has_intent(connection: &Connection, id: OrganizationId) -> Outcome<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM console_operations WHERE organization_id = ?1)";
    Ok(connection.query_row_cached(sql, [bytes(id)], |row| row.get(0))?)
}

/// The columns of a plan beside its operation and its name.
#[derive(Default)]
struct PlanColumns<'a> {
    new_name: Option<&'a str>,
    shared_collection: bool,
    trashed_at: Option<i64>,
    trashed_by: Option<&'a str>,
    mend: Option<&'static str>,
    from_collection: Option<&'a str>,
    to_collection: Option<&'a str>,
}

impl<'a> PlanColumns<'a> {
    fn of(plan: &'a OperationPlan) -> Self {
        match plan {
            OperationPlan::Create { .. }
            | OperationPlan::Restore { .. }
            | OperationPlan::DeleteForever { .. }
            | OperationPlan::Receive { .. } => Self::default(),
            OperationPlan::Rename { to, .. } => Self { new_name: Some(to.as_str()), ..Self::default() },
            OperationPlan::Trash { trashed, .. } => Self {
                shared_collection: trashed.collection == TrashedCollection::Shared,
                trashed_at: trashed.at.milliseconds(),
                trashed_by: Some(&trashed.by),
                ..Self::default()
            },
            OperationPlan::Mend { mend, from, to, .. } => Self {
                mend: Some(mend.as_str()),
                from_collection: from.as_ref().map(CollectionName::as_str),
                to_collection: to.as_ref().map(CollectionName::as_str),
                ..Self::default()
            },
        }
    }
}

fn find(connection: &Connection, id: OrganizationId, now: OffsetDateTime) -> Outcome<Option<JournalEntry>> {
    let mut statement = connection.prepare_cached(&format!("{OPERATION} WHERE organization_id = ?1"))?;
    let mut rows = statement.query([bytes(id)])?;
    rows.next()?.map(|row| entry(row, now)).transpose()
}

fn entry(row: &Row<'_>, now: OffsetDateTime) -> Outcome<JournalEntry> {
    let started_at = moment(row.get("started_at")?);
    let turn: Option<String> = row.get("turn")?;
    Ok(JournalEntry {
        operation: Operation {
            organization_id: organization_id(row.get_ref("organization_id")?)
                .map_err(|_| damaged("an entry of the journal"))?,
            plan: plan(row)?,
            owner: Owner {
                installation: row.get("owner_installation")?,
                instance: row.get("owner_instance")?,
            },
            actor: row.get("actor")?,
            turn: turn.map_or(Turn::Begun(started_at), Turn::Named),
            record: row.get("record")?,
        },
        begun_at: row.get::<_, Option<i64>>("begun_at")?.map_or(started_at, moment),
        since: started_at,
        age: Duration::try_from(now - started_at).unwrap_or_default(),
    })
}

fn plan(row: &Row<'_>) -> Outcome<OperationPlan> {
    let act: String = row.get("act")?;
    let name = OrganizationName::from_stored(row.get("name")?);
    // Earlier versions did not store it for a deletion.
    let has_collection = row.get::<_, Option<bool>>("has_collection")?.unwrap_or(true);
    let identity = row.get("collection_identity")?;
    let collection = has_collection.then_some(CollectionIdentity(identity));
    let copy = copy_id(row.get_ref("copy")?).map_err(|_| damaged("an entry of the journal"))?;
    match act.as_str() {
        "create" => Ok(OperationPlan::Create { name }),
        "rename" => Ok(OperationPlan::Rename {
            from: name,
            to: OrganizationName::from_stored(row.get("new_name")?),
            collection,
        }),
        "trash" => Ok(OperationPlan::Trash {
            name,
            trashed: Trashed {
                at: StoredDate::from_milliseconds(row.get("trashed_at")?),
                by: row.get("trashed_by")?,
                collection: trashed_collection(has_collection, row.get("shared_collection")?),
                copy,
            },
            collection,
        }),
        "restore" => Ok(OperationPlan::Restore { name, copy, collection }),
        "delete_forever" => Ok(OperationPlan::DeleteForever { name, copy, collection }),
        "receive" => {
            let incoming = copy.ok_or_else(|| damaged("an entry of the journal"))?;
            Ok(OperationPlan::Receive { name, incoming })
        }
        "mend" => {
            let word: String = row.get("mend")?;
            let collection_name = |column| {
                Ok::<_, rusqlite::Error>(
                    row.get::<_, Option<String>>(column)?.map(CollectionName::from_stored),
                )
            };
            Ok(OperationPlan::Mend {
                mend: MendWord::from_word(&word).ok_or_else(|| damaged("an entry of the journal"))?,
                name,
                from: collection_name("from_collection")?,
                to: collection_name("to_collection")?,
                collection,
            })
        }
        _ => Err(damaged("an entry of the journal").into()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tenantry_core::clock::SystemClock;
    use tenantry_core::values::OrganizationId;

    use super::*;

    #[tokio::test]
    async fn an_entry_that_cannot_be_read_hides_no_other() {
        let store = SqliteStore::in_memory(Arc::new(SystemClock)).await.expect("opens");
        let begin = async |name: &str| {
            let plan = OperationPlan::Create { name: OrganizationName::from_stored(name.to_owned()) };
            let owner = Owner { installation: "i".to_owned(), instance: "r".to_owned() };
            let operation = Operation::new(OrganizationId::new(), plan, owner, "dana@example.com".to_owned());
            store.begin(&operation).await.expect("begun");
            operation
        };
        let (damaged, whole) = (begin("damaged").await, begin("whole").await);
        let damage = "UPDATE console_operations SET act = 'nothing known' WHERE name = 'damaged'";
        store.write(move |transaction| Ok(transaction.execute(damage, [])?)).await.expect("damaged");
        let left: Vec<_> =
            store.unfinished().await.expect("read").into_iter().map(|one| one.operation).collect();
        assert_eq!(left, [whole], "its own organization stays busy, and no other");
        assert!(OperationJournal::find(&store, damaged.organization_id).await.is_err(), "it is told there");
    }
}
