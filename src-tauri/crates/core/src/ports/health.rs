use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::{Capacity, Line, Restriction, RoleCommand, ServerFacts, StoreHealth};

/// The state of a store.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Prepares the store for Tenantry: creates indexes and its own collections as far as data and permissions allow.
    /// Returns sentences about what could not be created and why. Repeatable; never touches an organization's document.
    async fn prepare(&self) -> Result<Vec<String>, StoreError>;

    /// The names of what [`prepare`](Self::prepare) would create. Writes nothing.
    async fn unprepared(&self) -> Result<Vec<String>, StoreError>;

    /// Pings the store. Returns within [`LINE_LIMIT`](crate::limits::LINE_LIMIT) with what is known by then; a lost
    /// connection is a result, not an error.
    async fn line(&self) -> Line;

    /// Asks the server only for facts: quick, for opening and for the status bar.
    async fn server(&self) -> Result<ServerFacts, StoreError>;

    /// The actions that the database user lacks permissions for. An unknown permission is no restriction. Quick, and
    /// independent of the number of organizations.
    async fn restrictions(&self) -> Result<Vec<Restriction>, StoreError>;

    /// The commands that give the database user every permission that Tenantry needs, and no more.
    async fn role_command(&self) -> Result<RoleCommand, StoreError>;

    /// The room for collections and their names. A deployment that nothing limits is not counted, so that it costs
    /// little; one with a limit costs a read of each of its databases' sizes. What the server does not tell is missing.
    async fn capacity(&self) -> Result<Capacity, StoreError>;

    /// Asks for everything. Can take longer with more organizations.
    async fn health(&self) -> Result<StoreHealth, StoreError>;
}
