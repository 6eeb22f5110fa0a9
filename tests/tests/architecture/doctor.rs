//! The tables of findings and mends in the documentation.

use tenantry_core::doctor::{Depth, FindingKind, MendKind};

use super::sources::read;

/// The cells of the table below a heading, without their backticks.
fn table(heading: &str) -> Vec<Vec<String>> {
    let text = read("docs/doctor.md");
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect("the section is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect())
        .collect()
}

#[test]
fn every_finding_stands_in_the_documentation_with_how_bad_it_is_and_its_mends() {
    let told: Vec<(String, String, String)> = table("Findings")
        .into_iter()
        .map(|cells| (cells[0].clone(), cells[1].clone(), cells[3].clone()))
        .collect();
    let known: Vec<(String, String, String)> = FindingKind::ALL
        .iter()
        .map(|kind| {
            let mends: Vec<_> = kind.mends().iter().map(|mend| mend.as_str()).collect();
            (kind.as_str().to_owned(), kind.severity().as_str().to_owned(), mends.join(", "))
        })
        .collect();
    assert_eq!(told, known, "docs/doctor.md and FindingKind differ");
}

#[test]
fn the_documentation_says_what_only_a_deep_pass_looks_for() {
    let told: Vec<String> = table("Findings")
        .into_iter()
        .filter(|cells| cells[2].ends_with("Found by a deep pass."))
        .map(|cells| cells[0].clone())
        .collect();
    let deep = FindingKind::ALL.iter().filter(|kind| kind.depth() == Depth::Deep);
    assert_eq!(told, deep.map(|kind| kind.as_str()).collect::<Vec<_>>());
}

#[test]
fn every_mend_stands_in_the_documentation_and_is_offered() {
    let told: Vec<String> = table("Mends").into_iter().map(|cells| cells[0].clone()).collect();
    let known: Vec<&str> = MendKind::ALL.iter().map(|mend| mend.as_str()).collect();
    assert_eq!(told, known, "docs/doctor.md and MendKind differ");
    for mend in MendKind::ALL {
        assert!(
            FindingKind::ALL.iter().any(|kind| kind.mends().contains(mend)),
            "no finding offers {}",
            mend.as_str()
        );
    }
}

#[test]
fn every_finding_is_made_by_a_test() {
    let tests = read("tests/tests/services/doctor.rs");
    for kind in FindingKind::ALL {
        let named = format!("FindingKind::{kind:?}");
        assert!(tests.contains(&named), "tests/tests/services/doctor.rs does not name {named}");
    }
}
