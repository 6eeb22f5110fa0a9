//! Whatever other software stores in these collections, reading it does not fail.

use bson::oid::ObjectId;
use bson::{Bson, DateTime, Document, RawDocument, RawDocumentBuf, doc};
use proptest::prelude::*;
use tenantry_core::values::OrganizationName;
use time::OffsetDateTime;

use super::{decoded, restored, trashed_organization, unchanged};
use crate::{accounts, activity, journal, permits};

/// The names of all fields that are read, and one that is not.
const FIELDS: [&str; 40] = [
    "_id",
    "organization_name",
    "admin_email",
    "admin_password",
    "collection_name",
    "created_at",
    "updated_at",
    "is_active",
    "console",
    "display_name",
    "session_version",
    "password_renewal",
    "organization",
    "trashed_at",
    "trashed_by",
    "had_collection",
    "shared_collection",
    "copy",
    "name",
    "email",
    "password_hash",
    "failures",
    "last_failed_at",
    "now",
    "at",
    "actor",
    "kind",
    "organization_id",
    "detail",
    "act",
    "from",
    "to",
    "installation",
    "instance",
    "turn",
    "started_at",
    "begun_at",
    "environment",
    "access",
    "other",
];

fn value() -> impl Strategy<Value = Bson> {
    let plain = prop_oneof![
        ".{0,40}".prop_map(Bson::String),
        prop::sample::select(vec![
            "create",
            "rename",
            "trash",
            "restore",
            "delete_forever",
            "production",
            "read_only"
        ])
        .prop_map(|word| Bson::String(word.to_owned())),
        any::<i32>().prop_map(Bson::Int32),
        any::<i64>().prop_map(Bson::Int64),
        any::<f64>().prop_map(Bson::Double),
        any::<bool>().prop_map(Bson::Boolean),
        any::<i64>().prop_map(|date| Bson::DateTime(DateTime::from_millis(date))),
        any::<[u8; 12]>().prop_map(|id| Bson::ObjectId(ObjectId::from_bytes(id))),
        Just(Bson::Null),
        Just(Bson::MinKey),
    ];
    plain.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Bson::Array),
            prop::collection::vec((prop::sample::select(&FIELDS[..]), inner), 0..6)
                .prop_map(|fields| Bson::Document(fields.into_iter().map(named).collect())),
        ]
    })
}

fn named((name, value): (&str, Bson)) -> (String, Bson) {
    (name.to_owned(), value)
}

/// Bytes that a server could send: a document of known fields with any values, some of its bytes changed.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let fields = prop::collection::vec((prop::sample::select(&FIELDS[..]), value()), 0..12);
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (fields, changes).prop_map(|(fields, changes)| {
        let document: Document = fields.into_iter().map(named).collect();
        let mut bytes = document.to_vec().expect("it can be written");
        // Not the length at the beginning: the driver passes nothing on if that is wrong.
        let inside = bytes.len() - 5;
        for (at, byte) in changes.into_iter().filter(|_| inside > 0) {
            bytes[4 + at.index(inside)] = byte;
        }
        bytes
    })
}

fn read_all(document: &RawDocument) {
    let now = OffsetDateTime::UNIX_EPOCH;
    let organization = super::credentials(document);
    let trashed = trashed_organization(document);
    if let Some(found) = organization.map(|found| found.organization).or(trashed) {
        // What is read is shown: in a list, and in a file.
        let _ = (format!("{found:?}"), found.collection(), found.status());
    }
    let _ = restored(document, &OrganizationName::from_stored("acme".to_owned()), now);
    let _ = (unchanged(document), decoded(document));
    let _ = (accounts::operator(document), accounts::attempts(document));
    let _ = (activity::stored(document), permits::decided(document));
    if let Some(entry) = journal::entry(document, now) {
        let _ = format!("{entry:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_stands_in_a_collection_is_read_to_its_end(bytes in bytes()) {
        if let Ok(document) = RawDocument::from_bytes(&bytes) {
            read_all(document);
        }
    }
}

#[test]
fn a_document_that_lies_too_deep_in_itself_is_not_decoded() {
    let nested = |depth: usize| {
        (0..depth).fold(RawDocumentBuf::new(), |inner, _| bson::rawdoc! { "is_active": inner })
    };
    assert!(decoded(&nested(150)).is_some());
    assert!(decoded(&nested(250)).is_none(), "decoding calls itself for each");
    assert!(unchanged(&nested(250)).is_err(), "it is neither compared nor removed");
}

#[test]
fn an_array_in_an_array_says_nothing_about_who_may_sign_in() {
    let within = |value: Bson| RawDocumentBuf::try_from(doc! { "is_active": value }).expect("a document");
    assert!(!super::is_active(&within(Bson::Array(vec![0.into()]))), "as a query finds it");
    assert!(super::is_active(&within(Bson::Array(vec![Bson::Array(vec![0.into()])]))), "as a query does not");
}
