//! What every tenant collection of a workspace should have beside what the service gives it.

use std::collections::BTreeSet;

use bson::{Bson, Document, doc};
use serde::{Deserialize, Serialize};

use super::{CollectionDescription, CollectionIdentity, CollectionKind, IndexDescription};
use crate::error::AppError;
use crate::limits::{
    EXPIRE_AFTER_MAX, INDEX_FIELD_MAX, INDEX_KEYS_MAX, INDEX_NAME_MAX, TEMPLATE_INDEXES_MAX,
};
use crate::values::{Field, FieldIssue, FieldRule, OrganizationId};

/// The indexes that operators added to the template of tenant collections. The service's validator and its two indexes
/// are always a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Template {
    /// In the order in which they were added.
    pub indexes: Vec<TemplateIndex>,
}

/// An index of the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct TemplateIndex {
    /// Its fields, in their order.
    pub keys: Vec<IndexKey>,
    /// Whether no two documents of a collection can have the same values.
    pub unique: bool,
    /// Whether documents without the fields are left out.
    pub sparse: bool,
    /// Its name; `null` for the one that a server makes from its fields.
    pub name: Option<String>,
    /// The server deletes a document this many seconds after the date in the field; `null` if it deletes none.
    pub expire_after_seconds: Option<u32>,
}

/// A field of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct IndexKey {
    /// The field, with dots for fields within fields.
    pub field: String,
    /// How it is indexed.
    pub kind: IndexKeyKind,
}

/// How a field is indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum IndexKeyKind {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
    /// By the words of a text.
    Text,
    /// By the hash of the value.
    Hashed,
    /// By the place on the globe.
    Sphere,
}

impl IndexKeyKind {
    /// The word in the name of an index, which is also its value unless it is a number.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "1",
            Self::Descending => "-1",
            Self::Text => "text",
            Self::Hashed => "hashed",
            Self::Sphere => "2dsphere",
        }
    }

    /// The direction; `None` for what has none.
    pub fn direction(self) -> Option<i32> {
        match self {
            Self::Ascending => Some(1),
            Self::Descending => Some(-1),
            Self::Text | Self::Hashed | Self::Sphere => None,
        }
    }
}

impl TemplateIndex {
    /// An index on these fields, and no more.
    pub fn on(keys: Vec<IndexKey>) -> Self {
        Self { keys, unique: false, sparse: false, name: None, expire_after_seconds: None }
    }

    /// The service's index on a date.
    fn of_service(field: &str) -> Self {
        Self::on(vec![IndexKey { field: field.to_owned(), kind: IndexKeyKind::Ascending }])
    }

    /// Its name: its own, or as a server makes it from its fields.
    pub fn name(&self) -> String {
        let part = |key: &IndexKey| format!("{}_{}", key.field, key.kind.as_str());
        let made = || self.keys.iter().map(part).collect::<Vec<_>>().join("_");
        self.name.clone().unwrap_or_else(made)
    }

    /// Its definition, as a server takes it.
    pub fn definition(&self) -> Document {
        let key = |key: &IndexKey| {
            let kind = key.kind.direction().map_or_else(|| Bson::from(key.kind.as_str()), Bson::from);
            (key.field.clone(), kind)
        };
        let key: Document = self.keys.iter().map(key).collect();
        let mut definition = doc! { "key": key, "name": self.name() };
        for (option, is_set) in [("unique", self.unique), ("sparse", self.sparse)] {
            if is_set {
                definition.insert(option, true);
            }
        }
        if let Some(seconds) = self.expire_after_seconds {
            definition.insert("expireAfterSeconds", i32::try_from(seconds).unwrap_or(i32::MAX));
        }
        definition
    }

    /// Itself as a store makes it.
    pub fn description(&self) -> IndexDescription {
        IndexDescription { name: self.name(), definition: bytes(self.definition()) }
    }

    /// What no server takes, or what would be another index than it seems.
    fn issue(&self) -> Option<(Field, FieldRule, String)> {
        let (rule, message) = match self.issue_of_keys() {
            Some(issue) => issue,
            None => return self.issue_of_name().or_else(|| self.issue_of_expiry()),
        };
        Some((Field::Index, rule, message))
    }

    fn issue_of_keys(&self) -> Option<(FieldRule, String)> {
        if self.keys.is_empty() || self.keys.iter().any(|key| key.field.is_empty()) {
            return Some((FieldRule::Required, "An index needs a field.".to_owned()));
        }
        if self.keys.len() > INDEX_KEYS_MAX {
            return Some((FieldRule::TooLong, format!("An index has at most {INDEX_KEYS_MAX} fields.")));
        }
        if self.keys.iter().any(|key| key.field.len() > INDEX_FIELD_MAX) {
            return Some((FieldRule::TooLong, format!("A field has at most {INDEX_FIELD_MAX} bytes.")));
        }
        let is_bad = |field: &str| {
            field.contains('\0') || field.split('.').any(|part| part.is_empty() || part.starts_with('$'))
        };
        if self.keys.iter().any(|key| is_bad(&key.field)) {
            let message = "A field has no empty part between dots, and no part begins with $.";
            return Some((FieldRule::Characters, message.to_owned()));
        }
        let fields: BTreeSet<_> = self.keys.iter().map(|key| &key.field).collect();
        if fields.len() < self.keys.len() {
            return Some((FieldRule::Taken, "A field can be in an index once only.".to_owned()));
        }
        (self.unique && self.has(IndexKeyKind::Hashed))
            .then(|| (FieldRule::Characters, "A hashed index can't be unique.".to_owned()))
    }

    fn issue_of_name(&self) -> Option<(Field, FieldRule, String)> {
        let name = self.name.as_ref()?;
        let issue = |rule, message: String| Some((Field::IndexName, rule, message));
        if name.is_empty() {
            return issue(FieldRule::Required, "A name has a character at least.".to_owned());
        }
        if name.len() > INDEX_NAME_MAX {
            return issue(FieldRule::TooManyBytes, format!("A name has at most {INDEX_NAME_MAX} bytes."));
        }
        // Who drops the index `*` drops all of them.
        if name.trim() != name || name.chars().any(char::is_control) || name.contains('*') {
            let message = "A name has no * in it, no control character, and no space around it.";
            return issue(FieldRule::Characters, message.to_owned());
        }
        None
    }

    fn issue_of_expiry(&self) -> Option<(Field, FieldRule, String)> {
        let seconds = self.expire_after_seconds?;
        let issue = |rule, message: &str| Some((Field::ExpireAfterSeconds, rule, message.to_owned()));
        if seconds > EXPIRE_AFTER_MAX {
            return issue(FieldRule::Range, "Documents expire after at most 2147483647 seconds.");
        }
        let [only] = self.keys.as_slice() else {
            return issue(FieldRule::Characters, "An index that expires documents has a single field.");
        };
        if only.field == "_id" || only.kind.direction().is_none() {
            let message = "Documents expire by a date: in ascending or descending order, and not by _id.";
            return issue(FieldRule::Characters, message);
        }
        None
    }

    fn has(&self, kind: IndexKeyKind) -> bool {
        self.keys.iter().any(|key| key.kind == kind)
    }

    /// That of `_id`, which every collection has.
    fn is_of_id(&self) -> bool {
        matches!(self.keys.as_slice(), [only] if only.field == "_id" && only.kind.direction().is_some())
    }
}

impl Template {
    /// The indexes of every tenant collection: the service's, then those that were added. That of `_id` is none of
    /// them.
    pub fn all(&self) -> Vec<TemplateIndex> {
        let of_service = CollectionDescription::INDEXED_BY_THE_SERVICE.map(TemplateIndex::of_service);
        of_service.into_iter().chain(self.indexes.iter().cloned()).collect()
    }

    /// The names of its indexes that a collection has in no form: none of the name, and none that does the same.
    pub fn lacked_by(&self, found: &CollectionDescription) -> Vec<String> {
        let has = |wanted: &IndexDescription| {
            found.indexes.iter().any(|index| index.name == wanted.name || index.does_what(wanted))
        };
        let wanted = self.all().into_iter().map(|index| index.description());
        wanted.filter(|wanted| !has(wanted)).map(|wanted| wanted.name).collect()
    }

    /// # Errors
    /// `InvalidInput` with what is wrong with each index.
    pub fn check(&self) -> Result<(), AppError> {
        let mut issues: Vec<FieldIssue> = Vec::new();
        let mut add = |(field, rule, message)| issues.push(FieldIssue { field, rule, message });
        let mut names: BTreeSet<String> = BTreeSet::from(["_id_".to_owned()]);
        let mut keys: Vec<Vec<IndexKey>> = Vec::new();
        let mut has_text = false;
        for index in self.all() {
            let is_second_text = index.has(IndexKeyKind::Text) && std::mem::replace(&mut has_text, true);
            if let Some(issue) = index.issue() {
                add(issue);
            } else if index.is_of_id() || keys.contains(&index.keys) {
                let message = "Every tenant collection has an index on these fields already.";
                add((Field::Index, FieldRule::Taken, message.to_owned()));
            } else if is_second_text {
                let message = "A collection has at most one index on the words of a text.";
                add((Field::Index, FieldRule::Taken, message.to_owned()));
            } else if !names.insert(index.name()) {
                let message = "Every tenant collection has an index of this name already.";
                add((Field::IndexName, FieldRule::Taken, message.to_owned()));
            }
            keys.push(index.keys);
        }
        if self.indexes.len() > TEMPLATE_INDEXES_MAX {
            add((
                Field::Index,
                FieldRule::TooLong,
                format!("A template has at most {TEMPLATE_INDEXES_MAX} indexes of its own."),
            ));
        }
        if issues.is_empty() { Ok(()) } else { Err(AppError::InvalidInput(issues)) }
    }
}

impl CollectionDescription {
    /// A tenant collection as the service makes it.
    pub fn of_the_service() -> Self {
        let of_id = IndexDescription {
            name: "_id_".to_owned(),
            definition: bytes(doc! { "key": { "_id": 1 }, "name": "_id_" }),
        };
        let further = Template::default().all().into_iter().map(|index| index.description());
        Self {
            identity: CollectionIdentity(None),
            kind: CollectionKind::Plain,
            options: bytes(doc! { "validator": Self::validator_of_the_service() }),
            indexes: std::iter::once(of_id).chain(further).collect(),
        }
    }
}

fn bytes(document: Document) -> Vec<u8> {
    // Can't fail: its parts are short and plain.
    document.to_vec().unwrap_or_default()
}

/// What differs from the template in one organization's collection, and was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The organization.
    pub organization: OrganizationId,
    /// The differences: what differs, with the digest of what is there instead. Another difference is none of them.
    pub differences: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(fields: &[(&str, IndexKeyKind)]) -> TemplateIndex {
        let keys = fields.iter().map(|(field, kind)| IndexKey { field: (*field).to_owned(), kind: *kind });
        TemplateIndex::on(keys.collect())
    }

    fn rules(indexes: Vec<TemplateIndex>) -> Vec<FieldRule> {
        match (Template { indexes }).check() {
            Ok(()) => Vec::new(),
            Err(AppError::InvalidInput(issues)) => issues.into_iter().map(|issue| issue.rule).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn an_index_is_named_as_a_server_names_it() {
        let several = index(&[("customer.id", IndexKeyKind::Ascending), ("at", IndexKeyKind::Descending)]);
        assert_eq!(several.name(), "customer.id_1_at_-1");
        assert_eq!(index(&[("body", IndexKeyKind::Text)]).name(), "body_text");
        assert_eq!(
            Template::default().all().iter().map(TemplateIndex::name).collect::<Vec<_>>(),
            ["created_at_1", "updated_at_1"]
        );
    }

    #[test]
    fn what_no_server_takes_is_refused_before_it_is_asked() {
        use IndexKeyKind::Ascending;
        assert_eq!(rules(vec![index(&[("status", Ascending)])]), []);
        assert_eq!(rules(vec![index(&[])]), [FieldRule::Required]);
        assert_eq!(rules(vec![index(&[("", Ascending)])]), [FieldRule::Required]);
        for field in ["a..b", ".a", "a.", "$a", "a.$b", "a\0b"] {
            assert_eq!(rules(vec![index(&[(field, Ascending)])]), [FieldRule::Characters], "{field}");
        }
        assert_eq!(rules(vec![index(&[("a", Ascending), ("a", Ascending)])]), [FieldRule::Taken]);
        assert_eq!(rules(vec![index(&[("created_at", Ascending)])]), [FieldRule::Taken], "the service's own");
        assert_eq!(rules(vec![index(&[("_id", Ascending)])]), [FieldRule::Taken], "the server's own");
        let mut hashed = index(&[("a", IndexKeyKind::Hashed)]);
        hashed.unique = true;
        assert_eq!(rules(vec![hashed]), [FieldRule::Characters]);
        let text = |field| index(&[(field, IndexKeyKind::Text)]);
        assert_eq!(rules(vec![text("a")]), []);
        assert_eq!(rules(vec![text("a"), text("b")]), [FieldRule::Taken]);
        let many = (0..=TEMPLATE_INDEXES_MAX).map(|number| index(&[(&format!("f{number}"), Ascending)]));
        assert_eq!(rules(many.collect()), [FieldRule::TooLong]);
    }

    #[test]
    fn a_name_of_its_own_is_no_other_index_s() {
        use IndexKeyKind::Ascending;
        let named =
            |field, name: &str| TemplateIndex { name: Some(name.to_owned()), ..index(&[(field, Ascending)]) };
        assert_eq!(named("a", "by a").name(), "by a");
        assert_eq!(named("a", "by a").definition().get_str("name").ok(), Some("by a"));
        assert_eq!(rules(vec![named("a", "by a"), named("b", "by b")]), []);
        for taken in ["_id_", "created_at_1", "updated_at_1"] {
            assert_eq!(rules(vec![named("a", taken)]), [FieldRule::Taken], "{taken}");
        }
        assert_eq!(rules(vec![named("a", "x"), named("b", "x")]), [FieldRule::Taken]);
        assert_eq!(rules(vec![named("a", "b_1"), index(&[("b", Ascending)])]), [FieldRule::Taken]);
        assert_eq!(rules(vec![named("a", "x"), named("a", "y")]), [FieldRule::Taken], "one index twice");
        assert_eq!(rules(vec![named("_id", "x")]), [FieldRule::Taken]);
        for bad in ["*", "a*", " a", "a ", "a\0", "a\nb"] {
            assert_eq!(rules(vec![named("a", bad)]), [FieldRule::Characters], "{bad:?}");
        }
        assert_eq!(rules(vec![named("a", "")]), [FieldRule::Required]);
        assert_eq!(rules(vec![named("a", &"n".repeat(INDEX_NAME_MAX))]), []);
        assert_eq!(rules(vec![named("a", &"n".repeat(INDEX_NAME_MAX + 1))]), [FieldRule::TooManyBytes]);
    }

    #[test]
    fn documents_expire_by_one_date_only() {
        use IndexKeyKind::{Ascending, Descending, Hashed, Sphere, Text};
        let after = |seconds, fields: &[(&str, IndexKeyKind)]| {
            let expire_after_seconds = Some(seconds);
            vec![TemplateIndex { expire_after_seconds, ..index(fields) }]
        };
        for seconds in [0, 1, EXPIRE_AFTER_MAX] {
            assert_eq!(rules(after(seconds, &[("at", Ascending)])), [], "{seconds}");
        }
        assert_eq!(rules(after(60, &[("at", Descending)])), []);
        assert_eq!(rules(after(EXPIRE_AFTER_MAX + 1, &[("at", Ascending)])), [FieldRule::Range]);
        assert_eq!(rules(after(60, &[("at", Ascending), ("by", Ascending)])), [FieldRule::Characters]);
        for kind in [Hashed, Sphere, Text] {
            assert_eq!(rules(after(60, &[("at", kind)])), [FieldRule::Characters], "{kind:?}");
        }
        assert_eq!(rules(after(60, &[("_id", Ascending)])), [FieldRule::Characters]);
        let [index] = &after(3600, &[("at", Ascending)])[..] else { panic!("one") };
        let wanted = doc! { "key": { "at": 1 }, "name": "at_1", "expireAfterSeconds": 3600 };
        assert_eq!(index.definition(), wanted);
        assert!(index.description().expires());
        assert!(!super::TemplateIndex::of_service("created_at").description().expires());
    }

    #[test]
    fn an_earlier_template_has_neither_names_nor_expiry() {
        let earlier =
            r#"{"indexes":[{"keys":[{"field":"a","kind":"ascending"}],"unique":true,"sparse":false}]}"#;
        let read: Template = serde_json::from_str(earlier).expect("it is read");
        let wanted = TemplateIndex { unique: true, ..index(&[("a", IndexKeyKind::Ascending)]) };
        assert_eq!(read.indexes, [wanted]);
    }
}
