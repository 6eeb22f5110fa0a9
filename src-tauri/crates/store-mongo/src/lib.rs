//! Tenantry's ports on MongoDB, in a database that the organization service writes too.
//!
//! Besides the service's `organizations` and the tenant collections, everything lives in collections named
//! `console_*`, which the service never looks at.

mod accounts;
mod activity;
mod append;
mod chain;
mod collections;
mod contents;
mod counts;
mod documents;
mod errors;
mod health;
mod indexes;
mod journal;
mod line;
mod members;
mod open;
mod organizations;
mod pages;
mod paging;
mod people;
mod permits;
mod rows;
mod server_clock;
mod sessions;
mod setting_documents;
mod settings;
mod stored;
mod trash;
mod workspace_settings;

pub use open::{MongoOptions, MongoStore};
