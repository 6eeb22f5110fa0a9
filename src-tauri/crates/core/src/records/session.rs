//! The list of live sessions, which ends those that are taken off it.

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::rights::Role;
use crate::values::OrganizationId;

/// The digest of a session's id. The id itself is in its token alone, so the list helps nobody to use a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionDigest(String);

impl SessionDigest {
    /// Of the id in a token.
    pub fn of(session_id: &str) -> Self {
        Self(hex::encode(Sha256::digest(session_id.as_bytes())))
    }

    /// From a store, or from a list that was shown.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is known of a session when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFacts {
    /// The digest of its id.
    pub id: SessionDigest,
    /// Whose it is, in the form under which failed sign-ins are counted.
    pub account: String,
    /// Its role; `None` for a word of a newer version.
    pub role: Option<Role>,
    /// The person's name, or the organization's.
    pub name: String,
    /// The address of the sign-in.
    pub email: String,
    /// The organization that it is about; `None` if it is about all of them.
    pub organization_id: Option<OrganizationId>,
    /// The organization's name at that time.
    pub organization_name: Option<String>,
    /// The computer, in words.
    pub device: String,
    /// When its token expires.
    pub expires_at: OffsetDateTime,
}

/// A session on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// What is known of it.
    pub facts: SessionFacts,
    /// When it began, by the store's clock.
    pub since: OffsetDateTime,
    /// When it was last used, by the store's clock and to the minute.
    pub last_used_at: OffsetDateTime,
}

/// Some of the sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsOf {
    /// One.
    One(SessionDigest),
    /// Those of an account.
    Account(String),
    /// Those of everybody who signed in to an organization.
    Organization(OrganizationId),
    /// All.
    Everybody,
}

/// A question about the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionQuery {
    /// Whose.
    pub of: SessionsOf,
    /// Those that have not expired then.
    pub live_at: OffsetDateTime,
    /// Those after this one in the list.
    pub after: Option<(OffsetDateTime, SessionDigest)>,
    /// How many at most.
    pub limit: u32,
}
