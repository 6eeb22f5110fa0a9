//! A `mongodb+srv` string written out as the hosts that it stands for.

use crate::ConnectionReading;
use tenantry_core::StoreError;

use super::encoding::for_option;
use super::{ConnectionString, wrong};
use crate::dns::Names;

/// Options that only make sense where hosts are looked up.
const OF_LOOK_UP: [&str; 2] = ["srvmaxhosts", "srvservicename"];

/// Looks the hosts up and writes them into the string, with the options of the TXT record and `tls=true`, which
/// `mongodb+srv` implies. Options of the string itself stay and win, as they do in the driver.
///
/// # Errors
/// `ConnectionString` for a string that is no good, or that lists its hosts already; `Unavailable` when the name can't
/// be looked up.
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
    let mut options: Vec<String> = parts
        .options
        .take()
        .unwrap_or_default()
        .into_iter()
        .filter(|option| {
            let name = option.split_once('=').map_or(option.as_str(), |(name, _)| name);
            !option.is_empty() && !OF_LOOK_UP.iter().any(|other| other.eq_ignore_ascii_case(name))
        })
        .collect();
    let has = |options: &[String], wanted: &str| {
        options
            .iter()
            .any(|option| option.split_once('=').is_some_and(|(name, _)| name.eq_ignore_ascii_case(wanted)))
    };
    let signs_in = string.parsed.credential.is_some();
    let txt = found.options;
    let implied = [
        ("authSource", txt.auth_source.filter(|_| signs_in)),
        ("replicaSet", txt.replica_set),
        ("loadBalanced", txt.load_balanced.map(|value| value.to_string())),
    ];
    for (name, value) in implied {
        if let Some(value) = value.filter(|_| !has(&options, name)) {
            options.push(format!("{name}={}", for_option(&value)));
        }
    }
    if !has(&options, "tls") && !has(&options, "ssl") {
        options.push("tls=true".to_owned());
    }
    parts.options = Some(options);
    parts.database.get_or_insert_default();
    let mut reading = super::read(&parts.text());
    reading.secrets = string.secrets.clone();
    Ok(reading)
}
