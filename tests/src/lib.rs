//! The basis of Tenantry's checks: MongoDB servers that are started for them, workspaces on every store, the existing
//! service's database, and stores that die at a chosen moment.

pub mod acts;
pub mod bundles;
pub mod certificates;
pub mod chance;
pub mod checker;
pub mod console;
pub mod display;
pub mod dns_stub;
pub mod faults;
pub mod fixture;
pub mod listeners;
pub mod pair;
pub mod processes;
pub mod proxy;
pub mod scripted;
pub mod server;
pub mod suite;
pub mod tokens;
pub mod turns;
pub mod twins;
pub mod victim;
pub mod watched;
pub mod window;
pub mod workspace;
