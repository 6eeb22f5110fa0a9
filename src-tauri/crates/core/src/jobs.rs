//! Work long enough to need progress and a Cancel button.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use crate::error::AppError;

/// The progress of a job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// All units, if known.
    pub total: Option<u64>,
}

/// The part of a job that is under way, each with units that are counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum JobStep {
    /// The job has one part only.
    #[default]
    Whole,
    /// A backup is written.
    Writing,
    /// What was written is read back.
    ReadingBack,
    /// What was written is compared with what it was made of.
    Comparing,
    /// What has no progress and can't be stopped any more.
    Ending,
}

/// Receives the progress of a job.
pub trait ProgressSink: Send + Sync {
    /// Receives a report. Must not block.
    fn report(&self, progress: Progress);

    /// Receives the bytes of what is done, from a job that counts them too. Must not block.
    fn report_bytes(&self, _bytes: u64) {}

    /// Another part begins. Must not block.
    fn begin(&self, _step: JobStep) {}
}

/// Ignores all reports.
#[derive(Debug, Default, Clone, Copy)]
pub struct Quiet;

impl ProgressSink for Quiet {
    fn report(&self, _progress: Progress) {}
}

/// A flag that stops a job at its next checkpoint, or during a wait that listens to it.
#[derive(Debug, Default, Clone)]
pub struct Cancellation(Arc<watch::Sender<bool>>);

impl Cancellation {
    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// # Errors
    /// `Cancelled` after [`cancel`](Self::cancel).
    pub fn checkpoint(&self) -> Result<(), AppError> {
        if *self.0.borrow() { Err(AppError::Cancelled) } else { Ok(()) }
    }

    /// Waits for a cancellation, without end if there is none.
    pub async fn cancelled(&self) {
        // Can't fail: the sender is held here.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_ends_when_the_job_is_cancelled_before_or_during_it() {
        let cancellation = Cancellation::default();
        let waiting = tokio::spawn({
            let cancellation = cancellation.clone();
            async move { cancellation.cancelled().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "nobody asked for it");
        cancellation.cancel();
        waiting.await.expect("the wait ends");
        cancellation.cancelled().await;
    }
}
