//! What the operators of a workspace decided that it permits, for everybody who opens it.

use time::OffsetDateTime;

/// What a workspace is used for, from little to much care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Environment {
    /// On one computer.
    Local,
    /// For building.
    Development,
    /// For trying.
    Staging,
    /// With real data.
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

    /// Reads the stored word. One that is not known is a newer program's: nobody is less careful for not knowing it.
    pub fn from_word(word: &str) -> Self {
        let all = [Self::Local, Self::Development, Self::Staging, Self::Production];
        all.into_iter().find(|environment| environment.as_str() == word).unwrap_or(Self::Production)
    }
}

/// What a profile or the operators permit, from much to little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

    /// Reads the stored word. One that is not known permits the least.
    pub fn from_word(word: &str) -> Self {
        let all = [Self::ReadWrite, Self::Locked, Self::ReadOnly];
        all.into_iter().find(|access| access.as_str() == word).unwrap_or(Self::ReadOnly)
    }
}

/// What a workspace is used for, and what may be done in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permits {
    /// How much care it asks for.
    pub environment: Environment,
    /// What may be done.
    pub access: Access,
}

impl Permits {
    /// Whatever a role may do, without a question.
    pub const EVERYTHING: Self = Self { environment: Environment::Local, access: Access::ReadWrite };

    /// What both permit: the more careful of each.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { environment: self.environment.max(other.environment), access: self.access.max(other.access) }
    }

    /// Whether this permits something that `other` does not.
    pub fn exceeds(self, other: Self) -> bool {
        self.and(other) != self
    }

    /// For the record.
    pub(crate) fn in_words(self) -> String {
        format!("{}, {}", self.environment.as_str(), self.access.as_str())
    }
}

impl From<Access> for Permits {
    fn from(access: Access) -> Self {
        Self { access, ..Self::EVERYTHING }
    }
}

/// What operators decided, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What a workspace permits at most, whatever the profile says by which it is opened.
    pub permits: Permits,
    /// The address of who decided it.
    pub by: String,
    /// When.
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
