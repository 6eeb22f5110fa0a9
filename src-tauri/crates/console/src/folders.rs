//! Where the program keeps its files.

mod owner;

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::identifiers::random_id;

pub use owner::Owner;

/// Where the program keeps its files.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The built-in workspace.
    pub data: PathBuf,
    /// Connection profiles.
    pub configuration: PathBuf,
    /// Logs.
    pub logs: PathBuf,
    /// Where an export is suggested to go.
    pub exports: PathBuf,
    /// Exports go there without a dialog.
    pub exports_without_dialog: bool,
}

/// This program's hold on its data folder. It ends with the process, however it ends.
#[derive(Debug)]
pub enum DataLock {
    /// No other program works in it.
    Held(File),
    /// No other program works in it, by a note in it: its file system has no locks.
    Owned(Arc<Owner>),
    /// Another program does.
    InUse,
    /// Nobody knows: the folder can't be written.
    Unknown,
}

impl DataLock {
    /// Whether no other program works in the folder.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Held(_) | Self::Owned(_))
    }
}

impl Folders {
    /// The built-in workspace's file.
    pub fn built_in_workspace(&self) -> PathBuf {
        self.data.join("tenantry.db")
    }

    /// Notes of files that are being written.
    pub fn unfinished(&self) -> PathBuf {
        self.data.join("unfinished")
    }

    /// The file with the connection profiles.
    pub fn profiles(&self) -> PathBuf {
        self.configuration.join("profiles.json")
    }

    /// This computer's random name for the data folder: in whose name operations are begun. It is in the folder for data,
    /// which stays where it is; the folder for configuration goes with its user to other computers on some systems, and two
    /// of them would take each other's operations for what they left themselves. Where it can't be kept, it is another in
    /// each run.
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
            // Cut off by a crash: of another run from now on.
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

    /// Locks the data folder for this program.
    pub fn lock(&self) -> DataLock {
        self.lock_with(File::try_lock)
    }

    /// As [`lock`](Self::lock), by a lock of the caller's.
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
                    // Whoever can't say that the folder is its own must not behave as if it were.
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

    /// Makes a folder that only this user can open, with its parents.
    ///
    /// # Errors
    /// What the operating system says.
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
        // The same user on another computer, where the folder for configuration went along.
        let elsewhere = Folders { data: folder.path().join("other-computer"), ..here.clone() };
        assert_ne!(elsewhere.installation(), name, "each would settle what the other is at");
        std::fs::write(here.data.join("installation"), "cut").unwrap();
        let anew = here.installation();
        assert!(anew.len() == name.len() && here.installation() == anew, "a damaged name is replaced");
    }
}
