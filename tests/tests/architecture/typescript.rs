//! The imports of the window, parsed from its text.

use std::collections::{BTreeMap, BTreeSet};

use super::Imports;
use crate::sources::{read, root, sources};

/// A statement `import` or `export … from`.
struct Statement {
    is_export: bool,
    /// The names at their origin, each with its name here. None for an import of everything.
    names: Vec<(String, String)>,
    from: String,
}

/// The imports of the files of a folder.
pub fn imports(folder: &str) -> Imports {
    let mut files = BTreeMap::new();
    for path in sources(folder, &[".ts", ".svelte"]) {
        let path = path.strip_prefix(root()).expect("in the repository").to_string_lossy().into_owned();
        if !path.ends_with(".test.ts") && !path.ends_with(".d.ts") {
            let found = statements(&without_comments(&read(&path)));
            files.insert(path, found);
        }
    }
    let imported = |file: &str, found: &[Statement]| {
        let imports = found.iter().filter(|statement| !statement.is_export);
        let mut all: BTreeSet<_> =
            imports.flat_map(|statement| defined_in(&files, file, statement)).collect();
        all.remove(file);
        all
    };
    Imports(files.iter().map(|(file, found)| (file.clone(), imported(file, found))).collect())
}

/// The files that define what a statement names.
fn defined_in(
    files: &BTreeMap<String, Vec<Statement>>,
    file: &str,
    statement: &Statement,
) -> BTreeSet<String> {
    let Some(target) = resolved(files, file, &statement.from) else { return BTreeSet::new() };
    let gathered = || files[&target].iter().filter(|other| other.is_export);
    let mut found = BTreeSet::new();
    if statement.names.is_empty() {
        // All of it, and so everything it gathers.
        found.insert(target.clone());
        found.extend(gathered().flat_map(|other| defined_in(files, &target, other)));
    }
    for (name, _) in &statement.names {
        let through: BTreeSet<_> = gathered()
            .filter_map(|other| {
                let (inner, _) = other.names.iter().find(|(_, here)| here == name)?;
                let one = Statement {
                    is_export: true,
                    names: vec![(inner.clone(), name.clone())],
                    from: other.from.clone(),
                };
                Some(defined_in(files, &target, &one))
            })
            .flatten()
            .collect();
        if through.is_empty() {
            found.insert(target.clone());
        }
        found.extend(through);
    }
    found
}

fn resolved(files: &BTreeMap<String, Vec<Statement>>, file: &str, from: &str) -> Option<String> {
    let path = match (from.strip_prefix("$lib"), from.starts_with('.')) {
        (Some(rest), _) => format!("ui/src/lib{rest}"),
        (None, true) => joined(file, from),
        (None, false) => return None,
    };
    let endings = ["", ".ts", ".svelte", "/index.ts"];
    let found = endings.iter().map(|ending| format!("{path}{ending}")).find(|path| files.contains_key(path));
    let elsewhere = path.contains("/paraglide/") || path.ends_with(".css") || root().join(&path).is_file();
    assert!(found.is_some() || elsewhere, "{file} imports {from}, which is not there");
    found
}

fn joined(file: &str, from: &str) -> String {
    let mut path: Vec<&str> = file.split('/').collect();
    path.pop();
    for part in from.split('/') {
        match part {
            "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.join("/")
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("/*") {
        kept.push_str(&rest[..start]);
        rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
    }
    let kept = kept + rest;
    let lines = kept.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn statements(text: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    for word in ["import", "export"] {
        for (at, _) in text.match_indices(word) {
            let begins =
                text[..at].chars().next_back().is_none_or(|before| before.is_whitespace() || before == '(');
            if begins && let Some(statement) = statement(word, &text[at + word.len()..]) {
                found.push(statement);
            }
        }
    }
    found
}

fn statement(word: &str, rest: &str) -> Option<Statement> {
    let is_export = word == "export";
    // import("…"), import "…"
    if !is_export && let Some(from) = rest.trim_start_matches(['(', ' ', '\n']).strip_prefix('"') {
        return Some(Statement { is_export, names: Vec::new(), from: from.split('"').next()?.to_owned() });
    }
    let (clause, after) = rest.split_once(" from \"")?;
    // Only names can stand between, or the next " from " belongs to another statement.
    if clause.contains([';', '=', '"', '(']) {
        return None;
    }
    let clause = clause.trim().strip_prefix("type ").unwrap_or(clause.trim());
    let mut names = Vec::new();
    let (alone, listed) = clause.split_once('{').unwrap_or((clause, ""));
    let alone = alone.trim().trim_end_matches(',').trim();
    if !alone.is_empty() && !alone.starts_with('*') {
        names.push(("default".to_owned(), alone.to_owned()));
    }
    for name in listed.trim_end_matches('}').split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let name = name.strip_prefix("type ").unwrap_or(name);
        let (there, here) = name.split_once(" as ").unwrap_or((name, name));
        names.push((there.trim().to_owned(), here.trim().to_owned()));
    }
    Some(Statement { is_export, names, from: after.split('"').next()?.to_owned() })
}

#[test]
fn statements_are_told_from_other_words() {
    let text = r#"
        // import { gone } from "./comment";
        import Dialog, { type Size, shown as visible } from "./Dialog.svelte";
        import type { Row } from "../row";
        export { default as Button } from "./Button.svelte";
        const late = () => import("./late");
        import "./style.css";
        export const from = "x";
    "#;
    let found: Vec<_> = statements(&without_comments(text))
        .into_iter()
        .map(|one| {
            let names: Vec<_> = one.names.iter().map(|(there, here)| format!("{there}:{here}")).collect();
            format!("{} {} {}", one.is_export, names.join(","), one.from)
        })
        .collect();
    assert_eq!(
        found,
        [
            "false default:Dialog,Size:Size,shown:visible ./Dialog.svelte",
            "false Row:Row ../row",
            "false  ./late",
            "false  ./style.css",
            "true default:Button ./Button.svelte",
        ]
    );
}
