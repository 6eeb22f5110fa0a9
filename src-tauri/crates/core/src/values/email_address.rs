use std::fmt;

use email_address::Options;

use super::field::{Field, FieldIssue, FieldRule, issue};
use crate::limits::EMAIL_MAX;

/// An email address: the local part as typed, the domain lower-cased.
///
/// Two addresses that differ only in case count as the same: compare by [`EmailAddress::matching_key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Parses what a person typed, without the space around it.
    ///
    /// # Errors
    /// `required`, `too_many_bytes`, `at_sign`, `address`.
    pub fn parse(text: &str) -> Result<Self, FieldIssue> {
        let text = text.trim();
        if text.is_empty() {
            return Err(issue(Field::Email, FieldRule::Required, "An e-mail address is needed."));
        }
        if text.len() > EMAIL_MAX {
            return Err(issue(
                Field::Email,
                FieldRule::TooManyBytes,
                format!("An e-mail address has at most {EMAIL_MAX} bytes; this one has {}.", text.len()),
            ));
        }
        let mut parts = text.split('@');
        let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(issue(Field::Email, FieldRule::AtSign, "An e-mail address has exactly one @."));
        };
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        let normalized = format!("{local}@{}", domain.to_lowercase());
        // A quoted local part is legal, but neither the service nor any mail form accepts it.
        if local.starts_with('"')
            || email_address::EmailAddress::parse_with_options(&normalized, options).is_err()
        {
            return Err(issue(Field::Email, FieldRule::Address, "This is not a complete e-mail address."));
        }
        Ok(Self(normalized))
    }

    /// An address from a store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A form that is equal for two addresses that count as the same.
    pub fn matching_key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> FieldRule {
        EmailAddress::parse(text).expect_err("the address must be refused").rule
    }

    #[test]
    fn the_domain_is_lower_cased_and_the_local_part_is_not() {
        assert_eq!(
            EmailAddress::parse(" Dana.W@Example.COM ").map(|email| email.0),
            Ok("Dana.W@example.com".to_owned())
        );
    }

    #[test]
    fn each_rule_is_told_by_its_word() {
        assert_eq!(rule(""), FieldRule::Required);
        assert_eq!(rule("dana.example.com"), FieldRule::AtSign);
        assert_eq!(rule("dana@one@example.com"), FieldRule::AtSign);
        assert_eq!(rule("dana@localhost"), FieldRule::Address);
        assert_eq!(rule("da na@example.com"), FieldRule::Address);
        assert_eq!(rule("@example.com"), FieldRule::Address);
        assert_eq!(rule("dana@"), FieldRule::Address);
        assert_eq!(rule("dana@exam\0ple.com"), FieldRule::Address);
        assert_eq!(rule(&format!("{}@example.com", "a".repeat(10_000))), FieldRule::TooManyBytes);
    }

    #[test]
    fn addresses_that_differ_in_case_have_one_key() {
        let one = EmailAddress::from_stored("Dana@Example.com".to_owned());
        let other = EmailAddress::from_stored("dana@example.com".to_owned());
        assert_eq!(one.matching_key(), other.matching_key());
    }
}
