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
