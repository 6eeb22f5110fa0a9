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
/// The gate is asked once, when an operation begins: what it lets in is carried out whole, also when it shuts in the
/// middle.
pub struct Operations {
    gate: Arc<WriteGate>,
    runner: OperationRunner,
}

impl Operations {
    /// The operations of one open workspace. The runner's ports are those of the store itself.
    pub fn new(gate: Arc<WriteGate>, runner: OperationRunner) -> Self {
        Self { gate, runner }
    }

    pub(crate) fn gate(&self) -> &Arc<WriteGate> {
        &self.gate
    }

    /// Asks the gate once for all that follows, which may be several operations and writes beside them.
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

    /// Settles what was left on an organization, where the workspace may be written to. Called before a plan is made of
    /// what exists.
    ///
    /// # Errors
    /// As [`OperationRunner::settle_earlier`].
    pub(crate) async fn settle_earlier(&self, id: OrganizationId) -> Result<(), AppError> {
        match self.admit() {
            Ok(runner) => runner.settle_earlier(id).await,
            // The act itself tells of a shut gate, once what was typed is known to be good.
            Err(_) => Ok(()),
        }
    }

    /// Settles what this run knows to be left, once it may, where the workspace may be written to.
    pub(crate) async fn settle_left(&self) {
        if let Ok(runner) = self.admit() {
            runner.settle_left().await;
        }
    }

    /// Finishes or undoes what a crash left, and says what became of each. Called when a workspace is opened, or
    /// unlocked.
    ///
    /// # Errors
    /// `Store`: `ReadOnly`, and when the journal can't be read. A single operation that can't be settled is an outcome,
    /// not an error.
    pub async fn recover(&self) -> Result<Vec<Recovered>, AppError> {
        self.admit()?.recover().await
    }

    /// Whether an entry of the journal is nobody's any more. Writes nothing, so the gate is not asked.
    pub(crate) fn is_abandoned(&self, entry: &JournalEntry) -> bool {
        self.runner.is_abandoned(entry)
    }
}
