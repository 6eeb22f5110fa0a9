//! The content of the file of saved connections.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tenantry_core::records::{Access, Environment, Head, Permits};
use time::OffsetDateTime;

use tenantry_connection::SecretKind;

/// A saved connection. Contains no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Random, made by Tenantry.
    pub id: String,
    /// The name that a person gave it.
    pub name: String,
    /// Its environment.
    pub environment: Environment,
    /// The connection string without its secrets.
    pub connection_string: String,
    /// The name of the database.
    pub database: String,
    /// Its notes.
    pub notes: String,
    /// Whether it is listed above the others.
    pub favorite: bool,
    /// Its access.
    pub access: Access,
    /// When it was last opened.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_opened_at: Option<OffsetDateTime>,
    /// Which of its secrets are stored for the next run. Says nothing about those in memory.
    pub stored: BTreeSet<SecretKind>,
    /// Whether a service signing secret was given.
    pub has_signing_secret: bool,
}

impl Profile {
    /// What the connection itself permits.
    pub fn permits(&self) -> Permits {
        Permits { environment: self.environment, access: self.access }
    }

    /// Whether the database user's password is stored for the next run.
    pub fn password_stored(&self) -> bool {
        self.stored.contains(&SecretKind::DatabasePassword)
    }

    /// Notes whether a secret is stored for the next run.
    pub fn note_stored(&mut self, kind: SecretKind, stored: bool) {
        if stored {
            self.stored.insert(kind);
        } else {
            self.stored.remove(&kind);
        }
    }
}

/// The built-in workspace's id.
pub const BUILT_IN: &str = "built-in";

/// The note about the built-in workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuiltIn {
    /// When it was last opened.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub last_opened_at: Option<OffsetDateTime>,
}

/// Choices for the whole program, a move in progress, and what was verified. Contains no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Where secrets are stored; `None` while nobody has chosen.
    #[serde(default)]
    pub secret_keeper: Option<KeeperChoice>,
    /// A move of secrets in progress: noted before the first one moves, and removed after the last.
    #[serde(default)]
    pub secret_move: Option<MoveIntent>,
    /// What the last verification of each workspace's record found, by the workspace's id. An entry that is missing at
    /// the end of a record is seen only by who knows that it was there.
    #[serde(default)]
    pub verified: BTreeMap<String, RecordAnchor>,
}

/// The newest entry of a record that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordAnchor {
    /// The entry.
    #[serde(flatten)]
    pub head: Head,
    /// When it was verified.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// How many entries there were.
    pub entries: u64,
}

/// A choice of where secrets are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename = "SecretKeeper", rename_all = "snake_case")]
pub enum KeeperChoice {
    /// In the operating system's keychain.
    Keychain,
    /// In a file sealed with a passphrase.
    SealedFile,
    /// Nowhere: the person is asked every time.
    AskEveryTime,
}

/// A move of secrets from one place to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct MoveIntent {
    /// The old place.
    pub from: KeeperChoice,
    /// The new place.
    pub to: KeeperChoice,
}
