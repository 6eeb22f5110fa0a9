//! Interrupted operations that wait for a person's decision.

use serde::Serialize;
use tauri::State;
use tenantry_core::attention::{self as core, UnsettledData, UnsettledDestination};
use tenantry_core::records::{OperationPlan, RecoveredAct};

use super::{moment, organization_id};
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::numbers::Count;

/// An interrupted operation that waits for a decision, and what exists of it.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct UnsettledAct {
    /// The organization.
    pub organization_id: String,
    /// Its name when the operation started.
    pub organization_name: String,
    pub act: RecoveredAct,
    /// The new name of a rename.
    pub new_name: Option<String>,
    /// The person who started it.
    pub begun_by: String,
    /// When it started.
    pub begun_at: String,
    /// Why it could not be resolved; `null` while the workspace is not writable.
    pub reason: Option<String>,
    /// Its name in the list; `null` if it is not there.
    pub live_name: Option<String>,
    /// Its name in the trash; `null` if it is not there.
    pub trashed_name: Option<String>,
    /// The names that its collection may have, and what is there.
    pub places: Vec<UnsettledPlace>,
    /// How the operation can end, the likeliest way first.
    pub choices: Vec<UnsettledChoice>,
    /// The state that a decision is conditional on.
    pub seen: String,
}

/// A name that the collection may have.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct UnsettledPlace {
    /// The name.
    pub collection_name: String,
    /// Whether a collection has it.
    pub exists: bool,
    /// Its documents; `null` if the store does not say.
    pub documents: Option<Count>,
    /// Whether it is the one that the operation started with; `null` if unknown.
    pub is_original: Option<bool>,
    /// The other organization that it belongs to.
    pub belongs_to: Option<String>,
}

/// How an interrupted operation can end. No collection is dropped or replaced.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct UnsettledChoice {
    /// For the decision.
    pub id: String,
    /// Where the organization ends up.
    pub destination: UnsettledDestination,
    /// Its name in the list then.
    pub name: Option<String>,
    /// Which collection it has then.
    pub data: UnsettledData,
    /// The current name of that collection; `null` if there is none.
    pub collection_name: Option<String>,
    /// Collections that belong to nobody and are left as they are.
    pub left: Vec<String>,
}

impl From<core::Unsettled> for UnsettledAct {
    fn from(unsettled: core::Unsettled) -> Self {
        let core::Unsettled { entry, reason, facts, choices } = unsettled;
        let (id, plan) = (entry.operation.organization_id, &entry.operation.plan);
        Self {
            organization_id: id.to_hex(),
            organization_name: plan.name().to_string(),
            act: RecoveredAct::from(plan),
            new_name: match plan {
                OperationPlan::Rename { to, .. } => Some(to.to_string()),
                OperationPlan::Create { .. }
                | OperationPlan::Trash { .. }
                | OperationPlan::Restore { .. }
                | OperationPlan::DeleteForever { .. }
                | OperationPlan::Receive { .. }
                | OperationPlan::Mend { .. } => None,
            },
            begun_at: moment(entry.begun_at),
            reason,
            seen: facts.seen(),
            live_name: facts.live.map(|live| live.name.to_string()),
            trashed_name: facts.trashed.map(|trashed| trashed.name.to_string()),
            places: facts.places.into_iter().map(UnsettledPlace::from).collect(),
            choices: choices.into_iter().map(UnsettledChoice::from).collect(),
            begun_by: entry.operation.actor,
        }
    }
}

impl From<core::Place> for UnsettledPlace {
    fn from(place: core::Place) -> Self {
        let found = place.found.as_ref();
        Self {
            collection_name: place.name.to_string(),
            exists: found.is_some(),
            documents: found.and_then(|found| found.documents).map(Count::from),
            is_original: found.and_then(|found| found.is_original),
            belongs_to: found.and_then(|found| found.belongs_to.as_ref()).map(ToString::to_string),
        }
    }
}

impl From<core::Choice> for UnsettledChoice {
    fn from(choice: core::Choice) -> Self {
        let id = choice.id();
        let destination = UnsettledDestination::from(&choice.destination);
        let name = match choice.destination {
            core::Destination::Live(name) => Some(name.to_string()),
            core::Destination::Trash | core::Destination::Nowhere => None,
        };
        let (data, used) = (UnsettledData::from(&choice.data), choice.data.used());
        let collection_name = used.map(ToString::to_string);
        let left = choice.left.iter().map(ToString::to_string).collect();
        Self { id, destination, name, data, collection_name, left }
    }
}

/// The interrupted operations that wait for a decision, after resolving those that can be resolved, if the workspace is
/// writable.
///
/// # Errors
/// `forbidden` to anyone but an operator, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn list_unsettled(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Vec<UnsettledAct>, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let unsettled = workspace.attention().list(&actor).await?;
    Ok(unsettled.into_iter().map(UnsettledAct::from).collect())
}

/// Ends an interrupted operation as a person decided, if what exists is still what they were shown. Recorded.
///
/// # Errors
/// `facts_changed`, `not_found` if it has ended, `busy`, `conflict`, `forbidden` to anyone but an operator, those of a
/// session, `read_only`, `unavailable`, `denied_by_database`.
#[tauri::command]
#[specta::specta]
pub async fn decide_unsettled(
    console: State<'_, Console>,
    workspace: String,
    organization_id: String,
    choice: String,
    seen: String,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let id = self::organization_id(&organization_id)?;
    Ok(workspace.decide_unsettled(&actor, id, &seen, &choice).await?)
}
