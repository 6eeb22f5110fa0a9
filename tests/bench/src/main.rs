//! Measures Tenantry beside the raw driver and the raw statement, in the same run on the same data.
//!
//! `tenantry-bench [sqlite] [mongodb] [doctor] [record] [bulk] [bundle] [import] [peers] [startup] [window]`; nothing
//! named is everything. The last table has every figure with an aim.

mod aims;
mod bulk;
mod bundle;
mod calls;
mod doctor;
mod export;
mod import;
mod machine;
mod measure;
mod peers;
mod population;
mod processes;
mod raw_mongodb;
mod raw_sqlite;
mod record;
mod scrolling;
mod start_up;
mod webdriver;
mod workspace;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use aims::Aims;
use calls::Bench;
use workspace::{Place, Workspace};

/// Organizations in the list that is measured.
const ORGANIZATIONS: u32 = 100_000;
/// Organizations on a server that have a collection each.
const WITH_COLLECTIONS: u32 = 5_000;
/// Organizations in the list that shows what grows.
const MILLION: u32 = 1_000_000;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = if arguments.first().is_some_and(|first| first == export::CHILD) {
        export::child(&arguments[1..]).await
    } else {
        run(&arguments).await
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the measurement stopped: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(wanted: &[String]) -> Outcome<()> {
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|name| name == part);
    let mut aims = Aims::default();
    machine::describe();
    if is_wanted("sqlite") {
        measure_store(&Place::sqlite()?, &mut aims).await?;
    }
    if is_wanted("mongodb") {
        measure_store(&Place::mongodb(), &mut aims).await?;
    }
    if is_wanted("doctor") {
        for place in [Place::sqlite()?, Place::mongodb()] {
            doctor::measure(&place, &mut aims).await?;
        }
    }
    if is_wanted("record") {
        for place in [Place::sqlite()?, Place::mongodb()] {
            record::measure(&place, &mut aims).await?;
        }
    }
    if is_wanted("bulk") {
        bulk::measure(&mut aims).await?;
    }
    if is_wanted("import") {
        for place in [Place::sqlite()?, Place::mongodb()] {
            import::measure(&place, &mut aims).await?;
        }
    }
    if is_wanted("bundle") {
        for place in [Place::sqlite()?, Place::mongodb()] {
            bundle::measure(&place, &mut aims).await?;
        }
        bundle::packing()?;
    }
    if is_wanted("peers") {
        peers::measure(&Place::mongodb()).await?;
    }
    if is_wanted("startup") {
        start_up::measure(&mut aims).await?;
    }
    if is_wanted("window") {
        scrolling::measure(&mut aims).await?;
    }
    aims.print();
    machine::load();
    Ok(())
}

async fn measure_store(place: &Place, aims: &mut Aims) -> Outcome<()> {
    println!("\n## {}\n", place.title());
    let hop = if place.is_server() { Duration::ZERO } else { calls::thread_hop().await? };
    let ten = filled(place, "ten", 10).await?;
    let raw = place.raw("ten").await?;
    calls::measure_pages(&mut Bench { workspace: &ten, raw: raw.as_ref(), organizations: 10, aims, hop })
        .await?;

    let measured = filled(place, "measured", ORGANIZATIONS).await?;
    let raw = place.raw("measured").await?;
    let mut bench =
        Bench { workspace: &measured, raw: raw.as_ref(), organizations: ORGANIZATIONS, aims, hop };
    calls::measure(&mut bench).await?;

    let million = filled(place, "million", MILLION).await?;
    let raw_million = place.raw("million").await?;
    let mut bench =
        Bench { workspace: &million, raw: raw_million.as_ref(), organizations: MILLION, aims, hop };
    calls::measure_lists(&mut bench).await?;

    export::measure(place, &measured, raw.as_ref(), aims).await?;
    place.remove(&["ten", "few", "measured", "million"]).await
}

/// A workspace with so many organizations.
async fn filled(place: &Place, name: &str, organizations: u32) -> Outcome<Workspace> {
    let workspace = place.open(name).await?;
    let time = population::fill(&workspace.ports, organizations).await?;
    println!("{organizations} organizations inserted in {}\n", measure::shown(time));
    Ok(workspace)
}
