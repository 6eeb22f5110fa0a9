//! The program's beginning and end.

use tauri::{App, AppHandle, Manager, WebviewWindowBuilder};

use crate::desktop;
use crate::environment::EnvironmentVariables;
use crate::folders::Folders;
use crate::logging;
use crate::profiles::Profiles;
use crate::state::AppState;

/// Finds folders, log and profiles, then opens the window: it may call commands at once.
///
/// # Errors
/// The system does not say where an application's files belong, or has no web view.
pub fn start(app: &App, variables: &EnvironmentVariables) -> Result<(), tauri::Error> {
    let folders = Folders::find(app, variables)?;
    // Neither needs to succeed: what is missing is told where it is missed.
    let _ = Folders::make_private(&folders.configuration);
    let logging = logging::start(&folders.logs);
    logging::log_panics();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), logging = logging.is_ok(), "started");
    let profiles = Profiles::open_or_do_without(app.handle(), &folders.profiles());
    let desktop = desktop::desktop_for(app.handle(), &folders);
    app.manage(AppState::new(folders, profiles, desktop));
    let handle = app.handle().clone();
    // Looks for the keychain while the window opens, so that the first question does not wait for it.
    tauri::async_runtime::spawn(async move {
        handle.state::<AppState>().vault().await;
    });
    open_windows(app, variables)
}

fn open_windows(app: &App, variables: &EnvironmentVariables) -> Result<(), tauri::Error> {
    for window in &app.config().app.windows {
        let mut builder = WebviewWindowBuilder::from_config(app, window)?;
        if let Some(folder) = &variables.data_directory {
            builder = builder.data_directory(folder.join("webview"));
        }
        builder.build()?;
    }
    Ok(())
}

/// Leaves nothing behind that must not outlive the program.
pub fn stop(app: &AppHandle) {
    if let Some(state) = app.try_state::<AppState>() {
        state.jobs.cancel_all();
        state.clear_copied();
        tracing::info!("ended");
    }
}

/// Raises the window, when the program was started a second time.
pub fn show_window(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        // A window that can't be raised is still there.
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}
