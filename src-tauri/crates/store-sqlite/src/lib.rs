//! Tenantry's ports on one SQLite file: the built-in workspace.
//!
//! One connection writes and a few read; a call that waits for the disk holds up no other task. A transaction spans a
//! whole port call, and every commit is synced to disk before the call returns.

mod accounts;
mod activity;
mod collections;
mod connections;
mod contents;
mod documents;
mod errors;
mod health;
mod journal;
mod list;
mod open;
mod organizations;
mod people;
mod permits;
mod records;
mod schema;
mod search;
mod sessions;
mod statements;
mod stored;
mod trash;
mod whole;
mod workspace_settings;

use std::sync::Arc;

use tenantry_core::clock::Clock;

use crate::connections::Connections;

/// A workspace in one file, or in memory.
#[derive(Clone)]
pub struct SqliteStore {
    connections: Arc<Connections>,
    clock: Arc<dyn Clock>,
}
