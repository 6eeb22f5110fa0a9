//! A Tenantry export: JSON, with secrets only inside a seal.

use std::collections::BTreeMap;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenantry_connection::{SecretKind, Secrets};
use tenantry_core::records::{Access, Environment};

use super::{Candidate, Entry, ImportNote, ImportProblem};
use crate::profiles::Profile;

/// The format that such a file names.
pub(super) const FORMAT: &str = "Tenantry Connections";
const VERSION: u64 = 1;

/// A connection to export, with the secrets that go with it.
pub struct Exported {
    /// The profile.
    pub profile: Profile,
    /// Its secrets.
    pub secrets: Secrets,
}

#[derive(Serialize)]
struct FileToWrite<'a> {
    r#type: &'static str,
    version: u64,
    connections: Vec<ConnectionToWrite<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionToWrite<'a> {
    name: &'a str,
    environment: Environment,
    connection_string: &'a str,
    database: &'a str,
    notes: &'a str,
    favorite: bool,
    access: Access,
    has_signing_secret: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    secrets: BTreeMap<SecretKind, &'a str>,
}

/// Lenient: a person may have written it, and an older version may have left something out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionRead {
    name: String,
    connection_string: String,
    environment: Option<Environment>,
    #[serde(default)]
    database: String,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    favorite: bool,
    access: Option<Access>,
    #[serde(default)]
    has_signing_secret: bool,
    #[serde(default)]
    secrets: BTreeMap<SecretKind, String>,
}

/// The content of a file with these connections. It contains their secrets, if given: then seal it.
///
/// # Errors
/// It cannot be written as JSON.
pub fn write(connections: &[Exported]) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    let connections = connections.iter().map(|Exported { profile, secrets }| ConnectionToWrite {
        name: &profile.name,
        environment: profile.environment,
        connection_string: &profile.connection_string,
        database: &profile.database,
        notes: &profile.notes,
        favorite: profile.favorite,
        access: profile.access,
        has_signing_secret: profile.has_signing_secret,
        secrets: secrets.iter().map(|(kind, secret)| (*kind, secret.expose_secret())).collect(),
    });
    let file = FileToWrite { r#type: FORMAT, version: VERSION, connections: connections.collect() };
    serde_json::to_vec_pretty(&file).map(Zeroizing::new)
}

pub(super) fn read(mut file: Value) -> Result<Vec<Entry>, ImportProblem> {
    match file.get("version").and_then(Value::as_u64) {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => {
            return Err(ImportProblem::unusable("It was exported by a newer Tenantry. Update this one."));
        }
        Some(_) | None => return Err(ImportProblem::unusable("It has no version number.")),
    }
    match file.get_mut("connections").map(Value::take) {
        Some(Value::Array(connections)) => Ok(connections.into_iter().enumerate().map(entry).collect()),
        Some(_) | None => {
            Err(ImportProblem::unusable("It is a Tenantry export without a list of connections."))
        }
    }
}

fn entry((index, value): (usize, Value)) -> Entry {
    let place = format!("Connection {}", index + 1);
    let Ok(read) = serde_json::from_value::<ConnectionRead>(value) else {
        return Entry::Refused { name: place, why: ImportNote::Damaged };
    };
    let secrets = read.secrets.into_iter().map(|(kind, secret)| (kind, SecretString::from(secret)));
    // Each workspace makes its own key for its tokens.
    let secrets = secrets.filter(|(kind, _)| *kind != SecretKind::TokenKey);
    Entry::Found(Box::new(Candidate {
        database: read.database,
        environment: read.environment,
        notes: read.notes,
        favorite: read.favorite,
        access: read.access,
        secrets: secrets.collect(),
        has_signing_secret: read.has_signing_secret,
        ..Candidate::new(Some(read.name), place, SecretString::from(read.connection_string))
    }))
}
