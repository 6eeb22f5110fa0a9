//! What a console needs from the desktop: a place for a file, revealing a file, the clipboard.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// The desktop failed.
#[derive(Debug, thiserror::Error)]
#[error("the desktop refused: {0}")]
pub struct DesktopError(pub String);

/// What a console needs from the desktop. All methods block: call them where that does no harm.
pub trait Desktop: Send + Sync {
    /// Lets a person choose where to save a file; `None` if they changed their mind. An existing file may then be
    /// replaced: the dialog has asked.
    fn choose_file(
        &self,
        title: &str,
        folder: &Path,
        name: &str,
        kind: &str,
        extension: &str,
    ) -> Option<PathBuf>;

    /// Lets a person choose an existing file; `None` if they changed their mind.
    fn choose_existing(&self, title: &str, folder: &Path) -> Option<PathBuf>;

    /// Lets a person choose a folder; `None` if they changed their mind.
    fn choose_folder(&self, title: &str, folder: &Path) -> Option<PathBuf>;

    /// Reveals a file in the file manager.
    ///
    /// # Errors
    /// There is no file manager, or it refused.
    fn reveal(&self, file: &Path) -> Result<(), DesktopError>;

    /// Copies a secret to the clipboard, bypassing the clipboard's history if the system has one.
    ///
    /// # Errors
    /// There is no clipboard.
    fn copy_secret(&self, secret: &SecretString) -> Result<(), DesktopError>;

    /// Empties the clipboard if it still holds this secret. Anything copied meanwhile belongs to the person.
    fn clear_secret(&self, secret: &SecretString);
}

/// No desktop at all: nobody chooses a file, and there is no clipboard.
pub struct NoDesktop;

impl Desktop for NoDesktop {
    fn choose_file(&self, _: &str, _: &Path, _: &str, _: &str, _: &str) -> Option<PathBuf> {
        None
    }

    fn choose_existing(&self, _: &str, _: &Path) -> Option<PathBuf> {
        None
    }

    fn choose_folder(&self, _: &str, _: &Path) -> Option<PathBuf> {
        None
    }

    fn reveal(&self, _: &Path) -> Result<(), DesktopError> {
        Err(DesktopError("there is no desktop".to_owned()))
    }

    fn copy_secret(&self, _: &SecretString) -> Result<(), DesktopError> {
        Err(DesktopError("there is no desktop".to_owned()))
    }

    fn clear_secret(&self, _: &SecretString) {}
}
