//! The window of Tenantry: the only code that knows Tauri. The running console is in `tenantry-console`; rules,
//! services and ports are in `tenantry-core`.

#![allow(missing_docs, reason = "what the window calls and gets says it by its name")]

pub mod bindings;
pub mod commands;
pub mod desktop;
pub mod drawing;
pub mod environment;
pub mod folders;
pub mod life;
pub mod profile_file;
pub mod reset_owner;
pub mod runtime;
pub mod second_start;
pub mod terminal;
pub mod window_place;

use std::process::ExitCode;

use environment::EnvironmentVariables;

/// Runs the program until its window is closed.
pub fn run() -> ExitCode {
    let variables = EnvironmentVariables::read();
    if let Err(error) = runtime::begin() {
        life::tell_failed_start(&error.into());
        return ExitCode::FAILURE;
    }
    if let Some(request) = reset_owner::Request::read(std::env::args_os().skip(1)) {
        return reset_owner::run(request, &variables);
    }
    let commands = bindings::builder();
    // First: it starts the log before anything can fail.
    let mut builder = tauri::Builder::default().plugin(life::plugin(variables.clone()));
    if variables.data_directory.is_none() {
        // Before anything is opened.
        builder = second_start::hand_over(builder);
    }
    let built = builder
        .plugin(window_place::plugin(variables.clone()))
        .plugin(tauri_plugin_store::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_filename(variables.window_state_file())
                .with_state_flags(window_place::remembered())
                .build(),
        )
        .invoke_handler(commands.invoke_handler())
        .setup(move |app| Ok(life::start(app, &variables)?))
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|_, _| {});
            ExitCode::SUCCESS
        }
        Err(error) => {
            life::tell_failed_start(&error);
            ExitCode::FAILURE
        }
    }
}
