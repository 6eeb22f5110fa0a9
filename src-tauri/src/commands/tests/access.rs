//! Locked workspaces, as the window has them.

use serde_json::{Value, json};
use tenantry_core::access::Access;

use super::workspaces::{open_beside, profile_beside};
use super::{Console, OPERATOR, PASSWORD};

/// A locked workspace with a signed-in operator; answers its id.
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
    let shut = json!({
        "access": "locked", "writable": false, "unlockedUntil": null, "locksWhenIdleAt": null, "reason": null
    });
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

#[test]
fn the_line_to_a_file_is_there() {
    let console = Console::start();
    console.open();
    let line = console.ok("check_line", json!({}));
    assert_eq!((&line["reachable"], &line["problem"]), (&json!(true), &Value::Null), "{line}");
    let closed = console.refused("check_line", json!({"workspace": "elsewhere"}));
    assert_eq!(closed["code"], "no_workspace", "{closed}");
}
