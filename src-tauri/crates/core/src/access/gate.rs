use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use crate::clock::{Clock, later};
use crate::error::StoreError;
use crate::limits::{UNLOCK_IDLE, UNLOCK_TIME};
use crate::records::{Access, Decided, Environment, Permits};
use crate::rights::{Account, Actor};

/// Why a workspace was locked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockCause {
    /// Somebody locked it.
    ByHand,
    /// Whoever unlocked it signed out, or somebody else signed in.
    SignedOut,
    /// The time was over.
    TimeOver,
    /// Nobody was there.
    Idle,
}

impl LockCause {
    /// For the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by hand",
            Self::SignedOut => "signed out",
            Self::TimeOver => "the time was over",
            Self::Idle => "nobody was there",
        }
    }
}

/// A workspace that is unlocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlocked {
    /// Why.
    pub reason: String,
    /// The address of who did it.
    pub by: String,
    /// Since when.
    pub since: OffsetDateTime,
    /// When it locks at the latest.
    pub until: OffsetDateTime,
    /// When it locks unless somebody is there; never after `until`.
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

    /// Why and when it has locked by itself.
    fn is_over(&self, now: OffsetDateTime) -> Option<(LockCause, OffsetDateTime)> {
        if now < self.since {
            // The clock was set back, and how long it has been open can't be known.
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
    /// What it was.
    pub unlocked: Unlocked,
    /// Why it ended.
    pub cause: LockCause,
    /// When.
    pub at: OffsetDateTime,
}

/// What a workspace permits now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessState {
    /// What its profile and its operators permit.
    pub access: Access,
    /// What it is used for, by its profile and its operators.
    pub environment: Environment,
    /// What operators decided, as it was read last.
    pub decided: Option<Decided>,
    /// Whether it may be written to now.
    pub is_writable: bool,
    /// By whom and until when it is unlocked.
    pub unlocked: Option<Unlocked>,
}

/// Stands between the services and the store of one open workspace.
///
/// Driven by the clock and not by a timer: a computer that slept finds it locked at the first look.
pub struct WriteGate {
    clock: Arc<dyn Clock>,
    place: Mutex<Place>,
}

struct Place {
    /// What is permitted. While the workspace is open it becomes less, never more.
    permits: Permits,
    /// What the profile permits by itself.
    own: Permits,
    decided: Option<Decided>,
    /// Whose session is kept.
    signed_in: Option<Account>,
    unlocked: Option<Unlocked>,
    /// Those that are not in the record yet.
    ended: Vec<Ended>,
}

impl Place {
    fn lock(&mut self, cause: LockCause, at: OffsetDateTime) {
        self.ended.extend(self.unlocked.take().map(|unlocked| Ended { unlocked, cause, at }));
    }
}

impl WriteGate {
    /// A gate that is as shut as the profile says.
    pub fn new(profile: impl Into<Permits>, clock: Arc<dyn Clock>) -> Self {
        let own = profile.into();
        let place =
            Place { permits: own, own, decided: None, signed_in: None, unlocked: None, ended: Vec::new() };
        Self { clock, place: Mutex::new(place) }
    }

    /// Asked before a write; a write that is permitted counts as somebody's being there.
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

    /// What profile and operators permit.
    pub fn access(&self) -> Access {
        self.place().permits.access
    }

    /// Whether a name is typed before an organization goes to the trash.
    pub fn names_are_typed(&self) -> bool {
        self.place().permits.environment == Environment::Production
    }

    /// What the profile permits by itself.
    pub fn own(&self) -> Permits {
        self.place().own
    }

    /// Takes over what the profile permits now, if that is less. What permits more waits for the next opening: changing
    /// a profile must not be a way around the reason that unlocking asks for.
    pub fn restrict(&self, profile: impl Into<Permits>) {
        let mut place = self.settled(self.clock.now());
        place.own = profile.into();
        place.permits = place.permits.and(place.own);
    }

    /// Takes over what operators decided, if that is less; as [`restrict`](Self::restrict), and for the same reason.
    pub(super) fn follow(&self, decided: Option<Decided>) {
        let mut place = self.settled(self.clock.now());
        if let Some(decided) = &decided {
            place.permits = place.permits.and(decided.permits);
        }
        place.decided = decided;
    }

    /// What operators decided, as it was read last.
    pub(super) fn decided(&self) -> Option<Decided> {
        self.place().decided.clone()
    }

    /// What is permitted now.
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

    /// Somebody is there: pushes the idle limit, never the end. Answers whether it is unlocked.
    pub fn note_activity(&self) -> bool {
        let now = self.clock.now();
        let mut place = self.settled(now);
        if let Some(unlocked) = &mut place.unlocked {
            unlocked.somebody_is_there(now);
        }
        place.unlocked.is_some()
    }

    /// Opens a locked gate from now on. One that is open already starts anew. Answers whether it did: whoever asked may
    /// have signed out while that was put on record, and what was recorded has ended then.
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

    /// Shuts it.
    pub(super) fn lock(&self, cause: LockCause) {
        let now = self.clock.now();
        self.settled(now).lock(cause, now);
    }

    /// Notes whose session is kept now. What another account unlocked is shut.
    pub(super) fn note_signed_in(&self, account: Option<Account>) {
        let now = self.clock.now();
        let mut place = self.settled(now);
        if std::mem::replace(&mut place.signed_in, account) != account {
            place.lock(LockCause::SignedOut, now);
        }
    }

    /// Takes the endings that are not in the record yet.
    pub(super) fn take_ended(&self) -> Vec<Ended> {
        std::mem::take(&mut self.settled(self.clock.now()).ended)
    }

    /// The state as it is at `now`: what is over has ended.
    fn settled(&self, now: OffsetDateTime) -> MutexGuard<'_, Place> {
        let mut place = self.place();
        if let Some((cause, at)) = place.unlocked.as_ref().and_then(|unlocked| unlocked.is_over(now)) {
            place.lock(cause, at);
        }
        place
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
