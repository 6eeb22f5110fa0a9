//! The desktop of a console in a window. Only this uses the clipboard and the dialog and opener plugins, which the web
//! view cannot call.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use arboard::Clipboard;
use parking_lot::{Mutex, MutexGuard};
use secrecy::{ExposeSecret, SecretString};
use tauri::{AppHandle, Manager, Runtime};
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;
use tenantry_console::desktop::{Desktop, DesktopError};
use tenantry_console::folders::Folders;

/// The desktop of the window.
pub struct WindowDesktop<R: Runtime> {
    app: AppHandle<R>,
    /// Opened with the first secret and kept: on Linux this process itself hands out what it has copied. Never dropped,
    /// because a dropped clipboard hands its content to the desktop, which keeps it.
    clipboard: Mutex<Option<Clipboard>>,
}

impl<R: Runtime> WindowDesktop<R> {
    /// The desktop of an app.
    pub fn of(app: &AppHandle<R>) -> Self {
        Self { app: app.clone(), clipboard: Mutex::default() }
    }

    fn clipboard(&self) -> MutexGuard<'_, Option<Clipboard>> {
        self.clipboard.lock()
    }
}

impl<R: Runtime> Desktop for WindowDesktop<R> {
    fn choose_file(
        &self,
        title: &str,
        folder: &Path,
        name: &str,
        kind: &str,
        extension: &str,
    ) -> Option<PathBuf> {
        let mut dialog = self
            .app
            .dialog()
            .file()
            .set_title(title)
            .set_directory(folder)
            .set_file_name(name)
            .add_filter(kind, &[extension]);
        if let Some(window) = self.app.get_webview_window("main") {
            dialog = dialog.set_parent(&window);
        }
        dialog.blocking_save_file().and_then(|chosen| chosen.into_path().ok())
    }

    fn choose_existing(&self, title: &str, folder: &Path) -> Option<PathBuf> {
        let mut dialog = self.app.dialog().file().set_title(title).set_directory(folder);
        if let Some(window) = self.app.get_webview_window("main") {
            dialog = dialog.set_parent(&window);
        }
        dialog.blocking_pick_file().and_then(|chosen| chosen.into_path().ok())
    }

    fn choose_folder(&self, title: &str, folder: &Path) -> Option<PathBuf> {
        let mut dialog = self.app.dialog().file().set_title(title).set_directory(folder);
        if let Some(window) = self.app.get_webview_window("main") {
            dialog = dialog.set_parent(&window);
        }
        dialog.blocking_pick_folder().and_then(|chosen| chosen.into_path().ok())
    }

    fn reveal(&self, file: &Path) -> Result<(), DesktopError> {
        self.app.opener().reveal_item_in_dir(file).map_err(refused)
    }

    fn copy_secret(&self, secret: &SecretString) -> Result<(), DesktopError> {
        let mut place = self.clipboard();
        let clipboard = match &mut *place {
            Some(clipboard) => clipboard,
            empty => empty.insert(Clipboard::new().map_err(refused)?),
        };
        past_the_history(clipboard.set()).text(secret.expose_secret()).map_err(refused)
    }

    fn clear_secret(&self, secret: &SecretString) {
        let mut place = self.clipboard();
        let Some(clipboard) = place.as_mut() else { return };
        let still_there = clipboard.get_text().is_ok_and(|text| text == secret.expose_secret());
        if still_there && clipboard.clear().is_err() {
            tracing::warn!("the clipboard could not be emptied");
        }
    }
}

fn refused(error: impl Display) -> DesktopError {
    DesktopError(error.to_string())
}

/// Keeps the copied text out of the clipboard's history, if the system has one.
fn past_the_history(set: arboard::Set<'_>) -> arboard::Set<'_> {
    #[cfg(target_os = "linux")]
    let set = arboard::SetExtLinux::exclude_from_history(set);
    #[cfg(target_os = "macos")]
    let set = arboard::SetExtApple::exclude_from_history(set);
    #[cfg(windows)]
    let set = arboard::SetExtWindows::exclude_from_monitoring(set);
    set
}

/// The file that a driven program chooses.
const DRIVEN_CHOICE: &str = "file-to-choose";

/// The desktop of a program that another program drives: files go to a given folder, and come from it, without a
/// dialog. Everything else is the window's desktop.
pub struct DrivenDesktop<D>(pub D);

impl<D: Desktop> Desktop for DrivenDesktop<D> {
    fn choose_file(
        &self,
        _title: &str,
        folder: &Path,
        name: &str,
        _kind: &str,
        _extension: &str,
    ) -> Option<PathBuf> {
        Some(folder.join(name))
    }

    fn choose_existing(&self, _title: &str, folder: &Path) -> Option<PathBuf> {
        Some(folder.join(DRIVEN_CHOICE)).filter(|path| path.exists())
    }

    fn choose_folder(&self, _title: &str, folder: &Path) -> Option<PathBuf> {
        Some(folder.to_owned())
    }

    fn reveal(&self, file: &Path) -> Result<(), DesktopError> {
        self.0.reveal(file)
    }

    fn copy_secret(&self, secret: &SecretString) -> Result<(), DesktopError> {
        self.0.copy_secret(secret)
    }

    fn clear_secret(&self, secret: &SecretString) {
        self.0.clear_secret(secret);
    }
}

/// The desktop for these folders.
pub fn desktop_for<R: Runtime>(app: &AppHandle<R>, folders: &Folders) -> std::sync::Arc<dyn Desktop> {
    let window = WindowDesktop::of(app);
    if folders.exports_without_dialog {
        std::sync::Arc::new(DrivenDesktop(window))
    } else {
        std::sync::Arc::new(window)
    }
}
