//! An import in the real window: a file with problems, its columns corrected, a cell mended, carried out, and the rest
//! saved to be mended.

use std::fs;

use fantoccini::key::Key;
use tenantry_tests::window::{OLGAS_PASSWORD, Window};

/// Headers that nobody would match by themselves, a taken name, a twin, a short name and an address that is none.
const FILE: &str = "Tenant;Firm;Reach;Note\n\
    northmark;Northmark Freight;ops@northmark.example.com;first\n\
    aldgate;Aldgate Insurance;new@aldgate.example.com;is there\n\
    ab;Too short;short@ab.example.com;\n\
    riverside;Riverside Foods;riverside.example.com;no at sign\n\
    harbour;Harbour & Sons;desk@harbour.example.com;\n\
    harbour;Harbour Sons;other@harbour.example.com;twin\n\
    kestrel;Kestrel Labs;hello@kestrel.example.com;\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_matched_mended_and_imported_in_light() {
    import("Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_matched_mended_and_imported_in_dark() {
    import("Dark").await;
}

async fn import(theme: &str) {
    let window = Window::open().await;
    window.press("Light or dark").await;
    window.press(theme).await;
    window.see("A workspace in a single file").await;
    window.claim_built_in().await;
    window.press("New organization").await;
    window.fill("Name", "aldgate").await;
    window.fill("Admin email", "office@aldgate.example.com").await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.see("Available. Its collection will be").await;
    window.press("Create organization").await;
    window.see("aldgate created").await;

    window.press("More for this list").await;
    window.press("Import…").await;
    window.see("Drop a file here").await;
    window.look("import-file", theme).await;
    let chosen = window.exports.path().join("file-to-choose");
    fs::write(&chosen, b"%PDF-1.7 no list").expect("a file");
    window.press("Choose a file").await;
    window.see("is not a CSV file").await;
    fs::write(&chosen, FILE).expect("a file");
    window.press("Choose a file").await;
    window.see("CSV, separated by semicolons, UTF-8").await;
    window.choose_in("Display name", "Firm").await;
    window.choose_in("Admin email", "Reach").await;
    window.see("2 create, 0 change, 1 skip").await;
    window.look("import-columns", theme).await;

    window.press("Check rows").await;
    window.see("4 with problems").await;
    window.look("import-check", theme).await;
    window.press_row("ab").await;
    // Typed as into any field; the driver would empty it first and leave it.
    window.evaluate("document.execCommand('insertText', false, 'abbey')", Vec::new()).await;
    window.key(Key::Enter).await;
    window.see("3 create, 0 change, 1 skip").await;
    window.tick("Change organizations that are there").await;
    window.see("3 create, 1 change, 0 skip").await;
    window.look("import-mended", theme).await;
    window.press("Import 4 organizations").await;
    window.see("3 created, 1 changed").await;
    window.see("The generated passwords are in").await;
    window.look("import-result", theme).await;
    window.press("Save rows to mend").await;
    window.see("Rows to mend saved").await;
    let files: Vec<String> = fs::read_dir(window.exports.path())
        .expect("a folder")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    for name in ["passwords-", "rows-to-mend-"] {
        assert!(files.iter().any(|file| file.starts_with(name)), "{name}: {files:?}");
    }
    window.press("Show organizations").await;
    window.see_in_row("northmark", "Active").await;
    window.see_in_row("Aldgate Insurance", "Active").await;
    window.close().await;
}
