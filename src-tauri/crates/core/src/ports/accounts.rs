use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::StoreError;
use crate::records::{NewOperator, Operator, OperatorChange, SignInAttempts};
use crate::values::{Device, EmailAddress, HashRenewal, OperatorId, PasswordHash, RecoveryDigest};

/// Operators and failed sign-ins.
///
/// # Contract
/// - The `_id` of an operator is unique, and so is its address in any letter case. No person and no organization's
///   admin has it: see [`OrganizationStore`](super::OrganizationStore).
/// - An operator stored without a role is an active owner. A workspace that has an active owner keeps one.
/// - Failures are counted in the workspace, not in the process: a restart does not reset them, they are counted
///   atomically, and the store's clock tells how long ago the last was.
/// - Every write is durable when it returns.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Whether the workspace has an operator.
    async fn has_operators(&self) -> Result<bool, StoreError>;

    /// Inserts an operator.
    ///
    /// # Errors
    /// `Duplicate {Id}` if the id exists, `Duplicate {Email}` if another operator, a person or an organization's admin
    /// has the address; nothing is written then.
    async fn insert_operator(&self, operator: &NewOperator) -> Result<(), StoreError>;

    /// The operator with this id.
    async fn find_operator(&self, id: OperatorId) -> Result<Option<Operator>, StoreError>;

    /// The operator with this address, in any letter case.
    async fn find_operator_by_email(&self, email: &EmailAddress) -> Result<Option<Operator>, StoreError>;

    /// All operators, in no order. There are few.
    async fn operators(&self) -> Result<Vec<Operator>, StoreError>;

    /// Changes an operator, if nothing has ended their sessions since `seen` was read. Another role, and a
    /// deactivation, end them.
    ///
    /// # Errors
    /// `NotFound`, `Changed`; `LastOwner` if no other active owner would be left, also when several owners are changed
    /// at the same moment. Nothing is written then.
    async fn change_operator(&self, seen: &Operator, change: &OperatorChange)
    -> Result<Operator, StoreError>;

    /// Removes an operator, if nothing has ended their sessions since `seen` was read.
    ///
    /// # Errors
    /// As [`change_operator`](Self::change_operator).
    async fn remove_operator(&self, seen: &Operator) -> Result<(), StoreError>;

    /// Sets a password that the operator chose, if nothing has ended their sessions since `seen` was read; ends them. A
    /// one-time password is used up by it. Also replaces the recovery code if one is given.
    ///
    /// # Errors
    /// `NotFound`, `Changed`.
    async fn set_operators_own_password(
        &self,
        seen: &Operator,
        hash: &PasswordHash,
        recovery: Option<&RecoveryDigest>,
    ) -> Result<Operator, StoreError>;

    /// Notes a sign-in.
    async fn note_operator_sign_in(&self, id: OperatorId, at: OffsetDateTime) -> Result<(), StoreError>;

    /// Replaces the hash and its note, if the stored hash is still `from`.
    async fn renew_operator_hash(
        &self,
        id: OperatorId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError>;

    /// The largest number of accounts, operators, admins and people together, that share one address; at least 1. Too
    /// high if a person could be an admin as well; too low for a moment, and if finding out takes too long.
    async fn most_accounts_of_an_address(&self) -> Result<usize, StoreError>;

    /// The failures in a row of those accounts that have any, in one query.
    async fn sign_in_attempts(&self, accounts: &[String]) -> Result<Vec<SignInAttempts>, StoreError>;

    /// Adds one failure, now, from a device; returns how many in a row there are then.
    async fn add_failed_sign_in(&self, account: &str, device: &Device) -> Result<u32, StoreError>;

    /// The failures in a row of all accounts that have any, the latest first.
    async fn failed_sign_ins(&self, limit: u32) -> Result<Vec<SignInAttempts>, StoreError>;

    /// Adds one failure, now, unless the last one that this method added was the same `guess`: the digest of another
    /// account's password, which did not fit this one.
    async fn add_passed_over(&self, account: &str, guess: &str) -> Result<(), StoreError>;

    /// Forgets the failures of an account, if any.
    async fn clear_failed_sign_ins(&self, account: &str) -> Result<(), StoreError>;
}
