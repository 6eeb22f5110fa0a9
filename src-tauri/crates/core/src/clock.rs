//! Time is passed in, so that tests of its rules need not wait.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use time::OffsetDateTime;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The current time in UTC, cut to milliseconds, the resolution of a BSON date: a written time equals the one that
    /// is read.
    fn now(&self) -> OffsetDateTime;

    /// How long the clock has been running. Nobody can set it, so a wait measured by it is never too short; it may
    /// stand still while the computer sleeps.
    fn running_for(&self) -> Duration;
}

/// The computer's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        cut_to_milliseconds(OffsetDateTime::now_utc())
    }

    fn running_for(&self) -> Duration {
        START.elapsed()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Hands>);

#[derive(Debug)]
struct Hands {
    now: OffsetDateTime,
    running_for: Duration,
}

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn at(start: OffsetDateTime) -> Self {
        Self(Mutex::new(Hands { now: cut_to_milliseconds(start), running_for: Duration::ZERO }))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let mut hands = self.hands();
        hands.now += by;
        hands.running_for += by;
    }

    /// Sets the clock back, as a person or a time server can.
    pub fn set_back(&self, by: Duration) {
        self.hands().now -= by;
    }

    /// Sets the clock forward, as a person or a time server can.
    pub fn set_forward(&self, by: Duration) {
        self.hands().now += by;
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        self.hands().now
    }

    fn running_for(&self) -> Duration {
        self.hands().running_for
    }
}

/// Whether something learned at `at` is younger than `limit`. After the clock was set back nothing is: its age is
/// unknown.
pub(crate) fn is_fresh(at: OffsetDateTime, now: OffsetDateTime, limit: Duration) -> bool {
    let age = now - at;
    !age.is_negative() && age < limit
}

/// The moment `by` after `at`, at most the last one of the calendar. `+` would panic there, and a stored date can be
/// any.
pub fn later(at: OffsetDateTime, by: Duration) -> OffsetDateTime {
    at.saturating_add(time::Duration::try_from(by).unwrap_or(time::Duration::MAX))
}

/// The same moment without anything finer than a millisecond.
pub fn cut_to_milliseconds(moment: OffsetDateTime) -> OffsetDateTime {
    let finer = moment.nanosecond() % 1_000_000;
    moment - time::Duration::nanoseconds(i64::from(finer))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_is_later_than_the_calendar_is_its_end() {
        let at = datetime!(2026-03-01 12:00 UTC);
        assert_eq!(later(at, Duration::from_secs(60)), datetime!(2026-03-01 12:01 UTC));
        let last = datetime!(9999-12-31 23:59:30 UTC);
        assert!(later(last, Duration::from_secs(120)) >= last);
        assert!(later(at, Duration::MAX) > last);
    }
}
