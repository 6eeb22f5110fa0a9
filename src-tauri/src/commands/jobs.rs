//! Jobs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;
use tauri::State;
use tauri::ipc::Channel;
use tenantry_core::AppError;
use tenantry_core::jobs::{JobStep, Progress, ProgressSink};

use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::numbers::Count;

/// The shortest interval between two reports: faster ones are not seen, and fill the web view's queue.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// The progress of a job.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct JobProgress {
    /// The part of the job that is under way.
    pub step: JobStep,
    /// Units of it done.
    pub done: Count,
    /// All units, if known.
    pub total: Option<Count>,
    /// Units per second since it began.
    pub per_second: Count,
    /// The bytes of what is done; 0 from a job that does not count them.
    pub bytes: Count,
    /// Bytes per second since it began.
    pub bytes_per_second: Count,
}

/// Asks a job to stop. A finished one needs no stopping.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn cancel_job(console: State<'_, Console>, job: String) -> Result<(), ConsoleError> {
    console.jobs.cancel(&job);
    Ok(())
}

/// Answers a question of the window, unless the window cancels it under the name `job`: then it ends in the store too.
pub async fn unless_cancelled<T>(
    console: &Console,
    workspace: &str,
    job: Option<String>,
    question: impl Future<Output = Result<T, ConsoleError>>,
) -> Result<T, ConsoleError> {
    let Some(job) = job else { return question.await };
    let job = console.jobs.begin_in(workspace, &job);
    tokio::select! {
        biased;
        () = job.cancellation().cancelled() => Err(AppError::Cancelled.into()),
        answer = question => answer,
    }
}

/// Sends a job's progress to the window, at most ten times a second.
pub struct ChannelProgress {
    channel: Channel<JobProgress>,
    part: Mutex<Part>,
    bytes: AtomicU64,
}

/// The part of a job that is under way.
struct Part {
    step: JobStep,
    started: Instant,
    reported: Option<Instant>,
}

impl Part {
    fn of(step: JobStep) -> Self {
        Self { step, started: Instant::now(), reported: None }
    }
}

impl ChannelProgress {
    /// Reports on `channel`, measuring speed from now.
    pub fn new(channel: Channel<JobProgress>) -> Self {
        Self { channel, part: Mutex::new(Part::of(JobStep::Whole)), bytes: AtomicU64::new(0) }
    }
}

impl ProgressSink for ChannelProgress {
    fn report(&self, progress: Progress) {
        let now = Instant::now();
        let is_last = progress.total == Some(progress.done);
        let mut part = self.part.lock();
        if !is_last && part.reported.is_some_and(|before| now.duration_since(before) < REPORT_EVERY) {
            return;
        }
        part.reported = Some(now);
        let (step, started) = (part.step, part.started);
        drop(part);

        let milliseconds = u64::try_from(now.duration_since(started).as_millis()).unwrap_or(u64::MAX);
        let bytes = self.bytes.load(Ordering::Relaxed);
        let per_second = |done: u64| Count::from(done.saturating_mul(1000) / milliseconds.max(1));
        let report = JobProgress {
            step,
            done: Count::from(progress.done),
            total: progress.total.map(Count::from),
            per_second: per_second(progress.done),
            bytes: Count::from(bytes),
            bytes_per_second: per_second(bytes),
        };
        // A closed window no longer wants progress; the job's own result counts.
        if self.channel.send(report).is_err() {
            tracing::debug!("nobody listens to a job's progress");
        }
    }

    fn report_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    fn begin(&self, step: JobStep) {
        *self.part.lock() = Part::of(step);
        self.bytes.store(0, Ordering::Relaxed);
        self.report(Progress { done: 0, total: None });
    }
}
