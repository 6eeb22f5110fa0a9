//! Converts a `mongodb+srv` string to a list of its hosts.
use tenantry_core::StoreError;

use super::{ConnectionString, wrong};
use crate::ConnectionReading;
use crate::dns::Names;

/// Looks the hosts up and writes them into the string, with the options of the TXT record and `tls=true`, which
/// `mongodb+srv` implies. Options of the string itself take precedence, as in the driver.
///
/// # Errors
/// `ConnectionString` for an invalid string, or one that already lists its hosts; `Unavailable` if the lookup fails.
pub async fn seed_list(string: &ConnectionString, names: &Names) -> Result<ConnectionReading, StoreError> {
    if !string.is_srv() {
        return Err(wrong("It lists its hosts already."));
    }
    let name = string.hosts().into_iter().next().unwrap_or_default();
    let found = names
        .deployment(string.srv_service(), &name)
        .await
        .map_err(|problem| StoreError::Unavailable { reason: problem.to_string() })?;
    let most =
        string.parsed.srv_max_hosts.and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0);
    let hosts: Vec<String> =
        found.hosts.iter().take(most.unwrap_or(usize::MAX)).map(ToString::to_string).collect();

    let mut parts = string.parts.clone();
    parts.scheme = "mongodb".to_owned();
    parts.hosts = hosts.join(",");
    // Both only make sense where hosts are looked up.
    parts.set("srvMaxHosts", None);
    parts.set("srvServiceName", None);
    let signs_in = string.parsed.credential.is_some();
    let txt = found.options;
    let implied = [
        ("authSource", txt.auth_source.filter(|_| signs_in)),
        ("replicaSet", txt.replica_set),
        ("loadBalanced", txt.load_balanced.map(|value| value.to_string())),
    ];
    for (name, value) in implied {
        if let Some(value) = value.filter(|_| parts.find(name).is_none()) {
            parts.set(name, Some(&value));
        }
    }
    if parts.find("tls").is_none() && parts.find("ssl").is_none() {
        parts.set("tls", Some("true"));
    }
    parts.database.get_or_insert_default();
    let mut reading = super::read(&parts.text());
    reading.secrets = string.secrets.clone();
    Ok(reading)
}
