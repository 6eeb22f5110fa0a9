//! Tests a connection before it is saved or opened.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tenantry_connection::diagnosis::{Diagnosis, StageSink};
use tenantry_connection::{Secrets, completed};
use tenantry_core::jobs::Cancellation;
use tenantry_core::limits::DEFAULT_DATABASE;

use super::Console;
use crate::address::{self, Address, Trial, take_apart};
use crate::connection_secrets::{self, Pointed};
use crate::error::ConsoleError;

/// A connection in the editor.
pub struct TestRequest {
    /// The editor's draft, with the secrets that were typed into the string.
    pub draft: String,
    /// The connection's id; `None` if it was never saved.
    pub id: Option<String>,
    /// The connection string, with masks for its secrets.
    pub connection_string: SecretString,
    /// The database; empty for the one in the string, or the usual one.
    pub database: String,
    /// The secrets with fields of their own; `None` for the draft's or the stored one, empty for none.
    pub secrets: Secrets,
}

impl Console {
    /// Tests a connection step by step, up to the first that fails. A failure is a finding in the report, not an error.
    ///
    /// # Errors
    /// `cancelled`; `secrets_locked` if a stored secret is needed and the secrets file is locked.
    pub async fn test_connection(
        &self,
        request: TestRequest,
        sink: &dyn StageSink,
        cancellation: &Cancellation,
    ) -> Result<Diagnosis, ConsoleError> {
        let trial = self.trial(request).await?;
        let diagnosis = address::test_connection(trial, Arc::clone(&self.clock), sink, cancellation).await?;
        let code = diagnosis.finding.as_ref().map(|finding| finding.code.as_str());
        tracing::info!(finding = code, milliseconds = diagnosis.milliseconds, "tested a connection");
        Ok(diagnosis)
    }

    /// The connection to test. Typed secrets come first, then the draft's, then the stored ones.
    ///
    /// # Errors
    /// `secrets_locked`.
    pub async fn trial(&self, request: TestRequest) -> Result<Trial, ConsoleError> {
        let TestRequest { draft, id, connection_string, database, secrets } = request;
        let address = take_apart(connection_string.expose_secret()).ok();
        let mut secrets = completed(secrets, self.drafts.find(&draft));
        if let (Some(id), Some(address)) = (&id, &address) {
            secrets = self.with_stored(secrets, id, address).await?;
        }
        // An empty field is a secret that the person removed.
        secrets.retain(|_, secret| !secret.expose_secret().is_empty());
        let named = address.and_then(|address| address.database);
        let database = match database.trim() {
            "" => named.unwrap_or_else(|| DEFAULT_DATABASE.to_owned()),
            database => database.to_owned(),
        };
        Ok(Trial { connection_string, secrets, database })
    }

    /// Adds the secrets of a saved connection, except those that saving would forget.
    async fn with_stored(
        &self,
        given: Secrets,
        id: &str,
        address: &Address,
    ) -> Result<Secrets, ConsoleError> {
        let Some(profile) = self.profiles.find(id) else { return Ok(given) };
        // A different database only affects the service's secret, which no server receives.
        let after = Pointed { connection_string: &address.public, database: &profile.database };
        let moved = connection_secrets::moved(Pointed::of(&profile), after);
        let places: Vec<_> = address.places.iter().copied().filter(|kind| !moved.contains(kind)).collect();
        Ok(connection_secrets::complete(given, self.vault().await, &profile, &places).await?)
    }
}
