//! Reads the BSON of tenants' documents.

use bson::raw::{RawBsonRef, RawDocumentBuf};
use bson::{Document, RawDocument};
use tenantry_core::nesting::is_decodable;

use crate::errors::{Outcome, damaged};

/// The values that the store keeps beside a document's bytes.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The `_id`, in a form in which equal ids are equal bytes.
    pub(crate) id: Vec<u8>,
    /// `created_at`, in milliseconds.
    pub(crate) created_at: Option<i64>,
    /// `updated_at`, in milliseconds.
    pub(crate) updated_at: Option<i64>,
}

/// What `created_at` and `updated_at` can be, if they exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dates {
    /// Dates, as the service's validator wants them.
    Only,
    /// Anything: the collection has a validator of its own, which this store keeps and does not enforce.
    OrAnything,
}

/// Reads the keys of a document.
///
/// # Errors
/// `Corrupt` for bytes that are not a BSON document, for one without `_id`, and for one with other dates than these.
pub(crate) fn keys(bytes: &[u8], dates: Dates) -> Outcome<Keys> {
    let not_bson = |_| damaged("a document (it is no BSON)");
    let raw = RawDocument::from_bytes(bytes).map_err(not_bson)?;
    if !is_decodable(bytes) {
        return Err(damaged("a document (it is no BSON, or lies too deep in itself)").into());
    }
    // Opening a raw document checks its first and last bytes only; this reads all of it.
    Document::try_from(raw).map_err(not_bson)?;
    let value = |name: &str| raw.get(name).map_err(not_bson);
    let date = |name: &str| match value(name)? {
        None => Ok(None),
        Some(RawBsonRef::DateTime(date)) => Ok(Some(date.timestamp_millis())),
        Some(_) if dates == Dates::OrAnything => Ok(None),
        Some(_) => Err(damaged("a document (created_at and updated_at are dates)")),
    };
    let id = value("_id")?.ok_or_else(|| damaged("a document (it has no _id)"))?;
    Ok(Keys { id: id_key(id), created_at: date("created_at")?, updated_at: date("updated_at")? })
}

/// The key of the `_id` in a document of `_id` alone.
///
/// # Errors
/// `Corrupt` if it has none.
pub(crate) fn id_key_of(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let no_id = || damaged("an _id");
    let raw = RawDocument::from_bytes(bytes).map_err(|_| no_id())?;
    Ok(id_key(raw.get("_id").ok().flatten().ok_or_else(no_id)?))
}

/// The type and the bytes of an `_id`. Whole numbers have one form in every type, because MongoDB treats them as one
/// `_id`.
fn id_key(id: RawBsonRef<'_>) -> Vec<u8> {
    const WHOLE_NUMBER: u8 = 0;
    let whole = match id {
        RawBsonRef::Int32(number) => Some(i64::from(number)),
        RawBsonRef::Int64(number) => Some(number),
        RawBsonRef::Double(number) => whole_number(number),
        _ => None,
    };
    if let Some(number) = whole {
        return [[WHOLE_NUMBER].as_slice(), &number.to_be_bytes()].concat();
    }
    let mut alone = RawDocumentBuf::new();
    alone.append(bson::raw::cstr!(""), id);
    // Without the document's own length, the end of the empty name, and the document's end.
    let bytes = alone.as_bytes();
    let mut key = vec![id.element_type() as u8];
    key.extend_from_slice(bytes.get(6..bytes.len() - 1).unwrap_or_default());
    key
}

fn whole_number(number: f64) -> Option<i64> {
    // Up to here every whole number has a double of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the range")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use bson::{Bson, doc};
    use tenantry_core::StoreError;

    use super::*;
    use crate::errors::Failure;

    fn keys_of(document: &Document) -> Outcome<Keys> {
        keys(&document.to_vec().expect("a document can be written"), Dates::Only)
    }

    fn id_of(id: impl Into<Bson>) -> Vec<u8> {
        keys_of(&doc! {"_id": id.into()}).expect("a document with an _id").id
    }

    #[test]
    fn ids_that_are_one_to_mongodb_have_one_key_and_others_do_not() {
        assert_eq!(id_of(7_i32), id_of(7_i64));
        assert_eq!(id_of(7_i32), id_of(7.0));
        assert_ne!(id_of(7_i32), id_of(7.5));
        assert_ne!(id_of("7"), id_of(7_i32));
        assert_ne!(id_of("a"), id_of("b"));
        assert_ne!(id_of(""), id_of(Bson::Null));
    }

    #[test]
    fn dates_are_read_in_milliseconds() {
        let keys = keys_of(&doc! {"_id": 1, "created_at": bson::DateTime::from_millis(5)}).expect("readable");
        assert_eq!((keys.created_at, keys.updated_at), (Some(5), None));
    }

    #[test]
    fn what_is_no_document_or_breaks_the_validator_is_refused() {
        let whole = doc! {"_id": 1, "inner": {"text": "abc"}}.to_vec().expect("writable");
        let mut broken = whole.clone();
        // The length of the text inside.
        let position = broken.windows(4).rposition(|bytes| bytes == [4, 0, 0, 0]).expect("a length of 4");
        broken[position] = 200;
        let refused = [
            keys(b"nonsense", Dates::Only),
            keys(&whole[..whole.len() - 1], Dates::Only),
            keys(&broken, Dates::Only),
            keys_of(&doc! {"name": "no id"}),
            keys_of(&doc! {"_id": 1, "updated_at": "yesterday"}),
        ];
        for (number, result) in refused.into_iter().enumerate() {
            assert!(
                matches!(result, Err(Failure::Store(StoreError::Corrupt { .. }))),
                "document {number} must be refused"
            );
        }
    }
}
