//! The result of reading a connection string: the form's fields, and its problems.

use serde::Serialize;

use crate::{ConnectionFields, Secrets};

/// A tab of the editor's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum EditorTab {
    /// Hosts, database, replica set.
    General,
    /// The user and the authentication method.
    Authentication,
    /// Encryption and certificates.
    Tls,
    /// Everything else.
    Advanced,
}

/// Part of a connection string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ConnectionPart {
    /// `mongodb://` or `mongodb+srv://`.
    Scheme,
    /// The user name.
    User,
    /// The user's password.
    Password,
    /// The hosts with their ports.
    Hosts,
    /// The database after the slash.
    Database,
    /// The part after the question mark.
    Options,
}

/// A part of a connection string that the driver does not accept, and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ConnectionProblem {
    /// A sentence. Names existing options; never contains a piece of the string.
    pub message: String,
    pub part: ConnectionPart,
    /// The tab of the form that has it.
    pub tab: EditorTab,
    /// The option's name in the manual; `None` for an unknown one, which may be a piece of a password.
    pub option: Option<&'static str>,
    /// Its start in the reading's text, in UTF-16 code units.
    #[cfg_attr(feature = "wire", specta(type = u32))]
    pub start: usize,
    /// Its end, exclusive.
    #[cfg_attr(feature = "wire", specta(type = u32))]
    pub end: usize,
}

/// The result of reading a connection string.
#[derive(Debug, Clone)]
pub struct ConnectionReading {
    /// The string as typed, with [`SECRET_MASK`](crate::SECRET_MASK) in place of each secret.
    pub text: String,
    /// What was typed is more than this text: a command, a line of settings, something in quotes. The text stands for
    /// all of it, and what was typed must not be shown any more.
    pub extracted: bool,
    /// The fields of the form; `None` if the string cannot be taken apart.
    pub fields: Option<ConnectionFields>,
    /// The problems; empty if the driver accepts the string.
    pub problems: Vec<ConnectionProblem>,
    /// Whether the hosts belong to MongoDB Atlas.
    pub is_atlas: bool,
    /// Whether signing in needs a password.
    pub needs_password: bool,
    /// The secrets of the string.
    pub secrets: Secrets,
}
