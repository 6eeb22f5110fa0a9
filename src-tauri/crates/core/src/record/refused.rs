//! Acts that were refused because the role does not allow them.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::{Sparingly, with_left_out};
use crate::clock::Clock;
use crate::ports::Ports;
use crate::records::{ActivityEntry, ActivityKind, Outcome};
use crate::rights::RefusedAct;

/// Records refused acts until the workspace is closed: of each person, each act once a minute. An entry that can't be
/// written is logged; nothing was done.
pub async fn record_refusals(
    mut refused: UnboundedReceiver<RefusedAct>,
    ports: Ports,
    clock: Arc<dyn Clock>,
) {
    let told = Sparingly::default();
    while let Some(refused) = refused.recv().await {
        let key = format!("{} {}", refused.actor.account(), refused.act.as_str());
        if let Some(left_out) = told.is_due(&key, clock.as_ref()) {
            ports.record(&with_left_out(entry_of(&refused), left_out)).await;
        }
    }
}

fn entry_of(RefusedAct { actor, act, on }: &RefusedAct) -> ActivityEntry {
    let entry = ActivityEntry::of(actor, ActivityKind::ActRefused).ended(Outcome::Refused);
    let entry = entry.with_detail(act.as_str());
    match on {
        // Not about that organization: its people are not told of strangers.
        Some(id) => entry.on(id),
        None => entry,
    }
}
