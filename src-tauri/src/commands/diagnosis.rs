//! The connection test.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tauri::State;
use tauri::ipc::Channel;
use tenantry_connection::ConnectionSecrets;
use tenantry_connection::diagnosis::{Diagnosis, Stage, StageSink};
use tenantry_core::limits::DEFAULT_DATABASE;

use tenantry_console::compose::{self, Address, Trial};
use tenantry_console::connection_secrets::{self, Pointed};
use tenantry_console::error::WireError;
use tenantry_console::state::AppState;

/// What is tested.
#[derive(Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TestInput {
    /// The editor's draft: it holds the secrets that were typed into the string.
    pub draft: String,
    /// The profile's id; `null` when it was never saved.
    pub id: Option<String>,
    /// The connection string; masks stand in it for secrets.
    pub connection_string: String,
    /// The database; empty for the one that the string names, or the usual one.
    pub database: String,
    /// The password; `null` for the draft's or the stored one.
    pub password: Option<String>,
    /// The password of the client certificate's key; `null` for the draft's or the stored one.
    pub certificate_key_password: Option<String>,
}

/// Tests a connection stage by stage, up to the first that fails. A failure is a finding in the report, not an error.
///
/// # Errors
/// `cancelled`; `secrets_locked` where a stored secret is needed and the file of secrets is locked.
#[tauri::command]
#[specta::specta]
pub async fn test_connection(
    state: State<'_, AppState>,
    input: TestInput,
    job: String,
    progress: Channel<Stage>,
) -> Result<Diagnosis, WireError> {
    let job = state.jobs.begin(&job);
    let trial = trial(&state, input).await?;
    let sink = ChannelStages(progress);
    let clock = std::sync::Arc::clone(&state.clock);
    let diagnosis = compose::test_connection(trial, clock, &sink, job.cancellation()).await?;
    let code = diagnosis.finding.as_ref().map(|finding| finding.code.as_str());
    tracing::info!(finding = code, milliseconds = diagnosis.milliseconds, "tested a connection");
    Ok(diagnosis)
}

struct ChannelStages(Channel<Stage>);

impl StageSink for ChannelStages {
    fn stage(&self, stage: &Stage) {
        // A window that has gone no longer wants to know; the report is what counts.
        if self.0.send(stage.clone()).is_err() {
            tracing::debug!("nobody listens to a connection test");
        }
    }
}

/// What was typed counts before what the draft holds, and that before what is stored.
pub(super) async fn trial(state: &AppState, input: TestInput) -> Result<Trial, WireError> {
    let TestInput { draft, id, connection_string, database, password, certificate_key_password } = input;
    let connection_string = SecretString::from(connection_string);
    let address = compose::take_apart(connection_string.expose_secret()).ok();
    let typed = ConnectionSecrets {
        password: password.map(SecretString::from),
        certificate_key_password: certificate_key_password.map(SecretString::from),
        ..ConnectionSecrets::default()
    };
    let mut secrets = typed.or(state.drafts.find(&draft));
    if let (Some(id), Some(address)) = (&id, &address) {
        secrets = with_stored(state, secrets, id, address).await?;
    }
    // An empty field is a secret that the person took out.
    secrets.password = secrets.password.filter(|secret| !secret.expose_secret().is_empty());
    secrets.certificate_key_password =
        secrets.certificate_key_password.filter(|secret| !secret.expose_secret().is_empty());
    let named = address.and_then(|address| address.database);
    let database = match database.trim() {
        "" => named.unwrap_or_else(|| DEFAULT_DATABASE.to_owned()),
        database => database.to_owned(),
    };
    Ok(Trial { connection_string, secrets, database })
}

/// With the secrets of a saved profile, but for those that saving would forget.
async fn with_stored(
    state: &AppState,
    given: ConnectionSecrets,
    id: &str,
    address: &Address,
) -> Result<ConnectionSecrets, WireError> {
    let Some(profile) = state.profiles.find(id) else { return Ok(given) };
    // A database of its own has a say about the service's key only, which no server is told.
    let after = Pointed { connection_string: &address.public, database: &profile.database };
    let moved = connection_secrets::moved(Pointed::of(&profile), after);
    let places: Vec<_> = address.places.iter().copied().filter(|kind| !moved.contains(kind)).collect();
    Ok(connection_secrets::complete(given, state.vault().await, &profile, &places).await?)
}
