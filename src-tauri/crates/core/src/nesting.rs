//! How deeply BSON from outside is nested, measured on its bytes.
//!
//! Decoding recurses for every document in a document. A hostile response of a megabyte of nothing but document
//! beginnings would exhaust a thread's stack and end the whole program. Measuring walks along the bytes.

use bson::{Document, RawDocument};

/// Documents and arrays within each other, including the outermost. MongoDB itself refuses to store more.
pub const NESTING_MAX: usize = 200;

/// Whether these bytes are one whole BSON document, nested no deeper than [`NESTING_MAX`], so that decoding it is safe.
/// Values are skipped, so text may still turn out not to be UTF-8.
pub fn is_decodable(bytes: &[u8]) -> bool {
    measured(bytes).is_some()
}

/// Decodes a document with everything in it; `None` if it is nested too deeply.
pub fn decoded(document: &RawDocument) -> Option<Document> {
    if is_decodable(document.as_bytes()) { Document::try_from(document).ok() } else { None }
}

/// `None` if it is too deep or not a document.
fn measured(bytes: &[u8]) -> Option<()> {
    // The ends of the open documents.
    let mut ends = vec![document_end(bytes, 0, bytes.len())?];
    if ends.first() != Some(&bytes.len()) {
        return None;
    }
    let mut at = 4;
    while let Some(&end) = ends.last() {
        let kind = *bytes.get(at)?;
        at += 1;
        if kind == 0 {
            if at != end {
                return None;
            }
            ends.pop();
            continue;
        }
        at = text_end(bytes, at, end)?;
        let fixed = move |length: usize| at.checked_add(length);
        at = match kind {
            // Document, array; code with a scope, which is a length, a text and a document.
            0x03 | 0x04 | 0x0f => {
                let start = if kind == 0x0f { sized_end(bytes, at.checked_add(4)?, 0)? } else { at };
                let inner = document_end(bytes, start, end)?;
                if ends.len() >= NESTING_MAX {
                    return None;
                }
                ends.push(inner);
                start + 4
            }
            0x02 | 0x0d | 0x0e => sized_end(bytes, at, 0)?,
            0x05 => sized_end(bytes, at, 1)?,
            0x0c => sized_end(bytes, at, 12)?,
            0x0b => text_end(bytes, text_end(bytes, at, end)?, end)?,
            0x06 | 0x0a | 0x7f | 0xff => at,
            0x08 => fixed(1)?,
            0x10 => fixed(4)?,
            0x01 | 0x09 | 0x11 | 0x12 => fixed(8)?,
            0x07 => fixed(12)?,
            0x13 => fixed(16)?,
            _ => return None,
        };
        // At least the byte that ends the document is still to come.
        if at >= ends.last().copied().unwrap_or_default() {
            return None;
        }
    }
    Some(())
}

/// The end of a document that begins here, within the one around it.
fn document_end(bytes: &[u8], start: usize, around: usize) -> Option<usize> {
    let end = start.checked_add(length(bytes, start)?)?;
    (end >= start + 5 && end <= around).then_some(end)
}

/// The end of a value that starts with its own length, and of `more` bytes after it.
fn sized_end(bytes: &[u8], at: usize, more: usize) -> Option<usize> {
    at.checked_add(4)?.checked_add(length(bytes, at)?)?.checked_add(more)
}

fn length(bytes: &[u8], at: usize) -> Option<usize> {
    let length: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(i32::from_le_bytes(length)).ok()
}

/// The end of a text that a zero ends.
fn text_end(bytes: &[u8], at: usize, end: usize) -> Option<usize> {
    let length = bytes.get(at..end)?.iter().position(|byte| *byte == 0)?;
    Some(at + length + 1)
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;
    use bson::{Bson, Document, doc};
    use proptest::prelude::*;

    use super::*;

    /// A document with `depth` levels.
    fn nested(depth: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for level in (1..depth).rev() {
            bytes.extend_from_slice(&i32::try_from(5 + level * 8).expect("a length").to_le_bytes());
            bytes.extend_from_slice(b"\x03a\0");
        }
        bytes.extend_from_slice(&5_i32.to_le_bytes());
        bytes.resize(bytes.len() + depth, 0);
        bytes
    }

    fn everything() -> Vec<u8> {
        let document = doc! {
            "text": "abc", "number": 1_i32, "long": 2_i64, "double": 1.5, "yes": true, "null": Bson::Null,
            "date": bson::DateTime::from_millis(1), "id": ObjectId::new(), "bytes": Bson::Binary(bson::Binary {
                subtype: bson::spec::BinarySubtype::Generic, bytes: vec![1, 2, 3],
            }),
            "array": [1, "two", {"three": []}], "least": Bson::MinKey, "most": Bson::MaxKey,
            "code": Bson::JavaScriptCode("f()".to_owned()),
            "scoped": Bson::JavaScriptCodeWithScope(bson::JavaScriptCodeWithScope {
                code: "f()".to_owned(), scope: doc! {"x": 1},
            }),
            "stamp": Bson::Timestamp(bson::Timestamp { time: 1, increment: 2 }), "symbol": Bson::Symbol("s".to_owned()),
            "decimal": Bson::Decimal128(bson::Decimal128::from_bytes([7; 16])), "undefined": Bson::Undefined,
        };
        document.to_vec().expect("it can be written")
    }

    #[test]
    fn every_kind_of_value_is_measured() {
        assert!(is_decodable(&everything()));
        assert!(is_decodable(&nested(1)));
        assert!(!is_decodable(b""));
        assert!(!is_decodable(&[&everything()[..], b"\0"].concat()), "more than the document");
    }

    #[test]
    fn what_lies_as_deep_as_it_may_is_decoded_and_what_lies_deeper_is_refused() {
        let deepest = nested(NESTING_MAX);
        assert!(is_decodable(&deepest));
        assert!(Document::from_reader(deepest.as_slice()).is_ok(), "on a thread of a test's size");
        assert!(!is_decodable(&nested(NESTING_MAX + 1)));
        // As much as an attacker can send in one message.
        assert!(!is_decodable(&nested(6_000_000)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn whatever_is_measured_can_be_decoded_without_harm(
            kind in 0..3,
            noise in prop::collection::vec(any::<u8>(), 0..300),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            depth in 1_usize..400,
        ) {
            let mut bytes = match kind {
                0 => noise,
                1 => everything(),
                _ => nested(depth),
            };
            for (at, byte) in changes {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            if is_decodable(&bytes) {
                // It may fail, but it must return.
                let _ = Document::from_reader(bytes.as_slice());
            }
        }
    }
}
