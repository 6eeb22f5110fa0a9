use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::StoreError;
use crate::records::{LiveSession, SessionDigest, SessionFacts, SessionQuery, SessionsOf};

/// The list of live sessions. A session that is not on it has ended.
///
/// # Contract
/// - It is in `console_sessions`, invisible to the service. The store's clock tells when a session began and was used.
/// - A session that was taken off the list never comes back: only `insert` adds one.
/// - Sessions that expired long ago are forgotten; no live one is, even if a computer's clock is hours off.
/// - Every write is durable when it returns.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Adds a session that begins now. A repeated call counts as done.
    async fn insert(&self, session: &SessionFacts) -> Result<(), StoreError>;

    /// The session, if it is on the list.
    async fn find(&self, id: &SessionDigest) -> Result<Option<LiveSession>, StoreError>;

    /// As `find`, and notes that it was used now.
    async fn touch(&self, id: &SessionDigest) -> Result<Option<LiveSession>, StoreError>;

    /// Moves the expiry of a session on the list. Returns whether it was there.
    async fn extend(&self, id: &SessionDigest, expires_at: OffsetDateTime) -> Result<bool, StoreError>;

    /// Sessions in the order in which they began, the newest first.
    async fn page(&self, query: &SessionQuery) -> Result<Vec<LiveSession>, StoreError>;

    /// Takes sessions off the list, all but one if `except` is given. Returns how many there were; it can be too low if
    /// a response was lost.
    async fn end(&self, sessions: &SessionsOf, except: Option<&SessionDigest>) -> Result<u64, StoreError>;
}
