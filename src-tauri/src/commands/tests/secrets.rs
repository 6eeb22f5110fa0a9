//! Secrets go nowhere.

use serde_json::json;

use super::{Console, OPERATOR};
use crate::logging;

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
    let saved = console.save(&json!({
        "database": "tenants", "signingSecret": "Planted-Signing-1",
        // Nothing listens there, so opening fails with the password in hand.
        "connectionString": "mongodb://dana:Planted-Database-1@127.0.0.1:1/?serverSelectionTimeoutMS=300"
    }));
    let typed = json!({"id": saved["id"], "password": "Planted-Database-2", "remember": true});
    assert_eq!(console.refused("open_workspace", typed)["code"], "unavailable");
    let raw = Console::profile(&json!({"connectionString": "mongodb://dana:Planted@Raw-1@127.0.0.1:1"}));
    let pasted = console.refused("save_profile", raw);
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
