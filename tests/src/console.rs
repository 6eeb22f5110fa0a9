//! The services on a store, as the program has them when a workspace is open.

use std::sync::Arc;

use secrecy::SecretString;
use tenantry_core::access::{AccessService, Operations, WriteGate};
use tenantry_core::attention::AttentionService;
use tenantry_core::clock::ManualClock;
use tenantry_core::collections::{BackgroundReads, CollectionService};
use tenantry_core::error::AppError;
use tenantry_core::export::ExportService;
use tenantry_core::journal::OperationRunner;
use tenantry_core::organizations::{CreateRequest, OrganizationService, UpdateRequest};
use tenantry_core::ports::Ports;
use tenantry_core::records::{Access, Environment, Organization, Owner, Permits, Topology};
use tenantry_core::rights::Actor;
use tenantry_core::samples::SampleService;
use tenantry_core::sessions::{Freshness, PasswordHasher, Session, SessionService, SigningKey};
use tenantry_core::values::OrganizationId;

use crate::workspace::TestWorkspace;

/// A password that keeps the rules.
pub const PASSWORD: &str = "Passw0rd-of-tests";
/// The address of the operator that [`Console::operator`] makes.
pub const OPERATOR: &str = "operator@example.com";

/// One run of the program with an open workspace.
pub struct Console {
    /// The store, behind the gate.
    pub ports: Ports,
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// Signing in.
    pub sessions: SessionService,
    /// What hashes passwords, and counts its work.
    pub hasher: PasswordHasher,
    /// Organizations.
    pub organizations: OrganizationService,
    /// Collections.
    pub collections: CollectionService,
    /// Exports of lists.
    pub exports: ExportService,
    /// Sample organizations.
    pub samples: SampleService,
    /// Locking and unlocking.
    pub access: AccessService,
    /// What waits for a decision.
    pub attention: AttentionService,
    /// The journal's operations.
    pub operations: Arc<Operations>,
}

/// What is not the same for every run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which installation of the program it is.
    pub installation: &'static str,
    /// Which run of that installation.
    pub instance: String,
    /// What tokens are signed with.
    pub key: SigningKey,
    /// What may be done to the workspace.
    pub access: Access,
    /// bcrypt's cost.
    pub cost: u32,
    /// Whether the name is typed before an organization goes to the trash.
    pub confirm_trash: bool,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            installation: "this-computer",
            instance: "first-run".to_owned(),
            key: SigningKey::of_service(&SecretString::from(crate::tokens::TEST_KEY)),
            access: Access::ReadWrite,
            // The lowest that there is: what is tested is not how long it takes.
            cost: 4,
            confirm_trash: false,
        }
    }
}

impl Console {
    /// The program on a workspace.
    pub fn on(workspace: &TestWorkspace) -> Self {
        Self::run(workspace.ports.clone(), &workspace.clock, Run::default())
    }

    /// One run of the program on these ports.
    pub fn run(ports: Ports, clock: &Arc<ManualClock>, run: Run) -> Self {
        let owner = Owner { installation: run.installation.to_owned(), instance: run.instance };
        let environment = if run.confirm_trash { Environment::Production } else { Environment::Local };
        let permits = Permits { environment, access: run.access };
        let gate = Arc::new(WriteGate::new(permits, clock.clone()));
        let runner = OperationRunner::new(ports.clone(), clock.clone(), owner);
        let operations = Arc::new(Operations::new(gate.clone(), runner));
        let access = AccessService::new(ports.clone(), operations.clone(), clock.clone());
        let ports = ports.behind(&gate);
        let hasher = PasswordHasher::with_cost(run.cost);
        // What is tested on a server is not its pace.
        let background = Arc::new(BackgroundReads::of(Topology::File));
        Self {
            sessions: SessionService::new(ports.clone(), clock.clone(), hasher.clone(), run.key),
            organizations: OrganizationService::new(
                ports.clone(),
                clock.clone(),
                hasher.clone(),
                operations.clone(),
            ),
            collections: CollectionService::new(ports.clone(), clock.clone(), background.clone()),
            exports: ExportService::new(ports.clone(), clock.clone(), background),
            samples: SampleService::new(ports.clone(), clock.clone()),
            access,
            hasher,
            attention: AttentionService::new(ports.clone(), operations.clone(), clock.clone()),
            operations,
            clock: clock.clone(),
            ports,
        }
    }

    /// The operator, who claims the workspace where nobody did.
    ///
    /// # Panics
    /// When that fails.
    pub async fn operator(&self) -> Actor {
        match self.sessions.claim("Olga Operator", OPERATOR, &SecretString::from(PASSWORD)).await {
            Ok(session) => session.actor,
            Err(AppError::AlreadyClaimed) => self.sign_in(OPERATOR).await.actor,
            Err(error) => panic!("the workspace is claimed: {error}"),
        }
    }

    /// Signs in with the tests' password.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn sign_in(&self, email: &str) -> Session {
        self.sessions.sign_in(email, &SecretString::from(PASSWORD)).await.expect("the sign-in is accepted")
    }

    /// Whether a session is good now.
    ///
    /// # Errors
    /// As [`SessionService::authorize`].
    pub async fn authorize(&self, session: &Session) -> Result<Actor, AppError> {
        self.sessions.authorize(&session.token, Freshness::Now).await
    }

    /// Creates an organization with the admin `admin@<name>.example.com` and the tests' password.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn create(&self, name: &str) -> Organization {
        let operator = self.operator().await;
        self.organizations.create(&operator, create_request(name)).await.expect("the organization is created")
    }
}

/// A request that keeps all rules.
pub fn create_request(name: &str) -> CreateRequest {
    CreateRequest {
        name: name.to_owned(),
        display_name: String::new(),
        email: format!("admin@{name}.example.com"),
        password: SecretString::from(PASSWORD),
    }
}

/// A request that changes nothing.
pub fn update_request(id: OrganizationId) -> UpdateRequest {
    UpdateRequest { id, name: None, display_name: None, email: None, password: None }
}
