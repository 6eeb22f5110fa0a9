//! The operators' decision about what a workspace permits, for everyone who opens it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The purpose of a workspace, in ascending order of care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Environment {
    /// Data on one computer.
    Local,
    /// Data that can be recreated.
    Development,
    /// Data for trials.
    Staging,
    /// Real data.
    Production,
}

impl Environment {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// Parses the stored word. An unknown one comes from a newer version and counts as the most careful.
    pub fn from_word(word: &str) -> Self {
        let all = [Self::Local, Self::Development, Self::Staging, Self::Production];
        all.into_iter().find(|environment| environment.as_str() == word).unwrap_or(Self::Production)
    }
}

/// The access to a workspace, in descending order of permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Access {
    /// Reading and writing.
    ReadWrite,
    /// Reading; writing for ten minutes after an operator unlocked it with a reason.
    Locked,
    /// Reading.
    ReadOnly,
}

impl Access {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadWrite => "read_write",
            Self::Locked => "locked",
            Self::ReadOnly => "read_only",
        }
    }

    /// Parses the stored word. An unknown one counts as the strictest.
    pub fn from_word(word: &str) -> Self {
        let all = [Self::ReadWrite, Self::Locked, Self::ReadOnly];
        all.into_iter().find(|access| access.as_str() == word).unwrap_or(Self::ReadOnly)
    }
}

/// The purpose of a workspace and the access to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permits {
    /// The environment.
    pub environment: Environment,
    /// The access.
    pub access: Access,
}

impl Permits {
    /// Everything that a role allows, without a question.
    pub const EVERYTHING: Self = Self { environment: Environment::Local, access: Access::ReadWrite };

    /// The stricter of both, field by field.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { environment: self.environment.max(other.environment), access: self.access.max(other.access) }
    }

    /// Whether this permits something that `other` does not.
    pub fn exceeds(self, other: Self) -> bool {
        self.and(other) != self
    }

    /// The text in the activity record.
    pub(crate) fn in_words(self) -> String {
        format!("{}, {}", self.environment.as_str(), self.access.as_str())
    }
}

impl From<Access> for Permits {
    fn from(access: Access) -> Self {
        Self { access, ..Self::EVERYTHING }
    }
}

/// A decision of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What the workspace permits at most, whichever connection opens it.
    pub permits: Permits,
    /// The email address of the operator.
    pub by: String,
    /// When it was decided.
    pub at: OffsetDateTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_the_more_careful_counts_in_each_respect() {
        let local = Permits { environment: Environment::Local, access: Access::ReadOnly };
        let production = Permits { environment: Environment::Production, access: Access::ReadWrite };
        let both = Permits { environment: Environment::Production, access: Access::ReadOnly };
        assert_eq!(local.and(production), both);
        assert!(local.exceeds(production) && production.exceeds(local), "each permits something more");
        assert!(!both.exceeds(local) && !both.exceeds(both) && Permits::EVERYTHING.exceeds(local));
    }

    #[test]
    fn a_word_of_a_newer_program_permits_the_least() {
        assert_eq!(Environment::from_word("nuclear"), Environment::Production);
        assert_eq!(Access::from_word("append_only"), Access::ReadOnly);
        for access in [Access::ReadWrite, Access::Locked, Access::ReadOnly] {
            assert_eq!(Access::from_word(access.as_str()), access);
        }
        assert_eq!(Environment::from_word("staging"), Environment::Staging);
    }
}
