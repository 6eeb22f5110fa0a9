//! Lines that a person reads end at 120 characters.

use crate::sources::{read, root, sources};

const LONGEST: usize = 120;

/// A comment, or a line of a document. The formatters hold code to less, but for texts in quotes; a row of a table
/// can't be wrapped.
fn is_prose(path: &str, line: &str) -> bool {
    let line = line.trim_start();
    if path.ends_with(".md") {
        !line.starts_with('|')
    } else {
        ["//", "/*", "* "].iter().any(|begin| line.starts_with(begin))
    }
}

#[test]
fn comments_and_documents_end_at_120_characters() {
    let mut files = vec![root().join("README.md")];
    files.extend(sources("docs", &[".md"]));
    for folder in ["src-tauri", "tests", "ui"] {
        files.extend(sources(folder, &[".rs", ".ts", ".svelte"]));
    }
    let mut long = Vec::new();
    for path in files {
        let name = path.strip_prefix(root()).expect("in the repository").to_string_lossy().into_owned();
        // Made from the comments of Rust.
        if name.ends_with("lib/bindings.ts") {
            continue;
        }
        for (number, line) in read(&path).lines().enumerate() {
            if is_prose(&name, line) && line.chars().count() > LONGEST {
                long.push(format!("{name}:{}", number + 1));
            }
        }
    }
    assert!(long.is_empty(), "longer than {LONGEST} characters: {long:#?}");
}
