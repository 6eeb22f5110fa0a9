//! The record as it is stored: whether its chain holds, and whether it tells of what there is.

use std::collections::{BTreeMap, BTreeSet};

use bson::{Bson, doc};
use futures_util::TryStreamExt;
use mongodb::{Client, Database};
use rusqlite::Connection;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Contents, Whereabouts};

/// The record, oldest entry first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record(pub Vec<Entry>);

/// An entry: its fields as text, and its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// All fields that the digest is of.
    pub fields: BTreeMap<String, String>,
    /// The digest, as stored.
    pub hash: String,
}

#[derive(Deserialize)]
struct Change {
    field: String,
    after: Option<String>,
}

impl Entry {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// As the format says: each field in the order of the names, name and value, each after its length in bytes.
    fn digest(&self) -> String {
        let mut sum = Sha256::new();
        for (name, value) in &self.fields {
            for text in [name, value] {
                sum.update((text.len() as u64).to_be_bytes());
                sum.update(text);
            }
        }
        super::hex(&sum.finalize())
    }

    fn changed_to(&self, field: &str) -> Option<String> {
        let changes: Vec<Change> = serde_json::from_str(self.field("changes")).unwrap_or_default();
        changes.into_iter().find(|change| change.field == field)?.after
    }
}

impl Whereabouts {
    /// Reads the whole record.
    ///
    /// # Panics
    /// When the file or the server refuses.
    pub async fn record(&self) -> Record {
        match self {
            Self::File(path) => in_file(&Connection::open(path).expect("the file opens")),
            Self::Server { uri, database } => {
                let client = Client::with_uri_str(uri).await.expect("a connection string");
                on_server(&client.database(database)).await
            }
        }
    }
}

impl Record {
    /// Whatever breaks the chain: numbers without a gap from 1, each entry with the digest of the one before.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut before = "0".repeat(64);
        for (number, entry) in (1..).zip(&self.0) {
            let place = format!("entry {} at place {number}", entry.field("number"));
            if entry.field("number") != number.to_string() {
                problems.push(format!("{place}: a gap, or two of one number"));
            }
            if entry.field("previous") != before {
                problems.push(format!("{place} does not follow the one before"));
            }
            if entry.digest() != entry.hash {
                problems.push(format!("{place} is not what its digest is of"));
            }
            before.clone_from(&entry.hash);
        }
        problems
    }

    /// What `contents` has, or has lost since `before`, and no entry tells of: the record may tell of an act that was
    /// not done, never the other way round.
    pub fn untold(&self, before: &Contents, contents: &Contents) -> Vec<String> {
        let mut untold = Vec::new();
        for (id, organization) in &contents.live {
            let known = before.live.get(id);
            let is_told = |entry: &Entry| {
                entry.changed_to("name").as_deref() == Some(&*organization.name)
                    || entry.field("organization_name") == organization.name
            };
            if known.is_none_or(|known| known.name != organization.name) {
                let kinds = [
                    "organization_created",
                    "organization_renamed",
                    "organization_restored",
                    "organization_received",
                ];
                if !self.about(id, &kinds).any(is_told) {
                    untold.push(format!("{id} is named {}", organization.name));
                }
            }
            let is_moved = known.is_some_and(|known| {
                known.name == organization.name && known.collection_name != organization.collection_name
            });
            if is_moved && self.about(id, &["mended"]).next().is_none() {
                untold.push(format!("{id} has the collection {}", organization.collection_name));
            }
            if before.trash.contains_key(id) && self.about(id, &["organization_restored"]).next().is_none() {
                untold.push(format!("{id} was restored"));
            }
        }
        for id in contents.trash.keys().filter(|id| !before.trash.contains_key(*id)) {
            if self.about(id, &["organization_trashed"]).next().is_none() {
                untold.push(format!("{id} is in the trash"));
            }
        }
        for id in before.live.keys().chain(before.trash.keys()) {
            let is_gone = !contents.live.contains_key(id) && !contents.trash.contains_key(id);
            if is_gone && self.about(id, &["organization_deleted"]).next().is_none() {
                untold.push(format!("{id} was deleted"));
            }
        }
        untold
    }

    /// The entries of these kinds about an organization whose act was not undone.
    fn about<'a>(&'a self, id: &'a str, kinds: &'a [&str]) -> impl Iterator<Item = &'a Entry> {
        let undone = self.undone();
        self.0.iter().filter(move |entry| {
            entry.field("organization_id") == id
                && kinds.contains(&entry.field("kind"))
                && !undone.contains(entry.field("operation"))
        })
    }

    /// The operations whose last word is that nothing of them is left.
    fn undone(&self) -> BTreeSet<&str> {
        let mut undone = BTreeSet::new();
        for entry in self.0.iter().filter(|entry| !entry.field("operation").is_empty()) {
            let operation = entry.field("operation");
            if entry.field("outcome") == "undone" || entry.field("kind") == "operation_undone" {
                undone.insert(operation);
            } else if entry.field("kind") == "operation_finished" {
                undone.remove(operation);
            }
        }
        undone
    }
}

fn in_file(file: &Connection) -> Record {
    let sql = "SELECT number, at, previous, hash, fields FROM console_activity ORDER BY number";
    let mut statement = file.prepare(sql).expect("a statement");
    let entries = statement.query_map([], |row| {
        let fields: String = row.get(4)?;
        let mut fields: BTreeMap<String, String> = serde_json::from_str(&fields).expect("texts");
        fields.insert("number".to_owned(), row.get::<_, i64>(0)?.to_string());
        fields.insert("at".to_owned(), row.get::<_, i64>(1)?.to_string());
        fields.insert("previous".to_owned(), row.get(2)?);
        Ok(Entry { fields, hash: row.get(3)? })
    });
    Record(entries.expect("rows").collect::<Result<_, _>>().expect("entries"))
}

async fn on_server(database: &Database) -> Record {
    let stored = database.collection::<bson::Document>("console_activity");
    let found = stored.find(doc! { "_id": { "$gte": 1i64 } }).sort(doc! { "_id": 1 }).await;
    let found: Vec<bson::Document> =
        found.expect("it is read").try_collect().await.expect("entries of the record");
    let entry = |document: bson::Document| {
        let mut entry = Entry { fields: BTreeMap::new(), hash: String::new() };
        for (name, value) in document {
            let (name, text) = match (name.as_str(), value) {
                ("_id", Bson::Int64(number)) => ("number", number.to_string()),
                ("hash", Bson::String(hash)) => {
                    entry.hash = hash;
                    continue;
                }
                (name, Bson::DateTime(at)) => (name, at.timestamp_millis().to_string()),
                (name, Bson::ObjectId(id)) => (name, id.to_hex()),
                (name, Bson::String(text)) => (name, text),
                (name, other) => (name, format!("{other:?}")),
            };
            entry.fields.insert(name.to_owned(), text);
        }
        entry
    };
    Record(found.into_iter().map(entry).collect())
}
