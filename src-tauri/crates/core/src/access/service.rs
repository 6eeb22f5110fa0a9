use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Operations;
use super::gate::{AccessState, Ended, LockCause, WriteGate};
use crate::clock::Clock;
use crate::error::{AppError, SessionProblem, StoreError};
use crate::limits::{REASON_MAX, REASON_MIN};
use crate::ports::Ports;
use crate::records::{Access, ActivityEntry, ActivityKind, Decided, JournalEntry, Permits, Recovered};
use crate::rights::{Act, Actor};
use crate::values::{Field, FieldIssue, FieldRule};

/// How long an open workspace can stay looser than a decision made on another computer.
const FOLLOW_EVERY: Duration = Duration::from_secs(15);

/// The result of preparing a workspace.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// What became of the operations that a crash left.
    pub recovered: Vec<Recovered>,
    /// Sentences for the person about what needs attention.
    pub warnings: Vec<String>,
}

/// Locks and unlocks a workspace, and does the work that waits for an unlocking.
pub struct AccessService {
    /// Without the gate: this service writes because a person opened it, or to record that.
    ports: Ports,
    gate: Arc<WriteGate>,
    operations: Arc<Operations>,
    clock: Arc<dyn Clock>,
    /// When the operators' decision was last read.
    followed_at: Mutex<Option<OffsetDateTime>>,
}

impl AccessService {
    /// For one open workspace. `ports` are those of the store itself.
    pub fn new(ports: Ports, operations: Arc<Operations>, clock: Arc<dyn Clock>) -> Self {
        let gate = Arc::clone(operations.gate());
        Self { ports, gate, operations, clock, followed_at: Mutex::default() }
    }

    /// Reads the operators' decision and tightens the gate to it. Call it before anything else of a workspace that is
    /// opened. Returns a warning if the database user cannot read the decision: then the connection alone decides.
    ///
    /// # Errors
    /// `Store`: what is permitted is unknown.
    pub async fn follow(&self) -> Result<Option<String>, AppError> {
        let now = self.clock.now();
        let warning = match self.ports.permits.find().await {
            Ok(decided) => {
                self.gate.follow(decided);
                None
            }
            Err(StoreError::Denied { .. }) => Some(
                "The database user may not read what the operators of this workspace permit, so only this connection's \
                 own setting counts. Grant it the role that this program shows."
                    .to_owned(),
            ),
            Err(error) => return Err(error.into()),
        };
        *self.followed_at.lock() = Some(now);
        Ok(warning)
    }

    /// As [`follow`](Self::follow), at most every 15 seconds. An unreadable decision changes nothing: the next call to
    /// the same store reports why.
    pub async fn follow_lately(&self) {
        let now = self.clock.now();
        let followed_at = *self.followed_at.lock();
        // A clock that was set back is no reason to wait.
        if followed_at.is_some_and(|at| at <= now && now - at < FOLLOW_EVERY) {
            return;
        }
        if let Err(error) = self.follow().await {
            tracing::debug!(%error, "what operators permit could not be read again");
        }
    }

    /// Decides what this workspace permits at most, for everyone who opens it. Tighter settings apply at once, here and
    /// soon on other computers; looser ones when the workspace is next opened. The decision is recorded with its reason
    /// before it applies.
    ///
    /// # Errors
    /// `Forbidden` to anyone but an operator; `InvalidInput` for the reason; `Store`: `ReadOnly` if the connection
    /// itself is read-only; `Busy` if someone else decided at the same moment.
    pub async fn decide(
        &self,
        actor: &Actor,
        permits: Permits,
        reason: &str,
    ) -> Result<AccessState, AppError> {
        actor.require(Act::Settings)?;
        let reason = parse_reason(reason)?;
        if self.gate.own().access == Access::ReadOnly {
            return Err(StoreError::ReadOnly { unlockable: false }.into());
        }
        let before = self.ports.permits.find().await?.map(|decided| decided.permits);
        if before != Some(permits) {
            let decided = self.decided_by(actor, permits);
            let deciding = async {
                let is_first = self.ports.permits.decide(before, &decided).await?;
                let busy = AppError::Busy { act: "deciding what the workspace permits" };
                if is_first { Ok(()) } else { Err(busy) }
            };
            let entry = permits_changed(actor, before, permits).because(reason);
            self.ports.recorded(entry, deciding).await?;
            self.gate.follow(Some(decided));
        }
        Ok(self.state().await)
    }

    /// Records that a connection to this workspace will permit more, before it does.
    ///
    /// # Errors
    /// `Forbidden` to anyone but an operator; `Store`.
    pub async fn loosen_profile(&self, actor: &Actor, from: Permits, to: Permits) -> Result<(), AppError> {
        actor.require(Act::Unlock)?;
        let entry = permits_changed(actor, Some(from), to).with_detail("a saved connection");
        self.ports.record_first(&entry).await.map(drop)
    }

    /// If nobody has decided yet, the connection of the operator who signs in decides: no other connection permits more
    /// from then on. A connection that permits everything decides nothing, and a read-only one writes nothing.
    async fn adopt(&self, actor: &Actor) {
        let own = self.gate.own();
        if !actor.may(Act::Settings)
            || self.gate.decided().is_some()
            || own == Permits::EVERYTHING
            || own.access == Access::ReadOnly
        {
            return;
        }
        let decided = self.decided_by(actor, own);
        let deciding = async {
            let is_first = self.ports.permits.decide(None, &decided).await?;
            if is_first { Ok(()) } else { Err(AppError::Busy { act: "deciding what the workspace permits" }) }
        };
        let entry = permits_changed(actor, None, own).with_detail("by the first connection");
        match self.ports.recorded(entry, deciding).await {
            Ok(()) => self.gate.follow(Some(decided)),
            // Someone else was first.
            Err(AppError::Busy { .. }) => {
                if let Err(error) = self.follow().await {
                    tracing::warn!(%error, "what operators permit could not be read");
                }
            }
            Err(error) => tracing::warn!(%error, "what the workspace permits could not be noted in it"),
        }
    }

    fn decided_by(&self, actor: &Actor, permits: Permits) -> Decided {
        Decided { permits, by: actor.email().to_owned(), at: self.clock.now() }
    }

    /// If the workspace is writable, prepares the store and finishes interrupted operations. Otherwise writes nothing
    /// and returns what is pending as warnings.
    ///
    /// # Errors
    /// `Store`.
    pub async fn prepare(&self) -> Result<Prepared, AppError> {
        if self.gate.state().is_writable {
            let (warnings, unfinished) =
                futures_util::join!(self.ports.health.prepare(), self.ports.journal.unfinished());
            let warnings = warnings?;
            // After the indexes: recovery relies on what they keep unique.
            let recovered =
                if unfinished?.is_empty() { Vec::new() } else { self.operations.recover().await? };
            return Ok(Prepared { recovered, warnings });
        }
        let when = match self.gate.access() {
            Access::ReadWrite | Access::Locked => "when the workspace is unlocked",
            Access::ReadOnly => "when a connection that allows changes opens it",
        };
        let mut warnings = Vec::new();
        let (missing, unfinished) =
            futures_util::join!(self.ports.health.unprepared(), self.ports.journal.unfinished());
        let missing = missing?;
        if !missing.is_empty() {
            // Their names are for the log: a first opening lacks fifteen.
            tracing::info!(missing = missing.join(", "), "not prepared: the workspace may not be written to");
            warnings.push(match missing.len() {
                1 => format!("One index is missing. It is created {when}; until then, lists may be slow."),
                several => {
                    format!("{several} indexes are missing. They are created {when}; until then, lists may be slow.")
                }
            });
        }
        for JournalEntry { operation, .. } in unfinished? {
            warnings.push(format!(
                "A change to {} ({}), started by {}, has not finished. \
                 If no one is working on it, it is resolved {when}.",
                operation.plan.name(),
                operation.plan.act(),
                operation.actor,
            ));
        }
        Ok(Prepared { recovered: Vec::new(), warnings })
    }

    /// The access at this moment. Records an unlocking that has ended.
    pub async fn state(&self) -> AccessState {
        self.record_endings().await;
        self.gate.state()
    }

    /// Records activity: restarts the two-minute idle timer.
    pub async fn note_activity(&self) -> AccessState {
        self.gate.note_activity();
        self.state().await
    }

    /// Allows writing for ten minutes and does the work that waited for it. The unlocking is recorded first: without an
    /// entry, or if the session has ended meanwhile, it does not happen. A workspace that is always writable is left
    /// alone.
    ///
    /// # Errors
    /// `Forbidden` to anyone but an operator; `InvalidInput` for a reason of less than 3 or more than 200 characters;
    /// `Session` if nobody, or someone else, is signed in by then; `Store`: `ReadOnly` if the connection is read-only.
    pub async fn unlock(&self, actor: &Actor, reason: &str) -> Result<(AccessState, Prepared), AppError> {
        actor.require(Act::Unlock)?;
        let reason = parse_reason(reason)?;
        match self.gate.access() {
            Access::ReadWrite => return Ok((self.gate.state(), Prepared::default())),
            Access::ReadOnly => return Err(StoreError::ReadOnly { unlockable: false }.into()),
            Access::Locked => {}
        }
        self.record_endings().await;
        let entry = ActivityEntry::of(actor, ActivityKind::WorkspaceUnlocked).because(reason.clone());
        self.ports.record_first(&entry).await?;
        if !self.gate.unlock(&reason, actor) {
            self.record_endings().await;
            return Err(AppError::Session(SessionProblem::Missing));
        }
        // The workspace is unlocked already: a failure to prepare it becomes a warning, as at opening.
        let prepared = self.prepare().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a workspace could not be prepared when it was unlocked");
            Prepared {
                warnings: vec!["The workspace could not be prepared for writing.".to_owned()],
                ..Prepared::default()
            }
        });
        Ok((self.gate.state(), prepared))
    }

    /// Applies the connection's settings where they are stricter than before.
    pub fn restrict(&self, profile: impl Into<Permits>) {
        self.gate.restrict(profile);
    }

    /// The operators' decision, as last read. Does not ask the store.
    pub fn decided(&self) -> Option<Decided> {
        self.gate.decided()
    }

    /// Locks the workspace, if it is unlocked.
    pub async fn lock(&self, cause: LockCause) -> AccessState {
        self.gate.lock(cause);
        self.state().await
    }

    /// Notes whose session is alive now. Locks the workspace if another account unlocked it: the new person did not
    /// give the reason.
    pub async fn signed_in(&self, actor: &Actor) {
        self.gate.note_signed_in(Some(actor.account()));
        self.record_endings().await;
        self.adopt(actor).await;
    }

    /// Notes that nobody is signed in, and locks the workspace. An unlocking in progress fails.
    pub async fn signed_out(&self) {
        self.gate.note_signed_in(None);
        self.record_endings().await;
    }

    /// An ending that cannot be recorded goes to the log: it has happened anyway.
    async fn record_endings(&self) {
        for Ended { unlocked, cause, at } in self.gate.take_ended() {
            // The entry is dated when it is written, which can be much later.
            let entry = ActivityEntry::by(unlocked.by, ActivityKind::WorkspaceLocked)
                .changed("locked_at", None, at.format(&Rfc3339).ok())
                .with_detail(cause.as_str())
                .because(unlocked.reason);
            self.ports.record(&entry).await;
        }
    }
}

fn permits_changed(actor: &Actor, before: Option<Permits>, after: Permits) -> ActivityEntry {
    let before = before.map_or_else(|| "undecided".to_owned(), Permits::in_words);
    ActivityEntry::of(actor, ActivityKind::PermitsChanged).changed(
        "permits",
        Some(before),
        Some(after.in_words()),
    )
}

/// The reason on one line, without space around it.
fn parse_reason(typed: &str) -> Result<String, FieldIssue> {
    let reason = typed.split(|character: char| character.is_whitespace() || character.is_control());
    let reason = reason.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let issue = |rule, message: String| FieldIssue { field: Field::Reason, rule, message };
    match reason.chars().count() {
        0 => Err(issue(FieldRule::Required, "A reason is needed.".to_owned())),
        count if count < REASON_MIN => {
            Err(issue(FieldRule::TooShort, format!("Use at least {REASON_MIN} characters.")))
        }
        count if count > REASON_MAX => {
            Err(issue(FieldRule::TooLong, format!("Use at most {REASON_MAX} characters.")))
        }
        _ => Ok(reason),
    }
}
