//! From starting the program to a usable table: the real program in its real window, without user pauses.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use tempfile::TempDir;
use tenantry_core::sessions::PasswordHasher;

use crate::measure::{Times, shown};
use crate::webdriver::{Driver, Session};
use crate::workspace::{Address, OPERATOR, Workspace};
use crate::{ORGANIZATIONS, Outcome, population};

/// Runs for each size; the first one fills the system's caches and is not counted.
const RUNS: usize = 6;

/// Measures with ten organizations and with very many.
pub(crate) async fn measure() -> Outcome<()> {
    println!("\n## Start-up\n");
    let program = program()?;
    if !program.is_file() {
        println!("Not measured: there is no {}; TENANTRY_PROGRAM can name another.", program.display());
        return Ok(());
    }
    let driver = Driver::start().await?;
    println!("| organizations | start to start screen | open to sign-in | sign-in to rows | in all | p95 |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    for organizations in [10, ORGANIZATIONS] {
        let folder = TempDir::with_prefix("tenantry-bench-start-")?;
        fill(folder.path(), organizations).await?;
        let mut steps = [const { Times::new() }; 3];
        let mut all = Times::new();
        for run in 0..RUNS {
            let times = start(&driver, &program, folder.path(), organizations).await?;
            if run > 0 {
                all.add(times.iter().sum());
                for (step, time) in steps.iter_mut().zip(times) {
                    step.add(time);
                }
            }
        }
        let [started, opened, signed_in] = steps.map(|step| shown(step.median()));
        println!(
            "| {organizations} | {started} | {opened} | {signed_in} | {} | {} |",
            shown(all.median()),
            shown(all.p95())
        );
    }
    println!("\nSigning in verifies a password at full cost: {}", shown(hashing().await?));
    Ok(())
}

/// The program beside this one, or the one that is named.
fn program() -> Outcome<PathBuf> {
    if let Some(program) = env::var_os("TENANTRY_PROGRAM").filter(|program| !program.is_empty()) {
        return Ok(PathBuf::from(program));
    }
    Ok(env::current_exe()?.with_file_name("tenantry"))
}

async fn fill(folder: &Path, organizations: u32) -> Outcome<()> {
    // Full cost: a cheaper hash is renewed at the first sign-in, which would count.
    let address = Address::File(folder.join("tenantry.db"));
    let workspace = Workspace::open_with(&address, PasswordHasher::default()).await?;
    population::fill(&workspace.ports, organizations).await?;
    Ok(())
}

/// One run: until the start screen, until the sign-in form, until the rows.
async fn start(driver: &Driver, program: &Path, folder: &Path, organizations: u32) -> Outcome<[Duration; 3]> {
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

    let open =
        "[...document.querySelectorAll('button')].find(each => each.textContent.includes('Open workspace'))";
    let start_screen = when(&session, open).await?;
    let opening = session.run(&format!("const now = Date.now(); {open}.click(); done(now);")).await?;
    let form = when(&session, "document.querySelector('input[type=password]')").await?;
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
    let table = when(&session, &rows).await?;
    session.close().await?;
    let between = |from: f64, to: f64| Duration::from_secs_f64((to - from).max(0.0) / 1e3);
    Ok([between(begun, start_screen), between(opening, form), between(submitted, table)])
}

/// The moment, in milliseconds since 1970, at which an expression is true in a drawn frame.
async fn when(session: &Session<'_>, expression: &str) -> Outcome<f64> {
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
