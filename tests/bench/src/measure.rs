//! Taking times and saying what came out.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::Outcome;

/// The times of one kind of call.
#[derive(Debug, Default, Clone)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(crate) fn median(&self) -> Duration {
        self.at(50)
    }

    pub(crate) fn p95(&self) -> Duration {
        self.at(95)
    }

    fn at(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
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

/// The same thing done three ways.
pub(crate) struct Comparison {
    pub(crate) what: String,
    /// The driver or the statement alone.
    pub(crate) raw: Times,
    /// The port.
    pub(crate) port: Times,
    /// What a person's act costs: the session is checked, then the service does it.
    pub(crate) act: Times,
}

/// Measures three ways in turns, so that what else happens on the machine meets all of them.
pub(crate) async fn compare<Raw, Port, Act>(
    what: impl Into<String>,
    effort: Effort,
    mut raw: Raw,
    mut port: Port,
    mut act: Act,
) -> Outcome<Comparison>
where
    Raw: AsyncFnMut(u32) -> Outcome<()>,
    Port: AsyncFnMut(u32) -> Outcome<()>,
    Act: AsyncFnMut(u32) -> Outcome<()>,
{
    let mut comparison =
        Comparison { what: what.into(), raw: Times::default(), port: Times::default(), act: Times::default() };
    let start = Instant::now();
    // The first rounds fill caches and pools and are not counted.
    let warm_up = (effort.times / 10).clamp(1, 20);
    for round in 0..effort.times + warm_up {
        let counts = round >= warm_up;
        for turn in 0..3 {
            // Each way comes first as often as the others.
            match (round + turn) % 3 {
                0 => take(&mut comparison.raw, counts, raw(round)).await?,
                1 => take(&mut comparison.port, counts, port(round)).await?,
                _ => take(&mut comparison.act, counts, act(round)).await?,
            }
        }
        if counts && start.elapsed() > effort.at_most {
            break;
        }
    }
    comparison.print();
    Ok(comparison)
}

async fn take(times: &mut Times, counts: bool, work: impl Future<Output = Outcome<()>>) -> Outcome<()> {
    let start = Instant::now();
    work.await?;
    if counts {
        times.add(start.elapsed());
    }
    Ok(())
}

impl Comparison {
    pub(crate) fn print_header() {
        println!("| what | raw | port | act | port / raw | act / raw | p95 raw | p95 port | p95 act | n |");
        println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    }

    fn print(&self) {
        let (raw, port, act) = (self.raw.median(), self.port.median(), self.act.median());
        let ratio = |time: Duration| format!("{:.2}", time.as_secs_f64() / raw.as_secs_f64());
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.what,
            shown(raw),
            shown(port),
            shown(act),
            ratio(port),
            ratio(act),
            shown(self.raw.p95()),
            shown(self.port.p95()),
            shown(self.act.p95()),
            self.raw.0.len(),
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
