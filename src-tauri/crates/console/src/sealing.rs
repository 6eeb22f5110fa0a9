//! Seals with a passphrase, in the format of `age` (<https://age-encryption.org/v1>): any tool for that format opens
//! it, so nobody needs Tenantry to get at their own secrets.
//!
//! Everything with a passphrase here takes about a second and 256 MB on purpose. It blocks.

use std::io::{BufReader, Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// The cost of guessing a passphrase: the binary logarithm of the rounds of scrypt.
#[derive(Debug, Clone, Copy)]
pub struct WorkFactor(u8);

impl WorkFactor {
    /// As `age` itself takes on a current computer. Fixed, so that a busy computer does not make a weaker seal.
    const FULL: Self = Self(18);
    /// Protects nothing: for tests, which seal too often to pay for it.
    pub const FOR_TESTS: Self = Self(10);
}

impl Default for WorkFactor {
    fn default() -> Self {
        if cfg!(test) { Self::FOR_TESTS } else { Self::FULL }
    }
}

/// The highest cost of opening a file from elsewhere: 1 GB of memory, some four seconds.
const HIGHEST_WORK_FACTOR: u8 = 20;
/// The beginning of a sealed text.
const BEGINNING: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
/// The beginning of a sealed binary file.
const BINARY_BEGINNING: &[u8] = b"age-encryption.org/";

/// Sealing failed: the system gave no memory or no randomness.
#[derive(Debug, thiserror::Error)]
#[error("sealing failed")]
pub struct NotSealed;

/// Why unsealing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsealProblem {
    /// It was sealed with another passphrase, or for another key.
    #[error("the passphrase is not the one that it was sealed with")]
    Refused,
    /// It is not sealed, or not with a passphrase.
    #[error("this is not sealed with a passphrase")]
    NotSealed,
    /// It was changed, or its end is missing.
    #[error("what is sealed is damaged")]
    Damaged,
    /// It needs more work than any file of Tenantry.
    #[error("opening this would take too long")]
    TooCostly,
}

/// Whether this looks sealed, judged by its beginning.
pub fn is_sealed(content: &[u8]) -> bool {
    let text = content.trim_ascii_start();
    text.starts_with(BEGINNING.as_bytes()) || text.starts_with(BINARY_BEGINNING)
}

/// Seals with a passphrase; returns text.
///
/// # Errors
/// See [`NotSealed`].
pub fn seal(content: &[u8], passphrase: &SecretString, work: WorkFactor) -> Result<String, NotSealed> {
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work.0);
    seal_for(&recipient, content)
}

/// Opens what was sealed with a passphrase, text or binary. The content is wiped when dropped.
///
/// # Errors
/// See [`UnsealProblem`].
pub fn unseal(sealed: &[u8], passphrase: &SecretString) -> Result<Zeroizing<Vec<u8>>, UnsealProblem> {
    let decryptor = decryptor(sealed)?;
    if !decryptor.is_scrypt() {
        return Err(UnsealProblem::NotSealed);
    }
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(HIGHEST_WORK_FACTOR);
    read(decryptor, &identity)
}

/// A random key that seals without the cost of a passphrase. It is stored beside what it seals, itself sealed with a
/// passphrase: `age` calls that an encrypted identity file.
#[derive(Clone)]
pub struct SealingKey(x25519::Identity);

impl SealingKey {
    /// A new key.
    pub fn random() -> Self {
        Self(x25519::Identity::generate())
    }

    /// Seals for this key; returns text.
    ///
    /// # Errors
    /// See [`NotSealed`].
    pub fn seal(&self, content: &[u8]) -> Result<String, NotSealed> {
        seal_for(&self.0.to_public(), content)
    }

    /// Opens what was sealed for this key.
    ///
    /// # Errors
    /// See [`UnsealProblem`].
    pub fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, UnsealProblem> {
        read(decryptor(sealed)?, &self.0)
    }

    /// Seals the key itself with a passphrase; returns text.
    ///
    /// # Errors
    /// See [`NotSealed`].
    pub fn seal_with(&self, passphrase: &SecretString, work: WorkFactor) -> Result<String, NotSealed> {
        seal(self.0.to_string().expose_secret().as_bytes(), passphrase, work)
    }

    /// Opens a key that was sealed with a passphrase.
    ///
    /// # Errors
    /// See [`UnsealProblem`].
    pub fn unseal_with(sealed: &[u8], passphrase: &SecretString) -> Result<Self, UnsealProblem> {
        let key = unseal(sealed, passphrase)?;
        let key = std::str::from_utf8(&key).map_err(|_| UnsealProblem::Damaged)?;
        key.trim().parse().map(Self).map_err(|_| UnsealProblem::Damaged)
    }
}

fn seal_for(recipient: &dyn age::Recipient, content: &[u8]) -> Result<String, NotSealed> {
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient)).map_err(|_| NotSealed)?;
    let mut sealed = Vec::new();
    let written = ArmoredWriter::wrap_output(&mut sealed, Format::AsciiArmor)
        .and_then(|armor| encryptor.wrap_output(armor))
        .and_then(|mut writer| {
            writer.write_all(content)?;
            writer.finish()?.finish()
        });
    written.map_err(|_| NotSealed)?;
    String::from_utf8(sealed).map_err(|_| NotSealed)
}

fn decryptor(sealed: &[u8]) -> Result<Decryptor<ArmoredReader<BufReader<&[u8]>>>, UnsealProblem> {
    if !is_sealed(sealed) {
        return Err(UnsealProblem::NotSealed);
    }
    Decryptor::new_buffered(ArmoredReader::new(sealed.trim_ascii_start())).map_err(|error| problem(&error))
}

fn read<R: Read>(
    decryptor: Decryptor<R>,
    identity: &dyn age::Identity,
) -> Result<Zeroizing<Vec<u8>>, UnsealProblem> {
    let mut reader = decryptor.decrypt(std::iter::once(identity)).map_err(|error| problem(&error))?;
    let mut content = Zeroizing::new(Vec::new());
    // The key fits: from here on, failures are the content's.
    reader.read_to_end(&mut content).map_err(|_| UnsealProblem::Damaged)?;
    Ok(content)
}

fn problem(error: &DecryptError) -> UnsealProblem {
    match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => {
            UnsealProblem::Refused
        }
        DecryptError::ExcessiveWork { .. } => UnsealProblem::TooCostly,
        DecryptError::InvalidHeader
        | DecryptError::InvalidMac
        | DecryptError::Io(_)
        | DecryptError::UnknownFormat => UnsealProblem::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn what_is_sealed_opens_with_its_passphrase_and_no_other() {
        let sealed = seal(b"Planted-Secret", &passphrase("correct horse"), WorkFactor::default()).unwrap();
        assert!(sealed.starts_with(BEGINNING) && is_sealed(sealed.as_bytes()), "{sealed}");
        assert!(!sealed.contains("Planted"), "it is readable: {sealed}");
        let opened = unseal(sealed.as_bytes(), &passphrase("correct horse")).unwrap();
        assert_eq!(opened.as_slice(), b"Planted-Secret");
        assert_eq!(unseal(sealed.as_bytes(), &passphrase("correct  horse")), Err(UnsealProblem::Refused));
    }

    #[test]
    fn a_key_seals_without_the_cost_of_its_passphrase() {
        let key = SealingKey::random();
        let sealed: Vec<String> = (0_u8..20).map(|number| key.seal(&[number]).unwrap()).collect();
        assert_eq!(key.unseal(sealed[7].as_bytes()).unwrap().as_slice(), [7]);
        assert_eq!(SealingKey::random().unseal(sealed[7].as_bytes()), Err(UnsealProblem::Refused));

        let kept = key.seal_with(&passphrase("correct horse"), WorkFactor::default()).unwrap();
        let found = SealingKey::unseal_with(kept.as_bytes(), &passphrase("correct horse")).unwrap();
        assert_eq!(found.unseal(sealed[3].as_bytes()).unwrap().as_slice(), [3]);
    }

    #[test]
    fn damage_is_told_apart_from_a_wrong_passphrase() {
        let sealed = seal(&[7; 300], &passphrase("correct horse"), WorkFactor::default()).unwrap();
        let lines: Vec<&str> = sealed.lines().collect();
        let cut = lines[..lines.len() - 3].join("\n");
        assert_eq!(unseal(cut.as_bytes(), &passphrase("correct horse")), Err(UnsealProblem::Damaged));
        let last = lines[lines.len() - 3];
        let flipped = last.replace(&last[10..11], if &last[10..11] == "A" { "B" } else { "A" });
        let changed = sealed.replace(last, &flipped);
        assert_eq!(unseal(changed.as_bytes(), &passphrase("correct horse")), Err(UnsealProblem::Damaged));
    }

    #[test]
    fn what_is_not_sealed_with_a_passphrase_is_told_as_such() {
        let with = |content: &[u8]| unseal(content, &passphrase("correct horse"));
        for content in ["", "{}", "mongodb://localhost", "-----BEGIN CERTIFICATE-----\nAAAA"] {
            assert_eq!(with(content.as_bytes()), Err(UnsealProblem::NotSealed), "{content}");
        }
        let for_a_key = SealingKey::random().seal(b"x").unwrap();
        assert_eq!(with(for_a_key.as_bytes()), Err(UnsealProblem::NotSealed));
        assert_eq!(with(b"-----BEGIN AGE ENCRYPTED FILE-----\nnonsense"), Err(UnsealProblem::Damaged));
    }

    #[test]
    fn a_file_may_not_ask_for_any_amount_of_work() {
        let mut recipient = scrypt::Recipient::new(passphrase("correct horse"));
        recipient.set_work_factor(1);
        let cheap = age::encrypt(&recipient, b"x").unwrap();
        let mut costly = cheap.clone();
        let at = cheap.windows(2).position(|pair| pair == b" 1").unwrap();
        // The stanza's line ends with the work factor. Its check would fail later; the cost is refused before.
        let line_end = cheap[at..].iter().position(|byte| *byte == b'\n').unwrap() + at;
        costly.splice(line_end - 1..line_end, b"40".iter().copied());
        assert_eq!(unseal(&costly, &passphrase("correct horse")), Err(UnsealProblem::TooCostly));
    }
}
