//! The program in its real window: the whole life of organizations as a person runs it, on the built-in workspace and
//! on MongoDB, and the pictures of the README.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bson::oid::ObjectId;
use bson::{DateTime, doc};
use fantoccini::key::Key;
use tenantry_core::clock::SystemClock;
use tenantry_core::limits::DEFAULT_DATABASE;
use tenantry_core::ports::Ports;
use tenantry_core::records::OrganizationStatus;
use tenantry_store_sqlite::SqliteStore;
use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::suite::{collection, insert, name};
use tenantry_tests::window::{DAMAGE, OLGA, Window, screenshot};
use tenantry_tests::workspace::open_database;

const ADMIN: &str = "dana@acme.example.com";
const ADMINS_PASSWORD: &str = "Passw0rd-of-dana";

async fn claim(window: &Window) {
    window.claim().await;
    window.see("No organizations yet").await;
}

async fn create(window: &Window, name: &str, email: &str, password: &str) {
    window.press("New organization").await;
    window.see("Stored in lower case").await;
    window.fill("Name", name).await;
    window.fill("Admin email", email).await;
    window.fill("Password", password).await;
    window.see("Available. Its collection will be").await;
    window.press("Create organization").await;
    window.see(&format!("{} created", name.to_lowercase())).await;
}

async fn from_the_panel_of(window: &Window, name: &str, act: &str) {
    window.press_row(name).await;
    window.press_tab("Overview").await;
    window.press(act).await;
}

async fn sign_in(window: &Window, email: &str, password: &str) {
    window.fill("Email", email).await;
    window.fill("Password", password).await;
    window.press("Sign in").await;
}

async fn add_documents(ports: &Ports, of: &str, count: i64) {
    let now = DateTime::now();
    let documents: Vec<_> = (0..count)
        .map(|number| doc! {"_id": ObjectId::new(), "number": number, "created_at": now, "updated_at": now})
        .map(|document| document.to_vec().expect("bytes"))
        .collect();
    ports.collections.insert_documents(&collection(of), &documents).await.expect("inserted");
}

/// The file that an export left in the folder.
fn exported(folder: &Path) -> (PathBuf, String) {
    let files: Vec<_> =
        fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    let [file] = files.as_slice() else { panic!("one file must be there: {files:?}") };
    (file.clone(), fs::read_to_string(file).expect("a text"))
}

/// The kind of workspace, which decides what is asked before an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Environment {
    Local,
    Production,
}

/// A production workspace opens locked, as the editor suggests.
async fn unlock(window: &Window) {
    window.press("Unlock for changes").await;
    window.fill("Reason", "The yearly clean-up").await;
    window.press("Unlock for ten minutes").await;
    window.see("Unlocked, 9:").await;
}

/// From the claim to the organization admin's own view. `ports` reads the same store from outside.
async fn run_the_whole_life(window: &Window, ports: &Ports, environment: Environment) {
    let asks = environment == Environment::Production;
    claim(window).await;
    if asks {
        unlock(window).await;
    }
    create(window, "Acme-Corp", ADMIN, ADMINS_PASSWORD).await;
    create(window, "globex", "gus@globex.example.com", "Passw0rd-of-gus").await;
    add_documents(ports, "acme-corp", 7).await;
    window.see_in_row("acme-corp", "Active").await;

    from_the_panel_of(window, "acme-corp", "Rename").await;
    window.fill("New name", "acme-group").await;
    window.see("7 kept in place, none copied").await;
    if asks {
        window.tick("I have checked jobs and reports that use this collection").await;
    }
    window.press("Rename organization").await;
    window.see("acme-group renamed").await;
    assert_eq!(
        ports.collections.exists(&collection("acme-corp")).await,
        Ok(false),
        "the collection moved along"
    );

    window.press_row("acme-group").await;
    window.press_tab("Collection").await;
    window.see("org_acme-group").await;
    window.see("created_at_1").await;
    window.press("Close panel").await;
    window.see_in_row("acme-group", "7").await;

    from_the_panel_of(window, "acme-group", "Deactivate").await;
    if asks {
        window.see("Deactivate acme-group?").await;
        window.press("Deactivate").await;
    }
    window.see_in_row("acme-group", "Deactivated").await;
    from_the_panel_of(window, "acme-group", "Reactivate").await;
    window.see_in_row("acme-group", "Active").await;

    from_the_panel_of(window, "acme-group", "Move to trash").await;
    window.see("7, ").await;
    if asks {
        window.fill("Type the organization name to confirm", "acme-group").await;
    }
    window.press("Move to trash").await;
    window.see("acme-group moved to trash").await;
    let stored = ports.organizations.find_by_name(&name("acme-group")).await.expect("a look-up answers");
    assert_eq!(stored, None, "it left the list for the trash");
    window.press("Trash").await;
    from_the_panel_of(window, "acme-group", "Restore").await;
    window.press("Restore organization").await;
    window.see("acme-group restored").await;
    window.press("All").await;
    window.see_in_row("acme-group", "Active").await;
    let stored = ports.organizations.find_by_name(&name("acme-group")).await.expect("a look-up answers");
    assert_eq!(stored.map(|one| one.status()), Some(OrganizationStatus::Active));
    let statistics =
        ports.collections.statistics(&collection("acme-group")).await.expect("its collection is back");
    assert_eq!(statistics.documents, 7);

    window.press("Export").await;
    window.press("Export 2 rows").await;
    window.see("Exported 2 rows").await;
    let (file, text) = exported(window.exports.path());
    assert_eq!(file.extension().and_then(|extension| extension.to_str()), Some("csv"));
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows.len(), 3, "a line of headings and two rows: {text}");
    assert!(text.contains("\"acme-group\"") && text.contains("\"globex\"") && text.contains(ADMIN), "{text}");
    assert!(!text.contains("$2b$"), "never a password hash: {text}");

    window.press("Sign out").await;
    window.see("Sign in to").await;
    sign_in(window, ADMIN, "Wrong-passw0rd").await;
    window.see("That email and password do not match").await;
    sign_in(window, ADMIN, ADMINS_PASSWORD).await;
    window.see("Organization admin").await;
    window.see_in_row("acme-group", "Active").await;
    assert!(
        !window.text().await.contains("globex"),
        "an organization's admin sees its own organization only"
    );
    for act in ["New organization", "Health"] {
        assert!(!window.offers(act).await, "{act} is not offered to an organization's admin");
    }
    window.press_row("acme-group").await;
    window.press("More actions").await;
    window.see("Copy collection name").await;
    for act in ["Deactivate", "Restore", "Delete for good"] {
        assert!(!window.offers(act).await, "{act} is not offered to an organization's admin");
    }
    window.key(Key::Escape).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_runs_the_whole_life_of_an_organization_on_the_built_in_workspace() {
    let window = Window::open().await;
    window.see("A workspace in a single file").await;
    window.press("Open workspace").await;
    window.see("Claim this workspace").await;
    let file = window.data.path().join("tenantry.db");
    let store = SqliteStore::open(&file, Arc::new(SystemClock)).await.expect("the program's own file");
    run_the_whole_life(&window, &Ports::of(Arc::new(store)), Environment::Local).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_runs_the_whole_life_of_an_organization_on_mongodb() {
    let server = Server::shared(Topology::ReplicaSet);
    let database = fresh_database();
    let window = Window::open().await;
    window.press("Add connection").await;
    window.press("Local MongoDB").await;
    window.fill("Connection string", &server.uri()).await;
    window.fill("Name", "Test server").await;
    window.fill("Database", &database).await;
    window.press("Production").await;
    window.press("Test and open").await;
    window.see("Claim this workspace").await;
    let ports = open_database(&server.uri(), &database).await.expect("the same database");
    run_the_whole_life(&window, &ports, Environment::Production).await;
    window.close().await;
}

/// A production database with something to lose.
async fn with_organizations(uri: &str, database: &str) {
    let ports = open_database(uri, database).await.expect("a database");
    ports.health.prepare().await.expect("prepared");
    for (text, documents) in [("acme-corp", 4_812), ("globex", 1_207), ("initech-emea", 96)] {
        insert(&ports, text).await;
        ports.collections.create(&collection(text)).await.expect("created");
        add_documents(&ports, text, documents).await;
    }
}

/// A list with a taken name, a twin, a short name and an address that is none.
const TO_IMPORT: &str = "Name;Display name;Admin email\n\
    northmark;Northmark Freight;ops@northmark.example.com\n\
    old-mill-books;Old Mill Books;new@oldmillbooks.example.com\n\
    ab;Too short;short@ab.example.com\n\
    riverside;Riverside Foods;riverside.example.com\n\
    harbour;Harbour & Sons;desk@harbour.example.com\n\
    harbour;Harbour Sons;other@harbour.example.com\n\
    kestrel;Kestrel Labs;hello@kestrel.example.com\n";

async fn photograph_every_screen(theme: &str) {
    let window = Window::open().await;
    let take = async |screen: &str| {
        window.photograph(&screenshot(screen, theme)).await;
        window.resize(960, 640).await;
        assert_eq!(window.scrolled_sideways().await, [""; 0], "{screen} is too wide for a small window");
        window.resize(1280, 820).await;
    };
    window.press("Light or dark").await;
    window.press(theme).await;
    window.see("A workspace in a single file").await;
    take("start").await;
    window.press("Open workspace").await;
    window.see("Claim this workspace").await;
    window.fill("Your name", "Olga Operator").await;
    window.fill("Email", OLGA).await;
    take("claim").await;
    claim(&window).await;

    window.press("Load sample organizations").await;
    window.see("60 sample organizations loaded").await;
    window.press("Close this note").await;
    window.see_no("Every sample admin").await;
    window.see_in_row("Atlas Machine Works", "Active").await;
    take("organizations").await;
    window.press_row("Atlas Machine Works").await;
    window.see("Can be restored from the trash.").await;
    take("detail").await;
    window.press("Close panel").await;

    window.press("New organization").await;
    window.fill("Name", "harbor-lights").await;
    window.fill("Display name", "Harbor Lights").await;
    window.fill("Admin email", "elena@harborlights.example").await;
    window.fill("Password", "Passw0rd").await;
    window.see("Available. Its collection will be org_harbor-lights").await;
    take("create").await;
    window.press("Cancel").await;
    window.press("Discard").await;

    from_the_panel_of(&window, "Atlas Machine Works", "Rename").await;
    window.fill("New name", "atlas-works").await;
    window.see("kept in place, none copied").await;
    take("rename").await;
    window.press("Cancel").await;
    window.press("Discard").await;

    window.press("Export").await;
    window.see("Export 60 rows").await;
    take("export").await;
    window.press("Cancel").await;

    window.press("More for this list").await;
    window.press("Import…").await;
    window.see("Drop a file here").await;
    fs::write(window.exports.path().join("file-to-choose"), TO_IMPORT).expect("a file");
    window.press("Choose a file").await;
    window.see("2 create, 0 change, 1 skip").await;
    window.press("Check rows").await;
    window.see("4 with problems").await;
    take("import").await;
    window.press("Close").await;

    window.file().execute_batch(DAMAGE).expect("damaged");
    window.press("Doctor").await;
    window.press("Run the doctor").await;
    window.see("Collection name does not follow").await;
    window.press_row("kestrel-freight").await;
    window.see("names another collection than the one that follows").await;
    take("doctor").await;
    window.press("Organizations").await;

    // A separate server, for a database with its real name.
    let server = Server::start(Topology::ReplicaSet);
    with_organizations(&server.uri(), DEFAULT_DATABASE).await;
    window.press("On this computer, Local. Switch workspace").await;
    window.press("All workspaces").await;
    window.press("Add connection").await;
    window.press("Local MongoDB").await;
    window.fill("Connection string", &server.uri()).await;
    window.fill("Name", "Customers").await;
    window.fill("Database", DEFAULT_DATABASE).await;
    window.press("Production").await;
    window.press("Test and open").await;
    window.claim().await;
    unlock(&window).await;
    from_the_panel_of(&window, "acme-corp", "Move to trash").await;
    window.see("4,812, ").await;
    window.fill("Type the organization name to confirm", "acme-c").await;
    take("trash").await;
    window.press("Cancel").await;
    window.press("Health").await;
    window.see("Replica set").await;
    take("health").await;

    window.press("Customers, Production. Switch workspace").await;
    window.press("On this computer").await;
    window.press_row("Atlas Machine Works").await;
    window.press("More actions").await;
    window.press("Copy or move").await;
    window.press("Move").await;
    window.see("then moved to the trash here").await;
    window.see("org_atlas-machine-works").await;
    take("move").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_is_photographed_in_light() {
    photograph_every_screen("Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_is_photographed_in_dark() {
    photograph_every_screen("Dark").await;
}
