//! Imports and exports of connections.
//!
//! A reader turns a file or text into candidates; [`plan()`] checks them as the editor does and decides about each.
//! Nothing is saved here. No sentence here contains a piece of a connection string.

mod compass;
mod plan;
mod strings;
mod tenantry;

use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use tenantry_core::records::{Access, Environment};

pub use plan::{ImportEntry, ImportNote, ImportOutcome, Plan, Planned, plan};
pub use tenantry::{Exported, write};

use crate::sealing::{self, UnsealProblem};
use tenantry_connection::Secrets;

/// Bytes of a file or text to import: some ten thousand connections.
pub const IMPORT_MAX: usize = 4 * 1024 * 1024;
/// Connections in one import.
pub const ENTRIES_MAX: usize = 1_000;

/// The source of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// An export of MongoDB Compass.
    Compass,
    /// A list of connection strings.
    ConnectionStrings,
    /// A Tenantry export.
    Tenantry,
}

/// Why nothing at all can be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportProblem {
    /// It is sealed, and no passphrase was given.
    #[error("a passphrase is needed")]
    PassphraseNeeded,
    /// It is sealed with another passphrase.
    #[error("the passphrase is not the one that it was sealed with")]
    PassphraseRefused,
    /// It cannot be read; a sentence says why.
    #[error("{0}")]
    Unusable(String),
}

impl ImportProblem {
    fn unusable(sentence: impl Into<String>) -> Self {
        Self::Unusable(sentence.into())
    }
}

/// A connection that was found, not checked yet.
pub struct Candidate {
    /// Its name, if any.
    pub name: Option<String>,
    /// Its name if it has none and no host is known.
    pub place: String,
    /// May contain secrets.
    pub connection_string: SecretString,
    /// The database; empty if it is not given.
    pub database: String,
    /// Its environment, if known.
    pub environment: Option<Environment>,
    /// Notes about it.
    pub notes: String,
    /// Shown before the others.
    pub favorite: bool,
    /// Its access, if given.
    pub access: Option<Access>,
    /// Secrets outside the connection string.
    pub secrets: Secrets,
    /// Whether a service signing secret was given, here or where it comes from.
    pub has_signing_secret: bool,
    /// What cannot be imported of it.
    pub left_out: Vec<ImportNote>,
}

impl Candidate {
    fn new(name: Option<String>, place: String, connection_string: SecretString) -> Self {
        Self {
            name,
            place,
            connection_string,
            database: String::new(),
            environment: None,
            notes: String::new(),
            favorite: false,
            access: None,
            secrets: Secrets::new(),
            has_signing_secret: false,
            left_out: Vec::new(),
        }
    }
}

/// An entry of an import.
pub enum Entry {
    /// It looks like a connection.
    Found(Box<Candidate>),
    /// It does not.
    Refused {
        /// Its name, or its place.
        name: String,
        /// Why.
        why: ImportNote,
    },
}

/// The kind of a file or text, and whether it is sealed; `None` if it cannot be imported. A sealed file is Tenantry's
/// own.
pub fn kind_of(content: &[u8]) -> Option<(ImportKind, bool)> {
    if sealing::is_sealed(content) {
        return Some((ImportKind::Tenantry, true));
    }
    let text = text_of(content).ok()?;
    let kind = if text.starts_with(['{', '[']) {
        match format_of(&serde_json::from_str(text).ok()?)? {
            compass::FORMAT => ImportKind::Compass,
            tenantry::FORMAT => ImportKind::Tenantry,
            _ => return None,
        }
    } else {
        strings::has_any(text).then_some(ImportKind::ConnectionStrings)?
    };
    Some((kind, false))
}

/// Reads a file or text. Unsealing takes a second and blocks.
///
/// # Errors
/// See [`ImportProblem`].
pub fn read(content: &[u8], passphrase: Option<&SecretString>) -> Result<Vec<Entry>, ImportProblem> {
    if content.len() > IMPORT_MAX {
        return Err(ImportProblem::unusable("It is larger than 4 MB, the limit for an import."));
    }
    if sealing::is_sealed(content) {
        let passphrase = passphrase.ok_or(ImportProblem::PassphraseNeeded)?;
        let unsealed = sealing::unseal(content, passphrase).map_err(unseal_problem)?;
        return read_open(&unsealed);
    }
    read_open(content)
}

fn read_open(content: &[u8]) -> Result<Vec<Entry>, ImportProblem> {
    let text = text_of(content)?;
    let entries = if text.starts_with(['{', '[']) { read_json(text)? } else { strings::read(text)? };
    match entries.len() {
        0 => Err(ImportProblem::unusable("It contains no connection.")),
        1..=ENTRIES_MAX => Ok(entries),
        _ => Err(ImportProblem::unusable(format!(
            "It has more than {ENTRIES_MAX} connections. Split it into several files."
        ))),
    }
}

fn read_json(text: &str) -> Result<Vec<Entry>, ImportProblem> {
    let value: Value = serde_json::from_str(text)
        .map_err(|_| ImportProblem::unusable("It is damaged or cut off: the JSON is incomplete."))?;
    match format_of(&value) {
        Some(compass::FORMAT) => compass::read(&value),
        Some(tenantry::FORMAT) => tenantry::read(value),
        Some(_) | None => {
            Err(ImportProblem::unusable("It is JSON, but neither a Compass export nor a Tenantry export."))
        }
    }
}

/// The format that a JSON document names.
fn format_of(value: &Value) -> Option<&str> {
    value.get("type")?.as_str()
}

fn text_of(content: &[u8]) -> Result<&str, ImportProblem> {
    let text = std::str::from_utf8(content)
        .ok()
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| ImportProblem::unusable("It is not UTF-8 text."))?;
    Ok(text.trim_start_matches('\u{feff}').trim())
}

fn unseal_problem(problem: UnsealProblem) -> ImportProblem {
    match problem {
        UnsealProblem::Refused => ImportProblem::PassphraseRefused,
        UnsealProblem::NotSealed => {
            ImportProblem::unusable("It is encrypted with someone's key, not with a passphrase.")
        }
        UnsealProblem::Damaged => ImportProblem::unusable("Its sealed contents are damaged or cut off."),
        UnsealProblem::TooCostly => {
            ImportProblem::unusable("Opening it takes more work than any Tenantry file should.")
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
