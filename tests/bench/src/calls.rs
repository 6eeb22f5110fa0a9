//! The calls that are measured beside the raw ones.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use tenantry_core::error::StoreError;
use tenantry_core::records::{
    CollectionIdentity, NewOrganization, OrganizationFilter, OrganizationQuery, SortDirection, SortField,
    StatusFilter,
};
use tenantry_core::sessions::Freshness;
use tenantry_core::values::{CollectionName, EmailAddress, OrganizationId, OrganizationName, PasswordHash};
use time::OffsetDateTime;

use crate::measure::{Comparison, Effort, Times, compare, shown};
use crate::workspace::Workspace;
use crate::{ORGANIZATIONS, Outcome, population};

/// Rows of a page.
const PAGE: u32 = 100;
/// Documents of the organization that is renamed.
const DOCUMENTS: u32 = 20_000;

/// The driver or the statement alone, without rules, sessions and journal.
#[async_trait]
pub(crate) trait Raw: Send + Sync {
    /// One organization by its name, with all fields.
    async fn by_name(&self, name: &str) -> Outcome<()>;
    /// The first page by name, with all fields; returns the number of rows.
    async fn first_page(&self, limit: u32) -> Outcome<u32>;
    /// The first page of a search by name; returns the number of rows.
    async fn search(&self, text: &str, limit: u32) -> Outcome<u32>;
    /// Documents and size of a collection.
    async fn statistics(&self, collection: &str) -> Outcome<()>;
    /// Renames the collection and the organization.
    async fn rename(&self, id: OrganizationId, from: &str, to: &str) -> Outcome<()>;
    /// Inserts the organization and creates its collection with validator and indexes.
    async fn create(&self, name: &str) -> Outcome<()>;
    /// Reads all organizations in the order of their names; returns their number.
    async fn read_all(&self) -> Outcome<u64>;
}

/// Measures everything but the export.
pub(crate) async fn measure(workspace: &Workspace, raw: &dyn Raw) -> Outcome<()> {
    thread_hop().await?;
    Comparison::print_header();
    by_name(workspace, raw).await?;
    first_page(workspace, raw).await?;
    for (what, text) in
        [("every tenth matches", "clinic"), ("one matches", "-067890"), ("none matches", "zzzz")]
    {
        search(workspace, raw, what, text).await?;
    }
    statistics(workspace, raw).await?;
    rename(workspace, raw).await?;
    create(workspace, raw).await?;
    println!();
    Ok(())
}

/// The cost of a blocking thread, which every call to the built-in workspace pays and no raw statement does.
async fn thread_hop() -> Outcome<()> {
    let mut times = Times::new();
    for _ in 0..2_000 {
        let start = Instant::now();
        tokio::task::spawn_blocking(|| ()).await?;
        times.add(start.elapsed());
    }
    println!("To a blocking thread and back: {} (p95 {})\n", shown(times.median()), shown(times.p95()));
    Ok(())
}

async fn by_name(workspace: &Workspace, raw: &dyn Raw) -> Outcome<()> {
    // Another organization each time, so that no cache of rows helps.
    let name = |round: u32, way: u32| population::name((round * 3 + way).wrapping_mul(7_919) % ORGANIZATIONS);
    compare(
        "get by name",
        Effort::new(3_000, 20),
        async |round| raw.by_name(&name(round, 0)).await,
        async |round| {
            let name = OrganizationName::from_stored(name(round, 1));
            workspace.ports.organizations.find_by_name(&name).await?.ok_or("it is there")?;
            Ok(())
        },
        async |round| {
            let actor = workspace.actor(Freshness::Recent).await?;
            workspace.organizations.get(&actor, &name(round, 2)).await?;
            Ok(())
        },
    )
    .await;
    Ok(())
}

fn query(search: &str) -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: search.to_owned(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        after: None,
        limit: PAGE,
    }
}

async fn first_page(workspace: &Workspace, raw: &dyn Raw) -> Outcome<()> {
    compare(
        "first page of 100",
        Effort::new(500, 20),
        async |_| expect(raw.first_page(PAGE).await?, PAGE),
        async |_| {
            let page = workspace.ports.organizations.page(&query("")).await?;
            expect(page.organizations.len(), PAGE)
        },
        async |_| {
            let actor = workspace.actor(Freshness::Recent).await?;
            let page = workspace.organizations.page(&actor, query("")).await?;
            expect(page.organizations.len(), PAGE)
        },
    )
    .await;
    Ok(())
}

async fn search(workspace: &Workspace, raw: &dyn Raw, what: &str, text: &str) -> Outcome<()> {
    let rows = raw.search(text, PAGE).await?;
    compare(
        format!("search, {what}"),
        Effort::new(100, 30),
        async |_| expect(raw.search(text, PAGE).await?, rows),
        async |_| {
            let page = workspace.ports.organizations.page(&query(text)).await?;
            expect(page.organizations.len(), rows)
        },
        async |_| {
            let actor = workspace.actor(Freshness::Recent).await?;
            let page = workspace.organizations.page(&actor, query(text)).await?;
            expect(page.organizations.len(), rows)
        },
    )
    .await;
    Ok(())
}

async fn statistics(workspace: &Workspace, raw: &dyn Raw) -> Outcome<()> {
    let number = 1;
    let collection = population::add_documents(&workspace.ports, number, DOCUMENTS).await?;
    let id = population::id(number);
    compare(
        "statistics of 20,000 documents",
        Effort::new(500, 30),
        async |_| raw.statistics(collection.as_str()).await,
        async |_| {
            let statistics = workspace.ports.collections.statistics(&collection).await?;
            expect(u32::try_from(statistics.documents)?, DOCUMENTS)
        },
        async |_| {
            let actor = workspace.actor(Freshness::Recent).await?;
            let statistics = workspace.collections.statistics(&actor, id).await?;
            expect(u32::try_from(statistics.documents)?, DOCUMENTS)
        },
    )
    .await;
    Ok(())
}

async fn rename(workspace: &Workspace, raw: &dyn Raw) -> Outcome<()> {
    let ports = &workspace.ports;
    // One organization for each method, renamed back and forth.
    for number in [2, 3, 4] {
        population::add_documents(ports, number, DOCUMENTS).await?;
    }
    let names = |number: u32, round: u32| {
        let (one, other) = (population::name(number), format!("renamed-{number}"));
        if round.is_multiple_of(2) { (one, other) } else { (other, one) }
    };
    compare(
        "rename with 20,000 documents",
        Effort::new(60, 60),
        async |round| {
            let (from, to) = names(2, round);
            raw.rename(population::id(2), &from, &to).await
        },
        async |round| {
            let (from, to) = names(3, round);
            let (from, to) = (OrganizationName::from_stored(from), OrganizationName::from_stored(to));
            let source = CollectionName::for_organization(&from);
            let which = ports.collections.identity(&source).await?.unwrap_or(CollectionIdentity(None));
            ports.collections.rename(&source, &CollectionName::for_organization(&to), &which).await?;
            let seen = ports.organizations.find(population::id(3)).await?;
            let seen = seen.ok_or(StoreError::NotFound { what: "organization" })?;
            ports.organizations.set_name(&seen, &to, OffsetDateTime::now_utc()).await?;
            Ok(())
        },
        async |round| {
            let (_, to) = names(4, round);
            let actor = workspace.actor(Freshness::Now).await?;
            workspace.organizations.rename(&actor, population::id(4), &to).await?;
            Ok(())
        },
    )
    .await;
    Ok(())
}

async fn create(workspace: &Workspace, raw: &dyn Raw) -> Outcome<()> {
    let new = |name: String| NewOrganization {
        id: OrganizationId::new(),
        admin_email: EmailAddress::from_stored(format!("admin@{name}.example")),
        display_name: None,
        name: OrganizationName::from_stored(name),
        admin_password: PasswordHash::from_stored(format!("$2b$12${}", "x".repeat(53))),
        created_at: OffsetDateTime::now_utc(),
    };
    let ports = &workspace.ports;
    compare(
        "create, without the hashing",
        Effort::new(60, 60),
        async |round| raw.create(&format!("raw-{round}")).await,
        async |round| {
            let organization = new(format!("port-{round}"));
            ports.organizations.insert(&organization).await?;
            ports.collections.create(&CollectionName::for_organization(&organization.name)).await?;
            Ok(())
        },
        async |round| {
            let actor = workspace.actor(Freshness::Now).await?;
            workspace.organizations.create_hashed(&actor, &new(format!("act-{round}"))).await?;
            Ok(())
        },
    )
    .await;
    Ok(())
}

/// Calls with different results cannot be compared.
fn expect<T: TryInto<u32>>(found: T, wanted: u32) -> Outcome<()> {
    match found.try_into() {
        Ok(found) if found == wanted => Ok(()),
        Ok(found) => Err(format!("{found} rows instead of {wanted}").into()),
        Err(_) => Err("too many rows".into()),
    }
}

/// Rows per second.
pub(crate) fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
