//! Where the program keeps its files.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use tauri::{Manager, Runtime};

use crate::environment::EnvironmentVariables;

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
    /// Another program does.
    InUse,
    /// Nobody knows: the folder can't be written, or its file system has no locks.
    Unknown,
}

impl DataLock {
    /// Whether no other program works in the folder.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Held(_))
    }
}

impl Folders {
    /// The folders of this computer's user, or those that the environment asks for. None of them is made here.
    ///
    /// # Errors
    /// The system does not say where an application's files belong.
    pub fn find<R: Runtime>(
        app: &impl Manager<R>,
        environment: &EnvironmentVariables,
    ) -> Result<Self, tauri::Error> {
        let paths = app.path();
        let (data, configuration, logs) = match &environment.data_directory {
            Some(folder) => (folder.clone(), folder.clone(), folder.join("logs")),
            None => (paths.app_local_data_dir()?, paths.app_config_dir()?, paths.app_log_dir()?),
        };
        let exports = match &environment.export_directory {
            Some(folder) => folder.clone(),
            None => paths.document_dir().or_else(|_| paths.download_dir()).or_else(|_| paths.home_dir())?,
        };
        Ok(Self {
            data,
            configuration,
            logs,
            exports,
            exports_without_dialog: environment.export_directory.is_some(),
        })
    }

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

    /// Locks the data folder for this program.
    pub fn lock(&self) -> DataLock {
        let file =
            Self::make_private(&self.data).and_then(|()| File::create(self.data.join("tenantry.lock")));
        let locked = file.map_err(TryLockError::Error).and_then(|file| file.try_lock().map(|()| file));
        match locked {
            Ok(file) => DataLock::Held(file),
            Err(TryLockError::WouldBlock) => {
                tracing::warn!("the data folder is in use by another program");
                DataLock::InUse
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
