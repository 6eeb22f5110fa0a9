//! Why a place of secrets can't be used, and what a person should know of leaving one.

use std::path::PathBuf;

use serde::Serialize;
use tenantry_core::error::FileProblem;

use crate::profiles::ProfilesNotWritten;
use crate::sealing::NotSealed;

/// Why the keychain can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeychainProblem {
    /// Nothing on this system keeps secrets: no session bus, or a system without one.
    NoBus,
    /// There is a session bus and no keychain on it.
    NoService,
    /// There is a keychain in which nothing can be stored yet.
    NotSetUp,
    /// It is locked, or a person closed its question.
    Locked,
    /// It answered, and refused.
    Refused,
    /// It did not answer in time.
    Silent,
    /// It was there and went away.
    Gone,
}

impl KeychainProblem {
    /// Whether there is no keychain at all, as far as this session knows.
    pub fn is_absence(self) -> bool {
        matches!(self, Self::NoBus | Self::NoService | Self::NotSetUp)
    }
}

/// The file could not be unlocked, read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedFileProblem {
    /// There is none.
    #[error("there is no file of secrets")]
    Missing,
    /// It needs its passphrase.
    #[error("the file of secrets is locked")]
    Locked,
    /// The passphrase is another one.
    #[error("the passphrase is not the one of the file of secrets")]
    Refused,
    /// Neither the file nor its copy can be read.
    #[error("the file of secrets is damaged")]
    Damaged,
    /// A newer program wrote it.
    #[error("the file of secrets was written by a newer Tenantry")]
    Newer,
    /// It can't be read or written.
    #[error("the file of secrets can't be read and written")]
    File(FileProblem),
    /// Sealing failed.
    #[error("the secrets could not be sealed")]
    NotSealed,
}

impl From<NotSealed> for SealedFileProblem {
    fn from(_: NotSealed) -> Self {
        Self::NotSealed
    }
}

impl From<FileProblem> for SealedFileProblem {
    fn from(problem: FileProblem) -> Self {
        Self::File(problem)
    }
}

/// A place of secrets can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeeperProblem {
    /// The keychain.
    #[error("the keychain can't be used: {0:?}")]
    Keychain(KeychainProblem),
    /// The file of secrets.
    #[error(transparent)]
    SealedFile(#[from] SealedFileProblem),
}

impl From<KeychainProblem> for KeeperProblem {
    fn from(problem: KeychainProblem) -> Self {
        Self::Keychain(problem)
    }
}

/// What a person should know of a move of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MoveNote {
    /// Secrets that are only in the keychain, which can't be used, stay there: they have to be entered again.
    LeftInKeychain,
    /// A file of secrets was put aside, with what is in it.
    FileAside {
        /// Where it is now.
        path: String,
    },
    /// The file of secrets stays: it also holds what a newer program put there.
    NewerInFile,
    /// The old place could not be emptied yet. That is tried again at the next start.
    NotEmptied,
}

impl MoveNote {
    pub(super) fn aside(path: PathBuf) -> Self {
        Self::FileAside { path: path.display().to_string() }
    }
}

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum NotMoved {
    /// The old place or the new one can't be used.
    #[error(transparent)]
    Keeper(#[from] KeeperProblem),
    /// A new file needs a passphrase.
    #[error("a passphrase is needed")]
    PassphraseNeeded,
    /// What was written could not be read back as it was.
    #[error("a secret was not found in its new place as it had been written")]
    NotReadBack,
    /// The choice can't be noted.
    #[error(transparent)]
    NotNoted(#[from] ProfilesNotWritten),
}
