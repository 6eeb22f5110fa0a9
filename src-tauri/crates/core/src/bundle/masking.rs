//! Masks the data of people in documents, so that a copy of an organization can be used for rehearsals.
//!
//! A value is replaced by another of its type: text by text of the same shape, numbers by numbers with as many digits,
//! dates by dates a number of days away, email addresses by addresses under `.example`. The same value becomes the same
//! everywhere in one copy, so that references still fit, and something else in every other copy: the key is random and
//! is forgotten with the copy. Different ASCII values stay different, so that unique indexes hold.

mod looks;
mod names;
mod source;
mod values;

use std::cell::Cell;
use std::collections::HashSet;
use std::mem;

use bson::{Bson, Document, RawDocument};
use serde::{Deserialize, Serialize};

pub use looks::Looks;
use looks::{by_name, by_value};
use names::Names;
pub use source::MaskedSource;
use values::Key;

use crate::error::StoreError;
use crate::nesting::decoded;

/// How many documents a preview shows.
pub const PREVIEWED: usize = 10;

/// How much of a value a preview shows, in characters.
const SHOWN_MAX: usize = 120;

/// How many replaced values of a document a preview shows.
const REPLACED_MAX: usize = 40;

/// Which fields of documents are masked. A field is named by its path with dots, through arrays without their
/// positions: `contacts.email`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct MaskingChoices {
    /// Masks every field whose name or value looks like that of a person.
    pub automatic: bool,
    /// These fields, and all below them.
    pub fields: Vec<String>,
    /// Never these fields, nor any below them.
    pub kept: Vec<String>,
}

impl Default for MaskingChoices {
    fn default() -> Self {
        Self { automatic: true, fields: Vec::new(), kept: Vec::new() }
    }
}

/// Masks the documents of one copy.
pub struct Masking {
    key: Key,
    automatic: bool,
    fields: HashSet<String>,
    kept: HashSet<String>,
    /// People who are known besides those in the documents.
    known: Names,
}

/// A document on its way, with what is known of it.
struct Within<'a> {
    /// The names of people in its own fields.
    names: &'a Names,
    seen: Seen<'a>,
}

/// A field that was masked in the documents of a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedField {
    /// Its path.
    pub path: String,
    /// Why.
    pub looks: Looks,
    /// How many of its values were replaced.
    pub values: u32,
}

/// A replaced value, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The path of its field.
    pub path: String,
    /// The value in the source.
    pub before: String,
    /// The value in the copy.
    pub after: String,
}

/// A document of a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedDocument {
    /// Its `_id` in the source, as text.
    pub id: String,
    /// What is replaced in it.
    pub replaced: Vec<Replaced>,
}

/// What masking does to some documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MaskingPreview {
    /// The masked fields by path. A chosen field that no document has comes with no values.
    pub fields: Vec<MaskedField>,
    /// The documents.
    pub documents: Vec<MaskedDocument>,
}

/// Receives each replaced value: its path, why it is one, the value before and after.
type Seen<'a> = &'a mut dyn FnMut(&str, Looks, &Bson, &Bson);

impl Masking {
    /// Masking for one copy, with a key of its own.
    pub fn new(choices: &MaskingChoices) -> Self {
        Self::with(Key::random(), choices)
    }

    fn with(key: Key, choices: &MaskingChoices) -> Self {
        let trimmed = |paths: &[String]| {
            let paths = paths.iter().map(|path| path.trim().to_owned());
            paths.filter(|path| !path.is_empty()).collect()
        };
        Self {
            key,
            automatic: choices.automatic,
            fields: trimmed(&choices.fields),
            kept: trimmed(&choices.kept),
            known: Names::default(),
        }
    }

    /// Replaces the names of these people within other text too.
    #[must_use]
    pub fn knowing(mut self, people: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        for name in people {
            self.known.add(name.as_ref(), &self.key);
        }
        self
    }

    /// The masked form of a document in BSON.
    ///
    /// # Errors
    /// `Corrupt` for bytes that are no document.
    pub fn mask(&self, document: &[u8]) -> Result<Vec<u8>, StoreError> {
        let document = read(document)?;
        let masked = self.whole(document, &mut |_, _, _, _| {});
        let mut bytes = Vec::new();
        masked.to_writer(&mut bytes).map_err(|_| unreadable())?;
        Ok(bytes)
    }

    /// What masking does to these documents.
    ///
    /// # Errors
    /// As [`mask`](Self::mask).
    pub fn preview(&self, documents: &[Vec<u8>]) -> Result<MaskingPreview, StoreError> {
        let mut preview = MaskingPreview::default();
        for document in documents.iter().take(PREVIEWED) {
            let document = read(document)?;
            let id = document.get("_id").map(shown).unwrap_or_default();
            let mut replaced = Vec::new();
            let fields = &mut preview.fields;
            self.whole(document, &mut |path, looks, before, after| {
                note(fields, path, looks);
                if replaced.len() < REPLACED_MAX {
                    replaced.push(Replaced {
                        path: path.to_owned(),
                        before: shown(before),
                        after: shown(after),
                    });
                }
            });
            preview.documents.push(MaskedDocument { id, replaced });
        }
        let below = |path: &str, field: &str| {
            path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        for field in &self.fields {
            if !preview.fields.iter().any(|found| below(&found.path, field)) {
                preview.fields.push(MaskedField { path: field.clone(), looks: Looks::Chosen, values: 0 });
            }
        }
        preview.fields.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(preview)
    }

    fn whole(&self, document: Document, seen: Seen<'_>) -> Document {
        let mut names = Names::default();
        if self.automatic {
            self.note_names(&document, &mut String::new(), &mut names);
        }
        self.document(document, &mut String::new(), None, &mut Within { names: &names, seen })
    }

    /// Notes the names of people that stand in fields of their own.
    fn note_names(&self, document: &Document, path: &mut String, names: &mut Names) {
        for (name, value) in document {
            let length = enter(path, name);
            if !self.kept.contains(path.as_str()) {
                self.note_names_in(name, value, path, names);
            }
            path.truncate(length);
        }
    }

    fn note_names_in(&self, name: &str, value: &Bson, path: &mut String, names: &mut Names) {
        match value {
            Bson::String(text) if by_name(name, value) == Some(Looks::Name) => names.add(text, &self.key),
            Bson::Document(inner) => self.note_names(inner, path, names),
            Bson::Array(values) => {
                values.iter().for_each(|value| self.note_names_in(name, value, path, names));
            }
            _ => {}
        }
    }

    fn document(
        &self,
        document: Document,
        path: &mut String,
        within: Option<Looks>,
        on: &mut Within<'_>,
    ) -> Document {
        let masked = document.into_iter().map(|(name, value)| {
            let length = enter(path, &name);
            let value = if self.kept.contains(path.as_str()) {
                value
            } else {
                let chosen = self.fields.contains(path.as_str()).then_some(Looks::Chosen);
                let looks = within.or(chosen);
                let looks = match looks {
                    None if self.automatic => by_name(&name, &value),
                    looks => looks,
                };
                self.value(value, path, looks, on)
            };
            path.truncate(length);
            (name, value)
        });
        masked.collect()
    }

    fn value(&self, value: Bson, path: &mut String, within: Option<Looks>, on: &mut Within<'_>) -> Bson {
        match (value, within) {
            (Bson::Document(document), within) => Bson::Document(self.document(document, path, within, on)),
            (Bson::Array(values), within) => {
                values.into_iter().map(|value| self.value(value, path, within, on)).collect()
            }
            (value, Some(looks)) => self.replaced(value, path, looks, on),
            (Bson::String(text), None) if self.automatic => match by_value(&text) {
                Some(looks) => self.replaced(Bson::String(text), path, looks, on),
                None => self.without_people(text, path, on),
            },
            (value, None) => value,
        }
    }

    fn replaced(&self, value: Bson, path: &str, looks: Looks, on: &mut Within<'_>) -> Bson {
        let masked = self.key.value(&value);
        if masked != value {
            (on.seen)(path, looks, &value, &masked);
        }
        masked
    }

    /// Text that is kept, except for the email addresses and the known names in it.
    fn without_people(&self, text: String, path: &str, on: &mut Within<'_>) -> Bson {
        let names = Cell::new(false);
        let masked = self.key.addresses_of(&text, |other| {
            let masked = self.known.replaced(other, on.names);
            names.set(names.get() || masked != other);
            masked
        });
        if masked == text {
            return Bson::String(text);
        }
        let looks = if names.get() { Looks::Name } else { Looks::EmailAddress };
        let masked = Bson::String(masked);
        (on.seen)(path, looks, &Bson::String(text), &masked);
        masked
    }
}

/// Appends a field to the path; the length to go back to.
fn enter(path: &mut String, name: &str) -> usize {
    let length = path.len();
    if length > 0 {
        path.push('.');
    }
    path.push_str(name);
    length
}

fn note(fields: &mut Vec<MaskedField>, path: &str, looks: Looks) {
    match fields.iter_mut().find(|field| field.path == path) {
        Some(field) => field.values = field.values.saturating_add(1),
        None => fields.push(MaskedField { path: path.to_owned(), looks, values: 1 }),
    }
}

fn read(document: &[u8]) -> Result<Document, StoreError> {
    let document = RawDocument::from_bytes(document).map_err(|_| unreadable())?;
    decoded(document).ok_or_else(unreadable)
}

fn unreadable() -> StoreError {
    StoreError::Corrupt { what: "a document".to_owned() }
}

/// A value as text for a person, of limited length.
fn shown(value: &Bson) -> String {
    let text = match value {
        Bson::String(text) | Bson::Symbol(text) => text.clone(),
        Bson::ObjectId(id) => id.to_hex(),
        Bson::DateTime(date) => date.try_to_rfc3339_string().unwrap_or_else(|_| date.to_string()),
        value => value.to_string(),
    };
    let mut characters = text.chars();
    let mut start: String = characters.by_ref().take(SHOWN_MAX).collect();
    if characters.next().is_some() {
        start.push('…');
    }
    mem::take(&mut start)
}

#[cfg(test)]
mod tests {
    use bson::{DateTime, doc};

    use super::*;

    fn masked(choices: &MaskingChoices, document: &Document) -> Document {
        masked_with(&Masking::with(Key::from([7; 32]), choices), document)
    }

    fn masked_with(masking: &Masking, document: &Document) -> Document {
        let bytes = masking.mask(&document.to_vec().unwrap()).unwrap();
        Document::from_reader(bytes.as_slice()).unwrap()
    }

    fn only(fields: &[&str]) -> MaskingChoices {
        let fields = fields.iter().map(|&field| field.to_owned()).collect();
        MaskingChoices { automatic: false, fields, kept: Vec::new() }
    }

    #[test]
    fn people_are_masked_by_default_and_everything_else_is_kept() {
        let document = doc! {
            "_id": 7,
            "name": "Dana Whitlock",
            "contacts": [{"email": "dana@acme.com", "phone": "+49 30 1234567"}, {"email": "li@acme.com"}],
            "address": {"street": "Main St 5", "verified": true},
            "note": "Ask Dana@Acme.com, then call.",
            "amount": 12.5,
            "file_name": "invoice.pdf",
            "ordered": "2026-11-28",
            "hash": "$2b$12$abcdefghijklmnopqrstuv",
        };
        let after = masked(&MaskingChoices::default(), &document);
        for kept in ["_id", "amount", "file_name", "ordered"] {
            assert_eq!(after.get(kept), document.get(kept), "{kept} says nothing of a person");
        }
        let text = after.to_string();
        for gone in ["Dana", "acme.com", "Acme.com", "1234567", "Main St", "abcdefghij"] {
            assert!(!text.contains(gone), "{gone} is left in {text}");
        }
        assert!(after.get_document("address").unwrap().get_bool("verified").unwrap());
        let contacts = after.get_array("contacts").unwrap();
        let email = |at: usize| contacts[at].as_document().unwrap().get_str("email").unwrap().to_owned();
        assert!(email(0).ends_with(".example") && email(1).ends_with(".example"));
        let domain = |email: &str| email.split_once('@').unwrap().1.to_owned();
        assert_eq!(domain(&email(0)), domain(&email(1)), "who was of one company still is");
        let note = after.get_str("note").unwrap();
        assert!(note.contains(&email(0)), "the same address became another in a note: {note}");
        assert!(note.starts_with("Ask ") && note.ends_with(", then call."), "{note}");
    }

    #[test]
    fn chosen_fields_are_masked_through_arrays_and_with_all_below_them() {
        let document = doc! {"a": [{"b": {"c": "Text", "d": [1, 22]}}, {"b": "Other"}], "b": "kept"};
        let after = masked(&only(&["a.b"]), &document);
        assert_eq!(after.get("b"), document.get("b"), "a path begins at the document's top");
        let inner = after.get_array("a").unwrap()[0].as_document().unwrap().get_document("b").unwrap();
        assert_ne!(inner.get_str("c").unwrap(), "Text");
        assert_eq!(inner.get_array("d").unwrap().len(), 2);
        assert_ne!(after.get_array("a").unwrap()[1], document.get_array("a").unwrap()[1]);
    }

    #[test]
    fn a_field_that_is_kept_stays_with_all_below_it() {
        let document = doc! {"name": {"first": "Dana"}, "email": "dana@acme.com"};
        let kept = MaskingChoices { kept: vec!["name".to_owned()], ..MaskingChoices::default() };
        let after = masked(&kept, &document);
        assert_eq!(after.get("name"), document.get("name"));
        assert_ne!(after.get("email"), document.get("email"));
    }

    #[test]
    fn one_copy_masks_alike_everywhere_and_another_copy_differently() {
        let document = doc! {"name": "Dana Whitlock", "boss": {"name": "Dana Whitlock"}};
        let one = Masking::new(&MaskingChoices::default());
        let after = masked_with(&one, &document);
        assert_eq!(after.get("name"), after.get_document("boss").unwrap().get("name"));
        assert_eq!(masked_with(&one, &document), after);
        let other = Masking::new(&MaskingChoices::default());
        assert_ne!(masked_with(&other, &document), after, "two copies can be matched by their masks");
    }

    #[test]
    fn known_names_are_masked_within_other_text() {
        let document = doc! {
            "customer": {"name": "Dana Whitlock"},
            "note": "Dana Whitlock called; ask Olga Berg (olga@acme.com) about Berg's order.",
            "log": [{"text": "Whitlock: paid"}],
            "title": "An order of steel",
        };
        let choices = MaskingChoices::default();
        let masking = Masking::with(Key::from([7; 32]), &choices).knowing(["Olga Berg"]);
        let after = masked_with(&masking, &document);
        let text = after.to_string();
        for gone in ["Dana", "Whitlock", "Olga", "Berg", "olga@"] {
            assert!(!text.contains(gone), "{gone} is left in {text}");
        }
        let name = after.get_document("customer").unwrap().get_str("name").unwrap().to_owned();
        assert!(after.get_str("note").unwrap().starts_with(&format!("{name} called; ask ")), "{text}");
        assert_eq!(after.get("title"), document.get("title"), "no name is in it");
        let preview = masking.preview(&[document.to_vec().unwrap()]).unwrap();
        let fields: Vec<_> = preview.fields.iter().map(|field| (field.path.as_str(), field.looks)).collect();
        let expected = [("customer.name", Looks::Name), ("log.text", Looks::Name), ("note", Looks::Name)];
        assert_eq!(fields, expected);
        let kept = MaskingChoices { kept: vec!["customer.name".to_owned()], ..choices };
        let after = masked(&kept, &document);
        assert!(after.get_str("note").unwrap().starts_with("Dana Whitlock called"), "a kept name stays");
    }

    #[test]
    fn a_preview_names_the_fields_and_shows_ten_documents() {
        let document = |at: i32| doc! {"_id": at, "name": format!("Dana {at}"), "n": at}.to_vec().unwrap();
        let documents: Vec<_> = (0..12).map(document).collect();
        let choices = MaskingChoices { fields: vec!["gone".to_owned()], ..MaskingChoices::default() };
        let preview = Masking::new(&choices).preview(&documents).unwrap();
        assert_eq!(preview.documents.len(), PREVIEWED);
        let fields: Vec<_> =
            preview.fields.iter().map(|field| (field.path.as_str(), field.looks, field.values)).collect();
        assert_eq!(fields, [("gone", Looks::Chosen, 0), ("name", Looks::Name, 10)]);
        assert_eq!(preview.documents[3].id, "3");
        assert_eq!(preview.documents[3].replaced[0].before, "Dana 3");
    }

    #[test]
    fn bytes_that_are_no_document_are_told_as_damaged() {
        let masking = Masking::new(&MaskingChoices::default());
        assert!(matches!(masking.mask(b"\x05\0\0\0"), Err(StoreError::Corrupt { .. })));
        let document = doc! {"at": DateTime::from_millis(0)}.to_vec().unwrap();
        assert_eq!(masking.mask(&document).unwrap(), document, "an untouched document keeps its bytes");
    }
}
