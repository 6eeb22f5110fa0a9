//! Brings files of earlier versions to today's form.

use serde_json::{Map, Value, json};

use super::VERSION_KEY;

/// Brings the content of a file of version 1 to today's form. Damaged parts stay for the reader to find.
///
/// Version 1 had no notes, favourites, access or settings, and noted for one secret whether it is stored. Its
/// workspaces were writable, so they stay so.
pub(super) fn from_version_1(content: &mut Map<String, Value>) {
    content.insert(VERSION_KEY.to_owned(), json!(super::VERSION));
    content.insert("removed".to_owned(), json!([]));
    content.insert("settings".to_owned(), json!({}));
    let Some(Value::Array(profiles)) = content.get_mut("profiles") else { return };
    for profile in profiles.iter_mut().filter_map(Value::as_object_mut) {
        let password_stored = profile.remove("passwordStored") == Some(Value::Bool(true));
        let stored = if password_stored { json!(["database-password"]) } else { json!([]) };
        let additions = [
            ("notes", json!("")),
            ("favorite", json!(false)),
            ("access", json!("read_write")),
            ("stored", stored),
        ];
        for (key, value) in additions {
            profile.insert(key.to_owned(), value);
        }
        // Version 1 left unknown values out.
        profile.entry("lastOpenedAt").or_insert(Value::Null);
        profile.entry("hasSigningSecret").or_insert(Value::Bool(false));
    }
}
