//! Exports: speed and memory, the latter in a separate process each time.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tenantry_core::export::{
    CsvLayout, CsvSeparator, ExportColumn, ExportFormat, ExportRequest, ExportScope,
};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::records::{SortDirection, SortField};
use tenantry_core::sessions::Freshness;

use crate::calls::{Raw, per_second};
use crate::machine::peak_memory;
use crate::measure::{Times, shown};
use crate::workspace::{Address, Place, Workspace};
use crate::{ORGANIZATIONS, Outcome, population};

/// The first argument of a process that exports and prints its peak memory.
pub(crate) const CHILD: &str = "--export";

const CSV: ExportFormat =
    ExportFormat::Csv(CsvLayout::Plain { separator: CsvSeparator::Comma, byte_order_mark: true });
const FORMATS: [ExportFormat; 4] = [CSV, ExportFormat::Json, ExportFormat::Ndjson, ExportFormat::Xlsx];
/// Organizations of the small and of the large list: equal memory for both does not grow with the rows.
const FEW: u32 = ORGANIZATIONS / 10;
const MANY: u32 = ORGANIZATIONS * 3;

/// How long one format is repeated.
const ENOUGH: Duration = Duration::from_secs(20);

/// All columns that need no query per collection.
const COLUMNS: [ExportColumn; 8] = [
    ExportColumn::Id,
    ExportColumn::Name,
    ExportColumn::DisplayName,
    ExportColumn::Status,
    ExportColumn::AdminEmail,
    ExportColumn::CollectionName,
    ExportColumn::CreatedAt,
    ExportColumn::UpdatedAt,
];

pub(crate) async fn measure(place: &Place, workspace: &Workspace, raw: &dyn Raw) -> Outcome<()> {
    let folder = TempDir::with_prefix("tenantry-bench-export-")?;
    let few = place.open("few").await?;
    population::fill(&few.ports, FEW).await?;
    let many = place.open("many").await?;
    population::fill(&many.ports, MANY).await?;

    let mut read = Times::new();
    let mut count = 0;
    for _ in 0..5 {
        let start = Instant::now();
        count = raw.read_all().await?;
        read.add(start.elapsed());
    }
    println!("### Export of {count} organizations\n");
    println!(
        "Reading them raw, in order, without writing: {} ({:.0} rows/s)\n",
        shown(read.median()),
        per_second(count, read.median())
    );
    println!("| format | time | rows/s | time / raw reading | peak at {FEW} rows | at {count} | at {MANY} |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for format in FORMATS {
        let target = folder.path().join(format!("list.{}", format.extension()));
        let mut times = Times::new();
        let mut rows = 0;
        let first = Instant::now();
        while times.count() < 5 && first.elapsed() < ENOUGH {
            let start = Instant::now();
            rows = export(workspace, format, &target).await?;
            times.add(start.elapsed());
        }
        let time = times.median();
        println!(
            "| {} | {} | {:.0} | {:.2} | {} | {} | {} |",
            format.extension(),
            shown(time),
            per_second(rows, time),
            time.as_secs_f64() / read.median().as_secs_f64(),
            memory_of(&place.address("few"), format, &target)?,
            memory_of(&place.address("measured"), format, &target)?,
            memory_of(&place.address("many"), format, &target)?,
        );
    }
    println!();
    Ok(())
}

async fn export(workspace: &Workspace, format: ExportFormat, target: &Path) -> Outcome<u64> {
    let request = ExportRequest {
        scope: ExportScope::All,
        columns: COLUMNS.to_vec(),
        format,
        sort: SortField::Name,
        direction: SortDirection::Ascending,
    };
    let actor = workspace.actor(Freshness::Recent).await?;
    let output = Box::new(File::create(target)?);
    Ok(workspace.exports.run(&actor, request, output, &Quiet, &Cancellation::default()).await?.rows)
}

/// The peak memory of a process that does nothing but this export.
fn memory_of(address: &Address, format: ExportFormat, target: &Path) -> Outcome<String> {
    let mut child = Command::new(std::env::current_exe()?);
    child.args([CHILD, format.extension()]).arg(target);
    match address {
        Address::File(path) => child.arg(path),
        Address::Database { uri, database } => child.args([uri, database]),
    };
    let output = child.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Exports once and prints the peak memory of this process.
pub(crate) async fn child(arguments: &[String]) -> Outcome<()> {
    let (format, target, address) = match arguments {
        [format, target, path] => (format, target, Address::File(PathBuf::from(path))),
        [format, target, uri, database] => {
            (format, target, Address::Database { uri: uri.clone(), database: database.clone() })
        }
        _ => return Err("an export is asked for by format, target and workspace".into()),
    };
    let format = FORMATS
        .into_iter()
        .find(|known| known.extension() == format.as_str())
        .ok_or("the format of an export is not known")?;
    let workspace = Workspace::open(&address).await?;
    export(&workspace, format, Path::new(target)).await?;
    let peak =
        peak_memory().map_or_else(|| "unknown".to_owned(), |kib| format!("{:.1} MiB", kib as f64 / 1024.0));
    println!("{peak}");
    Ok(())
}
