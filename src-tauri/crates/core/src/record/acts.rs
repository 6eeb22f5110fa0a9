//! Entries about the acts of a session.

use crate::records::{ActivityEntry, ActivityKind, random_id};
use crate::rights::Actor;

impl ActivityEntry {
    /// An entry about an act of a session. One of somebody of an organization is about that organization, unless it is
    /// said to be [`about`](Self::about) another.
    pub fn of(actor: &Actor, kind: ActivityKind) -> Self {
        let entry = Self {
            account: Some(actor.account().to_string()),
            role: Some(actor.role().as_str().to_owned()),
            device: actor.device().cloned(),
            reason: actor.reason().map(str::to_owned),
            operation: actor.operation().map(str::to_owned),
            ..Self::by(actor.email(), kind)
        };
        match actor.organization_scope() {
            Some(id) => entry.about(id, actor.organization_name().unwrap_or_default()),
            None => entry,
        }
    }
}

/// A random id for all entries about one act.
pub fn random_operation() -> String {
    random_id()
}
