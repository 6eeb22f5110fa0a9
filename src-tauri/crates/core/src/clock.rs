//! Time is passed in, so that rules about it can be tested without waiting.

use std::sync::Mutex;
use std::time::Duration;

use time::OffsetDateTime;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time now in UTC, cut to milliseconds: the resolution of a BSON date, so that what is written equals what
    /// is read.
    fn now(&self) -> OffsetDateTime;
}

/// The computer's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        cut_to_milliseconds(OffsetDateTime::now_utc())
    }
}

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<OffsetDateTime>);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn at(start: OffsetDateTime) -> Self {
        Self(Mutex::new(cut_to_milliseconds(start)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += by;
    }

    /// Moves the clock back, as a person or a time server may.
    pub fn set_back(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now -= by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Whether what was learned at a moment is younger than `limit`. After the clock was set back nothing is: how old it is
/// can't be known.
pub(crate) fn is_fresh(at: OffsetDateTime, now: OffsetDateTime, limit: Duration) -> bool {
    let age = now - at;
    !age.is_negative() && age < limit
}

/// The same moment without what is finer than a millisecond.
pub fn cut_to_milliseconds(moment: OffsetDateTime) -> OffsetDateTime {
    let finer = moment.nanosecond() % 1_000_000;
    moment - time::Duration::nanoseconds(i64::from(finer))
}
