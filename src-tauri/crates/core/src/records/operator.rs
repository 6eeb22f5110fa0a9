use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::VariantArray;
use time::OffsetDateTime;

use super::one_time::OneTime;
use crate::rights::Role;
use crate::values::{
    Device, EmailAddress, HashRenewal, OperatorId, PasswordHash, PersonName, RecoveryDigest,
};

/// The role of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum OperatorRole {
    /// Also manages operators and the workspace's settings. An operator stored without a role is one.
    Owner,
    /// Administers all organizations.
    Operator,
    /// Looks at all organizations and changes nothing.
    ReadOnlyOperator,
}

impl From<OperatorRole> for Role {
    fn from(role: OperatorRole) -> Self {
        match role {
            OperatorRole::Owner => Self::Owner,
            OperatorRole::Operator => Self::Operator,
            OperatorRole::ReadOnlyOperator => Self::ReadOnlyOperator,
        }
    }
}

impl OperatorRole {
    /// Parses the word of the role.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|role| Role::from(*role).as_str() == word)
    }
}

/// An administrator of the whole workspace.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Its id.
    pub id: OperatorId,
    /// Its own name.
    pub name: PersonName,
    /// The address it signs in with.
    pub email: EmailAddress,
    /// Its role.
    pub role: OperatorRole,
    /// Whether it can sign in.
    pub is_active: bool,
    /// Its stored hash.
    pub password_hash: PasswordHash,
    /// The note that the hash was renewed.
    pub renewal: Option<HashRenewal>,
    /// Set while the password is one that somebody else set.
    pub one_time: Option<OneTime>,
    /// The digest of its recovery code; owners alone have one.
    pub recovery: Option<RecoveryDigest>,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// When it last signed in; `None` if never, or if that was before sign-ins were noted.
    pub last_sign_in_at: Option<OffsetDateTime>,
    /// Raised by every change that ends its sessions.
    pub session_version: i64,
}

/// An operator to insert.
#[derive(Debug, Clone)]
pub struct NewOperator {
    /// Its id.
    pub id: OperatorId,
    /// Its own name.
    pub name: PersonName,
    /// The address it signs in with.
    pub email: EmailAddress,
    /// Its role.
    pub role: OperatorRole,
    /// Its hashed password.
    pub password_hash: PasswordHash,
    /// Set if somebody else set the password.
    pub one_time: Option<OneTime>,
    /// The digest of its recovery code.
    pub recovery: Option<RecoveryDigest>,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Changes of an operator, all in one write. `None` keeps a field.
#[derive(Debug, Clone, Default)]
pub struct OperatorChange {
    /// Another name.
    pub name: Option<PersonName>,
    /// Another role.
    pub role: Option<OperatorRole>,
    /// Active or deactivated.
    pub is_active: Option<bool>,
    /// Another password, and whether it is a one-time one.
    pub password: Option<(PasswordHash, Option<OneTime>)>,
    /// Another recovery code, or none.
    pub recovery: Option<Option<RecoveryDigest>>,
    /// Whether to end the operator's sessions, by raising `session_version` by one.
    pub end_sessions: bool,
}

/// The failed sign-ins in a row of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInAttempts {
    /// The name under which it is counted.
    pub account: String,
    /// How many.
    pub failures: u32,
    /// How long ago the last one was.
    pub since_last: Duration,
    /// The device of the last one.
    pub device: Option<Device>,
}
