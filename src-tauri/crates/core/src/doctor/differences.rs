//! What differs between a tenant collection and the template.

use bson::{Bson, Document, doc};
use sha2::{Digest, Sha256};

use super::FindingKind;
use crate::limits::RECORD_TEXT_MAX;
use crate::records::{CollectionDescription, IndexKey, Template, TemplateIndex};

/// What every tenant collection should have.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    validator: Option<Document>,
    /// Definitions with their names.
    indexes: Vec<(String, Document)>,
}

/// Something that a tenant collection has otherwise than the template says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The name of the index; `None` for the validator.
    pub index: Option<String>,
    /// What the template says.
    pub wanted: Option<String>,
    /// What the collection has; `None` if it has none.
    pub found: Option<String>,
}

impl Difference {
    /// By what it is known once it was accepted: what differs, and the digest of what is there instead.
    pub fn accepted_as(&self) -> String {
        let what =
            self.index.as_deref().map_or_else(|| "validator".to_owned(), |name| format!("index {name}"));
        match &self.found {
            None => format!("{what}: none"),
            Some(found) => format!("{what}: {}", hex::encode(Sha256::digest(found))),
        }
    }

    /// The finding that it belongs to.
    pub fn kind(&self) -> FindingKind {
        match (&self.index, &self.found) {
            (None, _) => FindingKind::ValidatorDiffers,
            (Some(_), None) => FindingKind::IndexMissing,
            (Some(_), Some(_)) => FindingKind::IndexDiffers,
        }
    }
}

impl Wanted {
    /// What the service gives a tenant collection.
    pub fn of_the_service() -> Self {
        Self::of(&CollectionDescription::of_the_service())
    }

    /// What this collection has.
    pub fn of(description: &CollectionDescription) -> Self {
        let indexes = description.indexes.iter().filter(|index| index.name != ID_INDEX);
        Self {
            validator: validator_of(description),
            indexes: indexes
                .filter_map(|index| Some((index.name.clone(), read(&index.definition)?)))
                .collect(),
        }
    }

    /// What the workspace's template says: the service's, and what operators added.
    pub fn of_template(template: &Template) -> Self {
        let of_service = Self::of_the_service();
        let added = template.indexes.iter().map(|index| (index.name(), definition_of(index)));
        Self { indexes: of_service.indexes.into_iter().chain(added).collect(), ..of_service }
    }

    /// What differs in a collection, the validator first. An index of another name that does the same counts.
    pub fn differences(&self, found: &CollectionDescription) -> Vec<Difference> {
        let mut differences = Vec::new();
        let validator = validator_of(found);
        if validator.as_ref().map(comparable) != self.validator.as_ref().map(comparable) {
            differences.push(Difference {
                index: None,
                wanted: self.validator.as_ref().map(text),
                found: validator.as_ref().map(text),
            });
        }
        let has: Vec<(&str, Document)> = found
            .indexes
            .iter()
            .filter_map(|index| Some((index.name.as_str(), read(&index.definition)?)))
            .collect();
        for (name, wanted) in &self.indexes {
            let does = comparable_index(wanted);
            if has.iter().any(|(_, index)| comparable_index(index) == does) {
                continue;
            }
            let of_name = has.iter().find(|(other, _)| other == name).map(|(_, index)| index);
            differences.push(Difference {
                index: Some(name.clone()),
                wanted: Some(index_text(wanted)),
                found: of_name.map(index_text),
            });
        }
        differences
    }
}

/// The definition of an index of the template, as a server takes it.
pub fn definition_of(index: &TemplateIndex) -> Document {
    let key = |key: &IndexKey| {
        let kind = key.kind.direction().map_or_else(|| Bson::from(key.kind.as_str()), Bson::from);
        (key.field.clone(), kind)
    };
    let key: Document = index.keys.iter().map(key).collect();
    let mut definition = doc! { "key": key, "name": index.name() };
    for (option, is_set) in [("unique", index.unique), ("sparse", index.sparse)] {
        if is_set {
            definition.insert(option, true);
        }
    }
    definition
}

const ID_INDEX: &str = "_id_";

fn read(bytes: &[u8]) -> Option<Document> {
    bson::deserialize_from_slice(bytes).ok()
}

fn validator_of(description: &CollectionDescription) -> Option<Document> {
    let validator = read(&description.options)?.get_document("validator").ok()?.clone();
    // A server takes an empty one for none.
    (!validator.is_empty()).then_some(validator)
}

/// A form that is equal for two values that a server treats alike: servers and drivers write 1 as an integer of either
/// width or as a number with a point.
fn comparable(document: &Document) -> Document {
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
fn comparable_index(definition: &Document) -> [Vec<(String, Bson)>; 2] {
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

fn text(document: &Document) -> String {
    let text = Bson::Document(document.clone()).into_relaxed_extjson().to_string();
    match text.char_indices().nth(RECORD_TEXT_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn index_text(definition: &Document) -> String {
    let mut shown = definition.clone();
    shown.remove("name");
    text(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{IndexDescription, IndexKeyKind};

    fn with(change: impl FnOnce(&mut CollectionDescription)) -> Vec<(FindingKind, Option<String>)> {
        let mut found = CollectionDescription::of_the_service();
        change(&mut found);
        let differences = Wanted::of_the_service().differences(&found);
        differences.into_iter().map(|difference| (difference.kind(), difference.index)).collect()
    }

    fn index(name: &str, definition: Document) -> IndexDescription {
        IndexDescription { name: name.to_owned(), definition: definition.to_vec().expect("BSON") }
    }

    #[test]
    fn what_the_service_made_does_not_differ() {
        assert_eq!(with(|_| {}), []);
        let as_a_server_tells_it = |found: &mut CollectionDescription| {
            found.indexes = vec![
                index("_id_", doc! { "v": 2, "key": { "_id": 1 }, "name": "_id_" }),
                index("byCreation", doc! { "v": 2, "key": { "created_at": 1_i64 }, "name": "byCreation" }),
                index("updated_at_1", doc! { "key": { "updated_at": 1.0 }, "unique": false }),
                index("more", doc! { "key": { "more": 1 }, "name": "more" }),
            ];
        };
        assert_eq!(with(as_a_server_tells_it), [], "an index of its own name does the same");
    }

    #[test]
    fn a_missing_or_another_index_or_validator_is_told() {
        let missing = with(|found| found.indexes.retain(|index| index.name != "created_at_1"));
        assert_eq!(missing, [(FindingKind::IndexMissing, Some("created_at_1".to_owned()))]);
        let other = with(|found| {
            found.indexes = vec![
                index(
                    "created_at_1",
                    doc! { "key": { "created_at": 1 }, "name": "created_at_1", "unique": true },
                ),
                index("updated_at_1", doc! { "key": { "updated_at": -1 }, "name": "updated_at_1" }),
            ];
        });
        let differs = |name: &str| (FindingKind::IndexDiffers, Some(name.to_owned()));
        assert_eq!(other, [differs("created_at_1"), differs("updated_at_1")]);
        let validator = [(FindingKind::ValidatorDiffers, None)];
        assert_eq!(with(|found| found.options = doc! {}.to_vec().expect("BSON")), validator);
        let other = doc! { "validator": { "$jsonSchema": { "bsonType": "object" } } };
        assert_eq!(with(|found| found.options = other.to_vec().expect("BSON")), validator);
    }

    #[test]
    fn a_text_index_is_the_same_as_a_server_tells_it() {
        let key = IndexKey { field: "body".to_owned(), kind: IndexKeyKind::Text };
        let index = TemplateIndex { keys: vec![key], unique: false, sparse: false };
        let wanted = Wanted::of_template(&Template { indexes: vec![index] });
        let mut found = CollectionDescription::of_the_service();
        let as_told = doc! {
            "v": 2, "key": { "_fts": "text", "_ftsx": 1 }, "name": "body_text", "weights": { "body": 1 },
            "default_language": "english", "language_override": "language", "textIndexVersion": 3
        };
        assert_eq!(wanted.differences(&found).len(), 1);
        found.indexes.push(self::index("body_text", as_told));
        assert_eq!(wanted.differences(&found), []);
    }
}
