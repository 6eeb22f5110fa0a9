//! Work long enough to need progress and a Cancel button.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::AppError;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all, when that is known.
    pub total: Option<u64>,
}

/// Where a job tells how far it is.
pub trait ProgressSink: Send + Sync {
    /// Takes a report. Must not block.
    fn report(&self, progress: Progress);
}

/// Tells nobody.
#[derive(Debug, Default, Clone, Copy)]
pub struct Quiet;

impl ProgressSink for Quiet {
    fn report(&self, _progress: Progress) {}
}

/// A flag that stops a job at its next checkpoint.
#[derive(Debug, Default, Clone)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// # Errors
    /// `Cancelled` once it was asked for.
    pub fn checkpoint(&self) -> Result<(), AppError> {
        if self.0.load(Ordering::Relaxed) { Err(AppError::Cancelled) } else { Ok(()) }
    }
}
