//! Tenantry's ports on MongoDB, in a database that the organization service writes too.
//!
//! Besides the service's `organizations` and the tenant collections, everything lives in collections named
//! `console_*`, which the service never looks at.

mod accounts;
mod activity;
mod certificate_files;
mod collections;
mod connection_string;
pub mod diagnosis;
pub mod dns;
mod documents;
mod errors;
mod health;
mod hosts;
mod indexes;
mod journal;
mod line;
mod members;
mod open;
mod organizations;
mod paging;
mod permits;
mod privileges;
mod settings;
mod trash;

pub use connection_string::{
    ConnectionString, Destination, SecretPlaces, TEMPLATES, Template, destination, read, seed_list, write,
};
pub use open::{DATABASE_NAME_MAX, DECODING_STACK, MongoOptions, MongoStore, check_database_name};
