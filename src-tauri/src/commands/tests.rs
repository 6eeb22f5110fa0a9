//! Commands as the window calls them: over the IPC of Tauri's mock runtime, with a real file behind them.

mod access;
mod connection_strings;
mod diagnosis;
mod exports;
#[path = "../../crates/console/src/vault/tests/keychains.rs"]
mod keychains;
mod organizations;
mod profiles;
mod recorded;
mod rights_walk;
mod secrets;
mod sessions;
mod transfer;
mod workspaces;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::webview::InvokeRequest;
use tauri::{Manager, WebviewWindow, WebviewWindowBuilder};
use tenantry_core::clock::{Clock, SystemClock};

use crate::{bindings, profile_file};
use tenantry_console::desktop::{Desktop, DesktopError};
use tenantry_console::folders::Folders;
use tenantry_console::profiles::KeeperChoice;
use tenantry_console::vault::Vault;

const OPERATOR: &str = "dana@example.com";
const PASSWORD: &str = "Planted-P4ssw0rd";

/// A desktop without a person: it returns a file and notes the requests.
#[derive(Default)]
struct NotingDesktop {
    choice: Mutex<Option<PathBuf>>,
    /// Where the last dialog for an existing file started.
    began_in: Mutex<Option<PathBuf>>,
    clipboard: Mutex<Option<String>>,
    revealed: Mutex<Vec<PathBuf>>,
}

impl Desktop for NotingDesktop {
    fn choose_file(&self, _: &str, _: &Path, _: &str, _: &str, _: &str) -> Option<PathBuf> {
        self.choice.lock().unwrap().clone()
    }

    fn choose_existing(&self, _: &str, folder: &Path) -> Option<PathBuf> {
        *self.began_in.lock().unwrap() = Some(folder.to_owned());
        self.choice.lock().unwrap().clone()
    }

    fn choose_folder(&self, _: &str, _: &Path) -> Option<PathBuf> {
        self.choice.lock().unwrap().clone()
    }

    fn reveal(&self, file: &Path) -> Result<(), DesktopError> {
        self.revealed.lock().unwrap().push(file.to_owned());
        Ok(())
    }

    fn copy_secret(&self, secret: &SecretString) -> Result<(), DesktopError> {
        *self.clipboard.lock().unwrap() = Some(secret.expose_secret().to_owned());
        Ok(())
    }

    fn clear_secret(&self, secret: &SecretString) {
        let mut clipboard = self.clipboard.lock().unwrap();
        if clipboard.as_deref() == Some(secret.expose_secret()) {
            *clipboard = None;
        }
    }
}

/// The program with an invisible window and its own data folder.
struct Console {
    webview: WebviewWindow<MockRuntime>,
    app: tauri::App<MockRuntime>,
    desktop: Arc<NotingDesktop>,
    folder: Arc<tempfile::TempDir>,
    /// Everything that the window ever received, with the command that answered it.
    told: Mutex<Vec<(String, String)>>,
}

impl Console {
    fn start() -> Self {
        Self::start_at(Arc::new(SystemClock))
    }

    /// As [`start`](Self::start), with the test's own clock.
    fn start_at(clock: Arc<dyn Clock>) -> Self {
        Self::start_with(clock, Vault::without_keychain)
    }

    /// As [`start_at`](Self::start_at), with the test's own vault.
    fn start_with(clock: Arc<dyn Clock>, vault: impl FnOnce(&Path, Option<KeeperChoice>) -> Vault) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), clock, vault)
    }

    /// Another process on the same data folder.
    fn beside(&self) -> Self {
        Self::start_in(Arc::clone(&self.folder), Arc::new(SystemClock), Vault::without_keychain)
    }

    fn start_in(
        folder: Arc<tempfile::TempDir>,
        clock: Arc<dyn Clock>,
        vault: impl FnOnce(&Path, Option<KeeperChoice>) -> Vault,
    ) -> Self {
        let folders = Folders {
            data: folder.path().to_owned(),
            configuration: folder.path().to_owned(),
            logs: folder.path().join("logs"),
            exports: folder.path().to_owned(),
            exports_without_dialog: false,
        };
        let app = mock_builder()
            .plugin(tauri_plugin_store::Builder::default().build())
            .invoke_handler(bindings::builder::<MockRuntime>().invoke_handler())
            .build(mock_context(noop_assets()))
            .unwrap();
        let desktop = Arc::new(NotingDesktop::default());
        let mut state = tenantry_console::Console::start(
            folders,
            &|path| profile_file::open(app.handle(), path),
            desktop.clone(),
        );
        let vault = vault(folder.path(), state.profiles.settings().secret_keeper);
        state.clock = clock;
        app.manage(state.with_vault(vault.sealing_cheaply()));
        let webview = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default()).build().unwrap();
        Self { webview, app, desktop, folder, told: Mutex::default() }
    }

    /// Calls a command, in the built-in workspace unless `arguments` name another.
    fn call(&self, command: &str, mut arguments: Value) -> Result<Value, Value> {
        if let Some(arguments) = arguments.as_object_mut() {
            arguments.entry("workspace").or_insert_with(|| json!("built-in"));
        }
        let request = InvokeRequest {
            cmd: command.to_owned(),
            callback: tauri::ipc::CallbackFn(0),
            error: tauri::ipc::CallbackFn(1),
            url: "tauri://localhost".parse().unwrap(),
            body: tauri::ipc::InvokeBody::Json(arguments),
            headers: tauri::http::HeaderMap::default(),
            invoke_key: INVOKE_KEY.to_owned(),
        };
        let answer =
            get_ipc_response(&self.webview, request).map(|body| body.deserialize::<Value>().unwrap());
        let (Ok(value) | Err(value)) = &answer;
        self.told.lock().unwrap().push((command.to_owned(), value.to_string()));
        answer
    }

    /// The commands whose answers had this text, in the order of the calls.
    fn told_by(&self, text: &str) -> Vec<String> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|(_, answer)| answer.contains(text)).map(|(command, _)| command.clone()).collect()
    }

    fn ok(&self, command: &str, arguments: Value) -> Value {
        self.call(command, arguments).unwrap_or_else(|error| panic!("{command} was refused: {error}"))
    }

    fn refused(&self, command: &str, arguments: Value) -> Value {
        match self.call(command, arguments) {
            Err(error) => error,
            Ok(answer) => panic!("{command} must be refused, and answered {answer}"),
        }
    }

    /// The editor's input for a new connection, with these changes.
    fn profile(changes: &Value) -> Value {
        let mut input = json!({
            "id": null, "name": "Staging", "environment": "staging", "database": "", "notes": "",
            "connectionString": "mongodb://dana@127.0.0.1:1", "access": "read_write", "password": null,
            "remember": true, "signingSecret": null, "draft": "draft", "certificateKeyPassword": null
        });
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        json!({"input": input})
    }

    fn save(&self, changes: &Value) -> Value {
        self.ok("save_profile", Self::profile(changes))
    }

    /// Names of the saved connections, in the order of the list.
    fn names(&self) -> Vec<String> {
        let list = self.ok("list_workspaces", json!({}));
        let workspaces = list["workspaces"].as_array().unwrap();
        workspaces.iter().skip(1).map(|workspace| workspace["name"].as_str().unwrap().to_owned()).collect()
    }

    fn open(&self) -> Value {
        self.ok("open_workspace", json!({"id": "built-in", "password": null, "remember": false}))
    }

    fn claim(&self) {
        self.open();
        self.ok("claim_workspace", json!({"name": "Dana Ortiz", "email": OPERATOR, "password": PASSWORD}));
    }

    fn create(&self, name: &str) -> Value {
        let email = format!("{name}@example.com");
        let input = json!({"name": name, "displayName": null, "email": email, "password": PASSWORD});
        self.ok("create_organization", json!({"input": input}))
    }

    fn list(&self) -> Vec<Value> {
        let page = self.ok(
            "list_organizations",
            json!({"query": {
                "filter": {"search": "", "status": "all"}, "sort": "name", "direction": "ascending",
                "backwards": false, "start": {"kind": "beginning"}, "limit": 50
            }}),
        );
        page["organizations"].as_array().unwrap().clone()
    }

    fn export(&self, target: &Value) -> Result<Value, Value> {
        self.export_as(target, &json!({"kind": "plain", "separator": "comma", "byteOrderMark": true}))
    }

    fn export_as(&self, target: &Value, csv: &Value) -> Result<Value, Value> {
        self.call("export_organizations", json!({
            "progress": "__CHANNEL__:7",
            "input": {
                "job": "job", "scope": {"kind": "all"}, "columns": ["name", "adminEmail"], "format": "csv",
                "csv": csv, "target": target, "sort": "name", "direction": "ascending"
            }
        }))
    }

    fn clipboard(&self) -> Option<String> {
        self.desktop.clipboard.lock().unwrap().clone()
    }

    fn token(&self) -> String {
        let workspace = self.app.state::<tenantry_console::Console>().open.current().unwrap();
        workspace.session().unwrap().token.expose_secret().to_owned()
    }
}
