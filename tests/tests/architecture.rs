//! The order of the house: who can know whom, and whether documents and code speak of the same things.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/core.rs"]
mod core;
#[path = "architecture/crates.rs"]
mod crates;
#[path = "architecture/doctor.rs"]
mod doctor;
#[path = "architecture/lines.rs"]
mod lines;
#[path = "architecture/rights.rs"]
mod rights;
#[path = "architecture/sources.rs"]
mod sources;

use sources::{read, root, sources};

#[test]
fn every_code_that_the_window_can_get_stands_in_the_table_of_errors_and_no_other() {
    let bindings = read("ui/src/lib/bindings.ts");
    let start = bindings.find("export type ConsoleError").expect("the bindings define ConsoleError");
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

#[cfg(unix)]
#[test]
fn an_audit_that_could_not_look_fails_where_strictness_is_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Output};

    // Tools that succeed at everything except what needs the network.
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
        audit.args(arguments).env("PATH", &path).env("ANSWERED", answered);
        audit.env("TENANTRY_CARGO_DENY", deny).env("TENANTRY_CARGO_MACHETE", &reachable);
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
