//! What every tenant collection of a workspace should have beside what the service gives it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::limits::{INDEX_FIELD_MAX, INDEX_KEYS_MAX, TEMPLATE_INDEXES_MAX};
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

/// An index of the template. It never expires documents: a template deletes nothing.
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
    /// The service's index on a date.
    fn of_service(field: &str) -> Self {
        let keys = vec![IndexKey { field: field.to_owned(), kind: IndexKeyKind::Ascending }];
        Self { keys, unique: false, sparse: false }
    }

    /// Its name, as a server makes it from its fields.
    pub fn name(&self) -> String {
        let part = |key: &IndexKey| format!("{}_{}", key.field, key.kind.as_str());
        self.keys.iter().map(part).collect::<Vec<_>>().join("_")
    }

    fn issue(&self) -> Option<(FieldRule, String)> {
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
        (fields.len() < self.keys.len())
            .then(|| (FieldRule::Taken, "A field can be in an index once only.".to_owned()))
    }
}

impl Template {
    /// The indexes of every tenant collection: the service's, then those that were added. That of `_id` is none of
    /// them.
    pub fn all(&self) -> Vec<TemplateIndex> {
        let of_service = ["created_at", "updated_at"].map(TemplateIndex::of_service);
        of_service.into_iter().chain(self.indexes.iter().cloned()).collect()
    }

    /// # Errors
    /// `InvalidInput` with what is wrong with each index.
    pub fn check(&self) -> Result<(), AppError> {
        let mut issues: Vec<FieldIssue> = Vec::new();
        let mut add = |(rule, message)| issues.push(FieldIssue { field: Field::Index, rule, message });
        let mut names: BTreeSet<String> = BTreeSet::from(["_id_1".to_owned()]);
        for index in self.all() {
            if let Some(issue) = index.issue() {
                add(issue);
            } else if !names.insert(index.name()) {
                add((FieldRule::Taken, "Every tenant collection has this index already.".to_owned()));
            }
        }
        if self.indexes.len() > TEMPLATE_INDEXES_MAX {
            add((
                FieldRule::TooLong,
                format!("A template has at most {TEMPLATE_INDEXES_MAX} indexes of its own."),
            ));
        }
        if issues.is_empty() { Ok(()) } else { Err(AppError::InvalidInput(issues)) }
    }
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
        TemplateIndex { keys: keys.collect(), unique: false, sparse: false }
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
        let many = (0..=TEMPLATE_INDEXES_MAX).map(|number| index(&[(&format!("f{number}"), Ascending)]));
        assert_eq!(rules(many.collect()), [FieldRule::TooLong]);
    }
}
