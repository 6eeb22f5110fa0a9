//! Tenantry's rules: parsed values, the services that run an administrator's acts, and the ports that a store
//! implements. Nothing here knows a window, a database driver, a file system or the wall clock.

pub mod access;
pub mod activity;
pub mod clock;
pub mod collections;
pub mod error;
pub mod export;
pub mod health;
pub mod jobs;
pub mod journal;
pub mod limits;
pub mod nesting;
pub mod operators;
pub mod organizations;
pub mod ports;
pub mod samples;
pub mod sessions;
pub mod values;

pub use error::{AppError, FieldIssue, StoreError};
pub use ports::Ports;
