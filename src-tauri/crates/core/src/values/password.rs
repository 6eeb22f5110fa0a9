use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{FieldRule, issue};
use crate::error::{Field, FieldIssue};
use crate::limits::{PASSWORD_MAX_BYTES, PASSWORD_MIN};

/// A new password that keeps the service's rules. Never printed, wiped on drop.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// Which of the rules a password keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    /// At least 8 characters.
    pub length: bool,
    /// An upper-case letter.
    pub upper: bool,
    /// A lower-case letter.
    pub lower: bool,
    /// A digit.
    pub digit: bool,
    /// At most 72 bytes in UTF-8, and no NUL: bcrypt would silently read only a part.
    pub bytes: bool,
}

impl PasswordRules {
    /// Judges a password rule by rule.
    pub fn of(text: &str) -> Self {
        Self {
            length: text.chars().count() >= PASSWORD_MIN,
            upper: text.chars().any(char::is_uppercase),
            lower: text.chars().any(char::is_lowercase),
            digit: text.chars().any(|c| c.is_ascii_digit()),
            bytes: text.len() <= PASSWORD_MAX_BYTES && !text.contains('\0'),
        }
    }
}

impl Password {
    /// Reads a new password exactly as typed; nothing is trimmed.
    ///
    /// # Errors
    /// Every rule that it breaks: `required`, `too_short`, `no_upper`, `no_lower`, `no_digit`, `too_many_bytes`,
    /// `nul`.
    pub fn parse(text: &SecretString) -> Result<Self, Vec<FieldIssue>> {
        let typed = text.expose_secret();
        if typed.is_empty() {
            return Err(vec![issue(Field::Password, FieldRule::Required, "A password is needed.")]);
        }
        let rules = PasswordRules::of(typed);
        let mut issues = Vec::new();
        let mut add = |kept: bool, rule, message: String| {
            if !kept {
                issues.push(issue(Field::Password, rule, message));
            }
        };
        add(rules.length, FieldRule::TooShort, format!("A password has at least {PASSWORD_MIN} characters."));
        add(rules.upper, FieldRule::NoUpper, "A password has an upper-case letter.".to_owned());
        add(rules.lower, FieldRule::NoLower, "A password has a lower-case letter.".to_owned());
        add(rules.digit, FieldRule::NoDigit, "A password has a digit.".to_owned());
        add(
            typed.len() <= PASSWORD_MAX_BYTES,
            FieldRule::TooManyBytes,
            format!("A password has at most {PASSWORD_MAX_BYTES} bytes; this one has {}.", typed.len()),
        );
        add(!typed.contains('\0'), FieldRule::Nul, "A password may not hold a NUL character.".to_owned());
        if issues.is_empty() { Ok(Self(text.clone())) } else { Err(issues) }
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }
}

/// A stored password hash, in the modular crypt format (`$2b$12$…`), which leaves room for other algorithms.
#[derive(Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// A hash as a store holds it.
    pub fn from_stored(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The hash, for a store to write and for verifying.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<FieldRule> {
        match Password::parse(&SecretString::from(text)) {
            Ok(_) => Vec::new(),
            Err(issues) => issues.into_iter().map(|issue| issue.rule).collect(),
        }
    }

    #[test]
    fn every_broken_rule_is_told_at_once() {
        assert_eq!(rules("Passw0rd"), []);
        assert_eq!(rules(""), [FieldRule::Required]);
        assert_eq!(rules("short"), [FieldRule::TooShort, FieldRule::NoUpper, FieldRule::NoDigit]);
        assert_eq!(rules("PASSWORD1"), [FieldRule::NoLower]);
        assert_eq!(rules("Passw0rd\0"), [FieldRule::Nul]);
    }

    #[test]
    fn seventy_two_bytes_are_allowed_and_seventy_three_are_refused() {
        assert_eq!(rules(&format!("Aa1{}", "x".repeat(69))), []);
        assert_eq!(rules(&format!("Aa1{}", "x".repeat(70))), [FieldRule::TooManyBytes]);
        // 40 characters, 77 bytes: the limit is in bytes.
        assert_eq!(rules(&format!("Aa1{}", "é".repeat(37))), [FieldRule::TooManyBytes]);
    }

    #[test]
    fn space_around_a_password_is_part_of_it() {
        let password = Password::parse(&SecretString::from(" Passw0rd ")).expect("allowed");
        assert_eq!(password.secret().expose_secret(), " Passw0rd ");
    }

    #[test]
    fn neither_password_nor_hash_shows_in_debug_output() {
        let password = Password::parse(&SecretString::from("Passw0rd")).expect("allowed");
        let hash = PasswordHash::from_stored("$2b$12$abc".to_owned());
        let shown = format!("{password:?} {hash:?}");
        assert!(!shown.contains("Passw0rd") && !shown.contains("$2b$"), "{shown}");
    }
}
