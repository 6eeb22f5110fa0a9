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

use crate::aims::Aims;
use crate::calls::{Raw, per_second};
use crate::machine::peak_memory;
use crate::measure::{Times, shown};
use crate::workspace::{Address, Place, Workspace};
use crate::{MILLION, ORGANIZATIONS, Outcome, population};

/// The first argument of a process that exports and prints its peak memory.
pub(crate) const CHILD: &str = "--export";

pub(crate) const CSV: ExportFormat =
    ExportFormat::Csv(CsvLayout::Plain { separator: CsvSeparator::Comma, byte_order_mark: true });
const FORMATS: [ExportFormat; 4] = [CSV, ExportFormat::Json, ExportFormat::Ndjson, ExportFormat::Xlsx];
/// Organizations of the small list: equal memory for all lists does not grow with the rows.
const FEW: u32 = ORGANIZATIONS / 10;
/// The share of raw reading that an export reaches at least, in rows per second.
const OF_READING: f64 = 0.85;
/// The same for a spreadsheet, which is compressed.
const OF_READING_AS_SPREADSHEET: f64 = 0.5;
/// How much more memory ten times as many rows may take. A process varies by about as much.
const FLAT: f64 = 1.1;

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

/// Measures exports of the list of 100,000 and the memory of exports of all lists.
pub(crate) async fn measure(
    place: &Place,
    workspace: &Workspace,
    raw: &dyn Raw,
    aims: &mut Aims,
) -> Outcome<()> {
    let folder = TempDir::with_prefix("tenantry-bench-export-")?;
    let few = place.open("few").await?;
    population::fill(&few.ports, FEW).await?;

    println!("### Export of {ORGANIZATIONS} organizations\n");
    println!(
        "| format | raw reading | of these fields | export | rows/s | share of raw reading | of these fields | peak at {FEW} rows | at {ORGANIZATIONS} \
         | at {MILLION} |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for format in FORMATS {
        let target = folder.path().join(format!("list.{}", format.extension()));
        let (mut read, mut shown_fields, mut times) = (Times::new(), Times::new(), Times::new());
        let mut rows = 0;
        let first = Instant::now();
        // In turns, so that other work on the machine affects both.
        while times.count() < 5 && first.elapsed() < ENOUGH {
            let start = Instant::now();
            let count = raw.read_all().await?;
            read.add(start.elapsed());
            let start = Instant::now();
            raw.read_shown().await?;
            shown_fields.add(start.elapsed());
            let start = Instant::now();
            rows = export(workspace, format, &target).await?;
            times.add(start.elapsed());
            if rows != count {
                return Err(format!("{rows} rows exported of {count}").into());
            }
        }
        let time = times.median();
        let share_of = |read: &Times| read.median().as_secs_f64() / time.as_secs_f64();
        let (share, share_of_shown) = (share_of(&read), share_of(&shown_fields));
        let few = memory_of(&place.address("few"), format, &target)?;
        let some = memory_of(&place.address("measured"), format, &target)?;
        let many = memory_of(&place.address("million"), format, &target)?;
        println!(
            "| {} | {} | {} | {} | {:.0} | {share:.2} | {share_of_shown:.2} | {few:.1} MiB | {some:.1} MiB | {many:.1} MiB |",
            format.extension(),
            shown(read.median()),
            shown(shown_fields.median()),
            shown(time),
            per_second(rows, time),
        );
        let what = format!("{}, export as {}", place.title(), format.extension());
        let aim = match format {
            ExportFormat::Xlsx => OF_READING_AS_SPREADSHEET,
            ExportFormat::Csv(_) | ExportFormat::Json | ExportFormat::Ndjson => OF_READING,
        };
        aims.at_least(format!("{what}: share of raw reading"), share, aim);
        aims.at_least(format!("{what}: share of raw reading of these fields"), share_of_shown, aim);
        aims.at_most(format!("{what}: peak memory at {MILLION} beside {ORGANIZATIONS}"), many / some, FLAT);
    }
    println!();
    Ok(())
}

/// Everything in every column.
pub(crate) fn request(format: ExportFormat) -> ExportRequest {
    ExportRequest {
        scope: ExportScope::All,
        columns: COLUMNS.to_vec(),
        format,
        sort: SortField::Name,
        direction: SortDirection::Ascending,
    }
}

async fn export(workspace: &Workspace, format: ExportFormat, target: &Path) -> Outcome<u64> {
    let request = request(format);
    let actor = workspace.actor(Freshness::Recent).await?;
    let output = Box::new(File::create(target)?);
    Ok(workspace.exports.run(&actor, request, output, &Quiet, &Cancellation::default()).await?.rows)
}

/// The peak memory of a process that does nothing but this export, in MiB.
fn memory_of(address: &Address, format: ExportFormat, target: &Path) -> Outcome<f64> {
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
    Ok(String::from_utf8(output.stdout)?.trim().parse::<f64>()? / 1024.0)
}

/// Exports once and prints the peak memory of this process, in KiB.
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
    println!("{}", peak_memory().ok_or("the system does not say how much memory was used")?);
    Ok(())
}
