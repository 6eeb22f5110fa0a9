//! The start and the end of the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tauri::plugin::TauriPlugin;
use tauri::webview::NewWindowResponse;
use tauri::{App, AppHandle, Manager, RunEvent, Runtime, Url, WebviewWindowBuilder, Wry};
use tenantry_console::Console;
use tenantry_console::folders::Folders;
use tenantry_console::logging;

use crate::environment::EnvironmentVariables;
use crate::{desktop, drawing, folders, profile_file, second_start, terminal};

/// How long the end waits for running work.
const ENDING_LIMIT: Duration = Duration::from_secs(3);

/// Starts the log before all other plugins, and ends what must not outlive the process before they do.
pub fn plugin(variables: EnvironmentVariables) -> TauriPlugin<Wry> {
    let (mut ending, ended) = (false, Arc::new(AtomicBool::new(false)));
    tauri::plugin::Builder::new("life")
        .setup(move |app, _| {
            let folders = folders::find(app, &variables)?;
            // Neither has to succeed: whatever is missing is reported where it is needed.
            let _ = Folders::make_private(&folders.configuration);
            let logging = logging::start(&folders.logs);
            logging::log_panics();
            tracing::info!(version = env!("CARGO_PKG_VERSION"), logging = logging.is_ok(), "starting");
            Ok(())
        })
        .on_event(move |app, event| match event {
            // The window is gone from the screen. Everything else ends while the event loop still runs: on Linux the
            // owner of the clipboard may be this very thread, and would be asked for its content.
            RunEvent::ExitRequested { api, code, .. } if !ended.load(Ordering::Acquire) => {
                api.prevent_exit();
                if !std::mem::replace(&mut ending, true) {
                    let (app, ended, code) = (app.clone(), Arc::clone(&ended), code.unwrap_or_default());
                    std::thread::spawn(move || {
                        stop(&app);
                        ended.store(true, Ordering::Release);
                        app.exit(code);
                    });
                }
            }
            // macOS quits without asking.
            RunEvent::Exit if !ended.load(Ordering::Acquire) => stop(app),
            _ => {}
        })
        .build()
}

/// Ends the program as if its window was closed when the system asks for it: at the end of a desktop session, or by a
/// person in a terminal.
#[cfg(unix)]
fn end_when_told<R: Runtime>(app: &AppHandle<R>) {
    use tokio::signal::unix::{SignalKind, signal};

    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            match signal(kind) {
                Ok(mut signals) => {
                    while signals.recv().await.is_some() {
                        app.exit(0);
                    }
                }
                Err(error) => tracing::warn!(%error, "a signal of the system is not heard"),
            }
        });
    }
}

#[cfg(not(unix))]
fn end_when_told<R: Runtime>(_: &AppHandle<R>) {}

/// Reports why the program did not start, in the log and in the terminal.
pub fn tell_failed_start(error: &tauri::Error) {
    let sentence = second_start::not_taken_over(error).unwrap_or("Tenantry's window could not be opened.");
    tracing::error!(%error, "{sentence}");
    terminal::say(sentence);
}

/// Finds folders and saved connections, then opens the window: it may call commands at once.
///
/// # Errors
/// The system does not say where an application's files belong, or has no web view.
pub fn start(app: &App, variables: &EnvironmentVariables) -> Result<(), tauri::Error> {
    let folders = folders::find(app, variables)?;
    tracing::info!("started");
    let desktop = desktop::desktop_for(app.handle(), &folders);
    let handle = app.handle().clone();
    app.manage(Console::start(folders, &|path| profile_file::open(&handle, path), desktop));
    // Looks for the keychain while the window opens, so that the first call does not wait for it.
    tauri::async_runtime::spawn(async move {
        let state = handle.state::<Console>();
        state.vault().await;
        state.finish_removals_in_time().await;
    });
    end_when_told(app.handle());
    open_windows(app, variables)
}

fn open_windows(app: &App, variables: &EnvironmentVariables) -> Result<(), tauri::Error> {
    for window in &app.config().app.windows {
        let mut builder = WebviewWindowBuilder::from_config(app, window)?
            .on_navigation(is_own)
            // Not left to the web view: on some systems it would open one, for any page.
            .on_new_window(|_, _| NewWindowResponse::Deny);
        if let Some(folder) = &variables.data_directory {
            builder = builder.data_directory(folder.join("webview"));
        }
        drawing::without_a_card(&builder.build()?);
    }
    Ok(())
}

/// Whether a page is the program's own. The window never shows another: a link dropped on it leads nowhere.
fn is_own(page: &Url) -> bool {
    // The development server's page, which a program that serves its own UI never requests.
    let is_development = tauri::is_dev() && page.host_str() == Some("127.0.0.1") && page.port() == Some(1420);
    page.scheme() == "tauri" || page.host_str() == Some("tauri.localhost") || is_development
}

/// Ends what must not outlive the process: copied secrets, sessions, half-written exports.
fn stop<R: Runtime>(app: &AppHandle<R>) {
    if app.try_state::<Console>().is_none() {
        return;
    }
    let (for_clipboard, for_workspaces) = (app.clone(), app.clone());
    let ending = async move {
        // At once, beside everything else: another owner of the clipboard may be slow to respond.
        let clearing =
            tauri::async_runtime::spawn_blocking(move || for_clipboard.state::<Console>().clear_copied());
        for_workspaces.state::<Console>().close_all().await;
        let _ = clearing.await;
    };
    // A task of its own: one that waits for a file stands still, and could not notice the time.
    let ending = tauri::async_runtime::spawn(ending);
    let ending = async { tokio::time::timeout(ENDING_LIMIT, ending).await };
    if tauri::async_runtime::block_on(ending).is_err() {
        tracing::warn!("ended while something was still running");
    }
    tracing::info!("ended");
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
