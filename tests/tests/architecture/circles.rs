//! No file imports itself through others.
//!
//! A node is a file without its tests. An edge leads from a file to the file that *defines* a name it uses: an import,
//! a path in the code, in TypeScript also a type alone. These are not edges:
//!
//! - A re-export. `records.rs`, which says `pub use organization::Organization` and does not use the name itself,
//!   imports nothing, and a file that imports the name from `records` imports `records/organization.rs`.
//! - In Rust, a use of the files above it (`super::`, and so `crate::` of the crate's root): a folder is the inside of
//!   the file beside it, which calls it and whose words it speaks.

use std::collections::{BTreeMap, BTreeSet};

#[path = "rust.rs"]
mod rust;
#[path = "typescript.rs"]
mod typescript;

pub use rust::rust_imports;

/// The files that each file imports, all by their paths in the repository.
pub struct Imports(pub BTreeMap<String, BTreeSet<String>>);

const RUST: [&str; 6] = [
    "src-tauri/src/",
    "src-tauri/crates/connection/src/",
    "src-tauri/crates/console/src/",
    "src-tauri/crates/core/src/",
    "src-tauri/crates/store-mongo/src/",
    "src-tauri/crates/store-sqlite/src/",
];

/// Circles that are still to be opened. They can become smaller; one that is open now is taken off the list.
const KNOWN: [&[&str]; 0] = [];

impl Imports {
    /// Every set of files that import each other, directly or through others of the set.
    fn circles(&self) -> Vec<Vec<&str>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.0.keys().map(|file| (file.as_str(), self.reached_from(file))).collect();
        let mut circles = BTreeSet::new();
        for (file, others) in &reached {
            if others.contains(file) {
                let circle = others.iter().filter(|other| reached[**other].contains(file));
                circles.insert(circle.copied().collect());
            }
        }
        circles.into_iter().collect()
    }

    fn reached_from(&self, file: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&str> = self.0[file].iter().map(String::as_str).collect();
        while let Some(file) = next.pop() {
            if reached.insert(file) {
                next.extend(self.0[file].iter().map(String::as_str));
            }
        }
        reached
    }
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let mut known: Vec<&[&str]> = KNOWN.to_vec();
    let all = RUST.iter().map(|folder| rust_imports(folder)).chain([typescript::imports("ui/src/")]);
    for imports in all {
        let edges: usize = imports.0.values().map(BTreeSet::len).sum();
        assert!(edges > imports.0.len() / 2, "{:?}: imports were not found", imports.0.keys().next());
        for circle in imports.circles() {
            let is_known = |known: &&[&str]| circle.iter().all(|file| known.contains(file));
            assert!(KNOWN.iter().any(is_known), "a circle of files:\n  {}", circle.join("\n  "));
            known.retain(|known| !is_known(known));
        }
    }
    assert!(known.is_empty(), "open now, so no longer to be listed: {known:#?}");
}

#[test]
fn a_circle_is_found_whatever_its_length_and_a_diamond_is_none() {
    let imports = |edges: &[(&str, &str)]| {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (file, other) in edges {
            found.entry((*file).to_owned()).or_default().insert((*other).to_owned());
            found.entry((*other).to_owned()).or_default();
        }
        Imports(found)
    };
    let diamond = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")];
    assert!(imports(&diamond).circles().is_empty());
    let mut circle = diamond.to_vec();
    circle.extend([("d", "b"), ("e", "a")]);
    assert_eq!(imports(&circle).circles(), [["b", "d"]]);
    circle.push(("c", "a"));
    circle.push(("d", "a"));
    assert_eq!(imports(&circle).circles(), [["a", "b", "c", "d"]]);
}
