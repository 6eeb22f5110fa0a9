//! Secrets do not leak.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tauri::Manager;
use tenantry_connection::SecretKind;

use super::{Console, OPERATOR};
use tenantry_console::logging;

/// Moves secrets through every place, with every wrong passphrase on the way; two files are put aside, one is in use.
fn move_secrets(console: &Console, saved: &Value) {
    let first = "Planted-Passphrase-1";
    console.refused("choose_secret_keeper", json!({"keeper": "keychain", "passphrase": null}));
    console.choose_keeper("sealed_file", Some(first));
    export_and_import(console, saved, first);
    console.ok("lock_secrets", json!({}));
    console.refused("unlock_secrets", json!({"passphrase": "Planted-Passphrase-2"}));
    let opening = json!({"id": saved["id"], "password": null, "remember": false});
    assert_eq!(console.refused("open_workspace", opening)["code"], "secrets_locked");
    console.ok("unlock_secrets", json!({"passphrase": first}));
    let next = "Planted-Passphrase-3";
    console.refused("change_passphrase", json!({"current": "Planted-Passphrase-4", "next": next}));
    console.ok("change_passphrase", json!({"current": first, "next": next}));
    console.choose_keeper("ask_every_time", Some(next));
    console.choose_keeper("sealed_file", Some(next));
    for name in ["secrets.age", "secrets.copy.age"] {
        assert!(console.folder.path().join(name).exists(), "{name} is not there");
    }
    // Damaged, and then forgotten: both are put aside.
    console.ok("lock_secrets", json!({}));
    std::fs::write(console.folder.path().join("secrets.age"), "damaged").unwrap();
    console.ok("unlock_secrets", json!({"passphrase": next}));
    console.ok("lock_secrets", json!({}));
    console.choose_keeper("ask_every_time", None);
    console.choose_keeper("sealed_file", Some("Planted-Passphrase-5"));
}

/// Takes secrets to another file and back.
fn export_and_import(console: &Console, saved: &Value, proof: &str) {
    let file = console.folder.path().join("sealed.tenantry");
    *console.desktop.choice.lock().unwrap() = Some(file.clone());
    console.ok("choose_profiles_file", json!({}));
    let export = |proof: &str| json!({"path": file, "ids": [saved["id"]], "passphrase": "Planted-Export-1", "proof": proof});
    console.refused("export_profiles", export("Planted-Proof-1"));
    console.ok("export_profiles", export(proof));
    *console.desktop.choice.lock().unwrap() = Some(file.clone());
    console.ok("choose_import_file", json!({}));
    let import = |passphrase| json!({"source": {"kind": "file", "path": file}, "passphrase": passphrase});
    let refused = console.refused("import_profiles", import("Planted-Export-2"));
    assert_eq!(refused["code"], "passphrase_refused");
    console.ok("import_profiles", import("Planted-Export-1"));
}

/// Takes secrets through the editor, the connection test and the import, with refusals on the way.
fn pass_secrets_on(console: &Console, saved: &Value) {
    let string = "mongodb://dana:Planted-Draft-1@127.0.0.1:1/?tls=true\
        &tlsCertificateKeyFile=/nowhere/key.pem&tlsCertificateKeyFilePassword=Planted-Key-1";
    let reading = console.ok("read_connection_string", json!({"draft": "draft-9", "text": string}));
    assert_eq!(reading["tookSecrets"], true, "{reading}");
    console.ok(
        "read_connection_string",
        json!({"draft": "draft-9", "text": "mongodb://dana:Planted@Draft-2@h:x/?a"}),
    );
    for typed in
        [string, "mongodb://dana:Planted-Test-1@127.0.0.1:1/?replicaSet=x", "mongodb://u:Planted@Raw-1@h"]
    {
        let input = json!({
            "draft": "draft-9", "id": saved["id"], "connectionString": typed, "database": "tenants",
            "password": "Planted-Test-2", "certificateKeyPassword": "Planted-Key-2",
        });
        let report = console
            .ok("test_connection", json!({"input": input, "job": "test-9", "progress": "__CHANNEL__:9"}));
        assert!(!report["finding"].is_null(), "nothing is there to answer: {report}");
    }
    let list =
        "One = mongodb://erin:Planted-List-1@127.0.0.1:1\nTwo = mongodb://erin:Planted@Raw-1@h\nnonsense";
    console.ok("import_profiles", json!({"source": {"kind": "text", "text": list}, "passphrase": null}));
    console.ok("forget_draft", json!({"draft": "draft-9"}));
}

/// A secret that Tenantry made, and the one command whose answer shows it.
type ShownOnce = (String, &'static str);

/// Makes people, passwords and codes, exports all lists and reads the whole record.
fn manage_people(console: &Console) -> Vec<ShownOnce> {
    let mut shown = Vec::new();
    let mut note = |secret: &Value, command: &'static str| {
        let secret = secret.as_str().unwrap_or_else(|| panic!("{command} shows no secret: {secret}"));
        assert!(secret.len() > 10, "{command} shows {secret}");
        shown.push((secret.to_owned(), command));
    };
    let claimed = console.told.lock().unwrap().iter().find(|(name, _)| name == "claim_workspace").cloned();
    let claimed: Value = serde_json::from_str(&claimed.unwrap().1).unwrap();
    note(&claimed["recoveryCode"], "claim_workspace");
    let operator =
        json!({"input": {"name": "Lee", "email": "lee@example.com", "role": "read_only_operator"}});
    let operator = console.ok("add_operator", operator);
    note(&operator["oneTimePassword"], "add_operator");
    let set = console.ok("set_operator_password", json!({"id": operator["somebody"]["id"]}));
    note(&set, "set_operator_password");
    let organization = console.list()[0]["id"].clone();
    let person = json!({"input": {
        "organizationId": organization, "name": "Mira", "email": "mira@example.com", "role": "viewer"
    }});
    let person = console.ok("add_person", person);
    note(&person["oneTimePassword"], "add_person");
    let set = console.ok("set_person_password", json!({"id": person["somebody"]["id"]}));
    note(&set, "set_person_password");
    for email in ["lee@example.com", "mira@example.com", "nobody@example.com"] {
        let wrong = json!({"email": email, "password": "Planted-Wrong-3", "account": null});
        console.refused("sign_in", wrong);
    }
    console.ok("copy_password", json!({"password": set}));

    let file = |list: &str| {
        let place = console.ok("default_export_file", json!({"list": list, "format": "csv"}));
        let csv = json!({"kind": "plain", "separator": "comma", "byteOrderMark": false});
        json!({"job": "j", "format": "csv", "csv": csv, "target": place["target"]})
    };
    for (command, list) in [("export_operators", "operators"), ("export_people", "people")] {
        let input = json!({
            "organizationId": null, "search": "", "status": null, "ids": null, "sort": "name",
            "direction": "ascending", "file": file(list),
            "columns": [
                "id", "name", "email", "role", "organizations", "status", "lastSignIn", "oneTimeUntil", "createdAt"
            ]
        });
        console.ok(command, json!({"progress": "__CHANNEL__:2", "input": input}));
    }
    let everything = json!({
        "facet": "all", "search": "", "person": null, "organization": null, "outcome": null, "from": null,
        "until": null
    });
    let mut export = file("activity");
    export["filter"] = everything.clone();
    console.ok("export_activity", json!({"progress": "__CHANNEL__:2", "input": export}));
    let query = json!({"query": {"filter": everything, "cursor": null, "newerThan": null, "limit": 200}});
    let page = console.ok("list_activity", query);
    let entries = page["entries"].as_array().unwrap();
    assert!(entries.len() > 8, "the record is empty, so searching it proves nothing: {page}");
    for entry in entries {
        console.ok("activity_entry", json!({"number": entry["number"]}));
    }
    shown
}

/// The session's id in a token, and the parts that are worth something.
fn parts_of(token: &str) -> [String; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    let digit = |byte: u8| {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        digits.iter().position(|digit| *digit == byte).unwrap() as u32
    };
    let mut claims = Vec::new();
    for four in parts[1].as_bytes().chunks(4) {
        let bits = four.iter().fold(0, |bits, byte| (bits << 6) | digit(*byte)) << (6 * (4 - four.len()));
        claims.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    [claims["jti"].as_str().unwrap().to_owned(), parts[1].to_owned(), parts[2].to_owned()]
}

/// The last net under everything above: plants secrets wherever one can be typed, exercises everything, including
/// failures, and then searches everything that was written or returned.
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
    let shown = manage_people(&console);
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
    let copy = console.ok("duplicate_profile", json!({"id": saved["id"]}));
    console.save(&json!({"name": "Typed", "password": "Planted-Database-3"}));
    pass_secrets_on(&console, &saved);
    move_secrets(&console, &saved);
    console.ok("remove_profile", json!({"id": copy["id"]}));
    let place = console.ok("default_export_file", json!({"list": "organizations", "format": "csv"}));
    let report = console.export(&place["target"]).unwrap();
    console.ok(
        "report_ui_problem",
        json!({"text": format!("failed with {token} and mongodb://u:Planted-Ui-1@h")}),
    );

    let log = std::fs::read_to_string(logging::current_file(&logs)).unwrap();
    assert!(log.contains("opened a workspace"), "the log is empty, so searching it proves nothing: {log}");
    assert!(
        log.contains("moved secrets"),
        "nothing was moved, so searching what it left proves nothing: {log}"
    );
    let profiles = std::fs::read_to_string(console.folder.path().join("profiles.json")).unwrap();
    assert!(profiles.contains("mongodb://dana:••••••••@127.0.0.1:1"), "the profile is not there: {profiles}");
    let exported = std::fs::read_to_string(report["path"].as_str().unwrap()).unwrap();
    assert!(exported.contains("acme@example.com"), "{exported}");
    let mut places = console.told.lock().unwrap().clone();
    places.push(("the record".to_owned(), record(&console)));
    // The file of saved connections with its copies, the secrets file, what was put aside of it, the logs, the export,
    // the database.
    for path in files_in(console.folder.path()) {
        let bytes = std::fs::read(&path).unwrap();
        places.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    let sealed = places.iter().filter(|(place, _)| place.contains("secrets.")).count();
    assert!(sealed >= 4, "the sealed files are not among them: {:?}", places.iter().map(|(place, _)| place));
    let [session, claims, signature] = parts_of(&token);
    for (place, text) in &places {
        for secret in ["Planted", "Raw-1", &token, &session, &claims, &signature] {
            assert!(!text.contains(secret), "{secret:?} is in {place}: {text}");
        }
        for (secret, by) in &shown {
            assert!(!text.contains(secret) || place == by, "what {by} shows once is in {place}: {text}");
        }
        // The built-in workspace stores its accounts' hashes.
        assert!(!text.contains("$2b$") || place.contains("tenantry.db"), "a hash is in {place}: {text}");
    }
    for (secret, by) in &shown {
        assert_eq!(console.told_by(secret), [*by], "it is shown once");
    }
    assert_nothing_is_copied(&console);
}

/// Every field of every entry of the record.
fn record(console: &Console) -> String {
    let file = rusqlite::Connection::open(console.folder.path().join("tenantry.db")).unwrap();
    let mut entries = file.prepare("SELECT fields FROM console_activity").unwrap();
    let entries = entries.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let entries: Vec<String> = entries.map(Result::unwrap).collect();
    assert!(entries.len() > 8, "the record is empty, so searching it proves nothing: {entries:?}");
    entries.join("\n")
}

/// The last of all: nothing that was copied outlives the program.
fn assert_nothing_is_copied(console: &Console) {
    assert!(console.clipboard().is_some(), "nothing was copied, so nothing is proved");
    console.app.state::<tenantry_console::Console>().clear_copied();
    assert_eq!(console.clipboard(), None, "a secret outlives the program");
}

/// Every file under a folder.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_in(&path)) } else { files.push(path) }
    }
    files
}

impl Console {
    pub(super) fn choose_keeper(&self, keeper: &str, passphrase: Option<&str>) -> Value {
        self.ok("choose_secret_keeper", json!({"keeper": keeper, "passphrase": passphrase}))
    }

    fn keeping(&self) -> Value {
        self.ok("secret_keeping", json!({}))
    }
}

#[test]
fn the_window_learns_where_secrets_are_kept_and_why() {
    let console = Console::start();
    let found = console.keeping();
    assert_eq!((&found["keeper"], &found["chosen"]), (&json!("ask_every_time"), &json!(false)), "{found}");
    assert_eq!(
        (&found["keychainAvailable"], &found["sealedFile"]),
        (&json!(false), &json!("none")),
        "{found}"
    );
    assert_eq!(found["reason"], "no_keychain", "nobody learns why");

    let moved = console.choose_keeper("sealed_file", Some("Planted-Passphrase"));
    assert_eq!(
        (&moved["keeping"]["keeper"], &moved["keeping"]["chosen"]),
        (&json!("sealed_file"), &json!(true))
    );
    assert_eq!(moved["keeping"]["sealedFile"], "unlocked", "{moved}");
    assert_eq!(
        console.ok("list_workspaces", json!({}))["secrets"],
        console.keeping(),
        "the list says another thing"
    );
}

#[test]
fn what_was_given_before_moves_into_the_sealed_file_and_the_profile_says_so() {
    let console = Console::start();
    let saved = console.save(&json!({"connectionString": "mongodb://dana:planted@127.0.0.1:1"}));
    assert_eq!(saved["passwordStored"], false, "there is no keychain");
    let moved = console.choose_keeper("sealed_file", Some("correct horse"));
    assert_eq!((&moved["moved"], &moved["problems"]), (&json!(1), &json!([])), "{moved}");
    let listed = console.ok("list_workspaces", json!({}))["workspaces"][1].clone();
    assert_eq!(listed["passwordStored"], true, "{listed}");

    let back = console.choose_keeper("ask_every_time", Some("correct horse"));
    assert_eq!((&back["moved"], &back["keeping"]["sealedFile"]), (&json!(1), &json!("none")), "{back}");
    let listed = console.ok("list_workspaces", json!({}))["workspaces"][1].clone();
    assert_eq!(listed["passwordStored"], false, "the next run will not have it: {listed}");
    assert_eq!(listed["passwordNeeded"], false, "this run has it: {listed}");
}

#[test]
fn secrets_leave_an_open_file_with_its_passphrase_only() {
    let console = Console::start();
    let saved = console.save(&json!({"connectionString": "mongodb://dana:planted@127.0.0.1:1"}));
    console.choose_keeper("sealed_file", Some("correct horse"));
    let choose = |keeper: &str, passphrase: Option<&str>| {
        console.call("choose_secret_keeper", json!({"keeper": keeper, "passphrase": passphrase}))
    };
    let wrong = choose("ask_every_time", Some("correct house")).unwrap_err();
    assert_eq!(wrong["code"], "passphrase_refused", "{wrong}");
    console.ok("unlock_secrets", json!({"passphrase": "correct horse"}));
    assert_eq!(choose("keychain", None).unwrap_err()["code"], "proof_needed");
    let without = choose("ask_every_time", None).unwrap();
    assert_eq!(without["moved"], 0, "they are in memory, for whoever seals them with another passphrase");
    assert_eq!(console.secret(&saved["id"], SecretKind::DatabasePassword), None);
    assert!(console.folder.path().join("secrets.locked-1.age").exists(), "nothing is lost: {without}");
}

#[test]
fn a_workspace_whose_password_is_locked_away_asks_for_the_passphrase() {
    let console = Console::start();
    console.choose_keeper("sealed_file", Some("correct horse"));
    let saved = console.save(&json!({
        "connectionString": "mongodb://dana:planted@127.0.0.1:1/?serverSelectionTimeoutMS=300"
    }));
    assert_eq!(saved["passwordStored"], true, "{saved}");
    assert_eq!(console.ok("lock_secrets", json!({}))["sealedFile"], "locked");
    let opening = json!({"id": saved["id"], "password": null, "remember": false});
    assert_eq!(console.refused("open_workspace", opening.clone())["code"], "secrets_locked");
    let copied = console.refused("duplicate_profile", json!({"id": saved["id"]}));
    assert_eq!(copied["code"], "secrets_locked", "a copy would be without its password: {copied}");
    assert_eq!(console.names().len(), 1, "half a copy was left");
    let elsewhere = Console::profile(&json!({
        "id": saved["id"], "connectionString": "mongodb://dana@evil.example.com"
    }));
    let moved = console.refused("save_profile", elsewhere);
    assert_eq!(
        moved["code"], "secrets_locked",
        "the password could not be forgotten, and would go to another server"
    );
    console.ok("open_workspace", json!({"id": "built-in", "password": null, "remember": false}));

    let wrong = console.refused("unlock_secrets", json!({"passphrase": "correct house"}));
    assert_eq!(wrong["code"], "passphrase_refused", "{wrong}");
    assert_eq!(
        console.ok("unlock_secrets", json!({"passphrase": "correct horse"}))["sealedFile"],
        "unlocked"
    );
    let error = console.refused("open_workspace", opening);
    assert_eq!(error["code"], "unavailable", "it has its password, and nobody listens there: {error}");
}

#[test]
fn a_passphrase_must_be_worth_its_name() {
    let console = Console::start();
    for (passphrase, rule) in [(None, "required"), (Some(""), "required"), (Some("too short"), "too_short")] {
        let error = console
            .refused("choose_secret_keeper", json!({"keeper": "sealed_file", "passphrase": passphrase}));
        let field = &error["details"]["fields"][0];
        assert_eq!((&field["field"], &field["rule"]), (&json!("passphrase"), &json!(rule)), "{error}");
    }
    assert_eq!(console.keeping()["chosen"], false, "a refusal was taken for a choice");
    console.choose_keeper("sealed_file", Some("correct horse"));
    let change = |current: &str, next: &str| json!({"current": current, "next": next});
    assert_eq!(
        console.refused("change_passphrase", change("correct horse", "short"))["code"],
        "invalid_input"
    );
    let wrong = console.refused("change_passphrase", change("correct house", "another horse"));
    assert_eq!(wrong["code"], "passphrase_refused", "{wrong}");
    console.ok("change_passphrase", change("correct horse", "another horse"));
    console.ok("lock_secrets", json!({}));
    assert_eq!(
        console.refused("unlock_secrets", json!({"passphrase": "correct horse"}))["code"],
        "passphrase_refused"
    );
    console.ok("unlock_secrets", json!({"passphrase": "another horse"}));
}

#[test]
fn a_keychain_that_is_not_there_is_not_chosen() {
    let console = Console::start();
    let error = console.refused("choose_secret_keeper", json!({"keeper": "keychain", "passphrase": null}));
    assert_eq!(error["code"], "unavailable", "{error}");
    assert_eq!(console.keeping()["chosen"], false);
}
