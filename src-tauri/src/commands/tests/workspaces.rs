//! Opening workspaces, as the window does.

use serde_json::json;

use super::Console;

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
