//! Commands as the window calls them: over the IPC of Tauri's mock runtime, with a real file behind them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::webview::InvokeRequest;
use tauri::{Manager, WebviewWindow, WebviewWindowBuilder};

use crate::bindings;
use crate::desktop::{Desktop, DesktopError};
use crate::folders::Folders;
use crate::logging;
use crate::profiles::Profiles;
use crate::state::AppState;
use crate::vault::Vault;

const OPERATOR: &str = "dana@example.com";
const PASSWORD: &str = "Planted-P4ssw0rd";

/// A desktop without a person: it answers with a file and notes what it was asked.
#[derive(Default)]
struct NotingDesktop {
    choice: Mutex<Option<PathBuf>>,
    clipboard: Mutex<Option<String>>,
    revealed: Mutex<Vec<PathBuf>>,
}

impl Desktop for NotingDesktop {
    fn choose_file(&self, _: &std::path::Path, _: &str, _: &str, _: &str) -> Option<PathBuf> {
        self.choice.lock().unwrap().clone()
    }

    fn reveal(&self, file: &std::path::Path) -> Result<(), DesktopError> {
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

/// The program with a window that nobody sees and a data folder of its own.
struct Console {
    webview: WebviewWindow<MockRuntime>,
    app: tauri::App<MockRuntime>,
    desktop: Arc<NotingDesktop>,
    folder: tempfile::TempDir,
    /// Everything that the window was ever told.
    told: Mutex<String>,
}

impl Console {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
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
        let profiles = Profiles::open(app.handle(), &folders.profiles()).unwrap();
        let state = AppState::new(folders, profiles, desktop.clone());
        app.manage(state.with_vault(Vault::ask_every_time("a test has no keychain")));
        let webview = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default()).build().unwrap();
        Self { webview, app, desktop, folder, told: Mutex::default() }
    }

    fn call(&self, command: &str, arguments: Value) -> Result<Value, Value> {
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
        self.told.lock().unwrap().push_str(&value.to_string());
        answer
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
                "cursor": null, "limit": 50
            }}),
        );
        page["organizations"].as_array().unwrap().clone()
    }

    fn export(&self, target: &Value) -> Result<Value, Value> {
        self.call("export_organizations", json!({
            "progress": "__CHANNEL__:7",
            "input": {
                "job": "job", "scope": {"kind": "all"}, "columns": ["name", "adminEmail"], "format": "csv",
                "target": target, "sort": "name", "direction": "ascending"
            }
        }))
    }

    fn token(&self) -> String {
        let workspace = self.app.state::<AppState>().current_workspace().unwrap();
        workspace.session().unwrap().token.expose_secret().to_owned()
    }
}

/// Every command that works on a workspace's data, with arguments that would do.
fn commands_that_need_a_session() -> Vec<(&'static str, Value)> {
    let id = "65c1a2b3c4d5e6f708091011";
    let filter = json!({"search": "", "status": "all"});
    vec![
        ("workspace_health", json!({})),
        ("load_sample_organizations", json!({"progress": "__CHANNEL__:1", "job": "j"})),
        ("copy_token", json!({})),
        (
            "list_organizations",
            json!({"query": {
            "filter": filter, "sort": "name", "direction": "ascending", "cursor": null, "limit": 10}}),
        ),
        ("count_organizations", json!({"search": ""})),
        ("get_organization", json!({"nameOrId": "acme"})),
        ("check_organization_name", json!({"name": "acme", "forId": null})),
        ("check_admin_email", json!({"email": "a@example.com", "forId": null})),
        (
            "create_organization",
            json!({"input": {
            "name": "acme", "displayName": null, "email": "a@example.com", "password": PASSWORD}}),
        ),
        (
            "update_organization",
            json!({"input": {
            "id": id, "name": "acme", "displayName": null, "email": null, "password": null}}),
        ),
        ("preview_rename", json!({"id": id, "name": "acme"})),
        ("deactivate_organization", json!({"id": id})),
        ("reactivate_organization", json!({"id": id})),
        ("preview_removal", json!({"id": id})),
        ("delete_organization", json!({"id": id, "confirmation": null})),
        ("restore_organization", json!({"id": id, "name": null})),
        ("delete_organization_forever", json!({"id": id, "confirmation": "acme"})),
        ("collection_statistics", json!({"id": id})),
        ("summarize_statistics", json!({"ids": [id]})),
        ("choose_export_file", json!({"format": "csv"})),
        ("default_export_file", json!({"format": "csv"})),
        (
            "export_organizations",
            json!({"progress": "__CHANNEL__:2", "input": {
            "job": "j", "scope": {"kind": "all"}, "columns": ["name"], "format": "csv", "target": "t",
            "sort": "name", "direction": "ascending"}}),
        ),
    ]
}

#[test]
fn no_command_on_data_works_without_a_workspace_or_without_a_session() {
    let console = Console::start();
    for (command, arguments) in commands_that_need_a_session() {
        let error = console.refused(command, arguments);
        assert_eq!(error["code"], "no_workspace", "{command}, before a workspace is open: {error}");
    }
    console.open();
    for (command, arguments) in commands_that_need_a_session() {
        let error = console.refused(command, arguments);
        assert_eq!(error["code"], "not_signed_in", "{command}, before anybody signed in: {error}");
    }
    console.ok("claim_workspace", json!({"name": "Dana Ortiz", "email": OPERATOR, "password": PASSWORD}));
    console.list();
    console.ok("sign_out", json!({}));
    for (command, arguments) in commands_that_need_a_session() {
        let error = console.refused(command, arguments);
        assert_eq!(error["code"], "not_signed_in", "{command}, after the sign-out: {error}");
    }
}

#[test]
fn an_organization_lives_its_whole_life_through_the_window() {
    let console = Console::start();
    console.claim();
    let id = console.create("acme")["id"].clone();
    let taken = console.refused(
        "create_organization",
        json!({"input": {
        "name": "ACME", "displayName": null, "email": "other@example.com", "password": PASSWORD}}),
    );
    assert_eq!((&taken["code"], &taken["details"]["field"]), (&json!("conflict"), &json!("name")), "{taken}");

    let renamed = console.ok(
        "update_organization",
        json!({"input": {
        "id": id, "name": "acme-corp", "displayName": "Acme", "email": null, "password": null}}),
    );
    assert_eq!(renamed["collectionName"], "org_acme-corp", "the collection is named after the organization");
    let statistics = console.ok("collection_statistics", json!({"id": id}));
    assert_eq!((&statistics["exists"], &statistics["documents"]), (&json!(true), &json!(0)), "{statistics}");

    console.ok("delete_organization", json!({"id": id, "confirmation": null}));
    assert!(console.list().is_empty(), "an organization in the trash is still listed");
    console.ok("restore_organization", json!({"id": id, "name": null}));
    assert_eq!(console.list()[0]["name"], "acme-corp");

    console.ok("delete_organization", json!({"id": id, "confirmation": null}));
    let mismatch = console.refused("delete_organization_forever", json!({"id": id, "confirmation": "acme"}));
    assert_eq!(
        mismatch["code"], "confirmation_mismatch",
        "deleting for ever needs the exact name: {mismatch}"
    );
    console.ok("delete_organization_forever", json!({"id": id, "confirmation": "acme-corp"}));
    assert_eq!(console.refused("get_organization", json!({"nameOrId": id}))["code"], "not_found");
}

#[test]
fn an_organizations_admin_sees_and_changes_only_their_own() {
    let console = Console::start();
    console.claim();
    let (own, other) = (console.create("acme")["id"].clone(), console.create("beta")["id"].clone());
    let session = console.ok("sign_in", json!({"email": "acme@example.com", "password": PASSWORD}));
    assert_eq!(session["role"], "organization_admin");
    assert_eq!(console.list().len(), 1, "the list shows another tenant");
    let strange = console.refused("get_organization", json!({"nameOrId": other}));
    assert_eq!(strange["code"], "not_found", "whether another tenant exists is nobody's business: {strange}");
    for (command, arguments) in [
        ("workspace_health", json!({})),
        ("load_sample_organizations", json!({"progress": "__CHANNEL__:1", "job": "j"})),
        ("deactivate_organization", json!({"id": own})),
        ("restore_organization", json!({"id": own, "name": null})),
    ] {
        assert_eq!(console.refused(command, arguments)["code"], "forbidden", "{command}");
    }
    let before = console.token();
    console.ok(
        "update_organization",
        json!({"input": {
        "id": own, "name": null, "displayName": null, "email": null, "password": "Another-P4ssw0rd"}}),
    );
    assert_ne!(console.token(), before, "the session must go on under the new password");
    assert_eq!(console.list().len(), 1, "whoever changes their own password was signed out");
}

#[test]
fn an_export_goes_where_the_dialog_said_and_nowhere_else() {
    let console = Console::start();
    console.claim();
    console.create("acme");
    let path = console.folder.path().join("chosen.csv");
    assert_eq!(
        console.ok("choose_export_file", json!({"format": "csv"})),
        Value::Null,
        "the dialog was cancelled"
    );
    *console.desktop.choice.lock().unwrap() = Some(path.clone());
    let chosen = console.ok("choose_export_file", json!({"format": "csv"}));

    let shown = console.refused("reveal_file", json!({"path": path}));
    assert_eq!(shown["code"], "not_found", "a path from the window must not reach the file manager: {shown}");
    let report = console.export(&chosen["target"]).unwrap();
    assert_eq!((&report["rows"], &report["path"]), (&json!(1), &json!(path)), "{report}");
    assert!(std::fs::read_to_string(&path).unwrap().contains("acme@example.com"));
    console.ok("reveal_file", json!({"path": path}));
    assert_eq!(console.desktop.revealed.lock().unwrap().as_slice(), std::slice::from_ref(&path));

    let again = console.export(&chosen["target"]).unwrap_err();
    assert_eq!(again["code"], "not_found", "a place is good for one export: {again}");
    let invented = console.export(&json!("/etc/passwd")).unwrap_err();
    assert_eq!(invented["code"], "not_found", "the window named a path, and it was taken: {invented}");
}

#[test]
fn a_file_that_came_after_the_dialog_is_not_replaced() {
    let console = Console::start();
    console.claim();
    let path = console.folder.path().join("chosen.csv");
    *console.desktop.choice.lock().unwrap() = Some(path.clone());
    let chosen = console.ok("choose_export_file", json!({"format": "csv"}));
    std::fs::write(&path, "somebody else's").unwrap();
    let error = console.export(&chosen["target"]).unwrap_err();
    assert_eq!(
        (&error["code"], &error["details"]["reason"]),
        (&json!("file_not_written"), &json!("exists")),
        "nobody agreed to replace it: {error}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody else's");
}

#[test]
fn a_damaged_file_is_named_and_left_as_it_is() {
    let console = Console::start();
    let path = console.folder.path().join("tenantry.db");
    std::fs::write(&path, "this is no database at all").unwrap();
    let error =
        console.refused("open_workspace", json!({"id": "built-in", "password": null, "remember": false}));
    assert_eq!(error["code"], "workspace_damaged", "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(path.to_str().unwrap()), "a person must learn where the file is: {message}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "this is no database at all");
}

#[test]
fn a_token_reaches_the_clipboard_and_never_the_window() {
    let console = Console::start();
    console.claim();
    let token = console.token();
    assert_eq!(console.ok("copy_token", json!({})), Value::Null);
    assert_eq!(console.desktop.clipboard.lock().unwrap().as_deref(), Some(token.as_str()));
    console.app.state::<AppState>().clear_copied();
    assert!(console.desktop.clipboard.lock().unwrap().is_none(), "the token outlives the program");
    assert!(!console.told.lock().unwrap().contains(&token), "the web view was told the token");
}

#[test]
fn a_password_stays_with_the_server_it_was_given_for() {
    let console = Console::start();
    let input = |id: Value, connection_string: &str| {
        json!({"input": {
            "id": id, "name": "Staging", "environment": "staging", "connectionString": connection_string,
            "database": "", "signingSecret": null
        }})
    };
    let saved =
        console.ok("save_profile", input(Value::Null, "mongodb://dana:planted@db.example.com/tenants"));
    assert_eq!(saved["connectionString"], "mongodb://dana@db.example.com/tenants", "{saved}");
    assert_eq!(saved["database"], "tenants", "the string's own database is used where none was typed");
    assert_eq!(saved["passwordStored"], false, "there is no keychain, and the window must not say otherwise");
    assert_eq!(saved["passwordNeeded"], false, "it was just given");

    let id = saved["id"].clone();
    let renamed =
        console.ok("save_profile", input(id.clone(), "mongodb://dana@db.example.com/tenants?tls=true"));
    assert_eq!(renamed["passwordNeeded"], false, "an option changed, the server did not");
    let moved = console.ok("save_profile", input(id, "mongodb://dana@evil.example.com/tenants"));
    assert_eq!(moved["passwordNeeded"], true, "another server would be told the first one's password");
}

#[test]
fn a_profile_with_mistakes_is_refused_field_by_field() {
    let console = Console::start();
    let error = console.refused("save_profile", json!({"input": {
        "id": null, "name": " ", "environment": "local", "connectionString": "http://planted", "database": "a b",
        "signingSecret": null
    }}));
    let fields = error["details"]["fields"].as_array().unwrap();
    let named: Vec<_> = fields.iter().map(|problem| problem["field"].as_str().unwrap()).collect();
    assert_eq!(named, ["profileName", "connectionString", "database"], "{error}");
    assert!(!error.to_string().contains("planted"), "what was typed came back: {error}");
}

#[test]
fn opening_asks_for_a_password_that_is_not_at_hand() {
    let console = Console::start();
    let saved = console.ok(
        "save_profile",
        json!({"input": {
            "id": null, "name": "Staging", "environment": "staging", "database": "",
            "connectionString": "mongodb://dana@127.0.0.1:1", "signingSecret": null
        }}),
    );
    let error =
        console.refused("open_workspace", json!({"id": saved["id"], "password": null, "remember": false}));
    assert_eq!(error["code"], "workspace_password_needed", "{error}");
}

/// The last net under everything above: secrets are planted wherever one can be typed, everything is exercised, also
/// what fails, and then all that was written or told is searched for them.
#[test]
fn planted_secrets_are_in_no_log_no_file_and_no_answer() {
    let console = Console::start();
    let logs = console.folder.path().join("logs");
    logging::start(&logs).unwrap();
    console.claim();
    console.create("acme");
    console.refused("sign_in", json!({"email": OPERATOR, "password": "Planted-Wrong-1"}));
    console
        .refused("claim_workspace", json!({"name": "X", "email": OPERATOR, "password": "Planted-Wrong-2"}));
    console.ok("check_password", json!({"password": "Planted-Check-1"}));
    console.ok("copy_token", json!({}));
    let token = console.token();
    let saved = console.ok(
        "save_profile",
        json!({"input": {
            "id": null, "name": "Staging", "environment": "staging", "database": "tenants",
            // Nothing listens there, so opening fails with the password in hand.
            "connectionString": "mongodb://dana:Planted-Database-1@127.0.0.1:1/?serverSelectionTimeoutMS=300",
            "signingSecret": "Planted-Signing-1"
        }}),
    );
    let typed = json!({"id": saved["id"], "password": "Planted-Database-2", "remember": true});
    assert_eq!(console.refused("open_workspace", typed)["code"], "unavailable");
    let pasted = console.refused(
        "save_profile",
        json!({"input": {
            "id": null, "name": "Raw", "environment": "staging", "database": "",
            "connectionString": "mongodb://dana:Planted@Raw-1@127.0.0.1:1", "signingSecret": null
        }}),
    );
    assert_eq!(pasted["code"], "invalid_input");
    let place = console.ok("default_export_file", json!({"format": "csv"}));
    let report = console.export(&place["target"]).unwrap();
    console.ok(
        "report_ui_problem",
        json!({"text": format!("failed with {token} and mongodb://u:Planted-Ui-1@h")}),
    );

    let log = std::fs::read_to_string(logging::current_file(&logs)).unwrap();
    assert!(log.contains("opened a workspace"), "the log is empty, so searching it proves nothing: {log}");
    let profiles = std::fs::read_to_string(console.folder.path().join("profiles.json")).unwrap();
    assert!(profiles.contains("mongodb://dana@127.0.0.1:1"), "the profile is not there: {profiles}");
    let exported = std::fs::read_to_string(report["path"].as_str().unwrap()).unwrap();
    assert!(exported.contains("acme@example.com"), "{exported}");
    let told = console.told.lock().unwrap().clone();
    for (place, text) in [("log", log), ("profile file", profiles), ("export", exported), ("window", told)] {
        for secret in ["Planted", "Raw-1", "$2b$", token.as_str()] {
            assert!(!text.contains(secret), "{secret:?} is in the {place}: {text}");
        }
    }
}
