//! What holds of the tests themselves.

use std::fs;
use std::path::Path;

use tenantry_core::connections::diagnosis::FindingCode;

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
