//! The connection test.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tauri::Manager;
use tenantry_connection::{SecretKind, Secrets};

use super::Console;
use crate::commands::diagnosis::TestInput;

fn input(changes: &Value) -> Value {
    let mut input = json!({
        "draft": "draft-1", "id": null, "connectionString": "mongodb://127.0.0.1:1/", "database": "",
        "password": null, "certificateKeyPassword": null,
    });
    for (name, value) in changes.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

fn test(console: &Console, changes: &Value) -> Value {
    console
        .ok("test_connection", json!({"input": input(changes), "job": "test-1", "progress": "__CHANNEL__:1"}))
}

/// The secrets that a test would use.
fn secrets(console: &Console, changes: &Value) -> Secrets {
    let input: TestInput = serde_json::from_value(input(changes)).unwrap();
    let state = console.app.state::<tenantry_console::Console>();
    tauri::async_runtime::block_on(state.trial(input.into())).unwrap().secrets
}

/// The password that a test would sign in with.
fn password(console: &Console, changes: &Value) -> Option<String> {
    secrets(console, changes)
        .get(&SecretKind::DatabasePassword)
        .map(|password| password.expose_secret().to_owned())
}

#[test]
fn a_failure_is_a_finding_with_all_stages_and_without_what_was_typed() {
    let console = Console::start();
    let typed = json!({
        "connectionString": "mongodb://dana:Planted-Typed-1@127.0.0.1:1/", "password": "Planted-Typed-2",
    });
    let report = test(&console, &typed);
    assert_eq!(report["finding"]["code"], "connection_refused", "{report}");
    assert_eq!(report["finding"]["tab"], "general", "{report}");
    let states: Vec<_> =
        report["stages"].as_array().unwrap().iter().map(|stage| stage["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["passed", "passed", "failed", "not_run", "not_run", "not_run", "not_run"]);
    assert_eq!(report["stages"][2]["facts"], json!({"kind": "reach", "reached": 0, "hosts": 1}));
    assert!(!report.to_string().contains("Planted"), "{report}");
}

#[test]
fn a_string_that_cannot_be_read_is_told_with_its_place() {
    let console = Console::start();
    let report = test(&console, &json!({"connectionString": "mongodb://localhost/?noSuchOption=1"}));
    let finding = &report["finding"];
    assert_eq!(finding["code"], "string_malformed", "{report}");
    let (start, end) = (finding["facts"]["start"].as_u64(), finding["facts"]["end"].as_u64());
    assert!(start < end && end.is_some(), "{finding}");
}

#[test]
fn what_was_typed_counts_before_the_draft_and_the_draft_before_what_is_stored() {
    let console = Console::start();
    let saved =
        console.save(&json!({"connectionString": "mongodb://dana:stored@db.example.com/", "database": "t"}));
    let masked = json!("mongodb://dana:••••••••@db.example.com/");
    let stored = json!({"id": saved["id"], "connectionString": masked});
    assert_eq!(password(&console, &stored).as_deref(), Some("stored"));
    let reading = json!({"draft": "draft-1", "text": "mongodb://dana:drafted@db.example.com/"});
    console.ok("read_connection_string", reading);
    assert_eq!(password(&console, &stored).as_deref(), Some("drafted"));
    let typed = json!({"id": saved["id"], "connectionString": masked, "password": "typed"});
    assert_eq!(password(&console, &typed).as_deref(), Some("typed"));
    let cleared = json!({"id": saved["id"], "connectionString": masked, "password": ""});
    assert_eq!(password(&console, &cleared), None, "the person took the password out");
}

#[test]
fn a_test_uses_no_stored_secret_that_saving_would_forget() {
    let console = Console::start();
    let string = "mongodb://dana:stored@db.example.com/?authSource=admin&tls=true&tlsCertificateKeyFile=%2Fa.pem\
        &tlsCertificateKeyFilePassword=stored&proxyHost=proxy&proxyUsername=p&proxyPassword=stored";
    let saved = console.save(&json!({"connectionString": string, "database": "t"}));
    let masked = saved["connectionString"].as_str().unwrap();
    let used = |from: &str, to: &str| {
        let changed = masked.replace(from, to);
        let used = secrets(&console, &json!({"id": saved["id"], "connectionString": changed}));
        [SecretKind::DatabasePassword, SecretKind::CertificateKeyPassword, SecretKind::ProxyPassword]
            .map(|kind| used.contains_key(&kind))
    };
    assert_eq!(used("tls=true", "tls=true&appName=x"), [true; 3], "nothing moved");
    for to in ["tls=true&tlsInsecure=true", "tls=true&tlsCAFile=%2Fmine.pem"] {
        assert_eq!(used("tls=true", to), [false, true, true], "{to}: the line is protected otherwise");
    }
    assert_eq!(used("tls=true", "tls=true&authMechanism=PLAIN"), [false, true, true], "sent as it is");
    for (from, to) in
        [("db.example", "elsewhere.example"), ("dana", "erin"), ("Source=admin", "Source=other")]
    {
        assert_eq!(used(from, to), [false, true, true], "{to}");
    }
    assert_eq!(used("a.pem", "b.pem"), [false, false, true], "a password is tried on another key");
    assert_eq!(used("proxyHost=proxy", "proxyHost=evil"), [false, true, false], "another proxy is told it");
}

#[test]
fn a_test_is_cancelled_in_the_middle_of_a_silent_stage() {
    let console = Console::start();
    // Its queue accepts for it; nobody ever responds.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let string = format!("mongodb://{}/", mute.local_addr().unwrap());
    let jobs = console.app.state::<tenantry_console::Console>().jobs.clone();
    let cancelling = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(400));
        jobs.cancel("test-1");
    });
    let started = Instant::now();
    let arguments = json!({
        "input": input(&json!({"connectionString": string})), "job": "test-1", "progress": "__CHANNEL__:1",
    });
    assert_eq!(console.refused("test_connection", arguments)["code"], "cancelled");
    assert!(started.elapsed() < Duration::from_secs(3), "it went on for {:?}", started.elapsed());
    cancelling.join().unwrap();
}
