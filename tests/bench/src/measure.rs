//! Takes times and prints results.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::Outcome;

/// The times of one kind of call.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    taken: Vec<Duration>,
    failure: Option<String>,
}

impl Times {
    pub(crate) const fn new() -> Self {
        Self { taken: Vec::new(), failure: None }
    }

    pub(crate) fn add(&mut self, time: Duration) {
        self.taken.push(time);
    }

    pub(crate) fn count(&self) -> usize {
        self.taken.len()
    }

    pub(crate) fn median(&self) -> Duration {
        self.at(50)
    }

    pub(crate) fn p95(&self) -> Duration {
        self.at(95)
    }

    fn at(&self, percent: usize) -> Duration {
        let mut sorted = self.taken.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(index).copied().unwrap_or_default()
    }
}

/// How often something is measured: at most `times`, and no longer than `at_most`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) times: u32,
    pub(crate) at_most: Duration,
}

impl Effort {
    pub(crate) const fn new(times: u32, seconds: u64) -> Self {
        Self { times, at_most: Duration::from_secs(seconds) }
    }
}

/// Three methods for the same thing.
pub(crate) struct Comparison {
    pub(crate) what: String,
    /// The driver or the statement alone.
    pub(crate) raw: Times,
    /// The port.
    pub(crate) port: Times,
    /// The full cost of one user action: the session check plus the service call.
    pub(crate) act: Times,
}

/// Measures three methods alternately, so that other work on the machine affects all of them. A method that fails is
/// reported in its column and left out from then on.
pub(crate) async fn compare<Raw, Port, Act>(
    what: impl Into<String>,
    effort: Effort,
    mut raw: Raw,
    mut port: Port,
    mut act: Act,
) -> Comparison
where
    Raw: AsyncFnMut(u32) -> Outcome<()>,
    Port: AsyncFnMut(u32) -> Outcome<()>,
    Act: AsyncFnMut(u32) -> Outcome<()>,
{
    let mut comparison =
        Comparison { what: what.into(), raw: Times::new(), port: Times::new(), act: Times::new() };
    let start = Instant::now();
    let mut is_warm = false;
    let mut counted = 0;
    for round in 0.. {
        for turn in 0..3 {
            // Each method comes first equally often.
            match (round + turn) % 3 {
                0 => comparison.raw.take(raw(round)).await,
                1 => comparison.port.take(port(round)).await,
                _ => comparison.act.take(act(round)).await,
            }
        }
        counted += 1;
        if counted >= effort.times || start.elapsed() > effort.at_most {
            break;
        }
        // The first rounds fill caches and pools and are not counted.
        if !is_warm && (counted >= (effort.times / 10).clamp(1, 20) || start.elapsed() > effort.at_most / 10)
        {
            is_warm = true;
            counted = 0;
            comparison.forget();
        }
    }
    comparison.print();
    comparison
}

impl Times {
    async fn take(&mut self, work: impl Future<Output = Outcome<()>>) {
        if self.failure.is_some() {
            return;
        }
        let start = Instant::now();
        match work.await {
            Ok(()) => self.add(start.elapsed()),
            Err(error) => self.failure = Some(format!("{error} after {}", shown(start.elapsed()))),
        }
    }

    fn shown(&self, of: fn(&Self) -> Duration) -> String {
        self.failure.clone().unwrap_or_else(|| shown(of(self)))
    }

    /// The ratio to another time.
    fn ratio(&self, raw: &Self) -> String {
        if self.failure.is_some() || raw.failure.is_some() {
            return "—".to_owned();
        }
        format!("{:.2}", self.median().as_secs_f64() / raw.median().as_secs_f64())
    }
}

impl Comparison {
    pub(crate) fn print_header() {
        println!("| what | raw | port | act | port / raw | act / raw | p95 raw | p95 port | p95 act | n |");
        println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    }

    /// The ratio of the action to the raw call that pays `more` as well; `None` if one of them failed.
    pub(crate) fn act_beside_raw(&self, more: Duration) -> Option<f64> {
        let did_fail = self.raw.failure.is_some() || self.act.failure.is_some();
        let raw = self.raw.median() + more;
        (!did_fail).then(|| self.act.median().as_secs_f64() / raw.as_secs_f64())
    }

    /// The ratio of the action to the port.
    pub(crate) fn act_beside_port(&self) -> f64 {
        let did_fail = self.port.failure.is_some() || self.act.failure.is_some();
        if did_fail {
            f64::INFINITY
        } else {
            self.act.median().as_secs_f64() / self.port.median().as_secs_f64()
        }
    }

    fn forget(&mut self) {
        for times in [&mut self.raw, &mut self.port, &mut self.act] {
            times.taken.clear();
        }
    }

    fn print(&self) {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.what,
            self.raw.shown(Times::median),
            self.port.shown(Times::median),
            self.act.shown(Times::median),
            self.port.ratio(&self.raw),
            self.act.ratio(&self.raw),
            self.raw.shown(Times::p95),
            self.port.shown(Times::p95),
            self.act.shown(Times::p95),
            self.raw.count(),
        );
    }
}

/// Three figures and a unit.
pub(crate) fn shown(time: Duration) -> String {
    let microseconds = time.as_secs_f64() * 1e6;
    let (value, unit) = if microseconds < 1_000.0 {
        (microseconds, "µs")
    } else if microseconds < 1_000_000.0 {
        (microseconds / 1e3, "ms")
    } else {
        (microseconds / 1e6, "s")
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}
