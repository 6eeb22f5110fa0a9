//! Locked workspaces, through the window's commands.

use serde_json::{Value, json};
use tauri::Manager;
use tenantry_core::records::Access;

use super::workspaces::{open_beside, profile_beside};
use super::{Console, OPERATOR, PASSWORD};
use tenantry_console::profiles::Profile;

/// A locked workspace with a signed-in operator; returns its id.
fn locked(console: &Console) -> String {
    let beside = profile_beside(console);
    open_beside(console, &beside, Access::ReadWrite);
    let person = json!({"workspace": beside, "name": "Dana Ortiz", "email": OPERATOR, "password": PASSWORD});
    console.ok("claim_workspace", person);
    create(console, &beside, "acme").unwrap();
    console.ok("close_workspace", json!({"workspace": beside}));
    open_beside(console, &beside, Access::Locked);
    sign_in(console, &beside, OPERATOR);
    beside
}

fn sign_in(console: &Console, workspace: &str, email: &str) {
    console.ok("sign_in", json!({"workspace": workspace, "email": email, "password": PASSWORD}));
}

fn create(console: &Console, workspace: &str, name: &str) -> Result<Value, Value> {
    let email = format!("{name}@example.com");
    let input = json!({"name": name, "displayName": null, "email": email, "password": PASSWORD});
    console.call("create_organization", json!({"workspace": workspace, "input": input}))
}

fn unlock(console: &Console, workspace: &str, reason: &str) -> Result<Value, Value> {
    console.call("unlock_workspace", json!({"workspace": workspace, "reason": reason}))
}

#[test]
fn a_locked_workspace_is_unlocked_with_a_reason_and_locked_again() {
    let console = Console::start();
    let beside = locked(&console);
    let refused = create(&console, &beside, "beta").unwrap_err();
    assert_eq!((&refused["code"], &refused["details"]["unlockable"]), (&json!("read_only"), &json!(true)));
    let shut = console.ok("access_state", json!({"workspace": beside}));
    let locked_and = json!({
        "access": "locked", "environment": "local", "writable": false, "unlockedUntil": null, "locksWhenIdleAt": null, "reason": null
    });
    for (name, value) in locked_and.as_object().unwrap() {
        assert_eq!(&shut[name], value, "{shut}");
    }
    assert_eq!(console.ok("current_workspace", json!({}))["access"], shut);

    let short = unlock(&console, &beside, "ab").unwrap_err();
    assert_eq!(short["details"]["fields"][0]["field"], "reason", "{short}");
    let open = unlock(&console, &beside, "Rename after the merger").unwrap();
    assert_eq!(
        (&open["writable"], &open["reason"]),
        (&json!(true), &json!("Rename after the merger")),
        "{open}"
    );
    assert!(open["unlockedUntil"].as_str() > open["locksWhenIdleAt"].as_str(), "{open}");
    create(&console, &beside, "beta").unwrap();
    assert_eq!(console.ok("open_workspaces", json!({}))[0]["access"]["writable"], true);
    assert_eq!(console.ok("note_activity", json!({"workspace": beside}))["writable"], true);

    assert_eq!(console.ok("lock_workspace", json!({"workspace": beside})), shut);
    assert_eq!(console.ok("access_state", json!({"workspace": beside})), shut);
    assert_eq!(create(&console, &beside, "gamma").unwrap_err()["code"], "read_only");
}

#[test]
fn unlocking_one_workspace_leaves_the_others_locked_and_ends_with_its_session() {
    let console = Console::start();
    console.claim();
    let beside = locked(&console);
    assert_eq!(console.ok("access_state", json!({}))["access"], "read_write", "the built-in one has no lock");
    unlock(&console, &beside, "Rename after the merger").unwrap();
    console.ok("sign_out", json!({"workspace": beside}));
    assert_eq!(console.ok("access_state", json!({"workspace": beside}))["writable"], false);

    sign_in(&console, &beside, OPERATOR);
    unlock(&console, &beside, "Rename after the merger").unwrap();
    sign_in(&console, &beside, "acme@example.com");
    assert_eq!(create(&console, &beside, "beta").unwrap_err()["code"], "forbidden");
    assert_eq!(console.ok("access_state", json!({"workspace": beside}))["writable"], false);
    assert_eq!(unlock(&console, &beside, "Let me").unwrap_err()["code"], "forbidden");
}

#[test]
fn a_profile_that_becomes_read_only_counts_for_the_workspace_that_is_open() {
    let console = Console::start();
    let beside = locked(&console);
    unlock(&console, &beside, "Rename after the merger").unwrap();
    console.save(&json!({
        "id": beside, "name": "Beside", "connectionString": "mongodb://127.0.0.1:1", "access": "read_only"
    }));
    let refused = create(&console, &beside, "beta").unwrap_err();
    assert_eq!((&refused["code"], &refused["details"]["unlockable"]), (&json!("read_only"), &json!(false)));
}

/// The editor's input that permits everything.
fn everything(beside: &str) -> Value {
    json!({
        "id": beside, "name": "Beside", "connectionString": "mongodb://127.0.0.1:1", "environment": "local",
        "access": "read_write"
    })
}

/// A locked production workspace that an operator opened and closed again.
fn production(console: &Console) -> String {
    let beside = locked(console);
    let mut tightened = everything(&beside);
    (tightened["environment"], tightened["access"]) = (json!("production"), json!("locked"));
    console.save(&tightened);
    // A file stands for the deployment, and opening it notes nothing.
    let noted = |profile: &mut Profile| profile.last_opened_at = Some(time::OffsetDateTime::UNIX_EPOCH);
    console.app.state::<tenantry_console::Console>().profiles.change_profile(&beside, noted).unwrap();
    beside
}

fn reopen(console: &Console, beside: &str, access: Access) {
    console.ok("close_workspace", json!({"workspace": beside}));
    open_beside(console, beside, access);
}

fn saved_access(console: &Console) -> (Value, Value) {
    let list = console.ok("list_workspaces", json!({}));
    let beside = &list["workspaces"][1];
    (beside["environment"].clone(), beside["access"].clone())
}

#[test]
fn an_organization_admin_does_not_lift_a_lock_by_saving_the_profile() {
    let console = Console::start();
    let beside = production(&console);
    let save = || console.call("save_profile", Console::profile(&everything(&beside)));
    sign_in(&console, &beside, "acme@example.com");
    assert_eq!(save().unwrap_err()["code"], "operator_needed");
    console.ok("sign_out", json!({"workspace": beside}));
    assert_eq!(save().unwrap_err()["code"], "operator_needed", "nobody is signed in");
    let before = (json!("production"), json!("locked"));
    assert_eq!(saved_access(&console), before, "it was saved all the same");

    // Through another connection, or the file itself: the workspace says what it permits.
    reopen(&console, &beside, Access::ReadWrite);
    sign_in(&console, &beside, "acme@example.com");
    assert_eq!(console.ok("access_state", json!({"workspace": beside}))["access"], "locked");
    let acme = console.ok("get_organization", json!({"workspace": beside, "nameOrId": "acme"}));
    let rename = json!({"workspace": beside, "input": {
        "id": acme["id"], "name": "zenith", "displayName": null, "email": null, "password": null
    }});
    assert_eq!(console.refused("update_organization", rename)["code"], "read_only");
    let looser = json!({
        "workspace": beside, "environment": "local", "access": "read_write", "reason": "Because I can"
    });
    assert_eq!(console.refused("decide_permits", looser)["code"], "forbidden");
}

#[test]
fn an_operator_lets_a_connection_and_a_workspace_permit_more_on_record() {
    let console = Console::start();
    let beside = production(&console);
    console.ok("close_workspace", json!({"workspace": beside}));
    let closed = console.refused("save_profile", Console::profile(&everything(&beside)));
    assert_eq!(closed["code"], "operator_needed", "nobody was asked who is signed in: {closed}");

    open_beside(&console, &beside, Access::Locked);
    sign_in(&console, &beside, OPERATOR);
    console.save(&everything(&beside));
    reopen(&console, &beside, Access::ReadWrite);
    sign_in(&console, &beside, OPERATOR);
    let state = console.ok("access_state", json!({"workspace": beside}));
    assert_eq!(
        (&state["access"], &state["decided"]["access"]),
        (&json!("locked"), &json!("locked")),
        "{state}"
    );
    assert_eq!(state["decided"]["decidedBy"], OPERATOR, "{state}");
    let opened = console.ok("current_workspace", json!({}));
    assert_eq!(opened["workspace"]["access"], "locked", "shown as its profile says, and used otherwise");
    let list = console.ok("list_workspaces", json!({}));
    let listed = &list["workspaces"][1];
    let both = (&listed["access"], &listed["decided"]["access"]);
    assert_eq!(both, (&json!("read_write"), &json!("locked")), "the editor can't say why: {listed}");

    let decide = json!({
        "workspace": beside, "environment": "local", "access": "read_write", "reason": "Moved to another server"
    });
    console.ok("decide_permits", decide);
    assert_eq!(create(&console, &beside, "beta").unwrap_err()["code"], "read_only", "before it is reopened");
    reopen(&console, &beside, Access::ReadWrite);
    sign_in(&console, &beside, OPERATOR);
    create(&console, &beside, "beta").unwrap();
}

#[test]
fn a_connection_that_nobody_used_may_permit_anything_and_a_used_one_less() {
    let console = Console::start();
    let fresh = console.save(&json!({"access": "locked", "environment": "production"}));
    let change = |input: Value| console.call("save_profile", Console::profile(&input));
    change(json!({"id": fresh["id"], "access": "read_write", "environment": "local"})).unwrap();
    change(json!({"id": fresh["id"], "access": "locked", "password": "planted"})).unwrap();
    let loosened = change(json!({"id": fresh["id"], "access": "read_write"}));
    assert_eq!(loosened.unwrap_err()["code"], "operator_needed", "a stored password goes with its lock");
    let copy = console.ok("duplicate_profile", json!({"id": fresh["id"]}));
    let loosened = change(json!({"id": copy["id"], "access": "read_write"}));
    assert_eq!(loosened.unwrap_err()["code"], "operator_needed", "by a copy it was none");
    change(json!({"id": fresh["id"], "access": "read_only"})).unwrap();
}

#[test]
fn the_line_to_a_file_is_there() {
    let console = Console::start();
    console.open();
    let line = console.ok("check_line", json!({}));
    assert_eq!((&line["reachable"], &line["problem"]), (&json!(true), &Value::Null), "{line}");
    let closed = console.refused("check_line", json!({"workspace": "elsewhere"}));
    assert_eq!(closed["code"], "no_workspace", "{closed}");
}
