//! Bundles out and in, beside raw reading and inserting of the same documents, and what packing costs.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, DateTime, Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::Client;
use rusqlite::Connection;
use secrecy::SecretString;
use tempfile::TempDir;
use tenantry_core::bundle::{AdminPassword, BundleReader, Origin, ReceiveRequest};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::organizations::CreateRequest;
use tenantry_core::rights::Actor;
use tenantry_core::sessions::Freshness;
use tenantry_core::values::{CollectionName, OrganizationId, OrganizationName};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::Outcome;
use crate::aims::Aims;
use crate::machine::{forget_peak, peak_memory};
use crate::measure::{Times, shown};
use crate::workspace::{Address, OPERATOR, Place, Workspace};

/// Megabytes of documents, unless `TENANTRY_BENCH_MEGABYTES` says otherwise.
const MEGABYTES: u64 = 256;
/// Rounds of each, with up to so many megabytes; larger ones are tried once.
const ROUNDS: usize = 3;
/// The share of raw reading that writing a bundle reaches at least.
const OF_READING: f64 = 0.7;
/// Documents that are inserted together.
const TOGETHER: u32 = 1_000;
/// Text that is packed to compare ways to pack.
const PACKED: usize = 128 * 1024 * 1024;

pub(crate) async fn measure(place: &Place, aims: &mut Aims) -> Outcome<()> {
    let megabytes = std::env::var("TENANTRY_BENCH_MEGABYTES").ok().and_then(|text| text.parse().ok());
    let megabytes: u64 = megabytes.unwrap_or(MEGABYTES);
    let rounds = if megabytes > MEGABYTES { 1 } else { ROUNDS };
    println!("\n## {}: a bundle of {megabytes} MB\n", place.title());
    let workspace = place.open("bundle").await?;
    let actor = workspace.actor(Freshness::Now).await?;
    let id = organization(&workspace, &actor).await?;
    let name = OrganizationName::parse("bundled").map_err(|_| "a name")?;
    let home = CollectionName::for_organization(&name);
    let start = Instant::now();
    let (documents, bytes) = fill(&workspace, &home, megabytes * 1024 * 1024).await?;
    println!("{documents} documents of {bytes} bytes inserted in {}\n", shown(start.elapsed()));
    let memory =
        || peak_memory().map_or_else(|| "?".to_owned(), |kib| format!("{:.0} MiB", kib as f64 / 1024.0));
    forget_peak();
    let before = memory();

    let folder = TempDir::with_prefix("tenantry-bench-bundle-")?;
    let path = folder.path().join("bundled.tenant");
    let (mut out, mut read, mut back, mut inserted, mut verified, mut looked) =
        (Times::new(), Times::new(), Times::new(), Times::new(), Times::new(), Times::new());
    let mut after = String::new();
    for round in 0..rounds {
        // In turns, so that other work on the machine affects all of them.
        let start = Instant::now();
        write(&workspace, &actor, id, &path).await?;
        out.add(start.elapsed());
        let peak_out = memory();
        forget_peak();
        let start = Instant::now();
        let received = receive(&workspace, &actor, &path, round).await?;
        back.add(start.elapsed());
        let peak_in = memory();
        if received != documents {
            return Err(format!("{received} documents came in of {documents}").into());
        }
        let start = Instant::now();
        let bundle = BundleReader::open(Box::new(File::open(&path)?))?;
        bundle.verify(&Quiet, &Cancellation::default()).await?;
        verified.add(start.elapsed());
        if round == 0 {
            after = format!("{before} before, at most {peak_out} while writing, {peak_in} while receiving");
        }
        let start = Instant::now();
        let count = read_raw(&place.address("bundle"), home.as_str()).await?;
        read.add(start.elapsed());
        if count != documents {
            return Err(format!("{count} documents read of {documents}").into());
        }
        let start = Instant::now();
        let collections = &workspace.ports.collections;
        futures_util::try_join!(collections.statistics(&home), collections.newest(&home))?;
        looked.add(start.elapsed());
        let start = Instant::now();
        insert_raw(&place.address("bundle"), home.as_str()).await?;
        inserted.add(start.elapsed());
    }
    let size = std::fs::metadata(&path)?.len();
    let rate = |times: &Times| bytes as f64 / 1e6 / times.median().as_secs_f64();
    let share = |one: &Times, raw: &Times| raw.median().as_secs_f64() / one.median().as_secs_f64();
    println!(
        "The file has {size} bytes, {:.2} of the documents'. Peak memory: {after}.\n",
        size as f64 / bytes as f64
    );
    println!("| what | time | MB/s of BSON | share of raw |");
    println!("| --- | ---: | ---: | ---: |");
    for (what, times, raw) in [
        ("raw reading", &read, &read),
        ("bundle out", &out, &read),
        ("bundle verified", &verified, &read),
        ("raw reading and inserting", &inserted, &inserted),
        ("bundle in, read back and compared", &back, &inserted),
    ] {
        println!("| {what} | {} | {:.0} | {:.2} |", shown(times.median()), rate(times), share(times, raw));
    }
    // Before it and after it. The server of the tests reads everything for them; a mongod a key and its counters.
    println!("\nThe questions for the count and the newest document took {}.", shown(looked.median()));
    let asked = (looked.median() * 2).min(out.median());
    let alone = read.median().as_secs_f64() / (out.median() - asked).as_secs_f64();
    println!("A bundle asks them twice. Without that, bundle out reaches {alone:.2} of raw reading.");
    aims.at_least(
        format!("{}, bundle out: share of raw reading", place.title()),
        share(&out, &read),
        OF_READING,
    );
    place.remove(&["bundle"]).await
}

async fn organization(workspace: &Workspace, actor: &Actor) -> Outcome<OrganizationId> {
    let request = CreateRequest {
        name: "bundled".to_owned(),
        display_name: String::new(),
        email: "admin@bundled.example".to_owned(),
        password: SecretString::from(OPERATOR.1),
    };
    Ok(workspace.organizations.create(actor, request).await?.id)
}

/// About a kilobyte, with values of the types that most documents have.
fn document(number: u32) -> Document {
    let text =
        |salt: u32| format!("{:08x} {}", number.wrapping_mul(salt), "Lorem ipsum dolor sit amet. ".repeat(3));
    let moment = DateTime::from_millis(1_700_000_000_000 + i64::from(number) * 977);
    let bytes = number.wrapping_mul(2_654_435_761).to_le_bytes().repeat(4);
    doc! {
        "_id": ObjectId::new(), "number": number as i64, "created_at": moment, "updated_at": moment,
        "customer": {"name": text(3), "city": "Valparaíso", "uuid": Binary { subtype: BinarySubtype::Uuid, bytes }},
        "lines": (0..4_u32).map(|line| doc! {
            "article": text(5 + line), "quantity": line as i32 + 1, "price": f64::from(number % 9_973) / 100.0,
        }).collect::<Vec<_>>(),
        "total": f64::from(number) / 100.0, "paid": number.is_multiple_of(3), "notes": text(11), "tags": ["a", "b"],
    }
}

async fn fill(workspace: &Workspace, home: &CollectionName, most: u64) -> Outcome<(u64, u64)> {
    let (mut number, mut bytes) = (0_u32, 0_u64);
    while bytes < most {
        let batch: Vec<Vec<u8>> =
            (number..number + TOGETHER).map(|number| document(number).to_vec()).collect::<Result<_, _>>()?;
        bytes += batch.iter().map(|document| document.len() as u64).sum::<u64>();
        workspace.ports.collections.insert_documents(home, &batch).await?;
        number += TOGETHER;
    }
    Ok((number.into(), bytes))
}

async fn write(workspace: &Workspace, actor: &Actor, id: OrganizationId, path: &Path) -> Outcome<()> {
    let origin = Origin { workspace: "Bench".to_owned(), program: env!("CARGO_PKG_VERSION").to_owned() };
    let output = ("bundle.tenant", File::create(path)?);
    workspace.bundles.write(actor, id, &origin, output, &Quiet, &Cancellation::default()).await?;
    Ok(())
}

async fn receive(workspace: &Workspace, actor: &Actor, path: &Path, round: usize) -> Outcome<u64> {
    let bundle = BundleReader::open(Box::new(File::open(path)?))?;
    let request = ReceiveRequest {
        name: format!("received-{round}"),
        email: format!("admin@received-{round}.example"),
        password: AdminPassword::New(SecretString::from(OPERATOR.1)),
        is_copy: true,
    };
    let received =
        workspace.bundles.receive(actor, &bundle, request, &Quiet, &Cancellation::default()).await?;
    Ok(received.documents)
}

/// All documents, through the driver or the statement alone.
async fn read_raw(address: &Address, collection: &str) -> Outcome<u64> {
    let mut count = 0;
    match address {
        Address::File(path) => {
            let connection = Connection::open(path)?;
            connection.pragma_update(None, "cache_size", -32 * 1024)?;
            let mut statement = connection.prepare(
                "SELECT document FROM documents JOIN collections ON collections.id = collection_id WHERE name = ?1",
            )?;
            let mut rows = statement.query([collection])?;
            while let Some(row) = rows.next()? {
                std::hint::black_box(row.get::<_, Vec<u8>>(0)?);
                count += 1;
            }
        }
        Address::Database { uri, database } => {
            let client = Client::with_uri_str(uri).await?;
            let stored = client.database(database).collection::<RawDocumentBuf>(collection);
            let mut cursor = stored.find(doc! {}).await?;
            while let Some(document) = cursor.try_next().await? {
                std::hint::black_box(document);
                count += 1;
            }
        }
    }
    Ok(count)
}

/// All documents read and inserted elsewhere, through the driver or the statement alone.
async fn insert_raw(address: &Address, collection: &str) -> Outcome<()> {
    match address {
        Address::File(path) => {
            let mut connection = Connection::open(path)?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "cache_size", -32 * 1024)?;
            connection.execute_batch(
                "DROP TABLE IF EXISTS raw; CREATE TABLE raw (id BLOB PRIMARY KEY, document BLOB)",
            )?;
            let mut after = Vec::<u8>::new();
            loop {
                let transaction = connection.transaction()?;
                let sql = "INSERT INTO raw SELECT id_key, document FROM documents \
                           JOIN collections ON collections.id = collection_id \
                           WHERE name = ?1 AND id_key > ?2 ORDER BY id_key LIMIT 1000";
                let copied = transaction.execute(sql, rusqlite::params![collection, after])?;
                after =
                    transaction.query_row("SELECT coalesce(max(id), x'') FROM raw", [], |row| row.get(0))?;
                transaction.commit()?;
                if copied == 0 {
                    return Ok(());
                }
            }
        }
        Address::Database { uri, database } => {
            let client = Client::with_uri_str(uri).await?;
            let database = client.database(database);
            let target = database.collection::<RawDocumentBuf>("raw");
            target.drop().await?;
            let mut cursor = database.collection::<RawDocumentBuf>(collection).find(doc! {}).await?;
            let mut batch = Vec::new();
            while let Some(document) = cursor.try_next().await? {
                batch.push(document);
                if batch.len() == TOGETHER as usize {
                    target.insert_many(std::mem::take(&mut batch)).await?;
                }
            }
            if !batch.is_empty() {
                target.insert_many(batch).await?;
            }
            Ok(())
        }
    }
}

/// Ways to pack the same lines.
pub(crate) fn packing() -> Outcome<()> {
    let mut text = Vec::new();
    let mut number = 0;
    while text.len() < PACKED {
        let line = bson::Bson::Document(document(number)).into_canonical_extjson();
        writeln!(text, "{line}")?;
        number += 1;
    }
    println!("\n## Packing {} MB of lines\n", text.len() / 1_000_000);
    println!("| way | MB/s of text | size |");
    println!("| --- | ---: | ---: |");
    let (deflate, zstd) = (CompressionMethod::Deflated, CompressionMethod::Zstd);
    for (way, method, level) in [
        ("deflate 1", deflate, 1),
        ("deflate 3", deflate, 3),
        ("deflate 6", deflate, 6),
        ("zstd 1", zstd, 1),
        ("zstd 3", zstd, 3),
    ] {
        let start = Instant::now();
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method).compression_level(Some(level));
        zip.start_file("lines", options)?;
        zip.write_all(&text)?;
        let packed = zip.finish()?.into_inner();
        let time: Duration = start.elapsed();
        let rate = text.len() as f64 / 1e6 / time.as_secs_f64();
        println!("| {way} | {rate:.0} | {:.3} |", packed.len() as f64 / text.len() as f64);
    }
    println!();
    Ok(())
}
