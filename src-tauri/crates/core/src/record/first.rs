//! An act is recorded before it is done, so that nothing is done that the record does not tell.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use parking_lot::Mutex;
use time::OffsetDateTime;

use super::random_operation;
use crate::clock::Clock;
use crate::error::AppError;
use crate::limits::REFUSAL_TOLD_EVERY;
use crate::ports::Ports;
use crate::records::{ActivityEntry, Outcome};

impl Ports {
    /// Records an act, then carries it out. If it fails, a second entry of the same operation says so: `Undone` if
    /// nothing of it is left, `Failed` if that is not known.
    ///
    /// # Errors
    /// Those of the record, and then nothing is done; otherwise those of the act.
    pub(crate) async fn recorded<T>(
        &self,
        entry: ActivityEntry,
        act: impl Future<Output = Result<T, AppError>>,
    ) -> Result<T, AppError> {
        self.recorded_at(entry, |_| act).await
    }

    /// As [`recorded`](Self::recorded), for an act that notes the moment: that of its entry, by the store's clock.
    ///
    /// # Errors
    /// As [`recorded`](Self::recorded).
    pub(crate) async fn recorded_at<T, A>(
        &self,
        entry: ActivityEntry,
        act: impl FnOnce(OffsetDateTime) -> A,
    ) -> Result<T, AppError>
    where
        A: Future<Output = Result<T, AppError>>,
    {
        let entry = in_operation(entry);
        let at = match self.record_first(&entry).await {
            Ok(at) => at,
            // The entry may be there all the same, and tells of an act that is not done.
            Err(error) if is_unclear(&error) => {
                self.record_end(&entry, Outcome::Undone, &error).await;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let done = act(at).await;
        if let Err(error) = &done {
            self.record_failure(&entry, error).await;
        }
        done
    }

    /// Records an act that is about to be done; returns the moment of its entry.
    ///
    /// # Errors
    /// Those of the record: the act must not be done.
    pub(crate) async fn record_first(&self, entry: &ActivityEntry) -> Result<OffsetDateTime, AppError> {
        Ok(self.activity.append(entry).await?.at)
    }

    /// Records that an act failed whose entry was written.
    pub(crate) async fn record_failure(&self, entry: &ActivityEntry, error: &AppError) {
        let may_be_done = is_unclear(error) || matches!(error, AppError::PartlyDone { .. });
        self.record_end(entry, if may_be_done { Outcome::Failed } else { Outcome::Undone }, error).await;
    }

    /// What an act has come to can only be logged if it can't be recorded.
    async fn record_end(&self, entry: &ActivityEntry, outcome: Outcome, error: &AppError) {
        let end = ActivityEntry { changes: Vec::new(), reason: None, ..entry.clone() };
        self.record(&end.ended(outcome).with_detail(error.to_string())).await;
    }
}

fn is_unclear(error: &AppError) -> bool {
    matches!(error, AppError::Store(error) if error.is_unclear())
}

/// The entry with an operation, if it has none yet.
pub(crate) fn in_operation(entry: ActivityEntry) -> ActivityEntry {
    let operation = entry.operation.clone().unwrap_or_else(random_operation);
    entry.of_operation(operation)
}

/// Lets one entry of a kind through in a minute, so that nobody fills the record by repeating what is refused.
#[derive(Default)]
pub(crate) struct Sparingly(Mutex<HashMap<String, Last>>);

struct Last {
    at: Duration,
    left_out: u32,
}

impl Sparingly {
    /// Whether an entry is written now; the number of those before it that were not.
    pub(crate) fn is_due(&self, key: &str, clock: &dyn Clock) -> Option<u32> {
        let now = clock.running_for();
        let is_over = |last: &Last| now.saturating_sub(last.at) >= REFUSAL_TOLD_EVERY;
        let mut known = self.0.lock();
        let left_out = match known.get_mut(key) {
            Some(last) if !is_over(last) => {
                last.left_out = last.left_out.saturating_add(1);
                return None;
            }
            Some(last) => last.left_out,
            None => 0,
        };
        known.retain(|_, last| !is_over(last));
        known.insert(key.to_owned(), Last { at: now, left_out: 0 });
        Some(left_out)
    }
}

/// How often something else of the same kind was left out before an entry.
pub(crate) fn with_left_out(entry: ActivityEntry, left_out: u32) -> ActivityEntry {
    if left_out == 0 {
        return entry;
    }
    let before = entry.detail.clone().map(|detail| format!("{detail}; ")).unwrap_or_default();
    entry.with_detail(format!("{before}{left_out} more like it since the last entry"))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::clock::ManualClock;
    use crate::records::ActivityKind;

    #[test]
    fn one_entry_a_minute_tells_of_those_that_were_left_out() {
        let clock = ManualClock::at(datetime!(2026-03-01 12:00 UTC));
        let sparingly = Sparingly::default();
        assert_eq!(sparingly.is_due("a", &clock), Some(0));
        for _ in 0..3 {
            assert_eq!(sparingly.is_due("a", &clock), None);
        }
        assert_eq!(sparingly.is_due("b", &clock), Some(0), "another is none of these");
        clock.advance(REFUSAL_TOLD_EVERY);
        assert_eq!(sparingly.is_due("a", &clock), Some(3));
        assert_eq!(sparingly.is_due("a", &clock), None);
        assert_eq!(sparingly.0.lock().len(), 1, "what is over is forgotten");
        let entry = ActivityEntry::by("dana@example.com", ActivityKind::ActRefused).with_detail("trash");
        let told = with_left_out(entry, 3).detail;
        assert_eq!(told.as_deref(), Some("trash; 3 more like it since the last entry"));
    }
}
