use async_trait::async_trait;
use time::OffsetDateTime;

use super::{NewOperator, Operator, SignInAttempts};
use crate::error::StoreError;
use crate::values::{EmailAddress, OperatorId, PasswordHash};

/// Who may sign in as an operator, the failures of everybody, and the sessions that were ended.
///
/// # Contract
/// - The `_id` of an operator is unique, and so is its address without regard to case.
/// - Failures are counted in the workspace, not in the program: a restart does not reset them, and they are counted
///   atomically.
/// - Every write is durable when it returns.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Whether the workspace has an operator.
    async fn has_operators(&self) -> Result<bool, StoreError>;

    /// Inserts an operator.
    ///
    /// # Errors
    /// `Duplicate {Id}` when the id is there, `Duplicate {Email}` when another has the address.
    async fn insert_operator(&self, operator: &NewOperator) -> Result<(), StoreError>;

    /// The operator with this id.
    async fn find_operator(&self, id: OperatorId) -> Result<Option<Operator>, StoreError>;

    /// The operator with this address, without regard to case.
    async fn find_operator_by_email(&self, email: &EmailAddress) -> Result<Option<Operator>, StoreError>;

    /// Puts the hash in place if the stored one is still `from`.
    async fn renew_operator_hash(
        &self,
        id: OperatorId,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<(), StoreError>;

    /// The failures in a row of an account. `account` is a digest of the address: no address of a stranger is stored.
    async fn sign_in_attempts(&self, account: &str) -> Result<Option<SignInAttempts>, StoreError>;

    /// Adds one failure; answers how many in a row there are then.
    async fn add_failed_sign_in(&self, account: &str, at: OffsetDateTime) -> Result<u32, StoreError>;

    /// Forgets the failures of an account; none counts as done.
    async fn clear_failed_sign_ins(&self, account: &str) -> Result<(), StoreError>;

    /// Notes that a session was ended; kept until it would have expired anyway.
    async fn revoke_session(&self, session_id: &str, expires_at: OffsetDateTime) -> Result<(), StoreError>;

    /// Whether a session was ended.
    async fn is_session_revoked(&self, session_id: &str) -> Result<bool, StoreError>;
}
