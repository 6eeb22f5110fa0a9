//! Imports and exports of connections, through the window's commands.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tenantry_core::clock::SystemClock;
use tenantry_core::records::Access;

use super::workspaces::{open_beside, profile_beside};
use super::{Console, OPERATOR, PASSWORD};
use tenantry_console::vault::{KeychainProblem, Vault};

const PASSPHRASE: &str = "correct horse battery";
/// Seals the secrets file.
const SECRETS: &str = "another horse battery";

impl Console {
    fn import(&self, text: &str) -> Value {
        self.ok("import_profiles", json!({"source": {"kind": "text", "text": text}, "passphrase": null}))
    }

    fn choose(&self, name: &str) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        *self.desktop.choice.lock().unwrap() = Some(path.clone());
        path
    }
}

#[test]
fn a_pasted_list_is_reported_line_by_line_and_saved_at_once() {
    let console = Console::start();
    let report = console
        .import("One = mongodb://dana:planted@127.0.0.1:1\nnonsense\nOne = mongodb://dana@127.0.0.1:1");
    assert_eq!(report["imported"], 1, "{report}");
    let outcomes: Vec<_> = report["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["imported", "refused", "already_there"]);
    assert_eq!(console.names(), ["One"]);
    let notes = &report["entries"][0]["notes"];
    assert!(notes.to_string().contains("secrets_not_stored"), "there is no keychain: {notes}");
    let list = console.ok("list_workspaces", json!({}));
    assert_eq!(list["workspaces"][1]["id"], report["entries"][0]["workspaceId"]);
    assert_eq!(list["workspaces"][1]["passwordNeeded"], false, "its password was in the string");
    let file = std::fs::read_to_string(console.folder.path().join("profiles.json")).unwrap();
    assert!(!file.contains("planted") && console.told_by("planted").is_empty());
}

#[test]
fn nothing_at_all_is_an_error() {
    let console = Console::start();
    let nothing = json!({"source": {"kind": "text", "text": "hello"}, "passphrase": null});
    let error = console.refused("import_profiles", nothing);
    assert_eq!(error["code"], "import_refused", "{error}");
    assert!(console.names().is_empty());
}

#[test]
fn only_a_file_that_was_chosen_is_read_or_written() {
    let console = Console::start();
    let path = console.folder.path().join("list.txt");
    std::fs::write(&path, "One = mongodb://127.0.0.1:1").unwrap();
    let source = json!({"source": {"kind": "file", "path": path}, "passphrase": null});
    let error = console.refused("import_profiles", source.clone());
    assert_eq!(error["code"], "not_found", "the window named a path, and it was read: {error}");
    let id = console.save(&json!({}))["id"].clone();
    let export = json!({"path": path, "ids": [id], "passphrase": null, "proof": null});
    assert_eq!(console.refused("export_profiles", export)["code"], "not_found", "it was written over");

    console.choose("list.txt");
    let chosen = console.ok("choose_import_file", json!({}));
    assert_eq!(
        (&chosen["kind"], &chosen["sealed"], &chosen["name"]),
        (&json!("connection_strings"), &json!(false), &json!("list.txt"))
    );
    assert_eq!(console.ok("import_profiles", source)["imported"], 1);
    console.choose("picture.png");
    assert_eq!(console.refused("choose_import_file", json!({}))["code"], "import_refused", "there is none");
    std::fs::write(console.choose("picture.png"), [0x89, 0x50, 0, 1]).unwrap();
    assert_eq!(console.refused("choose_import_file", json!({}))["code"], "import_refused");
}

#[test]
fn an_export_without_secrets_holds_none_and_does_not_replace_what_nobody_agreed_to() {
    let console = Console::start();
    let id = console.save(&json!({"password": "planted", "signingSecret": "planted"}))["id"].clone();
    let path = console.choose("out.tenantry");
    assert_eq!(console.ok("choose_profiles_file", json!({})), json!(path));
    let export = json!({"path": path, "ids": [id], "passphrase": null, "proof": null});
    std::fs::write(&path, "came meanwhile").unwrap();
    let error = console.refused("export_profiles", export.clone());
    assert_eq!(error["details"]["reason"], "exists", "{error}");
    std::fs::remove_file(&path).unwrap();
    let report = console.ok("export_profiles", export.clone());
    assert_eq!((&report["profiles"], &report["secrets"]), (&json!(1), &json!(0)), "{report}");
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.contains("Staging") && !written.contains("planted"), "{written}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(
        console.refused("export_profiles", export)["code"],
        "not_found",
        "a place is good for one export"
    );
    console.ok("reveal_file", json!({"path": path}));
}

#[test]
fn a_sealed_export_carries_secrets_to_another_computer() {
    let console = Console::start();
    console.choose_keeper("sealed_file", Some(SECRETS));
    let saved = console.save(&json!({"password": "planted", "signingSecret": "planted"}));
    let path = console.choose("out.tenantry");
    console.ok("choose_profiles_file", json!({}));
    let export = |passphrase: &str| json!({"path": path, "ids": [saved["id"]], "passphrase": passphrase, "proof": SECRETS});
    let short = console.refused("export_profiles", export("short"));
    assert_eq!(short["details"]["fields"][0]["field"], "passphrase", "{short}");
    assert_eq!(console.ok("export_profiles", export(PASSPHRASE))["secrets"], 2);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("planted"));

    let other = Console::start();
    *other.desktop.choice.lock().unwrap() = Some(path.clone());
    let chosen = other.ok("choose_import_file", json!({}));
    assert_eq!((&chosen["kind"], &chosen["sealed"]), (&json!("tenantry"), &json!(true)), "{chosen}");
    let import =
        |passphrase: Value| json!({"source": {"kind": "file", "path": path}, "passphrase": passphrase});
    let without = other.refused("import_profiles", import(Value::Null));
    assert_eq!(without["details"]["fields"][0]["field"], "passphrase", "{without}");
    let wrong = other.refused("import_profiles", import(json!("wrong horse battery")));
    assert_eq!(wrong["code"], "passphrase_refused", "{wrong}");
    assert!(other.names().is_empty());
    let report = other.ok("import_profiles", import(json!(PASSPHRASE)));
    assert_eq!(report["entries"][0]["outcome"], "imported", "{report}");
    let list = other.ok("list_workspaces", json!({}));
    assert_eq!(list["workspaces"][1]["passwordNeeded"], false, "its password did not come along");
    for console in [console, other] {
        assert_eq!(console.told_by("planted"), [""; 0], "the web view was told a secret");
    }
}

/// Requests an export with secrets under a passphrase.
fn export(console: &Console, id: &Value, proof: Option<&str>) -> Result<Value, Value> {
    let path = console.choose("out.tenantry");
    console.ok("choose_profiles_file", json!({}));
    let export = json!({"path": path, "ids": [id], "passphrase": PASSPHRASE, "proof": proof});
    let answer = console.call("export_profiles", export);
    assert_eq!(path.exists(), answer.is_ok(), "a refused export left a file: {answer:?}");
    answer
}

#[test]
fn secrets_leave_only_with_the_passphrase_of_the_file_that_keeps_them() {
    let console = Console::start();
    console.choose_keeper("sealed_file", Some(SECRETS));
    let id = console.save(&json!({"password": "planted"}))["id"].clone();
    let without = export(&console, &id, None).unwrap_err();
    assert_eq!((&without["code"], &without["details"]["by"]), (&json!("proof_needed"), &json!("passphrase")));
    let own = export(&console, &id, Some(PASSPHRASE)).unwrap_err();
    assert_eq!(own["code"], "passphrase_refused", "a passphrase of one's own opened it: {own}");
    assert_eq!(export(&console, &id, Some(SECRETS)).unwrap()["secrets"], 1);
}

#[test]
fn secrets_leave_the_keychain_only_when_it_was_answered_again() {
    let store = keyring_core::mock::Store::new().unwrap();
    let refusing = |folder: &Path, chosen| {
        Vault::on_asking_keychain(store.clone(), folder, chosen, || Err(KeychainProblem::Locked))
    };
    let console = Console::start_with(Arc::new(SystemClock), refusing);
    let id = console.save(&json!({"password": "planted"}))["id"].clone();
    let refused = export(&console, &id, None).unwrap_err();
    let reason = (&refused["code"], &refused["details"]["reason"]);
    assert_eq!(reason, (&json!("unavailable"), &json!("keychain")), "{refused}");
    let choose = json!({"keeper": "sealed_file", "passphrase": PASSPHRASE});
    let moved = console.refused("choose_secret_keeper", choose);
    assert_eq!(
        moved["code"], "unavailable",
        "they would be in a file under a passphrase of one's own: {moved}"
    );

    let store = keyring_core::mock::Store::new().unwrap();
    let answering = |folder: &Path, chosen| Vault::on_keychain(store.clone(), folder, chosen);
    let console = Console::start_with(Arc::new(SystemClock), answering);
    let id = console.save(&json!({"password": "planted"}))["id"].clone();
    assert_eq!(export(&console, &id, None).unwrap()["secrets"], 1);
}

#[test]
fn where_nothing_can_ask_secrets_leave_with_an_operator_of_their_workspace() {
    let console = Console::start();
    let beside = profile_beside(&console);
    let changes =
        json!({"id": beside, "connectionString": "mongodb://dana@127.0.0.1:1", "password": "planted"});
    console.save(&changes);
    let id = json!(beside);
    let by = |answer: Result<Value, Value>| answer.unwrap_err()["details"]["by"].clone();
    assert_eq!(by(export(&console, &id, None)), "operator");
    open_beside(&console, &beside, Access::ReadWrite);
    console.ok(
        "claim_workspace",
        json!({
            "workspace": beside, "name": "Dana Ortiz", "email": OPERATOR, "password": PASSWORD
        }),
    );
    let acme =
        json!({"name": "acme", "displayName": null, "email": "acme@example.com", "password": PASSWORD});
    console.ok("create_organization", json!({"workspace": beside, "input": acme}));
    let sign_in = |email: &str| {
        console.ok("sign_in", json!({"workspace": beside, "email": email, "password": PASSWORD}))
    };
    sign_in("acme@example.com");
    assert_eq!(by(export(&console, &id, None)), "operator", "an organization's admin took it away");
    let own_passphrase = json!({"keeper": "sealed_file", "passphrase": SECRETS});
    let moved = console.refused("choose_secret_keeper", own_passphrase);
    assert_eq!(
        moved["details"]["by"], "operator",
        "a passphrase of one's own would be the proof from then on"
    );
    sign_in(OPERATOR);
    assert_eq!(export(&console, &id, None).unwrap()["secrets"], 1);
}
