//! Tenantry works on a database that the existing service wrote, and the service can go on with it afterwards.

use std::collections::{BTreeMap, BTreeSet};

use bson::{Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::Database;
use secrecy::SecretString;
use tenantry_core::error::AppError;
use tenantry_core::records::{NewOrganization, OrganizationStatus};
use tenantry_core::rights::Role;
use tenantry_core::sessions::{Freshness, SigningKey};
use tenantry_core::values::{CollectionName, EmailAddress, OrganizationId, OrganizationName, PasswordHash};
use tenantry_tests::console::{Console, PASSWORD, Run, create_request};
use tenantry_tests::fixture::{Credentials, ServiceDatabase};
use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::suite::collection;
use tenantry_tests::tokens::{self, Algorithm};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

/// The organization that the service had deactivated.
const DEACTIVATED: &str = "soylent";

/// The program as the service's administrators have it: full cost of hashing, the service's own secret.
fn console(workspace: &TestWorkspace, fixture: &ServiceDatabase) -> Console {
    let key = SigningKey::of_service(&SecretString::from(fixture.signing.secret_key.as_str()));
    Console::run(workspace.ports.clone(), &workspace.clock, Run { key, cost: 12, ..Run::default() })
}

async fn sign_in(console: &Console, credentials: &Credentials) -> Result<OrganizationId, AppError> {
    let password = SecretString::from(credentials.password.as_str());
    let session = console.try_sign_in(&credentials.email, &password).await?;
    assert_eq!(session.actor.role(), Role::OrganizationAdmin);
    assert_eq!(session.actor.name(), credentials.organization_name);
    Ok(session.actor.organization_scope().expect("an admin has an organization"))
}

/// Every document of a collection as its bytes, by its `_id`.
async fn bytes_of(database: &Database, name: &str) -> BTreeMap<String, Vec<u8>> {
    let cursor = database.collection::<RawDocumentBuf>(name).find(doc! {}).await.expect("a list");
    let documents: Vec<RawDocumentBuf> = cursor.try_collect().await.expect("all of it");
    let by_id = |document: RawDocumentBuf| {
        let id = document.get("_id").expect("readable").map(|id| format!("{id:?}")).expect("an _id");
        (id, document.into_bytes())
    };
    documents.into_iter().map(by_id).collect()
}

async fn options_of(database: &Database, name: &str) -> Document {
    let answer =
        database.run_command(doc! {"listCollections": 1, "filter": {"name": name}}).await.expect("a list");
    let batch =
        answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch")).expect("a batch");
    let first = batch.first().and_then(|first| first.as_document()).expect("the collection is there");
    first.get_document("options").cloned().unwrap_or_default()
}

async fn indexes_of(database: &Database, name: &str) -> BTreeSet<String> {
    let answer = database.run_command(doc! {"listIndexes": name}).await.expect("a list");
    let batch =
        answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch")).expect("a batch");
    let described = |index: &bson::Bson| {
        let index = index.as_document().expect("an index");
        format!("{:?} {:?} {:?}", index.get("name"), index.get("key"), index.get("unique"))
    };
    batch.iter().map(described).collect()
}

/// The organization documents without the parts that Tenantry can change: its own sub-document, and `updated_at`.
async fn metadata(database: &Database) -> Vec<Document> {
    let cursor = database.collection::<Document>("organizations").find(doc! {}).sort(doc! {"_id": 1}).await;
    let mut documents: Vec<Document> = cursor.expect("a list").try_collect().await.expect("all of it");
    for document in &mut documents {
        document.remove("console");
        assert!(
            document.remove("updated_at").is_some_and(|moment| moment.as_datetime().is_some()),
            "{document}"
        );
    }
    documents
}

async fn works_on_what_the_service_wrote(topology: Topology) {
    let fixture = ServiceDatabase::read();
    let server = Server::shared(topology);
    let name = fresh_database();
    let raw = mongodb::Client::with_uri_str(server.uri()).await.expect("a connection string").database(&name);
    fixture.load_into(&raw).await;
    let before = bytes_of(&raw, "organizations").await;

    let workspace = TestWorkspace::on_server(server, name).await;
    assert_eq!(bytes_of(&raw, "organizations").await, before, "opening touches no organization");
    let console = console(&workspace, &fixture);
    let mut ids = BTreeMap::new();
    for credentials in &fixture.credentials {
        let wrong = Credentials { password: "Passw0rd-wrong".to_owned(), ..credentials.clone() };
        let refused = sign_in(&console, &wrong).await;
        assert!(matches!(refused, Err(AppError::CredentialsRefused { .. })), "{refused:?}");
        let answer = sign_in(&console, credentials).await;
        if credentials.organization_name == DEACTIVATED {
            assert_eq!(answer, Err(AppError::OrganizationInactive));
        } else {
            ids.insert(
                credentials.organization_name.as_str(),
                answer.expect("the service's password is good"),
            );
        }
    }
    assert_eq!(bytes_of(&raw, "organizations").await, before, "signing in changes no organization");
    let operator = console.operator().await;

    let soylent = console.organizations.get(&operator, DEACTIVATED).await.expect("found");
    assert_eq!(soylent.status(), OrganizationStatus::Deactivated);
    let statistics = console.collections.statistics(&operator, ids["acme-corp"]).await.expect("statistics");
    let documents = &fixture.collections["org_acme-corp"].documents;
    assert_eq!(statistics.documents, documents.len() as u64);
    let bytes: usize = documents.iter().map(|document| document.to_vec().expect("bytes").len()).sum();
    assert_eq!(statistics.data_size, Some(bytes as u64));

    // There and back again, each by the server's own rename.
    let (options, indexes) = (options_of(&raw, "org_globex").await, indexes_of(&raw, "org_globex").await);
    assert!(
        indexes.iter().any(|index| index.contains("by_name")),
        "the fixture has an index of its own: {indexes:?}"
    );
    console.organizations.rename(&operator, ids["globex"], "globex-two").await.expect("renamed");
    assert_eq!(options_of(&raw, "org_globex-two").await, options, "the validator moved along");
    assert_eq!(indexes_of(&raw, "org_globex-two").await, indexes, "the indexes moved along");
    let stored =
        raw.collection::<Document>("organizations").find_one(doc! {"_id": ids["globex"].object_id()}).await;
    let stored = stored.expect("a look-up answers").expect("the document is there");
    assert_eq!(stored.get_str("organization_name").ok(), Some("globex-two"));
    assert_eq!(
        stored.get_str("collection_name").ok(),
        Some("org_globex-two"),
        "the service finds it by this field"
    );
    console.organizations.rename(&operator, ids["globex"], "globex").await.expect("renamed back");
    console.organizations.trash(&operator, ids["acme-corp"], None).await.expect("trashed");
    let names = raw.list_collection_names().await.expect("a list");
    assert!(!names.contains(&"org_acme-corp".to_owned()), "{names:?}");
    console.organizations.restore(&operator, ids["acme-corp"], None).await.expect("restored");
    console.organizations.reactivate(&operator, soylent.id).await.expect("reactivated");
    console.organizations.deactivate(&operator, soylent.id).await.expect("deactivated again");

    for (collection, expected) in fixture.collections.iter().filter(|(name, _)| name.starts_with("org_")) {
        let bytes: BTreeSet<Vec<u8>> = bytes_of(&raw, collection).await.into_values().collect();
        let loaded: BTreeSet<Vec<u8>> =
            expected.documents.iter().map(|document| document.to_vec().expect("bytes")).collect();
        assert_eq!(bytes, loaded, "{collection}: the documents are byte for byte the same");
        assert_eq!(options_of(&raw, collection).await, expected.options, "{collection}");
    }
    assert_eq!(indexes_of(&raw, "org_globex").await, indexes);
    let mut expected = fixture.collections["organizations"].documents.clone();
    expected.sort_by_key(|document| document.get_object_id("_id").expect("an ObjectId"));
    for document in &mut expected {
        document.remove("updated_at");
    }
    assert_eq!(metadata(&raw).await, expected, "outside `console` the metadata is what the service wrote");
    for name in raw.list_collection_names().await.expect("a list") {
        let known = fixture.collections.contains_key(&name) || name.starts_with("console_");
        assert!(known, "{name} would be seen by the service");
    }
    for credentials in fixture.credentials.iter().filter(|one| one.organization_name != DEACTIVATED) {
        assert!(sign_in(&console, credentials).await.is_ok(), "{}", credentials.email);
    }
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_set_that_the_service_wrote_is_worked_on_and_stays_the_services() {
    works_on_what_the_service_wrote(Topology::ReplicaSet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standalone_server_that_the_service_wrote_is_worked_on_and_stays_the_services() {
    works_on_what_the_service_wrote(Topology::Standalone).await;
}

#[tokio::test]
async fn whom_the_service_takes_for_deactivated_neither_signs_in_nor_keeps_a_session() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let raw = workspace.database().await.collection::<Document>("organizations");
    for value in [bson::Bson::Int32(0), bson::Bson::Null, bson::Bson::Boolean(false)] {
        let session = console.sign_in("admin@acme.example.com").await;
        let by_id = || doc! { "_id": acme.id.object_id() };
        raw.update_one(by_id(), doc! { "$set": { "is_active": value.clone() } }).await.expect("written");
        let answer = console.authorize(&session).await;
        assert!(matches!(answer, Err(AppError::Session(_))), "{value}: {answer:?}");
        let password = SecretString::from(PASSWORD);
        let refused = console.try_sign_in("admin@acme.example.com", &password).await;
        assert_eq!(refused.map(|_| ()), Err(AppError::OrganizationInactive), "{value}");
        let operator = console.operator().await;
        console.organizations.reactivate(&operator, acme.id).await.expect("reactivated");
        let stored = raw.find_one(by_id()).await.expect("a look-up").expect("it is there");
        assert_eq!(stored.get_bool("is_active").ok(), Some(true), "{value}: the service reads a plain true");
    }
    workspace.remove().await;
}

#[tokio::test]
async fn what_tenantry_creates_is_what_the_service_would_have_written() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let raw = workspace.database().await;
    let console = console(&workspace, &ServiceDatabase::read());
    let operator = console.operator().await;
    let mut request = create_request("new-one");
    request.email = "Dana.W@New-One.Example.COM".to_owned();
    let created = console.organizations.create(&operator, request).await.expect("created");
    let stored =
        raw.collection::<Document>("organizations").find_one(doc! {}).await.expect("a look-up answers");
    let mut stored = stored.expect("the document is there");
    stored.remove("console");
    let fields: Vec<&str> = stored.keys().map(String::as_str).collect();
    let fixture = ServiceDatabase::read();
    let service: Vec<&str> =
        fixture.collections["organizations"].documents[0].keys().map(String::as_str).collect();
    assert_eq!(fields, service, "the same fields in the same order");
    assert_eq!(stored.get_object_id("_id").ok(), Some(created.id.object_id()));
    assert_eq!(stored.get_str("organization_name").ok(), Some("new-one"));
    assert_eq!(stored.get_str("admin_email").ok(), Some("Dana.W@new-one.example.com"));
    assert_eq!(stored.get_str("collection_name").ok(), Some("org_new-one"));
    assert_eq!(stored.get_bool("is_active").ok(), Some(true));
    let hash = stored.get_str("admin_password").expect("a text");
    assert!(hash.starts_with("$2b$12$"), "the service's format and cost");
    assert_eq!(stored.get_datetime("created_at").ok(), stored.get_datetime("updated_at").ok());
    let service = &fixture.collections["org_soylent"];
    assert_eq!(options_of(&raw, "org_new-one").await, service.options, "the service's validator");
    let indexes = indexes_of(&raw, "org_new-one").await;
    assert_eq!(indexes.len(), service.indexes.len(), "{indexes:?}");
    workspace.remove().await;
}

#[tokio::test]
async fn tokens_of_either_side_are_good_on_the_other() {
    let fixture = ServiceDatabase::read();
    let server = Server::shared(Topology::ReplicaSet);
    let name = fresh_database();
    let raw = mongodb::Client::with_uri_str(server.uri()).await.expect("a connection string").database(&name);
    fixture.load_into(&raw).await;
    let workspace = TestWorkspace::on_server(server, name).await;
    let console = console(&workspace, &fixture);
    let globex =
        fixture.credentials.iter().find(|one| one.organization_name == "globex").expect("in the fixture");

    let password = SecretString::from(globex.password.as_str());
    let session = console.try_sign_in(&globex.email, &password).await.expect("signed in");
    let claims = tokens::read_as_service(&session.token, &fixture.signing.secret_key);
    let id = session.actor.organization_scope().expect("an admin has an organization");
    for (claim, value) in [
        ("admin_id", id.to_hex()),
        ("organization_id", id.to_hex()),
        ("organization_name", "globex".to_owned()),
        ("email", globex.email.clone()),
    ] {
        assert_eq!(claims[claim].as_str(), Some(value.as_str()), "{claim}");
    }
    assert!(!claims.contains_key("aud"), "the service's decoder refuses a token with an audience");

    let operator = console.operator().await;
    let organization = console.organizations.get(&operator, "globex").await.expect("found");
    let claims = tokens::claims_of_service(&organization);
    let token = tokens::sign(&claims, &fixture.signing.secret_key, Algorithm::HS256);
    let actor =
        console.sessions.authorize(&token, Freshness::Now).await.expect("the service's token is good");
    assert_eq!(actor.role(), Role::OrganizationAdmin);
    assert_eq!(actor.organization_scope(), Some(id));
    console.organizations.rename(&operator, id, "globex-two").await.expect("renamed");
    let actor = console.sessions.authorize(&token, Freshness::Now).await.expect("a rename ends no session");
    assert_eq!(actor.name(), "globex-two");
    console.organizations.deactivate(&operator, id).await.expect("deactivated");
    let answer = console.sessions.authorize(&token, Freshness::Now).await;
    assert!(
        matches!(answer, Err(AppError::Session(_))),
        "a deactivation ends the service's sessions here too"
    );
    workspace.remove().await;
}

#[tokio::test]
async fn a_password_that_the_service_sets_ends_tenantrys_sessions_and_signs_in_here() {
    let fixture = ServiceDatabase::read();
    let server = Server::shared(Topology::ReplicaSet);
    let name = fresh_database();
    let raw = mongodb::Client::with_uri_str(server.uri()).await.expect("a connection string").database(&name);
    fixture.load_into(&raw).await;
    let workspace = TestWorkspace::on_server(server, name).await;
    let console = console(&workspace, &fixture);
    let globex =
        fixture.credentials.iter().find(|one| one.organization_name == "globex").expect("in the fixture");
    let password = SecretString::from(globex.password.as_str());
    let session = console.try_sign_in(&globex.email, &password).await.expect("signed in");
    let id = session.actor.organization_scope().expect("an admin has an organization");
    assert!(console.authorize(&session).await.is_ok());

    // As the service's update does it: the hash and the date, and nothing of Tenantry's.
    let hash = bcrypt::hash("Set-by-the-service-1", 12).expect("hashed");
    let set = doc! { "$set": { "admin_password": hash, "updated_at": bson::DateTime::now() } };
    let organizations = raw.collection::<Document>("organizations");
    organizations.update_one(doc! { "_id": id.object_id() }, set).await.expect("written by the service");

    let ended = console.authorize(&session).await;
    assert!(matches!(ended, Err(AppError::Session(_))), "{ended:?}");
    let claims = tokens::read_as_service(&session.token, &fixture.signing.secret_key);
    assert!(!claims.contains_key("aud"), "what the token says more is no matter for the service");
    let anew = Credentials { password: "Set-by-the-service-1".to_owned(), ..globex.clone() };
    assert_eq!(sign_in(&console, &anew).await, Ok(id));
    workspace.remove().await;
}

/// The built-in workspace with a database's content: the same hashes sign in, the same documents keep their bytes.
#[tokio::test]
async fn the_services_documents_and_passwords_live_in_a_built_in_workspace_unchanged() {
    let fixture = ServiceDatabase::read();
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = console(&workspace, &fixture);
    let operator = console.operator().await;
    let mut loaded = BTreeMap::new();
    for document in &fixture.collections["organizations"].documents {
        let text = |field| document.get_str(field).expect("a text").to_owned();
        let millis = document.get_datetime("created_at").expect("a date").timestamp_millis();
        let new = NewOrganization {
            id: document.get_object_id("_id").expect("an ObjectId").into(),
            name: OrganizationName::from_stored(text("organization_name")),
            display_name: None,
            admin_email: EmailAddress::from_stored(text("admin_email")),
            admin_password: PasswordHash::from_stored(text("admin_password")),
            created_at: time::OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(millis),
        };
        console.organizations.create_hashed(&operator, &new).await.expect("created");
        let bytes: Vec<Vec<u8>> = fixture.collections[&text("collection_name")]
            .documents
            .iter()
            .map(|document| document.to_vec().expect("bytes"))
            .collect();
        let target = CollectionName::for_organization(&new.name);
        console.ports.collections.insert_documents(&target, &bytes).await.expect("inserted");
        loaded.insert(target.to_string(), bytes.into_iter().collect::<BTreeSet<_>>());
    }
    for credentials in &fixture.credentials {
        let id = sign_in(&console, credentials).await.expect("the service's hash is good here too");
        console.organizations.rename(&operator, id, "somewhere-else").await.expect("renamed");
        console.organizations.trash(&operator, id, None).await.expect("trashed");
        let back = Some(credentials.organization_name.as_str());
        console.organizations.restore(&operator, id, back).await.expect("restored");
        let statistics = console.collections.statistics(&operator, id).await.expect("statistics");
        assert_eq!(statistics.collection, collection(&credentials.organization_name));
        assert_eq!(statistics.documents, loaded[statistics.collection.as_str()].len() as u64);
    }
    let file = workspace.file().expect("it is on a file");
    let raw = rusqlite::Connection::open(file).expect("another reader");
    let mut statement = raw
        .prepare("SELECT c.name, d.document FROM documents d JOIN collections c ON c.id = d.collection_id")
        .expect("the file's tables");
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let mut stored: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for row in rows.expect("rows") {
        let (collection, document) = row.expect("a row");
        stored.entry(collection).or_default().insert(document);
    }
    loaded.retain(|_, documents| !documents.is_empty());
    assert_eq!(stored, loaded, "byte for byte");
}

#[tokio::test]
async fn a_password_set_by_tenantry_is_good_for_the_service() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let console = console(&workspace, &ServiceDatabase::read());
    console.create("acme").await;
    let raw = workspace.database().await;
    let stored =
        raw.collection::<Document>("organizations").find_one(doc! {}).await.expect("a look-up answers");
    let hash = stored.expect("the document is there").get_str("admin_password").expect("a text").to_owned();
    // The service verifies with bcrypt, whatever wrote the hash.
    assert_eq!(bcrypt::verify(PASSWORD, &hash).ok(), Some(true));
    workspace.remove().await;
}
