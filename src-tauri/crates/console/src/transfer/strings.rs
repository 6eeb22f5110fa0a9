//! A list of connection strings, one per line, with an optional name before it: `name = string`, or the name and a tab.
//! Empty lines and those that begin with `#` are skipped.

use secrecy::SecretString;
use tenantry_connection::SCHEMES;

use super::{Candidate, Entry, ImportNote, ImportProblem};

/// Whether there is a connection string in the text.
pub(super) fn has_any(text: &str) -> bool {
    lines(text).any(|(_, line)| start_of_string(line).is_some())
}

pub(super) fn read(text: &str) -> Result<Vec<Entry>, ImportProblem> {
    if !has_any(text) {
        return Err(ImportProblem::unusable(
            "It contains no connection string, and it is neither a Compass export nor a Tenantry export.",
        ));
    }
    Ok(lines(text).map(|(number, line)| entry(number, line)).collect())
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn entry(number: usize, line: &str) -> Entry {
    // Nothing of the line is shown: it may be a connection string with a misspelled beginning, password and all.
    let refused = |why| Entry::Refused { name: place(number), why };
    let Some(start) = start_of_string(line) else {
        return refused(ImportNote::NoConnectionString);
    };
    let (before, string) = line.split_at(start);
    let name = match before.trim_end_matches([' ', '"', '\'']) {
        "" => None,
        before => match before.strip_suffix(['=', '\t']) {
            Some(name) => Some(name.trim_matches([' ', '\t', '"', '\'']).to_owned()),
            None => {
                return refused(ImportNote::NoName);
            }
        },
    };
    let string = string.trim_end_matches(['"', '\'', ',', ';']);
    let name = name.filter(|name| !name.is_empty());
    Entry::Found(Box::new(Candidate::new(name, place(number), SecretString::from(string))))
}

fn place(number: usize) -> String {
    format!("Line {number}")
}

fn start_of_string(line: &str) -> Option<usize> {
    SCHEMES.into_iter().filter_map(|scheme| line.find(scheme)).min()
}
