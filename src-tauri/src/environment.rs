//! All environment variables that the program reads.

use std::path::PathBuf;

/// The environment variables that the program reads.
#[derive(Debug, Clone, Copy)]
pub struct EnvVars;

impl EnvVars {
    /// A folder that replaces the system's folders for data, configuration and logs. A process with it ignores all
    /// others: it neither hands over to a running one nor takes over from it. For tests, for experiments, and for a
    /// workspace on a removable disk.
    pub const TENANTRY_DATA_DIR: &'static str = "TENANTRY_DATA_DIR";

    /// A folder for exports without a save dialog, for programs that drive the window. An existing file is never
    /// replaced: the export gets the next free name. When a person would choose an existing file, it is
    /// `file-to-choose` in this folder.
    pub const TENANTRY_EXPORT_DIR: &'static str = "TENANTRY_EXPORT_DIR";
}

/// The values of the environment variables.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentVariables {
    /// [`EnvVars::TENANTRY_DATA_DIR`].
    pub data_directory: Option<PathBuf>,
    /// [`EnvVars::TENANTRY_EXPORT_DIR`].
    pub export_directory: Option<PathBuf>,
}

impl EnvironmentVariables {
    /// The file with the window's place and size, relative to the configuration folder.
    pub fn window_state_file(&self) -> String {
        let name = "window.json";
        match &self.data_directory {
            Some(folder) => folder.join(name).to_string_lossy().into_owned(),
            None => name.to_owned(),
        }
    }

    /// Reads the process's environment. An empty variable counts as absent.
    pub fn read() -> Self {
        let given = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // Absolute: paths are joined to the system's folders further on.
        let folder = |name| given(name).and_then(|path| std::path::absolute(path).ok());
        Self {
            data_directory: folder(EnvVars::TENANTRY_DATA_DIR),
            export_directory: folder(EnvVars::TENANTRY_EXPORT_DIR),
        }
    }
}
