//! From a profile to services: the only file that names an adapter.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tenantry_connection::ConnectionString;
use tenantry_connection::diagnosis::{Diagnosis, StageSink};
use tenantry_connection::diagnosis::{STAGE_LIMIT, TestRequest, diagnose};
use tenantry_connection::dns::{NameOptions, Names};
use tenantry_connection::{ConnectionFields, ConnectionReading, ConnectionSecrets};
use tenantry_core::access::{AccessService, Operations, Prepared, WriteGate};
use tenantry_core::attention::AttentionService;
use tenantry_core::clock::Clock;
use tenantry_core::collections::{BackgroundReads, CollectionService};
use tenantry_core::export::ExportService;
use tenantry_core::jobs::Cancellation;
use tenantry_core::journal::{Opening, OperationRunner};
use tenantry_core::organizations::OrganizationService;
use tenantry_core::records::{Permits, Restriction, ServerFacts};
use tenantry_core::samples::SampleService;
use tenantry_core::sessions::{PasswordHasher, SessionService, SigningKey};
use tenantry_core::{AppError, Ports, StoreError};
use tenantry_store_mongo::{MongoOptions, MongoStore};
use tenantry_store_sqlite::SqliteStore;

use crate::vault::SecretKind;

pub use tenantry_connection::database::{DATABASE_NAME_MAX, check_database_name};
pub use tenantry_connection::destination;
pub use tenantry_connection::limits::DECODING_STACK;

/// Looking up the hosts of a `mongodb+srv` string: a person waits for it.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(10);

/// Where a workspace is.
pub enum Place<'a> {
    /// In a file on this computer.
    File(&'a Path),
    /// In a database of a MongoDB deployment.
    Deployment {
        /// The connection string, without its secrets.
        connection_string: &'a str,
        /// The database.
        database: &'a str,
        /// The secrets that belong into it; those that have no place in it are left out.
        secrets: &'a ConnectionSecrets,
    },
}

/// What services need besides the store.
pub struct Setting {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// In whose name operations are begun.
    pub opening: Opening,
    /// What the profile permits by itself.
    pub permits: Permits,
    /// What tokens are signed with.
    pub signing_key: SigningKey,
}

/// The services of one open workspace.
pub struct Services {
    /// Signing in and sessions.
    pub sessions: SessionService,
    /// Organizations.
    pub organizations: OrganizationService,
    /// Tenant collections.
    pub collections: CollectionService,
    /// Exports.
    pub exports: ExportService,
    /// Sample organizations.
    pub samples: SampleService,
    /// Locking and unlocking.
    pub access: AccessService,
    /// Interrupted acts that wait for a decision.
    pub attention: AttentionService,
    /// Hashes passwords.
    pub hasher: PasswordHasher,
    /// The store behind its gate, for questions about its health.
    pub ports: Ports,
}

/// What opening found.
pub struct Opened {
    /// The services.
    pub services: Services,
    /// The server or file.
    pub server: ServerFacts,
    /// Whether the workspace has an operator.
    pub claimed: bool,
    /// What a crash had left, and what could not be prepared.
    pub prepared: Prepared,
    /// What else a person should know.
    pub warnings: Vec<String>,
    /// What the database user can't do.
    pub restrictions: Vec<Restriction>,
}

/// Opens a workspace: connects, reads what its operators permit, prepares the store, and settles what a crash left. One
/// that may not be written to is not written to.
///
/// # Errors
/// What the adapter answers; nothing stays open then.
pub async fn open(place: Place<'_>, setting: Setting) -> Result<Opened, AppError> {
    let Setting { clock, opening, permits, signing_key } = setting;
    let store = connect(place, Arc::clone(&clock)).await?;
    let gate = Arc::new(WriteGate::new(permits, Arc::clone(&clock)));
    let runner = OperationRunner::new(store.clone(), Arc::clone(&clock), opening);
    let operations = Arc::new(Operations::new(Arc::clone(&gate), runner));
    let access = AccessService::new(store.clone(), Arc::clone(&operations), Arc::clone(&clock));
    // First: what operators permit says whether anything may be written.
    let warnings = Vec::from_iter(access.follow().await?);
    let prepared = access.prepare().await?;
    let (server, restrictions) = tokio::try_join!(store.health.server(), store.health.restrictions())?;
    let background = Arc::new(BackgroundReads::of(server.topology));
    let services = services(store.behind(&gate), clock, background, access, signing_key, operations);
    let claimed = services.sessions.is_claimed().await?;
    Ok(Opened { services, server, claimed, prepared, warnings, restrictions })
}

async fn connect(place: Place<'_>, clock: Arc<dyn Clock>) -> Result<Ports, StoreError> {
    match place {
        Place::File(path) => Ok(Ports::of(Arc::new(SqliteStore::open(path, clock).await?))),
        Place::Deployment { connection_string, database, secrets } => {
            let connection_string = ConnectionString::parse(connection_string)?.with_secrets(secrets)?;
            let options = MongoOptions::new(connection_string, database, clock);
            Ok(Ports::of(Arc::new(MongoStore::open(options).await?)))
        }
    }
}

fn services(
    ports: Ports,
    clock: Arc<dyn Clock>,
    background: Arc<BackgroundReads>,
    access: AccessService,
    signing_key: SigningKey,
    operations: Arc<Operations>,
) -> Services {
    let hasher = PasswordHasher::default();
    Services {
        sessions: SessionService::new(ports.clone(), Arc::clone(&clock), hasher.clone(), signing_key),
        attention: AttentionService::new(ports.clone(), Arc::clone(&operations), Arc::clone(&clock)),
        organizations: OrganizationService::new(
            ports.clone(),
            Arc::clone(&clock),
            hasher.clone(),
            operations,
        ),
        collections: CollectionService::new(ports.clone(), Arc::clone(&clock), Arc::clone(&background)),
        exports: ExportService::new(ports.clone(), Arc::clone(&clock), background),
        samples: SampleService::new(ports.clone(), clock),
        access,
        hasher,
        ports,
    }
}

/// A connection string, taken apart into what may be stored and shown, and the secrets.
pub struct Address {
    /// The string with the mask in the place of every secret.
    pub public: String,
    /// The secrets that stood in it.
    pub secrets: ConnectionSecrets,
    /// Which secrets belong into it, there or not.
    pub places: Vec<SecretKind>,
    /// The database user's name.
    pub user: Option<String>,
    /// The hosts, for people.
    pub hosts: String,
    /// Whether it is MongoDB Atlas.
    pub is_atlas: bool,
    /// Whether signing in to the server takes a password.
    pub needs_password: bool,
    /// The database that the string names.
    pub database: Option<String>,
}

/// Takes a connection string apart. Asks no server.
///
/// # Errors
/// `ConnectionString`, with the rule that it breaks and without any part of it.
pub fn take_apart(connection_string: &str) -> Result<Address, StoreError> {
    Ok(address(&ConnectionString::parse(connection_string)?))
}

/// Takes a connection string apart that gets secrets from elsewhere: they count before its own, and what may be
/// stored has a place for each. A secret that has no place in it is left out.
///
/// # Errors
/// As [`take_apart`].
pub fn take_apart_with(connection_string: &str, secrets: &ConnectionSecrets) -> Result<Address, StoreError> {
    Ok(address(&ConnectionString::parse(connection_string)?.with_secrets(secrets)?))
}

fn address(string: &ConnectionString) -> Address {
    let places = string.places();
    let belongs = [
        (places.password, SecretKind::DatabasePassword),
        (places.certificate_key_password, SecretKind::CertificateKeyPassword),
        (places.proxy_password, SecretKind::ProxyPassword),
        (places.aws_session_token, SecretKind::AwsSessionToken),
    ];
    Address {
        public: string.to_string(),
        secrets: string.secrets().clone(),
        places: belongs.into_iter().filter_map(|(there, kind)| there.then_some(kind)).collect(),
        user: string.username().map(str::to_owned),
        hosts: string.hosts().join(", "),
        is_atlas: string.is_atlas(),
        needs_password: string.needs_password(),
        database: string.default_database().map(str::to_owned),
    }
}

/// What a form shows of a connection string, and what is wrong with it.
pub fn read_connection_string(text: &str) -> ConnectionReading {
    tenantry_connection::read(text)
}

/// The string changed to say what a form says.
pub fn write_connection_string(text: &str, fields: &ConnectionFields) -> ConnectionReading {
    tenantry_connection::write(text, fields)
}

/// A `mongodb+srv` string as the list of hosts that it stands for.
///
/// # Errors
/// `ConnectionString`; `Unavailable` when the name can't be looked up.
pub async fn seed_list(connection_string: &str) -> Result<ConnectionReading, StoreError> {
    let string = ConnectionString::parse(connection_string)?;
    let unavailable = |reason: String| StoreError::Unavailable { reason };
    let names = Names::new(NameOptions::default()).map_err(|problem| unavailable(problem.to_string()))?;
    tokio::time::timeout(LOOK_UP_LIMIT, tenantry_connection::seed_list(&string, &names))
        .await
        .map_err(|_| unavailable("the name servers do not answer (DNS)".to_owned()))?
}

/// A connection to be tested.
pub struct Trial {
    /// The string; masks stand in it for secrets.
    pub connection_string: SecretString,
    /// The secrets.
    pub secrets: ConnectionSecrets,
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
        assert!(address.secrets.password.is_some(), "the password is lost");
        assert_eq!(address.database.as_deref(), Some("tenants"));
    }
}
