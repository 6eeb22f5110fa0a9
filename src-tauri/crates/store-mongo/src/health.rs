//! How the deployment is, and what the database user may do in it.

use std::time::Instant;

use async_trait::async_trait;
use bson::doc;
use tenantry_core::StoreError;
use tenantry_core::health::{HealthStore, Restriction, RoleCommand, ServerFacts, StoreHealth, Topology};

use crate::errors::Act;
use crate::open::MongoStore;
use crate::privileges::{self, Rights};

#[async_trait]
impl HealthStore for MongoStore {
    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        self.prepare_indexes().await
    }

    async fn server(&self) -> Result<ServerFacts, StoreError> {
        let started = Instant::now();
        self.call(Act::in_database("hello"), self.database.run_command(doc! { "hello": 1 })).await?;
        let round_trip = started.elapsed();
        let build = self
            .call(Act::in_database("buildInfo"), self.database.run_command(doc! { "buildInfo": 1 }))
            .await?;
        let (product, version) = match build.get_str("secantusVersion") {
            Ok(version) => ("SecantusDB", version),
            Err(_) => ("MongoDB", build.get_str("version").unwrap_or("unknown")),
        };
        Ok(ServerFacts {
            product: product.to_owned(),
            version: version.to_owned(),
            topology: self.topology,
            address: self.connection_string.hosts().join(", "),
            database: self.place.database.clone(),
            encrypted: self.encrypted,
            round_trip: Some(round_trip),
        })
    }

    async fn restrictions(&self) -> Result<Vec<Restriction>, StoreError> {
        Ok(privileges::restrictions(&self.place.database, &self.rights().await?))
    }

    async fn role_command(&self) -> Result<RoleCommand, StoreError> {
        Ok(privileges::role_command(&self.place.database, &self.rights().await?, self.place.atlas))
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        let server = self.server().await?;
        let rights = self.rights().await?;
        let mut warnings = Vec::new();
        if !self.encrypted && !self.connection_string.is_on_this_computer() {
            warnings.push("The line to the server is not encrypted (tls=true).".to_owned());
        }
        if self.topology == Topology::Standalone {
            warnings.push("This is one server without a replica set: what it loses is lost.".to_owned());
        }
        if !self.unique.names.is_enforced() {
            warnings.push(
                "No unique index keeps organization names apart; they are checked after each write."
                    .to_owned(),
            );
        }
        if !self.unique.emails.is_enforced() {
            warnings.push(
                "No unique index keeps administrators' addresses apart; they are checked after each write."
                    .to_owned(),
            );
        }
        Ok(StoreHealth {
            server,
            database_user: rights.user().map(|user| user.name.clone()),
            privileges: privileges::privileges(&self.place.database, &rights),
            warnings,
        })
    }
}

impl MongoStore {
    async fn rights(&self) -> Result<Rights, StoreError> {
        Rights::ask(&self.database)
            .await
            .map_err(|failure| self.told(failure, Act::in_database("connectionStatus")))
    }
}
