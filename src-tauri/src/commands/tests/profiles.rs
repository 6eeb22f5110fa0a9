//! Saved connections, through the window's commands.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tauri::Manager;
use tenantry_connection::SecretKind;
use tenantry_core::clock::{Clock, ManualClock, SystemClock};
use tenantry_core::records::Access;

use super::Console;
use super::keychains::{asking, refuse_next};
use super::workspaces::opened_beside;
use tenantry_console::profiles::{KeeperChoice, UNDO_TIME};
use tenantry_console::vault::Vault;

impl Console {
    pub(super) fn secret(&self, id: &Value, kind: SecretKind) -> Option<String> {
        let state = self.app.state::<tenantry_console::Console>();
        let found = async { state.vault().await.find(id.as_str().unwrap(), kind).await };
        tauri::async_runtime::block_on(found).unwrap().map(|secret| secret.expose_secret().to_owned())
    }

    fn profile_file(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("profiles.json")).unwrap()
    }

    fn finish_removals(&self) {
        tauri::async_runtime::block_on(self.app.state::<tenantry_console::Console>().finish_removals());
    }
}

#[test]
fn a_password_stays_with_the_server_it_was_given_for() {
    let console = Console::start();
    let saved = console.save(&json!({"connectionString": "mongodb://dana:planted@db.example.com/tenants"}));
    assert_eq!(saved["connectionString"], "mongodb://dana:••••••••@db.example.com/tenants", "{saved}");
    assert_eq!(saved["database"], "tenants", "the string's own database is used where none was typed");
    assert_eq!(saved["passwordStored"], false, "there is no keychain, and the window must not say otherwise");
    assert_eq!(saved["passwordNeeded"], false, "it was just given");

    let change = |text: &str| console.save(&json!({"id": saved["id"], "connectionString": text}));
    let renamed = change("mongodb://dana@db.example.com/tenants?appName=x");
    assert_eq!(renamed["passwordNeeded"], false, "an option changed, the server did not");
    let moved = change("mongodb://dana@evil.example.com/tenants");
    assert_eq!(moved["passwordNeeded"], true, "another server would be told the first one's password");
}

#[test]
fn a_changed_profile_loses_its_password_with_the_way_to_its_server() {
    for change in ["tls=false", "tlsInsecure=true", "proxyHost=evil.example", "authMechanism=PLAIN"] {
        let console = Console::start();
        let saved =
            console.save(&json!({"connectionString": "mongodb://dana:planted@db.example.com/tenants?w=1"}));
        let changed = format!("mongodb://dana@db.example.com/tenants?w=1&{change}");
        let changed = console.save(&json!({"id": saved["id"], "connectionString": changed}));
        assert_eq!(changed["passwordNeeded"], true, "{change}: somebody else would be told the password");
        assert_eq!(console.secret(&saved["id"], SecretKind::DatabasePassword), None, "{change}");
    }
}

#[test]
fn the_services_key_does_not_sign_for_another_database() {
    let console = Console::start();
    let saved = console.save(&json!({"signingSecret": "planted", "database": "tenants"}));
    let id = &saved["id"];
    let again = console.save(&json!({"id": id, "name": "Renamed", "database": "tenants"}));
    assert_eq!(again["hasSigningSecret"], true);
    assert!(console.secret(id, SecretKind::ServiceSecret).is_some(), "nothing of it changed");
    console.save(&json!({"id": id, "database": "mine"}));
    let kept = console.secret(id, SecretKind::ServiceSecret);
    assert_eq!(kept, None, "whoever has a database of their own could sign for anybody");
}

#[test]
fn a_password_from_its_own_field_is_kept_and_an_empty_one_forgets_it() {
    let console = Console::start();
    let saved = console.save(&json!({"password": "planted"}));
    assert_eq!(saved["passwordNeeded"], false);
    let id = &saved["id"];
    let again = console.save(&json!({"id": id, "name": "Renamed"}));
    assert_eq!(again["passwordNeeded"], false, "what was not touched is kept");
    let forgotten = console.save(&json!({"id": id, "password": ""}));
    assert_eq!(forgotten["passwordNeeded"], true);
    assert_eq!(console.secret(id, SecretKind::DatabasePassword), None);
}

#[test]
fn a_profile_with_mistakes_is_refused_field_by_field() {
    let console = Console::start();
    let mistakes = json!({
        "name": " ", "connectionString": "http://planted", "database": "a b", "notes": "n".repeat(3_000)
    });
    let error = console.refused("save_profile", Console::profile(&mistakes));
    let fields = error["details"]["fields"].as_array().unwrap();
    let named: Vec<_> = fields.iter().map(|problem| problem["field"].as_str().unwrap()).collect();
    assert_eq!(named, ["profileName", "connectionString", "database", "notes"], "{error}");
    assert!(!error.to_string().contains("planted"), "what was typed came back: {error}");
    assert!(console.names().is_empty(), "a refused profile was saved");
}

#[test]
fn notes_access_and_favorites_are_kept() {
    let console = Console::start();
    let saved = console.save(&json!({"notes": " ask Dana ", "access": "locked"}));
    assert_eq!((&saved["notes"], &saved["access"]), (&json!("ask Dana"), &json!("locked")), "{saved}");
    assert_eq!((&saved["favorite"], &saved["isOpen"]), (&json!(false), &json!(false)));
    let marked = console.ok("mark_favorite", json!({"id": saved["id"], "favorite": true}));
    assert_eq!(marked["favorite"], true);
    let renamed = console.save(&json!({"id": saved["id"], "name": "Renamed"}));
    assert_eq!(renamed["favorite"], true, "saving the form took the mark away");
    console.open();
    let list = console.ok("list_workspaces", json!({}));
    assert_eq!(list["workspaces"][0]["isOpen"], true, "{list}");
    assert_eq!(console.refused("mark_favorite", json!({"id": "x", "favorite": true}))["code"], "not_found");
}

#[test]
fn the_list_has_the_order_that_people_gave_it() {
    let console = Console::start();
    let ids: Vec<_> =
        ["one", "two", "three"].map(|name| console.save(&json!({"name": name}))["id"].clone()).into();
    console.ok("arrange_profiles", json!({"ids": [ids[2], ids[0], ids[1]]}));
    assert_eq!(console.names(), ["three", "one", "two"]);
}

#[test]
fn a_duplicate_has_its_own_copy_of_the_secrets() {
    let console = Console::start();
    let original =
        console.save(&json!({"password": "planted", "signingSecret": "planted-too", "notes": "n"}));
    console.save(&json!({"name": "Last"}));
    let copy = console.ok("duplicate_profile", json!({"id": original["id"]}));
    assert_eq!((&copy["name"], &copy["notes"]), (&json!("Staging (copy)"), &json!("n")), "{copy}");
    assert_eq!((&copy["hasSigningSecret"], &copy["passwordNeeded"]), (&json!(true), &json!(false)), "{copy}");
    assert_ne!(copy["id"], original["id"]);
    let second = console.ok("duplicate_profile", json!({"id": original["id"]}));
    assert_eq!(second["name"], "Staging (copy 2)", "two entries of one name can't be told apart");
    assert_eq!(console.names(), ["Staging", "Staging (copy 2)", "Staging (copy)", "Last"]);

    console.save(&json!({"id": original["id"], "password": "", "signingSecret": ""}));
    assert_eq!(console.secret(&copy["id"], SecretKind::DatabasePassword).as_deref(), Some("planted"));
    assert_eq!(console.secret(&copy["id"], SecretKind::ServiceSecret).as_deref(), Some("planted-too"));
    assert_eq!(console.refused("duplicate_profile", json!({"id": "built-in"}))["code"], "not_found");
}

#[test]
fn a_removal_can_be_undone_with_its_secrets() {
    let console = Console::start();
    let saved = console.save(&json!({"name": "One", "password": "planted"}));
    console.save(&json!({"name": "Two"}));
    let id = json!({"id": saved["id"]});
    console.ok("remove_profile", id.clone());
    assert_eq!(console.names(), ["Two"]);
    assert_eq!(console.refused("remove_profile", id.clone())["code"], "not_found", "removed twice");
    console.finish_removals();
    let restored = console.ok("restore_profile", id.clone());
    assert_eq!(console.names(), ["One", "Two"], "it must come back to its place");
    assert_eq!(restored["passwordNeeded"], false, "its password is lost");
    assert_eq!(console.refused("restore_profile", id)["code"], "not_found", "restored twice");
}

#[test]
fn after_its_time_a_removed_profile_and_its_secrets_are_gone() {
    let clock = Arc::new(ManualClock::at(time::macros::datetime!(2026-03-01 12:00 UTC)));
    let console = Console::start_at(Arc::clone(&clock) as Arc<dyn Clock>);
    let saved = console.save(&json!({"password": "planted"}));
    console.ok("remove_profile", json!({"id": saved["id"]}));
    clock.advance(UNDO_TIME.unsigned_abs() - Duration::from_secs(1));
    console.finish_removals();
    assert!(console.secret(&saved["id"], SecretKind::DatabasePassword).is_some(), "a second too early");
    clock.advance(Duration::from_secs(1));
    let late = console.refused("restore_profile", json!({"id": saved["id"]}));
    assert_eq!(late["code"], "not_found", "its secrets may be gone at any moment: {late}");
    console.finish_removals();
    assert_eq!(console.secret(&saved["id"], SecretKind::DatabasePassword), None, "its password stayed");
    let file = console.profile_file();
    assert!(!file.contains(saved["id"].as_str().unwrap()), "something of it stayed: {file}");
}

#[test]
fn a_removal_is_not_over_while_the_keychain_keeps_its_secrets() {
    let clock = Arc::new(ManualClock::at(time::macros::datetime!(2026-03-01 12:00 UTC)));
    let store = keyring_core::mock::Store::new().unwrap();
    let vault = |folder: &Path, chosen| Vault::on_keychain(store.clone(), folder, chosen);
    let console = Console::start_with(Arc::clone(&clock) as Arc<dyn Clock>, vault);
    let saved = console.save(&json!({"password": "planted"}));
    let id = saved["id"].as_str().unwrap();
    refuse_next(&*store, id);
    let emptied = console.refused("save_profile", Console::profile(&json!({"id": id, "password": ""})));
    assert_eq!(emptied["code"], "unavailable", "it was said to be forgotten: {emptied}");
    assert!(console.profile_file().contains("database-password"), "nobody knows any more that it is stored");
    console.ok("remove_profile", json!({"id": id}));
    clock.advance(UNDO_TIME.unsigned_abs());
    console.finish_removals();
    assert!(console.profile_file().contains(id), "its password stays under an id that nothing names");
}

#[test]
fn secrets_that_were_typed_into_the_string_come_from_the_draft() {
    let console = Console::start();
    let typed = "mongodb://dana:planted@127.0.0.1:1/?tls=true&tlsCertificateKeyFile=%2Fa.pem&tlsCertificateKeyFilePassword=planted-too";
    let reading = console.ok("read_connection_string", json!({"draft": "draft", "text": typed}));
    assert!(!reading.to_string().contains("planted"), "{reading}");
    let text = &reading["text"];
    let saved = console.save(&json!({"connectionString": text}));
    let id = &saved["id"];
    assert_eq!(console.secret(id, SecretKind::DatabasePassword).as_deref(), Some("planted"));
    assert_eq!(console.secret(id, SecretKind::CertificateKeyPassword).as_deref(), Some("planted-too"));
    assert_eq!(saved["passwordNeeded"], false, "{saved}");

    let changes =
        json!({"id": id, "connectionString": text, "password": "", "certificateKeyPassword": "typed"});
    console.save(&changes);
    assert_eq!(console.secret(id, SecretKind::DatabasePassword), None);
    assert_eq!(console.secret(id, SecretKind::CertificateKeyPassword).as_deref(), Some("typed"));
    console.save(&json!({"id": id, "connectionString": text}));
    assert_eq!(console.secret(id, SecretKind::DatabasePassword), None, "the draft brought it back");
}

#[test]
fn what_was_typed_for_a_server_is_not_kept_for_another_user_of_none() {
    let console = Console::start();
    let text = "mongodb://dana:planted@127.0.0.1:1";
    console.ok("read_connection_string", json!({"draft": "draft", "text": text}));
    for field in [json!(null), json!("planted")] {
        let saved = console.save(&json!({"connectionString": "mongodb://127.0.0.1:1", "password": field}));
        let kept = console.secret(&saved["id"], SecretKind::DatabasePassword);
        assert_eq!(kept, None, "it has no place in the string: {field}");
    }
}

#[test]
fn a_secret_whose_place_is_gone_from_the_string_is_forgotten() {
    let console = Console::start();
    console.choose_keeper("sealed_file", Some("correct horse"));
    let kinds = [SecretKind::CertificateKeyPassword, SecretKind::ProxyPassword];
    let bare =
        "mongodb://127.0.0.1:1/?tls=true&tlsCertificateKeyFile=%2Fa.pem&proxyHost=proxy&proxyUsername=p";
    let saved = console.save(&json!({"connectionString":
        format!("{bare}&tlsCertificateKeyFilePassword=planted&proxyPassword=planted")}));
    let id = &saved["id"];
    for kind in kinds {
        assert!(console.secret(id, kind).is_some(), "{kind:?} was not kept");
    }
    console.save(&json!({"id": id, "connectionString": bare}));
    for kind in kinds {
        assert_eq!(console.secret(id, kind), None, "{kind:?}");
    }
    assert!(!console.profile_file().contains("-password\""), "{}", console.profile_file());
}

#[test]
fn the_services_secret_key_is_forgotten_when_it_is_emptied() {
    let console = Console::start();
    let saved = console.save(&json!({"signingSecret": "planted"}));
    let forgotten = console.save(&json!({"id": saved["id"], "signingSecret": ""}));
    assert_eq!(forgotten["hasSigningSecret"], false, "{forgotten}");
    assert_eq!(console.secret(&saved["id"], SecretKind::ServiceSecret), None);
}

#[test]
fn what_is_kept_is_remembered_or_not_without_being_typed_again() {
    let console = Console::start();
    console.choose_keeper("sealed_file", Some("correct horse"));
    let text = "mongodb://dana:planted@127.0.0.1:1";
    let saved = console.save(&json!({"connectionString": text, "signingSecret": "planted"}));
    let id = &saved["id"];
    for remember in [false, true] {
        let change = json!({"id": id, "connectionString": saved["connectionString"], "remember": remember});
        let changed = console.save(&change);
        assert_eq!(changed["passwordStored"], remember, "{changed}");
        for kind in [SecretKind::DatabasePassword, SecretKind::ServiceSecret] {
            assert_eq!(console.secret(id, kind).as_deref(), Some("planted"), "lost in this run: {kind:?}");
            let next_run = Vault::without_keychain(console.folder.path(), Some(KeeperChoice::SealedFile));
            let found = tauri::async_runtime::block_on(async {
                next_run.unlock("correct horse".into()).await.unwrap();
                next_run.find(id.as_str().unwrap(), kind).await.unwrap()
            });
            assert_eq!(found.is_some(), remember, "{kind:?} in the next run");
        }
    }
}

#[test]
fn where_there_is_no_password_to_remember_other_secrets_are_remembered() {
    let console = Console::start();
    console.choose_keeper("sealed_file", Some("correct horse"));
    let change = |id: &Value, secret: &Value| {
        let text = "mongodb://127.0.0.1:1";
        console.save(&json!({"id": id, "connectionString": text, "signingSecret": secret, "remember": false}))
    };
    let saved = change(&json!(null), &json!("planted"));
    assert!(console.profile_file().contains("service-secret"), "nobody was asked, and it is not stored");
    change(&saved["id"], &json!(null));
    assert!(console.profile_file().contains("service-secret"), "saving something else took it back");
}

#[test]
fn a_secret_that_is_locked_away_can_not_be_taken_back_from_the_next_run() {
    let console = Console::start();
    console.choose_keeper("sealed_file", Some("correct horse"));
    let saved = console.save(&json!({"connectionString": "mongodb://dana:planted@127.0.0.1:1"}));
    console.ok("lock_secrets", json!({}));
    let change = json!({"id": saved["id"], "name": "Renamed", "remember": false});
    assert_eq!(console.refused("save_profile", Console::profile(&change))["code"], "secrets_locked");
    assert_eq!(console.names(), ["Staging"], "half of it was saved");
}

#[test]
fn what_is_noted_while_the_keychain_asks_is_not_written_over_by_saving() {
    let (answer, store) = asking(keyring_core::mock::Store::new().unwrap(), "database-password");
    let vault = |folder: &Path, chosen| Vault::on_keychain(store, folder, chosen);
    let console = Console::start_with(Arc::new(SystemClock), vault);
    let id = console.save(&json!({}))["id"].as_str().unwrap().to_owned();
    let (app, marked) = (console.app.handle().clone(), id.clone());
    let marking = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        let profiles = &app.state::<tenantry_console::Console>().profiles;
        profiles.change_profile(&marked, |profile| profile.favorite = true).unwrap();
        drop(answer);
    });
    let saved = console.save(&json!({"id": id, "password": "planted"}));
    marking.join().unwrap();
    assert_eq!((&saved["favorite"], &saved["passwordStored"]), (&json!(true), &json!(true)), "{saved}");
}

#[test]
fn saving_waits_until_the_workspace_is_open_and_leaves_what_was_noted_meanwhile() {
    let console = Console::start();
    let saved = console.save(&json!({}));
    let id = saved["id"].as_str().unwrap().to_owned();
    let app = console.app.handle().clone();
    let opening =
        tauri::async_runtime::block_on(app.state::<tenantry_console::Console>().open.turn(&id).lock_owned());
    let change = json!({"id": id, "name": "Renamed", "access": "read_only"});
    let workspace = opened_beside(&console, &id, Access::ReadWrite);
    let opened = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        let state = app.state::<tenantry_console::Console>();
        let noted = state.profiles.change_profile(&id, |profile| profile.favorite = true).unwrap().unwrap();
        state.open.add(workspace);
        drop(opening);
        noted.name
    });
    let renamed = console.save(&change);
    assert_eq!(opened.join().unwrap(), "Staging", "it was opened with what it is no more");
    assert_eq!((&renamed["name"], &renamed["favorite"]), (&json!("Renamed"), &json!(true)), "{renamed}");
    let open = console.ok("open_workspaces", json!({}));
    assert_eq!(open[0]["access"]["access"], "read_only", "it is open as it was saved before: {open}");
}
