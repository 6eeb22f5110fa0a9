use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use time::OffsetDateTime;

use crate::clock::{Clock, later};
use crate::error::StoreError;
use crate::limits::{UNLOCK_IDLE, UNLOCK_TIME};
use crate::records::{Access, Decided, Environment, Permits};
use crate::rights::{Account, Actor};

/// Why a workspace was locked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockCause {
    /// A person locked it.
    ByHand,
    /// The person who unlocked it signed out, or someone else signed in.
    SignedOut,
    /// The ten minutes were over.
    TimeOver,
    /// Nothing was done for two minutes.
    Idle,
}

impl LockCause {
    /// The word in the activity record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by hand",
            Self::SignedOut => "signed out",
            Self::TimeOver => "the time was over",
            Self::Idle => "nobody was there",
        }
    }
}

/// An unlocked workspace: who unlocked it, why, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlocked {
    /// The reason that was given.
    pub reason: String,
    /// The email address of the person who unlocked it.
    pub by: String,
    /// When it was unlocked.
    pub since: OffsetDateTime,
    /// When it locks at the latest.
    pub until: OffsetDateTime,
    /// When it locks without further activity; never after `until`.
    pub idle_at: OffsetDateTime,
}

impl Unlocked {
    fn new(reason: &str, by: &str, now: OffsetDateTime) -> Self {
        let until = later(now, UNLOCK_TIME);
        Self {
            reason: reason.to_owned(),
            by: by.to_owned(),
            since: now,
            until,
            idle_at: later(now, UNLOCK_IDLE),
        }
    }

    fn somebody_is_there(&mut self, now: OffsetDateTime) {
        self.idle_at = later(now, UNLOCK_IDLE).min(self.until);
    }

    /// Why and when it has locked itself, if it has.
    fn is_over(&self, now: OffsetDateTime) -> Option<(LockCause, OffsetDateTime)> {
        if now < self.since {
            // After the clock was set back, nobody can tell how long it has been open.
            return Some((LockCause::TimeOver, now));
        }
        if now < self.idle_at {
            return None;
        }
        let cause = if self.idle_at < self.until { LockCause::Idle } else { LockCause::TimeOver };
        Some((cause, self.idle_at))
    }
}

/// An unlocking that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The unlocking itself.
    pub unlocked: Unlocked,
    /// Why it ended.
    pub cause: LockCause,
    /// When it ended.
    pub at: OffsetDateTime,
}

/// The access to a workspace at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessState {
    /// The stricter of the access of its connection and the one its operators decided.
    pub access: Access,
    /// The stricter of the environment of its connection and the one its operators decided.
    pub environment: Environment,
    /// The operators' decision, as last read.
    pub decided: Option<Decided>,
    /// Whether a write would be allowed now.
    pub is_writable: bool,
    /// Who unlocked it, and until when.
    pub unlocked: Option<Unlocked>,
}

/// Stands between the services and the store of one open workspace.
///
/// It compares the clock on every call instead of running a timer, so it is closed when a computer wakes from sleep.
pub struct WriteGate {
    clock: Arc<dyn Clock>,
    place: Mutex<Place>,
}

struct Place {
    /// The strictest settings so far. They only tighten while the workspace is open.
    permits: Permits,
    /// The settings of the connection alone.
    own: Permits,
    decided: Option<Decided>,
    /// The account whose session is alive.
    signed_in: Option<Account>,
    unlocked: Option<Unlocked>,
    /// Endings that are not in the activity record yet.
    ended: Vec<Ended>,
}

impl Place {
    fn lock(&mut self, cause: LockCause, at: OffsetDateTime) {
        self.ended.extend(self.unlocked.take().map(|unlocked| Ended { unlocked, cause, at }));
    }
}

impl WriteGate {
    /// A gate as strict as the connection.
    pub fn new(profile: impl Into<Permits>, clock: Arc<dyn Clock>) -> Self {
        let own = profile.into();
        let place =
            Place { permits: own, own, decided: None, signed_in: None, unlocked: None, ended: Vec::new() };
        Self { clock, place: Mutex::new(place) }
    }

    /// Checks whether a write is allowed. An allowed write counts as activity.
    ///
    /// # Errors
    /// `ReadOnly`.
    pub fn require_open(&self) -> Result<(), StoreError> {
        match self.access() {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(StoreError::ReadOnly { unlockable: false }),
            Access::Locked if self.note_activity() => Ok(()),
            Access::Locked => Err(StoreError::ReadOnly { unlockable: true }),
        }
    }

    /// The access that the connection and the operators allow.
    pub fn access(&self) -> Access {
        self.place().permits.access
    }

    /// Whether a person must type an organization's name before it moves to the trash.
    pub fn names_are_typed(&self) -> bool {
        self.place().permits.environment == Environment::Production
    }

    /// The settings of the connection alone.
    pub fn own(&self) -> Permits {
        self.place().own
    }

    /// Applies the connection's settings where they are stricter. Looser ones wait for the next opening: editing a
    /// connection must not be a way to unlock a workspace without giving a reason.
    pub fn restrict(&self, profile: impl Into<Permits>) {
        let mut place = self.settled(self.clock.now());
        place.own = profile.into();
        place.permits = place.permits.and(place.own);
    }

    /// Applies the operators' decision where it is stricter; as [`restrict`](Self::restrict), and for the same reason.
    pub(super) fn follow(&self, decided: Option<Decided>) {
        let mut place = self.settled(self.clock.now());
        if let Some(decided) = &decided {
            place.permits = place.permits.and(decided.permits);
        }
        place.decided = decided;
    }

    /// The operators' decision, as last read.
    pub(super) fn decided(&self) -> Option<Decided> {
        self.place().decided.clone()
    }

    /// The access at this moment.
    pub fn state(&self) -> AccessState {
        let place = self.settled(self.clock.now());
        let Permits { access, environment } = place.permits;
        let unlocked = place.unlocked.clone();
        let is_writable = match access {
            Access::ReadWrite => true,
            Access::ReadOnly => false,
            Access::Locked => unlocked.is_some(),
        };
        AccessState { access, environment, decided: place.decided.clone(), is_writable, unlocked }
    }

    /// Records activity: moves the idle limit, never the end. Returns whether the workspace is unlocked.
    pub fn note_activity(&self) -> bool {
        let now = self.clock.now();
        let mut place = self.settled(now);
        if let Some(unlocked) = &mut place.unlocked {
            unlocked.somebody_is_there(now);
        }
        place.unlocked.is_some()
    }

    /// Opens a locked gate from now on; an open one starts its ten minutes again. Returns whether it did: the person
    /// may have signed out while the unlocking was being recorded, and then it has already ended.
    pub(super) fn unlock(&self, reason: &str, actor: &Actor) -> bool {
        let now = self.clock.now();
        let mut place = self.settled(now);
        let unlocked = Unlocked::new(reason, actor.email(), now);
        let is_there = place.signed_in == Some(actor.account());
        if is_there {
            place.unlocked = Some(unlocked);
        } else {
            place.ended.push(Ended { unlocked, cause: LockCause::SignedOut, at: now });
        }
        is_there
    }

    /// Closes the gate.
    pub(super) fn lock(&self, cause: LockCause) {
        let now = self.clock.now();
        self.settled(now).lock(cause, now);
    }

    /// Notes whose session is alive now. Closes the gate if another account unlocked it.
    pub(super) fn note_signed_in(&self, account: Option<Account>) {
        let now = self.clock.now();
        let mut place = self.settled(now);
        if std::mem::replace(&mut place.signed_in, account) != account {
            place.lock(LockCause::SignedOut, now);
        }
    }

    /// Takes the endings that are not in the activity record yet.
    pub(super) fn take_ended(&self) -> Vec<Ended> {
        std::mem::take(&mut self.settled(self.clock.now()).ended)
    }

    /// The state at `now`, after ending an unlocking whose time is over.
    fn settled(&self, now: OffsetDateTime) -> MutexGuard<'_, Place> {
        let mut place = self.place();
        if let Some((cause, at)) = place.unlocked.as_ref().and_then(|unlocked| unlocked.is_over(now)) {
            place.lock(cause, at);
        }
        place
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock()
    }
}
