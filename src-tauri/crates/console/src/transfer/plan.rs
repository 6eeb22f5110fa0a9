//! Decides what becomes of each connection that was found.

use std::collections::{BTreeSet, HashMap};

use secrecy::ExposeSecret;
use serde::Serialize;
use tenantry_connection::{SecretKind, Secrets, completed};
use tenantry_core::records::{Access, Environment};

use super::{Candidate, Entry};
use crate::address::{self, Address};
use crate::error::ConsoleError;
use crate::identifiers::random_id;
use crate::profiles::{Checked, NAME_MAX, Profile, Typed};

/// What became of one connection.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ImportEntry {
    /// Its name, or its place in the import.
    pub name: String,
    /// What became of it.
    pub outcome: ImportOutcome,
    /// What was imported, what was not, and why.
    pub notes: Vec<ImportNote>,
    /// The saved connection that it is now, or was already.
    pub workspace_id: Option<String>,
}

/// What became of one connection, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// Everything was imported.
    Imported,
    /// It was imported without a secret that it needs.
    ImportedWithoutSecret,
    /// The same one is saved already.
    AlreadyThere,
    /// Nothing was imported.
    Refused,
}

/// What a person should know of one connection.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ImportNote {
    /// No connection string was found in it.
    NoConnectionString,
    /// The text before its connection string is not a name.
    NoName,
    /// Two connection strings seem to have run together.
    RanTogether,
    /// It is damaged or incomplete.
    Damaged,
    /// It breaks rules.
    Refused {
        /// The broken rules.
        error: ConsoleError,
    },
    /// The same connection is saved already.
    Same {
        /// Its name.
        name: String,
    },
    /// Its secrets are sealed by Compass.
    SealedByCompass,
    /// Its SSH tunnel was not imported.
    NoTunnel,
    /// Its settings for encrypted fields were not imported.
    NoFieldEncryption,
    /// Tenantry asks for its password when it opens.
    PasswordAsked,
    /// Its service signing secret was not imported.
    NoServiceSecret,
    /// It counts as production until a person chooses its environment.
    TakenForProduction,
    /// Its secrets last only for this run: there is nowhere to store them.
    SecretsNotStored,
}

/// A connection to save, and the secrets to store for it afterwards.
pub struct Planned {
    /// The profile, without secrets.
    pub profile: Profile,
    /// Its secrets.
    pub secrets: Secrets,
}

/// What an import will do.
#[derive(Default)]
pub struct Plan {
    /// What becomes of each entry, in order.
    pub entries: Vec<ImportEntry>,
    /// What is saved.
    pub planned: Vec<Planned>,
}

/// Decides about each entry: those that keep the editor's rules and are not among the `saved` are imported.
pub fn plan(entries: Vec<Entry>, saved: &[Profile]) -> Plan {
    let known = saved.iter().filter_map(|profile| {
        let address = address::take_apart(&profile.connection_string).ok()?;
        Some((identity(&address, &profile.database), (profile.id.clone(), profile.name.clone())))
    });
    let mut known: HashMap<_, _> = known.collect();
    let mut plan = Plan::default();
    for entry in entries {
        let entry = match entry {
            Entry::Refused { name, why } => refused(name, why),
            Entry::Found(candidate) => found(*candidate, &mut known, &mut plan.planned),
        };
        plan.entries.push(entry);
    }
    plan
}

fn refused(name: String, why: ImportNote) -> ImportEntry {
    ImportEntry { name, outcome: ImportOutcome::Refused, notes: vec![why], workspace_id: None }
}

fn found(
    candidate: Candidate,
    known: &mut HashMap<String, (String, String)>,
    planned: &mut Vec<Planned>,
) -> ImportEntry {
    let hosts = address::take_apart(candidate.connection_string.expose_secret().trim())
        .map(|address| address.hosts.replace(":27017", ""))
        .ok();
    let name = cut(candidate.name.as_deref().or(hosts.as_deref()).unwrap_or_default());
    let typed = Typed {
        name: if name.is_empty() { "-" } else { &name },
        connection_string: &candidate.connection_string,
        database: &candidate.database,
        notes: &candidate.notes,
    };
    let named = |name: &str| if name.is_empty() { candidate.place.clone() } else { name.to_owned() };
    if ran_together(candidate.connection_string.expose_secret()) {
        return refused(named(&name), ImportNote::RanTogether);
    }
    let checked = match typed.check() {
        Ok(checked) => checked,
        Err(error) => return refused(named(&name), ImportNote::Refused { error: ConsoleError::from(error) }),
    };
    let identity = identity(&checked.address, &checked.database);
    if let Some((id, there)) = known.get(&identity) {
        return ImportEntry {
            name: named(&name),
            outcome: ImportOutcome::AlreadyThere,
            notes: vec![ImportNote::Same { name: there.clone() }],
            workspace_id: Some(id.clone()),
        };
    }
    let (environment, is_guess) = match candidate.environment {
        Some(environment) => (environment, false),
        None => guess(&name, &checked.address),
    };
    let access = match (candidate.access, environment) {
        (Some(access), _) => access,
        (None, Environment::Production) => Access::Locked,
        (None, Environment::Local | Environment::Development | Environment::Staging) => Access::ReadWrite,
    };
    let Checked { name, address, database, notes } = checked;
    let mut secrets = candidate.secrets;
    secrets.retain(|_, secret| !secret.expose_secret().is_empty());
    let needs_password = address.needs_password;
    let profile = Profile {
        id: random_id(),
        name,
        environment,
        connection_string: address.public.clone(),
        database,
        notes,
        favorite: candidate.favorite,
        access,
        last_opened_at: None,
        stored: BTreeSet::new(),
        has_signing_secret: candidate.has_signing_secret || secrets.contains_key(&SecretKind::ServiceSecret),
    };
    let secrets = completed(secrets, address.secrets);
    let mut notes = candidate.left_out;
    let lacks_password = needs_password && !secrets.contains_key(&SecretKind::DatabasePassword);
    let lacks_key = profile.has_signing_secret && !secrets.contains_key(&SecretKind::ServiceSecret);
    notes.extend(lacks_password.then_some(ImportNote::PasswordAsked));
    notes.extend(lacks_key.then_some(ImportNote::NoServiceSecret));
    notes.extend(is_guess.then_some(ImportNote::TakenForProduction));
    let entry = ImportEntry {
        name: profile.name.clone(),
        outcome: if lacks_password || lacks_key {
            ImportOutcome::ImportedWithoutSecret
        } else {
            ImportOutcome::Imported
        },
        notes,
        workspace_id: Some(profile.id.clone()),
    };
    known.insert(identity, (profile.id.clone(), profile.name.clone()));
    planned.push(Planned { profile, secrets });
    entry
}

/// Whether an option's value looks like a user and a password before a host: a line break was lost, and drivers would
/// take the rest of the line for a name, password and all.
fn ran_together(connection_string: &str) -> bool {
    let options = connection_string.split_once('?').map_or("", |(_, options)| options);
    options.split('&').any(|option| option.split_once('@').is_some_and(|(before, _)| before.contains(':')))
}

/// A name from elsewhere, on one line and not too long.
fn cut(name: &str) -> String {
    let printable = name.chars().map(|character| if character.is_control() { ' ' } else { character });
    printable.collect::<String>().trim().chars().take(NAME_MAX).collect::<String>().trim_end().to_owned()
}

/// The environment, judged by hosts and name; `true` if it was a guess. A false alarm costs a click, a missing one
/// costs data.
fn guess(name: &str, address: &Address) -> (Environment, bool) {
    let is_here = |host: &str| {
        let host = host.trim();
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|here| host.strip_prefix(here).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
    };
    if address.hosts.split(',').all(is_here) {
        return (Environment::Local, false);
    }
    let name = name.to_lowercase();
    let mut words = name.split(|character: char| !character.is_alphanumeric());
    let said = words.find_map(|word| match word {
        "prod" | "production" | "live" => Some(Environment::Production),
        "stage" | "staging" | "test" | "testing" | "qa" | "uat" => Some(Environment::Staging),
        "dev" | "development" => Some(Environment::Development),
        "local" => Some(Environment::Local),
        _ => None,
    });
    said.map_or((Environment::Production, true), |environment| (environment, false))
}

/// The identity of a connection: hosts, user, database and options, in any order.
fn identity(address: &Address, database: &str) -> String {
    let (start, options) = address.public.split_once('?').unwrap_or((&address.public, ""));
    let scheme = start.split_once("://").map_or("", |(scheme, _)| scheme);
    let lower = address.hosts.to_lowercase();
    let mut hosts: Vec<&str> =
        lower.split(',').map(str::trim).map(|host| host.strip_suffix(":27017").unwrap_or(host)).collect();
    hosts.sort_unstable();
    let mut options: Vec<String> = options
        .split('&')
        .filter_map(|option| option.split_once('='))
        .filter(|(_, value)| *value != tenantry_connection::SECRET_MASK)
        .map(|(name, value)| format!("{}={value}", name.to_ascii_lowercase()))
        .collect();
    // Not by value: the order of repeated options counts.
    options.sort_by(|one, other| one.split('=').next().cmp(&other.split('=').next()));
    let default_database = address.database.as_deref().unwrap_or_default();
    [
        scheme,
        address.user.as_deref().unwrap_or_default(),
        &hosts.join(","),
        database,
        default_database,
        &options.join("&"),
    ]
    .join("\n")
}
