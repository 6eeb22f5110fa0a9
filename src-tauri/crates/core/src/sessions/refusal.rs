//! Why a token is no session.

use strum::{IntoStaticStr, VariantArray};

use crate::error::{AppError, SessionProblem, StoreError};
use crate::words::words;

/// Why a token was refused. The person learns only whether their session expired or ended; the record has the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Refusal {
    /// It is longer than any token.
    TooLong,
    /// It is not three parts, or one of them is not base64 of the right kind.
    NotAToken,
    /// Its header is not JSON, or asks for something that no token of ours or of the service asks for.
    Header,
    /// Its header names another algorithm, or none.
    Algorithm,
    /// It was not signed with this workspace's key.
    Signature,
    /// A claim stands in it twice.
    Doubled,
    /// A claim has another type than it must have, or one that every token has is missing.
    Claims,
    /// It has some of Tenantry's claims and not all of them.
    Incomplete,
    /// Tenantry's claims, issued by somebody else, or for another account than it is about.
    Issuer,
    /// It is for another audience.
    Audience,
    /// Its time is over.
    Expired,
    /// It was issued in the future, or is not good yet.
    Early,
    /// It is good for longer than a token can be.
    Late,
    /// It names no account, or another organization than its account's.
    Account,
    /// The account does not exist.
    Unknown,
    /// The account, or its organization, is deactivated.
    Deactivated,
    /// The account has another role now.
    Role,
    /// Something that ends sessions has happened to the account since.
    Version,
    /// The password was changed since.
    Password,
    /// A token of the service from before its organization was last changed.
    Stale,
    /// The session is not on the list: it was ended here or elsewhere.
    Ended,
}

words!(Refusal);

impl Refusal {
    /// Whether the record tells it. That a session's time is over is no news.
    pub(super) fn is_news(self) -> bool {
        self != Self::Expired
    }

    /// What the person is told.
    pub fn problem(self) -> SessionProblem {
        match self {
            Self::Expired => SessionProblem::Expired,
            Self::TooLong
            | Self::NotAToken
            | Self::Header
            | Self::Algorithm
            | Self::Signature
            | Self::Doubled
            | Self::Claims
            | Self::Incomplete
            | Self::Issuer
            | Self::Audience
            | Self::Early
            | Self::Late
            | Self::Account
            | Self::Unknown
            | Self::Deactivated
            | Self::Role
            | Self::Version
            | Self::Password
            | Self::Stale
            | Self::Ended => SessionProblem::Revoked,
        }
    }
}

/// A session could not be checked, or is none.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is none. The address is known if the token was signed with this workspace's key.
    Token(Refusal, Option<String>),
    /// The check failed.
    Failed(AppError),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Token(refusal, None)
    }
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_word_of_its_own() {
        let mut words: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Refusal::ALL.len());
        assert!(words.contains(&"not_a_token"));
    }
}
