//! A MongoDB Compass export: extended JSON of version 1, with the secrets in the connection strings, without them, or
//! in a `connectionSecrets` that only Compass opens.

use secrecy::SecretString;
use serde_json::Value;

use super::{Candidate, Entry, ImportNote, ImportProblem};

/// The format that such a file names.
pub(super) const FORMAT: &str = "Compass Connections";
const VERSION: i64 = 1;

pub(super) fn read(file: &Value) -> Result<Vec<Entry>, ImportProblem> {
    if file.get("version").and_then(number) != Some(VERSION) {
        return Err(ImportProblem::unusable(
            "It is a Compass export of a version that Tenantry does not support.",
        ));
    }
    let connections = file.get("connections").and_then(Value::as_array);
    let connections = connections
        .ok_or_else(|| ImportProblem::unusable("It is a Compass export without a list of connections."))?;
    Ok(connections.iter().enumerate().map(|(index, value)| entry(index + 1, value)).collect())
}

/// A number as extended JSON writes it, canonical or relaxed.
fn number(value: &Value) -> Option<i64> {
    let canonical = || value.get("$numberInt").or_else(|| value.get("$numberLong"))?.as_str()?.parse().ok();
    value.as_i64().or_else(canonical)
}

fn entry(number: usize, value: &Value) -> Entry {
    let favorite = value.get("favorite").filter(|favorite| favorite.is_object());
    let name = favorite.and_then(|favorite| favorite.get("name")).and_then(Value::as_str).map(str::trim);
    let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
    let place = format!("Connection {number}");
    let options = value.get("connectionOptions");
    let Some(string) = options.and_then(|options| options.get("connectionString")).and_then(Value::as_str)
    else {
        return Entry::Refused { name: name.unwrap_or(place), why: ImportNote::NoConnectionString };
    };
    let mut candidate = Candidate::new(name, place, SecretString::from(without_own_options(string)));
    candidate.favorite = match value.get("savedConnectionType").and_then(Value::as_str) {
        Some(saved_as) => saved_as == "favorite",
        None => favorite.is_some(),
    };
    let has =
        |key: &str| options.and_then(|options| options.get(key)).is_some_and(|option| !is_empty(option));
    let left_out = [
        (value.get("connectionSecrets").is_some_and(|sealed| !is_empty(sealed)), ImportNote::SealedByCompass),
        (has("sshTunnel"), ImportNote::NoTunnel),
        (has("fleOptions"), ImportNote::NoFieldEncryption),
    ];
    candidate.left_out = left_out.into_iter().filter_map(|(is, note)| is.then_some(note)).collect();
    Entry::Found(Box::new(candidate))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(set) => !set,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(_) => false,
    }
}

/// The string without Compass's own additions: its name, which the server's log would show for Tenantry, and an
/// authentication method that means "none given" and that drivers do not know.
fn without_own_options(string: &str) -> String {
    let Some((address, options)) = string.split_once('?') else { return string.to_owned() };
    let is_own = |option: &&str| {
        let option = option.to_ascii_lowercase();
        option == "authmechanism=default"
            || option.starts_with("appname=mongodb") && option.contains("compass")
    };
    let kept: Vec<&str> = options.split('&').filter(|option| !is_own(option)).collect();
    if kept.is_empty() { address.to_owned() } else { format!("{address}?{}", kept.join("&")) }
}
