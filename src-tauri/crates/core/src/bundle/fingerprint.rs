//! Whether two collections have the same documents.

use bson::{RawDocument, RawDocumentBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::StoreError;

/// The content of a collection: two with equal ones have the same documents, byte for byte, in whatever order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The number of documents.
    pub documents: u64,
    /// The sum of their digests, as four numbers that wrap around.
    sum: [u64; 4],
}

impl Fingerprint {
    /// Adds a document in BSON.
    ///
    /// # Errors
    /// `Corrupt` for bytes that are no document.
    pub fn add(&mut self, document: &[u8]) -> Result<(), StoreError> {
        let unreadable = || StoreError::Corrupt { what: "a document".to_owned() };
        let raw = RawDocument::from_bytes(document).map_err(|_| unreadable())?;
        let digest = match with_id_first(raw).map_err(|_| unreadable())? {
            Some(sorted) => Sha256::digest(sorted.as_bytes()),
            None => Sha256::digest(document),
        };
        for (sum, part) in self.sum.iter_mut().zip(digest.chunks(8)) {
            let number = part.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
            *sum = sum.wrapping_add(number);
        }
        self.documents += 1;
        Ok(())
    }
}

/// A server stores `_id` first, wherever it stood. `None` if it stands there already.
fn with_id_first(document: &RawDocument) -> Result<Option<RawDocumentBuf>, bson::error::Error> {
    let is_id = |name: &str| name == "_id";
    let first = document.iter().next().transpose()?;
    if first.is_none_or(|(name, _)| is_id(name.as_str())) {
        return Ok(None);
    }
    let Some(id) = document.get("_id")? else { return Ok(None) };
    let mut sorted = RawDocumentBuf::new();
    sorted.append(bson::raw::cstr!("_id"), id);
    for element in document {
        let (name, value) = element?;
        if !is_id(name.as_str()) {
            sorted.append(name, value);
        }
    }
    Ok(Some(sorted))
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    fn fingerprint(documents: &[bson::Document]) -> Fingerprint {
        let mut found = Fingerprint::default();
        documents.iter().for_each(|document| found.add(&document.to_vec().unwrap()).unwrap());
        found
    }

    #[test]
    fn a_fingerprint_knows_documents_and_not_their_order() {
        let (one, other) = (doc! {"_id": 1, "a": 1}, doc! {"_id": 2, "a": 1});
        let both = fingerprint(&[one.clone(), other.clone()]);
        assert_eq!(fingerprint(&[other.clone(), one.clone()]), both);
        assert_eq!(
            fingerprint(&[doc! {"a": 1, "_id": 1}, other.clone()]),
            both,
            "a server puts the id first"
        );
        assert_ne!(fingerprint(&[one.clone(), doc! {"_id": 2, "a": 2}]), both);
        assert_ne!(fingerprint(&[one.clone(), one.clone()]), both);
        assert_ne!(fingerprint(&[one]), both);
        assert!(Fingerprint::default().add(b"no document").is_err());
    }
}
