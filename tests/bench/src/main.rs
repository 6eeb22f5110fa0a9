//! Measures Tenantry beside the raw driver and the raw statement, in the same run on the same data.
//!
//! `tenantry-bench [sqlite] [mongodb] [startup]`; nothing named is everything.

mod calls;
mod export;
mod machine;
mod measure;
mod population;
mod raw_mongodb;
mod raw_sqlite;
mod start_up;
mod webdriver;
mod workspace;

use std::error::Error;
use std::process::ExitCode;

use workspace::Place;

/// Organizations in the list that is measured.
const ORGANIZATIONS: u32 = 100_000;

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
    machine::describe();
    if is_wanted("sqlite") {
        measure_store(&Place::sqlite()?).await?;
    }
    if is_wanted("mongodb") {
        measure_store(&Place::mongodb()).await?;
    }
    if is_wanted("startup") {
        start_up::measure().await?;
    }
    machine::load();
    Ok(())
}

async fn measure_store(place: &Place) -> Outcome<()> {
    println!("\n## {}\n", place.title());
    let workspace = place.open("measured").await?;
    let filled = population::fill(&workspace.ports, ORGANIZATIONS).await?;
    println!("{ORGANIZATIONS} organizations inserted in {:.1} s\n", filled.as_secs_f64());
    let raw = place.raw("measured").await?;
    calls::measure(&workspace, raw.as_ref()).await?;
    export::measure(place, &workspace, raw.as_ref()).await?;
    place.remove(&["measured", "few", "many"]).await
}
