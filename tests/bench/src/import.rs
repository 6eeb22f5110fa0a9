//! An import: rows checked in a second, and organizations created with hashing, beside bcrypt and the inserts alone.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use secrecy::SecretString;
use tenantry_core::import::{ImportDraft, read};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::limits::{BCRYPT_COST, BULK_AT_ONCE};
use tenantry_core::sessions::{Freshness, PasswordHasher};
use tenantry_core::values::{CollectionName, Password};

use crate::aims::Aims;
use crate::machine::{forget_peak, peak_memory};
use crate::measure::shown;
use crate::workspace::{Place, Workspace};
use crate::{Outcome, population};

/// Rows that are checked.
const CHECKED: usize = 10_000;
/// Organizations that are there already.
const THERE: u32 = 10_000;
/// Organizations that are created with the cost of real passwords.
const CREATED: usize = 100;

/// Measures an import into a workspace with other organizations.
pub(crate) async fn measure(place: &Place, aims: &mut Aims) -> Outcome<()> {
    println!("\n## Importing, {}\n", place.title());
    let address = place.address("import");
    let workspace = Workspace::open_with(&address, PasswordHasher::with_cost(BCRYPT_COST)).await?;
    population::fill(&workspace.ports, THERE).await?;
    let actor = workspace.actor(Freshness::Now).await?;

    let content = rows(CHECKED);
    forget_peak();
    let before = peak_memory();
    let start = Instant::now();
    let mut draft = read("list.csv", content.clone()).map_err(|refusal| format!("{refusal:?}"))?;
    let reading = start.elapsed();
    let start = Instant::now();
    draft.learn(workspace.imports.look(&actor, draft.wanted(true)).await?);
    let checking = start.elapsed();
    println!("| step | rows | time | rows a second |\n| --- | ---: | ---: | ---: |");
    row("read and match", CHECKED, reading);
    row("check", CHECKED, checking);
    let more = peak_memory().zip(before).map_or(0, |(peak, before)| peak.saturating_sub(before));
    aims.within(format!("{}: check {CHECKED} rows", place.title()), checking, Duration::from_secs(5));

    let mut few = read("list.csv", rows(CREATED)).map_err(|refusal| format!("{refusal:?}"))?;
    few.learn(workspace.imports.look(&actor, few.wanted(true)).await?);
    let created = import(&workspace, &few).await?;
    row("create, cost 12", CREATED, created);
    let alone = raw(&workspace).await?;
    row("bcrypt and inserts alone", CREATED, alone);
    println!("\nReading and checking {CHECKED} rows took at most {:.1} MiB.", more as f64 / 1024.0);
    let ratio = created.as_secs_f64() / alone.as_secs_f64();
    aims.at_most(format!("{}: import / bcrypt and inserts alone", place.title()), ratio, 1.3);
    place.remove(&["import"]).await
}

fn row(what: &str, rows: usize, time: Duration) {
    println!("| {what} | {rows} | {} | {:.0} |", shown(time), rows as f64 / time.as_secs_f64());
}

fn rows(count: usize) -> Vec<u8> {
    let row = |number: usize| format!("imported-{number:05},Imported {number},admin@i{number}.example.com\n");
    (String::from("name,display name,email\n") + &(0..count).map(row).collect::<String>()).into_bytes()
}

async fn import(workspace: &Workspace, draft: &ImportDraft) -> Outcome<Duration> {
    let actor = workspace.actor(Freshness::Now).await?;
    let start = Instant::now();
    let work = (draft.file(), draft.work());
    let watched = (&Quiet as _, &Cancellation::default());
    let imported = workspace.imports.run(&workspace.organizations, &actor, work, &|_, _| (), watched).await?;
    let took = start.elapsed();
    if imported.created as usize != CREATED {
        return Err(format!("not all were created: {imported:?}").into());
    }
    Ok(took)
}

/// The same hashes, on as many processors, with the inserts and nothing else.
async fn raw(workspace: &Workspace) -> Outcome<Duration> {
    let password =
        Password::parse(&SecretString::from("Passw0rd-of-bench")).map_err(|_| "a good password")?;
    let start = Instant::now();
    stream::iter(0..CREATED)
        .map(|number| {
            let password = &password;
            async move {
                let admin_password = workspace.hasher.hash_in_background(password).await?;
                let new = population::another(format!("raw-{number}"));
                let new = tenantry_core::records::NewOrganization { admin_password, ..new };
                workspace.ports.organizations.insert(&new).await?;
                workspace.ports.collections.create(&CollectionName::for_organization(&new.name)).await?;
                Outcome::Ok(())
            }
        })
        .buffer_unordered(BULK_AT_ONCE)
        .try_collect::<()>()
        .await?;
    Ok(start.elapsed())
}
