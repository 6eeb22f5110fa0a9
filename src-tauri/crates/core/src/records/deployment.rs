//! The members and the size of a deployment.

use std::time::Duration;

use serde::Serialize;

#[cfg(feature = "wire")]
use crate::numbers::Count;
use crate::numbers::{count, count_if_any};

/// A member of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Member {
    /// Host and port.
    pub host: String,
    /// Its current state.
    pub state: MemberState,
    /// One round trip to it, measured now.
    #[serde(rename = "roundTripMilliseconds", serialize_with = "count_if_any")]
    #[cfg_attr(feature = "wire", specta(type = Option<Count>))]
    pub round_trip: Option<Duration>,
    /// Why it cannot be reached, as a sentence.
    pub problem: Option<String>,
}

/// The state of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum MemberState {
    /// It accepts writes.
    Primary,
    /// It follows the primary.
    Secondary,
    /// It votes and holds no data.
    Arbiter,
    /// It is the only server.
    Standalone,
    /// It routes to the servers of a sharded cluster.
    Router,
    /// It starts, recovers, is hidden, or left the set.
    Other,
    /// It does not respond.
    Unreachable,
}

/// The connections of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ConnectionUse {
    /// Connections in use, by all clients.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub current: u64,
    /// Connections that are still available.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub available: u64,
}

/// How much of the room for collections is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionUse {
    /// Collections of the deployment, as far as the database user can see.
    pub collections: u64,
    /// Their indexes.
    pub indexes: Option<u64>,
    /// Collections of organizations among them, those in the trash included.
    pub organizations: u64,
    /// How many there can be, if known.
    pub limit: Option<CollectionLimit>,
    /// Bytes that the database name leaves for an organization's name in a collection name.
    pub namespace_bytes: u32,
}

/// The room of a deployment for collections and their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// What limits it; `None` if nothing does, or nobody knows.
    pub limit: Option<CollectionLimit>,
    /// Collections in use; `None` without a limit, and if the server does not say.
    pub collections: Option<u64>,
    /// Their indexes, likewise.
    pub indexes: Option<u64>,
    /// Bytes that an organization's name can have in the name of its collection.
    pub name_bytes: u32,
}

impl Capacity {
    /// What counts against the limit; `None` without a limit, and if it is not known.
    pub fn used(&self) -> Option<u64> {
        let limit = self.limit?;
        match limit {
            CollectionLimit::AtlasFreeOrFlex => self.collections,
            CollectionLimit::Recommended => Some(limit.counted(self.collections?, self.indexes?)),
        }
    }

    /// Whether more than nine tenths of the limit are used.
    pub fn is_nearly_full(&self) -> bool {
        let limit = self.limit.map(|limit| u64::from(limit.number()));
        limit.zip(self.used()).is_some_and(|(limit, used)| used * 10 > limit * 9)
    }
}

/// The limit for collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum CollectionLimit {
    /// On Atlas Free and Flex: collections.
    AtlasFreeOrFlex,
    /// On other Atlas clusters: Atlas's recommendation for the smallest dedicated tier, collections and indexes
    /// together. A server does not tell its tier.
    Recommended,
}

impl CollectionLimit {
    /// The number.
    pub fn number(self) -> u32 {
        match self {
            Self::AtlasFreeOrFlex => 500,
            Self::Recommended => 5_000,
        }
    }

    /// What of these counts against it.
    pub fn counted(self, collections: u64, indexes: u64) -> u64 {
        match self {
            Self::AtlasFreeOrFlex => collections,
            Self::Recommended => collections.saturating_add(indexes),
        }
    }

    /// Whether the server refuses what is beyond it; otherwise it only gets slower.
    pub fn is_enforced(self) -> bool {
        match self {
            Self::AtlasFreeOrFlex => true,
            Self::Recommended => false,
        }
    }
}
