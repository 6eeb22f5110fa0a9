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

/// Statistics, when they were read, and of whose collection.
struct Recent {
    at: OffsetDateTime,
    of: OrganizationId,
    statistics: CollectionStatistics,
}

/// Statistics of tenant collections.
pub struct CollectionService {
    ports: Ports,
    clock: Arc<dyn Clock>,
    background: Arc<BackgroundReads>,
    /// Statistics that were read within the last minute. By collection, so that a renamed or trashed one is read again.
    recent: Mutex<HashMap<CollectionName, Recent>>,
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
        let store = self.ports.collections.as_ref();
        let guess = self.recent_collection_of(id);
        let guessed = async {
            match &guess {
                Some(collection) => Some(store.statistics(collection).await),
                None => None,
            }
        };
        // At the same time, so that a distant server is waited for once. It counts only if the collection is still this
        // organization's.
        let (collection, guessed) = futures_util::join!(self.collection_of(id), guessed);
        let collection = collection?;
        let statistics = match guessed {
            Some(statistics) if guess.as_ref() == Some(&collection) => statistics,
            Some(_) | None => store.statistics(&collection).await,
        };
        let statistics = statistics.map_err(data_missing)?;
        self.remember(id, &statistics);
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
        self.remember(id, &statistics);
        Ok(statistics)
    }

    /// The organization's collection, as far as its statistics were read lately.
    fn recent_collection_of(&self, id: OrganizationId) -> Option<CollectionName> {
        let recent = self.recent.lock();
        let found = recent.iter().find(|(_, recent)| recent.of == id);
        found.map(|(collection, _)| collection.clone())
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
        let Recent { at, statistics, .. } = recent.get(collection)?;
        is_fresh(*at, self.clock.now(), STATISTICS_FRESH).then(|| statistics.clone())
    }

    fn remember(&self, of: OrganizationId, statistics: &CollectionStatistics) {
        let now = self.clock.now();
        let mut recent = self.recent.lock();
        recent.retain(|_, recent| is_fresh(recent.at, now, STATISTICS_FRESH));
        let statistics = statistics.clone();
        recent.insert(statistics.collection.clone(), Recent { at: now, of, statistics });
    }
}

fn data_missing(error: StoreError) -> AppError {
    match error {
        StoreError::CollectionMissing { collection } => AppError::DataMissing { collection },
        other => AppError::Store(other),
    }
}
