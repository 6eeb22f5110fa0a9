use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// The alphabet of base32 (RFC 4648, 6), without padding.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Characters of 128 bits in base32.
const CHARACTERS: usize = 26;

/// The code that lets an owner in without the password, once: 128 random bits as base32 in groups of four.
#[derive(Clone)]
pub struct RecoveryCode(SecretString);

/// The SHA-256 of a recovery code, in hex. A code is random and long, so a slow hash would add nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryDigest(String);

impl RecoveryCode {
    /// A fresh one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default would be another code each time")]
    pub fn new() -> Self {
        let mut bytes = [0u8; 16];
        rand::rng().fill_bytes(&mut bytes);
        let bits = u128::from_be_bytes(bytes);
        let mut text = String::with_capacity(CHARACTERS + CHARACTERS / 4);
        for place in 0..CHARACTERS {
            if place > 0 && place % 4 == 0 {
                text.push('-');
            }
            // The last character has the three bits that are left.
            let group = match 123usize.checked_sub(5 * place) {
                Some(shift) => bits >> shift,
                None => bits << 2,
            };
            text.push(char::from(ALPHABET[usize::try_from(group & 31).unwrap_or(0)]));
        }
        Self(SecretString::from(text))
    }

    /// Reads what a person typed, in any letter case and with any spaces or hyphens.
    pub fn parse(typed: &SecretString) -> Option<Self> {
        let text: String = typed
            .expose_secret()
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let known = text.len() == CHARACTERS && text.bytes().all(|byte| ALPHABET.contains(&byte));
        known.then(|| Self(SecretString::from(text)))
    }

    /// The text, to show once.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The digest to store.
    pub fn digest(&self) -> RecoveryDigest {
        let mut hash = Sha256::new();
        for group in self.0.expose_secret().split('-') {
            hash.update(group.as_bytes());
        }
        RecoveryDigest(hex::encode(hash.finalize()))
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode(hidden)")
    }
}

impl RecoveryDigest {
    /// A digest from a store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Option<RecoveryDigest> {
        RecoveryCode::parse(&SecretString::from(text)).map(|code| code.digest())
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = RecoveryCode::new();
        let text = code.secret().expose_secret();
        assert_eq!((text.len(), text.split('-').count()), (32, 7), "{text}");
        for spelled in [text.to_owned(), text.to_lowercase(), text.replace('-', ""), text.replace('-', " \n")]
        {
            assert_eq!(typed(&spelled), Some(code.digest()), "{spelled}");
        }
        assert_ne!(RecoveryCode::new().digest(), code.digest());
    }

    #[test]
    fn a_text_that_cannot_be_a_code_is_none() {
        for text in ["", "ABCD", &"A".repeat(27), &"1".repeat(26), &"Ä".repeat(13)] {
            assert_eq!(typed(text), None, "{text}");
        }
    }
}
