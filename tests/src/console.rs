//! The services on a store, as the program has them when a workspace is open.

use std::ops::Deref;
use std::sync::Arc;

use secrecy::SecretString;
use tenantry_console::OpenWorkspace;
use tenantry_console::compose::{Opened, Services, Setting};
use tenantry_core::access::Prepared;
use tenantry_core::clock::ManualClock;
use tenantry_core::collections::BackgroundReads;
use tenantry_core::error::AppError;
use tenantry_core::organizations::{CreateRequest, Seen, UpdateRequest};
use tenantry_core::people::{AddOperator, AddPerson};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    Access, Environment, MemberRole, OperatorRole, Organization, Owner, Permits, Topology,
};
use tenantry_core::rights::Actor;
use tenantry_core::sessions::{Freshness, PasswordHasher, Session, SignedIn, SigningKey};
use tenantry_core::values::{Device, OneTimePassword, OrganizationId};

use crate::workspace::TestWorkspace;

/// A password that keeps the rules.
pub const PASSWORD: &str = "Passw0rd-of-tests";
/// The address of the operator that [`Console::operator`] makes.
pub const OPERATOR: &str = "operator@example.com";

/// One run of the program with an open workspace, whose services it has.
pub struct Console {
    services: Services,
    /// Its time.
    pub clock: Arc<ManualClock>,
}

impl Deref for Console {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
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
    /// The name of its computer.
    pub computer: &'static str,
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
            computer: "this computer",
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
        let setting = Setting {
            clock: clock.clone(),
            opening: owner.into(),
            permits: Permits { environment, access: run.access },
            signing_key: run.key,
            hasher: PasswordHasher::with_cost(run.cost),
            device: Device::named("test", run.computer, "Linux"),
        };
        // What is tested on a server is not its pace.
        let services = Services::on(ports, setting, BackgroundReads::of(Topology::File));
        Self { services, clock: clock.clone() }
    }

    /// The workspace as the console has it once it is open.
    ///
    /// # Panics
    /// When the store does not answer.
    pub async fn opened(self) -> OpenWorkspace {
        let server = self.ports.health.server().await.expect("the server's facts");
        let claimed = self.sessions.is_claimed().await.expect("an answer");
        let (prepared, warnings, restrictions) = (Prepared::default(), Vec::new(), Vec::new());
        let opened = Opened { services: self.services, server, claimed, prepared, warnings, restrictions };
        OpenWorkspace::new("tested", opened)
    }

    /// The operator, who claims the workspace where nobody did.
    ///
    /// # Panics
    /// When that fails.
    pub async fn operator(&self) -> Actor {
        match self.sessions.claim("Olga Operator", OPERATOR, &SecretString::from(PASSWORD)).await {
            Ok(claimed) => claimed.session.actor,
            Err(AppError::AlreadyClaimed) => self.sign_in(OPERATOR).await.actor,
            Err(error) => panic!("the workspace is claimed: {error}"),
        }
    }

    /// Signs in with the tests' password.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn sign_in(&self, email: &str) -> Session {
        self.try_sign_in(email, &SecretString::from(PASSWORD)).await.expect("the sign-in is accepted")
    }

    /// Signs in to the only account of an address that has a password of its own.
    ///
    /// # Errors
    /// As [`SessionService::sign_in`](tenantry_core::sessions::SessionService::sign_in).
    ///
    /// # Panics
    /// When that asks for more than an address and a password.
    pub async fn try_sign_in(&self, email: &str, password: &SecretString) -> Result<Session, AppError> {
        match self.sessions.sign_in(email, password, None).await? {
            SignedIn::Session(session) => Ok(session),
            more => panic!("more is asked for: {more:?}"),
        }
    }

    /// Forgets the failed sign-ins of its computer, for tests that try many addresses.
    ///
    /// # Panics
    /// When the store refuses.
    pub async fn forgive_device(&self) {
        for failing in self.ports.accounts.failed_sign_ins(1_000).await.expect("a list") {
            if failing.account.starts_with("device:") {
                self.ports.accounts.clear_failed_sign_ins(&failing.account).await.expect("forgotten");
            }
        }
    }

    /// Adds a person to an organization, who signs in for the first time and has the tests' password from then on.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn person(&self, organization: &Organization, email: &str, role: MemberRole) -> Session {
        let operator = self.operator().await;
        let organization_id = organization.id;
        let request =
            AddPerson { organization_id, name: "Dana Özgür".to_owned(), email: email.to_owned(), role };
        let added = self.people.add(&operator, request).await.expect("the person is added");
        self.enter(email, &added.one_time.expect("a new address gets a one-time password")).await
    }

    /// Adds an operator, who signs in for the first time and has the tests' password from then on.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn another_operator(&self, email: &str, role: OperatorRole) -> Session {
        let operator = self.operator().await;
        let request = AddOperator { name: "Otto Operator".to_owned(), email: email.to_owned(), role };
        let added = self.operators.add(&operator, request).await.expect("the operator is added");
        self.enter(email, &added.one_time).await
    }

    async fn enter(&self, email: &str, one_time: &OneTimePassword) -> Session {
        let password = SecretString::from(PASSWORD);
        let entered =
            self.sessions.sign_in_with_new_password(email, one_time.secret(), &password, None).await;
        match entered.expect("the one-time password is accepted") {
            SignedIn::Session(session) => session,
            more => panic!("more is asked for: {more:?}"),
        }
    }

    /// Whether a session is good now.
    ///
    /// # Errors
    /// As [`SessionService::authorize`](tenantry_core::sessions::SessionService::authorize).
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
    UpdateRequest { id, name: None, display_name: None, email: None, password: None, seen: Seen::default() }
}
