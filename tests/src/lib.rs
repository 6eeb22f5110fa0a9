//! What Tenantry's checks stand on: MongoDB servers that are started for them, workspaces on every store, the existing
//! service's database, and stores that die at a chosen moment.

pub mod console;
pub mod faults;
pub mod fixture;
pub mod server;
pub mod suite;
pub mod tokens;
pub mod workspace;
