//! The window of Tenantry: the only code that knows Tauri. Rules, services and ports are in `tenantry-core`.

pub mod bindings;
pub mod commands;
pub mod compose;
pub mod desktop;
pub mod environment;
pub mod error;
pub mod files;
pub mod folders;
pub mod identifiers;
pub mod jobs;
pub mod logging;
pub mod numbers;
pub mod profiles;
pub mod state;
pub mod vault;

use std::process::ExitCode;

use environment::EnvironmentVariables;
use folders::Folders;
use profiles::Profiles;
use state::AppState;
use tauri::{App, AppHandle, Manager, RunEvent};

/// Runs the program until its window is closed.
pub fn run() -> ExitCode {
    let variables = EnvironmentVariables::read();
    let commands = bindings::builder();
    let mut builder = tauri::Builder::default();
    if variables.data_directory.is_none() {
        // First, so that a second start hands over before it opens anything.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| show_window(app)));
    }
    let built = builder
        .plugin(tauri_plugin_store::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .invoke_handler(commands.invoke_handler())
        .setup(move |app| Ok(start(app, &variables)?))
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                if let RunEvent::Exit = event {
                    stop(app);
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            ExitCode::FAILURE
        }
    }
}

fn start(app: &App, variables: &EnvironmentVariables) -> Result<(), tauri::Error> {
    let folders = Folders::find(app, variables)?;
    // Without a log the program works all the same.
    let logging = logging::start(&folders.logs);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), logging = logging.is_ok(), "started");
    let profiles = Profiles::open_or_do_without(app.handle(), &folders.profiles());
    let desktop = desktop::desktop_for(app.handle(), &folders);
    app.manage(AppState::new(folders, profiles, desktop));
    let handle = app.handle().clone();
    // Looks for the keychain while the window opens, so that the first question does not wait for it.
    tauri::async_runtime::spawn(async move {
        handle.state::<AppState>().vault().await;
    });
    Ok(())
}

fn stop(app: &AppHandle) {
    if let Some(state) = app.try_state::<AppState>() {
        state.jobs.cancel_all();
        state.clear_copied();
        tracing::info!("ended");
    }
}

fn show_window(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        // A window that can't be raised is still there.
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}
