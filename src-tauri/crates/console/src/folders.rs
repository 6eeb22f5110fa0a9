//! The folders for Tenantry's files.

mod owner;

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::identifiers::random_id;

pub use owner::Owner;

/// The folders for Tenantry's files.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The built-in workspace and the secrets file.
    pub data: PathBuf,
    /// Saved connections.
    pub configuration: PathBuf,
    /// Logs.
    pub logs: PathBuf,
    /// The suggested place for exports.
    pub exports: PathBuf,
    /// Whether exports go there without a dialog.
    pub exports_without_dialog: bool,
}

/// The hold on the data folder. It ends with the process, in whatever way.
#[derive(Debug)]
pub enum DataLock {
    /// No other process works in it.
    Held(File),
    /// No other process works in it, according to a note: its file system has no locks.
    Owned(Arc<Owner>),
    /// Another process works in it.
    InUse,
    /// Unknown: the folder cannot be written.
    Unknown,
}

impl DataLock {
    /// Whether no other process works in the folder.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Held(_) | Self::Owned(_))
    }
}

impl Folders {
    /// The built-in workspace's file.
    pub fn built_in_workspace(&self) -> PathBuf {
        self.data.join("tenantry.db")
    }

    /// Notes about files in progress.
    pub fn unfinished(&self) -> PathBuf {
        self.data.join("unfinished")
    }

    /// Notes about moves between workspaces.
    pub fn moves(&self) -> PathBuf {
        self.data.join("moves")
    }

    /// The doctor's last result of a workspace.
    pub fn doctor(&self, workspace: &str) -> PathBuf {
        self.data.join("doctor").join(format!("{workspace}.json"))
    }

    /// The file of saved connections.
    pub fn profiles(&self) -> PathBuf {
        self.configuration.join("profiles.json")
    }

    /// This computer's random id for the data folder, under which operations start. It is in the data folder, which
    /// stays on its computer. The configuration folder roams on some systems, and two computers with one id would take
    /// each other's operations for their own. If it cannot be stored, each run has another.
    pub fn installation(&self) -> String {
        let path = self.data.join("installation");
        let name = random_id();
        let made = Self::make_private(&self.data)
            .and_then(|()| File::options().write(true).create_new(true).open(&path))
            .and_then(|mut file| file.write_all(name.as_bytes()).and_then(|()| file.sync_all()));
        let kept = match made {
            Ok(()) => return name,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let mut kept = String::new();
                File::open(&path).and_then(|file| file.take(64).read_to_string(&mut kept)).map(|_| kept)
            }
            Err(error) => Err(error),
        };
        match kept {
            Ok(kept) if kept.len() == name.len() && kept.bytes().all(|byte| byte.is_ascii_hexdigit()) => kept,
            // Cut off by a crash: it gets a new id from now on.
            Ok(_) => {
                let _ = std::fs::write(&path, &name);
                name
            }
            Err(error) => {
                tracing::warn!(%error, "the installation's name can't be kept");
                name
            }
        }
    }

    /// Locks the data folder for this process.
    pub fn lock(&self) -> DataLock {
        self.lock_with(File::try_lock)
    }

    /// As [`lock`](Self::lock), with a lock function for tests.
    pub(crate) fn lock_with(&self, try_lock: impl FnOnce(&File) -> Result<(), TryLockError>) -> DataLock {
        let file =
            Self::make_private(&self.data).and_then(|()| File::create(self.data.join("tenantry.lock")));
        let locked = file.map_err(TryLockError::Error).and_then(|file| try_lock(&file).map(|()| file));
        match locked {
            Ok(file) => DataLock::Held(file),
            Err(TryLockError::WouldBlock) => {
                tracing::warn!("the data folder is in use by another program");
                DataLock::InUse
            }
            Err(TryLockError::Error(error)) if owner::is_without_locks(&error) => {
                match Owner::claim(&self.data) {
                    Ok(Some(owner)) => DataLock::Owned(Arc::new(owner)),
                    Ok(None) => {
                        tracing::warn!("the data folder has no locks, and another program works in it");
                        DataLock::InUse
                    }
                    // Without proof that the folder is its own, the process must not behave as if it were.
                    Err(error) => {
                        tracing::warn!(%error, "the data folder has no locks and can't be claimed");
                        DataLock::InUse
                    }
                }
            }
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "the data folder can't be locked");
                DataLock::Unknown
            }
        }
    }

    /// Creates a folder that only this user can open, with its parents.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn make_private(folder: &Path) -> std::io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(folder: &tempfile::TempDir) -> Folders {
        let data = folder.path().join("data");
        let configuration = folder.path().join("configuration");
        let (logs, exports) = (folder.path().join("logs"), folder.path().to_owned());
        Folders { data, configuration, logs, exports, exports_without_dialog: false }
    }

    #[test]
    fn without_locks_the_second_program_is_told_that_the_folder_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let folders = folders(&folder);
        let without =
            || folders.lock_with(|_| Err(TryLockError::Error(io::Error::from(io::ErrorKind::Unsupported))));
        let first = without();
        assert!(matches!(first, DataLock::Owned(_)) && first.is_held(), "{first:?}");
        assert!(matches!(without(), DataLock::InUse), "two programs would write over each other");
        drop(first);
        assert!(without().is_held(), "nobody is there any more");
    }

    #[test]
    fn the_name_of_an_installation_stays_with_its_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let here = folders(&folder);
        let name = here.installation();
        assert_eq!(here.installation(), name, "another run is the same installation");
        // The same user on another computer, with the roaming configuration folder.
        let elsewhere = Folders { data: folder.path().join("other-computer"), ..here.clone() };
        assert_ne!(elsewhere.installation(), name, "each would settle what the other is at");
        std::fs::write(here.data.join("installation"), "cut").unwrap();
        let anew = here.installation();
        assert!(anew.len() == name.len() && here.installation() == anew, "a damaged name is replaced");
    }
}
