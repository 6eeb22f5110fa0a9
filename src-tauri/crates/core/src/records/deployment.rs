//! How a deployment is built and how full it is.

use std::time::Duration;

use serde::Serialize;

/// A member of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Host and port.
    pub host: String,
    /// What it is now.
    pub state: MemberState,
    /// One round trip to it, measured now.
    pub round_trip: Option<Duration>,
    /// Why it can't be reached, for people.
    pub problem: Option<String>,
}

/// What a member of a deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum MemberState {
    /// It takes writes.
    Primary,
    /// It follows the primary.
    Secondary,
    /// It votes and holds nothing.
    Arbiter,
    /// It is the only one.
    Standalone,
    /// It leads to the servers of a sharded cluster.
    Router,
    /// It starts, recovers, is hidden, or left the set.
    Other,
    /// It does not answer.
    Unreachable,
}

/// How many connections a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionUse {
    /// From everybody.
    pub current: u64,
    /// How many more there could be.
    pub available: u64,
}

/// How much of the room for collections is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionUse {
    /// Collections of the deployment, as far as the database user sees it.
    pub collections: u64,
    /// Their indexes.
    pub indexes: Option<u64>,
    /// Collections of organizations among them, those in the trash included.
    pub organizations: u64,
    /// How many there may be, where that is known.
    pub limit: Option<CollectionLimit>,
    /// Bytes that the database leaves for the part of a collection's name that is the organization's.
    pub namespace_bytes: u32,
}

/// How many collections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectionLimit {
    /// On Atlas Free and Flex: collections.
    AtlasFreeOrFlex,
    /// On every other Atlas cluster: what Atlas recommends for its smallest, collections and indexes together. Which one
    /// it is, a server does not tell.
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
}
