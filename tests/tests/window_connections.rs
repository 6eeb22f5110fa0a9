//! Connections in the program's real window: entered by string and by fields, tested against real servers, saved,
//! removed, brought back, imported, and their secrets stored where people choose.

use std::fs;

use fantoccini::key::Key;
use tenantry_tests::processes::free_port;
use tenantry_tests::server::{Server, fresh_database};
use tenantry_tests::window::{Window, screenshot};

const WRONG_PASSWORD: &str = "Wr%6Fng-passw0rd";
const PASSPHRASE: &str = "seven grey herons";

async fn begin(window: &Window, uri: &str) {
    window.press("Add connection").await;
    window.press("Local MongoDB").await;
    window.see_in_field("Hosts", "localhost:27017").await;
    window.fill("Connection string", uri).await;
}

async fn save(window: &Window, name: &str) {
    window.fill("Name", name).await;
    window.press("Save").await;
    window.keep_message("Connection saved").await;
    window.press("Close message").await;
}

/// A user of its own on a server with access control: its string, and the password in it.
async fn user(server: &Server, database: &str) -> (String, String) {
    let uri = server.add_user(database, database, &["readWrite", "dbAdmin"]).await;
    let password = uri.split([':', '@']).nth(2).expect("a password").to_owned();
    (uri, password)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_written_by_string_and_by_fields() {
    let window = Window::open().await;
    window.press("Add connection").await;
    window.press("Replica set").await;
    window.see_in_field("Hosts", "27017").await;
    window.fill("Connection string", "mongodb://db.example:27018/?replicaSet=rs1&w=majority").await;
    window.see_in_field("Hosts", "db.example:27018").await;
    window.fill("Replica set", "rs2").await;
    window.see_in_field("Connection string", "replicaSet=rs2&w=majority").await;
    let authorities = window.exports.path().join("file-to-choose");
    fs::write(&authorities, "").expect("a file to choose");
    window.press_tab("TLS").await;
    window.press("CA file: choose on this computer").await;
    window.see_in_field("CA file", "file-to-choose").await;
    window.see_in_field("Connection string", "tlsCAFile=").await;
    window.press_tab("General").await;
    window.fill("Connection string", "postgres://db.example").await;
    window.see("mongodb://").await;
    window.see_in_field("Hosts", "db.example:27018").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_test_says_what_is_wrong_and_where_to_put_it_right() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let (uri, password) = user(server, &database).await;
    let window = Window::open().await;
    begin(&window, &uri).await;
    window.see_in_field("Connection string", "••••••••@").await;
    assert!(!window.text().await.contains(&password), "a typed password is not to be read");
    window.fill("Database", &database).await;
    window.press_tab("Authentication").await;
    window.fill("Database password", WRONG_PASSWORD).await;
    window.press("Test").await;
    window.see("The server refused this user and password").await;
    window.see("This password contains %").await;
    window.press_tab("General").await;
    window.press("Edit password").await;
    window.fill("Database password", &password).await;
    window.press("Test again").await;
    window.see("Every step passed").await;

    window.fill("Connection string", &format!("mongodb://127.0.0.1:{}/", free_port())).await;
    window.press("Test again").await;
    window.see("refuses connections").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_was_typed_into_the_string_opens_the_workspace() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let (uri, password) = user(server, &database).await;
    let window = Window::open().await;
    begin(&window, &uri).await;
    window.see_in_field("Connection string", "••••••••@").await;
    window.fill("Name", "Typed").await;
    window.fill("Database", &database).await;
    window.press("Test and open").await;
    window.see("Claim this workspace").await;
    let kept = fs::read_dir(window.data.path()).expect("the program's folder").flatten();
    for file in kept.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json")) {
        let text = fs::read_to_string(file.path()).expect("a text");
        assert!(!text.contains(&password), "no password stands in {}", file.path().display());
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_copied_removed_brought_back_and_imported() {
    let window = Window::open().await;
    begin(&window, "mongodb://rig.example:27017").await;
    save(&window, "Rig").await;
    window.press("More actions for Rig").await;
    window.press("Duplicate").await;
    window.see("Edit Rig (copy)").await;
    window.press("Remove").await;
    window.keep_message("Rig (copy) removed").await;
    window.press("Undo").await;
    window.see("Edit Rig (copy)").await;

    window.press("Add connection").await;
    window.press("Import connections").await;
    window.choose("List of connection strings").await;
    let list = "mongodb://one.example mongodb://ann@two.example http://three.example"
        .replace(' ', &char::from(Key::Enter).to_string());
    window.fill("Connection strings", &list).await;
    window.press("Import").await;
    window.see("2 connections imported").await;
    window.press("Done").await;
    window.see("two.example").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_move_to_where_a_person_wants_them() {
    let window = Window::open().await;
    // The form and its two fields stand below each other.
    window.resize(1280, 960).await;
    window.see("Where secrets are stored").await;
    window.press("Change").await;
    window.choose("A file sealed with a passphrase").await;
    window.fill("New passphrase", PASSPHRASE).await;
    window.fill("Repeat passphrase", PASSPHRASE).await;
    window.press("Move secrets there").await;
    window.see("Unlocked").await;
    window.press("Lock now").await;
    window.see("Locked").await;
    window.press("Unlock").await;
    window.see("Unlock secrets").await;
    window.fill("Passphrase", "seven grey geese").await;
    window.press("Unlock").await;
    window.see("This passphrase does not open it.").await;
    window.fill("Passphrase", PASSPHRASE).await;
    window.press("Unlock").await;
    window.see("Unlocked").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pasted_command_gives_its_string_and_nothing_in_the_page_has_its_password() {
    const PASSWORD: &str = "Pl4nted-in-a-command";
    let masked = "mongodb+srv://dana:••••••••@c.ab1cd.example/app";
    let window = Window::open().await;
    begin(&window, "mongodb://localhost:27017").await;
    for around in [
        format!(
            "mongosh \"mongodb+srv://c.ab1cd.example/app\" --apiVersion 1 --username dana --password {PASSWORD}"
        ),
        format!("export MONGODB_URL=\"mongodb+srv://dana:{PASSWORD}@c.ab1cd.example/app\""),
    ] {
        window.insert("Connection string", &around).await;
        window.see_in_field("Connection string", masked).await;
        window.see("Taken out of the pasted text").await;
        assert!(!window.holds(PASSWORD).await, "the string took the place of all that was pasted");
        for _ in 0..4 {
            window.hold(Key::Control, "z").await;
            assert!(!window.holds(PASSWORD).await, "undoing brings it back");
        }
        window.insert("Connection string", masked).await;
        window.see_in_field("Connection string", masked).await;
    }
    window.press_tab("Authentication").await;
    window.see_in_field("User", "dana").await;
    let text = window.text().await;
    assert!(!text.contains(PASSWORD), "{text}");
    // The string itself: its password is masked as soon as the caret has left it.
    window.press_tab("General").await;
    let string = format!("mongodb://dana:{PASSWORD}@db.example/app");
    window.insert("Connection string", &string).await;
    window.see_in_field("Connection string", "mongodb://dana:••••••••@db.example/app").await;
    window.hold(Key::Control, "z").await;
    assert!(!window.holds(PASSWORD).await, "undoing brings it back");
    // A placeholder stays visible, and typing the password into its field puts the mask there.
    window.insert("Connection string", "mongodb://dana:<db_password>@db.example/app").await;
    window.see("The password is still a placeholder").await;
    window.press_tab("Authentication").await;
    window.fill("Database password", PASSWORD).await;
    window.see_in_field("Connection string", "mongodb://dana:••••••••@db.example/app").await;
    window.see_no("The password is still a placeholder").await;
    window.close().await;
}

async fn photograph_connections(theme: &str) {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let (uri, password) = user(server, &database).await;
    let window = Window::open().await;
    window.press("Light or dark").await;
    window.press(theme).await;
    let names = [("Customers", "Production"), ("Rehearsal", "Staging"), ("Laptop", "Local")];
    for (name, environment) in names {
        begin(&window, "mongodb://localhost:27017").await;
        window.choose(environment).await;
        save(&window, name).await;
    }
    begin(&window, &uri).await;
    window.fill("Name", "Reporting").await;
    window.choose("Production").await;
    for (width, height) in [(1440, 900), (960, 700)] {
        window.resize(width, height).await;
        let take = async |screen: &str| {
            window.photograph(&screenshot(&format!("{screen}-{width}"), theme)).await;
        };
        window.press_tab("General").await;
        take("connection-editor").await;
        window.press_tab("Authentication").await;
        window.fill("Database password", WRONG_PASSWORD).await;
        window.press(if width == 1440 { "Test" } else { "Test again" }).await;
        window.see("The server refused this user and password").await;
        take("connection-test").await;
        window.fill("Database password", &password).await;
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_editor_is_photographed_in_light() {
    photograph_connections("Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_editor_is_photographed_in_dark() {
    photograph_connections("Dark").await;
}
