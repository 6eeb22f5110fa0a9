//! A second start hands over to the running process, and ends. If that does not take over, the second one says so: it
//! neither waits forever nor opens a window on the same data.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use tauri::{AppHandle, Builder, Manager, Runtime, Wry};

use crate::terminal;

/// The name of the plugin in its errors.
const PLUGIN: &str = "single-instance";

/// How long the running process may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// How long the running process waits for its own window. Longer than [`ANSWER_LIMIT`]: while the window hangs, the
/// second start gets no answer, and says so.
const SHOWING_LIMIT: Duration = Duration::from_secs(5);

/// The message of a second start that nobody takes over. The other process may be a hanging Tenantry, or a stranger
/// with its name.
const NOT_TAKEN_OVER: &str = "Another program is running under Tenantry's name and does not respond. End it, then start Tenantry again.";

/// Makes a second start hand over to this process, within `ANSWER_LIMIT`.
pub fn hand_over(builder: Builder<Wry>) -> Builder<Wry> {
    let (decided, waiting) = channel::<()>();
    let watch = tauri::plugin::Builder::<Wry>::new("second-start-begins").setup(move |_, _| {
        // The plugin waits without a limit, on the thread that would notice.
        std::thread::spawn(move || give_up_in_time(&waiting));
        Ok(())
    });
    let first = tauri::plugin::Builder::<Wry>::new("second-start-ends").setup(move |_, _| {
        drop(decided);
        Ok(())
    });
    builder
        .plugin(watch.build())
        .plugin(tauri_plugin_single_instance::init(|app, _, _| show_window(app)))
        .plugin(first.build())
}

fn give_up_in_time(waiting: &Receiver<()>) {
    if waiting.recv_timeout(ANSWER_LIMIT) == Err(RecvTimeoutError::Timeout) {
        tracing::error!(limit = ?ANSWER_LIMIT, "{NOT_TAKEN_OVER}");
        terminal::say(NOT_TAKEN_OVER);
        std::process::exit(1);
    }
}

/// The message for a start that failed because nobody took over; `None` for other failures.
pub fn not_taken_over(error: &tauri::Error) -> Option<&'static str> {
    matches!(error, tauri::Error::PluginInitialization(plugin, _) if plugin == PLUGIN)
        .then_some(NOT_TAKEN_OVER)
}

/// Raises the window after a second start. Returns when that is done, which tells the second start that someone is
/// there.
fn show_window<R: Runtime>(app: &AppHandle<R>) {
    let (shown, waiting) = channel();
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        if let Some(window) = handle.get_webview_window("main") {
            // A window that cannot be raised is still there.
            let _ = window.unminimize();
            let _ = window.set_focus();
        }
        let _ = shown.send(());
    });
    if asked.is_ok() {
        let _ = waiting.recv_timeout(SHOWING_LIMIT);
    }
}
