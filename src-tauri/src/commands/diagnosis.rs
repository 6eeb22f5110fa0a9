//! The connection test.

use super::profiles::typed_secrets;
use secrecy::SecretString;
use serde::Deserialize;
use tauri::State;
use tauri::ipc::Channel;
use tenantry_connection::diagnosis::{Diagnosis, Stage, StageSink};

use tenantry_console::Console;
use tenantry_console::console::TestRequest;
use tenantry_console::error::ConsoleError;

/// The connection to test.
#[derive(Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TestInput {
    /// The editor's draft, with the secrets that were typed into the string.
    pub draft: String,
    /// The connection's id; `null` if it was never saved.
    pub id: Option<String>,
    /// The connection string, with masks for its secrets.
    pub connection_string: String,
    /// The database; empty for the one in the string, or the usual one.
    pub database: String,
    /// The password; `null` for the draft's or the stored one.
    pub password: Option<String>,
    /// The password of the client certificate's key; `null` for the draft's or the stored one.
    pub certificate_key_password: Option<String>,
}

/// Tests a connection step by step, up to the first that fails. A failure is a finding in the report, not an error.
///
/// # Errors
/// `cancelled`; `secrets_locked` if a stored secret is needed and the secrets file is locked.
#[tauri::command]
#[specta::specta]
pub async fn test_connection(
    console: State<'_, Console>,
    input: TestInput,
    job: String,
    progress: Channel<Stage>,
) -> Result<Diagnosis, ConsoleError> {
    let job = console.jobs.begin(&job);
    let sink = ChannelStages(progress);
    console.test_connection(input.into(), &sink, job.cancellation()).await
}

impl From<TestInput> for TestRequest {
    fn from(input: TestInput) -> Self {
        Self {
            draft: input.draft,
            id: input.id,
            connection_string: SecretString::from(input.connection_string),
            database: input.database,
            secrets: typed_secrets(input.password, input.certificate_key_password),
        }
    }
}

struct ChannelStages(Channel<Stage>);

impl StageSink for ChannelStages {
    fn stage(&self, stage: &Stage) {
        // A closed window no longer wants progress; the report counts.
        if self.0.send(stage.clone()).is_err() {
            tracing::debug!("nobody listens to a connection test");
        }
    }
}
