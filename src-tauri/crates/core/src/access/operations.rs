use std::future::Future;
use std::sync::Arc;

use super::WriteGate;
use crate::error::{AppError, StoreError};
use crate::journal::OperationRunner;
use crate::ports::Ports;
use crate::records::{ActivityEntry, JournalEntry, OperationPlan, Recovered};
use crate::values::OrganizationId;

/// The operations of the journal, behind the gate.
///
/// The gate is asked once, when an operation starts: an admitted operation is carried out whole, even if the gate
/// closes in the middle.
pub struct Operations {
    gate: Arc<WriteGate>,
    runner: OperationRunner,
}

impl Operations {
    /// For one open workspace. The runner holds the ports of the store itself, without the gate.
    pub fn new(gate: Arc<WriteGate>, runner: OperationRunner) -> Self {
        Self { gate, runner }
    }

    pub(crate) fn gate(&self) -> &Arc<WriteGate> {
        &self.gate
    }

    /// Asks the gate once for everything that follows: several operations, and the writes beside them.
    ///
    /// # Errors
    /// `ReadOnly`.
    pub(crate) fn admit(&self) -> Result<&OperationRunner, StoreError> {
        self.gate.require_open()?;
        Ok(&self.runner)
    }

    /// Carries out one operation.
    ///
    /// # Errors
    /// As [`OperationRunner::run`], and `Store`: `ReadOnly`.
    pub(crate) async fn run<B, T, S, F>(
        &self,
        plan: OperationPlan,
        record: ActivityEntry,
        id: OrganizationId,
        beside: impl Future<Output = Result<B, AppError>> + Send,
        steps: S,
    ) -> Result<Option<T>, AppError>
    where
        B: Send,
        T: Send,
        S: FnOnce(Ports, B) -> F + Send,
        F: Future<Output = Result<T, AppError>> + Send,
    {
        self.admit()?.run(plan, record, id, beside, steps).await
    }

    /// Looks at what exists, to plan from it, after an operation that was left on the organization is resolved, if the
    /// workspace is writable. Mostly nothing is left: both are asked at the same time, and only what was resolved makes
    /// it look again.
    ///
    /// # Errors
    /// As [`OperationRunner::settle_earlier`], and those of `look`.
    pub(crate) async fn settled<T: Send, F>(
        &self,
        id: OrganizationId,
        look: impl Fn() -> F + Send + Sync,
    ) -> Result<T, AppError>
    where
        F: Future<Output = Result<T, AppError>> + Send,
    {
        // The change itself reports a closed gate, after its input was checked.
        let Ok(runner) = self.admit() else { return look().await };
        match futures_util::join!(runner.settle_earlier(id), look()) {
            (Ok(false), found) => found,
            (Ok(true), _) => look().await,
            (Err(error), _) => Err(error),
        }
    }

    /// Resolves the operations that this run left, as soon as it can, if the workspace is writable.
    pub(crate) async fn settle_left(&self) {
        if let Ok(runner) = self.admit() {
            runner.settle_left().await;
        }
    }

    /// Finishes or undoes every operation that a crash left, and returns what became of each. Call it when a workspace
    /// is opened or unlocked.
    ///
    /// # Errors
    /// `Store`: `ReadOnly`, or an unreadable journal. An operation that cannot be resolved is an outcome, not an error.
    pub async fn recover(&self) -> Result<Vec<Recovered>, AppError> {
        self.admit()?.recover().await
    }

    /// Whether a journal entry has no owner any more. Writes nothing, so the gate is not asked.
    pub(crate) fn is_abandoned(&self, entry: &JournalEntry) -> bool {
        self.runner.is_abandoned(entry)
    }
}
