use std::time::Duration;

use time::OffsetDateTime;

use crate::values::{EmailAddress, HashRenewal, OperatorId, PasswordHash, PersonName};

/// An administrator of the whole workspace.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Its id.
    pub id: OperatorId,
    /// Its own name.
    pub name: PersonName,
    /// The address it signs in with.
    pub email: EmailAddress,
    /// Its stored hash.
    pub password_hash: PasswordHash,
    /// That the hash was computed anew.
    pub renewal: Option<HashRenewal>,
    /// Raised by whatever ends its sessions.
    pub session_version: i64,
}

/// An operator as it is about to be inserted.
#[derive(Debug, Clone)]
pub struct NewOperator {
    /// Its id.
    pub id: OperatorId,
    /// Its own name.
    pub name: PersonName,
    /// The address it signs in with.
    pub email: EmailAddress,
    /// Its hashed password.
    pub password_hash: PasswordHash,
    /// When.
    pub created_at: OffsetDateTime,
}

/// The failed sign-ins in a row of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInAttempts {
    /// The name it is counted under.
    pub account: String,
    /// How many.
    pub failures: u32,
    /// How long ago the last was.
    pub since_last: Duration,
}
