//! A connection string as it was read: what a form shows of it, and what is wrong with it.

use serde::Serialize;

use crate::{ConnectionFields, ConnectionSecrets};

/// Part of the editor's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum EditorTab {
    /// Hosts, database, replica set.
    General,
    /// Who signs in, and how.
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
    /// The user's name.
    User,
    /// The user's password.
    Password,
    /// The hosts with their ports.
    Hosts,
    /// The database after the slash.
    Database,
    /// What stands after the question mark.
    Options,
}

/// Something in a connection string that the driver does not accept, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ConnectionProblem {
    /// A sentence. Names options that exist; never holds a piece of the string.
    pub message: String,
    pub part: ConnectionPart,
    /// Where the form asks for it.
    pub tab: EditorTab,
    /// The option's name as the manual writes it; `None` for an unknown one, which may be a piece of a password.
    pub option: Option<&'static str>,
    /// Where it begins in the reading's text, in UTF-16 code units.
    #[cfg_attr(feature = "wire", specta(type = u32))]
    pub start: usize,
    /// Where it ends, exclusive.
    #[cfg_attr(feature = "wire", specta(type = u32))]
    pub end: usize,
}

/// A connection string, read.
#[derive(Debug, Clone)]
pub struct ConnectionReading {
    /// The string as typed, but for its secrets: [`SECRET_MASK`](crate::SECRET_MASK) stands in the place of each.
    pub text: String,
    /// What was typed is more than this text: a command, a line of settings, something in quotes. The text stands for
    /// all of it, and what was typed must not be shown any more.
    pub extracted: bool,
    /// What a form shows of it; `None` when it can't be taken apart.
    pub fields: Option<ConnectionFields>,
    /// What the driver does not accept; empty when it accepts the string.
    pub problems: Vec<ConnectionProblem>,
    /// Whether the hosts are MongoDB Atlas'.
    pub is_atlas: bool,
    /// Whether signing in takes a password.
    pub needs_password: bool,
    /// The secrets that stood in the string.
    pub secrets: ConnectionSecrets,
}
