use std::fmt;

use super::field::{Field, FieldIssue, FieldRule, issue};
use crate::limits::{ORGANIZATION_NAME_MAX, ORGANIZATION_NAME_MIN};

/// An organization's name: 3 to 50 characters of `[a-z0-9_-]`.
///
/// Lower-cased when parsed: the service stores it so, and the unique index is on this form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganizationName(String);

impl OrganizationName {
    /// Parses what a person typed, without the space around it.
    ///
    /// # Errors
    /// The first broken rule: `required`, `characters`, `too_short`, `too_long`.
    pub fn parse(text: &str) -> Result<Self, FieldIssue> {
        let text = text.trim();
        if text.is_empty() {
            return Err(issue(Field::Name, FieldRule::Required, "A name is needed."));
        }
        let length = text.chars().count();
        if length > ORGANIZATION_NAME_MAX {
            return Err(issue(
                Field::Name,
                FieldRule::TooLong,
                format!("A name has at most {ORGANIZATION_NAME_MAX} characters; this one has {length}."),
            ));
        }
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            return Err(issue(
                Field::Name,
                FieldRule::Characters,
                "A name has letters a to z, digits, hyphens and underscores only.",
            ));
        }
        if length < ORGANIZATION_NAME_MIN {
            return Err(issue(
                Field::Name,
                FieldRule::TooShort,
                format!("A name has at least {ORGANIZATION_NAME_MIN} characters."),
            ));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// A name from a store, unchecked: a document that other software wrote is shown, not hidden.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The lower-cased name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganizationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> FieldRule {
        OrganizationName::parse(text).expect_err("the name must be refused").rule
    }

    #[test]
    fn a_name_is_trimmed_and_lower_cased() {
        assert_eq!(
            OrganizationName::parse("  Acme-Corp_7 ").map(|name| name.0),
            Ok("acme-corp_7".to_owned())
        );
    }

    #[test]
    fn each_rule_is_told_by_its_word() {
        assert_eq!(rule("   "), FieldRule::Required);
        assert_eq!(rule("ab"), FieldRule::TooShort);
        assert_eq!(rule(&"a".repeat(51)), FieldRule::TooLong);
        assert_eq!(rule(&"a".repeat(10_000)), FieldRule::TooLong);
        assert_eq!(rule("acme corp"), FieldRule::Characters);
        assert_eq!(rule("acme$corp"), FieldRule::Characters);
        assert_eq!(rule("acme\0corp"), FieldRule::Characters);
        // A Cyrillic look-alike of "acme".
        assert_eq!(rule("асme"), FieldRule::Characters);
    }

    #[test]
    fn both_ends_of_the_length_are_allowed() {
        assert!(OrganizationName::parse("abc").is_ok());
        assert!(OrganizationName::parse(&"a".repeat(50)).is_ok());
    }
}
