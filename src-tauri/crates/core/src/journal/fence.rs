//! Keeps a computer that slept from going on with an operation that another one has taken over meanwhile.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::error::StoreError;
use crate::limits::OPERATION_LEASE;
use crate::ports::{Call, OperationJournal, Policy, Ports};
use crate::records::Operation;

/// How long after it was asserted an operation certainly belongs to its run.
const CERTAIN: Duration = Duration::from_secs(OPERATION_LEASE.as_secs() / 2);

/// Asserts that an operation is still this run's, before a write that comes long after it was last certain.
///
/// What remains is a sleep between this question and the write itself: for that, each write has its condition.
pub(super) struct Fence(Arc<Watch>);

struct Watch {
    journal: Arc<dyn OperationJournal>,
    clock: Arc<dyn Clock>,
    operation: Operation,
    asserted: Mutex<Asserted>,
}

struct Asserted {
    /// By the clock that stands still while a computer sleeps, and by the one that a person can set.
    at: (Duration, OffsetDateTime),
    is_lost: bool,
}

impl Fence {
    /// Around an operation that is about to be this run's in the journal: call it before the intent is sent.
    pub(super) fn around(operation: Operation, ports: &Ports, clock: &Arc<dyn Clock>) -> Self {
        let asserted = Asserted { at: (clock.running_for(), clock.now()), is_lost: false };
        let (journal, clock) = (Arc::clone(&ports.journal), Arc::clone(clock));
        Self(Arc::new(Watch { journal, clock, operation, asserted: Mutex::new(asserted) }))
    }

    /// The ports for the steps of the operation.
    pub(super) fn ports(&self, ports: &Ports) -> Ports {
        ports.clone().under(Self(Arc::clone(&self.0)))
    }

    /// Whether another run was found to have the operation, before a write that was not sent then.
    pub(super) fn is_lost(&self) -> bool {
        self.0.asserted.lock().is_lost
    }
}

impl Watch {
    fn is_certain(&self) -> bool {
        let asserted = self.asserted.lock();
        let (running, at) = asserted.at;
        let awake = self.clock.running_for().saturating_sub(running);
        !asserted.is_lost && awake < CERTAIN && (self.clock.now() - at).unsigned_abs() < CERTAIN
    }

    /// Renews the lease, if the operation still is this run's. Again, if the computer slept until the response came.
    async fn assert(&self) -> Result<(), StoreError> {
        while !self.is_certain() {
            let at = (self.clock.running_for(), self.clock.now());
            let is_its_own = self.journal.take_over(&self.operation, None, &self.operation).await?;
            *self.asserted.lock() = Asserted { at, is_lost: !is_its_own };
            if !is_its_own {
                return Err(StoreError::Changed { what: "the organization" });
            }
        }
        Ok(())
    }
}

impl Policy for Fence {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call.writes {
            self.0.assert().await?;
        }
        store.await
    }
}
