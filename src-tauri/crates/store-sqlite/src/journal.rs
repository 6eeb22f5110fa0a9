//! The journal of operations.

use async_trait::async_trait;
use rusqlite::{Connection, Row, named_params};
use tenantry_core::StoreError;
use tenantry_core::collections::CollectionIdentity;
use tenantry_core::error::UniqueField;
use tenantry_core::journal::{Operation, OperationJournal, OperationPlan, Owner};
use tenantry_core::organizations::Trashed;
use tenantry_core::values::{OrganizationId, OrganizationName, StoredDate};
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::errors::{Outcome, breaks_uniqueness, damaged};
use crate::organizations::duplicate;
use crate::records::{bytes, milliseconds, moment, organization_id};

const OPERATION: &str = "SELECT organization_id, act, name, new_name, has_collection, collection_identity, trashed_at, trashed_by, \
                         owner_installation, owner_instance, actor, started_at FROM console_operations";

/// Finds an operation's entry, while it is the operation's.
const IS_ITS_ENTRY: &str = "organization_id = :id AND owner_installation = :installation \
                            AND owner_instance = :instance AND started_at = :started_at";

#[async_trait]
impl OperationJournal for SqliteStore {
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError> {
        let operation = operation.clone();
        self.write(move |transaction| {
            let columns = PlanColumns::of(&operation.plan);
            let collection = operation.plan.collection();
            let inserted = transaction.execute(
                "INSERT INTO console_operations (organization_id, act, name, new_name, has_collection, \
                 collection_identity, trashed_at, trashed_by, owner_installation, owner_instance, actor, started_at) \
                 VALUES (:id, :act, :name, :new_name, :has_collection, :collection_identity, :trashed_at, \
                 :trashed_by, :installation, :instance, :actor, :started_at)",
                named_params! {
                    ":id": bytes(operation.organization_id),
                    ":act": operation.plan.act(),
                    ":name": operation.plan.name().as_str(),
                    ":new_name": columns.new_name,
                    ":has_collection": collection.is_some(),
                    ":collection_identity": collection.and_then(|collection| collection.0.as_deref()),
                    ":trashed_at": columns.trashed_at,
                    ":trashed_by": columns.trashed_by,
                    ":installation": operation.owner.installation,
                    ":instance": operation.owner.instance,
                    ":actor": operation.actor,
                    ":started_at": milliseconds(operation.started_at),
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

    async fn find(&self, organization_id: OrganizationId) -> Result<Option<Operation>, StoreError> {
        self.read(move |connection| find(connection, organization_id)).await
    }

    async fn unfinished(&self) -> Result<Vec<Operation>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("{OPERATION} ORDER BY started_at, organization_id"))?;
            let mut rows = statement.query([])?;
            let mut operations = Vec::new();
            while let Some(row) = rows.next()? {
                operations.push(operation(row)?);
            }
            Ok(operations)
        })
        .await
    }

    async fn take_over(
        &self,
        operation: &Operation,
        to: &Owner,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let (seen, to) = (operation.clone(), to.clone());
        self.write(move |transaction| {
            let taken = transaction.execute(
                &format!(
                    "UPDATE console_operations SET owner_installation = :to_installation, \
                     owner_instance = :to_instance, started_at = :at WHERE {IS_ITS_ENTRY}"
                ),
                named_params! {
                    ":to_installation": to.installation,
                    ":to_instance": to.instance,
                    ":at": milliseconds(at),
                    ":id": bytes(seen.organization_id),
                    ":installation": seen.owner.installation,
                    ":instance": seen.owner.instance,
                    ":started_at": milliseconds(seen.started_at),
                },
            )?;
            Ok(taken == 1)
        })
        .await
    }

    async fn end(&self, operation: &Operation) -> Result<(), StoreError> {
        let operation = operation.clone();
        self.write(move |transaction| {
            transaction.execute(
                &format!("DELETE FROM console_operations WHERE {IS_ITS_ENTRY}"),
                named_params! {
                    ":id": bytes(operation.organization_id),
                    ":installation": operation.owner.installation,
                    ":instance": operation.owner.instance,
                    ":started_at": milliseconds(operation.started_at),
                },
            )?;
            Ok(())
        })
        .await
    }
}

/// What a plan has beside its act and its name.
#[derive(Default)]
struct PlanColumns<'a> {
    new_name: Option<&'a str>,
    trashed_at: Option<i64>,
    trashed_by: Option<&'a str>,
}

impl<'a> PlanColumns<'a> {
    fn of(plan: &'a OperationPlan) -> Self {
        match plan {
            OperationPlan::Create { .. }
            | OperationPlan::Restore { .. }
            | OperationPlan::DeleteForever { .. } => Self::default(),
            OperationPlan::Rename { to, .. } => Self { new_name: Some(to.as_str()), ..Self::default() },
            OperationPlan::Trash { trashed, .. } => Self {
                trashed_at: trashed.at.milliseconds(),
                trashed_by: Some(&trashed.by),
                ..Self::default()
            },
        }
    }
}

fn find(connection: &Connection, id: OrganizationId) -> Outcome<Option<Operation>> {
    let mut statement = connection.prepare_cached(&format!("{OPERATION} WHERE organization_id = ?1"))?;
    let mut rows = statement.query([bytes(id)])?;
    rows.next()?.map(operation).transpose()
}

fn operation(row: &Row<'_>) -> Outcome<Operation> {
    Ok(Operation {
        organization_id: organization_id(row.get_ref("organization_id")?)
            .map_err(|_| damaged("an entry of the journal"))?,
        plan: plan(row)?,
        owner: Owner { installation: row.get("owner_installation")?, instance: row.get("owner_instance")? },
        actor: row.get("actor")?,
        started_at: moment(row.get("started_at")?),
    })
}

fn plan(row: &Row<'_>) -> Outcome<OperationPlan> {
    let act: String = row.get("act")?;
    let name = OrganizationName::from_stored(row.get("name")?);
    // Of a deletion, earlier versions did not say it.
    let has_collection = row.get::<_, Option<bool>>("has_collection")?.unwrap_or(true);
    let identity = row.get("collection_identity")?;
    let collection = has_collection.then_some(CollectionIdentity(identity));
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
                had_collection: has_collection,
            },
            collection,
        }),
        "restore" => Ok(OperationPlan::Restore { name, collection }),
        "delete_forever" => Ok(OperationPlan::DeleteForever { name, collection }),
        _ => Err(damaged("an entry of the journal").into()),
    }
}
