//! Reads a workspace behind everything: with the raw driver, or with SQL on the file. It shares no code with the
//! services and the stores, so what they agree on wrongly shows here.

mod accounts;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bson::{Document, doc};
use futures_util::TryStreamExt;
use mongodb::{Client, Database};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::workspace::TestWorkspace;

pub use accounts::Accounts;
pub use record::{Entry, Record};

/// The prefix of a tenant collection.
const TENANT: &str = "org_";
/// The prefix of a collection in the trash.
const IN_TRASH: &str = "console_trash_";
/// The prefix of documents that were set beside others because they differ.
const TWINS: &str = "console_twins_";
/// The prefixes of what no finished act leaves.
const LEFTOVERS: [&str; 2] = ["console_dropped_", "console_incoming_"];

/// Where a workspace is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whereabouts {
    /// A file.
    File(PathBuf),
    /// A database of a server.
    Server {
        /// The connection string.
        uri: String,
        /// The database.
        database: String,
    },
}

/// All that a workspace has, as other software would find it.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// The documents of `organizations`, by id in hex.
    pub live: BTreeMap<String, SeenOrganization>,
    /// The documents of the trash, by id in hex.
    pub trash: BTreeMap<String, SeenTrashed>,
    /// The collections with tenants' documents: `org_*`, and those of the trash, of twins, and leftovers.
    pub collections: BTreeMap<String, SeenCollection>,
    /// The organizations with an entry in the journal, in hex.
    pub unfinished: BTreeSet<String>,
    /// The account and the organization of each session on the list.
    pub sessions: Vec<(String, Option<String>)>,
    /// The organization of each membership of a person.
    pub memberships: Vec<String>,
}

/// An organization's document.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenOrganization {
    /// `organization_name`.
    pub name: String,
    /// `collection_name`.
    pub collection_name: String,
    /// `admin_email`.
    pub admin_email: String,
    /// `admin_password`.
    pub hash: String,
    /// All of it; from a file, its columns as they are stored.
    pub whole: Document,
}

/// An organization's document in the trash.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenTrashed {
    /// The organization's document.
    pub organization: SeenOrganization,
    /// The collection that waits for it; `None` if it had none, or left it to others.
    pub collection: Option<String>,
    /// Whether it left its collection to others.
    pub shared: bool,
}

/// A collection with a tenant's documents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeenCollection {
    /// What a server calls its kind.
    pub kind: String,
    /// The bytes of its documents by the bytes of their `_id`, in hex.
    pub documents: BTreeMap<String, String>,
    /// Its indexes by name, without `v`.
    pub indexes: BTreeMap<String, Document>,
    /// Its options, without what identifies it.
    pub options: Document,
    /// What identifies it, whatever its name.
    pub identity: String,
}

impl SeenCollection {
    /// The same documents, indexes and options, whatever identifies them. A server writes out how strict a validator is
    /// once somebody has changed it.
    pub fn has_what(&self, other: &Self) -> bool {
        let anonymous = |one: &Self| {
            let mut one = Self { identity: String::new(), ..one.clone() };
            for (option, default) in [("validationLevel", "strict"), ("validationAction", "error")] {
                if one.options.get_str(option).ok() == Some(default) {
                    one.options.remove(option);
                }
            }
            one
        };
        anonymous(self) == anonymous(other)
    }
}

impl Whereabouts {
    /// Of a test's workspace.
    ///
    /// # Panics
    /// When it is in memory.
    pub fn of(workspace: &TestWorkspace) -> Self {
        match (workspace.file(), workspace.address()) {
            (Some(file), _) => Self::File(file),
            (None, Some((uri, database))) => Self::Server { uri, database },
            (None, None) => panic!("nobody can look into a workspace in memory"),
        }
    }

    /// Reads everything.
    ///
    /// # Panics
    /// When the file or the server refuses, or has what this checker does not know.
    pub async fn look(&self) -> Contents {
        match self {
            Self::File(path) => of_file(path),
            Self::Server { uri, database } => {
                let client = Client::with_uri_str(uri).await.expect("a connection string");
                of_server(&client.database(database)).await
            }
        }
    }
}

impl Contents {
    /// The tenant collection of a name.
    ///
    /// # Panics
    /// When there is none.
    pub fn of_tenant(&self, name: &str) -> &SeenCollection {
        let name = format!("{TENANT}{name}");
        self.collections.get(&name).unwrap_or_else(|| panic!("{name} is missing"))
    }

    /// Whatever is not as it must be once nothing is under way: one collection per organization and one organization
    /// per collection, names and addresses used once, the trash restorable, nothing left over.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut tell = |broken: bool, problem: String| {
            if broken {
                problems.push(problem);
            }
        };
        let (mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        let mut owned: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, organization) in &self.live {
            let SeenOrganization { name, collection_name, admin_email, hash, .. } = organization;
            let allowed = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_' | '-');
            let is_good = (3..=50).contains(&name.len()) && name.chars().all(allowed);
            tell(!is_good, format!("{id} has the name {name:?}"));
            tell(!names.insert(name.clone()), format!("two organizations are named {name}"));
            tell(!addresses.insert(admin_email.to_lowercase()), format!("two admins have {admin_email}"));
            let followed = format!("{TENANT}{name}");
            tell(*collection_name != followed, format!("{name} names the collection {collection_name}"));
            tell(hash.is_empty(), format!("{name} has no hash"));
            owned.entry(collection_name.as_str()).or_default().push(id);
            tell(self.trash.contains_key(id), format!("{name} is live and in the trash"));
        }
        for (id, trashed) in &self.trash {
            let name = &trashed.organization.name;
            let shared = trashed.shared.then(|| format!("{TENANT}{name}"));
            if let Some(collection) = trashed.collection.as_ref() {
                owned.entry(collection).or_default().push(id);
            }
            for collection in trashed.collection.iter().chain(&shared) {
                let is_there = self.collections.contains_key(collection);
                tell(!is_there, format!("{name} in the trash can't be restored: {collection} is missing"));
            }
        }
        for (collection, owners) in &owned {
            tell(!self.collections.contains_key(*collection), format!("{collection} is missing"));
            tell(owners.len() > 1, format!("{collection} belongs to {owners:?}"));
        }
        let shared = self.trash.values().filter(|trashed| trashed.shared);
        let left: BTreeSet<_> =
            shared.map(|trashed| format!("{TENANT}{}", trashed.organization.name)).collect();
        for name in self.collections.keys() {
            let is_tenants = name.starts_with(TENANT) || name.starts_with(IN_TRASH);
            let is_owned = owned.contains_key(name.as_str()) || left.contains(name);
            tell(is_tenants && !is_owned, format!("{name} belongs to nobody"));
            let is_left = LEFTOVERS.iter().any(|prefix| name.starts_with(prefix));
            tell(is_left, format!("{name} was left over"));
        }
        for id in &self.unfinished {
            tell(true, format!("an act on {id} is unfinished"));
        }
        for organization in &self.memberships {
            let is_known = self.live.contains_key(organization) || self.trash.contains_key(organization);
            tell(!is_known, format!("somebody is a member of {organization}, which is gone"));
        }
        problems
    }

    /// Checks that nothing is wrong.
    ///
    /// # Panics
    /// When something is, with all of it.
    pub fn require_good(&self, when: &str) {
        assert_eq!(self.problems(), Vec::<String>::new(), "{when}");
    }

    /// Every document of a tenant, wherever it stands: `_id` and bytes.
    pub fn documents(&self) -> BTreeSet<(&str, &str)> {
        let of = |collection| SeenCollection::documents_of(collection);
        self.collections.values().flat_map(of).collect()
    }

    /// The documents of tenants that `before` had and this has nowhere, by the collection that they were in.
    pub fn lost_since(&self, before: &Self) -> Vec<String> {
        let there = self.documents();
        let mut lost = Vec::new();
        for (name, collection) in &before.collections {
            let missing = collection.documents_of().filter(|document| !there.contains(document)).count();
            if missing > 0 {
                lost.push(format!("{missing} of the documents in {name}"));
            }
        }
        lost
    }

    /// The accounts of sessions on the list whose organization is not live: a token of theirs must open nothing.
    pub fn sessions_of_gone(&self) -> Vec<&str> {
        let is_gone = |(_, organization): &&(String, Option<String>)| {
            organization.as_ref().is_some_and(|id| !self.live.contains_key(id))
        };
        self.sessions.iter().filter(is_gone).map(|(account, _)| account.as_str()).collect()
    }

    /// The collections of twins: documents that a join set beside others.
    pub fn twins(&self) -> impl Iterator<Item = &SeenCollection> {
        self.collections.iter().filter(|(name, _)| name.starts_with(TWINS)).map(|(_, collection)| collection)
    }
}

impl SeenCollection {
    fn documents_of(&self) -> impl Iterator<Item = (&str, &str)> {
        self.documents.iter().map(|(id, document)| (id.as_str(), document.as_str()))
    }
}

fn is_of_tenants(name: &str) -> bool {
    let others = [TENANT, IN_TRASH, TWINS].into_iter().chain(LEFTOVERS);
    others.into_iter().any(|prefix| name.starts_with(prefix))
}

/// The `_id` in hex, and the whole document in hex.
fn in_hex(bytes: &[u8]) -> (String, String) {
    let document = Document::from_reader(bytes).expect("a document");
    let id = doc! { "_id": document.get("_id").expect("an _id").clone() };
    (hex(&id.to_vec().expect("bytes")), hex(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn all(database: &Database, collection: &str) -> Vec<Document> {
    let found = database.collection::<Document>(collection).find(doc! {}).await.expect("it is read");
    found.try_collect().await.expect("documents")
}

/// An id in hex; what is no ObjectId as it prints.
fn id_of(document: &Document, field: &str) -> String {
    match document.get(field) {
        Some(bson::Bson::ObjectId(id)) => id.to_hex(),
        other => format!("{other:?}"),
    }
}

fn organization(whole: Document) -> SeenOrganization {
    let text = |field| whole.get_str(field).unwrap_or_default().to_owned();
    SeenOrganization {
        name: text("organization_name"),
        collection_name: text("collection_name"),
        admin_email: text("admin_email"),
        hash: text("admin_password"),
        whole,
    }
}

async fn of_server(database: &Database) -> Contents {
    let mut live = BTreeMap::new();
    for document in all(database, "organizations").await {
        live.insert(id_of(&document, "_id"), organization(document));
    }
    let mut trash = BTreeMap::new();
    for document in all(database, "console_trash").await {
        let id = id_of(&document, "_id");
        let copy = document.get_object_id("copy").map_or_else(|_| id.clone(), |copy| copy.to_hex());
        let had = document.get_bool("had_collection").unwrap_or(true);
        let inner = document.get_document("organization").cloned().unwrap_or_default();
        let trashed = SeenTrashed {
            organization: organization(inner),
            collection: had.then(|| format!("{IN_TRASH}{copy}")),
            shared: document.get_bool("shared_collection").unwrap_or(false),
        };
        trash.insert(id, trashed);
    }
    let mut collections = BTreeMap::new();
    let listed = database.run_command(doc! { "listCollections": 1, "cursor": { "batchSize": 100_000 } });
    let listed = listed.await.expect("the collections are listed");
    let listed = listed.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    for one in listed.expect("a list") {
        let one = one.as_document().expect("a collection");
        let name = one.get_str("name").expect("a name");
        if is_of_tenants(name) {
            collections.insert(name.to_owned(), collection_on_server(database, name, one).await);
        }
    }
    let unfinished = all(database, "console_operations").await;
    let sessions = all(database, "console_sessions").await;
    let sessions = sessions.iter().map(|session| {
        let organization = session.get_object_id("organization_id").ok().map(|id| id.to_hex());
        (session.get_str("account").unwrap_or_default().to_owned(), organization)
    });
    let people = all(database, "console_people").await;
    let memberships = people.iter().flat_map(|person| person.get_array("memberships").expect("memberships"));
    let memberships = memberships.map(|one| id_of(one.as_document().expect("one"), "organization_id"));
    Contents {
        live,
        trash,
        collections,
        unfinished: unfinished.iter().map(|entry| id_of(entry, "_id")).collect(),
        sessions: sessions.collect(),
        memberships: memberships.collect(),
    }
}

async fn collection_on_server(database: &Database, name: &str, listed: &Document) -> SeenCollection {
    let kind = listed.get_str("type").unwrap_or("collection").to_owned();
    let uuid = listed.get_document("info").ok().and_then(|info| info.get("uuid"));
    let mut seen = SeenCollection {
        options: listed.get_document("options").cloned().unwrap_or_default(),
        identity: uuid.map(ToString::to_string).unwrap_or_default(),
        kind,
        ..SeenCollection::default()
    };
    if seen.kind == "view" {
        return seen;
    }
    let raw = database.collection::<bson::RawDocumentBuf>(name);
    let mut documents = raw.find(doc! {}).await.expect("it is read");
    while let Some(document) = documents.try_next().await.expect("a document") {
        let (id, document) = in_hex(document.as_bytes());
        seen.documents.insert(id, document);
    }
    let indexes = database.run_command(doc! { "listIndexes": name, "cursor": { "batchSize": 1_000 } });
    let indexes = indexes.await.expect("the indexes are listed");
    let indexes = indexes.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    for index in indexes.expect("a list") {
        let mut index = index.as_document().expect("an index").clone();
        for own in ["v", "ns"] {
            index.remove(own);
        }
        seen.indexes.insert(index.get_str("name").expect("a name").to_owned(), index);
    }
    seen
}

/// A row as a document of its columns.
fn row_of(row: &rusqlite::Row<'_>) -> Document {
    use rusqlite::types::ValueRef;
    let names: Vec<String> = row.as_ref().column_names().map(str::to_owned).collect();
    let mut found = Document::new();
    for (at, name) in names.into_iter().enumerate() {
        let value = match row.get_ref(at).expect("a column") {
            ValueRef::Null => bson::Bson::Null,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => number.into(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
            ValueRef::Blob(bytes) => hex(bytes).into(),
        };
        found.insert(name, value);
    }
    found
}

fn rows(file: &Connection, sql: &str) -> Vec<Document> {
    let mut statement = file.prepare(sql).expect("a statement");
    let rows = statement.query_map([], |row| Ok(row_of(row))).expect("rows");
    rows.collect::<Result<_, _>>().expect("rows")
}

fn of_file(path: &Path) -> Contents {
    let file = Connection::open(path).expect("the file opens");
    let text = |row: &Document, field: &str| row.get_str(field).unwrap_or_default().to_owned();
    let mut live = BTreeMap::new();
    for row in rows(&file, "SELECT * FROM organizations") {
        live.insert(text(&row, "id"), organization(row));
    }
    let mut trash = BTreeMap::new();
    for row in rows(&file, "SELECT * FROM console_trash") {
        let id = text(&row, "id");
        let copy = row.get_str("copy").map_or_else(|_| id.clone(), str::to_owned);
        let is = |field: &str| matches!(row.get_i64(field), Ok(1));
        let (had, shared) = (is("had_collection"), is("shared_collection"));
        let collection = had.then(|| format!("{IN_TRASH}{copy}"));
        trash.insert(id, SeenTrashed { organization: organization(row), collection, shared });
    }
    let mut collections = BTreeMap::new();
    for row in rows(&file, "SELECT * FROM collections") {
        let name = text(&row, "name");
        if is_of_tenants(&name) {
            collections.insert(name, collection_in_file(&file, &row));
        }
    }
    let unfinished = rows(&file, "SELECT hex(organization_id) AS id FROM console_operations");
    let sessions = rows(&file, "SELECT account, organization_id FROM console_sessions");
    let memberships = rows(&file, "SELECT organization_id FROM console_memberships");
    let organization = |row: &Document| row.get_str("organization_id").ok().map(str::to_owned);
    Contents {
        live,
        trash,
        collections,
        unfinished: unfinished.iter().map(|row| text(row, "id").to_lowercase()).collect(),
        sessions: sessions.iter().map(|row| (text(row, "account"), organization(row))).collect(),
        memberships: memberships.iter().filter_map(organization).collect(),
    }
}

/// A file describes the indexes where they are not the service's.
fn indexes_in_file(file: &Connection, number: i64) -> BTreeMap<String, Document> {
    let sql = "SELECT indexes FROM collections WHERE id = ?1";
    let described = file.query_row(sql, [number], |row| row.get::<_, Option<Vec<u8>>>(0)).expect("a row");
    let described = match described {
        Some(described) => Document::from_reader(described.as_slice()).expect("BSON"),
        None => {
            let service = [("_id", "_id_"), ("created_at", "created_at_1"), ("updated_at", "updated_at_1")];
            doc! { "indexes": service.map(|(field, name)| doc! { "key": { field: 1 }, "name": name }).to_vec() }
        }
    };
    let indexes = described.get_array("indexes").expect("a list").iter().map(|index| {
        let index = index.as_document().expect("an index").clone();
        (index.get_str("name").expect("a name").to_owned(), index)
    });
    indexes.collect()
}

/// A file keeps options and indexes as a description beside the collection, where it keeps them.
fn collection_in_file(file: &Connection, row: &Document) -> SeenCollection {
    let number = row.get_i64("id").expect("a number");
    let mut seen = SeenCollection {
        kind: "collection".to_owned(),
        identity: format!("{number} {:?}", row.get("created_at")),
        ..SeenCollection::default()
    };
    seen.indexes = indexes_in_file(file, number);
    let kept = ["id", "name", "created_at", "documents", "data_size", "id_key_size", "indexes"];
    for (column, value) in row {
        let is_counted = column.starts_with("dated_") || kept.contains(&column.as_str());
        if !is_counted && *value != bson::Bson::Null {
            seen.options.insert(column, value.clone());
        }
    }
    let sql = "SELECT document FROM documents WHERE collection_id = ?1";
    let mut statement = file.prepare(sql).expect("a statement");
    let documents = statement.query_map([number], |row| row.get::<_, Vec<u8>>(0)).expect("rows");
    for document in documents {
        let (id, document) = in_hex(&document.expect("a document"));
        seen.documents.insert(id, document);
    }
    let counted = row.get_i64("documents").expect("a total");
    assert_eq!(
        usize::try_from(counted),
        Ok(seen.documents.len()),
        "the total of a collection is kept with it"
    );
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Console;
    use crate::twins::fill;
    use crate::workspace::StoreKind;

    /// A checker that finds nothing checks nothing: each damage is told.
    async fn damage_is_told(kind: StoreKind) {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        fill(&console.ports, &acme.collection(), 3).await;
        let globex = console.create("globex").await;
        console.organizations.trash(&operator, globex.id, None).await.expect("trashed");
        let at = Whereabouts::of(&workspace);
        let before = at.look().await;
        before.require_good("after ordinary acts");
        assert_eq!(before.of_tenant("acme").documents.len(), 3, "{kind:?}");
        assert_eq!(before.trash.len(), 1, "{kind:?}");

        let identity =
            console.ports.collections.identity(&acme.collection()).await.expect("a look-up answers");
        let identity = identity.expect("it is there");
        let aside = acme.collection().dropped("an operation");
        console.ports.collections.rename(&acme.collection(), &aside, &identity).await.expect("renamed");
        workspace.write_behind(acme.id, "admin_email", "admin@GLOBEX.example.com").await;
        workspace.write_behind(acme.id, "organization_name", "Acme").await;
        let now = at.look().await;
        let problems = now.problems().join("\n");
        for told in ["the name \"Acme\"", "names the collection", "org_acme is missing", "was left over"] {
            assert!(problems.contains(told), "{kind:?}: {told} in {problems}");
        }
        assert_eq!(now.lost_since(&before), Vec::<String>::new(), "{kind:?}: they only stand elsewhere");
        console.ports.collections.delete(&aside, &identity).await.expect("dropped");
        let lost = at.look().await.lost_since(&before);
        assert_eq!(lost, ["3 of the documents in org_acme"], "{kind:?}");
        workspace.remove().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn damage_in_a_file_is_told() {
        damage_is_told(StoreKind::SqliteOnFile).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn damage_on_a_server_is_told() {
        damage_is_told(StoreKind::MongoReplicaSet).await;
    }
}
