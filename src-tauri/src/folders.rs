//! The folders of an installed program.

use tauri::{Manager, Runtime};
use tenantry_console::folders::Folders;

use crate::environment::EnvironmentVariables;

/// The folders of this computer's user, or those of the environment variables. Creates none of them.
///
/// # Errors
/// The system does not say where an application's files belong.
pub fn find<R: Runtime>(
    app: &impl Manager<R>,
    environment: &EnvironmentVariables,
) -> Result<Folders, tauri::Error> {
    let paths = app.path();
    let (data, configuration, logs) = match &environment.data_directory {
        Some(folder) => (folder.clone(), folder.clone(), folder.join("logs")),
        None => (paths.app_local_data_dir()?, paths.app_config_dir()?, paths.app_log_dir()?),
    };
    let exports = match &environment.export_directory {
        Some(folder) => folder.clone(),
        None => paths.document_dir().or_else(|_| paths.download_dir()).or_else(|_| paths.home_dir())?,
    };
    Ok(Folders {
        data,
        configuration,
        logs,
        exports,
        exports_without_dialog: environment.export_directory.is_some(),
    })
}
