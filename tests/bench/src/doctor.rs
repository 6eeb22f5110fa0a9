//! The doctor's pass beside reading the same names and documents.

use futures_util::TryStreamExt;
use tenantry_core::doctor::Depth;
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::records::Shelf;
use tenantry_core::sessions::Freshness;

use crate::aims::Aims;
use crate::measure::{Comparison, Effort, compare, shown};
use crate::workspace::Place;
use crate::{ORGANIZATIONS, Outcome, WITH_COLLECTIONS, population};

/// Measures a quick pass of a sound workspace. The aim counts beside draining the names and both cursors.
pub(crate) async fn measure(place: &Place, aims: &mut Aims) -> Outcome<()> {
    // A collection takes a server three commands and three files.
    let organizations = if place.is_server() { WITH_COLLECTIONS } else { ORGANIZATIONS };
    println!("\n## The doctor, {}, {organizations} organizations\n", place.title());
    let workspace = place.open("doctor").await?;
    let filled = population::fill(&workspace.ports, organizations).await?;
    let created = population::add_collections(&workspace.ports, organizations).await?;
    println!("inserted in {}, with collections in {}\n", shown(filled), shown(created));
    let raw = place.raw("doctor").await?;
    let ports = &workspace.ports;
    let drain = async |shelf| -> Outcome<u64> {
        let mut rows = ports.organizations.scan(shelf);
        let mut count = 0;
        while let Some(batch) = rows.try_next().await? {
            count += batch.len() as u64;
        }
        Ok(count)
    };
    let all = u64::from(organizations);
    let expect = |found: u64| if found == all { Ok(()) } else { Err(format!("{found} instead of {all}")) };
    Comparison::print_header();
    let measured = compare(
        "quick pass",
        Effort::new(15, 90),
        async |_| {
            expect(raw.read_names().await?)?;
            Ok(expect(raw.read_all().await?)?)
        },
        async |_| {
            expect(ports.collections.list().await?.len() as u64)?;
            expect(drain(Shelf::Live).await?)?;
            drain(Shelf::Trash).await?;
            Ok(())
        },
        async |_| {
            let actor = workspace.actor(Freshness::Recent).await?;
            let cancellation = Cancellation::default();
            let pass = workspace.doctor.run(&actor, Depth::Quick, &Quiet, &cancellation).await?;
            expect(pass.organizations)?;
            if pass.open > 0 { Err(format!("{:?} in a sound workspace", pass.groups).into()) } else { Ok(()) }
        },
    )
    .await;
    println!();
    let store = if place.is_server() { "MongoDB" } else { "SQLite" };
    let what =
        format!("{store}, {organizations} organizations, quick pass beside draining names and cursors");
    aims.at_most(what, measured.act_beside_port(), 2.0);
    place.remove(&["doctor"]).await
}
