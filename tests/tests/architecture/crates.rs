//! Which crate knows which: of the house, and of the crates that only one of them exists for.

use std::collections::BTreeSet;

use crate::sources::{read, sources};

/// The crates of the house from the lowest to the highest, each with those of the house that it knows.
const HOUSE: [(&str, &str, &[&str]); 6] = [
    ("tenantry-core", "src-tauri/crates/core", &[]),
    ("tenantry-connection", "src-tauri/crates/connection", &["tenantry-core"]),
    ("tenantry-store-mongo", "src-tauri/crates/store-mongo", &["tenantry-core", "tenantry-connection"]),
    ("tenantry-store-sqlite", "src-tauri/crates/store-sqlite", &["tenantry-core"]),
    (
        "tenantry-console",
        "src-tauri/crates/console",
        &["tenantry-core", "tenantry-connection", "tenantry-store-mongo", "tenantry-store-sqlite"],
    ),
    ("tenantry", "src-tauri", &["tenantry-core", "tenantry-connection", "tenantry-console"]),
];

/// Crates with these prefixes are known to these crates only.
const RESERVED: [(&str, &[&str]); 3] = [
    ("tauri", &["tenantry"]),
    ("mongodb", &["tenantry-connection", "tenantry-store-mongo"]),
    ("rusqlite", &["tenantry-store-sqlite"]),
];

fn dependencies(folder: &str) -> BTreeSet<String> {
    let text = read(format!("{folder}/Cargo.toml"));
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]" || line.ends_with(".dependencies]");
        } else if inside && let Some((name, _)) = line.split_once(['=', '.']) {
            names.insert(name.trim().to_owned());
        }
    }
    assert!(!names.is_empty(), "{folder} names no dependencies");
    names
}

#[test]
fn a_crate_knows_of_the_house_only_what_lies_below_it() {
    for (index, (crate_name, folder, may_know)) in HOUSE.iter().enumerate() {
        let below: Vec<_> = HOUSE[..index].iter().map(|(name, ..)| *name).collect();
        assert!(may_know.iter().all(|name| below.contains(name)), "{crate_name} would look up");
        let known = dependencies(folder);
        let known: BTreeSet<_> =
            known.iter().map(String::as_str).filter(|name| name.starts_with("tenantry")).collect();
        assert_eq!(known, may_know.iter().copied().collect(), "what {crate_name} knows of the house");
    }
}

#[test]
fn window_driver_and_database_are_each_known_where_they_belong() {
    for (crate_name, folder, _) in HOUSE {
        for name in dependencies(folder) {
            let reserved =
                RESERVED.iter().find(|(prefix, _)| name.starts_with(prefix) && !name.starts_with("tenantry"));
            assert!(
                reserved.is_none_or(|(_, owners)| owners.contains(&crate_name)),
                "{crate_name} depends on {name}"
            );
        }
    }
}

/// `specta` describes the window's types; a console without a window is built without it.
#[test]
fn only_the_shell_always_describes_types_to_a_window() {
    for (crate_name, folder, _) in HOUSE {
        let manifest = read(format!("{folder}/Cargo.toml"));
        let always =
            manifest.lines().find(|line| line.starts_with("specta") && !line.contains("optional = true"));
        assert!(always.is_none() || crate_name == "tenantry", "{crate_name}: {always:?}");
        assert!(!manifest.contains("default = ["), "{crate_name} chooses features that its user did not");
    }
}

#[test]
fn the_checks_never_import_the_shell() {
    assert!(!dependencies("tests").contains("tenantry"));
}

#[test]
fn the_core_asks_neither_environment_nor_files_nor_the_wall_clock() {
    for path in sources("src-tauri/crates/core/src", &[".rs"]) {
        let text = read(&path);
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for forbidden in ["std::env", "std::fs", "tokio::fs", "SystemTime"] {
            assert!(!product.contains(forbidden), "{} uses {forbidden}", path.display());
        }
        if !path.ends_with("clock.rs") {
            assert!(!product.contains("now_utc"), "{} asks the wall clock itself", path.display());
        }
    }
}

#[test]
fn only_one_file_of_the_console_names_an_adapter() {
    for path in sources("src-tauri/crates/console/src", &[".rs"]) {
        if !path.ends_with("console/src/compose.rs") {
            for adapter in ["tenantry_store_mongo::", "tenantry_store_sqlite::"] {
                assert!(!read(&path).contains(adapter), "{} names an adapter", path.display());
            }
        }
    }
}

#[test]
fn only_the_api_layer_of_the_window_imports_the_bindings_and_tauri() {
    for path in sources("ui/src", &[".ts", ".svelte"]) {
        if path.to_string_lossy().contains("/lib/api/") || path.ends_with("lib/bindings.ts") {
            continue;
        }
        let text = read(&path);
        for line in text.lines().filter(|line| line.contains("from \"") || line.contains("import(\"")) {
            assert!(
                !line.contains("@tauri-apps/") && !line.contains("/bindings\""),
                "{}: {line}",
                path.display()
            );
        }
    }
}

#[test]
fn nothing_is_locked_that_only_an_algorithm_brings_which_nobody_uses() {
    let lock = read("Cargo.lock");
    for unused in ["rsa", "p384", "ed25519-dalek"] {
        assert!(!lock.contains(&format!("name = \"{unused}\"")), "{unused} is in the lock file again");
    }
    assert!(lock.contains("name = \"hmac\""), "the lock file was to be looked at");
}
