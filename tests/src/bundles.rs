//! Bundles in memory: written by a console, taken apart and put together again.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Document, doc};
use futures_util::TryStreamExt;
use parking_lot::Mutex;
use secrecy::SecretString;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tenantry_core::AppError;
use tenantry_core::bundle::{
    AdminPassword, BundleInput, BundleReader, Origin, PendingBundle, ReceiveRequest, TenantSource,
};
use tenantry_core::doctor::{Finding, FindingKind, FindingState};
use tenantry_core::error::FileProblem;
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::ports::Ports;
use tenantry_core::records::{CollectionDescription, CollectionIdentity, CollectionKind, IndexDescription};
use tenantry_core::rights::Actor;
use tenantry_core::values::{CollectionName, OrganizationId};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::console::{Console, PASSWORD};

/// The names of the parts, in the order of the file.
pub const PARTS: [&str; 4] = ["organization.json", "collection.json", "documents.ndjson", "manifest.json"];

/// A file in memory.
#[derive(Clone, Default)]
pub struct Buffer(pub Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file of a bundle in memory, which is in its place once `kept` has it.
#[derive(Clone, Default)]
pub struct KeptInMemory {
    written: Buffer,
    /// What is in its place.
    pub kept: Arc<Mutex<Option<Vec<u8>>>>,
}

impl PendingBundle for KeptInMemory {
    fn place(&self) -> String {
        "/somewhere/lost.tenant".to_owned()
    }

    fn writer(&self) -> Result<Box<dyn Write + Send>, FileProblem> {
        Ok(Box::new(self.written.clone()))
    }

    fn reader(&self) -> Result<Box<dyn BundleInput>, FileProblem> {
        Ok(Box::new(Cursor::new(self.written.0.lock().clone())))
    }

    fn finish(self: Box<Self>) -> Result<u64, FileProblem> {
        let whole = self.written.0.lock().clone();
        let bytes = whole.len() as u64;
        *self.kept.lock() = Some(whole);
        Ok(bytes)
    }
}

/// What the doctor says about a collection that nobody owns.
pub fn ownerless(collection: &CollectionName) -> Finding {
    let kinds = [
        ("console_trash_", FindingKind::OwnerlessTrash),
        ("console_dropped_", FindingKind::LeftoverDropped),
        ("console_incoming_", FindingKind::LeftoverIncoming),
    ];
    let found = kinds.into_iter().find(|(prefix, _)| collection.as_str().starts_with(prefix));
    let kind = found.map_or(FindingKind::OwnerlessCollection, |(_, kind)| kind);
    Finding {
        id: format!("{}:{collection}", kind.as_str()),
        kind,
        subject: collection.to_string(),
        organizations: Vec::new(),
        collections: vec![collection.to_string()],
        evidence: Vec::new(),
        since: time::OffsetDateTime::UNIX_EPOCH,
        state: FindingState::Open,
    }
}

/// Sets a collection aside that nobody owns; returns its bundle.
///
/// # Panics
/// When it can't be set aside.
pub async fn set_aside(console: &Console, actor: &Actor, collection: &CollectionName) -> Vec<u8> {
    let file = KeptInMemory::default();
    let kept = Arc::clone(&file.kept);
    let (to, cancellation) = ((Box::new(file) as Box<dyn PendingBundle>, &origin()), Cancellation::default());
    let finding = ownerless(collection);
    console.mends.set_aside(actor, &finding, to, &Quiet, &cancellation).await.expect("it is set aside");
    let whole = kept.lock().take();
    whole.expect("it is in its place")
}

/// Where the bundles of tests come from.
pub fn origin() -> Origin {
    Origin { workspace: "Tests".to_owned(), program: "1.0.0".to_owned() }
}

/// A bundle of an organization.
///
/// # Panics
/// When it can't be written.
pub async fn written(console: &Console, actor: &Actor, id: OrganizationId) -> Vec<u8> {
    let file = Buffer::default();
    let (output, cancellation) = (("bundle.tenant", file.clone()), Cancellation::default());
    console.bundles.write(actor, id, &origin(), output, &Quiet, &cancellation).await.expect("it is written");
    std::mem::take(&mut *file.0.lock())
}

/// Opens a bundle.
///
/// # Errors
/// `Bundle`.
pub fn open(bytes: &[u8]) -> Result<BundleReader, AppError> {
    BundleReader::open(Box::new(Cursor::new(bytes.to_vec())))
}

/// Reads all of a bundle; returns its documents.
///
/// # Errors
/// `Bundle`.
pub async fn documents_in(bytes: &[u8]) -> Result<Vec<Vec<u8>>, AppError> {
    let bundle = open(bytes)?;
    let batches: Vec<_> = bundle.documents().try_collect().await?;
    Ok(batches.into_iter().flatten().collect())
}

/// The documents of a bundle as the checker shows those of a collection, read without any code of the services.
///
/// # Panics
/// When there is something else in it.
pub fn read_apart(file: &[u8]) -> BTreeMap<String, String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let parts = unpacked(file);
    let (_, lines) = parts.iter().find(|(name, _)| name == "documents.ndjson").expect("the documents");
    let lines = std::str::from_utf8(lines).expect("text").lines();
    lines
        .map(|line| {
            // In the order of its fields, as no plain JSON value is.
            let written: Document = serde_json::from_str(line).expect("Extended JSON");
            let document = match written.get_str("$tenantryBson") {
                Ok(text) => {
                    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text);
                    Document::from_reader(bytes.expect("base64").as_slice()).expect("a document")
                }
                Err(_) => written,
            };
            let id = doc! { "_id": document.get("_id").expect("an id").clone() };
            (hex(&id.to_vec().expect("bytes")), hex(&document.to_vec().expect("bytes")))
        })
        .collect()
}

/// A request to come in under a name, with the tests' password.
pub fn request(name: &str) -> ReceiveRequest {
    ReceiveRequest {
        name: name.to_owned(),
        email: format!("admin@{name}.example.com"),
        password: AdminPassword::New(SecretString::from(PASSWORD)),
        is_copy: false,
    }
}

/// The parts of a bundle, unpacked.
///
/// # Panics
/// When it is no zip.
pub fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).expect("an entry");
            let mut text = Vec::new();
            entry.read_to_end(&mut text).expect("unpacked");
            (entry.name().expect("a name").into_owned(), text)
        })
        .collect()
}

/// A zip of these parts.
///
/// # Panics
/// When it can't be packed.
pub fn packed(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).expect("started");
        zip.write_all(text).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

/// The same bundle with a part changed, and with what the manifest then says of it.
///
/// # Panics
/// When it has no such part.
pub fn changed(bytes: &[u8], name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut parts = unpacked(bytes);
    let (_, text) = parts.iter_mut().find(|(part, _)| part == name).expect("the part");
    change(text);
    let (size, digest) = (text.len(), hex_of(text));
    let told = |manifest: &mut Value| {
        let told = manifest["parts"].as_array_mut().expect("parts");
        let told = told.iter_mut().find(|part| part["name"] == name).expect("the part");
        told["bytes"] = Value::from(size);
        told["sha256"] = Value::from(digest);
    };
    retold(&packed(&parts), told)
}

/// The same bundle with another manifest.
///
/// # Panics
/// When it has no manifest.
pub fn retold(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut parts = unpacked(bytes);
    let (_, text) = parts.iter_mut().find(|(part, _)| part == "manifest.json").expect("the manifest");
    let mut manifest = serde_json::from_slice(text).expect("JSON");
    change(&mut manifest);
    *text = serde_json::to_vec(&manifest).expect("JSON");
    packed(&parts)
}

fn hex_of(text: &[u8]) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Documents with values of every type.
///
/// # Panics
/// Never.
pub fn documents_of_every_type() -> Vec<Vec<u8>> {
    let binary = |subtype, bytes: &[u8]| Bson::Binary(Binary { subtype, bytes: bytes.to_vec() });
    let one = doc! {
        "_id": ObjectId::new(), "text": "ü \"x\" \\ \n\u{1}", "int": 5_i32, "long": i64::MAX, "double": 1.0,
        "odd": [f64::NAN, f64::INFINITY, -0.0, 5e-324], "yes": true, "null": Bson::Null,
        "undefined": Bson::Undefined, "created_at": DateTime::from_millis(1_772_366_400_123),
        "bytes": [binary(BinarySubtype::Generic, b"abc"), binary(BinarySubtype::Uuid, &[7; 16])],
        "decimal": Bson::Decimal128("123.4500".parse().expect("a number")),
        "code": Bson::JavaScriptCode("f()".to_owned()), "symbol": Bson::Symbol("s".to_owned()),
        "stamp": {"inner": Bson::Timestamp(bson::Timestamp { time: 7, increment: 2 })},
        "least": Bson::MinKey, "most": Bson::MaxKey, "nested": {"list": [[], {}, [1, "two"]]},
        // As other software stores it: the canonical form does not hold it.
        "looks like a wrapper": {"$numberInt": "5"},
    };
    let mut all = vec![one];
    for id in [Bson::String("text".to_owned()), Bson::Int32(7), Bson::Document(doc! {"a": 1, "b": 2})] {
        all.push(doc! {"_id": id, "email": "dana@example.com", "number": 1_i64});
    }
    // Older than the validator: it refuses such a value.
    all.push(doc! {"_id": "old", "created_at": "long ago"});
    all.into_iter().map(|document| document.to_vec().expect("bytes")).collect()
}

fn index(name: &str, mut definition: Document) -> IndexDescription {
    definition.insert("name", name);
    IndexDescription { name: name.to_owned(), definition: definition.to_vec().expect("bytes") }
}

/// A collection that is not as the service makes it.
///
/// # Panics
/// Never.
pub fn odd_collection() -> CollectionDescription {
    let options = doc! {
        "validator": {"$jsonSchema": {"bsonType": "object", "properties": {"created_at": {"bsonType": "date"}}}},
        "validationLevel": "moderate", "validationAction": "error",
    };
    CollectionDescription {
        identity: CollectionIdentity(None),
        kind: CollectionKind::Plain,
        options: options.to_vec().expect("bytes"),
        indexes: vec![
            index("_id_", doc! {"key": {"_id": 1}}),
            index("created_at_1", doc! {"key": {"created_at": 1}}),
            index("number_-1_text_1", doc! {"key": {"number": -1, "text": 1}}),
            index("sparse", doc! {"key": {"long": 1}, "unique": true, "sparse": true}),
            index("expiring", doc! {"key": {"updated_at": 1}, "expireAfterSeconds": 86_400_000}),
        ],
    }
}

/// The same description as documents, in an order of their own, so that two can be compared.
///
/// # Panics
/// When it is not described.
pub async fn described(ports: &Ports, name: &CollectionName) -> (Document, Vec<Document>) {
    let found = ports.collections.describe(name).await.expect("an answer").expect("it is there");
    let read = |bytes: &[u8]| Document::from_reader(bytes).expect("a document");
    let mut indexes: Vec<_> = found.indexes.iter().map(|index| read(&index.definition)).collect();
    indexes.sort_by_key(|index| index.get_str("name").expect("a name").to_owned());
    (read(&found.options), indexes)
}

/// The documents of a collection, in an order of their own.
///
/// # Panics
/// When it can't be read.
pub async fn contents(ports: &Ports, name: &CollectionName) -> Vec<Vec<u8>> {
    let batches: Vec<_> = ports.collections.documents(name).try_collect().await.expect("they are read");
    let mut all: Vec<_> = batches.into_iter().flatten().collect();
    all.sort_unstable();
    all
}

/// The names of the collections with tenants' documents.
///
/// # Panics
/// When they can't be listed.
pub async fn collections(ports: &Ports) -> Vec<String> {
    let listed = ports.collections.list().await.expect("a list");
    listed.into_iter().map(|found| found.name.to_string()).collect()
}
