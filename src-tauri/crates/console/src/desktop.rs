//! What a console asks of the desktop that it runs on: a place for a file, showing a file, the clipboard.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// The desktop did not do it.
#[derive(Debug, thiserror::Error)]
#[error("the desktop refused: {0}")]
pub struct DesktopError(pub String);

/// What the program asks of the desktop. All methods block: call them where that does no harm.
pub trait Desktop: Send + Sync {
    /// Lets a person choose where a file is saved; `None` when they changed their mind. A file that is there may be
    /// replaced then: the dialog has asked.
    fn choose_file(
        &self,
        title: &str,
        folder: &Path,
        name: &str,
        kind: &str,
        extension: &str,
    ) -> Option<PathBuf>;

    /// Lets a person choose a file that is there already; `None` when they changed their mind.
    fn choose_existing(&self, title: &str, folder: &Path) -> Option<PathBuf>;

    /// Shows a file in the file manager.
    ///
    /// # Errors
    /// There is no file manager, or it refused.
    fn reveal(&self, file: &Path) -> Result<(), DesktopError>;

    /// Puts a secret on the clipboard, past the clipboard's history where the system has one.
    ///
    /// # Errors
    /// There is no clipboard.
    fn copy_secret(&self, secret: &SecretString) -> Result<(), DesktopError>;

    /// Empties the clipboard if it still holds this secret. What was copied meanwhile is a person's own.
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

    fn reveal(&self, _: &Path) -> Result<(), DesktopError> {
        Err(DesktopError("there is no desktop".to_owned()))
    }

    fn copy_secret(&self, _: &SecretString) -> Result<(), DesktopError> {
        Err(DesktopError("there is no desktop".to_owned()))
    }

    fn clear_secret(&self, _: &SecretString) {}
}
