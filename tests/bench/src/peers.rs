//! The same list with public tools: PyMongo, and the Node driver on which Compass stands.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::sessions::Freshness;
use tenantry_tests::server::cache;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::calls::{PAGE, Raw, query};
use crate::export;
use crate::measure::{Times, shown};
use crate::workspace::{Address, Place, Workspace};
use crate::{ORGANIZATIONS, Outcome, population};

/// Rounds of each act.
const ROUNDS: usize = 5;
/// After this a tool counts as stuck.
const LIMIT: Duration = Duration::from_secs(300);
/// What is done with each tool: the word for the scripts, and what the table calls it.
const ACTS: [(&str, &str); 3] =
    [("page", "first page of 100"), ("read", "read all"), ("export", "export all as CSV")];

/// Measures them in turns on one list, and the REST service where its address is given.
pub(crate) async fn measure(place: &Place) -> Outcome<()> {
    println!("\n## Beside public tools, {ORGANIZATIONS} organizations\n");
    let workspace = place.open("peers").await?;
    population::fill(&workspace.ports, ORGANIZATIONS).await?;
    let raw = place.raw("peers").await?;
    let folder = TempDir::with_prefix("tenantry-bench-peers-")?;
    let Address::Database { uri, database } = place.address("peers") else {
        return Err("public tools read from a server".into());
    };
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let kept = cache().join("peers");
    let mut tools = Vec::new();
    for (name, program, script) in [
        ("PyMongo", kept.join("python/bin/python"), scripts.join("list.py")),
        ("Node driver", PathBuf::from("node"), scripts.join("list.mjs")),
    ] {
        let target = folder.path().join(name);
        match Tool::start(&program, &script, &[&uri, &database], &target, &kept) {
            Ok(tool) => tools.push((name, tool)),
            Err(error) => println!("{name} is not measured: {error}\n"),
        }
    }
    let names: Vec<&str> = tools.iter().map(|(name, _)| *name).collect();
    println!("| what | Tenantry | Rust driver alone | {} |", names.join(" | "));
    println!("| --- | ---: | ---: |{}", " ---: |".repeat(names.len()));
    for (act, what) in ACTS {
        let (mut own, mut driver) = (Times::new(), Times::new());
        let mut others = vec![Times::new(); tools.len()];
        // The first round fills caches and is not counted.
        for round in 0..=ROUNDS {
            let counted = |times: &mut Times, time| {
                if round > 0 {
                    times.add(time)
                }
            };
            if let Some(time) = tenantry(&workspace, act, &folder.path().join("own")).await? {
                counted(&mut own, time);
            }
            if let Some(time) = alone(raw.as_ref(), act).await? {
                counted(&mut driver, time);
            }
            for ((_, tool), times) in tools.iter_mut().zip(&mut others) {
                counted(times, tool.ask(act).await?);
            }
        }
        let cell = |times: &Times| if times.count() == 0 { "—".to_owned() } else { shown(times.median()) };
        let others: Vec<String> = others.iter().map(cell).collect();
        println!("| {what} | {} | {} | {} |", cell(&own), cell(&driver), others.join(" | "));
    }
    place.remove(&["peers"]).await?;
    service(&kept, &scripts).await
}

/// The act as the program does it; it never reads all without writing them.
async fn tenantry(workspace: &Workspace, act: &str, target: &Path) -> Outcome<Option<Duration>> {
    let start = Instant::now();
    match act {
        "page" => {
            let actor = workspace.actor(Freshness::Recent).await?;
            workspace.organizations.page(&actor, query("")).await?;
        }
        "export" => {
            let actor = workspace.actor(Freshness::Recent).await?;
            let output = Box::new(std::fs::File::create(target)?);
            let (request, exports) = (export::request(export::CSV), &workspace.exports);
            exports.run(&actor, request, output, &Quiet, &Cancellation::default()).await?;
        }
        _ => return Ok(None),
    }
    Ok(Some(start.elapsed()))
}

/// The act with the driver alone, which writes no files.
async fn alone(raw: &dyn Raw, act: &str) -> Outcome<Option<Duration>> {
    let start = Instant::now();
    match act {
        "page" => drop(raw.first_page(PAGE).await?),
        "read" => drop(raw.read_all().await?),
        _ => return Ok(None),
    }
    Ok(Some(start.elapsed()))
}

/// A script that does an act for each line that it reads.
struct Tool {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Tool {
    fn start(program: &Path, script: &Path, of: &[&str], target: &Path, kept: &Path) -> Outcome<Self> {
        let mut process = Command::new(program)
            .arg(script)
            .args(of)
            .arg(target)
            .env("NODE_PATH", kept.join("node"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = process.stdin.take().ok_or("no input")?;
        let output = process.stdout.take().ok_or("no output")?;
        Ok(Self { _process: process, input, output: BufReader::new(output).lines() })
    }

    /// The time that an act took, as the script measured it.
    async fn ask(&mut self, act: &str) -> Outcome<Duration> {
        self.input.write_all(format!("{act}\n").as_bytes()).await?;
        let line = timeout(LIMIT, self.output.next_line()).await??.ok_or("the script ended")?;
        let seconds = line.split_whitespace().next().ok_or("an empty line")?;
        Ok(Duration::from_secs_f64(seconds.parse()?))
    }
}

/// The operations of the REST service, if `TENANTRY_SERVICE_URL` says where it is.
async fn service(kept: &Path, scripts: &Path) -> Outcome<()> {
    println!("\n## The REST service\n");
    let Some(address) = env::var_os("TENANTRY_SERVICE_URL").filter(|address| !address.is_empty()) else {
        println!("Not measured: TENANTRY_SERVICE_URL is not set.");
        return Ok(());
    };
    let python = kept.join("python/bin/python");
    let run = Command::new(python).arg(scripts.join("service.py")).arg(address).kill_on_drop(true).status();
    if timeout(LIMIT, run).await??.success() { Ok(()) } else { Err("the service was not measured".into()) }
}
