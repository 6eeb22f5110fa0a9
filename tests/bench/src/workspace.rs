//! Workspaces on both stores, with the program's services on top.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use mongodb::Client;
use secrecy::SecretString;
use tempfile::TempDir;
use tenantry_connection::Secrets;
use tenantry_console::compose::{self, Services, Setting};
use tenantry_core::clock::{Clock, SystemClock};
use tenantry_core::records::{Access, Owner};
use tenantry_core::rights::Actor;
use tenantry_core::sessions::{Freshness, PasswordHasher, SignedIn, SigningKey};
use tenantry_core::values::Device;
use tenantry_tests::server::{Server, Topology};

use crate::Outcome;
use crate::calls::Raw;
use crate::raw_mongodb::RawMongo;
use crate::raw_sqlite::RawSqlite;

/// Address and password of the operator who claims each workspace.
pub(crate) const OPERATOR: (&str, &str) = ("bench@tenantry.example", "Bench-2026");

/// Where workspaces are made.
pub(crate) enum Place {
    Sqlite { folder: TempDir },
    Mongo { server: &'static Server },
}

/// How another process opens a workspace.
#[derive(Debug, Clone)]
pub(crate) enum Address {
    File(PathBuf),
    Database { uri: String, database: String },
}

/// An open workspace with a session.
pub(crate) struct Workspace {
    services: Services,
    token: SecretString,
}

impl Deref for Workspace {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl Place {
    pub(crate) fn sqlite() -> Outcome<Self> {
        Ok(Self::Sqlite { folder: TempDir::with_prefix("tenantry-bench-")? })
    }

    pub(crate) fn mongodb() -> Self {
        Self::Mongo { server: Server::shared(Topology::ReplicaSet) }
    }

    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "The built-in workspace (SQLite)",
            Self::Mongo { .. } => "MongoDB",
        }
    }

    pub(crate) fn is_server(&self) -> bool {
        matches!(self, Self::Mongo { .. })
    }

    pub(crate) fn address(&self, name: &str) -> Address {
        match self {
            Self::Sqlite { folder } => Address::File(folder.path().join(format!("{name}.sqlite"))),
            Self::Mongo { server } => Address::Database {
                uri: server.uri(),
                database: format!("tenantry_bench_{}_{name}", std::process::id()),
            },
        }
    }

    /// A prepared, claimed workspace.
    pub(crate) async fn open(&self, name: &str) -> Outcome<Workspace> {
        Workspace::open(&self.address(name)).await
    }

    /// Removes the workspaces that were created here. A file goes with its folder; a given server would keep them.
    pub(crate) async fn remove(&self, names: &[&str]) -> Outcome<()> {
        for name in names {
            if let Address::Database { uri, database } = self.address(name) {
                Client::with_uri_str(uri).await?.database(&database).drop().await?;
            }
        }
        Ok(())
    }

    /// The same place without Tenantry.
    pub(crate) async fn raw(&self, name: &str) -> Outcome<Box<dyn Raw>> {
        Ok(match self.address(name) {
            Address::File(path) => Box::new(RawSqlite::open(&path)?),
            Address::Database { uri, database } => Box::new(RawMongo::open(&uri, &database).await?),
        })
    }
}

impl Workspace {
    pub(crate) async fn open(address: &Address) -> Outcome<Self> {
        // The lowest cost: hashing is not measured here.
        Self::open_with(address, PasswordHasher::with_cost(4)).await
    }

    pub(crate) async fn open_with(address: &Address, hasher: PasswordHasher) -> Outcome<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let secrets = Secrets::default();
        let place = match address {
            Address::File(path) => compose::Place::File(path),
            Address::Database { uri, database } => {
                compose::Place::Deployment { connection_string: uri, database, secrets: &secrets }
            }
        };
        let owner = Owner { installation: "bench".to_owned(), instance: std::process::id().to_string() };
        let setting = Setting {
            clock,
            opening: owner.into(),
            permits: Access::ReadWrite.into(),
            signing_key: SigningKey::random(),
            hasher,
            device: Device::named("bench", "this computer", "Linux"),
        };
        let compose::Opened { services, claimed, .. } = compose::open(place, setting).await?;
        let (email, password) = (OPERATOR.0, SecretString::from(OPERATOR.1));
        let session = if claimed {
            match services.sessions.sign_in(email, &password, None).await? {
                SignedIn::Session(session) => session,
                SignedIn::Choose(_) | SignedIn::MustChange { .. } => {
                    return Err("the operator has one account".into());
                }
            }
        } else {
            services.sessions.claim("Bench", email, &password).await?.session
        };
        Ok(Self { services, token: session.token })
    }

    /// What every command starts with.
    pub(crate) async fn actor(&self, freshness: Freshness) -> Outcome<Actor> {
        Ok(self.sessions.authorize(&self.token, freshness).await?)
    }
}
