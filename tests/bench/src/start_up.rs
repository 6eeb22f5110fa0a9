//! From starting the program to a usable table: the real program in its real window, without user pauses.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use tempfile::TempDir;
use tenantry_core::sessions::PasswordHasher;

use crate::aims::Aims;
use crate::measure::{Times, shown};
use crate::processes::Processes;
use crate::webdriver::{Driver, Session};
use crate::workspace::{Address, OPERATOR, Workspace};
use crate::{ORGANIZATIONS, Outcome, population};

/// Runs of each; the first one fills the system's caches and is not counted.
const RUNS: usize = 6;
/// How much longer the window may take than an empty one until its first screen.
const START: f64 = 1.15;
/// How much more memory it may use.
const MEMORY: f64 = 1.2;
/// How long a window is left alone, and how long its processors are watched after that.
const SETTLED: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(60);

/// Measures with ten organizations and with very many, beside an empty window of the same toolkit and plugins.
pub(crate) async fn measure(aims: &mut Aims) -> Outcome<()> {
    println!("\n## Start-up\n");
    let program = program()?;
    let empty = env::current_exe()?.with_file_name("tenantry-empty-window");
    for needed in [&program, &empty] {
        if !needed.is_file() {
            aims.unmeasured("start-up", &format!("there is no {}", needed.display()));
            return Ok(());
        }
    }
    let driver = Driver::start().await?;
    let folders = [10, ORGANIZATIONS].map(|organizations| {
        TempDir::with_prefix("tenantry-bench-start-").map(|folder| (organizations, folder))
    });
    let [few, many] = folders;
    let (few, many) = (few?, many?);
    for (organizations, folder) in [&few, &many] {
        fill(folder.path(), *organizations).await?;
    }
    let mut nothing = Times::new();
    let mut steps = [const { [const { Times::new() }; 3] }; 2];
    let mut all = [const { Times::new() }; 2];
    // In turns, so that other work on the machine affects all of them.
    for run in 0..RUNS {
        let time = start_empty(&driver, &empty, few.1.path()).await?;
        if run > 0 {
            nothing.add(time);
        }
        for (index, (organizations, folder)) in [&few, &many].into_iter().enumerate() {
            let times = start(&driver, &program, folder.path(), *organizations).await?;
            if run > 0 {
                all[index].add(times.iter().sum());
                for (step, time) in steps[index].iter_mut().zip(times) {
                    step.add(time);
                }
            }
        }
    }
    println!(
        "An empty window to its first frame: {} (p95 {})\n",
        shown(nothing.median()),
        shown(nothing.p95())
    );
    println!("| organizations | start to start screen | open to sign-in | sign-in to rows | in all | p95 |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    for (index, (organizations, _)) in [&few, &many].into_iter().enumerate() {
        let [started, opened, signed_in] = steps[index].each_ref().map(|step| shown(step.median()));
        let (whole, p95) = (shown(all[index].median()), shown(all[index].p95()));
        println!("| {organizations} | {started} | {opened} | {signed_in} | {whole} | {p95} |");
    }
    let hashing = hashing().await?;
    println!("\nSigning in verifies a password at full cost: {}\n", shown(hashing));
    let beside = |time: Duration| time.as_secs_f64() / nothing.median().as_secs_f64();
    let started = steps[0][0].median();
    aims.at_most("start to the start screen, beside an empty window", beside(started), START);
    let rows = "start to rows with 100,000 organizations without the hash, beside an empty window";
    aims.at_most(rows, beside(all[1].median().saturating_sub(hashing)), START);
    idle(&driver, &program, &empty, &many, aims).await
}

/// Memory and load of windows that nobody touches.
async fn idle(
    driver: &Driver,
    program: &Path,
    empty: &Path,
    many: &(u32, TempDir),
    aims: &mut Aims,
) -> Outcome<()> {
    println!("| window left alone | resident memory | proportional memory | load |");
    println!("| --- | ---: | ---: | ---: |");
    let look = async |what: &str, program: &Path| {
        tokio::time::sleep(SETTLED).await;
        let processes = Processes::of(program)?;
        let load = processes.load(WATCHED).await;
        let memory = processes.memory();
        println!("| {what} | {:.0} MiB | {:.0} MiB | {load:.2} % |", memory.resident, memory.proportional);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((memory, load))
    };
    let folder = many.1.path();
    let (session, _) = begin(driver, empty, folder).await?;
    when(&session, "document.querySelector('h1')").await?;
    let (nothing, _) = look("empty", empty).await?;
    session.close().await?;
    let (session, _) = begin(driver, program, folder).await?;
    when(&session, OPEN).await?;
    let (memory, load) = look("start screen", program).await?;
    aims.at_most(
        "memory on the start screen, beside an empty window",
        memory.resident / nothing.resident,
        MEMORY,
    );
    aims.percent_at_most("load on the start screen", load, 0.0);
    sign_in(&session, many.0).await?;
    let (memory, load) = look("list of 100,000", program).await?;
    aims.at_most("memory on the list, beside an empty window", memory.resident / nothing.resident, MEMORY);
    aims.percent_at_most("load on the list", load, 0.0);
    session.close().await?;
    println!();
    Ok(())
}

/// The program beside this one, or the one that is named.
pub(crate) fn program() -> Outcome<PathBuf> {
    if let Some(program) = env::var_os("TENANTRY_PROGRAM").filter(|program| !program.is_empty()) {
        return Ok(PathBuf::from(program));
    }
    Ok(env::current_exe()?.with_file_name("tenantry"))
}

pub(crate) async fn fill(folder: &Path, organizations: u32) -> Outcome<()> {
    // Full cost: a cheaper hash is renewed at the first sign-in, which would count.
    let address = Address::File(folder.join("tenantry.db"));
    let workspace = Workspace::open_with(&address, PasswordHasher::default()).await?;
    population::fill(&workspace.ports, organizations).await?;
    Ok(())
}

/// The button that opens the built-in workspace.
pub(crate) const OPEN: &str =
    "[...document.querySelectorAll('button')].find(each => each.textContent.includes('Open workspace'))";

/// Starts a program; returns when that was, in milliseconds since 1970.
pub(crate) async fn begin<'driver>(
    driver: &'driver Driver,
    program: &Path,
    folder: &Path,
) -> Outcome<(Session<'driver>, f64)> {
    let begun = folder.join("begun");
    let script = folder.join("start");
    let text = format!(
        "#!/bin/sh\nexport TENANTRY_DATA_DIR='{}'\ndate +%s%N > '{}'\nexec '{}' \"$@\"\n",
        folder.display(),
        begun.display(),
        program.display()
    );
    fs::write(&script, text)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let session = driver.open(&script).await?;
    let begun = fs::read_to_string(&begun)?.trim().parse::<f64>()? / 1e6;
    Ok((session, begun))
}

/// Until the first frame of an empty window.
async fn start_empty(driver: &Driver, program: &Path, folder: &Path) -> Outcome<Duration> {
    let (session, begun) = begin(driver, program, folder).await?;
    let frame = when(&session, "document.querySelector('h1')").await?;
    session.close().await?;
    Ok(between(begun, frame))
}

/// One run: until the start screen, until the sign-in form, until the rows.
async fn start(driver: &Driver, program: &Path, folder: &Path, organizations: u32) -> Outcome<[Duration; 3]> {
    let (session, begun) = begin(driver, program, folder).await?;
    let start_screen = when(&session, OPEN).await?;
    let [form, table] = sign_in(&session, organizations).await?;
    session.close().await?;
    Ok([between(begun, start_screen), form, table])
}

/// From the start screen to the sign-in form, and from there to the rows.
pub(crate) async fn sign_in(session: &Session<'_>, organizations: u32) -> Outcome<[Duration; 2]> {
    let opening = session.run(&format!("const now = Date.now(); {OPEN}.click(); done(now);")).await?;
    let form = when(session, "document.querySelector('input[type=password]')").await?;
    let (email, password) = OPERATOR;
    let submit = format!(
        "const fill = (kind, text) => {{ const field = document.querySelector(`input[type=${{kind}}]`); \
         field.value = text; field.dispatchEvent(new Event('input', {{ bubbles: true }})); }}; \
         fill('email', '{email}'); fill('password', '{password}'); const now = Date.now(); \
         document.querySelector('form').requestSubmit(); done(now);"
    );
    let submitted = session.run(&submit).await?;
    let rows = format!(
        "document.querySelectorAll('[role=row][data-index]:not([aria-busy])').length >= {}",
        organizations.min(10)
    );
    let table = when(session, &rows).await?;
    Ok([between(opening, form), between(submitted, table)])
}

fn between(from: f64, to: f64) -> Duration {
    Duration::from_secs_f64((to - from).max(0.0) / 1e3)
}

/// The moment, in milliseconds since 1970, at which an expression is true in a drawn frame.
pub(crate) async fn when(session: &Session<'_>, expression: &str) -> Outcome<f64> {
    let script = format!(
        "const look = () => ({expression}) ? requestAnimationFrame(() => done(Date.now())) : setTimeout(look, 2); look();"
    );
    session.run(&script).await
}

async fn hashing() -> Outcome<Duration> {
    let password = tenantry_core::values::Password::parse(&SecretString::from(OPERATOR.1))
        .map_err(|_| "the bench's password breaks the rules")?;
    let mut times = Times::new();
    for _ in 0..5 {
        let start = std::time::Instant::now();
        PasswordHasher::default().hash(&password).await?;
        times.add(start.elapsed());
    }
    Ok(times.median())
}
