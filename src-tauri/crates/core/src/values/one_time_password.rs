use rand::Rng;
use secrecy::SecretString;

use super::{FieldIssue, Password};

/// Letters and digits that are not taken for each other: no `0`, `O`, `1`, `I`, `l`, `o`.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
const GROUPS: usize = 4;
const GROUP: usize = 4;

/// A random password that a person must change at the first sign-in: sixteen characters in groups of four, 92 bits.
/// Shown once, and stored as a hash only.
#[derive(Clone)]
pub struct OneTimePassword(SecretString);

impl OneTimePassword {
    /// A fresh one, which keeps the rules of passwords.
    ///
    /// # Panics
    /// Never; a text without a letter of each case and a digit is drawn again.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default would be another password each time")]
    pub fn new() -> Self {
        loop {
            let text = SecretString::from(drawn());
            if Password::parse(&text).is_ok() {
                return Self(text);
            }
        }
    }

    /// The text, to show once.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The password to hash.
    ///
    /// # Errors
    /// None: it keeps the rules since it was made.
    pub fn password(&self) -> Result<Password, Vec<FieldIssue>> {
        Password::parse(&self.0)
    }
}

impl std::fmt::Debug for OneTimePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimePassword(hidden)")
    }
}

fn drawn() -> String {
    let mut random = rand::rng();
    let mut text = String::with_capacity(GROUPS * (GROUP + 1));
    for group in 0..GROUPS {
        if group > 0 {
            text.push('-');
        }
        text.extend((0..GROUP).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])));
    }
    text
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_one_time_password_keeps_the_rules_and_never_comes_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..500 {
            let password = OneTimePassword::new();
            assert!(password.password().is_ok());
            assert!(seen.insert(password.secret().expose_secret().to_owned()), "random");
        }
    }
}
