use std::time::Duration;

use tokio::time::Instant;

use crate::jobs::{Progress, ProgressSink};

/// How far a bundle is, or an organization that comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleProgress {
    /// Documents done.
    pub documents: u64,
    /// All documents, if known.
    pub total: Option<u64>,
    /// Their bytes as BSON.
    pub bytes: u64,
}

impl BundleProgress {
    /// Tells a sink, which hears of the documents as its units.
    pub fn report(self, sink: &dyn ProgressSink) {
        let total = self.total.map(|total| total.max(self.documents));
        sink.report(Progress { done: self.documents, total });
        sink.report_bytes(self.bytes);
    }
}

/// Counts what is done, and tells it now and then.
pub(super) struct Told<'job> {
    sink: &'job dyn ProgressSink,
    progress: BundleProgress,
    reported: Option<Instant>,
}

impl<'job> Told<'job> {
    /// Faster reports help nobody.
    const REPORT_EVERY: Duration = Duration::from_millis(100);

    pub(super) fn new(sink: &'job dyn ProgressSink, total: Option<u64>) -> Self {
        let progress = BundleProgress { documents: 0, total, bytes: 0 };
        progress.report(sink);
        Self { sink, progress, reported: None }
    }

    pub(super) fn add(&mut self, batch: &[Vec<u8>]) {
        self.progress.documents += batch.len() as u64;
        self.progress.bytes += batch.iter().map(|document| document.len() as u64).sum::<u64>();
        let now = Instant::now();
        if self.reported.is_none_or(|then| now - then >= Self::REPORT_EVERY) {
            self.reported = Some(now);
            self.progress.report(self.sink);
        }
    }

    /// What is done, which is everything.
    pub(super) fn end(mut self) -> BundleProgress {
        self.progress.total = Some(self.progress.documents);
        self.progress.report(self.sink);
        self.progress
    }
}
