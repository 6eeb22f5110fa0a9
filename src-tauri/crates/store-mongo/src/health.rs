//! The health of the deployment, and the permissions of the database user.

mod usage;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bson::{Document, doc};
use tenantry_connection::end_of_life::end_of_life;
use tenantry_connection::privileges::{self, Rights};
use tenantry_connection::product;
use tenantry_core::StoreError;
use tenantry_core::clock::later;
use tenantry_core::ports::HealthStore;
use tenantry_core::records::{
    Capacity, HealthWarning, Line, Restriction, RoleCommand, ServerFacts, StoreHealth, Topology,
};

use crate::errors::Act;
use crate::open::MongoStore;
use crate::server_clock::local_time;

#[async_trait]
impl HealthStore for MongoStore {
    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        self.prepare_indexes().await
    }

    async fn unprepared(&self) -> Result<Vec<String>, StoreError> {
        self.missing_indexes().await
    }

    async fn line(&self) -> Line {
        self.look_at_line().await
    }

    async fn server(&self) -> Result<ServerFacts, StoreError> {
        Ok(self.greeted().await?.0)
    }

    async fn restrictions(&self) -> Result<Vec<Restriction>, StoreError> {
        Ok(privileges::restrictions(&self.place.database, &self.rights().await?))
    }

    async fn role_command(&self) -> Result<RoleCommand, StoreError> {
        Ok(privileges::role_command(&self.place.database, &self.rights().await?, self.place.atlas))
    }

    async fn capacity(&self) -> Result<Capacity, StoreError> {
        self.room().await
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        let (server, clock_difference) = self.greeted().await?;
        let (rights, status, tier, members) = tokio::join!(
            self.rights(),
            self.server_status(),
            self.tier(),
            self.members.measured(&self.client)
        );
        let (rights, status, tier) = (rights?, status?, tier?);
        let (collections, mut not_available) = self.collection_use(tier, &server.version).await?;
        let storage_engine = status.as_ref().and_then(usage::storage_engine);
        let connections = status.as_ref().and_then(usage::connections);
        let missing = [
            ("storageEngine", storage_engine.is_none()),
            ("connections", connections.is_none()),
            ("clock", clock_difference.is_none()),
        ];
        not_available.extend(missing.into_iter().filter_map(|(name, is_missing)| is_missing.then_some(name)));
        let warnings = [
            (!self.encrypted && !self.connection_string.is_on_this_computer(), HealthWarning::NotEncrypted),
            (self.topology == Topology::Standalone, HealthWarning::NoReplicaSet),
            (!self.unique.names.is_enforced(), HealthWarning::NamesNotIndexed),
            (!self.unique.emails.is_enforced(), HealthWarning::AddressesNotIndexed),
        ];
        let warnings = warnings.into_iter().filter_map(|(holds, warning)| holds.then_some(warning)).collect();
        let end_of_life = end_of_life(&server.product, &server.version, self.clock.now());
        Ok(StoreHealth {
            server,
            database_user: rights.user().map(|user| user.name.clone()),
            privileges: privileges::privileges(&self.place.database, &rights),
            restrictions: privileges::restrictions(&self.place.database, &rights),
            warnings,
            end_of_life,
            members,
            storage_engine,
            connections,
            clock_difference,
            collections,
            not_available,
        })
    }
}

impl MongoStore {
    /// The server's facts, and its clock minus this computer's.
    async fn greeted(&self) -> Result<(ServerFacts, Option<time::Duration>), StoreError> {
        // The greeting comes first: it gets the connection that is open already, so the time of opening one is not
        // measured. One that was lost meanwhile is asked anew.
        let greeting = async {
            let (asked_at, started) = (self.clock.now(), Instant::now());
            let hello = self.ask(doc! { "hello": 1 }).await;
            hello.map(|hello| (hello, asked_at, started.elapsed()))
        };
        let (greeting, build) = futures_util::join!(greeting, self.ask(doc! { "buildInfo": 1 }));
        let build = build.map_err(|failure| self.told(failure, Act::in_database("buildInfo")))?;
        let (hello, asked_at, round_trip) =
            greeting.map_err(|failure| self.told(failure, Act::in_database("hello")))?;
        let (product, version) = product::of(&build, &self.connection_string.hosts());
        let facts = ServerFacts {
            product,
            version,
            topology: self.topology,
            address: self.connection_string.hosts().join(", "),
            database: self.place.database.clone(),
            encrypted: self.encrypted,
            round_trip: Some(round_trip),
        };
        Ok((facts, clock_difference(&hello, asked_at, round_trip)))
    }

    async fn rights(&self) -> Result<Rights, StoreError> {
        Rights::ask(&self.database)
            .await
            .map_err(|failure| self.told(failure, Act::in_database("connectionStatus")))
    }
}

/// The server told its time about half a round trip after the request.
fn clock_difference(
    hello: &Document,
    asked_at: time::OffsetDateTime,
    round_trip: Duration,
) -> Option<time::Duration> {
    Some(local_time(hello)? - later(asked_at, round_trip / 2))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn half_a_round_trip_is_taken_off_the_difference_of_the_clocks() {
        let asked_at = datetime!(2026-03-01 12:00 UTC);
        let told = bson::DateTime::from_millis(1_772_366_405_000);
        let difference = clock_difference(&doc! { "localTime": told }, asked_at, Duration::from_secs(4));
        assert_eq!(difference, Some(time::Duration::seconds(3)));
        assert_eq!(clock_difference(&doc! {}, asked_at, Duration::ZERO), None);
    }
}
