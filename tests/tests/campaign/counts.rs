//! What the campaign has done, and the chance that it was done by.

use std::env;
use std::fmt::{Display, Formatter, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenantry_tests::chance::Chance;
use tenantry_tests::checker::Contents;

/// The seed of a short campaign.
const SHORT_SEED: u64 = 0x7e4a;

/// A count that parts at work share.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn up(&self) {
        self.add(1);
    }

    /// Some more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }
}

impl Display for Count {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        self.0.load(Ordering::Relaxed).fmt(formatter)
    }
}

/// The counts of a campaign.
#[derive(Debug, Default)]
pub struct Counts {
    /// What all chance comes from.
    pub seed: u64,
    /// Whether everything is tried at length.
    pub soak: bool,
    /// Processes killed at a chosen write.
    pub kills: Count,
    /// Processes killed at any moment.
    pub blind: Count,
    /// Processes killed inside a transaction of the file.
    pub inside: Count,
    /// Acts that turned out done, and undone, after a kill.
    pub done: Count,
    /// See [`done`](Self::done).
    pub undone: Count,
    /// Acts on one thing by two consoles at once.
    pub races: Count,
    /// Schedules of faults.
    pub schedules: Count,
    /// Acts in schedules.
    pub acts: Count,
    /// Faults in schedules.
    pub faults: Count,
    /// Organizations brought back from the trash to be looked at.
    pub restored: Count,
    /// Looks of the checker, and the documents that it compared.
    pub looks: Count,
    /// See [`looks`](Self::looks).
    pub documents: Count,
}

impl Counts {
    /// With the seed and the length that the environment asks for.
    ///
    /// # Panics
    /// When `TENANTRY_SEED` is no number.
    pub fn new() -> Arc<Self> {
        let soak = env::var_os("TENANTRY_SOAK").is_some_and(|value| !value.is_empty());
        // In short always the same: whoever changes something else is not stopped by chance.
        let chosen = if soak { Chance::from_time() } else { SHORT_SEED };
        Arc::new(Self { seed: seed().unwrap_or(chosen), soak, ..Self::default() })
    }

    /// Chance that depends on the seed and on a name.
    pub fn chance(&self, name: &str) -> Chance {
        Chance::of(self.seed, name)
    }

    /// As many as are tried at length, or in short.
    pub fn of(&self, short: u32, long: u32) -> u32 {
        if self.soak { long } else { short }
    }

    /// Notes a look of the checker.
    pub fn looked(&self, contents: &Contents) {
        self.looks.up();
        self.documents.add(contents.documents().len() as u64);
    }
}

/// The seed that was asked for.
pub fn seed() -> Option<u64> {
    let asked = env::var("TENANTRY_SEED").ok().filter(|value| !value.is_empty())?;
    let seed = match asked.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => asked.parse(),
    };
    Some(seed.expect("TENANTRY_SEED is a number"))
}

impl Display for Counts {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let Self { kills, blind, inside, done, undone, races, schedules, acts, faults, .. } = self;
        let Self { restored, looks, documents, .. } = self;
        write!(
            formatter,
            "{kills} kills at a write, {blind} at any moment, {inside} inside a transaction ({done} acts done, {undone} \
             undone); {races} races; {schedules} schedules with {acts} acts and {faults} faults; {restored} restored \
             from the trash; {looks} looks at {documents} documents"
        )
    }
}
