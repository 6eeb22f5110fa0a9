use secrecy::ExposeSecret;
use serde_json::json;
use tenantry_connection::SecretKind;

use super::*;
use crate::profiles::Profile;

const SECRETS: [&str; 3] = ["planted", "Pl4nted", "AAFSEEDl"];

pub(super) fn compass() -> String {
    json!({
        "type": "Compass Connections",
        "version": {"$numberInt": "1"},
        "connections": [
            {"id": "1", "favorite": {"name": "Prod EU", "color": "color6"}, "savedConnectionType": "favorite",
             "lastUsed": {"$date": {"$numberLong": "1700000000000"}},
             "connectionOptions": {"connectionString":
                "mongodb+srv://dana:planted@eu.example.net/tenants?authMechanism=DEFAULT&appName=MongoDB+Compass&w=majority"}},
            {"id": "2", "savedConnectionType": "recent",
             "connectionOptions": {"connectionString": "mongodb://localhost:27017/"}},
            {"id": "3", "favorite": {"name": "Sealed"},
             "connectionOptions": {"connectionString": "mongodb://dana@db.example.com/"},
             "connectionSecrets": "AAFSEEDlKaJFiXzDE1UFQ9"},
            {"id": "4", "favorite": {"name": "Tunnel"}, "connectionOptions": {
                "connectionString": "mongodb://inside.example.com/",
                "sshTunnel": {"host": "gate", "password": "planted"}}},
            {"id": "5", "favorite": {"name": "Broken"},
             "connectionOptions": {"connectionString": "mongodb://dana:p@planted@db.example.com"}},
            {"id": "6", "favorite": {"name": "Empty"}, "connectionOptions": {}},
            "what is this"
        ]
    })
    .to_string()
}

fn planned(text: &str) -> Plan {
    plan(read(text.as_bytes(), None).unwrap(), &[])
}

fn outcomes(plan: &Plan) -> Vec<(&str, ImportOutcome)> {
    plan.entries.iter().map(|entry| (entry.name.as_str(), entry.outcome)).collect()
}

fn refusal(text: &[u8]) -> String {
    match read(text, None) {
        Err(ImportProblem::Unusable(problem)) => problem,
        Err(problem) => panic!("{problem:?}"),
        Ok(entries) => panic!("{} entries were read", entries.len()),
    }
}

pub(super) fn assert_tells_nothing(plan: &Plan) {
    for entry in &plan.entries {
        for secret in SECRETS {
            assert!(
                !entry.name.contains(secret) && !format!("{:?}", entry.notes).contains(secret),
                "{entry:?}"
            );
        }
    }
    for planned in &plan.planned {
        let profile = format!("{:?}", planned.profile);
        for secret in SECRETS {
            assert!(!profile.contains(secret), "{profile}");
        }
    }
}

fn password(planned: &Planned) -> Option<&str> {
    planned.secrets.get(&SecretKind::DatabasePassword).map(ExposeSecret::expose_secret)
}

#[test]
fn a_compass_export_comes_in_entry_by_entry() {
    let plan = planned(&compass());
    assert_eq!(
        outcomes(&plan),
        [
            ("Prod EU", ImportOutcome::Imported),
            ("localhost", ImportOutcome::Imported),
            ("Sealed", ImportOutcome::ImportedWithoutSecret),
            ("Tunnel", ImportOutcome::Imported),
            ("Broken", ImportOutcome::Refused),
            ("Empty", ImportOutcome::Refused),
            ("Connection 7", ImportOutcome::Refused),
        ]
    );
    assert_tells_nothing(&plan);
    let first = &plan.planned[0];
    assert_eq!(password(first), Some("planted"));
    assert_eq!(first.profile.database, "tenants");
    assert!(first.profile.favorite && !plan.planned[1].profile.favorite);
    let string = &first.profile.connection_string;
    assert!(string.contains("w=majority"), "an option is lost: {string}");
    assert!(
        !string.contains("Compass") && !string.contains("DEFAULT"),
        "Compass' own options stayed: {string}"
    );
    assert!(matches!(plan.entries[2].notes[0], ImportNote::SealedByCompass), "{:?}", plan.entries[2]);
    assert!(
        plan.entries[3].notes.iter().any(|note| matches!(note, ImportNote::NoTunnel)),
        "{:?}",
        plan.entries[3]
    );
    assert_eq!(plan.planned.len(), 4, "something of a refused entry is kept");
}

#[test]
fn what_a_connection_is_used_for_is_guessed_on_the_safe_side() {
    let text = "mongodb://localhost:27017\nShop dev = mongodb://h1\nShop (staging)\tmongodb://h2\n\
                EU production = mongodb://h3\nproduct catalog = mongodb://h4\nx = mongodb://localhost.evil.example";
    let plan = planned(text);
    let guessed: Vec<_> =
        plan.planned.iter().map(|planned| (planned.profile.environment, planned.profile.access)).collect();
    assert_eq!(
        guessed,
        [
            (Environment::Local, Access::ReadWrite),
            (Environment::Development, Access::ReadWrite),
            (Environment::Staging, Access::ReadWrite),
            (Environment::Production, Access::Locked),
            (Environment::Production, Access::Locked),
            (Environment::Production, Access::Locked),
        ]
    );
    assert!(
        plan.entries[4].notes.iter().any(|note| matches!(note, ImportNote::TakenForProduction)),
        "a guess must be told: {:?}",
        plan.entries[4]
    );
    assert!(plan.entries[3].notes.is_empty(), "its name says so: there is nothing to tell");
}

#[test]
fn a_list_of_connection_strings_comes_in_line_by_line() {
    let text = "\u{feff}# our servers\r\n\r\nmongodb://h1\r\nStaging EU = mongodb://dana:planted@h2\r\n\
                \"Old one\"\tmongodb://h3\r\nmongo://dana:Pl4nted@h4\r\nsee mongodb://h5\r\n  \
                = mongodb://h6\r\nBad = mongodb://h7/?nonsense=planted\r\n";
    let plan = planned(text);
    assert_eq!(
        outcomes(&plan),
        [
            ("h1", ImportOutcome::Imported),
            ("Staging EU", ImportOutcome::Imported),
            ("Old one", ImportOutcome::Imported),
            ("Line 6", ImportOutcome::Refused),
            ("Line 7", ImportOutcome::Refused),
            ("h6", ImportOutcome::Imported),
            ("Bad", plan.entries[6].outcome),
        ]
    );
    assert_eq!(password(&plan.planned[1]), Some("planted"));
    assert_tells_nothing(&plan);
}

#[test]
fn two_connection_strings_in_one_line_are_not_taken_for_one() {
    let plan =
        planned("mongodb://h1/?replicaSet=rs0mongodb://dana:planted@h2/\nmongodb://h3/?replicaSet=rs0");
    assert_eq!(
        outcomes(&plan),
        [("h1", ImportOutcome::Refused), ("h3", ImportOutcome::Imported)],
        "the password of the second would be saved as a replica set's name"
    );
    assert_tells_nothing(&plan);
}

#[test]
fn the_same_connection_comes_in_once() {
    let plan = planned(
        "mongodb://dana:one@a:27017,b/tenants?w=1&tls=true\nAgain = mongodb://dana:two@B,A/tenants?TLS=true&w=1\n\
         mongodb://dana@a,b/tenants?w=1\nmongodb://eve@a,b/tenants?w=1&tls=true\nmongodb+srv://a.b.example/",
    );
    let outcomes: Vec<_> = plan.entries.iter().map(|entry| entry.outcome).collect();
    assert_eq!(outcomes[1], ImportOutcome::AlreadyThere);
    assert_eq!(plan.entries[1].workspace_id, plan.entries[0].workspace_id);
    assert_eq!(plan.planned.len(), 4, "other options, another user: another connection");
    assert_eq!(
        password(&plan.planned[0]),
        Some("one"),
        "a password was taken from an entry that did not come in"
    );

    let saved: Vec<Profile> = plan.planned.into_iter().map(|planned| planned.profile).collect();
    let again = super::plan(read(b"mongodb://dana@b,a/tenants?tls=true&w=1", None).unwrap(), &saved);
    assert_eq!(again.entries[0].outcome, ImportOutcome::AlreadyThere);
    assert!(again.planned.is_empty());
}

#[test]
fn an_export_comes_back_as_it_went() {
    let mut first = planned("EU production = mongodb://dana:planted@h/tenants?w=majority").planned.remove(0);
    first.profile.notes = "ask Dana".to_owned();
    first.profile.favorite = true;
    first.profile.has_signing_secret = true;
    first.secrets.insert(SecretKind::ServiceSecret, SecretString::from("planted-too"));
    let id = first.profile.id.clone();
    let exported = [Exported { profile: first.profile.clone(), secrets: first.secrets.clone() }];
    let passphrase = SecretString::from("correct horse battery");
    let sealed =
        sealing::seal(&write(&exported).unwrap(), &passphrase, sealing::WorkFactor::default()).unwrap();
    assert!(!sealed.contains("planted") && !sealed.contains("ask Dana"), "it is not sealed");
    assert_eq!(kind_of(sealed.as_bytes()), Some((ImportKind::Tenantry, true)));

    let back = plan(read(sealed.as_bytes(), Some(&passphrase)).unwrap(), &[]);
    assert_eq!(back.entries[0].outcome, ImportOutcome::Imported);
    let came = &back.planned[0];
    assert_ne!(came.profile.id, id, "two profiles must never share the place of their secrets");
    assert_eq!(Profile { id: id.clone(), ..came.profile.clone() }, first.profile);
    assert_eq!(password(came), Some("planted"));
    assert_eq!(came.secrets[&SecretKind::ServiceSecret].expose_secret(), "planted-too");

    assert_eq!(read(sealed.as_bytes(), None).err(), Some(ImportProblem::PassphraseNeeded));
    let wrong = SecretString::from("correct horse batterx");
    assert_eq!(read(sealed.as_bytes(), Some(&wrong)).err(), Some(ImportProblem::PassphraseRefused));
    for cut in [40, 150, sealed.len() / 2, sealed.len() - 40] {
        assert!(read(&sealed.as_bytes()[..cut], Some(&passphrase)).is_err(), "cut off at {cut}, it was read");
    }
}

#[test]
fn an_export_without_secrets_holds_none_and_says_what_is_missing() {
    let planned = planned("EU production = mongodb://dana:planted@h/tenants").planned.remove(0);
    let profile = Profile { has_signing_secret: true, ..planned.profile };
    let written = write(&[Exported { profile, secrets: Secrets::new() }]).unwrap();
    let text = std::str::from_utf8(&written).unwrap();
    assert!(!text.contains("planted") && !text.contains("secrets\""), "{text}");
    assert_eq!(kind_of(&written), Some((ImportKind::Tenantry, false)));
    let back = plan(read(&written, None).unwrap(), &[]);
    assert_eq!(back.entries[0].outcome, ImportOutcome::ImportedWithoutSecret);
    assert!(
        back.entries[0].notes.iter().any(|note| matches!(note, ImportNote::NoServiceSecret)),
        "{:?}",
        back.entries[0]
    );
}

#[test]
fn a_damaged_entry_of_an_export_does_not_take_the_others_with_it() {
    let file = json!({"type": "Tenantry Connections", "version": 1, "connections": [
        7, {"name": "No string"}, {"name": "Odd", "connectionString": "mongodb://h", "environment": "planted"},
        {"name": "Good\n\tone", "connectionString": "mongodb://h", "environment": "staging", "unknown": true}
    ]});
    let plan = planned(&file.to_string());
    assert_eq!(
        outcomes(&plan),
        [
            ("Connection 1", ImportOutcome::Refused),
            ("Connection 2", ImportOutcome::Refused),
            ("Connection 3", ImportOutcome::Refused),
            ("Good  one", ImportOutcome::Imported),
        ]
    );
}

#[test]
fn what_is_nothing_of_the_kind_is_refused_with_a_reason() {
    let many = "mongodb://h\n".repeat(ENTRIES_MAX + 1);
    let large = vec![b'm'; 10 * 1024 * 1024];
    let deep = "[".repeat(200_000);
    let deep_object = "{\"type\":".repeat(100_000);
    for (content, part) in [
        (&b""[..], "no connection string"),
        (b"hello", "no connection string"),
        (b"\xff\xfem\0o\0n\0g\0o\0", "UTF-8"),
        (b"mongodb://h\0", "UTF-8"),
        (b"{}", "neither"),
        (b"[1, 2]", "neither"),
        (b"{\"type\": 7}", "neither"),
        (b"{\"type\": \"Compass Connections\"}", "version"),
        (b"{\"type\": \"Compass Connections\", \"version\": 2, \"connections\": []}", "version"),
        (b"{\"type\": \"Compass Connections\", \"version\": 1}", "without a list"),
        (b"{\"type\": \"Compass Connections\", \"version\": 1, \"connections\": []}", "no connection"),
        (b"{\"type\": \"Tenantry Connections\", \"version\": 2, \"connections\": []}", "newer"),
        (b"{\"type\": \"Tenantry Connections\", \"version\": 1, \"connections\": {}}", "without a list"),
        (deep.as_bytes(), "damaged"),
        (deep_object.as_bytes(), "damaged"),
        (&large, "4 MB"),
        (many.as_bytes(), "more than"),
    ] {
        let problem = refusal(content);
        assert!(problem.contains(part), "{problem:?} for {:?}", &content[..content.len().min(60)]);
    }
}

/// Cuts and damages good files in many places: nothing panics, and no name, sentence or connection contains a secret.
#[test]
fn damaged_files_never_tell_a_secret() {
    let list = "Shop dev = mongodb://dana:planted@h1,h2/tenants?replicaSet=rs0\nmongodb+srv://eve:Pl4nted@c.example.net/";
    let own = json!({"type": "Tenantry Connections", "version": 1, "connections": [
        {"name": "One", "connectionString": "mongodb://dana@h", "environment": "staging",
         "secrets": {"database-password": "planted"}}
    ]});
    // The same numbers in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for good in [compass(), list.to_owned(), own.to_string()] {
        for _ in 0..400 {
            let mut content = good.clone().into_bytes();
            match random(3) {
                0 => content.truncate(random(content.len())),
                1 => {
                    let at = random(content.len());
                    content.drain(at..(at + random(12)).min(content.len()));
                }
                _ => {
                    let at = random(content.len());
                    content[at] = b" :@/?&=%{}[]\"\\\n\t#,x"[random(19)];
                }
            }
            let _ = kind_of(&content);
            match read(&content, None) {
                Ok(entries) => {
                    let plan = plan(entries, &[]);
                    for entry in &plan.entries {
                        assert!(!format!("{:?}", entry.notes).contains("lanted"), "{entry:?}");
                    }
                    for planned in &plan.planned {
                        let name_or_user = &planned.profile.connection_string;
                        let at = name_or_user.rfind('@').map_or("", |at| &name_or_user[..at]);
                        assert!(
                            !at.contains(":planted") && !at.contains(":Pl4nted"),
                            "a password stayed in {name_or_user}"
                        );
                    }
                }
                Err(problem) => assert!(!problem.to_string().contains("lanted"), "{problem}"),
            }
        }
    }
}
