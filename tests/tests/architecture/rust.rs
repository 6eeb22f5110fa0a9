//! The imports of a crate, parsed from its text.

use std::collections::{BTreeMap, BTreeSet};

use super::Imports;
use crate::sources::root;

/// A module: one file, without its tests, comments and texts.
struct Module {
    file: String,
    parent: Option<usize>,
    /// The modules that it declares.
    children: BTreeMap<String, usize>,
    /// Its statements `use`, leaf by leaf.
    uses: Vec<Use>,
    /// The rest.
    code: String,
}

struct Use {
    path: Vec<String>,
    /// The name that it has here.
    name: String,
    is_public: bool,
}

/// The imports of a crate by its source folder, except imports from files above.
pub fn rust_imports(folder: &str) -> Imports {
    let mut modules = Vec::new();
    load(&mut modules, format!("{folder}lib.rs"), folder, None);
    let imports = (0..modules.len()).map(|module| {
        let mut files = imported(&modules, module);
        let mut above = Some(module);
        while let Some(one) = above {
            files.remove(&modules[one].file);
            above = modules[one].parent;
        }
        (modules[module].file.clone(), files)
    });
    Imports(imports.collect())
}

fn load(modules: &mut Vec<Module>, file: String, children_in: &str, parent: Option<usize>) -> usize {
    let text = std::fs::read_to_string(root().join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let product = without_tests(&without_texts(&text));
    let (uses, code) = take_uses(&product);
    let here = modules.len();
    modules.push(Module { file, parent, children: BTreeMap::new(), uses, code: code.clone() });
    let words = words(&code);
    for declared in words.windows(3).filter(|three| three[0] == "mod" && three[2] == ";") {
        let name = declared[1];
        let file = format!("{children_in}{name}.rs");
        let child = load(modules, file, &format!("{children_in}{name}/"), Some(here));
        modules[here].children.insert(name.to_owned(), child);
    }
    here
}

fn imported(modules: &[Module], here: usize) -> BTreeSet<String> {
    let module = &modules[here];
    let words = words(&module.code);
    let mut files = BTreeSet::new();
    for import in &module.uses {
        if !import.is_public || words.contains(&import.name.as_str()) {
            files.extend(defined_in(modules, here, &import.path, 0));
        }
    }
    // Paths in the code: from the crate, from a parent, from a child, from a module that was imported.
    let mut at = 0;
    while at < words.len() {
        let mut path = vec![words[at].to_owned()];
        while at + 2 < words.len() && words[at + 1] == "::" && is_name(words[at + 2]) {
            path.push(words[at + 2].to_owned());
            at += 2;
        }
        if path.len() > 1 {
            files.extend(defined_in(modules, here, &path, 0));
        }
        at += 1;
    }
    files
}

/// The file that defines the name of a path; `None` if it is outside this crate.
fn defined_in(modules: &[Module], here: usize, path: &[String], depth: usize) -> Option<String> {
    // A name that is defined nowhere, as two globs can make one.
    if depth > 20 {
        return None;
    }
    let (first, rest) = path.split_first()?;
    let mut at = here;
    let mut rest = rest;
    match first.as_str() {
        "crate" => at = 0,
        "self" => {}
        "super" => at = modules[here].parent?,
        name => match modules[here].children.get(name) {
            Some(child) => at = *child,
            None => {
                let import = modules[here].uses.iter().find(|import| import.name == *name)?;
                // Not its own import again: the name of another crate.
                let longer: Vec<_> = import.path.iter().chain(rest).cloned().collect();
                return (import.path != [name.to_owned()])
                    .then(|| defined_in(modules, here, &longer, depth + 1))
                    .flatten();
            }
        },
    }
    while let Some((name, further)) = rest.split_first() {
        if name == "super" {
            at = modules[at].parent?;
        } else if let Some(child) = modules[at].children.get(name) {
            at = *child;
        } else if at == here {
            break;
        } else {
            let gathered = modules[at].uses.iter().find(|import| import.name == *name);
            let through = gathered.and_then(|import| {
                let longer: Vec<_> = import.path.iter().chain(further).cloned().collect();
                defined_in(modules, at, &longer, depth + 1)
            });
            return through.or_else(|| Some(modules[at].file.clone()));
        }
        rest = further;
    }
    Some(modules[at].file.clone())
}

/// The text without comments and quoted texts.
fn without_texts(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if let Some(hashes) = raw_text(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = hashes + 2;
            at += rest[body..].find(&end).map_or(rest.len(), |found| body + found + end.len());
        } else if rest.starts_with('"') {
            at += 1;
            while at < bytes.len() && bytes[at] != b'"' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            at += 1;
        } else if rest.starts_with("'\\") {
            at += 3 + rest[3..].find('\'').map_or(0, |end| end + 1);
        } else if let Some(length) = letter(rest) {
            at += length;
        } else {
            let next = rest.chars().next().map_or(1, char::len_utf8);
            kept.push_str(&rest[..next]);
            at += next;
        }
    }
    kept
}

/// How many `#` a raw text begins with.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// How long a letter in quotes is, which a lifetime is not.
fn letter(rest: &str) -> Option<usize> {
    let mut letters = rest.strip_prefix('\'')?.chars();
    let letter = letters.next()?;
    (letters.next() == Some('\'')).then(|| letter.len_utf8() + 2)
}

/// The text without items that are compiled for tests only.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..start]);
        let item = &rest[start..];
        let mut depth = 0;
        let end = item.char_indices().find(|(_, letter)| {
            depth += i32::from(*letter == '{') - i32::from(*letter == '}');
            depth == 0 && matches!(letter, ';' | '}')
        });
        rest = end.map_or("", |(end, _)| &item[end + 1..]);
    }
    kept + rest
}

/// Takes the statements `use` out of a text.
fn take_uses(text: &str) -> (Vec<Use>, String) {
    let (mut uses, mut code, mut rest) = (Vec::new(), String::new(), text);
    while let Some(start) = next_use(rest) {
        let end = rest[start..].find(';').map_or(rest.len(), |end| start + end);
        let before = rest[..start].trim_end();
        let visibility = before.rsplit([';', '{', '}', ']']).next().unwrap_or_default().trim();
        leaves(&rest[start + "use ".len()..end], &[], visibility.starts_with("pub"), &mut uses);
        code.push_str(&rest[..start]);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    (uses, code + rest)
}

fn next_use(text: &str) -> Option<usize> {
    let begins = |at: usize| text[..at].chars().next_back().is_none_or(char::is_whitespace);
    text.match_indices("use ").map(|(at, _)| at).find(|at| begins(*at))
}

/// The leaves of a tree of imports.
fn leaves(tree: &str, before: &[String], is_public: bool, found: &mut Vec<Use>) {
    let tree = tree.trim();
    if let Some((head, body)) = tree.split_once('{') {
        let path: Vec<_> = before.iter().cloned().chain(segments(head)).collect();
        let mut depth = 0;
        let body = body.trim_end().strip_suffix('}').unwrap_or(body);
        for part in body.split(|letter: char| {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            depth == 0 && letter == ','
        }) {
            if !part.trim().is_empty() {
                leaves(part, &path, is_public, found);
            }
        }
        return;
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias)));
    let mut path: Vec<_> = before.iter().cloned().chain(segments(path)).collect();
    if path.last().is_some_and(|last| last == "self" || last == "*") && path.len() > 1 {
        path.pop();
    }
    let name =
        alias.map_or_else(|| path.last().cloned().unwrap_or_default(), |alias| alias.trim().to_owned());
    found.push(Use { path, name, is_public });
}

fn segments(path: &str) -> impl Iterator<Item = String> {
    path.split("::").map(str::trim).filter(|segment| !segment.is_empty()).map(str::to_owned)
}

/// Names, `::`, and every other sign by itself.
fn words(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("::") {
            2
        } else if is_letter(first) {
            rest.find(|letter| !is_letter(letter)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    words
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(is_letter)
}

#[test]
fn a_text_gives_its_imports_and_no_test_comment_or_quotation_does() {
    let text = r##"
        //! crate::doc
        use super::{a::{B, C as D}, e};
        pub(crate) use f::G;
        fn here<'a>(it: &'a str) { let (x, y) = ('"', "crate::quoted"); crate::h::i(); let z = r#"crate::"raw"#; }
        #[cfg(test)]
        mod tests { use crate::only::in_tests; }
    "##;
    let (uses, code) = take_uses(&without_tests(&without_texts(text)));
    let uses: Vec<_> =
        uses.iter().map(|one| (one.path.join("::"), one.name.as_str(), one.is_public)).collect();
    let expected = [
        ("super::a::B", "B", false),
        ("super::a::C", "D", false),
        ("super::e", "e", false),
        ("f::G", "G", true),
    ];
    assert_eq!(uses, expected.map(|(path, name, public)| (path.to_owned(), name, public)));
    let words = words(&code);
    assert!(words.windows(5).any(|five| five == ["crate", "::", "h", "::", "i"]));
    assert!(!words.iter().any(|word| ["doc", "quoted", "raw", "only"].contains(word)), "{words:?}");
}
