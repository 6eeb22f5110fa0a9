//! BSON as people read and type it.

use bson::{Bson, Document};

/// The document as relaxed Extended JSON, its fields in their order. `serde_json` sorts them, and the order of an
/// index's fields is what it does.
pub fn relaxed(document: &Document) -> String {
    let mut text = String::new();
    fields(document, &mut text);
    text
}

fn fields(document: &Document, text: &mut String) {
    text.push('{');
    for (at, (field, value)) in document.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        put(&Bson::String(field.clone()), text);
        text.push(':');
        put(value, text);
    }
    text.push('}');
}

fn put(value: &Bson, text: &mut String) {
    match value {
        Bson::Document(document) => fields(document, text),
        Bson::Array(values) => {
            text.push('[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                put(value, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.clone().into_relaxed_extjson().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn fields_keep_their_order() {
        let document =
            doc! { "b": [1, { "z": "a \"b\"", "y": 1.5 }], "a": { "$gt": bson::DateTime::from_millis(0) } };
        let text = r#"{"b":[1,{"z":"a \"b\"","y":1.5}],"a":{"$gt":{"$date":"1970-01-01T00:00:00Z"}}}"#;
        assert_eq!(relaxed(&document), text);
        assert_eq!(relaxed(&doc! {}), "{}");
    }
}
