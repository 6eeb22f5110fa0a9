//! Sessions, through the window's commands.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::{Value, json};
use tauri::Manager;
use tenantry_core::organizations::{Seen, UpdateRequest};

use super::{Console, OPERATOR, PASSWORD};

/// Every command on a workspace's data, with arguments that would do.
fn commands_that_need_a_session() -> Vec<(&'static str, Value)> {
    let id = "65c1a2b3c4d5e6f708091011";
    let filter = json!({"search": "", "status": "all"});
    vec![
        ("workspace_health", json!({})),
        ("load_sample_organizations", json!({"progress": "__CHANNEL__:1", "job": "j"})),
        ("copy_token", json!({})),
        ("copy_password", json!({"password": PASSWORD})),
        (
            "list_organizations",
            json!({"query": {
            "filter": filter, "sort": "name", "direction": "ascending", "backwards": false,
            "start": {"kind": "beginning"}, "limit": 10}}),
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
        ("choose_export_file", json!({"list": "organizations", "format": "csv"})),
        ("default_export_file", json!({"list": "organizations", "format": "csv"})),
        (
            "export_organizations",
            json!({"progress": "__CHANNEL__:2", "input": {
            "job": "j", "scope": {"kind": "all"}, "columns": ["name"], "format": "csv",
            "csv": {"kind": "excel"}, "target": "t", "sort": "name", "direction": "ascending"}}),
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
fn a_change_that_ends_after_its_session_was_left_signs_nobody_in() {
    let console = Console::start();
    console.claim();
    let id = console.create("acme")["id"].as_str().unwrap().parse().unwrap();
    let sign_in = |email: &str, password: &str| {
        console.ok("sign_in", json!({"email": email, "password": password}));
    };
    let state = console.app.state::<tenantry_console::Console>();
    let workspace = state.open.load("built-in").unwrap();
    type Leave<'a> = Box<dyn Fn() + 'a>;
    let leaving: [Leave<'_>; 2] =
        [Box::new(|| drop(console.ok("sign_out", json!({})))), Box::new(|| sign_in(OPERATOR, PASSWORD))];
    for leave in leaving {
        sign_in("acme@example.com", PASSWORD);
        let session = workspace.session().unwrap();
        let request = UpdateRequest {
            id,
            name: None,
            display_name: None,
            email: None,
            password: Some(SecretString::from(PASSWORD)),
            seen: Seen::default(),
        };
        let changing = workspace.organizations().update(&session.actor, request);
        let changed = tauri::async_runtime::block_on(changing).unwrap();
        leave();
        let kept = console.ok("current_session", json!({}));
        tauri::async_runtime::block_on(workspace.carry_session_on(&session, &changed, true));
        assert_eq!(console.ok("current_session", json!({})), kept, "the session that was left came back");
    }
    sign_in("acme@example.com", PASSWORD);
    let own = json!({"input": {
        "id": console.list()[0]["id"], "name": null, "displayName": null, "email": null, "password": "An0ther-one"
    }});
    console.ok("update_organization", own);
    assert_eq!(
        console.ok("current_session", json!({}))["email"],
        "acme@example.com",
        "its own change ended it"
    );
}

#[test]
fn a_token_reaches_the_clipboard_and_never_the_window() {
    let console = Console::start();
    console.claim();
    let token = console.token();
    assert_eq!(console.ok("copy_token", json!({})), Value::Null);
    assert_eq!(console.desktop.clipboard.lock().unwrap().as_deref(), Some(token.as_str()));
    console.app.state::<tenantry_console::Console>().clear_copied();
    assert!(console.desktop.clipboard.lock().unwrap().is_none(), "the token outlives the program");
    assert_eq!(console.told_by(&token), [""; 0], "the web view was told the token");
}

#[test]
fn a_copied_password_is_cleared_like_a_token() {
    let console = Console::start();
    console.claim();
    console.ok("copy_password", json!({"password": "Made-up-passw0rd"}));
    assert_eq!(console.clipboard().as_deref(), Some("Made-up-passw0rd"));
    console.app.state::<tenantry_console::Console>().clear_copied();
    assert_eq!(console.clipboard(), None, "the password outlives the program");
}

#[test]
fn what_was_copied_leaves_the_clipboard_with_whoever_copied_it() {
    type Leave = fn(&Console);
    let leaving: [(&str, Leave); 3] = [
        ("a sign-out", |console| drop(console.ok("sign_out", json!({})))),
        ("another person's sign-in", |console| {
            let person = json!({"email": "acme@example.com", "password": PASSWORD});
            console.ok("sign_in", person);
        }),
        ("a closed workspace", |console| drop(console.ok("close_workspace", json!({"id": "built-in"})))),
    ];
    for (how, leave) in leaving {
        for copy in [("copy_token", json!({})), ("copy_password", json!({"password": PASSWORD}))] {
            let console = Console::start();
            console.claim();
            console.create("acme");
            console.ok(copy.0, copy.1);
            assert!(console.clipboard().is_some(), "nothing was copied");
            leave(&console);
            // Nobody waits for the clipboard, so it takes a moment.
            let end = Instant::now() + Duration::from_secs(5);
            while console.clipboard().is_some() && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(5));
            }
            assert_eq!(console.clipboard(), None, "{}: it is still there after {how}", copy.0);
        }
    }
}

#[test]
fn what_was_copied_since_stays_on_the_clipboard() {
    let console = Console::start();
    console.claim();
    console.ok("copy_token", json!({}));
    *console.desktop.clipboard.lock().unwrap() = Some("a person's own".to_owned());
    console.ok("sign_out", json!({}));
    console.app.state::<tenantry_console::Console>().clear_copied();
    assert_eq!(console.clipboard().as_deref(), Some("a person's own"));
}
