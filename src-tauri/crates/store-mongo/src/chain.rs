//! What this console knows of the end of the record, and the entries that wait to be written there.

use parking_lot::Mutex;
use tenantry_core::StoreError;
use tenantry_core::records::{ActivityEntry, Head, Recorded};
use tokio::sync::oneshot;

/// The end of the record, as far as this console knows it.
#[derive(Default)]
pub(crate) struct Chain {
    pub(crate) waiting: Mutex<Vec<Waiting>>,
    pub(crate) end: tokio::sync::Mutex<End>,
}

#[derive(Default)]
pub(crate) struct End {
    /// The newest entry when it was last known; `None` before it was read.
    pub(crate) head: Option<Head>,
    /// Whether entries can stand after it that this console does not know of.
    pub(crate) is_certain: bool,
}

pub(crate) struct Waiting {
    /// The entry's own id.
    pub(crate) id: String,
    pub(crate) entry: ActivityEntry,
    pub(crate) answer: oneshot::Sender<Result<Recorded, StoreError>>,
}
