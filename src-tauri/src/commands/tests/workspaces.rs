//! Opening workspaces, through the window's commands.

use std::sync::Arc;

use serde_json::{Value, json};
use tauri::Manager;
use tenantry_connection::SecretKind;
use tenantry_core::records::{Access, NewOrganization};
use tenantry_core::sessions::SigningKey;
use tenantry_core::values::{EmailAddress, OrganizationName, PasswordHash};

use super::{Console, OPERATOR, PASSWORD};
use tenantry_console::OpenWorkspace;
use tenantry_console::compose::{self, Place};

#[test]
fn a_damaged_file_is_named_and_left_as_it_is() {
    let console = Console::start();
    let path = console.folder.path().join("tenantry.db");
    std::fs::write(&path, "this is no database at all").unwrap();
    let error =
        console.refused("open_workspace", json!({"id": "built-in", "password": null, "remember": false}));
    assert_eq!(error["code"], "workspace_damaged", "{error}");
    assert_eq!(error["details"]["path"], path.to_str().unwrap(), "a person must learn where the file is");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "this is no database at all");
}

#[test]
fn opening_asks_for_a_password_that_is_not_at_hand() {
    let console = Console::start();
    let saved = console.save(&json!({"connectionString": "mongodb://dana@127.0.0.1:1"}));
    let error =
        console.refused("open_workspace", json!({"id": saved["id"], "password": null, "remember": false}));
    assert_eq!(error["code"], "workspace_password_needed", "{error}");
}

/// Saves a connection; returns the id of its workspace, which [`open_beside`] opens.
pub(super) fn profile_beside(console: &Console) -> String {
    let saved = console.save(&json!({"name": "Beside", "connectionString": "mongodb://127.0.0.1:1"}));
    saved["id"].as_str().unwrap().to_owned()
}

/// Opens the workspace of a saved connection beside the built-in one: a file stands for its deployment.
pub(super) fn open_beside(console: &Console, id: &str, access: Access) {
    console.app.state::<tenantry_console::Console>().open.add(opened_beside(console, id, access));
}

/// As [`open_beside`], without a session.
pub(super) fn opened_beside(console: &Console, id: &str, access: Access) -> Arc<OpenWorkspace> {
    let state = console.app.state::<tenantry_console::Console>();
    let setting = state.setting(access.into(), SigningKey::random());
    let file = console.folder.path().join("beside.db");
    let opened = tauri::async_runtime::block_on(compose::open(Place::File(&file), setting)).unwrap();
    Arc::new(OpenWorkspace::new(id, opened))
}

#[test]
fn workspaces_are_open_side_by_side_and_a_call_lands_in_the_one_it_names() {
    let console = Console::start();
    console.claim();
    let beside = profile_beside(&console);
    open_beside(&console, &beside, Access::ReadWrite);
    let other = "lee@example.com";
    console.ok(
        "claim_workspace",
        json!({"workspace": beside, "name": "Lee", "email": other, "password": PASSWORD}),
    );
    let acme = console.create("acme");
    // A copy of the database: the same organization, with the same id.
    let twin = NewOrganization {
        id: acme["id"].as_str().unwrap().parse().unwrap(),
        name: OrganizationName::parse("acme").unwrap(),
        display_name: None,
        admin_email: EmailAddress::parse("acme@example.com").unwrap(),
        admin_password: PasswordHash::from_stored("$2b$04$none".to_owned()),
        created_at: time::OffsetDateTime::now_utc(),
    };
    let state = console.app.state::<tenantry_console::Console>();
    let open = state.open.load(&beside).unwrap();
    tauri::async_runtime::block_on(open.ports().organizations.insert(&twin)).unwrap();

    // The window shows the second one; a call that started in the first stays there.
    assert_eq!(console.ok("current_workspace", json!({}))["workspace"]["id"], beside.as_str());
    console.ok("deactivate_organization", json!({"id": acme["id"]}));
    let status = |workspace: &str| {
        console.ok("get_organization", json!({"workspace": workspace, "nameOrId": "acme"}))["status"].clone()
    };
    assert_eq!((status("built-in"), status(&beside)), (json!("deactivated"), json!("active")));
    let session = |workspace: &str| console.ok("current_session", json!({"workspace": workspace}));
    assert_eq!(session("built-in")["email"], OPERATOR);
    assert_eq!(session(&beside)["email"], other);
    let open = console.ok("open_workspaces", json!({}));
    let listed: Vec<_> =
        open.as_array().unwrap().iter().map(|each| (&each["id"], &each["signedInAs"])).collect();
    assert_eq!(listed, [(&json!("built-in"), &json!(OPERATOR)), (&json!(beside), &json!(other))], "{open}");
}

#[test]
fn closing_one_workspace_leaves_the_other_as_it_is() {
    let console = Console::start();
    console.claim();
    let beside = profile_beside(&console);
    open_beside(&console, &beside, Access::ReadWrite);
    let jobs = &console.app.state::<tenantry_console::Console>().jobs;
    let (own, others) = (jobs.begin_in(&beside, "one"), jobs.begin_in("built-in", "other"));

    console.ok("close_workspace", json!({"workspace": beside}));
    assert!(own.cancellation().checkpoint().is_err(), "a job goes on in a closed workspace");
    assert!(others.cancellation().checkpoint().is_ok(), "a job of another workspace was cancelled");
    let late = console.refused("count_organizations", json!({"workspace": beside, "search": ""}));
    assert_eq!(late["code"], "no_workspace", "a late call landed somewhere: {late}");
    assert_eq!(console.ok("current_workspace", json!({})), Value::Null, "a closed workspace is still shown");
    assert_eq!(console.refused("switch_workspace", json!({"id": beside}))["code"], "no_workspace");
    console.ok("switch_workspace", json!({"id": "built-in"}));
    assert_eq!(console.ok("current_session", json!({}))["email"], OPERATOR, "it was signed out of another");
    console.ok("close_workspace", json!({"workspace": beside}));
}

#[test]
fn opening_what_is_open_answers_it_with_its_session() {
    let console = Console::start();
    console.claim();
    console.open();
    assert_eq!(console.ok("current_session", json!({}))["email"], OPERATOR, "opening again signed out");
    assert_eq!(console.ok("open_workspaces", json!({})).as_array().unwrap().len(), 1);
}

#[test]
fn a_second_program_on_one_data_folder_leaves_saved_workspaces_to_the_first() {
    let first = Console::start();
    let saved = first.save(&json!({"name": "One", "password": "planted"}));
    first.choose_keeper("sealed_file", Some("correct horse"));
    let file = || std::fs::read_to_string(first.folder.path().join("profiles.json")).unwrap();
    let before = file();

    let second = first.beside();
    assert!(second.names().is_empty(), "what one of them changes, the other would not know");
    let notice = second.ok("list_workspaces", json!({}))["notices"].to_string();
    assert!(notice.contains("in_use"), "nobody learns why: {notice}");
    let refused = second.refused("save_profile", Console::profile(&json!({"name": "Two"})));
    assert_eq!(refused["code"], "file_not_written", "{refused}");
    second.open();
    second.ok("unlock_secrets", json!({"passphrase": "correct horse"}));
    let moving = json!({"keeper": "ask_every_time", "passphrase": null});
    assert_eq!(second.refused("choose_secret_keeper", moving)["code"], "file_not_written");
    drop(second);

    assert_eq!(file(), before);
    first.ok("lock_secrets", json!({}));
    first.ok("unlock_secrets", json!({"passphrase": "correct horse"}));
    let password = first.secret(&saved["id"], SecretKind::DatabasePassword);
    assert_eq!(password.as_deref(), Some("planted"), "the second took it for nobody's");
}
