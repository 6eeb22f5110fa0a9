//! Connects to a store and builds the services of an open workspace: the only file that names an adapter.

use std::path::Path;
use std::sync::Arc;

use tenantry_connection::{ConnectionString, Secrets};
use tenantry_core::access::{AccessService, Operations, Prepared, WriteGate};
use tenantry_core::activity::RecordService;
use tenantry_core::attention::AttentionService;
use tenantry_core::bundle::BundleService;
use tenantry_core::clock::Clock;
use tenantry_core::collections::{BackgroundReads, CollectionService};
use tenantry_core::doctor::{DoctorService, MendService};
use tenantry_core::erasure::ErasureService;
use tenantry_core::export::ExportService;
use tenantry_core::import::ImportService;
use tenantry_core::journal::{Opening, OperationRunner};
use tenantry_core::organizations::OrganizationService;
use tenantry_core::people::{OperatorService, OwnerReset, PeopleService};
use tenantry_core::record::record_refusals;
use tenantry_core::records::{Permits, Restriction, ServerFacts, Topology};
use tenantry_core::rights::Refusals;
use tenantry_core::samples::SampleService;
use tenantry_core::sessions::{Computer, PasswordHasher, SessionService, SigningKey};
use tenantry_core::settings::SettingsService;
use tenantry_core::values::Device;
use tenantry_core::{AppError, Ports, StoreError};
use tenantry_store_mongo::{MongoOptions, MongoStore};
use tenantry_store_sqlite::SqliteStore;

/// The place of a workspace.
pub enum Place<'a> {
    /// A file on this computer.
    File(&'a Path),
    /// A database of a MongoDB deployment.
    Deployment {
        /// The connection string, without its secrets.
        connection_string: &'a str,
        /// The database.
        database: &'a str,
        /// Its secrets; those without a place in the string are left out.
        secrets: &'a Secrets,
    },
}

/// What the services need besides the store.
pub struct Setting {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The owner of the operations that it starts.
    pub opening: Opening,
    /// What the connection itself permits.
    pub permits: Permits,
    /// The key that signs tokens.
    pub signing_key: SigningKey,
    /// Hashes passwords, at this cost.
    pub hasher: PasswordHasher,
    /// This computer.
    pub device: Device,
}

/// The services of one open workspace.
pub struct Services {
    /// Signing in and sessions.
    pub sessions: SessionService,
    /// The workspace's settings.
    pub settings: Arc<SettingsService>,
    /// Organizations.
    pub organizations: OrganizationService,
    /// Tenant collections.
    pub collections: CollectionService,
    /// Certificates about what was deleted for good.
    pub erasure: ErasureService,
    /// Exports.
    pub exports: ExportService,
    /// The doctor.
    pub doctor: DoctorService,
    /// What mends its findings.
    pub mends: MendService,
    /// Bundles, and organizations that come in.
    pub bundles: BundleService,
    /// Imports of organizations.
    pub imports: ImportService,
    /// The record.
    pub record: RecordService,
    /// Operators.
    pub operators: OperatorService,
    /// People of organizations.
    pub people: PeopleService,
    /// Lets whoever holds the connection in as an owner.
    pub owner_reset: OwnerReset,
    /// Sample organizations.
    pub samples: SampleService,
    /// Locking and unlocking.
    pub access: AccessService,
    /// Interrupted operations that wait for a decision.
    pub attention: AttentionService,
    /// The journal's operations.
    pub operations: Arc<Operations>,
    /// Hashes passwords.
    pub hasher: PasswordHasher,
    /// The store behind the gate.
    pub ports: Ports,
}

impl Services {
    /// Builds the services on a store, without asking it.
    pub fn on(store: Ports, setting: Setting, background: BackgroundReads) -> Self {
        let Setting { clock, opening, permits, signing_key, hasher, device } = setting;
        let gate = Arc::new(WriteGate::new(permits, Arc::clone(&clock)));
        let installation = opening.owner().installation.clone();
        let runner = OperationRunner::new(store.clone(), Arc::clone(&clock), opening);
        let operations = Arc::new(Operations::new(Arc::clone(&gate), runner));
        let access = AccessService::new(store.clone(), Arc::clone(&operations), Arc::clone(&clock));
        let owner_reset = OwnerReset::new(
            store.clone(),
            Arc::clone(&gate),
            Arc::clone(&clock),
            hasher.clone(),
            device.clone(),
        );
        let ports = store.behind(&gate);
        let background = Arc::new(background);
        let (refusals, refused) = Refusals::channel();
        tokio::spawn(record_refusals(refused, ports.clone(), Arc::clone(&clock)));
        let settings = Arc::new(SettingsService::new(ports.clone(), Arc::clone(&clock)));
        let (of_sessions, of_organizations) = (hasher.clone(), hasher.clone());
        let organizations = OrganizationService::new(
            ports.clone(),
            Arc::clone(&clock),
            of_organizations,
            Arc::clone(&operations),
        );
        Self {
            mends: MendService::new(
                ports.clone(),
                Arc::clone(&operations),
                Arc::clone(&clock),
                hasher.clone(),
                Arc::clone(organizations.capacity()),
            ),
            sessions: SessionService::new(
                ports.clone(),
                Arc::clone(&clock),
                of_sessions,
                signing_key,
                Computer { device, installation },
                Arc::clone(&settings),
            )
            .telling(refusals),
            settings,
            attention: AttentionService::new(ports.clone(), Arc::clone(&operations), Arc::clone(&clock)),
            organizations,
            collections: CollectionService::new(ports.clone(), Arc::clone(&clock), Arc::clone(&background)),
            erasure: ErasureService::new(ports.clone(), Arc::clone(&clock)),
            record: RecordService::new(ports.clone(), Arc::clone(&clock)),
            doctor: DoctorService::new(ports.clone(), Arc::clone(&operations), Arc::clone(&clock)),
            exports: ExportService::new(ports.clone(), background),
            bundles: BundleService::new(
                ports.clone(),
                Arc::clone(&clock),
                hasher.clone(),
                Arc::clone(&operations),
            ),
            imports: ImportService::new(ports.clone(), Arc::clone(&operations), hasher.clone()),
            operators: OperatorService::new(ports.clone(), Arc::clone(&clock), hasher.clone()),
            owner_reset,
            people: PeopleService::new(ports.clone(), Arc::clone(&clock), hasher.clone()),
            samples: SampleService::new(ports.clone(), clock),
            access,
            operations,
            hasher,
            ports,
        }
    }
}

/// The result of opening.
pub struct Opened {
    /// The services.
    pub services: Services,
    /// The server or file.
    pub server: ServerFacts,
    /// Whether the workspace has an operator.
    pub claimed: bool,
    /// What became of the operations that a crash left, and what could not be prepared.
    pub prepared: Prepared,
    /// Other warnings for the person.
    pub warnings: Vec<String>,
    /// The actions that the database user lacks permissions for.
    pub restrictions: Vec<Restriction>,
}

/// Opens a workspace: connects, reads what its operators permit, prepares the store, and resolves what a crash left.
/// Writes nothing unless it is writable.
///
/// # Errors
/// Those of the adapter; nothing stays open then.
pub async fn open(place: Place<'_>, setting: Setting) -> Result<Opened, AppError> {
    let background = BackgroundReads::of(match place {
        Place::File(_) => Topology::File,
        Place::Deployment { .. } => Topology::Standalone,
    });
    let store = connect(place, Arc::clone(&setting.clock)).await?;
    let services = Services::on(store, setting, background);
    // All that only reads at the same time, so that a distant server is waited for once.
    let (server, followed, claimed, restrictions, ()) = tokio::join!(
        services.ports.health.server(),
        services.access.follow(),
        services.sessions.is_claimed(),
        services.ports.health.restrictions(),
        services.settings.follow_lately(),
    );
    let (server, warnings) = (server?, Vec::from_iter(followed?));
    // After it is known what operators permit: that decides whether anything may be written.
    let prepared = services.access.prepare().await?;
    Ok(Opened { services, server, claimed: claimed?, prepared, warnings, restrictions: restrictions? })
}

/// Connects to a store. Does nothing else.
///
/// # Errors
/// Those of the adapter.
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
