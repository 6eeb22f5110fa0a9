//! The content of the file of saved connections.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tenantry_core::records as core;
use time::OffsetDateTime;

use crate::secret_kind::SecretKind;

/// What a workspace is used for: how loudly it warns, and whether names are typed before an organization is trashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// On this computer.
    Local,
    /// For building.
    Development,
    /// For trying.
    Staging,
    /// With real data.
    Production,
}

/// What may be done in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everything that the role allows.
    ReadWrite,
    /// Nothing but reading, until an operator unlocks it for a while with a reason.
    Locked,
    /// Nothing but reading.
    ReadOnly,
}

impl From<Access> for core::Access {
    fn from(access: Access) -> Self {
        match access {
            Access::ReadWrite => Self::ReadWrite,
            Access::Locked => Self::Locked,
            Access::ReadOnly => Self::ReadOnly,
        }
    }
}

impl From<core::Access> for Access {
    fn from(access: core::Access) -> Self {
        match access {
            core::Access::ReadWrite => Self::ReadWrite,
            core::Access::Locked => Self::Locked,
            core::Access::ReadOnly => Self::ReadOnly,
        }
    }
}

impl From<Environment> for core::Environment {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Local => Self::Local,
            Environment::Development => Self::Development,
            Environment::Staging => Self::Staging,
            Environment::Production => Self::Production,
        }
    }
}

impl From<core::Environment> for Environment {
    fn from(environment: core::Environment) -> Self {
        match environment {
            core::Environment::Local => Self::Local,
            core::Environment::Development => Self::Development,
            core::Environment::Staging => Self::Staging,
            core::Environment::Production => Self::Production,
        }
    }
}

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
    pub fn permits(&self) -> core::Permits {
        core::Permits { environment: self.environment.into(), access: self.access.into() }
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

/// Choices for the whole program, and a move in progress. Contains no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Where secrets are stored; `None` while nobody has chosen.
    #[serde(default)]
    pub secret_keeper: Option<KeeperChoice>,
    /// A move of secrets in progress: noted before the first one moves, and removed after the last.
    #[serde(default)]
    pub secret_move: Option<MoveIntent>,
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
