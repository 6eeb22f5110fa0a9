use super::display_name::parse_shown_name;
use super::field::{Field, FieldIssue, FieldRule, issue};
use crate::limits::PERSON_NAME_MAX;

/// The own name of an operator or a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Parses what a person typed.
    ///
    /// # Errors
    /// `required`, `too_long`, `characters`.
    pub fn parse(text: &str) -> Result<Self, FieldIssue> {
        parse_shown_name(text, Field::PersonName, PERSON_NAME_MAX)?
            .map(Self)
            .ok_or_else(|| issue(Field::PersonName, FieldRule::Required, "A name is needed."))
    }

    /// A name from a store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The form that lists are sorted by and searched in.
    pub fn matching_key(&self) -> String {
        // Letter by letter: the lowercase of a word may depend on neighbouring letters, and a part of it would not be
        // found then.
        self.0.chars().flat_map(char::to_lowercase).collect()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
