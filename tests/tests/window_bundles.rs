//! Bundles and moves in the real window: out to a file, verified, in again under another name, to another workspace,
//! and back; and a collection that nobody owns, out to a file and in again as an organization.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
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

/// The bundles that were written.
fn bundles(window: &Window) -> Vec<PathBuf> {
    let files = std::fs::read_dir(window.exports.path()).expect("a folder").flatten();
    let is_bundle = |path: &PathBuf| path.extension().is_some_and(|end| end == "tenant");
    files.map(|entry| entry.path()).filter(is_bundle).collect()
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
    let [written] = bundles(&window).try_into().expect("a bundle is there");
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
    window.keep_message("acme moved to Customers").await;
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

/// Three organizations lose their documents, and keep their collections.
const LOST: &str = "DELETE FROM organizations WHERE organization_name IN ('polar-logistics', 'copper-kettle', 'ocean-cargo')";

async fn set_aside_and_back(theme: &str) {
    let window = Window::open().await;
    window.press("Light or dark").await;
    window.press(theme).await;
    window.see("A workspace in a single file").await;
    window.claim_built_in().await;
    window.press("Load sample organizations").await;
    window.see("60 sample organizations loaded").await;
    let file = Connection::open(window.data.path().join("tenantry.db")).expect("another writer");
    let count = |name: &str| -> u32 {
        let sql = "SELECT count(*) FROM collections WHERE name = ?1";
        file.query_row(sql, [name], |row| row.get(0)).expect("counted")
    };
    file.execute_batch(LOST).expect("damaged");
    window.press("Doctor").await;
    window.press("Run the doctor").await;
    window.see("Collection nobody owns").await;

    // One: its commands, its file, its result.
    window.press_row("org_polar-logistics").await;
    window.choose("Set aside as a bundle").await;
    window.look("set-aside-finding", theme).await;
    window.press_in("org_polar-logistics", "Set aside as a bundle").await;
    window.see("Set aside as a bundle: org_polar-logistics").await;
    window.see("No file is replaced.").await;
    window.press("Dry run").await;
    window.see("which is read back and compared with the collection").await;
    window.see("DELETE FROM collections WHERE name = 'console_dropped_…'").await;
    window.see("It cannot be undone afterwards.").await;
    window.look("set-aside", theme).await;
    assert_eq!((bundles(&window).len(), count("org_polar-logistics")), (0, 1), "nothing is done yet");
    window.press("Set aside as a bundle").await;
    window.see("org_polar-logistics set aside").await;
    window.see("It is in ").await;
    window.look("set-aside-done", theme).await;
    assert_eq!(count("org_polar-logistics"), 0, "it is dropped");
    let [written] = bundles(&window).try_into().expect("its file is there");
    std::fs::copy(&written, window.exports.path().join("file-to-choose")).expect("copied");
    window.press("Close finding").await;

    // Several.
    window.press("Run again").await;
    window.see("org_copper-kettle").await;
    window.press("Set aside as a bundle…").await;
    window.see("Set aside as a bundle: 2 findings").await;
    window.see("One file for each collection").await;
    window.look("set-aside-many", theme).await;
    window.press("Set aside as a bundle").await;
    window.see("2 findings mended").await;
    assert_eq!((bundles(&window).len(), count("org_copper-kettle"), count("org_ocean-cargo")), (3, 0, 0));
    window.press("Run again").await;
    window.see("Metadata and storage agree").await;

    // Back, as an organization.
    window.press("Organizations").await;
    window.press("More for this list").await;
    window.press("Verify a bundle").await;
    window.press("Choose").await;
    window.see("org_polar-logistics").await;
    window.press("Verify").await;
    window.see("every checksum is right").await;
    window.look("set-aside-verify", theme).await;
    window.press("Cancel").await;
    window.press("More for this list").await;
    window.press("Restore a bundle").await;
    window.press("Choose").await;
    window.see_in_field("Name", "polar-logistics").await;
    window.see("None. A new one is made for it").await;
    window.fill("Admin email", "polar@example.com").await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.see("None. It gets an id of its own").await;
    window.look("set-aside-restore", theme).await;
    window.press("Restore organization").await;
    window.see("polar-logistics restored").await;
    window.see("58 organizations").await;
    assert_eq!(count("org_polar-logistics"), 1);
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_that_nobody_owns_goes_out_and_comes_in_as_an_organization_in_the_light() {
    set_aside_and_back("Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_that_nobody_owns_goes_out_and_comes_in_as_an_organization_in_the_dark() {
    set_aside_and_back("Dark").await;
}
