use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;
use parking_lot::Mutex;
use time::OffsetDateTime;

use super::BackgroundReads;
use crate::clock::{Clock, is_fresh};
use crate::error::{AppError, StoreError};
use crate::limits::{STATISTICS_AT_ONCE, STATISTICS_FRESH, SUMMARY_MAX};
use crate::ports::Ports;
use crate::records::CollectionStatistics;
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, OrganizationId};

/// The statistics of one row of a list.
#[derive(Debug, Clone)]
pub struct StatisticsSummary {
    /// The organization.
    pub id: OrganizationId,
    /// The statistics, or why there are none.
    pub outcome: Result<CollectionStatistics, AppError>,
}

/// Statistics of tenant collections.
pub struct CollectionService {
    ports: Ports,
    clock: Arc<dyn Clock>,
    background: Arc<BackgroundReads>,
    /// The statistics of rows on screen, kept for a minute. By collection, so that a renamed or trashed one is read
    /// again.
    recent: Mutex<HashMap<CollectionName, (OffsetDateTime, CollectionStatistics)>>,
}

impl CollectionService {
    /// For one open workspace.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>, background: Arc<BackgroundReads>) -> Self {
        Self { ports, clock, background, recent: Mutex::new(HashMap::new()) }
    }

    /// Reads the statistics of an organization's collection now, ahead of the background reads.
    ///
    /// # Errors
    /// `DataMissing` if the collection is gone; `NotFound`, `Forbidden`, `Store`.
    pub async fn statistics(
        &self,
        actor: &Actor,
        id: OrganizationId,
    ) -> Result<CollectionStatistics, AppError> {
        actor.require_on(Act::Statistics, id)?;
        let collection = self.collection_of(id).await?;
        let statistics = self.ports.collections.statistics(&collection).await.map_err(data_missing)?;
        self.remember(&statistics);
        Ok(statistics)
    }

    /// The statistics of the rows on screen, read in the background, none older than a minute. Ids beyond
    /// [`SUMMARY_MAX`] are ignored.
    ///
    /// # Errors
    /// `Forbidden`. A failure for one row is that row's outcome.
    pub async fn summaries(
        &self,
        actor: &Actor,
        ids: &[OrganizationId],
    ) -> Result<Vec<StatisticsSummary>, AppError> {
        for id in ids {
            actor.require_on(Act::Statistics, *id)?;
        }
        let reads = ids
            .iter()
            .copied()
            .take(SUMMARY_MAX)
            .map(|id| async move { StatisticsSummary { id, outcome: self.recent_statistics(id).await } });
        Ok(futures_util::stream::iter(reads).buffered(STATISTICS_AT_ONCE).collect().await)
    }

    async fn recent_statistics(&self, id: OrganizationId) -> Result<CollectionStatistics, AppError> {
        let collection = self.collection_of(id).await?;
        if let Some(statistics) = self.recall(&collection) {
            return Ok(statistics);
        }
        let store = self.ports.collections.as_ref();
        let statistics = self.background.for_row(store, &collection).await.map_err(data_missing)?;
        self.remember(&statistics);
        Ok(statistics)
    }

    async fn collection_of(&self, id: OrganizationId) -> Result<CollectionName, AppError> {
        if let Some(organization) = self.ports.organizations.find(id).await? {
            return Ok(organization.collection());
        }
        match self.ports.organizations.find_trashed(id).await? {
            Some(organization) => Ok(organization.collection()),
            None => Err(AppError::NotFound { what: "organization" }),
        }
    }

    fn recall(&self, collection: &CollectionName) -> Option<CollectionStatistics> {
        let recent = self.recent.lock();
        let (at, statistics) = recent.get(collection)?;
        is_fresh(*at, self.clock.now(), STATISTICS_FRESH).then(|| statistics.clone())
    }

    fn remember(&self, statistics: &CollectionStatistics) {
        let now = self.clock.now();
        let mut recent = self.recent.lock();
        recent.retain(|_, (at, _)| is_fresh(*at, now, STATISTICS_FRESH));
        recent.insert(statistics.collection.clone(), (now, statistics.clone()));
    }
}

fn data_missing(error: StoreError) -> AppError {
    match error {
        StoreError::CollectionMissing { collection } => AppError::DataMissing { collection },
        other => AppError::Store(other),
    }
}
