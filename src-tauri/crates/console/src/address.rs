//! Takes connection strings apart for saving, showing, opening and testing.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tenantry_connection::diagnosis::{Diagnosis, STAGE_LIMIT, StageSink, TestRequest, diagnose};
use tenantry_connection::dns::{NameOptions, Names};
use tenantry_connection::{ConnectionReading, ConnectionString, SecretKind, Secrets};
use tenantry_core::clock::Clock;
use tenantry_core::jobs::Cancellation;
use tenantry_core::{AppError, StoreError};

/// Time limit for looking up the hosts of a `mongodb+srv` string: a person waits for it.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(10);

/// A connection string, split into what can be stored and shown, and its secrets.
pub struct Address {
    /// The string with a mask in place of every secret.
    pub public: String,
    /// Its secrets.
    pub secrets: Secrets,
    /// The secrets that belong into it, given or not.
    pub places: Vec<SecretKind>,
    /// The database user's name.
    pub user: Option<String>,
    /// The hosts, for messages.
    pub hosts: String,
    /// Whether it is MongoDB Atlas.
    pub is_atlas: bool,
    /// Whether signing in to the server needs a password.
    pub needs_password: bool,
    /// The database in the string.
    pub database: Option<String>,
}

/// Splits a connection string. Asks no server.
///
/// # Errors
/// `ConnectionString`, with the broken rule and without any part of the string.
pub fn take_apart(connection_string: &str) -> Result<Address, StoreError> {
    let string = ConnectionString::parse(connection_string)?;
    Ok(Address {
        public: string.to_string(),
        secrets: string.secrets().clone(),
        places: string.places(),
        user: string.username().map(str::to_owned),
        hosts: string.hosts().join(", "),
        is_atlas: string.is_atlas(),
        needs_password: string.needs_password(),
        database: string.default_database().map(str::to_owned),
    })
}

/// Converts a `mongodb+srv` string to a list of its hosts.
///
/// # Errors
/// `ConnectionString`; `Unavailable` if the lookup fails.
pub async fn seed_list(connection_string: &str) -> Result<ConnectionReading, StoreError> {
    let string = ConnectionString::parse(connection_string)?;
    let unavailable = |reason: String| StoreError::Unavailable { reason };
    let names = Names::new(NameOptions::default()).map_err(|problem| unavailable(problem.to_string()))?;
    tokio::time::timeout(LOOK_UP_LIMIT, tenantry_connection::seed_list(&string, &names))
        .await
        .map_err(|_| unavailable("the name servers do not answer (DNS)".to_owned()))?
}

/// A connection to test.
pub struct Trial {
    /// The string, with masks for its secrets.
    pub connection_string: SecretString,
    /// The secrets.
    pub secrets: Secrets,
    /// The database.
    pub database: String,
}

/// Tests a connection.
///
/// # Errors
/// `Cancelled`.
pub async fn test_connection(
    trial: Trial,
    clock: Arc<dyn Clock>,
    sink: &dyn StageSink,
    cancellation: &Cancellation,
) -> Result<Diagnosis, AppError> {
    let request = TestRequest {
        connection_string: trial.connection_string.expose_secret().to_owned(),
        secrets: trial.secrets,
        database: trial.database,
        limit: STAGE_LIMIT,
        names: NameOptions::default(),
        clock,
    };
    diagnose(&request, sink, cancellation).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_needed_where_there_is_a_user_and_no_other_means() {
        let needs = |text| take_apart(text).unwrap().needs_password;
        assert!(needs("mongodb://dana@host.example"));
        assert!(!needs("mongodb://localhost:27017"), "a server without access control asks for none");
        assert!(!needs(
            "mongodb://CN%3Ddana@host.example/?tls=true&authMechanism=MONGODB-X509&authSource=$external"
        ));
    }

    #[test]
    fn what_may_be_stored_holds_no_password() {
        let address = take_apart("mongodb://dana:s3cret@host.example/tenants").unwrap();
        assert!(!address.public.contains("s3cret"), "{}", address.public);
        assert!(address.secrets.contains_key(&SecretKind::DatabasePassword), "the password is lost");
        assert_eq!(address.database.as_deref(), Some("tenants"));
    }
}
