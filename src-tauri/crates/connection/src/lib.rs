//! Everything about reaching a deployment: connection strings with their secrets, certificates, DNS lookups,
//! permissions, and the connection test. Opens no workspace.

#![allow(
    missing_docs,
    reason = "the options of a connection string and the server's codes say it by their names"
)]

pub mod certificate_files;
mod connection_string;
pub mod database;
pub mod diagnosis;
pub mod dns;
pub mod end_of_life;
pub mod failure;
mod fields;
pub mod hosts;
pub mod limits;
pub mod privileges;
pub mod product;
mod reading;
mod secrets;

pub use connection_string::{
    ConnectionString, ConnectionTemplate, Destination, SCHEMES, TEMPLATES, TemplateName, destination, read,
    seed_list, write,
};
pub use fields::{
    AuthenticationKind, Compressor, ConnectionFields, OtherOption, ReadPreferenceMode, TlsChoice,
};
pub use reading::{ConnectionPart, ConnectionProblem, ConnectionReading, EditorTab};
pub use secrets::{SECRET_MASK, SecretKind, Secrets, completed, is_secret_mask};
