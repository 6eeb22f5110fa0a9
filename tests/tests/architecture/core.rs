//! The order inside the core.

use std::collections::BTreeMap;

use crate::circles::{Imports, rust_imports};
use crate::sources::{read, sources};

/// The folders of the core, lowest first. A folder knows those of earlier lines, and none of its own line.
const FOLDERS: [&[&str]; 14] = [
    &["limits", "nesting", "numbers", "words"],
    &["clock", "values"],
    &["error"],
    &["rights"],
    &["document_ids", "jobs", "records"],
    &["ports"],
    &["capacity", "record"],
    &["erasure", "journal", "settings"],
    &["access", "sessions"],
    &["template"],
    &["attention", "bundle", "collections", "organizations", "people", "samples"],
    &["export"],
    &["doctor"],
    &["activity", "import"],
];

const CORE: &str = "src-tauri/crates/core/src/";

/// A folder and the file beside it are one: `journal.rs` and `journal/`.
fn folder(file: &str) -> &str {
    file.trim_start_matches(CORE).split(['/', '.']).next().unwrap_or_default()
}

#[test]
fn the_folders_of_the_core_have_a_direction() {
    let levels: BTreeMap<&str, usize> = FOLDERS
        .iter()
        .enumerate()
        .flat_map(|(level, folders)| folders.iter().map(move |folder| (*folder, level)))
        .collect();
    let Imports(imports) = rust_imports(CORE);
    assert!(imports.len() > 50, "the files of the core were not found");
    let mut wrong = Vec::new();
    for (file, imported) in imports.iter().filter(|(file, _)| folder(file) != "lib") {
        let level = |file: &str| {
            let known = levels.get(folder(file));
            *known.unwrap_or_else(|| panic!("{file}: its folder has no place in the order"))
        };
        for other in imported {
            if folder(other) != folder(file) && level(other) >= level(file) {
                wrong.push(format!("{file} imports {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "these look up or beside: {wrong:#?}");
}

/// Rust's visibility ends at a module's ancestors, and `sessions` is not one of `rights`, so this test says what
/// visibility cannot.
#[test]
fn only_the_service_of_sessions_makes_an_actor() {
    for path in sources(CORE, &[".rs"]) {
        let may = path.to_string_lossy().contains("core/src/sessions/");
        assert!(may || !read(&path).contains("Actor::found_good"), "{} makes an actor", path.display());
    }
}
