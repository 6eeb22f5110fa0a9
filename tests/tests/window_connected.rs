//! The program in its real window while it is connected: several workspaces open at once, a server that goes and comes
//! back, a workspace that is locked against changes.

use std::time::Duration;

use fantoccini::key::Key;
use tempfile::TempDir;
use tenantry_core::ports::Ports;
use tenantry_tests::processes::free_port;
use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::suite::{collection, insert};
use tenantry_tests::window::{OLGA, OLGAS_PASSWORD, Window};
use tenantry_tests::workspace::open_database;

/// Enters a connection on the screen of all workspaces.
async fn write_connection(window: &Window, name: &str, uri: &str, database: &str, environment: &str) {
    window.press("Add connection").await;
    window.press("Local MongoDB").await;
    window.see_in_field("Hosts", "localhost:27017").await;
    window.fill("Connection string", uri).await;
    window.fill("Name", name).await;
    window.fill("Database", database).await;
    window.press(environment).await;
}

async fn open_connection(window: &Window, name: &str, uri: &str, database: &str) {
    write_connection(window, name, uri, database, "Development").await;
    window.press("Test and open").await;
}

async fn with_organizations(uri: &str, database: &str, names: &[&str]) -> Ports {
    let ports = open_database(uri, database).await.expect("a database");
    ports.health.prepare().await.expect("prepared");
    for name in names {
        insert(&ports, name).await;
        ports.collections.create(&collection(name)).await.expect("created");
    }
    ports
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_open_workspaces_are_switched_without_signing_in_again() {
    let server = Server::shared(Topology::ReplicaSet);
    let database = fresh_database();
    with_organizations(&server.uri(), &database, &["acme", "globex"]).await;
    let window = Window::open().await;
    window.press("Open workspace").await;
    window.claim().await;
    window.see("No organizations yet").await;

    window.press("On this computer, Local. Switch workspace").await;
    window.press("All workspaces").await;
    open_connection(&window, "Customers", &server.uri(), &database).await;
    window.claim().await;
    window.see_in_row("acme", "Active").await;
    window.fill("Search organizations", "glob").await;
    window.see_no("acme").await;

    window.hold(Key::Alt, "1").await;
    window.see("No organizations yet").await;
    assert!(window.offers("On this computer, Local. Switch workspace").await, "the sidebar names it");
    assert!(!window.text().await.contains("globex"), "nothing of the other workspace is shown");
    window.hold(Key::Alt, "2").await;
    window.see_in_row("globex", "Active").await;
    assert!(!window.text().await.contains("acme"), "the search is as it was left");

    window.press("Customers, Development. Switch workspace").await;
    window.see("Olga Operator").await;
    window.press("Close Customers").await;
    window.see("Add connection").await;
    window.hold(Key::Alt, "1").await;
    window.see("No organizations yet").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_is_told_and_everything_goes_on_when_it_is_back() {
    let (port, data) = (free_port(), TempDir::with_prefix("tenantry-line-").expect("a folder"));
    let server = Server::start_at(Topology::ReplicaSet, port, data.path());
    let database = fresh_database();
    with_organizations(&server.uri(), &database, &["acme"]).await;
    let window = Window::open().await;
    open_connection(&window, "Customers", &server.uri(), &database).await;
    window.claim().await;
    window.see_in_row("acme", "Active").await;
    window.press("New organization").await;
    window.fill("Name", "globex").await;

    drop(server);
    window.fill("Admin email", "gus@globex.example.com").await;
    window.see("Customers is not responding").await;
    window.see("Showing data loaded").await;
    window.see("Disconnected").await;
    window.see_in_row("acme", "Active").await;

    let server = Server::start_at(Topology::ReplicaSet, port, data.path());
    window.see_no("Customers is not responding").await;
    window.see("Connected").await;
    window.fill("Password", "Passw0rd-of-gus").await;
    window.press("Create organization").await;
    window.see("globex created").await;
    window.see_in_row("globex", "Active").await;
    window.close().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_workspace_is_changed_only_after_it_was_unlocked_with_a_reason() {
    let server = Server::shared(Topology::ReplicaSet);
    let database = fresh_database();
    with_organizations(&server.uri(), &database, &["acme"]).await;
    let window = Window::open().await;
    // The first operator is created while it allows changes; then it is locked.
    open_connection(&window, "Customers", &server.uri(), &database).await;
    window.claim().await;
    window.press("Customers, Development. Switch workspace").await;
    window.press("Close Customers").await;
    window.press("Customers").await;
    window.press("Locked").await;
    window.press("Test and open").await;
    window.fill("Email", OLGA).await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.press("Sign in").await;
    window.see_in_row("acme", "Active").await;
    assert!(!window.offers("New organization").await, "nothing that changes is offered");

    window.press("Unlock for changes").await;
    window.fill("Reason", "x").await;
    window.press("Unlock for ten minutes").await;
    window.see("at least 3 characters").await;
    window.fill("Reason", "CHG-2041").await;
    window.press("Unlock for ten minutes").await;
    window.see("Unlocked, 9:").await;
    window.press_row("acme").await;
    window.press("Deactivate").await;
    window.see_in_row("acme", "Deactivated").await;
    window.press("Lock now").await;
    window.see("Locked against changes").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!window.offers("Reactivate").await, "it is locked again");
    window.close().await;
}
