//! From a place to the services of an open workspace: the only file that names an adapter.

use std::path::Path;
use std::sync::Arc;

use tenantry_connection::{ConnectionSecrets, ConnectionString};
use tenantry_core::access::{AccessService, Operations, Prepared, WriteGate};
use tenantry_core::attention::AttentionService;
use tenantry_core::clock::Clock;
use tenantry_core::collections::{BackgroundReads, CollectionService};
use tenantry_core::export::ExportService;
use tenantry_core::journal::{Opening, OperationRunner};
use tenantry_core::organizations::OrganizationService;
use tenantry_core::records::{Permits, Restriction, ServerFacts};
use tenantry_core::samples::SampleService;
use tenantry_core::sessions::{PasswordHasher, SessionService, SigningKey};
use tenantry_core::{AppError, Ports, StoreError};
use tenantry_store_mongo::{MongoOptions, MongoStore};
use tenantry_store_sqlite::SqliteStore;

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
    /// Hashes passwords, at its cost.
    pub hasher: PasswordHasher,
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
    /// The journal's operations.
    pub operations: Arc<Operations>,
    /// Hashes passwords.
    pub hasher: PasswordHasher,
    /// The store behind its gate.
    pub ports: Ports,
}

impl Services {
    /// Puts the services together on a store. Asks the store nothing.
    pub fn on(store: Ports, setting: Setting, background: BackgroundReads) -> Self {
        let Setting { clock, opening, permits, signing_key, hasher } = setting;
        let gate = Arc::new(WriteGate::new(permits, Arc::clone(&clock)));
        let runner = OperationRunner::new(store.clone(), Arc::clone(&clock), opening);
        let operations = Arc::new(Operations::new(Arc::clone(&gate), runner));
        let access = AccessService::new(store.clone(), Arc::clone(&operations), Arc::clone(&clock));
        let ports = store.behind(&gate);
        let background = Arc::new(background);
        let (of_sessions, of_organizations) = (hasher.clone(), hasher.clone());
        Self {
            sessions: SessionService::new(ports.clone(), Arc::clone(&clock), of_sessions, signing_key),
            attention: AttentionService::new(ports.clone(), Arc::clone(&operations), Arc::clone(&clock)),
            organizations: OrganizationService::new(
                ports.clone(),
                Arc::clone(&clock),
                of_organizations,
                Arc::clone(&operations),
            ),
            collections: CollectionService::new(ports.clone(), Arc::clone(&clock), Arc::clone(&background)),
            exports: ExportService::new(ports.clone(), Arc::clone(&clock), background),
            samples: SampleService::new(ports.clone(), clock),
            access,
            operations,
            hasher,
            ports,
        }
    }
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
    let store = connect(place, Arc::clone(&setting.clock)).await?;
    let server = store.health.server().await?;
    let services = Services::on(store, setting, BackgroundReads::of(server.topology));
    // First: what operators permit says whether anything may be written.
    let warnings = Vec::from_iter(services.access.follow().await?);
    let prepared = services.access.prepare().await?;
    let restrictions = async { Ok(services.ports.health.restrictions().await?) };
    let (claimed, restrictions) = tokio::try_join!(services.sessions.is_claimed(), restrictions)?;
    Ok(Opened { services, server, claimed, prepared, warnings, restrictions })
}

/// Connects to a store. Reads and writes nothing but what connecting takes.
///
/// # Errors
/// What the adapter answers.
pub async fn connect(place: Place<'_>, clock: Arc<dyn Clock>) -> Result<Ports, StoreError> {
    match place {
        Place::File(path) => Ok(Ports::of(Arc::new(SqliteStore::open(path, clock).await?))),
        Place::Deployment { connection_string, database, secrets } => {
            let connection_string = ConnectionString::parse(connection_string)?.with_secrets(secrets)?;
            let options = MongoOptions::new(connection_string, database, clock);
            Ok(Ports::of(Arc::new(MongoStore::open(options).await?)))
        }
    }
}
