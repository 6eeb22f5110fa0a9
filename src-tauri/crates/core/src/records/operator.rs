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
    /// The note that the hash was renewed.
    pub renewal: Option<HashRenewal>,
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
    /// Its hashed password.
    pub password_hash: PasswordHash,
    /// When.
    pub created_at: OffsetDateTime,
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
}
