//! The crash campaign: processes that are really killed, two consoles on one database, and schedules of faults. After
//! each of them a checker that shares no code with the services looks at what is left.
//!
//! A main of its own, because this program starts itself as a process to be killed, and ends with its counts. Arguments
//! choose parts by name, as in `cargo test --test campaign -- schedules`. `TENANTRY_SOAK=1` tries everything at length;
//! `TENANTRY_SEED` repeats what a failure printed.

#[path = "campaign/cases.rs"]
mod cases;
#[path = "campaign/counts.rs"]
mod counts;
#[path = "campaign/kills.rs"]
mod kills;
#[path = "campaign/moves.rs"]
mod moves;
#[path = "campaign/races.rs"]
mod races;
#[path = "campaign/schedules.rs"]
mod schedules;
#[path = "campaign/transactions.rs"]
mod transactions;

use std::env;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Instant;

use futures_util::stream::{self, StreamExt};
use tenantry_tests::victim;

use crate::counts::Counts;

/// A part of the campaign, with the name that chooses it.
struct Part {
    name: String,
    work: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Part {
    fn new(name: impl Into<String>, work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { name: name.into(), work: Box::pin(work) }
    }
}

fn main() -> ExitCode {
    if victim::was_one() {
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let begin = Instant::now();
    let counts = Counts::new();
    println!("campaign: seed {:#x} (TENANTRY_SEED repeats it)", counts.seed);
    let parts = [kills::parts(&counts), moves::parts(&counts), transactions::parts(&counts)];
    let parts = parts.into_iter().chain([races::parts(&counts)]).flatten().chain(schedules::parts(&counts));
    let parts: Vec<Part> = parts
        .filter(|part| chosen.is_empty() || chosen.iter().any(|name| part.name.contains(name)))
        .collect();
    assert!(!parts.is_empty(), "no part of the campaign has a name with {chosen:?}");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    let failed: Vec<String> = runtime.expect("a runtime").block_on(async {
        stream::iter(parts)
            .map(|part| async {
                let begin = Instant::now();
                let ended = tokio::spawn(part.work).await;
                let verdict = if ended.is_ok() { "held" } else { "FAILED" };
                println!("campaign: {} {verdict}, {:.1} s", part.name, begin.elapsed().as_secs_f32());
                ended.is_err().then_some(part.name)
            })
            // One more than the cores of a small computer: each waits for processes and servers, too.
            .buffer_unordered(3)
            .filter_map(std::future::ready)
            .collect()
            .await
    });
    println!("campaign: {counts}; {:.0} s", begin.elapsed().as_secs_f32());
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("campaign FAILED: {}; seed {:#x}", failed.join(", "), counts.seed);
    ExitCode::FAILURE
}
