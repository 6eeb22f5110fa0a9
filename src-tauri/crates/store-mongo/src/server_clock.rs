//! The server's time, which all who share a database share.

use std::time::Duration;

use bson::Document;
use parking_lot::Mutex;
use tenantry_core::clock::{Clock, cut_to_milliseconds};
use time::OffsetDateTime;

/// How long a measurement counts.
const MEASURED_FOR: Duration = Duration::from_secs(10 * 60);
/// How far this computer's two clocks may disagree: more, and one was set, or stood still while the computer slept.
const CLOCKS_AGREE: Duration = Duration::from_secs(2);

/// The server's time when it was last heard of.
#[derive(Debug, Default)]
pub(crate) struct ServerClock(Mutex<Option<Measured>>);

#[derive(Debug, Clone, Copy)]
struct Measured {
    server: OffsetDateTime,
    now: OffsetDateTime,
    running_for: Duration,
}

impl ServerClock {
    /// Notes the time in an answer that came just now.
    pub(crate) fn note(&self, clock: &dyn Clock, hello: &Document) {
        if let Some(server) = local_time(hello) {
            let (now, running_for) = (clock.now(), clock.running_for());
            *self.0.lock() = Some(Measured { server, now, running_for });
        }
    }

    /// The server's time; `None` if it has to be asked.
    pub(crate) fn now(&self, clock: &dyn Clock) -> Option<OffsetDateTime> {
        let measured = (*self.0.lock())?;
        let since = clock.running_for().checked_sub(measured.running_for)?;
        let apart = (clock.now() - measured.now).unsigned_abs().abs_diff(since);
        let was_set_back = clock.now() < measured.now;
        let is_good = since < MEASURED_FOR && apart < CLOCKS_AGREE && !was_set_back;
        is_good.then(|| cut_to_milliseconds(measured.server + since))
    }
}

/// The server's time in its `hello`.
pub(crate) fn local_time(hello: &Document) -> Option<time::OffsetDateTime> {
    let told = hello.get_datetime("localTime").ok()?.timestamp_millis();
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(told) * 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use bson::doc;
    use tenantry_core::clock::ManualClock;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_servers_time_goes_on_until_a_clock_is_set() {
        let clock = ManualClock::at(datetime!(2026-03-01 12:00 UTC));
        let server = ServerClock::default();
        assert_eq!(server.now(&clock), None, "it was never asked");
        let at = datetime!(2026-03-01 15:00 UTC);
        let told = bson::DateTime::from_millis(at.unix_timestamp() * 1_000);
        server.note(&clock, &doc! { "localTime": told });
        clock.advance(Duration::from_secs(60));
        assert_eq!(server.now(&clock), Some(datetime!(2026-03-01 15:01 UTC)));
        clock.set_forward(Duration::from_secs(3_600));
        assert_eq!(server.now(&clock), None, "the computer may have slept");
        clock.set_back(Duration::from_secs(3_600));
        assert_eq!(server.now(&clock), Some(datetime!(2026-03-01 15:01 UTC)));
        clock.set_back(Duration::from_secs(120));
        assert_eq!(server.now(&clock), None);
        clock.set_forward(Duration::from_secs(120));
        clock.advance(MEASURED_FOR);
        assert_eq!(server.now(&clock), None, "it is asked now and then");
    }
}
