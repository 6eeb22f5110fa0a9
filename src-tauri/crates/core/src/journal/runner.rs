use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use super::model::{Operation, OperationPlan, Recovered, RecoveryOutcome};
use super::opening::Opening;
use super::recovery::{self, Settled};
use crate::access::WriteGate;
use crate::activity::{ActivityEntry, ActivityKind};
use crate::clock::Clock;
use crate::error::{AppError, StoreError, UniqueField};
use crate::ports::Ports;
use crate::sessions::Actor;
use crate::values::OrganizationId;

/// Carries out acts that touch more than one thing: intent first, then the steps, then the end of the intent.
pub struct OperationRunner {
    /// The store itself: an act that was begun is carried out whole, also when the gate shuts in the middle.
    ports: Ports,
    gate: Arc<WriteGate>,
    clock: Arc<dyn Clock>,
    opening: Opening,
    /// What this run of the program is carrying out at this moment.
    running: Mutex<HashSet<OrganizationId>>,
}

/// Takes an organization out of the running ones when the act ends, however it ends.
struct Running<'a> {
    set: &'a Mutex<HashSet<OrganizationId>>,
    id: OrganizationId,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

fn is_unclear(failure: &AppError) -> bool {
    matches!(failure, AppError::Store(error) if error.is_unclear())
}

impl OperationRunner {
    /// A runner for one open workspace. `ports` are those of the store itself; the gate is asked before an act begins.
    pub fn new(
        ports: Ports,
        gate: Arc<WriteGate>,
        clock: Arc<dyn Clock>,
        opening: impl Into<Opening>,
    ) -> Self {
        Self { ports, gate, clock, opening: opening.into(), running: Mutex::new(HashSet::new()) }
    }

    /// Writes the intent, carries out the steps, ends the intent. The steps get ports that no gate shuts. When a step fails, what exists decides: an act that
    /// is done after all counts as done, one that is not is undone, and one that can't be decided now stays in the
    /// journal.
    ///
    /// # Errors
    /// `Store`: `ReadOnly` where the workspace may not be written to; `Busy` when another act on the organization is
    /// under way; else what `steps` answers.
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
        self.gate.require_open()?;
        let _running = self.start(id).ok_or(AppError::Busy { act: plan.act() })?;
        let operation = Operation {
            organization_id: id,
            plan,
            owner: self.opening.owner().clone(),
            actor: actor.email().to_owned(),
            started_at: self.clock.now(),
        };
        self.begin(&operation).await?;
        let failure = match steps(self.ports.clone()).await {
            Ok(()) => {
                self.end(id).await;
                return Ok(());
            }
            Err(failure) => failure,
        };
        match recovery::settle(&self.ports, &operation, self.clock.now()).await {
            Ok(Settled::Finished) => {
                self.end(id).await;
                Ok(())
            }
            Ok(Settled::Undone) => {
                // A server may still be at what it was asked for before the line broke. The entry stays then, and a
                // later look finds out.
                if !is_unclear(&failure) {
                    self.end(id).await;
                }
                Err(failure)
            }
            Ok(Settled::Undecided { reason }) => {
                tracing::error!(act = operation.plan.act(), %id, reason, "an act could not be finished or undone");
                Err(failure)
            }
            Err(error) => {
                tracing::warn!(act = operation.plan.act(), %id, %error, "an act stays in the journal");
                Err(failure)
            }
        }
    }

    /// Finishes or undoes what a crash left, and says what became of each. Called when a workspace is opened, or
    /// unlocked.
    ///
    /// # Errors
    /// `Store`: `ReadOnly` where the workspace may not be written to, and when the journal can't be read. A single operation that can't be settled is an outcome, not an error.
    pub async fn recover(&self) -> Result<Vec<Recovered>, AppError> {
        self.gate.require_open()?;
        let mut recovered = Vec::new();
        for operation in self.ports.journal.unfinished().await? {
            let Some(_running) = self.start(operation.organization_id) else { continue };
            let outcome = if self.may_take(&operation) {
                self.recover_one(&operation).await
            } else {
                RecoveryOutcome::InProgressElsewhere
            };
            recovered.push(Recovered { operation, outcome });
        }
        Ok(recovered)
    }

    async fn recover_one(&self, operation: &Operation) -> RecoveryOutcome {
        match self.take_and_settle(operation).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => RecoveryOutcome::InProgressElsewhere,
            Err(error) => RecoveryOutcome::NeedsAttention { reason: error.to_string() },
        }
    }

    /// Takes an abandoned operation over and settles it; `None` when somebody else was quicker.
    async fn take_and_settle(&self, operation: &Operation) -> Result<Option<RecoveryOutcome>, StoreError> {
        let now = self.clock.now();
        if !self.ports.journal.take_over(operation, self.opening.owner(), now).await? {
            return Ok(None);
        }
        let (outcome, kind) = match recovery::settle(&self.ports, operation, now).await? {
            Settled::Finished => (RecoveryOutcome::Finished, ActivityKind::OperationFinished),
            Settled::Undone => (RecoveryOutcome::Undone, ActivityKind::OperationUndone),
            Settled::Undecided { reason } => return Ok(Some(RecoveryOutcome::NeedsAttention { reason })),
        };
        self.ports.journal.end(operation.organization_id).await?;
        let entry = ActivityEntry {
            at: now,
            actor: "tenantry".to_owned(),
            kind,
            organization_id: Some(operation.organization_id),
            organization_name: Some(operation.plan.name().to_string()),
            detail: Some(format!("{}, begun by {}", operation.plan.act(), operation.actor)),
        };
        crate::sessions::record(&self.ports, &entry).await;
        Ok(Some(outcome))
    }

    /// Writes the intent. An abandoned one of the same organization is settled first.
    async fn begin(&self, operation: &Operation) -> Result<(), AppError> {
        match self.ports.journal.begin(operation).await {
            Ok(()) => return Ok(()),
            Err(StoreError::Duplicate { field: UniqueField::Operation }) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(earlier) = self.ports.journal.find(operation.organization_id).await? else {
            // It ended in between.
            return Ok(self.ports.journal.begin(operation).await?);
        };
        let busy = AppError::Busy { act: earlier.plan.act() };
        if !self.may_take(&earlier) {
            return Err(busy);
        }
        match self.take_and_settle(&earlier).await? {
            Some(RecoveryOutcome::Finished | RecoveryOutcome::Undone) => {
                Ok(self.ports.journal.begin(operation).await?)
            }
            Some(RecoveryOutcome::InProgressElsewhere | RecoveryOutcome::NeedsAttention { .. }) | None => {
                Err(busy)
            }
        }
    }

    /// Whether an entry of the journal is nobody's any more. Called while the organization is marked as running here,
    /// so an entry of this very run is one that failed without being settled.
    fn may_take(&self, operation: &Operation) -> bool {
        let me = self.opening.owner();
        operation.owner == *me
            || !self.opening.is_beside(&operation.owner) && operation.is_abandoned(me, self.clock.now())
    }

    fn start(&self, id: OrganizationId) -> Option<Running<'_>> {
        let fresh = self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        fresh.then_some(Running { set: &self.running, id })
    }

    /// The act is done; an entry that can't be removed now is found settled later.
    async fn end(&self, id: OrganizationId) {
        if let Err(error) = self.ports.journal.end(id).await {
            tracing::warn!(%id, %error, "a finished act could not be taken out of the journal");
        }
    }
}
