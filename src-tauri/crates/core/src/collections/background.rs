use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::error::StoreError;
use crate::limits::{BACKGROUND_READ_EVERY, STATISTICS_AT_ONCE};
use crate::ports::CollectionStore;
use crate::records::{CollectionStatistics, Topology};
use crate::values::CollectionName;

/// Reads statistics in the background, a few at a time: for the rows of a list and for the columns of a file. Those for
/// rows are also rate-limited on servers, which have other work to do.
pub struct BackgroundReads {
    at_once: Semaphore,
    pace: Option<Mutex<Pace>>,
}

impl BackgroundReads {
    /// For a store of this topology. A file on this computer has no other work to do, so it is not rate-limited.
    pub fn of(topology: Topology) -> Self {
        let pace = match topology {
            Topology::File => None,
            Topology::Standalone | Topology::ReplicaSet | Topology::Sharded => {
                Some(Mutex::new(Pace { next: Instant::now() }))
            }
        };
        Self { at_once: Semaphore::new(STATISTICS_AT_ONCE), pace }
    }

    /// Reads a collection's statistics for a row of a list, in its turn.
    pub(crate) async fn for_row(
        &self,
        store: &dyn CollectionStore,
        collection: &CollectionName,
    ) -> Result<CollectionStatistics, StoreError> {
        let _place = self.at_once.acquire().await;
        if let Some(pace) = &self.pace {
            let turn = pace.lock().next_turn(Instant::now());
            tokio::time::sleep_until(turn.into()).await;
        }
        store.statistics(collection).await
    }

    /// Reads a collection's statistics for a file that a person waits for: a few at a time, without a rate limit.
    pub(crate) async fn for_file(
        &self,
        store: &dyn CollectionStore,
        collection: &CollectionName,
    ) -> Result<CollectionStatistics, StoreError> {
        let _place = self.at_once.acquire().await;
        store.statistics(collection).await
    }
}

/// A rate limiter. Up to one second of unused turns is saved, so the first screen does not wait.
struct Pace {
    /// The time of the next turn. It lies in the past by the turns that are saved.
    next: Instant,
}

impl Pace {
    const SAVED_UP: Duration = Duration::from_secs(1);

    /// When the next read can start.
    fn next_turn(&mut self, now: Instant) -> Instant {
        let turn = self.next.max(now.checked_sub(Self::SAVED_UP).unwrap_or(now));
        self.next = turn + BACKGROUND_READ_EVERY;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_a_second_have_their_turn_and_those_of_an_idle_second_at_once() {
        let start = Instant::now();
        let after_idling = start + Duration::from_secs(60);
        let mut pace = Pace { next: start };
        let mut wait = || pace.next_turn(after_idling).saturating_duration_since(after_idling);
        assert!((0..=20).all(|_| wait().is_zero()));
        assert_eq!(wait(), Duration::from_millis(50));
        let later = (0..39).map(|_| wait()).last();
        assert_eq!(later, Some(Duration::from_secs(2)), "an idle minute is not made up for");
    }
}
