//! Whether a deployment has room for what is about to be made.

use std::sync::Arc;

use parking_lot::Mutex;
use time::OffsetDateTime;

use crate::clock::{Clock, is_fresh};
use crate::error::{AppError, Limited};
use crate::limits::{CAPACITY_FRESH, INDEXES_MAX};
use crate::ports::Ports;
use crate::records::Capacity;
use crate::values::{Field, FieldIssue, FieldRule, OrganizationName};

/// Knows the room of one open workspace's deployment. Asks once a minute, and counts what is made in between.
pub struct CapacityService {
    ports: Ports,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    capacity: Capacity,
    asked_at: OffsetDateTime,
}

impl CapacityService {
    /// For one open workspace. Asks nothing yet.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>) -> Self {
        Self { ports, clock, kept: Mutex::default() }
    }

    /// The room, as it was at most a minute ago; `None` if it cannot be found out. The server then refuses what has no
    /// room.
    pub async fn current(&self) -> Option<Capacity> {
        let asked_at = self.clock.now();
        if let Some(kept) = &*self.kept.lock()
            && is_fresh(kept.asked_at, asked_at, CAPACITY_FRESH)
        {
            return Some(kept.capacity.clone());
        }
        match self.ports.health.capacity().await {
            Ok(capacity) => {
                *self.kept.lock() = Some(Kept { capacity: capacity.clone(), asked_at });
                Some(capacity)
            }
            Err(error) => {
                tracing::debug!(%error, "the room of the deployment is not known");
                None
            }
        }
    }

    /// Checks that the deployment has room for more collections, and that a name fits into that of its collection.
    /// Only a limit that the server enforces refuses; a recommended one is shown.
    ///
    /// # Errors
    /// `NoRoom`; `InvalidInput` for a name that is too long.
    pub async fn require(&self, name: Option<&OrganizationName>, collections: u64) -> Result<(), AppError> {
        let Some(capacity) = self.current().await else { return Ok(()) };
        if let Some(name) = name {
            require_short(name, capacity.name_bytes)?;
        }
        require_room(&capacity, collections, 0)
    }

    /// Checks that a collection can have more indexes than the `there` that it has, and that the deployment has room
    /// for them.
    ///
    /// # Errors
    /// `NoRoom`.
    pub async fn require_indexes(&self, there: u64, more: u64) -> Result<(), AppError> {
        require_index_room(there, more)?;
        match self.current().await {
            Some(capacity) => require_room(&capacity, 0, more),
            None => Ok(()),
        }
    }

    /// Counts collections and indexes that were made since the room was asked for.
    pub fn made(&self, collections: u64, indexes: u64) {
        if let Some(kept) = &mut *self.kept.lock() {
            let add = |number: Option<u64>, more: u64| number.map(|number| number.saturating_add(more));
            kept.capacity.collections = add(kept.capacity.collections, collections);
            kept.capacity.indexes = add(kept.capacity.indexes, indexes);
        }
    }
}

/// Indexes of a tenant collection as the service makes it.
pub(crate) const INDEXES_OF_A_TENANT: u64 = 3;

fn require_room(capacity: &Capacity, collections: u64, indexes: u64) -> Result<(), AppError> {
    let (Some(limit), Some(used)) = (capacity.limit.filter(|limit| limit.is_enforced()), capacity.used())
    else {
        return Ok(());
    };
    let (needed, limit) = (limit.counted(collections, indexes), limit.number());
    if needed == 0 || used.saturating_add(needed) <= u64::from(limit) {
        return Ok(());
    }
    Err(AppError::NoRoom { of: Limited::Collections, used, limit, needed })
}

/// Checks that a collection can have more indexes than the `there` that it has, the one on `_id` among them.
///
/// # Errors
/// `NoRoom`.
pub fn require_index_room(there: u64, more: u64) -> Result<(), AppError> {
    if there.saturating_add(more) <= u64::from(INDEXES_MAX) {
        return Ok(());
    }
    Err(AppError::NoRoom { of: Limited::Indexes, used: there, limit: INDEXES_MAX, needed: more })
}

fn require_short(name: &OrganizationName, most: u32) -> Result<(), AppError> {
    if u32::try_from(name.as_str().len()).is_ok_and(|bytes| bytes <= most) {
        return Ok(());
    }
    let message = format!("In this database a name has at most {most} bytes.");
    Err(FieldIssue { field: Field::Name, rule: FieldRule::TooManyBytes, message }.into())
}
