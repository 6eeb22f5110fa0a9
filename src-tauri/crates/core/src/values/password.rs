use std::fmt;
use std::str::FromStr;

use bcrypt::HashParts;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::field::{Field, FieldIssue, FieldRule, issue};
use crate::limits::{BCRYPT_COST_CEILING, BCRYPT_COST_MIN, PASSWORD_MAX_BYTES, PASSWORD_MIN};

/// A new password that keeps the service's rules. Never printed, wiped on drop.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// The rules that a password keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename = "PasswordCheck", rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct PasswordRules {
    /// At least 8 characters.
    pub length: bool,
    /// An uppercase letter.
    pub upper: bool,
    /// A lowercase letter.
    pub lower: bool,
    /// A digit.
    pub digit: bool,
    /// At most 72 bytes in UTF-8, and no NUL: bcrypt would silently use only a part.
    pub bytes: bool,
}

impl PasswordRules {
    /// Checks a password rule by rule.
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
    /// What is wrong with a new password that is the one before.
    pub(crate) fn unchanged() -> FieldIssue {
        issue(Field::Password, FieldRule::Unchanged, "This is the password before.")
    }

    /// Parses a new password exactly as typed; nothing is trimmed.
    ///
    /// # Errors
    /// Every broken rule: `required`, `too_short`, `no_upper`, `no_lower`, `no_digit`, `too_many_bytes`, `nul`.
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

/// A stored password hash, in any form that other software wrote; ours are bcrypt's (`$2b$12$…`).
#[derive(Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// A hash from a store; empty if there is none.
    pub fn from_stored(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The hash, for a store to write and for verifying.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Its algorithm.
    pub fn scheme(&self) -> HashScheme {
        let text = self.expose();
        let cost = HashParts::from_str(text).map(|parts| parts.get_cost());
        match cost {
            Ok(cost @ BCRYPT_COST_MIN..=BCRYPT_COST_CEILING) => HashScheme::Bcrypt { cost },
            Ok(cost) => HashScheme::Unverifiable(UnverifiableHash::BcryptOfCost(cost)),
            Err(_) => HashScheme::Unverifiable(UnverifiableHash::of(text)),
        }
    }

    /// Its digest.
    pub fn digest(&self) -> HashDigest {
        HashDigest(hex::encode(Sha256::digest(self.expose())))
    }
}

/// The algorithm of a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashScheme {
    /// bcrypt, of a cost that can be verified here.
    Bcrypt {
        /// The cost: each step doubles the time.
        cost: u32,
    },
    /// No password can be verified against it here.
    Unverifiable(UnverifiableHash),
}

/// A stored hash that cannot be verified here. As text it is a name, never a part of the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnverifiableHash {
    /// There is no hash.
    Absent,
    /// bcrypt of a cost outside the limits.
    BcryptOfCost(u32),
    /// It begins like bcrypt, but is damaged.
    DamagedBcrypt,
    /// Another algorithm.
    Other(&'static str),
    /// An unknown form.
    Unknown,
}

/// The beginnings of other hashes: the modular crypt format, Django's and LDAP's. The longer one of two comes first.
const OTHER_SCHEMES: [(&str, &str); 17] = [
    ("$argon2id$", "argon2id"),
    ("$argon2i$", "argon2i"),
    ("$argon2d$", "argon2d"),
    ("argon2$", "argon2"),
    ("$bcrypt-sha256$", "bcrypt-sha256"),
    ("bcrypt_sha256$", "bcrypt-sha256"),
    ("bcrypt$", "bcrypt of Django"),
    ("$scrypt$", "scrypt"),
    ("scrypt", "scrypt"),
    ("$7$", "scrypt"),
    ("$y$", "yescrypt"),
    ("$pbkdf2", "pbkdf2"),
    ("pbkdf2", "pbkdf2"),
    ("$6$", "sha512-crypt"),
    ("$5$", "sha256-crypt"),
    ("$1$", "md5-crypt"),
    ("{SSHA", "salted SHA"),
];

impl UnverifiableHash {
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Absent;
        }
        if ["$2a$", "$2b$", "$2x$", "$2y$"].iter().any(|prefix| text.starts_with(prefix)) {
            return Self::DamagedBcrypt;
        }
        let known = OTHER_SCHEMES.iter().find(|(prefix, _)| text.starts_with(prefix));
        known.map_or(Self::Unknown, |(_, name)| Self::Other(name))
    }
}

impl fmt::Display for UnverifiableHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("none"),
            Self::BcryptOfCost(cost) => write!(f, "bcrypt of cost {cost}"),
            Self::DamagedBcrypt => f.write_str("bcrypt, damaged"),
            Self::Other(name) => f.write_str(name),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// A digest (SHA-256) of a stored hash, to recognize the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashDigest(String);

impl HashDigest {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The note that a sign-in replaced a cheap hash with a new one of the same password. It is stored beside the hash and
/// is valid while that hash is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashRenewal {
    /// The digest of the new hash.
    to: HashDigest,
    /// The digest of the hash that the password was set with.
    origin: HashDigest,
}

impl HashRenewal {
    /// The note for `to`, which replaces `from`.
    pub fn new(from: &PasswordHash, noted: Option<&Self>, to: &PasswordHash) -> Self {
        Self { to: to.digest(), origin: Self::origin(from, noted) }
    }

    /// The digest that stays the same while the password does: of the hash that it was set with.
    pub fn origin(hash: &PasswordHash, noted: Option<&Self>) -> HashDigest {
        let digest = hash.digest();
        match noted {
            Some(noted) if noted.to == digest => noted.origin.clone(),
            Some(_) | None => digest,
        }
    }

    /// The note from a store; `None` if it is malformed.
    pub fn from_stored(text: &str) -> Option<Self> {
        let (to, origin) = text.split_once(':')?;
        Some(Self { to: HashDigest(to.to_owned()), origin: HashDigest(origin.to_owned()) })
    }

    /// The note for a store to write.
    pub fn to_stored(&self) -> String {
        format!("{}:{}", self.to.0, self.origin.0)
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

    fn scheme(text: &str) -> HashScheme {
        PasswordHash::from_stored(text.to_owned()).scheme()
    }

    #[test]
    fn a_hash_is_told_by_its_form() {
        let bcrypt =
            |cost: u32| format!("$2b${cost:02}$CwTycUXWue0Thq9StjUM0uJ8qW5v1dR1Z6cWk8bC4Wv0m2n1p5r7K");
        for cost in [4, 10, 12, 14] {
            assert_eq!(scheme(&bcrypt(cost)), HashScheme::Bcrypt { cost });
        }
        let unverifiable = |text: &str| match scheme(text) {
            HashScheme::Unverifiable(hash) => hash.to_string(),
            HashScheme::Bcrypt { .. } => panic!("no password can be verified against {text}"),
        };
        for (text, told) in [
            (bcrypt(15).as_str(), "bcrypt of cost 15"),
            (bcrypt(3).as_str(), "bcrypt of cost 3"),
            ("$2b$12$short", "bcrypt, damaged"),
            ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g", "argon2id"),
            (
                "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
                "bcrypt-sha256",
            ),
            ("pbkdf2_sha256$600000$salt$hash", "pbkdf2"),
            ("scrypt:32768:8:1$salt$hash", "scrypt"),
            ("$6$salt$hash", "sha512-crypt"),
            ("", "none"),
        ] {
            assert_eq!(unverifiable(text), told, "{text}");
        }
        assert_eq!(unverifiable("$planted$secret"), "unknown", "no part of what is stored is told");
    }

    #[test]
    fn a_renewed_hash_has_the_origin_of_the_one_before_and_any_other_its_own() {
        let hash = |text: &str| PasswordHash::from_stored(text.to_owned());
        let (set, renewed, again, changed) = (hash("set"), hash("renewed"), hash("again"), hash("changed"));
        let first = HashRenewal::new(&set, None, &renewed);
        assert_eq!(HashRenewal::origin(&renewed, Some(&first)), set.digest());
        let second = HashRenewal::new(&renewed, Some(&first), &again);
        assert_eq!(HashRenewal::origin(&again, Some(&second)), set.digest());
        assert_eq!(HashRenewal::origin(&changed, Some(&second)), changed.digest());
        assert_eq!(HashRenewal::from_stored(&second.to_stored()), Some(second));
    }
}
