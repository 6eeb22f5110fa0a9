//! What older programs wrote, brought to today's form.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::file::{VERSION_KEY, keep_copy};

/// Brings the content of a file of version 1 to today's form. What is damaged in it stays so: the reader finds it.
///
/// Version 1 had neither notes, favourites, access nor settings, and noted of one secret whether it is stored. Its
/// workspaces could be written in, so they still can.
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
        // Version 1 left these out where they were not known.
        profile.entry("lastOpenedAt").or_insert(Value::Null);
        profile.entry("hasSigningSecret").or_insert(Value::Bool(false));
    }
}

/// Keeps a copy of the file of version 1 beside it, before anything is written. An earlier copy stays: it gets a
/// number.
///
/// # Errors
/// The copy can't be written. Then nothing may be written over the file.
pub(super) fn keep_version_1(path: &Path, bytes: &[u8]) -> std::io::Result<PathBuf> {
    keep_copy(path, "v1", bytes)
}
