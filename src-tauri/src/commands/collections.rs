//! Tenant collections.

use serde::Serialize;
use tauri::State;
use tenantry_core::AppError;
use tenantry_core::collections::StatisticsSummary as CoreSummary;
use tenantry_core::records as core;
use time::OffsetDateTime;

use super::{moment, organization_id};
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::numbers::Count;

/// Statistics of a collection.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CollectionStatistics {
    /// Its name.
    pub collection: String,
    /// Whether it exists.
    pub exists: bool,
    /// Documents in it.
    pub documents: Count,
    /// Bytes of its documents.
    pub data_size: Option<Count>,
    /// Bytes of an average document.
    pub average_document: Option<Count>,
    /// Bytes on disk, without indexes.
    pub storage_size: Option<Count>,
    pub indexes: Vec<IndexStatistics>,
    /// Bytes of all indexes.
    pub index_size: Option<Count>,
    /// Counted, not estimated.
    pub exact: bool,
    /// When it was read.
    pub read_at: String,
    /// The command that read it.
    pub command: String,
    /// What is missing and why.
    pub note: Option<String>,
}

/// One index.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct IndexStatistics {
    pub name: String,
    /// Its bytes.
    pub size: Option<Count>,
}

/// The statistics of a row, or why there are none.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct StatisticsSummary {
    /// The organization.
    pub id: String,
    pub documents: Option<Count>,
    /// Counted, not estimated.
    pub exact: bool,
    /// Their bytes; `null` also if the store does not say.
    pub data_size: Option<Count>,
    /// What is missing of the numbers and why.
    pub note: Option<String>,
    /// When they were read.
    pub read_at: String,
    /// Why there are none.
    pub problem: Option<ConsoleError>,
}

impl From<core::CollectionStatistics> for CollectionStatistics {
    fn from(statistics: core::CollectionStatistics) -> Self {
        let index = |index: &core::IndexStatistics| IndexStatistics {
            name: index.name.clone(),
            size: index.size.map(Count::from),
        };
        Self {
            collection: statistics.collection.to_string(),
            exists: true,
            documents: Count::from(statistics.documents),
            data_size: statistics.data_size.map(Count::from),
            average_document: statistics.average_document().map(Count::from),
            storage_size: statistics.storage_size.map(Count::from),
            indexes: statistics.indexes.iter().map(index).collect(),
            index_size: statistics.index_size().map(Count::from),
            exact: statistics.exact,
            read_at: moment(statistics.read_at),
            command: statistics.command.to_owned(),
            note: statistics.note,
        }
    }
}

impl CollectionStatistics {
    /// A missing collection, which other software may have dropped.
    fn missing(collection: String, now: OffsetDateTime) -> Self {
        Self {
            collection,
            exists: false,
            documents: Count::from(0_u32),
            data_size: None,
            average_document: None,
            storage_size: None,
            indexes: Vec::new(),
            index_size: None,
            exact: true,
            read_at: moment(now),
            command: "listCollections".to_owned(),
            note: None,
        }
    }
}

/// The statistics of an organization's collection, read now. A missing collection is a result, not an error.
///
/// # Errors
/// `not_found`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn collection_statistics(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<CollectionStatistics, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    match workspace.collections().statistics(&actor, organization_id(&id)?).await {
        Ok(statistics) => Ok(CollectionStatistics::from(statistics)),
        Err(AppError::DataMissing { collection }) => {
            Ok(CollectionStatistics::missing(collection, console.clock.now()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The statistics of the rows on screen, none older than a minute.
///
/// # Errors
/// `forbidden`, those of a session. A failure for one row is in that row.
#[tauri::command]
#[specta::specta]
pub async fn summarize_statistics(
    console: State<'_, Console>,
    workspace: String,
    ids: Vec<String>,
) -> Result<Vec<StatisticsSummary>, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let ids = ids.iter().map(|id| organization_id(id)).collect::<Result<Vec<_>, _>>()?;
    let summaries = workspace.collections().summaries(&actor, &ids).await?;
    let now = console.clock.now();
    let summarize = |summary: CoreSummary| match summary.outcome {
        Ok(statistics) => StatisticsSummary {
            id: summary.id.to_hex(),
            documents: Some(Count::from(statistics.documents)),
            exact: statistics.exact,
            note: statistics.note,
            data_size: statistics.data_size.map(Count::from),
            read_at: moment(statistics.read_at),
            problem: None,
        },
        Err(error) => StatisticsSummary {
            id: summary.id.to_hex(),
            documents: None,
            exact: false,
            note: None,
            data_size: None,
            read_at: moment(now),
            problem: Some(ConsoleError::from(error)),
        },
    };
    Ok(summaries.into_iter().map(summarize).collect())
}
