//! Acts that were refused because the role does not allow them.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::{Sparingly, with_left_out};
use crate::clock::Clock;
use crate::ports::Ports;
use crate::records::ActivityEntry;

/// Records refused acts until the workspace is closed: of each person, each act once a minute. An entry that can't be
/// written is logged; nothing was done.
pub async fn record_refusals(
    mut refused: UnboundedReceiver<ActivityEntry>,
    ports: Ports,
    clock: Arc<dyn Clock>,
) {
    let told = Sparingly::default();
    while let Some(entry) = refused.recv().await {
        let key = format!("{:?} {:?}", entry.account, entry.detail);
        if let Some(left_out) = told.is_due(&key, clock.as_ref()) {
            ports.record(&with_left_out(entry, left_out)).await;
        }
    }
}
