//! What a person sees of two documents.

use std::fmt::Write;

use bson::{Bson, Document, RawDocument};
use sha2::{Digest, Sha256};

use super::{ComparedPair, ComparedText};
use crate::doctor::SeenTwin;
use crate::document_ids::id_of;
use crate::error::StoreError;
use crate::limits::{COMPARED_FIELDS, COMPARED_TEXT};
use crate::nesting::decoded;
use crate::numbers::Count;

/// A document beside the one of its `_id`.
pub(super) fn pair(left: Option<&[u8]>, right: &[u8]) -> Result<ComparedPair, StoreError> {
    let id = id_of(right)?;
    let seen = SeenTwin { id: hex::encode(&id), proof: proof_of(left, right) };
    let (left_read, right_read) = (left.and_then(read), read(right));
    let mut differences = Differences::default();
    if let (Some(left), Some(right)) = (&left_read, &right_read) {
        differences.look(left, right, "");
    }
    let text = |bytes: &[u8], document: Option<Document>| match document {
        Some(document) => text(&document, bytes.len(), differences.is_of_types),
        // Nested more deeply than anything is read, or with text that is none.
        None => ComparedText { text: String::new(), bytes: bytes.len().into(), cut: true },
    };
    Ok(ComparedPair {
        id: read(&id).and_then(|mut id| id.remove("_id")).map(shown_id).unwrap_or_default(),
        seen,
        left: left.map(|left| text(left, left_read)),
        right: text(right, right_read),
        fields: differences.fields,
    })
}

/// What tells whether both documents are still those that were shown.
pub(in crate::doctor) fn proof_of(left: Option<&[u8]>, right: &[u8]) -> String {
    let mut digest = Sha256::new();
    // A document begins with its own length, so no two pairs are the same bytes.
    digest.update([u8::from(left.is_some())]);
    digest.update(left.unwrap_or_default());
    digest.update(right);
    hex::encode(digest.finalize())
}

fn read(bytes: &[u8]) -> Option<Document> {
    RawDocument::from_bytes(bytes).ok().and_then(decoded)
}

fn shown_id(id: Bson) -> String {
    let text = match id {
        Bson::ObjectId(id) => id.to_hex(),
        Bson::String(text) => text,
        other => other.into_relaxed_extjson().to_string(),
    };
    cut(text).0
}

/// The fields in which two documents differ.
#[derive(Default)]
struct Differences {
    fields: Vec<String>,
    /// Whether two values differ that look the same without their types.
    is_of_types: bool,
}

impl Differences {
    fn look(&mut self, left: &Document, right: &Document, within: &str) {
        let only_right = right.iter().filter(|(name, _)| !left.contains_key(*name));
        let of_left = left.iter().map(|(name, value)| (name, Some(value), right.get(name)));
        for (name, left, right) in of_left.chain(only_right.map(|(name, value)| (name, None, Some(value)))) {
            match (left, right) {
                (Some(Bson::Document(left)), Some(Bson::Document(right))) => {
                    self.look(left, right, &format!("{within}{name}."));
                }
                (Some(left), Some(right)) if is_same(left, right) => {}
                (left, right) => {
                    if let (Some(left), Some(right)) = (left, right) {
                        self.is_of_types |= relaxed(left) == relaxed(right);
                    }
                    self.fields.push(format!("{within}{name}"));
                }
            }
            if self.fields.len() >= COMPARED_FIELDS {
                return;
            }
        }
    }
}

/// Whether two values are one, whatever the order of fields in them.
fn is_same(left: &Bson, right: &Bson) -> bool {
    match (left, right) {
        // Not a number is no number, not even itself.
        (Bson::Double(left), Bson::Double(right)) => left.to_bits() == right.to_bits(),
        (Bson::Array(left), Bson::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Bson::Document(left), Bson::Document(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| is_same(left, right)))
        }
        (left, right) => left == right,
    }
}

fn relaxed(value: &Bson) -> serde_json::Value {
    value.clone().into_relaxed_extjson()
}

fn text(document: &Document, bytes: usize, with_types: bool) -> ComparedText {
    let mut text = String::new();
    write_document(document, with_types, 1, &mut text);
    let (text, cut) = cut(text);
    ComparedText { text, bytes: Count::from(bytes), cut }
}

/// A field a line, in the order of the document, up to the longest text that is shown.
fn write_document(document: &Document, with_types: bool, depth: usize, to: &mut String) {
    let names = document.keys().map(|name| format!("{}: ", serde_json::Value::String(name.clone())));
    write_lines(('{', '}'), &mut names.zip(document.values()), with_types, depth, to);
}

/// Behind a pointer, because it comes back to itself with another kind of lines.
fn write_lines(
    (opens, closes): (char, char),
    lines: &mut dyn Iterator<Item = (String, &Bson)>,
    with_types: bool,
    depth: usize,
    to: &mut String,
) {
    let mut lines = lines.peekable();
    to.push(opens);
    if lines.peek().is_none() {
        to.push(closes);
        return;
    }
    while let Some((name, value)) = lines.next() {
        if to.len() > COMPARED_TEXT {
            return;
        }
        // Writing to a text can't fail.
        let _ = write!(to, "\n{:width$}{name}", "", width = 2 * depth);
        match value {
            Bson::Document(inner) => write_document(inner, with_types, depth + 1, to),
            Bson::Array(inner) => {
                let mut lines = inner.iter().map(|value| (String::new(), value));
                write_lines(('[', ']'), &mut lines, with_types, depth + 1, to);
            }
            value => {
                let value = value.clone();
                let value =
                    if with_types { value.into_canonical_extjson() } else { value.into_relaxed_extjson() };
                to.push_str(&value.to_string());
            }
        }
        if lines.peek().is_some() {
            to.push(',');
        }
    }
    let _ = write!(to, "\n{:width$}{closes}", "", width = 2 * (depth - 1));
}

/// At most as long as a text that is shown, and whether it was longer.
fn cut(mut text: String) -> (String, bool) {
    if text.len() <= COMPARED_TEXT {
        return (text, false);
    }
    let end = (0..=COMPARED_TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.truncate(end);
    (text, true)
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;
    use bson::{Timestamp, doc};

    use super::*;

    fn shown(left: &Document, right: &Document) -> ComparedPair {
        pair(Some(&left.to_vec().unwrap()), &right.to_vec().unwrap()).expect("two documents")
    }

    #[test]
    fn fields_that_differ_are_named_with_dots_and_others_are_not() {
        let left = doc! {"_id": 1, "a": {"b": 1, "c": {"d": [1, 2]}}, "gone": 1, "same": [{"x": f64::NAN}]};
        let right =
            doc! {"_id": 1, "a": {"b": 1, "c": {"d": [2, 1]}}, "same": [{"x": f64::NAN}], "new": true};
        assert_eq!(shown(&left, &right).fields, ["a.c.d", "gone", "new"]);
        let order = shown(&doc! {"_id": 1, "a": 1, "b": 2}, &doc! {"_id": 1, "b": 2, "a": 1});
        assert_eq!(order.fields, Vec::<String>::new(), "only the order differs");
        assert_eq!(order.left.unwrap().text, "{\n  \"_id\": 1,\n  \"a\": 1,\n  \"b\": 2\n}");
        assert_eq!(order.right.text, "{\n  \"_id\": 1,\n  \"b\": 2,\n  \"a\": 1\n}", "and is seen");
    }

    #[test]
    fn values_that_differ_by_type_alone_do_not_look_the_same() {
        let pair = shown(&doc! {"_id": "x", "n": 5_i32}, &doc! {"_id": "x", "n": 5_i64});
        assert_eq!(pair.fields, ["n"]);
        let left = pair.left.expect("it is there").text;
        assert!(left.contains("{\"$numberInt\":\"5\"}"), "{left}");
        assert!(pair.right.text.contains("{\"$numberLong\":\"5\"}"), "{}", pair.right.text);
        let plain = shown(&doc! {"_id": "x", "n": 5_i32}, &doc! {"_id": "x", "n": 6_i32});
        assert!(plain.right.text.contains("\"n\": 6"), "{}", plain.right.text);
    }

    #[test]
    fn long_documents_are_cut_between_letters_and_say_so() {
        let pair = shown(&doc! {"_id": 1, "t": "ü".repeat(COMPARED_TEXT)}, &doc! {"_id": 1, "t": "short"});
        let left = pair.left.expect("it is there");
        assert!(left.cut && left.text.len() <= COMPARED_TEXT && left.text.len() > COMPARED_TEXT - 4);
        assert!(!pair.right.cut);
        let many: Document = (0..COMPARED_TEXT).map(|number| (format!("f{number}"), Bson::Null)).collect();
        let pair = shown(&doc! {"_id": 1}, &many.into_iter().chain(doc! {"_id": 1}).collect());
        assert_eq!(pair.fields.len(), COMPARED_FIELDS);
        assert!(pair.right.cut);
        let debug = format!("{pair:?}");
        assert!(!debug.contains("null"), "contents belong into no log: {debug}");
    }

    #[test]
    fn ids_are_shown_as_a_person_reads_them() {
        let id = |id: Bson| shown(&doc! {"_id": id.clone()}, &doc! {"_id": id}).id;
        let one = ObjectId::from_bytes([7; 12]);
        assert_eq!(id(one.into()), "070707070707070707070707");
        assert_eq!(id("text".into()), "text");
        assert_eq!(id(7.into()), "7");
        assert_eq!(
            id(Bson::Timestamp(Timestamp { time: 1, increment: 2 })),
            "{\"$timestamp\":{\"i\":2,\"t\":1}}"
        );
    }

    #[test]
    fn a_proof_is_of_both_documents() {
        let [one, other] = [doc! {"_id": 1}, doc! {"_id": 1, "a": 1}].map(|one| one.to_vec().unwrap());
        let proofs =
            [(None, &one), (Some(&one), &one), (Some(&one), &other), (Some(&other), &one), (None, &other)];
        let proofs: std::collections::BTreeSet<_> =
            proofs.map(|(left, right)| proof_of(left.map(Vec::as_slice), right)).into();
        assert_eq!(proofs.len(), 5);
    }
}
