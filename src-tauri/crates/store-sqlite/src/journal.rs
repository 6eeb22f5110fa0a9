//! The journal of operations.

use async_trait::async_trait;
use rusqlite::{Connection, Row, named_params};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::journal::{Operation, OperationJournal, OperationPlan, Owner};
use tenantry_core::organizations::Trashed;
use tenantry_core::values::{OrganizationId, OrganizationName};
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::errors::{Outcome, breaks_uniqueness, damaged};
use crate::organizations::duplicate;
use crate::records::{bytes, milliseconds, moment, organization_id};

const OPERATION: &str = "SELECT organization_id, act, name, new_name, has_collection, trashed_at, trashed_by, \
                         owner_installation, owner_instance, actor, started_at FROM console_operations";

#[async_trait]
impl OperationJournal for SqliteStore {
    async fn begin(&self, operation: &Operation) -> Result<(), StoreError> {
        let operation = operation.clone();
        self.write(move |transaction| {
            let columns = PlanColumns::of(&operation.plan);
            let inserted = transaction.execute(
                "INSERT INTO console_operations (organization_id, act, name, new_name, has_collection, trashed_at, \
                 trashed_by, owner_installation, owner_instance, actor, started_at) \
                 VALUES (:id, :act, :name, :new_name, :has_collection, :trashed_at, :trashed_by, :installation, \
                 :instance, :actor, :started_at)",
                named_params! {
                    ":id": bytes(operation.organization_id),
                    ":act": operation.plan.act(),
                    ":name": operation.plan.name().as_str(),
                    ":new_name": columns.new_name,
                    ":has_collection": columns.has_collection,
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
            if find(transaction, seen.organization_id)?.as_ref() != Some(&seen) {
                return Ok(false);
            }
            transaction.execute(
                "UPDATE console_operations SET owner_installation = :installation, owner_instance = :instance, \
                 started_at = :at WHERE organization_id = :id",
                named_params! {
                    ":installation": to.installation,
                    ":instance": to.instance,
                    ":at": milliseconds(at),
                    ":id": bytes(seen.organization_id),
                },
            )?;
            Ok(true)
        })
        .await
    }

    async fn end(&self, organization_id: OrganizationId) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "DELETE FROM console_operations WHERE organization_id = ?1",
                [bytes(organization_id)],
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
    has_collection: Option<bool>,
    trashed_at: Option<i64>,
    trashed_by: Option<&'a str>,
}

impl<'a> PlanColumns<'a> {
    fn of(plan: &'a OperationPlan) -> Self {
        match plan {
            OperationPlan::Create { .. } | OperationPlan::DeleteForever { .. } => Self::default(),
            OperationPlan::Rename { to, has_collection, .. } => {
                Self { new_name: Some(to.as_str()), has_collection: Some(*has_collection), ..Self::default() }
            }
            OperationPlan::Trash { trashed, .. } => Self {
                has_collection: Some(trashed.had_collection),
                trashed_at: Some(milliseconds(trashed.at)),
                trashed_by: Some(&trashed.by),
                ..Self::default()
            },
            OperationPlan::Restore { has_collection, .. } => {
                Self { has_collection: Some(*has_collection), ..Self::default() }
            }
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
    match act.as_str() {
        "create" => Ok(OperationPlan::Create { name }),
        "rename" => Ok(OperationPlan::Rename {
            from: name,
            to: OrganizationName::from_stored(row.get("new_name")?),
            has_collection: row.get("has_collection")?,
        }),
        "trash" => Ok(OperationPlan::Trash {
            name,
            trashed: Trashed {
                at: moment(row.get("trashed_at")?),
                by: row.get("trashed_by")?,
                had_collection: row.get("has_collection")?,
            },
        }),
        "restore" => Ok(OperationPlan::Restore { name, has_collection: row.get("has_collection")? }),
        "delete_forever" => Ok(OperationPlan::DeleteForever { name }),
        _ => Err(damaged("an entry of the journal").into()),
    }
}
