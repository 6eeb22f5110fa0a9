//! Whether everyone can work with the program in its real window: axe-core checks every screen, tab, menu and dialog,
//! in light and in dark.
//!
//! A new screen gets a `look` here. The walk visits:
//!
//! - connections: the start, both menus of the list, a connection's menu, every tab of the editor, a malformed string,
//!   a failing and a passing test, the messages of a save and a removal, the import from a file, from text and its
//!   report, the export, the question for a password, and where secrets are stored, changed and unlocked;
//! - the built-in workspace: the claim, the list without and with organizations, its menus and empty states, selected
//!   rows, both tabs and the menu of the panel (a row has the same), the dialogs to create, edit, rename, trash one and
//!   many, restore, delete and export, the question before a dialog is left, the pages beside the list, the menus of
//!   the sidebar, the sign-in and its refusal;
//! - a server in production: the missing role, the locked and the unlocked workspace, what it permits, an interrupted
//!   change, documents that cannot be shown, its confirmations, its health, an organization admin's view and the end of
//!   a session;
//! - a server that is lost.

use std::time::Duration;

use bson::{DateTime, Document, doc};
use fantoccini::key::Key;
use mongodb::{Client, Database};
use tempfile::TempDir;
use tenantry_tests::processes::free_port;
use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::window::{OLGA, Window};

const ADMIN: &str = "dana@acme.example.com";
const ADMINS_PASSWORD: &str = "Passw0rd-of-dana";
const PASSPHRASE: &str = "seven grey herons";

/// A walk through the window. It continues after a finding: one run shows all of them.
struct Walk {
    window: Window,
    found: usize,
}

impl Walk {
    async fn begin() -> Self {
        Self { window: Window::open().await, found: 0 }
    }

    async fn look(&mut self, what: &str) {
        let found = self.window.obstacles().await;
        self.found += found.len();
        for one in found {
            // Shown with a failing test, also if the walk did not reach its end.
            println!("{what}: {one}");
        }
    }

    async fn end(self) {
        self.window.close().await;
        assert_eq!(self.found, 0, "obstacles, listed above");
    }
}

async fn sign_in(window: &Window, email: &str, password: &str) {
    window.see("Sign in to").await;
    window.fill("Email", email).await;
    window.fill("Password", password).await;
    window.press("Sign in").await;
}

async fn write_connection(window: &Window, uri: &str) {
    window.press("Add connection").await;
    window.press("Local MongoDB").await;
    window.see_in_field("Hosts", "localhost:27017").await;
    window.fill("Connection string", uri).await;
}

async fn create(window: &Window, name: &str, email: &str) {
    window.press("New organization").await;
    window.fill("Name", name).await;
    window.fill("Admin email", email).await;
    window.fill("Password", ADMINS_PASSWORD).await;
    window.see("Available. Its collection will be").await;
    window.press("Create organization").await;
    window.see(&format!("{name} created")).await;
}

async fn from_the_panel_of(window: &Window, name: &str, act: &str) {
    window.press_row(name).await;
    window.press_tab("Overview").await;
    window.press(act).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_can_work_with_connections() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let uri = server.add_user(&database, &database, &["readWrite", "dbAdmin"]).await;
    let mut walk = Walk::begin().await;
    // The form of the secrets and its two fields stand below each other.
    walk.window.resize(1280, 960).await;
    walk.window.see("Where secrets are stored").await;
    walk.look("start").await;
    walk.window.press("Light or dark").await;
    walk.look("menu of the themes").await;
    walk.window.key(Key::Escape).await;

    walk.window.press("Change").await;
    walk.window.choose("A file sealed with a passphrase").await;
    walk.look("where secrets go").await;
    walk.window.fill("New passphrase", PASSPHRASE).await;
    walk.window.fill("Repeat passphrase", PASSPHRASE).await;
    walk.window.press("Move secrets there").await;
    walk.window.see("Unlocked").await;
    walk.window.press("Change passphrase").await;
    walk.look("change of the passphrase").await;
    walk.window.press("Cancel").await;
    walk.window.press("Lock now").await;
    walk.window.see("Locked").await;
    walk.look("locked secrets").await;
    walk.window.press("Unlock").await;
    walk.window.fill("Passphrase", "seven grey geese").await;
    walk.window.press("Unlock").await;
    walk.window.see("This passphrase does not open it.").await;
    walk.look("refused passphrase").await;
    walk.window.fill("Passphrase", PASSPHRASE).await;
    walk.window.press("Unlock").await;
    walk.window.see("Unlocked").await;

    walk.window.press("Add connection").await;
    walk.look("menu of what can be added").await;
    walk.window.key(Key::Escape).await;
    write_connection(&walk.window, "mongodb+srv://ann@cluster.example/?replicaSet=rs1").await;
    for tab in ["General", "Authentication", "TLS", "Advanced"] {
        walk.window.press_tab(tab).await;
        walk.look(&format!("editor, {tab}")).await;
    }
    walk.window.press_tab("General").await;
    walk.window.fill("Connection string", "postgres://db.example").await;
    walk.window.see("mongodb://").await;
    walk.look("a string that is none").await;
    walk.window.fill("Connection string", &format!("mongodb://127.0.0.1:{}/", free_port())).await;
    walk.window.press("Test").await;
    walk.window.see("refuses connections").await;
    walk.look("a test that fails").await;
    walk.window.fill("Connection string", &uri).await;
    walk.window.fill("Name", "Customers").await;
    walk.window.fill("Database", &database).await;
    walk.window.press("Test again").await;
    walk.window.see("Every step passed").await;
    walk.look("a test that passes").await;
    walk.window.press("Save").await;
    walk.window.keep_message("Connection saved").await;
    walk.look("saved").await;
    walk.window.press("Close message").await;

    walk.window.press("More actions for Customers").await;
    walk.look("menu of a connection").await;
    walk.window.press("Export").await;
    walk.look("export of connections").await;
    walk.window.choose("Sealed with a passphrase").await;
    walk.look("sealed export of connections").await;
    walk.window.press("Cancel").await;
    walk.window.press("Remove").await;
    walk.window.see("Customers removed").await;
    walk.look("removed").await;

    walk.window.press("Add connection").await;
    walk.window.press("Import connections").await;
    walk.look("import from a file").await;
    walk.window.choose("List of connection strings").await;
    walk.look("import from text").await;
    let port = free_port();
    let list = format!("mongodb://one.example mongodb://ann@127.0.0.1:{port} http://three.example");
    let list = list.replace(' ', &char::from(Key::Enter).to_string());
    walk.window.fill("Connection strings", &list).await;
    walk.window.press("Import").await;
    walk.window.see("2 connections imported").await;
    walk.look("report of an import").await;
    walk.window.press("Done").await;
    walk.window.press(&format!("127.0.0.1:{port}")).await;
    walk.window.press(&format!("More actions for 127.0.0.1:{port}")).await;
    walk.window.press("Open").await;
    walk.window.see("Password for").await;
    walk.look("the password that is asked for").await;
    walk.window.press("Cancel").await;
    walk.window.press("Where secrets are stored").await;
    walk.look("dialog of the secrets").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_can_work_with_the_built_in_workspace() {
    let mut walk = Walk::begin().await;
    walk.window.press("Open workspace").await;
    walk.window.see("Claim this workspace").await;
    walk.look("claim").await;
    walk.window.claim().await;
    walk.window.see("No organizations yet").await;
    walk.look("no organizations").await;

    walk.window.press("New organization").await;
    walk.look("create").await;
    walk.window.fill("Name", "x").await;
    walk.window.fill("Admin email", "nobody").await;
    walk.window.press("Generate a password").await;
    walk.window.see("Correct the name to continue.").await;
    walk.look("create, with what is wrong").await;
    walk.window.press("Cancel").await;
    walk.look("what is asked before a dialog is left").await;
    walk.window.press("Discard").await;

    walk.window.press("Load sample organizations").await;
    walk.window.see("60 sample organizations loaded").await;
    walk.window.see_in_row("Atlas Machine Works", "Active").await;
    walk.look("list, with the samples' note").await;
    walk.window.press("Close this note").await;
    walk.window.press("Columns").await;
    walk.look("menu of the columns").await;
    walk.window.key(Key::Escape).await;
    walk.window.press("Name").await;
    walk.look("menu of the order").await;
    walk.window.key(Key::Escape).await;
    walk.window.fill("Search organizations", "no such thing").await;
    walk.window.see("Nothing matches").await;
    walk.look("nothing matches").await;
    walk.window.press("Clear search").await;
    walk.window.press("Trash").await;
    walk.window.see("The trash is empty").await;
    walk.look("an empty trash").await;
    walk.window.press("All").await;
    walk.window.press("Select all matching").await;
    walk.window.see("60 selected").await;
    walk.look("checked rows").await;
    walk.window.press_in("Selected organizations", "Trash").await;
    walk.window.see("Move 60 organizations to trash?").await;
    walk.look("trash of many").await;
    walk.window.press("Cancel").await;
    walk.window.press("Clear selection").await;

    walk.window.press_row("Atlas Machine Works").await;
    walk.window.see("Can be restored from the trash.").await;
    walk.look("panel, overview").await;
    walk.window.press_tab("Collection").await;
    walk.window.see("created_at_1").await;
    walk.look("panel, collection").await;
    walk.window.press("More actions").await;
    walk.window.see("Copy collection name").await;
    walk.look("menu of the panel").await;
    walk.window.press("Edit").await;
    walk.look("edit").await;
    walk.window.key(Key::Escape).await;
    from_the_panel_of(&walk.window, "Atlas Machine Works", "Rename").await;
    walk.window.fill("New name", "atlas-works").await;
    walk.window.see("kept in place, none copied").await;
    walk.look("rename").await;
    walk.window.press("Cancel").await;
    walk.window.press("Discard").await;
    from_the_panel_of(&walk.window, "Atlas Machine Works", "Deactivate").await;
    walk.window.see_in_row("Atlas Machine Works", "Deactivated").await;
    walk.look("deactivated, with Undo").await;
    from_the_panel_of(&walk.window, "Atlas Machine Works", "Move to trash").await;
    walk.window.see("Admin").await;
    walk.look("trash").await;
    walk.window.press("Move to trash").await;
    walk.window.see("moved to trash").await;
    walk.window.press("Trash").await;
    walk.window.press_row("Atlas Machine Works").await;
    walk.window.see("Moved by").await;
    walk.look("panel, in the trash").await;
    from_the_panel_of(&walk.window, "Atlas Machine Works", "Restore").await;
    walk.window.see("In the trash since").await;
    walk.look("restore").await;
    walk.window.key(Key::Escape).await;
    from_the_panel_of(&walk.window, "Atlas Machine Works", "Delete for good").await;
    walk.window.see("Type the organization name to confirm").await;
    walk.look("delete for good").await;
    walk.window.press("Cancel").await;
    walk.window.press("All").await;

    walk.window.press("Export").await;
    walk.window.see("rows").await;
    walk.look("export").await;
    walk.window.press("Export 59 rows").await;
    walk.window.see("Exported 59 rows").await;
    walk.look("exported").await;

    walk.window.press("Activity").await;
    walk.window.see("olga@example.com exported a list of organizations").await;
    walk.look("activity").await;
    walk.window.press_row("olga@example.com exported a list of organizations").await;
    walk.look("an entry of the record").await;
    walk.window.press("Filter").await;
    walk.look("filter of the record").await;
    walk.window.press("Cancel").await;
    walk.window.press("Close entry").await;

    walk.window.press("Doctor").await;
    walk.window.see("The doctor has not run here").await;
    walk.look("the doctor before its first run").await;
    walk.window.press("Run the doctor").await;
    walk.window.see("Checked").await;
    walk.look("what the doctor found").await;

    for page in ["Health", "Settings", "About"] {
        walk.window.press(page).await;
        walk.look(&format!("page {page}")).await;
    }
    walk.window.press("Show licences").await;
    walk.window.see("tauri").await;
    walk.look("licences of the parts").await;
    walk.window.key(Key::Escape).await;
    walk.window.press("Olga Operator").await;
    walk.look("menu of the person").await;
    walk.window.key(Key::Escape).await;
    walk.window.press("On this computer, Local. Switch workspace").await;
    walk.look("menu of the workspaces").await;
    walk.window.key(Key::Escape).await;
    walk.window.press("Sign out").await;
    walk.window.see("Sign in to").await;
    walk.look("sign-in").await;
    sign_in(&walk.window, ADMIN, "Wrong-passw0rd").await;
    walk.window.see("That email and password do not match").await;
    walk.look("refused sign-in").await;
    walk.end().await;
}

/// A database user with every permission except dropping collections: its string.
async fn user_who_drops_nothing(server: &Server, database: &str) -> String {
    let actions = [
        "find",
        "insert",
        "update",
        "remove",
        "createCollection",
        "createIndex",
        "collStats",
        "dbStats",
        "listCollections",
        "listIndexes",
        "renameCollectionSameDB",
        "collMod",
    ];
    let privilege = doc! {"resource": {"db": database, "collection": ""}, "actions": actions.to_vec()};
    let role = format!("role-of-{database}");
    let client = Client::with_uri_str(server.administrator_uri()).await.expect("a connection string");
    client
        .database(database)
        .run_command(doc! {"createRole": &role, "privileges": [privilege], "roles": Vec::<Document>::new()})
        .await
        .expect("the role is made");
    server.add_user(database, database, &[&role]).await
}

/// A document that is not an organization, and an interrupted operation on acme that only a person can decide.
async fn leave_what_other_software_may(database: &Database) {
    let organizations = database.collection::<Document>("organizations");
    organizations.insert_one(doc! {"_id": "text", "organization_name": "odd"}).await.expect("inserted");
    let acme =
        organizations.find_one(doc! {"organization_name": "acme"}).await.expect("found").expect("there");
    let left = doc! {
        "_id": acme.get_object_id("_id").expect("an id"), "act": "rename", "name": "acme", "to": "acme-inc",
        "actor": OLGA, "installation": "another computer", "instance": "long gone",
        "has_collection": true, "collection_identity": "00000000-0000-4000-8000-000000000000",
        "started_at": DateTime::from_millis(0),
    };
    database.collection::<Document>("console_operations").insert_one(left).await.expect("inserted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_can_work_with_a_server_in_production() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let uri = user_who_drops_nothing(server, &database).await;
    let mut walk = Walk::begin().await;
    write_connection(&walk.window, &uri).await;
    walk.window.see_in_field("Connection string", "••••••••@").await;
    walk.window.fill("Name", "Customers").await;
    walk.window.fill("Database", &database).await;
    walk.window.press("Production").await;
    walk.window.press("Test").await;
    walk.window.press("Show required role").await;
    walk.look("role, from the test").await;
    walk.window.key(Key::Escape).await;
    walk.window.press("Test and open").await;
    walk.window.see("Claim this workspace").await;
    walk.look("claim on a server").await;
    walk.window.claim().await;
    walk.window.see("No organizations yet").await;
    walk.look("locked").await;
    walk.window.press("Permissions missing").await;
    walk.look("role").await;
    walk.window.key(Key::Escape).await;
    walk.window.press("Unlock for changes").await;
    walk.look("unlock").await;
    walk.window.fill("Reason", "The yearly clean-up").await;
    walk.window.press("Unlock for ten minutes").await;
    walk.window.see("Unlocked, 9:").await;
    create(&walk.window, "acme", ADMIN).await;
    create(&walk.window, "globex", "gus@globex.example.com").await;
    walk.window.see_in_row("acme", "Active").await;
    walk.look("unlocked").await;
    walk.window.press("Olga Operator").await;
    walk.window.press("What the workspace permits").await;
    walk.window.see("What Customers permits").await;
    walk.look("what the workspace permits").await;
    walk.window.press("Cancel").await;
    let client = Client::with_uri_str(server.administrator_uri()).await.expect("a connection string");
    leave_what_other_software_may(&client.database(&database)).await;
    from_the_panel_of(&walk.window, "acme", "Rename").await;
    walk.window.fill("New name", "acme-group").await;
    walk.window.see("kept in place").await;
    walk.window.tick("I have checked jobs and reports that use this collection").await;
    walk.window.press("Rename organization").await;
    walk.window.press("See what is left").await;
    walk.window.see("End this change").await;
    walk.look("interrupted changes").await;
    walk.window.choose("In the list as acme").await;
    walk.window.press("End this change").await;
    walk.window.see("The interrupted change of acme has ended").await;
    walk.window.press("Close").await;
    walk.window.key(Key::Escape).await;
    walk.window.press("Discard").await;
    walk.window.see("cannot be shown").await;
    walk.look("a list with documents that can't be shown").await;
    from_the_panel_of(&walk.window, "globex", "Rename").await;
    walk.window.fill("New name", "globex-group").await;
    walk.window.see("kept in place").await;
    walk.look("rename in production").await;
    walk.window.press("Cancel").await;
    walk.window.press("Discard").await;
    from_the_panel_of(&walk.window, "globex", "Deactivate").await;
    walk.window.see("Deactivate globex?").await;
    walk.look("deactivate in production").await;
    walk.window.press("Cancel").await;
    from_the_panel_of(&walk.window, "globex", "Move to trash").await;
    walk.window.see("Type the organization name to confirm").await;
    walk.look("trash in production").await;
    walk.window.fill("Type the organization name to confirm", "globex").await;
    walk.window.press("Move to trash").await;
    walk.window.see("globex moved to trash").await;
    walk.window.press("Trash").await;
    walk.window.press_row("globex").await;
    walk.window.press("More actions").await;
    walk.window.see("Delete for good").await;
    walk.look("a menu with what is not permitted").await;
    walk.window.key(Key::Escape).await;
    walk.window.press("Health").await;
    walk.window.see("What the database user can do").await;
    walk.look("health of a server").await;

    walk.window.press("Sign out").await;
    sign_in(&walk.window, ADMIN, ADMINS_PASSWORD).await;
    // Health, which was shown, is not for an organization's admin: the list takes its place.
    walk.window.see_in_row("acme", "Active").await;
    walk.look("an organization admin's own list").await;
    let organizations = client.database(&database).collection::<Document>("organizations");
    let deactivated = organizations
        .update_one(doc! {"organization_name": "acme"}, doc! {"$set": {"is_active": false}})
        .await
        .expect("changed by somebody else");
    assert_eq!(deactivated.modified_count, 1);
    walk.window.press("Settings").await;
    // As long as an earlier check of the session is enough for a read.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    // The settings may have asked that late themselves, and then the question covers what could be pressed.
    walk.window.hold(Key::Control, "1").await;
    walk.window.see("Sign in again").await;
    walk.look("the end of a session").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_can_work_while_a_server_is_lost() {
    let (port, data) = (free_port(), TempDir::with_prefix("tenantry-line-").expect("a folder"));
    let server = Server::start_at(Topology::ReplicaSet, port, data.path());
    let mut walk = Walk::begin().await;
    write_connection(&walk.window, &server.uri()).await;
    walk.window.fill("Name", "Customers").await;
    walk.window.fill("Database", &fresh_database()).await;
    walk.window.press("Development").await;
    walk.window.press("Test and open").await;
    walk.window.claim().await;
    create(&walk.window, "acme", ADMIN).await;
    walk.window.see_in_row("acme", "Active").await;
    drop(server);
    walk.window.press_row("acme").await;
    walk.window.see("Customers is not responding").await;
    walk.look("a list of which the server is lost").await;
    walk.window.press("Health").await;
    walk.window.see("Disconnected").await;
    walk.look("health of which the server is lost").await;
    walk.end().await;
}
