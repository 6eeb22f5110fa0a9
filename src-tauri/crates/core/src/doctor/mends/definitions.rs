//! Validators and indexes as text in the record, from which an undo makes them again.

use bson::Document;

use super::commands::json;
use crate::bundle::extended_json;
use crate::limits::RECORD_TEXT_MAX;

/// The definition as text that is read back as the same bytes: as people write it, or canonical where that form loses a
/// type. `None` if it is longer than what an entry holds of one value.
pub(super) fn written(definition: &[u8]) -> Option<String> {
    let plain = json(definition);
    let is_exact = |text: &str| bytes_of(text).as_deref() == Some(definition);
    let text = if is_exact(&plain) {
        plain
    } else {
        let mut canonical = Vec::new();
        extended_json::write(definition, &mut canonical).ok()?;
        String::from_utf8(canonical).ok()?
    };
    (text.chars().count() <= RECORD_TEXT_MAX && is_exact(&text)).then_some(text)
}

/// What [`written`] wrote; `None` for text that was cut, or that an earlier version wrote for people only.
pub(super) fn read(text: &str) -> Option<Document> {
    bson::deserialize_from_slice(&bytes_of(text)?).ok()
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    extended_json::read(text.as_bytes(), &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use bson::{Bson, doc};

    use super::*;

    #[test]
    fn a_definition_is_read_back_exactly_or_not_at_all() {
        let plain = doc! { "key": { "b": 1, "a": -1 }, "name": "b_1_a_-1", "unique": true };
        let text = written(&plain.to_vec().expect("BSON")).expect("short");
        assert_eq!(text, r#"{"key":{"b":1,"a":-1},"name":"b_1_a_-1","unique":true}"#, "as people write it");
        assert_eq!(read(&text), Some(plain));
        let typed = doc! { "key": { "a": 1_i64 }, "since": bson::DateTime::from_millis(5), "n": 1.0, "x": Bson::Null };
        let text = written(&typed.to_vec().expect("BSON")).expect("short");
        assert_eq!(read(&text), Some(typed));
        let long = doc! { "$jsonSchema": { "description": "x".repeat(RECORD_TEXT_MAX) } };
        assert_eq!(written(&long.to_vec().expect("BSON")), None);
        assert_eq!(read("{\"key\":{\"a\":1…"), None);
    }
}
