//! The record: what it costs an act, and what 1,000,000 entries cost who reads them.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bson::oid::ObjectId;
use bson::{Bson, Document, doc};
use futures_util::TryStreamExt;
use futures_util::stream::{BoxStream, StreamExt, empty};
use mongodb::Client;
use rusqlite::params;
use secrecy::SecretString;
use tenantry_console::compose::{Services, Setting};
use tenantry_core::clock::SystemClock;
use tenantry_core::collections::BackgroundReads;
use tenantry_core::error::StoreError;
use tenantry_core::ports::{ActivityStore, Ports};
use tenantry_core::records::{
    Access, ActivityEntry, ActivityKind, Head, Outcome as Ended, Owner, RecordCursor, RecordPage,
    RecordQuery, Recorded, Stored, Topology,
};
use tenantry_core::rights::Actor;
use tenantry_core::sessions::{Freshness, PasswordHasher, SignedIn, SigningKey};
use tenantry_core::values::Device;
use time::OffsetDateTime;

use crate::aims::Aims;
use crate::measure::{Comparison, Effort, Times, compare, shown};
use crate::workspace::{Address, OPERATOR, Place, Workspace};
use crate::{Outcome, calls, population};

/// Entries of the record that shows what grows, and of the one that it is compared with.
const ENTRIES: [u32; 2] = [10_000, 1_000_000];
const PAGE: u32 = 100;
/// What an entry may add to an act, beside an entry written alone.
const AIM: f64 = 1.5;

/// Measures one store.
pub(crate) async fn measure(place: &Place, aims: &mut Aims) -> Outcome<()> {
    println!("\n## The record: {}\n", place.title());
    acts(place, aims).await?;
    let mut medians: Vec<Vec<Duration>> = Vec::new();
    for entries in ENTRIES.map(|entries| entries.min(limit())) {
        let name = format!("record-{entries}");
        let workspace = place.open(&name).await?;
        let start = Instant::now();
        fill(&place.address(&name), &workspace, entries).await?;
        println!("{entries} entries written in {}\n", shown(start.elapsed()));
        medians.push(pages(&workspace, entries).await?);
        walk(&workspace).await?;
        drop(workspace);
        place.remove(&[&name]).await?;
    }
    if let [few, many] = medians.as_slice() {
        // A page is flat: what grows with the record shows here.
        let worst = few.iter().zip(many).map(|(few, many)| many.as_secs_f64() / few.as_secs_f64());
        let what = format!("{}, record: the page that grows most with the record", place.title());
        aims.at_most(what, worst.fold(0.0, f64::max), 3.0);
    }
    Ok(())
}

/// Entries at most: `TENANTRY_BENCH_ENTRIES` makes a short run of it.
fn limit() -> u32 {
    let given = std::env::var("TENANTRY_BENCH_ENTRIES").ok();
    given.and_then(|given| given.parse().ok()).unwrap_or(u32::MAX)
}

/// A record that forgets everything: an act beside it pays for no entry.
struct Unrecorded;

#[async_trait]
impl ActivityStore for Unrecorded {
    async fn append(&self, entry: &ActivityEntry) -> Result<Recorded, StoreError> {
        let stored = Stored::new(&Head::before_the_first(), "0", OffsetDateTime::now_utc(), entry);
        stored.recorded().ok_or(StoreError::NotFound { what: "an entry" })
    }

    async fn head(&self) -> Result<Option<Head>, StoreError> {
        Ok(None)
    }

    async fn page(&self, _: &RecordQuery) -> Result<RecordPage, StoreError> {
        Ok(RecordPage::default())
    }

    async fn find(&self, _: u64) -> Result<Option<Recorded>, StoreError> {
        Ok(None)
    }

    fn walk(&self, _: u64) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        empty().boxed()
    }

    fn walk_earlier(&self) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        empty().boxed()
    }

    async fn cut(&self, _: &Head, _: &[String]) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// The services on the same store without its record, with their actor.
async fn unrecorded(ports: &Ports, is_server: bool) -> Outcome<(Services, Actor)> {
    let ports = Ports { activity: Arc::new(Unrecorded), ..ports.clone() };
    let setting = Setting {
        clock: Arc::new(SystemClock),
        opening: Owner { installation: "bench".to_owned(), instance: "unrecorded".to_owned() }.into(),
        permits: Access::ReadWrite.into(),
        signing_key: SigningKey::random(),
        hasher: PasswordHasher::with_cost(4),
        device: Device::named("bench", "this computer", "Linux"),
    };
    let topology = if is_server { Topology::ReplicaSet } else { Topology::File };
    let services = Services::on(ports, setting, BackgroundReads::of(topology));
    let (email, password) = (OPERATOR.0, SecretString::from(OPERATOR.1));
    let SignedIn::Session(session) = services.sessions.sign_in(email, &password, None).await? else {
        return Err("the operator has one account".into());
    };
    Ok((services, session.actor))
}

fn entry(workspace_entry: u32) -> ActivityEntry {
    ActivityEntry::by(OPERATOR.0, ActivityKind::OrganizationChanged)
        .about(population::id(workspace_entry % 1_000), population::name(workspace_entry % 1_000))
        .changed("display_name", Some("Before".to_owned()), Some(format!("After {workspace_entry}")))
}

/// Acts with a record beside the same acts without one, and an entry alone.
async fn acts(place: &Place, aims: &mut Aims) -> Outcome<()> {
    let workspace = place.open("record-acts").await?;
    population::fill(&workspace.ports, 1_000).await?;
    let (without, actor) = unrecorded(&workspace.ports, place.is_server()).await?;
    let with = workspace.actor(Freshness::Now).await?;
    println!("Raw is the act without a record, port an entry alone, act the act with its record.\n");
    Comparison::print_header();
    let append = async |round: u32| -> Outcome<()> {
        workspace.ports.activity.append(&entry(round)).await?;
        Ok(())
    };
    let toggled = compare(
        "deactivate",
        Effort::new(200, 20),
        async |round| toggle(&without, &actor, 1, round).await,
        append,
        async |round| toggle(&workspace, &with, 2, round).await,
    )
    .await;
    let mut compared = vec![toggled];
    // On a file these are whole acts, whose record is in their transaction: there is none without.
    if place.is_server() {
        let renamed = compare(
            "rename",
            Effort::new(200, 20),
            async |round| rename(&without, &actor, 3, round).await,
            append,
            async |round| rename(&workspace, &with, 4, round).await,
        )
        .await;
        let created = compare(
            "create, without the hashing",
            Effort::new(60, 60),
            async |round| create(&without, &actor, format!("without-{round}")).await,
            append,
            async |round| create(&workspace, &with, format!("with-{round}")).await,
        )
        .await;
        compared.extend([renamed, created]);
    }
    println!();
    for Comparison { what, raw, port, act } in &compared {
        let what = format!("{}, {what}: its record, beside an entry alone", place.title());
        if [raw, port, act].iter().any(|times| times.count() == 0) {
            aims.unmeasured(what, "a call failed");
        } else {
            let more = act.median().saturating_sub(raw.median());
            aims.at_most(what, more.as_secs_f64() / port.median().as_secs_f64(), AIM);
        }
    }
    place.remove(&["record-acts"]).await
}

async fn create(services: &Services, actor: &Actor, name: String) -> Outcome<()> {
    services.organizations.create_hashed(actor, &population::another(name)).await?;
    Ok(())
}

async fn toggle(services: &Services, actor: &Actor, number: u32, round: u32) -> Outcome<()> {
    let id = population::id(number);
    if round.is_multiple_of(2) {
        services.organizations.deactivate(actor, id).await?;
    } else {
        services.organizations.reactivate(actor, id).await?;
    }
    Ok(())
}

async fn rename(services: &Services, actor: &Actor, number: u32, round: u32) -> Outcome<()> {
    let name = if round.is_multiple_of(2) { format!("renamed-{number}") } else { population::name(number) };
    services.organizations.rename(actor, population::id(number), &name).await?;
    Ok(())
}

/// Pages of the whole record and by each filter; returns the medians.
async fn pages(workspace: &Workspace, entries: u32) -> Outcome<Vec<Duration>> {
    let middle = RecordCursor::Before(u64::from(entries / 2));
    let all = RecordQuery { limit: PAGE, ..RecordQuery::default() };
    let moment = |part: u32| at(u64::from(entries / 10 * part));
    let queries = [
        ("newest", all.clone()),
        ("from the middle", RecordQuery { after: Some(middle.clone()), ..all.clone() }),
        ("of a person", RecordQuery { person: Some(person(7)), ..all.clone() }),
        ("of an account", RecordQuery { account: Some(account(7)), ..all.clone() }),
        ("of an organization", RecordQuery { organization: Some(population::id(7)), ..all.clone() }),
        ("of a kind", RecordQuery { kinds: vec![ActivityKind::OrganizationRenamed], ..all.clone() }),
        ("refused", RecordQuery { outcome: Some(Ended::Refused), ..all.clone() }),
        ("between two moments", RecordQuery { from: Some(moment(4)), until: Some(moment(5)), ..all.clone() }),
        ("with a text in every entry", RecordQuery { text: "after".to_owned(), ..all.clone() }),
        ("with a text in none", RecordQuery { text: "zzzz".to_owned(), ..all }),
    ];
    println!(
        "| page of {PAGE}, {entries} entries | median | p95 | rows | n |\n| --- | ---: | ---: | ---: | ---: |"
    );
    let mut medians = Vec::new();
    for (what, query) in queries {
        let (mut times, mut rows, begun) = (Times::new(), 0, Instant::now());
        while times.count() < 100 && begun.elapsed() < Duration::from_secs(10) {
            let start = Instant::now();
            rows = workspace.ports.activity.page(&query).await?.entries.len();
            times.add(start.elapsed());
        }
        let (median, p95, count) = (times.median(), times.p95(), times.count());
        println!("| {what} | {} | {} | {rows} | {count} |", shown(median), shown(p95));
        medians.push(median);
    }
    println!();
    Ok(medians)
}

/// Reads the whole chain, and computes every digest.
async fn walk(workspace: &Workspace) -> Outcome<()> {
    let (mut previous, mut count, start) = (Head::before_the_first(), 0_u64, Instant::now());
    let mut batches = workspace.ports.activity.walk(1);
    while let Some(batch) = batches.try_next().await? {
        for stored in batch {
            let fits = stored.previous() == previous.hash && stored.digest() == stored.hash;
            if !fits {
                return Err(format!("entry {:?} does not fit into the chain", stored.number()).into());
            }
            (previous, count) = (stored.head(), count + 1);
        }
    }
    let time = start.elapsed();
    println!("{count} entries verified in {}: {:.0} a second\n", shown(time), calls::per_second(count, time));
    Ok(())
}

fn person(number: u32) -> String {
    format!("person-{}@tenantry.example", number % 50)
}

fn account(number: u32) -> String {
    format!("operator:{:024x}", number % 50)
}

/// Ten seconds after the entry before; the first follows what opening a workspace has recorded.
fn at(number: u64) -> OffsetDateTime {
    static BEGIN: OnceLock<OffsetDateTime> = OnceLock::new();
    *BEGIN.get_or_init(OffsetDateTime::now_utc) + Duration::from_secs(10 * number)
}

/// Continues the chain of a workspace with so many entries, as many at once as a store takes: one by one it would be an
/// hour.
async fn fill(address: &Address, workspace: &Workspace, entries: u32) -> Outcome<()> {
    let mut head = workspace.ports.activity.head().await?.unwrap_or(Head::before_the_first());
    let mut chain = Vec::new();
    for number in 0..entries {
        let kind = match number % 20 {
            0 => ActivityKind::OrganizationRenamed,
            1 => ActivityKind::ListExported,
            _ => ActivityKind::OrganizationChanged,
        };
        let mut entry =
            ActivityEntry { kind, actor: person(number), account: Some(account(number)), ..entry(number) };
        if number % 97 == 0 {
            entry.outcome = Ended::Refused;
        }
        let stored = Stored::new(&head, &ObjectId::new().to_hex(), at(number.into()), &entry);
        head = stored.head();
        chain.push(stored);
        if chain.len() == 10_000 || number + 1 == entries {
            match address {
                Address::File(path) => insert_rows(path, &chain)?,
                Address::Database { uri, database } => insert_documents(uri, database, &chain).await?,
            }
            chain.clear();
        }
    }
    Ok(())
}

fn insert_rows(path: &Path, chain: &[Stored]) -> Outcome<()> {
    let mut connection = rusqlite::Connection::open(path)?;
    let transaction = connection.transaction()?;
    let insert =
        "INSERT INTO console_activity (number, at, previous, hash, fields) VALUES (?1, ?2, ?3, ?4, ?5)";
    for stored in chain {
        let mut fields = stored.fields.clone();
        let [number, at, previous] =
            ["number", "at", "previous"].map(|name| fields.remove(name).unwrap_or_default());
        let (number, at): (i64, i64) = (number.parse()?, at.parse()?);
        let fields = serde_json::to_string(&fields)?;
        transaction.prepare_cached(insert)?.execute(params![number, at, previous, stored.hash, fields])?;
    }
    Ok(transaction.commit()?)
}

async fn insert_documents(uri: &str, database: &str, chain: &[Stored]) -> Outcome<()> {
    let document = |stored: &Stored| -> Outcome<Document> {
        let mut document = doc! { "_id": i64::try_from(stored.head().number)? };
        for (name, value) in &stored.fields {
            let value = match name.as_str() {
                "number" => continue,
                "at" => Bson::DateTime(bson::DateTime::from_millis(value.parse()?)),
                "organization_id" => Bson::ObjectId(ObjectId::parse_str(value)?),
                _ => Bson::String(value.clone()),
            };
            document.insert(name, value);
        }
        document.insert("hash", &stored.hash);
        Ok(document)
    };
    let documents = chain.iter().map(document).collect::<Outcome<Vec<_>>>()?;
    let entries =
        Client::with_uri_str(uri).await?.database(database).collection::<Document>("console_activity");
    entries.insert_many(documents).await?;
    Ok(())
}
