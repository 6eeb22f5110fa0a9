//! Invented files of saved connections.

use std::sync::LazyLock;
use std::time::Instant;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use time::macros::datetime;

use super::file::{Found, Understood, understood};
use super::tests::{profile, version_1};
use super::*;
use crate::generated::{self, DEADLINE};

const WORDS: &[&str] = &[
    "version",
    "installation",
    "profiles",
    "removed",
    "builtIn",
    "settings",
    "secretKeeper",
    "secretMove",
    "from",
    "to",
    "id",
    "name",
    "environment",
    "connectionString",
    "database",
    "notes",
    "favorite",
    "access",
    "lastOpenedAt",
    "stored",
    "hasSigningSecret",
    "passwordStored",
    "profile",
    "position",
    "removedAt",
    "production",
    "local",
    "locked",
    "read_only",
    "keychain",
    "sealed_file",
    "database-password",
    "token-key",
    "a",
    "b",
    "built-in",
    "mongodb://dana@host.example",
    "mongodb://dana:planted@host.example",
    "mongodb://[",
    "2026-01-02T03:04:05Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "0000-01-01T00:00:00Z",
    "0000-01-01T00:00:00+23:59",
    "2016-12-31T23:59:60Z",
];

fn today() -> Value {
    let mut file = json!({
        "version": 2,
        "installation": "0123456789abcdef0123456789abcdef",
        "builtIn": {"lastOpenedAt": "2026-01-02T03:04:05Z"},
        "settings": {"secretKeeper": "keychain", "secretMove": {"from": "keychain", "to": "sealed_file"}},
        "profiles": [profile("a"), profile("b")],
        "removed": [{"profile": profile("c"), "position": 1, "removedAt": "2026-01-02T03:04:05Z"}],
    });
    file["profiles"][0]["lastOpenedAt"] = json!("2026-01-02T03:04:05Z");
    file
}

/// The last good copy.
static COPY: LazyLock<Content> = LazyLock::new(|| {
    understood(today().to_string().as_bytes(), Content::default()).map(|copy| copy.content).unwrap()
});

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let text = |value: Value| value.to_string().into_bytes();
    let old: Value = serde_json::from_str(&version_1()).unwrap();
    prop_oneof![
        1 => vec(any::<u8>(), 0..300),
        1 => generated::json(WORDS).prop_map(text),
        4 => generated::altered(today(), WORDS).prop_map(text),
        3 => generated::altered(old, WORDS).prop_map(text),
        2 => generated::damaged(today().to_string()),
        2 => generated::damaged(version_1()),
        1 => generated::deep(),
    ]
}

fn written(content: &Content) -> Value {
    let mut value = serde_json::to_value(content).expect("what was read can be written again");
    value["version"] = json!(VERSION);
    value
}

proptest! {
    #![proptest_config(generated::many())]

    #[test]
    fn no_profile_file_can_stop_the_program((bytes, with_copy) in (bytes(), any::<bool>())) {
        let started = Instant::now();
        let good = if with_copy { COPY.clone() } else { Content::default() };
        if let Ok(Understood { content, .. }) = understood(&bytes, good) {
            let mut found = Found { content, notices: Vec::new() };
            found.take_out_secrets();
            let file = written(&found.content);
            let profiles = found.content.profiles.iter();
            for profile in profiles.chain(found.content.removed.iter().map(|removed| &removed.profile)) {
                prop_assert!(!profile.connection_string.contains("dana:planted@"), "a secret stays: {profile:?}");
            }
            let again = understood(file.to_string().as_bytes(), Content::default());
            let again = again.map_err(|problem| TestCaseError::fail(problem.to_string()))?;
            prop_assert!(again.is_whole, "what was written counts as damaged: {file}");
            prop_assert_eq!(written(&again.content), file, "it is another one after the next start");

            let notice = ProfileNotice::CopyUsed;
            let profiles = Profiles::without_file(found.content, notice);
            let now = datetime!(2026-01-02 03:04:10 UTC);
            let _ = (profiles.next_removal(), profiles.removals_due(now), profiles.ids_with_removed());
        }
        prop_assert!(started.elapsed() < DEADLINE, "it took {:?}", started.elapsed());
    }
}
