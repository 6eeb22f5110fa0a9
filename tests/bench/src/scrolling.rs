//! Frames of the real window while a list of 100,000 rows is scrolled, beside a bare list in the same page; a jump into
//! its middle, opening the panel, and typing into the search.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::aims::Aims;
use crate::measure::shown;
use crate::start_up;
use crate::webdriver::Driver;
use crate::{ORGANIZATIONS, Outcome};

/// How much longer a frame may take than one of the bare list.
const FRAMES: f64 = 1.15;
const JUMP: Duration = Duration::from_millis(150);
const PANEL: Duration = Duration::from_millis(50);

/// Milliseconds of frames.
type Times = Vec<f64>;

#[derive(Deserialize)]
struct Beside {
    ours: Times,
    bare: Times,
}

#[derive(Deserialize)]
struct Typed {
    times: Times,
    missing: i32,
}

#[derive(Deserialize)]
struct Measured {
    scrolled: BTreeMap<String, Beside>,
    jumped: Times,
    opened: Times,
    typed: Typed,
}

pub(crate) async fn measure(aims: &mut Aims) -> Outcome<()> {
    println!("\n## The window in use\n");
    let program = start_up::program()?;
    if !program.is_file() {
        aims.unmeasured("scrolling", &format!("there is no {}", program.display()));
        return Ok(());
    }
    let driver = Driver::start().await?;
    let folder = tempfile::TempDir::with_prefix("tenantry-bench-window-")?;
    start_up::fill(folder.path(), ORGANIZATIONS).await?;
    let (session, _) = start_up::begin(&driver, &program, folder.path()).await?;
    start_up::when(&session, start_up::OPEN).await?;
    start_up::sign_in(&session, ORGANIZATIONS).await?;
    let measured: Measured = serde_json::from_value(session.answer(include_str!("scrolling.js")).await?)?;
    session.close().await?;

    println!("| scrolled by | | p50 | p95 | p99 | longest |\n| --- | --- | ---: | ---: | ---: | ---: |");
    for (by, Beside { ours, bare }) in &measured.scrolled {
        for (whose, times) in [("the list", ours), ("a bare list", bare)] {
            let [p50, p95, p99, longest] = [0.5, 0.95, 0.99, 1.0].map(|part| shown(part_of(times, part)));
            println!("| {by} | {whose} | {p50} | {p95} | {p99} | {longest} |");
        }
        let beside = |part: f64| part_of(ours, part).as_secs_f64() / part_of(bare, part).as_secs_f64();
        aims.at_most(
            format!("frames while scrolled by {by}, median beside a bare list"),
            beside(0.5),
            FRAMES,
        );
        aims.at_most(format!("frames while scrolled by {by}, p95 beside a bare list"), beside(0.95), FRAMES);
    }
    println!();
    let Typed { times, missing } = &measured.typed;
    aims.within("a jump to rows in the middle, median", part_of(&measured.jumped, 0.5), JUMP);
    aims.within("a press on a row to its panel, p95", part_of(&measured.opened, 0.95), PANEL);
    aims.within("a key in the search, p95", part_of(times, 0.95), Duration::from_millis(16));
    aims.at_most("keys that the search dropped", f64::from(*missing), 0.0);
    Ok(())
}

/// The time that this part of them stays below.
fn part_of(times: &[f64], part: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Not negative, and smaller than the length.
    let index = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    Duration::from_secs_f64(sorted.get(index).copied().unwrap_or_default() / 1e3)
}
