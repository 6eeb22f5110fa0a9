use async_trait::async_trait;

use crate::error::StoreError;
use crate::records::{Line, Restriction, RoleCommand, ServerFacts, StoreHealth};

/// The state of a store.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Prepares the store for this program: makes indexes and its own collections where data and rights permit.
    /// Answers what could not be made and why, for people. Repeatable; never touches an organization's document.
    async fn prepare(&self) -> Result<Vec<String>, StoreError>;

    /// What [`prepare`](Self::prepare) would make, by name. Writes nothing.
    async fn unprepared(&self) -> Result<Vec<String>, StoreError>;

    /// Asks once whether the store answers. Says within [`LINE_LIMIT`](crate::limits::LINE_LIMIT) what is known by then;
    /// a line that is lost is an answer.
    async fn line(&self) -> Line;

    /// Asks the server for facts only: quick, for opening and for the status bar.
    async fn server(&self) -> Result<ServerFacts, StoreError>;

    /// Which acts the database user can't do. What can't be found out is no restriction. Quick, and no slower with
    /// more organizations.
    async fn restrictions(&self) -> Result<Vec<Restriction>, StoreError>;

    /// What would give the database user all that this program needs, and nothing more.
    async fn role_command(&self) -> Result<RoleCommand, StoreError>;

    /// Asks for everything. May take longer with more organizations.
    async fn health(&self) -> Result<StoreHealth, StoreError>;
}
