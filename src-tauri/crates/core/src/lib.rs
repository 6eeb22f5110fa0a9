//! Tenantry's rules: parsed values, the services behind each action, and the ports that a store implements. Nothing
//! here knows a window, a database driver, a file system or the wall clock.

pub mod access;
pub mod activity;
pub mod attention;
pub mod bundle;
pub mod capacity;
pub mod clock;
pub mod collections;
pub mod doctor;
mod document_ids;
pub mod erasure;
pub mod error;
pub mod export;
pub mod import;
pub mod jobs;
pub mod journal;
pub mod limits;
pub mod nesting;
pub mod numbers;
pub mod organizations;
pub mod people;
pub mod ports;
pub mod record;
pub mod records;
pub mod rights;
pub mod samples;
pub mod sessions;
pub mod settings;
pub mod template;
pub mod values;
mod words;

pub use error::{AppError, StoreError};
pub use ports::Ports;
pub use values::FieldIssue;
