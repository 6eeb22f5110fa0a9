//! Connection profiles, as the window saves them.

use serde_json::{Value, json};

use super::Console;

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
