//! The size of the deployment. Some of it is refused to most users, and on the smallest Atlas tiers to everyone: a
//! refusal counts as not available, not as a failure.

use std::time::Duration;

use bson::{Bson, Document, doc};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tenantry_connection::failure::Failure;
use tenantry_core::StoreError;
use tenantry_core::records::{Capacity, CollectionLimit, CollectionUse, ConnectionUse, Topology};

use crate::errors::Act;
use crate::open::MongoStore;

const USAGE_LIMIT: Duration = Duration::from_secs(5);
/// Databases that are counted: each costs a read of all its collections.
const DATABASES_MAX: usize = 50;
const DATABASES_AT_ONCE: usize = 3;
/// The server's own databases, which no limit counts.
const OWN_DATABASES: [&str; 3] = ["admin", "config", "local"];

/// The tier of the cluster, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// Not on Atlas.
    NotAtlas,
    /// Atlas Free or Flex.
    FreeOrFlex,
    /// Another tier of Atlas.
    Dedicated,
    /// On Atlas, but of unknown tier.
    Unknown,
}

impl MongoStore {
    /// `None` if the user or the tier is not allowed to ask.
    pub(super) async fn server_status(&self) -> Result<Option<Document>, StoreError> {
        // Without the large parts, which are not read here.
        let command = doc! {
            "serverStatus": 1, "metrics": 0, "wiredTiger": 0, "tcmalloc": 0, "locks": 0, "flowControl": 0,
            "maxTimeMS": milliseconds(USAGE_LIMIT),
        };
        self.asked("serverStatus", "admin", command).await
    }

    /// Atlas Free and Flex refuse `hostInfo` to everyone with an error of their own; elsewhere it is a question of
    /// permissions (the Atlas manual, "Unsupported Commands in Free Clusters").
    pub(super) async fn tier(&self) -> Result<Tier, StoreError> {
        if !self.place.atlas {
            return Ok(Tier::NotAtlas);
        }
        let admin = self.client.database("admin");
        match self.attempt(admin.run_command(doc! { "hostInfo": 1 })).await {
            Ok(_) => Ok(Tier::Dedicated),
            Err(failure) => tier_of(&failure).ok_or_else(|| self.told(failure, Act::in_database("hostInfo"))),
        }
    }

    /// The use of the room for collections, and the facts that are not available.
    pub(super) async fn collection_use(
        &self,
        tier: Tier,
        version: &str,
    ) -> Result<(Option<CollectionUse>, Vec<&'static str>), StoreError> {
        let mut not_available = Vec::new();
        let Some(names) = self.organization_collections().await? else {
            return Ok((None, vec!["collections"]));
        };
        let organizations = u64::try_from(names).unwrap_or(u64::MAX);
        let own = self.place.database.clone();
        let others = match self.other_databases().await? {
            Some(others) if others.len() < DATABASES_MAX => others,
            Some(_) | None => {
                not_available.push("otherDatabases");
                Vec::new()
            }
        };
        let mut asked = Vec::with_capacity(others.len() + 1);
        for database in std::iter::once(own.clone()).chain(others) {
            asked.push(self.database_use(database));
        }
        let found: Vec<(String, Option<(u64, u64)>)> =
            stream::iter(asked).buffer_unordered(DATABASES_AT_ONCE).try_collect().await?;
        let own_use = found.iter().find(|(database, _)| *database == own).and_then(|(_, found)| *found);
        if found.iter().any(|(database, found)| *database != own && found.is_none())
            && !not_available.contains(&"otherDatabases")
        {
            not_available.push("otherDatabases");
        }
        let elsewhere = found.iter().filter(|(database, _)| *database != own).filter_map(|(_, found)| *found);
        let (collections, indexes) = elsewhere
            .fold((0, 0), |(collections, indexes), found| (collections + found.0, indexes + found.1));
        let own_collections = match own_use {
            Some((own_collections, _)) => own_collections,
            None => self.all_collections().await?,
        };
        if own_use.is_none() {
            not_available.push("indexes");
        }
        let use_ = CollectionUse {
            collections: collections + own_collections,
            indexes: own_use.map(|(_, own_indexes)| indexes + own_indexes),
            organizations,
            limit: limit_of(tier),
            namespace_bytes: namespace_bytes(&own, tier, self.topology, version),
        };
        Ok((Some(use_), not_available))
    }

    /// The room, counted only where something limits it. The version is not asked for: a server before 4.4 has less
    /// room for names, and refuses a longer one by itself.
    pub(super) async fn room(&self) -> Result<Capacity, StoreError> {
        let tier = self.tier().await?;
        let limit = limit_of(tier);
        let used = match limit {
            Some(_) => self.collection_use(tier, "").await?.0,
            None => None,
        };
        Ok(Capacity {
            limit,
            collections: used.as_ref().map(|used| used.collections),
            indexes: used.and_then(|used| used.indexes),
            name_bytes: namespace_bytes(&self.place.database, tier, self.topology, ""),
        })
    }

    async fn organization_collections(&self) -> Result<Option<usize>, StoreError> {
        // Any filter except one on names makes the server open every collection.
        let filter = doc! { "name": { "$regex": "^(org_|console_trash_)" } };
        let names = self.database.list_collection_names().filter(filter).authorized_collections(true);
        match self.attempt(names).await {
            Ok(names) => Ok(Some(names.len())),
            Err(failure) if is_refused(&failure) => Ok(None),
            Err(failure) => Err(self.told(failure, Act::in_database("listCollections"))),
        }
    }

    async fn all_collections(&self) -> Result<u64, StoreError> {
        let names = self.database.list_collection_names().authorized_collections(true);
        let names = self.call(Act::in_database("listCollections"), names).await?;
        Ok(u64::try_from(names.len()).unwrap_or(u64::MAX))
    }

    /// `None` if the user cannot see databases that it has no rights on: a list without them would look complete.
    async fn other_databases(&self) -> Result<Option<Vec<String>>, StoreError> {
        let command = doc! { "listDatabases": 1, "nameOnly": true, "authorizedDatabases": false };
        let Some(listed) = self.asked("listDatabases", "admin", command).await? else { return Ok(None) };
        let Ok(databases) = listed.get_array("databases") else { return Ok(None) };
        let names = databases.iter().filter_map(Bson::as_document).filter_map(|one| one.get_str("name").ok());
        let others = names.filter(|name| *name != self.place.database && !OWN_DATABASES.contains(name));
        Ok(Some(others.map(str::to_owned).collect()))
    }

    async fn database_use(&self, database: String) -> Result<(String, Option<(u64, u64)>), StoreError> {
        let command = doc! { "dbStats": 1, "maxTimeMS": milliseconds(USAGE_LIMIT) };
        let found = self
            .asked("dbStats", &database, command)
            .await?
            .and_then(|stats| Some((number(stats.get("collections")?)?, number(stats.get("indexes")?)?)));
        Ok((database, found))
    }

    /// `None` if the server refuses, or takes too long.
    async fn asked(
        &self,
        action: &'static str,
        database: &str,
        command: Document,
    ) -> Result<Option<Document>, StoreError> {
        match self.attempt(self.client.database(database).run_command(command)).await {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if is_refused(&failure) => Ok(None),
            Err(failure) => Err(self.told(failure, Act::in_database(action))),
        }
    }
}

/// Whether the server responded with a refusal, so that the connection is not at fault.
fn is_refused(failure: &Failure) -> bool {
    failure.is_denied() || failure.is_unsupported() || failure.is_out_of_time()
}

fn limit_of(tier: Tier) -> Option<CollectionLimit> {
    match tier {
        Tier::FreeOrFlex => Some(CollectionLimit::AtlasFreeOrFlex),
        Tier::Dedicated => Some(CollectionLimit::Recommended),
        Tier::NotAtlas | Tier::Unknown => None,
    }
}

fn tier_of(failure: &Failure) -> Option<Tier> {
    if failure.is_atlas_limit() {
        Some(Tier::FreeOrFlex)
    } else if failure.is_denied() {
        // The user lacks the permission, which only clusters with this command ask for.
        Some(Tier::Dedicated)
    } else {
        failure.code.map(|_| Tier::Unknown)
    }
}

/// The bytes of a namespace without the database name, the dot and `org_`. 255, and 235 on a sharded cluster, since 4.4
/// (the manual's "MongoDB Limits and Thresholds"); 120 before; 95 on Atlas Free and Flex.
fn namespace_bytes(database: &str, tier: Tier, topology: Topology, version: &str) -> u32 {
    let is_before_4_4 = version.starts_with("4.2.") || version.starts_with("4.0.");
    let whole: u32 = match (tier, topology) {
        (Tier::FreeOrFlex, _) => 95,
        (Tier::NotAtlas | Tier::Dedicated | Tier::Unknown, _) if is_before_4_4 => 120,
        (Tier::NotAtlas | Tier::Dedicated | Tier::Unknown, Topology::Sharded) => 235,
        (
            Tier::NotAtlas | Tier::Dedicated | Tier::Unknown,
            Topology::ReplicaSet | Topology::Standalone | Topology::File,
        ) => 255,
    };
    let taken = u32::try_from(database.len() + ".org_".len()).unwrap_or(u32::MAX);
    whole.saturating_sub(taken)
}

pub(super) fn storage_engine(status: &Document) -> Option<String> {
    status.get_document("storageEngine").ok()?.get_str("name").ok().map(str::to_owned)
}

pub(super) fn connections(status: &Document) -> Option<ConnectionUse> {
    let connections = status.get_document("connections").ok()?;
    let current = number(connections.get("current")?)?;
    Some(ConnectionUse { current, available: number(connections.get("available")?)? })
}

fn number(value: &Bson) -> Option<u64> {
    match value {
        Bson::Int32(number) => u64::try_from(*number).ok(),
        Bson::Int64(number) => u64::try_from(*number).ok(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count, cut to what there is"
        )]
        Bson::Double(number) => (*number >= 0.0).then_some(*number as u64),
        _ => None,
    }
}

fn milliseconds(limit: Duration) -> i64 {
    i64::try_from(limit.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_atlas_tiers_leave_67_bytes_and_others_more() {
        let left = |tier, topology| namespace_bytes("organization_management", tier, topology, "8.0.1");
        assert_eq!(left(Tier::FreeOrFlex, Topology::ReplicaSet), 67);
        assert_eq!(left(Tier::Dedicated, Topology::ReplicaSet), 227);
        assert_eq!(left(Tier::NotAtlas, Topology::Sharded), 207);
        assert_eq!(namespace_bytes("t", Tier::NotAtlas, Topology::Standalone, "4.2.25"), 114);
    }

    #[test]
    fn connections_are_read_whatever_type_the_numbers_have() {
        let status = doc! { "connections": { "current": 3_i32, "available": 51_197.0 } };
        assert_eq!(connections(&status), Some(ConnectionUse { current: 3, available: 51_197 }));
        assert_eq!(connections(&doc! { "connections": { "current": 3 } }), None);
        assert_eq!(
            storage_engine(&doc! { "storageEngine": { "name": "wiredTiger" } }).as_deref(),
            Some("wiredTiger")
        );
    }
}
