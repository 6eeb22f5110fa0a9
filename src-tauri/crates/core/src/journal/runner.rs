use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, Either};
use parking_lot::{Mutex, MutexGuard};
use time::OffsetDateTime;

use super::fence::Fence;
use super::opening::Opening;
use super::recovery;
use super::settled::{Asked, Settled};
use crate::clock::Clock;
use crate::error::{AppError, StoreError, UniqueField};
use crate::limits::{OPERATION_RENEWED_EVERY, STEP_PENDING};
use crate::ports::{Ports, WholeActs};
use crate::records::{
    ActivityEntry, ActivityKind, JournalEntry, Operation, OperationPlan, Recovered, RecoveryOutcome, Turn,
};
use crate::values::OrganizationId;

/// Carries out operations: the intent first, then the steps, then the end of the intent.
///
/// It does not check whether the workspace is writable: [`Operations`](crate::access::Operations) hands it out to what
/// the gate admits.
pub struct OperationRunner {
    /// The store without the gate: an operation is carried out whole, even if the gate closes in the middle.
    ports: Ports,
    clock: Arc<dyn Clock>,
    opening: Opening,
    /// The organizations with an operation of this run at this moment.
    running: Mutex<HashSet<OrganizationId>>,
    /// The entries that this run knows to be in the journal still.
    left: Mutex<HashMap<OrganizationId, Left>>,
    renewed_every: Duration,
}

/// A journal entry that this run left.
struct Left {
    turn: Turn,
    /// When it can be resolved, by [`Clock::running_for`], which setting the computer's clock does not change.
    from: Duration,
    /// Every response came, but it could not be decided. A person who asks for it can try again at once.
    is_undecided: bool,
}

/// Removes an organization from the running ones when its operation ends, in whatever way.
struct Running<'a> {
    set: &'a Mutex<HashSet<OrganizationId>>,
    id: OrganizationId,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.set.lock().remove(&self.id);
    }
}

/// An interrupted operation that this run took over to carry out a person's decision.
pub(crate) struct Held<'a> {
    runner: &'a OperationRunner,
    operation: Operation,
    _running: Running<'a>,
}

impl Held<'_> {
    pub(crate) fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Ends the operation if it was decided. Otherwise leaves it for the next decision, or until none of its requests
    /// can be pending.
    pub(crate) async fn release<T>(self, decided: &Result<T, AppError>) -> Operation {
        match decided {
            // The decision is carried out, even if its entry cannot be removed from the journal now.
            Ok(_) => {
                self.runner.end(&self.operation).await;
            }
            Err(AppError::Store(error)) if error.is_unclear() => {}
            Err(_) => self.runner.leave_undecided(self.operation.organization_id),
        }
        self.operation
    }
}

impl OperationRunner {
    /// For one open workspace. `ports` are those of the store itself.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>, opening: impl Into<Opening>) -> Self {
        Self {
            ports,
            clock,
            opening: opening.into(),
            running: Mutex::default(),
            left: Mutex::default(),
            renewed_every: OPERATION_RENEWED_EVERY,
        }
    }

    /// The same with another pace at which an operation says that it is alive: tests do not wait for half a minute.
    #[must_use]
    pub fn renewing_every(self, renewed_every: Duration) -> Self {
        Self { renewed_every, ..self }
    }

    /// The store, without the gate.
    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The store's way to carry out an act whole, without an intent.
    pub(crate) fn whole_acts(&self) -> Option<&dyn WholeActs> {
        self.ports.journal.whole_acts()
    }

    /// An organization's operation that keeps others from acting on it.
    pub(crate) async fn busy(&self, id: OrganizationId, otherwise: &'static str) -> AppError {
        match self.ports.journal.find(id).await {
            Ok(quicker) => {
                let act = quicker.map_or(otherwise, |quicker| quicker.operation.plan.act());
                AppError::Busy { act }
            }
            Err(error) => error.into(),
        }
    }

    /// Writes the intent and `record`, carries out the steps, and removes the intent. If a step fails, what exists
    /// decides: an operation that turns out to be complete counts as done, an incomplete one is undone, and an
    /// undecidable one stays in the journal. It also stays after a lost response, while a server may still be working
    /// on it. What became of a failed operation is a second entry in the record.
    ///
    /// `beside` is asked while both are being written, so that a distant server is waited for once. The steps get its
    /// result; if it fails, or the entry can't be written, no step is taken. It may see what was there a moment before
    /// the intent: what must hold after the intent is a condition of a step.
    ///
    /// The end of the intent tells whether the operation was this run's until then. If another run has taken it over
    /// while this computer slept, a step may have come late: what exists decides then, too.
    ///
    /// Returns the result of the steps; `None` if what exists had to decide that the operation is done.
    ///
    /// # Errors
    /// `Busy` if another operation on the organization is in progress; otherwise the error of `beside` or `steps`.
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
        let _running = self.start(id).ok_or(AppError::Busy { act: plan.act() })?;
        let owner = self.opening.owner().clone();
        let begun = Operation::new(id, plan, owner, record.actor.clone());
        let operation = Operation { record: record.operation.clone().or(begun.record), ..begun };
        let record = ActivityEntry { operation: operation.record.clone(), ..record };
        // Before the intent is sent: the computer can sleep until the response comes.
        let fence = Fence::around(operation.clone(), &self.ports, &self.clock);
        let (begun, recorded, found) =
            futures_util::join!(self.begin(&operation), self.ports.record_first(&record), beside);
        if let Err(refusal) = begun {
            if recorded.is_ok() {
                self.ports.record_failure(&record, &refusal).await;
            }
            return Err(refusal);
        }
        let done = match recorded.map(|_| found) {
            Ok(Ok(found)) => self.staying(&operation, steps(fence.ports(&self.ports), found)).await,
            Ok(Err(refusal)) => {
                futures_util::join!(self.end(&operation), self.ports.record_failure(&record, &refusal));
                return Err(refusal);
            }
            Err(unrecorded) => {
                match &unrecorded {
                    // The entry may be there: who resolves the operation records that it was undone.
                    AppError::Store(error) if error.is_unclear() => self.leave(&operation, Duration::ZERO),
                    _ => {
                        self.end(&operation).await;
                    }
                }
                return Err(unrecorded);
            }
        };
        let settled = match done {
            Ok(done) if self.end(&operation).await => return Ok(Some(done)),
            Ok(_) => {
                let changed = AppError::Store(StoreError::Changed { what: "the organization" });
                self.settle_overtaken(&operation, changed).await
            }
            Err(failure) => self.settle_failed(&operation, failure, &record).await,
        };
        settled.map(|()| None)
    }

    /// Carries out steps, however long they take. Their entry in the journal is renewed meanwhile: otherwise another
    /// computer would take an operation for abandoned that only has much to do.
    ///
    /// # Errors
    /// Those of the steps; `Changed` if another run has taken the operation over, and then the steps are dropped.
    async fn staying<T>(
        &self,
        operation: &Operation,
        steps: impl Future<Output = Result<T, AppError>>,
    ) -> Result<T, AppError> {
        let mut steps = std::pin::pin!(steps);
        loop {
            let pause = std::pin::pin!(tokio::time::sleep(self.renewed_every));
            if let Either::Left((done, _)) = future::select(steps.as_mut(), pause).await {
                return done;
            }
            if !self.is_renewed(operation).await {
                return Err(AppError::Store(StoreError::Changed { what: "the organization" }));
            }
        }
    }

    /// Restarts the age of an operation's entry; `false` if it is another run's by now. Its turn stays, so that asking
    /// again after a lost response tells the same.
    async fn is_renewed(&self, operation: &Operation) -> bool {
        self.ports.journal.take_over(operation, None, operation).await.unwrap_or(true)
    }

    /// Takes over what was left on an organization, for a person's decision.
    ///
    /// # Errors
    /// `NotFound` if nothing is left; `Busy` while someone, or a server, may still be working on it; `Store`.
    pub(crate) async fn hold(&self, id: OrganizationId) -> Result<Held<'_>, AppError> {
        let found = self.ports.journal.find(id).await?;
        let earlier = found.ok_or(AppError::NotFound { what: "interrupted act" })?;
        let busy = AppError::Busy { act: earlier.operation.plan.act() };
        let Some(running) = self.start(id) else { return Err(busy) };
        if !self.may_take(&earlier) {
            return Err(busy);
        }
        let operation = self.take_over(&earlier).await?.ok_or(busy)?;
        Ok(Held { runner: self, operation, _running: running })
    }

    /// Resolves what was left on an organization; returns whether anything was.
    ///
    /// # Errors
    /// `Busy` while someone, or a server, may still be working on it, and if it is undecidable; `Store`.
    pub(crate) async fn settle_earlier(&self, id: OrganizationId) -> Result<bool, AppError> {
        let Some(earlier) = self.ports.journal.find(id).await? else { return Ok(false) };
        let busy = AppError::Busy { act: earlier.operation.plan.act() };
        let Some(_running) = self.start(id) else { return Err(busy) };
        if !self.may_take(&earlier) {
            return Err(busy);
        }
        match self.settle_found(&earlier).await? {
            RecoveryOutcome::Finished | RecoveryOutcome::Undone | RecoveryOutcome::CollectionGone { .. } => {
                Ok(true)
            }
            RecoveryOutcome::InProgressElsewhere | RecoveryOutcome::NeedsAttention { .. } => Err(busy),
        }
    }

    /// Resolves the operations that this run left, as soon as it can. Without any, does not ask the store.
    pub(crate) async fn settle_left(&self) {
        let now = self.clock.running_for();
        let due: Vec<_> = self.left().extract_if(|_, left| left.from <= now).collect();
        for (id, Left { turn, .. }) in due {
            if let Err(error) = self.settle_earlier(id).await {
                tracing::warn!(%id, %error, "an act stays in the journal");
                self.left().entry(id).or_insert(Left {
                    turn,
                    from: now + self.pending(),
                    is_undecided: false,
                });
            }
        }
    }

    /// Finishes or undoes every operation that a crash left, and returns what became of each.
    ///
    /// # Errors
    /// `Store`: an unreadable journal. An operation that cannot be resolved is an outcome, not an error.
    pub(crate) async fn recover(&self) -> Result<Vec<Recovered>, AppError> {
        let mut recovered = Vec::new();
        for entry in self.ports.journal.unfinished().await? {
            recovered.extend(self.recover_one(entry).await);
        }
        let waits = |one: &Recovered| matches!(one.outcome, RecoveryOutcome::NeedsAttention { .. });
        if !recovered.iter().all(waits) {
            // What kept it from being resolved may have been resolved after it: a name that was taken is free.
            for one in recovered.iter_mut().filter(|one| waits(one)) {
                let left = self.ports.journal.find(one.operation.organization_id).await?;
                if let Some(entry) = left
                    && let Some(again) = self.recover_one(entry).await
                {
                    *one = again;
                }
            }
        }
        for one in &recovered {
            if let RecoveryOutcome::NeedsAttention { reason } = &one.outcome {
                let (act, id) = (one.operation.plan.act(), one.operation.organization_id);
                tracing::error!(act, %id, reason, "an act could not be finished or undone");
            }
        }
        Ok(recovered)
    }

    /// Finishes or undoes one that is left; `None` while this run is working on its organization.
    async fn recover_one(&self, entry: JournalEntry) -> Option<Recovered> {
        let _running = self.start(entry.operation.organization_id)?;
        let is_abandoned = self.may_take(&entry);
        let outcome = if is_abandoned {
            let settled = self.settle_found(&entry).await;
            settled.unwrap_or_else(|error| RecoveryOutcome::NeedsAttention { reason: error.to_string() })
        } else {
            RecoveryOutcome::InProgressElsewhere
        };
        Some(Recovered { operation: entry.operation, outcome })
    }

    /// Resolves an operation of this run after a step failed, unless another run has taken it over.
    async fn settle_failed(
        &self,
        operation: &Operation,
        failure: AppError,
        record: &ActivityEntry,
    ) -> Result<(), AppError> {
        let (act, id) = (operation.plan.act(), operation.organization_id);
        let settled = match self.take_and_settle(operation, None, Asked::AtOnce(&failure)).await {
            Ok(Some((taken, settled))) => {
                let is_pending = matches!(&failure, AppError::Store(error) if error.is_unclear());
                match &settled {
                    // The entry stays: the server may still carry out a step. What it comes to is recorded then.
                    _ if is_pending => {}
                    Settled::Undecided { .. } => self.leave_undecided(taken.organization_id),
                    Settled::Finished | Settled::Gone { finished: true } => {
                        self.end(&taken).await;
                    }
                    Settled::Undone | Settled::Gone { finished: false } => {
                        futures_util::join!(self.end(&taken), self.ports.record_failure(record, &failure));
                    }
                }
                settled
            }
            Ok(None) => return self.settle_overtaken(operation, failure).await,
            Err(error) => {
                tracing::warn!(act, %id, %error, "an act stays in the journal");
                return Err(failure);
            }
        };
        match settled {
            Settled::Finished | Settled::Gone { finished: true } => Ok(()),
            Settled::Undone | Settled::Gone { finished: false } => Err(failure),
            Settled::Undecided { reason } => {
                tracing::error!(act, %id, reason, "an act could not be finished or undone");
                Err(failure)
            }
        }
    }

    /// Another run took the operation over while this computer slept, and may have ended it long ago. Finishes or
    /// undoes what this run did since then, as an operation of its own.
    async fn settle_overtaken(&self, operation: &Operation, failure: AppError) -> Result<(), AppError> {
        let (act, id) = (operation.plan.act(), operation.organization_id);
        tracing::error!(act, %id, "an act was taken over while it was carried out");
        let late = operation.taken_over_by(self.opening.owner());
        if let Err(error) = self.ports.journal.begin(&late).await {
            tracing::error!(act, %id, %error, "what an act did after it was taken over could not be looked at");
            return Err(failure);
        }
        let asked = match &late.plan {
            // That its collection was there says nothing any more: who took it over may have made it.
            OperationPlan::Create { .. } => Asked::Later,
            _ => Asked::AtOnce(&failure),
        };
        match recovery::settle(&self.ports, &late, asked, self.clock.now()).await {
            Ok(Settled::Finished | Settled::Gone { finished: true }) => {
                // Whoever took it over may have recorded that it was undone. Without this entry, the act stays in the
                // journal: whoever resolves it records that it is finished.
                let finished = told(&late, ActivityKind::OperationFinished, "");
                match self.ports.activity.append(&finished).await {
                    Ok(_) => {
                        self.end(&late).await;
                    }
                    Err(error) => {
                        tracing::warn!(act, %id, %error, "an act stays in the journal");
                        self.leave(&late, self.pending());
                    }
                }
                Ok(())
            }
            Ok(Settled::Undone | Settled::Gone { finished: false }) => {
                let undone = told(&late, ActivityKind::OperationUndone, "");
                futures_util::join!(self.end(&late), self.ports.record(&undone));
                Err(failure)
            }
            Ok(Settled::Undecided { reason }) => {
                tracing::error!(act, %id, reason, "an act could not be finished or undone");
                self.leave(&late, Duration::ZERO);
                Err(failure)
            }
            Err(error) => {
                tracing::warn!(act, %id, %error, "an act stays in the journal");
                self.leave(&late, self.pending());
                Err(failure)
            }
        }
    }

    /// Resolves an abandoned operation and records what became of it.
    async fn settle_found(&self, found: &JournalEntry) -> Result<RecoveryOutcome, StoreError> {
        let operation = &found.operation;
        let settled = self.take_and_settle(operation, Some(found.since), Asked::Later).await;
        if matches!(&settled, Err(error) if !error.is_unclear()) {
            self.leave_undecided(operation.organization_id);
        }
        let Some((taken, settled)) = settled? else { return Ok(RecoveryOutcome::InProgressElsewhere) };
        let (outcome, kind, more) = match settled {
            Settled::Finished => (RecoveryOutcome::Finished, ActivityKind::OperationFinished, ""),
            Settled::Undone => (RecoveryOutcome::Undone, ActivityKind::OperationUndone, ""),
            Settled::Gone { finished } => {
                let kind =
                    if finished { ActivityKind::OperationFinished } else { ActivityKind::OperationUndone };
                (RecoveryOutcome::CollectionGone { finished }, kind, "; its collection is gone")
            }
            Settled::Undecided { reason } => {
                self.leave_undecided(taken.organization_id);
                return Ok(RecoveryOutcome::NeedsAttention { reason });
            }
        };
        // First: an operation that is still in the journal is told of the next time.
        self.ports.activity.append(&told(&taken, kind, more)).await?;
        self.ports.journal.end(&taken).await?;
        self.left().remove(&taken.organization_id);
        Ok(outcome)
    }

    /// Takes an operation over and resolves it; `None` if another run was quicker. Its own requests to the store may
    /// stay pending, so it is left until then.
    async fn take_and_settle(
        &self,
        operation: &Operation,
        since: Option<OffsetDateTime>,
        asked: Asked<'_>,
    ) -> Result<Option<(Operation, Settled)>, StoreError> {
        let taken = operation.taken_over_by(self.opening.owner());
        let fence = Fence::around(taken.clone(), &self.ports, &self.clock);
        if !self.take(operation, since, &taken).await? {
            return Ok(None);
        }
        match recovery::settle(&fence.ports(&self.ports), &taken, asked, self.clock.now()).await {
            Ok(settled) => Ok(Some((taken, settled))),
            // This computer slept while it resolved the operation.
            Err(StoreError::Changed { .. }) if fence.is_lost() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes this run the owner of an operation; `None` if another run was quicker.
    async fn take_over(&self, found: &JournalEntry) -> Result<Option<Operation>, StoreError> {
        let taken = found.operation.taken_over_by(self.opening.owner());
        Ok(self.take(&found.operation, Some(found.since), &taken).await?.then_some(taken))
    }

    async fn take(
        &self,
        operation: &Operation,
        since: Option<OffsetDateTime>,
        taken: &Operation,
    ) -> Result<bool, StoreError> {
        self.leave(taken, self.pending());
        self.ports.journal.take_over(operation, since, taken).await
    }

    /// Writes the intent.
    async fn begin(&self, operation: &Operation) -> Result<(), AppError> {
        let id = operation.organization_id;
        match self.ports.journal.begin(operation).await {
            Ok(()) => Ok(()),
            Err(StoreError::Duplicate { field: UniqueField::Operation }) => {
                Err(self.busy(id, operation.plan.act()).await)
            }
            Err(error) => {
                // The entry may be there, but no step was taken.
                self.leave(operation, Duration::ZERO);
                Err(error.into())
            }
        }
    }

    /// Whether a journal entry has no owner any more, and this run is not working on it.
    pub(crate) fn is_abandoned(&self, entry: &JournalEntry) -> bool {
        self.start(entry.operation.organization_id).is_some_and(|_running| self.may_take(entry))
    }

    /// Whether a journal entry has no owner any more; otherwise notes when it will have none. Call it while the
    /// organization is marked as running here: an entry of this very run is then a left one.
    fn may_take(&self, entry: &JournalEntry) -> bool {
        let (me, now) = (self.opening.owner(), self.clock.running_for());
        let JournalEntry { operation, age, .. } = entry;
        let (id, mut known) = (operation.organization_id, self.left());
        if operation.owner == *me {
            return known.get(&id).is_none_or(|left| left.is_undecided || left.from <= now);
        }
        if self.opening.is_beside(&operation.owner) {
            let from = now + self.pending();
            known.entry(id).or_insert(Left { turn: operation.turn.clone(), from, is_undecided: false });
            return false;
        }
        let lease = entry.abandoned_after(me, self.pending());
        // An entry that stood here unchanged for its lease is abandoned too, whatever its time says: that may be in the
        // future.
        let left = match known.remove(&id) {
            Some(left) if left.turn == operation.turn => left,
            Some(_) | None => {
                let from = now + lease.saturating_sub(*age);
                Left { turn: operation.turn.clone(), from, is_undecided: false }
            }
        };
        let is_over = left.from <= now || lease <= *age;
        known.insert(id, left);
        is_over
    }

    /// How long a server may still carry out a step after its response was lost.
    fn pending(&self) -> Duration {
        self.ports.collections.pending()
    }

    fn start(&self, id: OrganizationId) -> Option<Running<'_>> {
        let fresh = self.running.lock().insert(id);
        fresh.then_some(Running { set: &self.running, id })
    }

    /// The operation is done; an entry that cannot be removed now is found resolved later. Returns whether it was this
    /// run's until now, as far as is known.
    async fn end(&self, operation: &Operation) -> bool {
        let id = operation.organization_id;
        match self.ports.journal.end(operation).await {
            Ok(was_its_own) => {
                self.left().remove(&id);
                was_its_own
            }
            Err(error) => {
                tracing::warn!(%id, %error, "a finished act could not be taken out of the journal");
                self.leave(operation, Duration::ZERO);
                true
            }
        }
    }

    /// Notes that an operation of this run is still in the journal, and can be resolved after `wait`.
    fn leave(&self, operation: &Operation, wait: Duration) {
        let from = self.clock.running_for() + wait;
        let left = Left { turn: operation.turn.clone(), from, is_undecided: false };
        self.left().insert(operation.organization_id, left);
    }

    /// Notes that every response about a taken-over operation came, and that it is undecided. Lists retry it now and
    /// then.
    fn leave_undecided(&self, id: OrganizationId) {
        if let Some(left) = self.left().get_mut(&id) {
            left.from = self.clock.running_for() + STEP_PENDING;
            left.is_undecided = true;
        }
    }

    fn left(&self) -> MutexGuard<'_, HashMap<OrganizationId, Left>> {
        self.left.lock()
    }
}

/// What Tenantry itself tells of an operation.
fn told(operation: &Operation, kind: ActivityKind, more: &str) -> ActivityEntry {
    let entry = ActivityEntry::by_tenantry(kind)
        .about(operation.organization_id, operation.plan.name())
        .with_detail(format!("{}, begun by {}{more}", operation.plan.act(), operation.actor));
    ActivityEntry { operation: operation.record.clone(), ..entry }
}
