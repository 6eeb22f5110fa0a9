//! The window of Tenantry: the only code that knows Tauri. Rules, services and ports are in `tenantry-core`.

// First: a macro is known only to what comes after it.
#[macro_use]
mod same_words;

pub mod bindings;
pub mod commands;
pub mod compose;
pub mod connection_secrets;
pub mod desktop;
pub mod drafts;
pub mod environment;
pub mod error;
pub mod files;
pub mod folders;
pub mod identifiers;
pub mod jobs;
pub mod life;
pub mod logging;
pub mod numbers;
pub mod profiles;
pub mod sealing;
pub mod state;
pub mod transfer;
pub mod vault;

use std::process::ExitCode;

use environment::EnvironmentVariables;
use tauri::RunEvent;

/// Runs the program until its window is closed.
pub fn run() -> ExitCode {
    let variables = EnvironmentVariables::read();
    let commands = bindings::builder();
    let mut builder = tauri::Builder::default();
    if variables.data_directory.is_none() {
        // First, so that a second start hands over before it opens anything.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| life::show_window(app)));
    }
    let built = builder
        .plugin(tauri_plugin_store::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_filename(variables.window_state_file())
                .build(),
        )
        .invoke_handler(commands.invoke_handler())
        .setup(move |app| Ok(life::start(app, &variables)?))
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                if let RunEvent::Exit = event {
                    life::stop(app);
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
