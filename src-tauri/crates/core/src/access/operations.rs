use std::future::Future;
use std::sync::Arc;

use super::WriteGate;
use crate::error::{AppError, StoreError};
use crate::journal::OperationRunner;
use crate::ports::Ports;
use crate::records::{JournalEntry, OperationPlan, Recovered};
use crate::rights::Actor;
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
    pub(crate) async fn run<S, F>(
        &self,
        id: OrganizationId,
        plan: OperationPlan,
        actor: &Actor,
        steps: S,
    ) -> Result<(), AppError>
    where
        S: FnOnce(Ports) -> F + Send,
        F: Future<Output = Result<(), AppError>> + Send,
    {
        self.admit()?.run(id, plan, actor, steps).await
    }

    /// Resolves an operation that was left on an organization, if the workspace is writable. Call it before planning
    /// from what exists.
    ///
    /// # Errors
    /// As [`OperationRunner::settle_earlier`].
    pub(crate) async fn settle_earlier(&self, id: OrganizationId) -> Result<(), AppError> {
        match self.admit() {
            Ok(runner) => runner.settle_earlier(id).await,
            // The change itself reports a closed gate, after its input was checked.
            Err(_) => Ok(()),
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
