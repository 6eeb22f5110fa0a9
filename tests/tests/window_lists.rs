//! What the doctor found, in the list of organizations in the real window: the mark of a row, the facet, the panel, and
//! what an export and an act on all rows of the facet take.

use std::collections::BTreeSet;
use std::fs;

use fantoccini::key::Key;
use rusqlite::Connection;
use tenantry_tests::window::{DAMAGE, Window};

/// Those that the damage is about, in the order of the list. Nobody owns `org_lost`.
const DAMAGED: [&str; 7] = [
    "blue-heron-inn",
    "copper-kettle",
    "harbor-view-clinic",
    "kestrel-freight",
    "ocean-cargo",
    "old-mill-books",
    "polar-logistics",
];

/// The organizations that can't be signed in to.
fn deactivated(file: &Connection) -> BTreeSet<String> {
    let sql = "SELECT organization_name FROM organizations WHERE NOT is_active";
    let mut names = file.prepare(sql).expect("a question");
    let names = names.query_map([], |row| row.get(0)).expect("an answer");
    names.map(|name| name.expect("a name")).collect()
}

async fn drift(theme: &str) {
    let window = Window::open().await;
    window.press("Light or dark").await;
    window.press(theme).await;
    window.see("A workspace in a single file").await;
    window.claim_built_in().await;
    window.press("Load sample organizations").await;
    window.see("60 sample organizations loaded").await;
    window.press("Close this note").await;
    let file = window.file();
    file.execute_batch(DAMAGE).expect("damaged");
    window.press("Doctor").await;
    window.press("Run the doctor").await;
    window.see("Collection name does not follow").await;

    window.press("Organizations").await;
    window.see_in_row("copper-kettle", "No collection").await;
    window.look("lists-marks", theme).await;
    window.press("Drift").await;
    window.see("7 organizations").await;
    window.see_in_row("Kestrel Freight", "Collection name does not follow").await;
    window.look("lists-drift", theme).await;
    window.press_row("Kestrel Freight").await;
    window.see("The doctor found something").await;
    window.look("lists-drift-panel", theme).await;
    window.press("Close panel").await;

    window.press("Export").await;
    window.see("Matching the filter").await;
    window.choose("JSON").await;
    window.see("Export 7 rows").await;
    window.look("lists-drift-export", theme).await;
    window.press("Export 7 rows").await;
    window.see("Exported 7 rows").await;
    let written = fs::read_dir(window.exports.path()).expect("a folder").flatten().map(|entry| entry.path());
    let written: Vec<_> = written.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    let rows = fs::read(&written[0]).expect("the file");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&rows).expect("JSON");
    let names: Vec<_> = rows.iter().map(|row| row["organization_name"].as_str().expect("a name")).collect();
    assert_eq!(names, DAMAGED, "the file has what the facet shows");

    let before = deactivated(&file);
    window.press_row("Kestrel Freight").await;
    window.hold(Key::Control, "a").await;
    window.press_in("Selected organizations", "Deactivate").await;
    window.see_in_row("Kestrel Freight", "Deactivated").await;
    window.see_in_row("Polar Logistics", "Deactivated").await;
    let mut expected = before;
    expected.extend(DAMAGED.map(str::to_owned));
    assert_eq!(deactivated(&file), expected, "an act on all rows is one on those of the facet");

    window.press_row("Kestrel Freight").await;
    window.press("Show in the doctor").await;
    window.see("Known since").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_doctor_found_marks_rows_and_is_a_facet_in_light() {
    drift("Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_doctor_found_marks_rows_and_is_a_facet_in_dark() {
    drift("Dark").await;
}
