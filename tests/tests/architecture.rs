//! The house's order: who may know whom, and that documents and code speak of the same things.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    // Where it is run, not where it was built: two checkouts may share their builds.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs this");
    Path::new(&package).parent().expect("the repository").to_path_buf()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file of a folder with one of these endings.
fn sources(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a readable folder").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !matches!(name, "node_modules" | "dist" | "paraglide" | "cache" | "gen") {
                    walk(&path, endings, found);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), endings, &mut found);
    assert!(!found.is_empty(), "nothing is checked in {folder}");
    found
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = read(manifest);
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]" || line.ends_with(".dependencies]");
        } else if inside && let Some((name, _)) = line.split_once(['=', '.']) {
            names.insert(name.trim().to_owned());
        }
    }
    assert!(!names.is_empty(), "{manifest} names no dependencies");
    names
}

#[test]
fn the_core_knows_neither_window_nor_store_nor_another_crate_of_the_house() {
    for name in dependencies("src-tauri/crates/core/Cargo.toml") {
        let foreign = ["tauri", "specta", "mongodb", "rusqlite", "tenantry"];
        assert!(!foreign.iter().any(|prefix| name.starts_with(prefix)), "core depends on {name}");
    }
}

#[test]
fn a_store_knows_the_core_and_the_one_on_mongodb_how_it_is_reached() {
    let on_mongodb: &[&str] = &["tenantry-connection", "tenantry-core"];
    let on_core: &[&str] = &["tenantry-core"];
    for (name, house, foreign) in [
        ("connection", on_core, "rusqlite"),
        ("store-mongo", on_mongodb, "rusqlite"),
        ("store-sqlite", on_core, "mongodb"),
    ] {
        let names = dependencies(&format!("src-tauri/crates/{name}/Cargo.toml"));
        let known: Vec<_> = names.iter().filter(|name| name.starts_with("tenantry")).collect();
        assert_eq!(known, house, "{name}");
        assert!(!names.contains(foreign) && !names.contains("tauri"), "{name} knows {names:?}");
    }
}

#[test]
fn the_checks_never_import_the_shell() {
    assert!(!dependencies("tests/Cargo.toml").contains("tenantry"));
}

#[test]
fn the_core_asks_neither_environment_nor_files_nor_the_wall_clock() {
    for path in sources("src-tauri/crates/core/src", &[".rs"]) {
        let text = fs::read_to_string(&path).expect("readable");
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
fn only_the_api_layer_of_the_window_imports_the_bindings_and_tauri() {
    for path in sources("ui/src", &[".ts", ".svelte"]) {
        if path.to_string_lossy().contains("/lib/api/") || path.ends_with("lib/bindings.ts") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("readable");
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
fn only_one_file_of_the_console_names_an_adapter_and_none_of_the_shell() {
    for folder in ["src-tauri/src", "src-tauri/crates/console/src"] {
        for path in sources(folder, &[".rs"]) {
            if !path.ends_with("console/src/compose.rs") {
                let text = fs::read_to_string(&path).expect("readable");
                for adapter in ["tenantry_store_mongo::", "tenantry_store_sqlite::"] {
                    assert!(!text.contains(adapter), "{} names an adapter", path.display());
                }
            }
        }
    }
}

#[test]
fn a_console_needs_no_window() {
    let names = dependencies("src-tauri/crates/console/Cargo.toml");
    assert!(!names.iter().any(|name| name.starts_with("tauri") || name == "tenantry"), "{names:?}");
    let shell = dependencies("src-tauri/Cargo.toml");
    let house: Vec<_> = shell.iter().filter(|name| name.starts_with("tenantry")).collect();
    assert_eq!(
        house,
        ["tenantry-connection", "tenantry-console", "tenantry-core"],
        "the shell names no store"
    );
}

#[test]
fn every_code_that_the_window_can_get_stands_in_the_table_of_errors_and_no_other() {
    let bindings = read("ui/src/lib/bindings.ts");
    let start = bindings.find("export type WireError").expect("the bindings define WireError");
    let definition = bindings[start..].split("\nexport type ").next().unwrap_or_default();
    let sent: BTreeSet<&str> =
        definition.split("code: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let documented = read("docs/errors.md");
    let told: BTreeSet<&str> = documented
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next())
        .collect();
    assert!(sent.len() > 20, "the codes were not found in the bindings: {sent:?}");
    assert_eq!(sent, told, "docs/errors.md and the bindings differ");
}

#[test]
fn the_project_speaks_of_itself_only() {
    // Joined here, so that this list does not find itself.
    let forbidden: Vec<String> =
        [["/ro", "ot/"], ["/wo", "rk/"], ["shared/", "design"], ["shared/", "fixtures"]]
            .iter()
            .map(|parts| parts.concat())
            .collect();
    let mut files = vec![root().join("README.md"), root().join("Makefile"), root().join("Cargo.toml")];
    files.extend(sources("scripts", &[""]));
    for folder in ["docs", "src-tauri", "ui", "tests"] {
        files.extend(sources(
            folder,
            &[".rs", ".ts", ".svelte", ".md", ".toml", ".json", ".css", ".sql", ".js"],
        ));
    }
    for path in files {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for word in &forbidden {
            assert!(!text.contains(word.as_str()), "{} mentions {word}", path.display());
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

#[cfg(unix)]
#[test]
fn an_audit_that_could_not_look_fails_where_strictness_is_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Output};

    // Tools that answer everything but what needs the network.
    let tools = tempfile::tempdir().expect("a folder");
    let tool = |name: &str, script: &str| {
        let path = tools.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a program");
        path
    };
    let deny = tool("cargo-deny", "case \"$*\" in *fetch*) exit 1 ;; esac");
    let reachable = tool("cargo-deny-online", "exit 0");
    tool("npm", "[ -n \"$ANSWERED\" ] && echo '{\"auditReportVersion\": 2}'; exit 0");
    let path = format!("{}:{}", tools.path().display(), std::env::var("PATH").expect("a PATH"));
    let audit = |deny: &Path, answered: &str, arguments: &[&str]| -> Output {
        let mut audit = Command::new(root().join("scripts/audit"));
        audit.args(arguments).env("PATH", &path).env("TENANTRY_CARGO_DENY", deny).env("ANSWERED", answered);
        audit.output().expect("it runs")
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).matches("NOT CHECKED").count();

    let lenient = audit(&deny, "", &[]);
    assert!(lenient.status.success() && said(&lenient) == 2, "both are named, and no failure: {lenient:?}");
    assert!(!audit(&deny, "yes", &["--strict"]).status.success(), "crates were not checked");
    assert!(!audit(&reachable, "", &["--strict"]).status.success(), "packages were not checked");
    let whole = audit(&reachable, "yes", &["--strict"]);
    assert!(whole.status.success() && said(&whole) == 0, "{whole:?}");
}
