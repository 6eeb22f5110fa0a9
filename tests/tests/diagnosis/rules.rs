//! What holds of the tests themselves.

use std::fs;
use std::path::Path;

use tenantry_connection::diagnosis::FindingCode;

fn root() -> std::path::PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs this");
    Path::new(&package).parent().expect("the repository").to_path_buf()
}

#[test]
fn every_finding_is_made_to_happen_somewhere_here() {
    let folder = root().join("tests/tests/diagnosis");
    let mut text = String::new();
    for entry in fs::read_dir(folder).expect("this folder") {
        let path = entry.expect("readable").path();
        if !path.ends_with("rules.rs") {
            text.push_str(&fs::read_to_string(path).expect("readable"));
        }
    }
    for code in FindingCode::ALL {
        assert!(text.contains(&format!("FindingCode::{code:?}")), "no test makes {code:?} happen");
    }
}

#[test]
fn every_finding_has_a_row_in_the_table_of_causes_and_remedies_and_no_other_has() {
    let text = fs::read_to_string(root().join("docs/connections.md")).expect("the users' guide");
    let section = text.split("\n## When it fails").nth(1).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut told: Vec<&str> = section
        .lines()
        .filter_map(|line| line.strip_suffix("` |"))
        .filter_map(|line| line.rsplit('`').next())
        .collect();
    let mut codes: Vec<&str> = FindingCode::ALL.iter().map(|code| code.as_str()).collect();
    told.sort_unstable();
    codes.sort_unstable();
    assert_eq!(told, codes, "docs/connections.md and the codes differ");
}
