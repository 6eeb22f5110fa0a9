//! Bundles and moves in the real window: out to a file, verified, in again under another name, to another workspace,
//! and back.

use std::time::Duration;

use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::window::{OLGAS_PASSWORD, Window, screenshot};

async fn create(window: &Window, name: &str) {
    window.press("New organization").await;
    window.fill("Name", name).await;
    window.fill("Admin email", &format!("admin@{name}.example.com")).await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.see("Available. Its collection will be").await;
    window.press("Create organization").await;
    window.see(&format!("{name} created")).await;
}

async fn open_server(window: &Window, uri: &str, database: &str) {
    window.press("On this computer, Local. Switch workspace").await;
    window.press("All workspaces").await;
    window.press("Add connection").await;
    window.press("Local MongoDB").await;
    window.see_in_field("Hosts", "localhost:27017").await;
    window.fill("Connection string", uri).await;
    window.fill("Name", "Customers").await;
    window.fill("Database", database).await;
    window.press("Staging").await;
    window.press("Test and open").await;
    window.claim().await;
    window.see("No organizations yet").await;
    window.press("Customers, Staging. Switch workspace").await;
    window.press("On this computer").await;
    window.see_in_row("acme", "Active").await;
}

async fn out_and_in_and_over(theme: &str) {
    let server = Server::shared(Topology::ReplicaSet);
    let window = Window::open().await;
    let take = async |what: &str| {
        for width in [1440, 960] {
            window.resize(width, 820).await;
            window.photograph(&screenshot(&format!("{what}-{width}"), theme)).await;
            assert_eq!(window.scrolled_sideways().await, [""; 0], "{what} is too wide for {width}");
        }
        window.resize(1280, 820).await;
    };
    window.press("Light or dark").await;
    window.press(theme).await;
    window.press("Open workspace").await;
    window.claim().await;
    create(&window, "acme").await;

    window.press_row("acme").await;
    window.press("More actions").await;
    window.press("Back up").await;
    window.see("Password hashes are never in a bundle.").await;
    take("bundle-back-up").await;
    window.press("Back up organization").await;
    window.see("acme backed up").await;
    let written = std::fs::read_dir(window.exports.path()).expect("a folder").flatten();
    let written =
        written.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "tenant"));
    let written = written.expect("a bundle is there");
    std::fs::copy(&written, window.exports.path().join("file-to-choose")).expect("copied");

    window.press("More for this list").await;
    window.press("Verify a bundle").await;
    window.press("Choose").await;
    window.see("acme").await;
    window.press("Verify").await;
    window.see("every checksum is right").await;
    take("bundle-verify").await;
    window.press("Cancel").await;

    window.press("More for this list").await;
    window.press("Restore a bundle").await;
    window.press("Choose").await;
    window.see_in_field("Name", "acme").await;
    window.see("The name and the address can't be used").await;
    window.fill("Name", "acme-two").await;
    window.fill("Admin email", "two@acme.example.com").await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.see("It gets a new id").await;
    take("bundle-restore").await;
    window.press("Restore organization").await;
    window.see("acme-two restored").await;
    window.see_in_row("acme-two", "Active").await;

    open_server(&window, &server.uri(), &fresh_database()).await;
    window.press_row("acme").await;
    window.press("More actions").await;
    window.press("Copy or move").await;
    window.see("Mask the data of people").await;
    take("bundle-copy").await;
    window.press("Move").await;
    window.see("then moved to the trash here").await;
    window.see("org_acme").await;
    take("bundle-move").await;
    window.press("Move organization").await;
    window.see("acme moved to Customers").await;
    take("bundle-moved").await;
    window.press("Take back").await;
    window.see("The move was taken back").await;
    window.see_in_row("acme-two", "Active").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_goes_out_and_in_and_an_organization_moves_and_comes_back_in_the_light() {
    out_and_in_and_over("Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_goes_out_and_in_and_an_organization_moves_and_comes_back_in_the_dark() {
    out_and_in_and_over("Dark").await;
}
