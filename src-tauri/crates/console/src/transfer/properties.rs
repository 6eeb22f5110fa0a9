//! Invented files and texts to import.

use std::time::Instant;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tenantry_connection::SecretKind;

use super::tests::{assert_tells_nothing, compass};
use super::*;
use crate::generated::{self, DEADLINE};

const WORDS: &[&str] = &[
    "type",
    "version",
    "connections",
    "Compass Connections",
    "Tenantry Connections",
    "favorite",
    "name",
    "color",
    "id",
    "savedConnectionType",
    "connectionOptions",
    "connectionString",
    "connectionSecrets",
    "sshTunnel",
    "fleOptions",
    "$numberInt",
    "$numberLong",
    "environment",
    "database",
    "notes",
    "access",
    "hasSigningSecret",
    "secrets",
    "database-password",
    "service-secret",
    "token-key",
    "production",
    "staging",
    "read_only",
    "mongodb://localhost",
    "mongodb+srv://dana:planted@cluster.example.net/?authMechanism=DEFAULT",
    "mongodb://[::1]:27017/a?tls=true",
];

fn own() -> Value {
    json!({"type": "Tenantry Connections", "version": 1, "connections": [
        {"name": "One", "connectionString": "mongodb://dana@h1,h2/?replicaSet=rs0", "environment": "staging",
         "database": "tenants", "notes": "ask Dana", "favorite": true, "access": "locked", "hasSigningSecret": true,
         "secrets": {"database-password": "planted", "service-secret": "Pl4nted"}},
        {"name": "Two", "connectionString": "mongodb+srv://c.example.net"}
    ]})
}

const LIST: &str = "# ours\nShop dev = mongodb://dana:planted@h1,h2/tenants?replicaSet=rs0\n\
    mongodb+srv://eve:Pl4nted@c.example.net/\n\"Quoted\"\tmongodb://h";

fn line() -> impl Strategy<Value = String> {
    let start = select(&["", "Shop = ", "Shop\t", "export URI=", "\"", "# ", "Shop: ", "=", "\u{feff}"][..]);
    let scheme = select(&["mongodb://", "mongodb+srv://", "mongodb:/", "MONGODB://", "http://", ""][..]);
    let user =
        select(&["", "dana:planted@", "dana:p%40planted@", "dana:pl@nted@", ":@", "@@", "dana:%zz@"][..]);
    let rest = prop_oneof!["[a-z0-9.,:\\[\\]-]{0,24}(/[a-z]{0,8})?(\\?[a-zA-Z=&0-9,:%]{0,40})?", ".{0,40}",];
    (start, scheme, user, rest).prop_map(|(start, scheme, user, rest)| format!("{start}{scheme}{user}{rest}"))
}

/// Begins like a sealed file, and needs no more work than a test has time for.
fn sealed() -> impl Strategy<Value = Vec<u8>> {
    let key = sealing::SealingKey::random();
    let good = key.seal(own().to_string().as_bytes()).unwrap();
    prop_oneof![
        generated::damaged(good),
        "(-> (scrypt|X25519|ssh-rsa)( [A-Za-z0-9+/]{0,24}){0,3}\n[A-Za-z0-9+/=]{0,70}\n){0,4}--- [A-Za-z0-9+/]{0,50}"
            .prop_map(|header| format!("age-encryption.org/v1\n{header}").into_bytes()),
        ".{0,80}".prop_map(|text| format!("-----BEGIN AGE ENCRYPTED FILE-----\n{text}").into_bytes()),
    ]
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    let compass: Value = serde_json::from_str(&compass()).unwrap();
    let shaped = |kind: &'static str| {
        let connections = vec(generated::json(WORDS), 0..8);
        connections.prop_map(move |connections| {
            json!({"type": kind, "version": 1, "connections": connections}).to_string().into_bytes()
        })
    };
    let text = |value: Value| value.to_string().into_bytes();
    prop_oneof![
        1 => vec(any::<u8>(), 0..300),
        1 => generated::json(WORDS).prop_map(text),
        2 => shaped("Compass Connections"),
        2 => shaped("Tenantry Connections"),
        2 => generated::altered(compass.clone(), WORDS).prop_map(text),
        2 => generated::altered(own(), WORDS).prop_map(text),
        1 => generated::damaged(compass.to_string()),
        1 => generated::damaged(own().to_string()),
        1 => generated::damaged(LIST.to_owned()),
        2 => vec(line(), 0..12).prop_map(|lines| lines.join("\n").into_bytes()),
        1 => sealed(),
        1 => generated::deep(),
    ]
}

proptest! {
    #![proptest_config(generated::many())]

    #[test]
    fn nothing_to_import_can_stop_the_program(content in content()) {
        let started = Instant::now();
        let kind = kind_of(&content);
        let passphrase = SecretString::from("correct horse");
        if let Ok(entries) = read(&content, Some(&passphrase)) {
            prop_assert!(kind.is_some(), "it was read, and the dialog would have refused it");
            prop_assert!(entries.len() <= ENTRIES_MAX);
            let plan = plan(entries, &[]);
            prop_assert!(plan.planned.len() <= plan.entries.len());
            for planned in &plan.planned {
                prop_assert!(!planned.secrets.contains_key(&SecretKind::TokenKey), "another workspace's key came in");
            }
        }
        prop_assert!(started.elapsed() < DEADLINE, "it took {:?}", started.elapsed());
    }

    #[test]
    fn whole_files_of_odd_values_tell_no_secret(
        names in vec(".{0,20}", 3),
        notes in ".{0,40}",
        database in ".{0,12}",
        version in 0..3_u64,
    ) {
        let own = json!({"type": "Tenantry Connections", "version": version, "connections": [
            {"name": names[0], "connectionString": "mongodb://dana:planted@h1/", "notes": notes, "database": database},
            {"name": names[1], "connectionString": "mongodb://dana@h2", "secrets": {"database-password": "Pl4nted"}},
            {"name": names[2], "connectionString": "mongodb://dana:pl@planted@h3"},
        ]});
        match read(own.to_string().as_bytes(), None) {
            Ok(entries) => assert_tells_nothing(&plan(entries, &[])),
            Err(problem) => prop_assert!(version != 1 && !problem.to_string().contains("lanted"), "{problem}"),
        }
    }
}
