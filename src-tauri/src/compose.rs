//! From a profile to services: the only file that names an adapter.

use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;
use tenantry_core::clock::Clock;
use tenantry_core::collections::CollectionService;
use tenantry_core::export::ExportService;
use tenantry_core::health::{Restriction, ServerFacts};
use tenantry_core::journal::{Opening, OperationRunner, Recovered};
use tenantry_core::organizations::OrganizationService;
use tenantry_core::samples::SampleService;
use tenantry_core::sessions::{PasswordHasher, SessionService, SigningKey};
use tenantry_core::{AppError, Ports, StoreError};
use tenantry_store_mongo::{ConnectionString, MongoOptions, MongoStore};
use tenantry_store_sqlite::SqliteStore;

/// Ways of signing in to a server that take no password.
const PASSWORDLESS: [&str; 4] = ["mongodb-x509", "mongodb-oidc", "mongodb-aws", "gssapi"];

/// Where a workspace is.
pub enum Place<'a> {
    /// In a file on this computer.
    File(&'a Path),
    /// In a database of a MongoDB deployment.
    Deployment {
        /// The connection string, without its password.
        connection_string: &'a str,
        /// The database.
        database: &'a str,
        /// The database user's password.
        password: Option<&'a SecretString>,
    },
}

/// What services need besides the store.
pub struct Setting {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// In whose name operations are begun.
    pub opening: Opening,
    /// What tokens are signed with.
    pub signing_key: SigningKey,
    /// Whether the name must be typed before an organization goes to the trash.
    pub confirm_trash: bool,
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
    /// Hashes passwords.
    pub hasher: PasswordHasher,
    /// The store itself, for questions about its health.
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
    /// What a crash had left.
    pub recovered: Vec<Recovered>,
    /// What could not be prepared, for people.
    pub warnings: Vec<String>,
    /// What the database user can't do.
    pub restrictions: Vec<Restriction>,
}

/// Opens a workspace: connects, prepares the store, and settles what a crash left.
///
/// # Errors
/// What the adapter answers; nothing stays open then.
pub async fn open(place: Place<'_>, setting: Setting) -> Result<Opened, AppError> {
    let Setting { clock, opening, signing_key, confirm_trash } = setting;
    let ports = connect(place, Arc::clone(&clock)).await?;
    let warnings = ports.health.prepare().await?;
    let runner = Arc::new(OperationRunner::new(ports.clone(), Arc::clone(&clock), opening));
    let recovered = runner.recover().await?;
    let (server, restrictions) = tokio::try_join!(ports.health.server(), ports.health.restrictions())?;
    let services = services(ports, clock, signing_key, runner, confirm_trash);
    let claimed = services.sessions.is_claimed().await?;
    Ok(Opened { services, server, claimed, recovered, warnings, restrictions })
}

async fn connect(place: Place<'_>, clock: Arc<dyn Clock>) -> Result<Ports, StoreError> {
    match place {
        Place::File(path) => Ok(Ports::of(Arc::new(SqliteStore::open(path, clock).await?))),
        Place::Deployment { connection_string, database, password } => {
            let connection_string = ConnectionString::parse(connection_string)?;
            let connection_string = match password {
                Some(password) => connection_string.with_password(password)?,
                None => connection_string,
            };
            let options = MongoOptions::new(connection_string, database, clock);
            Ok(Ports::of(Arc::new(MongoStore::open(options).await?)))
        }
    }
}

fn services(
    ports: Ports,
    clock: Arc<dyn Clock>,
    signing_key: SigningKey,
    runner: Arc<OperationRunner>,
    confirm_trash: bool,
) -> Services {
    let hasher = PasswordHasher::default();
    Services {
        sessions: SessionService::new(ports.clone(), Arc::clone(&clock), hasher.clone(), signing_key),
        organizations: OrganizationService::new(
            ports.clone(),
            Arc::clone(&clock),
            hasher.clone(),
            runner,
            confirm_trash,
        ),
        collections: CollectionService::new(ports.clone(), Arc::clone(&clock)),
        exports: ExportService::new(ports.clone(), Arc::clone(&clock)),
        samples: SampleService::new(ports.clone(), clock),
        hasher,
        ports,
    }
}

/// A connection string, taken apart into what may be stored and shown, and the password.
pub struct Address {
    /// The string without its password.
    pub public: String,
    /// The password, as a person would type it.
    pub password: Option<SecretString>,
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
    let parsed = ConnectionString::parse(connection_string)?;
    let public = parsed.without_password();
    Ok(Address {
        password: parsed.password().cloned(),
        user: parsed.username().map(str::to_owned),
        hosts: parsed.hosts().join(", "),
        is_atlas: parsed.is_atlas(),
        needs_password: parsed.username().is_some() && !signs_in_without_password(&public),
        database: parsed.default_database().map(str::to_owned),
        public,
    })
}

fn signs_in_without_password(connection_string: &str) -> bool {
    let options = connection_string.split_once('?').map_or("", |(_, options)| options).to_ascii_lowercase();
    options
        .split('&')
        .filter_map(|option| option.strip_prefix("authmechanism="))
        .any(|mechanism| PASSWORDLESS.contains(&mechanism))
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
        assert!(address.password.is_some(), "the password is lost");
        assert_eq!(address.database.as_deref(), Some("tenants"));
    }
}
