//! The program's beginning and end.

use std::time::Duration;

use tauri::{App, AppHandle, Manager, Url, WebviewWindowBuilder};

use crate::desktop;
use crate::environment::EnvironmentVariables;
use crate::folders::Folders;
use crate::logging;
use crate::state::AppState;

/// How long the end waits for what is still running.
const ENDING_LIMIT: Duration = Duration::from_secs(3);

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
    let desktop = desktop::desktop_for(app.handle(), &folders);
    app.manage(AppState::start(app.handle(), folders, desktop));
    let handle = app.handle().clone();
    // Looks for the keychain while the window opens, so that the first question does not wait for it.
    tauri::async_runtime::spawn(async move {
        let state = handle.state::<AppState>();
        state.vault().await;
        state.finish_removals_in_time().await;
    });
    open_windows(app, variables)
}

fn open_windows(app: &App, variables: &EnvironmentVariables) -> Result<(), tauri::Error> {
    for window in &app.config().app.windows {
        let mut builder = WebviewWindowBuilder::from_config(app, window)?.on_navigation(is_own);
        if let Some(folder) = &variables.data_directory {
            builder = builder.data_directory(folder.join("webview"));
        }
        builder.build()?;
    }
    Ok(())
}

/// Whether a page is the program's own. The window never shows another: a link that was dropped on it leads nowhere.
fn is_own(page: &Url) -> bool {
    // The development server's page, which a program that serves its own UI never asks for.
    let is_development = tauri::is_dev() && page.host_str() == Some("127.0.0.1") && page.port() == Some(1420);
    page.scheme() == "tauri" || page.host_str() == Some("tauri.localhost") || is_development
}

/// Leaves nothing behind that must not outlive the program: no session, no half-written export, no copied token.
pub fn stop(app: &AppHandle) {
    if let Some(state) = app.try_state::<AppState>() {
        let closing = async { tokio::time::timeout(ENDING_LIMIT, state.close_all()).await };
        if tauri::async_runtime::block_on(closing).is_err() {
            tracing::warn!("ended while something was still running");
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_shows_no_page_but_its_own() {
        let is_own = |page: &str| is_own(&page.parse().unwrap());
        assert!(is_own("tauri://localhost/index.html"), "its own page on Linux and macOS");
        assert!(is_own("http://tauri.localhost/"), "its own page on Windows");
        for page in [
            "https://example.com/",
            "file:///etc/passwd",
            "http://tauri.localhost.example.com/",
            "data:text/html,x",
        ] {
            assert!(!is_own(page), "{page} would be shown with the program's commands at hand");
        }
    }
}
