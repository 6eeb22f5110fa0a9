//! Whether a server treats two descriptions alike.

use bson::{Bson, Document};

/// A form that is equal for two values that a server treats alike: servers and drivers write 1 as an integer of either
/// width or as a number with a point.
pub fn comparable(document: &Document) -> Document {
    fn of(value: &Bson) -> Bson {
        match value {
            Bson::Int32(number) => Bson::Double(f64::from(*number)),
            #[expect(clippy::cast_precision_loss, reason = "no key and no limit of a validator is as large")]
            Bson::Int64(number) => Bson::Double(*number as f64),
            Bson::Document(document) => Bson::Document(comparable(document)),
            Bson::Array(values) => Bson::Array(values.iter().map(of).collect()),
            other => other.clone(),
        }
    }
    document.iter().map(|(key, value)| (key.clone(), of(value))).collect()
}

/// What an index does, whatever it is called: its key and options, in the order of their names.
pub fn comparable_index(definition: &Document) -> [Vec<(String, Bson)>; 2] {
    let key = definition.get_document("key").ok();
    let key = match definition.get_document("weights") {
        // A server keeps the fields of a text index apart from its key.
        Ok(weights) => weights.keys().map(|field| (field.clone(), Bson::from("text"))).collect(),
        Err(_) => key.into_iter().flat_map(comparable).collect(),
    };
    let made_by_server = [
        "key",
        "name",
        "v",
        "ns",
        "background",
        "weights",
        "textIndexVersion",
        "default_language",
        "language_override",
        "2dsphereIndexVersion",
    ];
    let options = comparable(definition).into_iter();
    let mut options: Vec<_> = options
        .filter(|(option, value)| {
            !made_by_server.contains(&option.as_str()) && *value != Bson::Boolean(false)
        })
        .collect();
    options.sort_by(|(one, _), (other, _)| one.cmp(other));
    [key, options]
}
