//! Two organizations that claim one collection, as the service makes them when two create at once.

use bson::oid::ObjectId;
use bson::{Document, doc};
use tenantry_core::ports::Ports;
use tenantry_core::records::Organization;
use tenantry_core::values::{CollectionName, OrganizationId};

use crate::console::{Console, Run};
use crate::workspace::{StoreKind, TestWorkspace};

/// Documents in the shared collection.
pub const DOCUMENTS: u64 = 3;

/// `acme` and another organization with the collection `org_acme`.
pub struct Twins {
    /// Their workspace.
    pub workspace: TestWorkspace,
    /// Its ports, opened when both existed.
    pub ports: Ports,
    /// The program.
    pub console: Console,
    /// The warnings of opening it.
    pub warnings: Vec<String>,
    /// One of them.
    pub acme: Organization,
    /// The other one: with the same name on a server; in a file, which has no two of one name, only with the same
    /// collection.
    pub twin: OrganizationId,
    /// The shared collection.
    pub collection: CollectionName,
}

impl Twins {
    /// Both, with their shared collection and its documents.
    ///
    /// # Panics
    /// When the store refuses.
    pub async fn open(kind: StoreKind) -> Self {
        let workspace = TestWorkspace::open(kind).await;
        let first = Console::on(&workspace);
        let acme = first.create("acme").await;
        let collection = acme.collection();
        fill(&workspace.ports, &collection, DOCUMENTS).await;
        let twin = match workspace.file() {
            Some(file) => {
                let twin = crate::suite::organization("acme-twin");
                workspace.ports.organizations.insert(&twin).await.expect("inserted");
                let raw = rusqlite::Connection::open(file).expect("the file opens");
                let id = twin.id.object_id().bytes();
                let sql = "UPDATE organizations SET collection_name = 'org_acme' WHERE id = ?1";
                assert_eq!(raw.execute(sql, [id]).expect("written"), 1);
                twin.id
            }
            None => {
                let raw = workspace.database().await.collection::<Document>("organizations");
                raw.drop_index("console_unique_name").await.expect("other software keeps no rule");
                let own = doc! { "_id": acme.id.object_id() };
                let mut twin = raw.find_one(own).await.expect("a look-up answers").expect("it is there");
                let id = ObjectId::new();
                twin.insert("_id", id);
                twin.insert("admin_email", "twin@example.com");
                raw.insert_one(twin).await.expect("inserted");
                id.into()
            }
        };
        let ports = workspace.reopened().await;
        let warnings = ports.health.prepare().await.expect("prepared");
        let run = Run { instance: "second-run".to_owned(), ..Run::default() };
        let console = Console::run(ports.clone(), &workspace.clock, run);
        Self { workspace, ports, console, warnings, acme, twin, collection }
    }

    /// Documents of a collection, `None` if there is none.
    ///
    /// # Panics
    /// When the store cannot say.
    pub async fn documents(&self, name: &CollectionName) -> Option<u64> {
        documents(&self.ports, name).await
    }
}

/// Creates a collection with this many documents.
///
/// # Panics
/// When the store refuses.
pub async fn fill(ports: &Ports, name: &CollectionName, documents: u64) {
    ports.collections.create(name).await.expect("created");
    let documents: Vec<_> =
        (0..documents).map(|_| doc! {"_id": ObjectId::new()}.to_vec().expect("bytes")).collect();
    ports.collections.insert_documents(name, &documents).await.expect("inserted");
}

/// Documents of a collection, `None` when there is none.
///
/// # Panics
/// When the store can't say.
pub async fn documents(ports: &Ports, name: &CollectionName) -> Option<u64> {
    if ports.collections.exists(name).await.expect("a look-up answers") {
        Some(ports.collections.statistics(name).await.expect("statistics").documents)
    } else {
        None
    }
}
