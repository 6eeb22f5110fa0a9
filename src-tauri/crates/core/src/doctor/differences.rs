//! What differs between a tenant collection and the template.

use bson::Document;
use sha2::{Digest, Sha256};

use super::FindingKind;
use crate::limits::RECORD_TEXT_MAX;
use crate::records::{CollectionDescription, Template, comparable, comparable_index, relaxed};

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
    /// After how many seconds the template's index lets the server delete documents; `None` if it does not.
    pub expires_after: Option<String>,
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
        let added = template.indexes.iter().map(|index| (index.name(), index.definition()));
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
                expires_after: None,
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
                expires_after: wanted.get("expireAfterSeconds").map(ToString::to_string),
            });
        }
        differences
    }
}

const ID_INDEX: &str = "_id_";

fn read(bytes: &[u8]) -> Option<Document> {
    bson::deserialize_from_slice(bytes).ok()
}

/// The validator of a collection, if it has one.
pub(super) fn validator_of(description: &CollectionDescription) -> Option<Document> {
    let validator = read(&description.options)?.get_document("validator").ok()?.clone();
    // A server takes an empty one for none.
    (!validator.is_empty()).then_some(validator)
}

fn text(document: &Document) -> String {
    let text = relaxed(document);
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
    use bson::doc;

    use crate::records::{IndexDescription, IndexKey, IndexKeyKind, TemplateIndex};

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
        let wanted = Wanted::of_template(&Template { indexes: vec![TemplateIndex::on(vec![key])] });
        let mut found = CollectionDescription::of_the_service();
        let as_told = doc! {
            "v": 2, "key": { "_fts": "text", "_ftsx": 1 }, "name": "body_text", "weights": { "body": 1 },
            "default_language": "english", "language_override": "language", "textIndexVersion": 3
        };
        assert_eq!(wanted.differences(&found).len(), 1);
        found.indexes.push(self::index("body_text", as_told));
        assert_eq!(wanted.differences(&found), []);
    }

    #[test]
    fn another_time_to_live_differs_and_is_told() {
        let key = IndexKey { field: "at".to_owned(), kind: IndexKeyKind::Ascending };
        let expiring = TemplateIndex { expire_after_seconds: Some(60), ..TemplateIndex::on(vec![key]) };
        let wanted = Wanted::of_template(&Template { indexes: vec![expiring] });
        let mut found = CollectionDescription::of_the_service();
        let differs = |found: &CollectionDescription| {
            let differences = wanted.differences(found);
            differences.into_iter().map(|one| (one.kind(), one.expires_after)).collect::<Vec<_>>()
        };
        let sixty = || Some("60".to_owned());
        assert_eq!(differs(&found), [(FindingKind::IndexMissing, sixty())]);
        let told = |seconds: f64| doc! { "key": { "at": 1 }, "name": "at_1", "expireAfterSeconds": seconds };
        found.indexes.push(self::index("at_1", doc! { "key": { "at": 1 }, "name": "at_1" }));
        assert_eq!(differs(&found), [(FindingKind::IndexDiffers, sixty())], "it deletes nothing");
        found.indexes[3] = self::index("at_1", told(61.0));
        assert_eq!(differs(&found), [(FindingKind::IndexDiffers, sixty())], "it deletes later");
        found.indexes[3] = self::index("at_1", told(60.0));
        assert_eq!(differs(&found), []);
    }

    #[test]
    fn the_fields_of_an_index_are_told_in_their_order() {
        let text = index_text(&doc! { "key": { "b": 1, "a": -1 }, "name": "b_1_a_-1" });
        assert_eq!(text, r#"{"key":{"b":1,"a":-1}}"#);
    }
}
