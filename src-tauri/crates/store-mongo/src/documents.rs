//! Converts stored documents. Reading an organization is lenient: other software writes these documents too, and one
//! that breaks the format is shown with what can be read of it.

use bson::oid::ObjectId;
use bson::raw::RawBsonRef;
use bson::{Bson, DateTime, Document, RawDocument, doc};
use tenantry_core::StoreError;
use tenantry_core::nesting::decoded;
use tenantry_core::records::{
    Expected, NewOrganization, Organization, OrganizationCredentials, Trashed, TrashedCollection,
};
use tenantry_core::values::{
    CollectionName, CopyId, DisplayName, EmailAddress, HashRenewal, OrganizationName, PasswordHash,
    StoredDate,
};
use time::OffsetDateTime;

/// The field of a document in the trash that holds the organization's document.
pub(crate) const NESTED: &str = "organization";

/// The argument of an insert.
pub(crate) fn new_organization(organization: &NewOrganization) -> Document {
    let created_at = date(organization.created_at);
    // The service's order of fields.
    let mut document = doc! {
        "_id": organization.id.object_id(),
        "organization_name": organization.name.as_str(),
        "admin_email": organization.admin_email.as_str(),
        "admin_password": organization.admin_password.expose(),
        "collection_name": CollectionName::for_organization(&organization.name).as_str(),
        "created_at": created_at,
        "updated_at": created_at,
        "is_active": true,
    };
    if let Some(display_name) = &organization.display_name {
        document.insert("console", doc! { "display_name": display_name.as_str() });
    }
    document
}

/// The fields that [`organization`] reads from a document under `prefix`. Other fields may be large, and a password
/// hash must not come with a list.
pub(crate) fn shown_fields(prefix: &str) -> Document {
    let fields = [
        "_id",
        "organization_name",
        "admin_email",
        "is_active",
        "created_at",
        "updated_at",
        "console.display_name",
        "console.session_version",
    ];
    fields.iter().map(|field| (format!("{prefix}{field}"), Bson::Int32(1))).collect()
}

/// The fields that [`trashed_organization`] reads.
pub(crate) fn shown_trashed_fields() -> Document {
    let mut fields = shown_fields("organization.");
    fields.extend(doc! {
        "trashed_at": 1, "trashed_by": 1, "had_collection": 1, "shared_collection": 1, "copy": 1,
    });
    fields
}

/// The organization in a document of `organizations`; `None` if its `_id` is not an ObjectId.
pub(crate) fn organization(document: &RawDocument) -> Option<Organization> {
    let console = document.get_document("console").ok();
    let display_name =
        console.and_then(|console| text(console, "display_name")).filter(|name| !name.is_empty());
    Some(Organization {
        id: object_id(document, "_id")?.into(),
        name: OrganizationName::from_stored(text(document, "organization_name").unwrap_or_default()),
        display_name: display_name.map(DisplayName::from_stored),
        admin_email: EmailAddress::from_stored(text(document, "admin_email").unwrap_or_default()),
        is_active: is_active(document),
        created_at: stored_date(document, "created_at"),
        updated_at: stored_date(document, "updated_at"),
        session_version: console.and_then(|console| integer(console, "session_version")).unwrap_or(0),
        trashed: None,
    })
}

/// The organization in a document of `console_trash`.
pub(crate) fn trashed_organization(document: &RawDocument) -> Option<Organization> {
    let id = object_id(document, "_id")?;
    let inner = document.get_document("organization").ok().and_then(organization);
    let mut organization = inner.unwrap_or_else(|| Organization {
        id: id.into(),
        name: OrganizationName::from_stored(String::new()),
        display_name: None,
        admin_email: EmailAddress::from_stored(String::new()),
        is_active: true,
        created_at: StoredDate::UNKNOWN,
        updated_at: StoredDate::UNKNOWN,
        session_version: 0,
        trashed: None,
    });
    organization.trashed = Some(trashed_part(document));
    Some(organization)
}

/// What a document of `console_trash` notes about its copy.
pub(crate) fn trashed_part(document: &RawDocument) -> Trashed {
    Trashed {
        at: stored_date(document, "trashed_at"),
        by: text(document, "trashed_by").unwrap_or_default(),
        collection: trashed_collection(document, "had_collection"),
        copy: copy_id(document),
    }
}

/// The copy in the trash that a document is, or is about.
pub(crate) fn copy_id(document: &RawDocument) -> Option<CopyId> {
    object_id(document, "copy").map(CopyId::from)
}

/// What became of a collection; `had` is the field that says whether there was one to set aside.
pub(crate) fn trashed_collection(document: &RawDocument, had: &str) -> TrashedCollection {
    if document.get_bool(had).unwrap_or(true) {
        TrashedCollection::Moved
    } else if document.get_bool("shared_collection").unwrap_or(false) {
        TrashedCollection::Shared
    } else {
        TrashedCollection::Missing
    }
}

/// A document of `console_trash`.
pub(crate) fn in_trash(
    id: ObjectId,
    organization: &RawDocument,
    trashed: &Trashed,
) -> Result<Document, StoreError> {
    let organization = decoded(organization)
        .ok_or_else(|| StoreError::Corrupt { what: "an organization's document".to_owned() })?;
    let mut document = doc! {
        "_id": id,
        "organization": organization,
        "trashed_at": as_stored(trashed.at),
        "trashed_by": &trashed.by,
        "had_collection": trashed.collection == TrashedCollection::Moved,
    };
    if trashed.collection == TrashedCollection::Shared {
        document.insert("shared_collection", true);
    }
    if let Some(copy) = trashed.copy {
        document.insert("copy", copy.object_id());
    }
    Ok(document)
}

/// A filter for exactly this document: every field, and their order, including fields that only other software knows.
pub(crate) fn unchanged(document: &RawDocument) -> Result<Document, StoreError> {
    let whole =
        decoded(document).ok_or_else(|| StoreError::Corrupt { what: "a stored document".to_owned() })?;
    let id = whole.get("_id").cloned().unwrap_or(Bson::Null);
    Ok(doc! { "_id": id, "$expr": { "$eq": ["$$ROOT", { "$literal": whole }] } })
}

/// A filter for an organization that is as it was seen. Where other software keeps a value in another form, such as
/// `is_active: 0`, it finds nothing.
pub(crate) fn as_seen(seen: &Organization) -> Document {
    let display_name = seen.display_name.as_ref().map_or(Bson::Null, |name| name.as_str().into());
    // Null also matches an absent field.
    let session_version: Vec<Bson> = match seen.session_version {
        0 => vec![Bson::Null, 0_i64.into()],
        version => vec![version.into()],
    };
    doc! {
        "_id": seen.id.object_id(),
        "organization_name": seen.name.as_str(),
        "admin_email": seen.admin_email.as_str(),
        "is_active": seen.is_active,
        "created_at": as_stored(seen.created_at),
        "updated_at": as_stored(seen.updated_at),
        "console.display_name": display_name,
        "console.session_version": { "$in": session_version },
    }
}

/// The condition that a document has these values. That it is active cannot be said without `$nor`, which is the
/// caller's.
pub(crate) fn expected(expected: &Expected) -> Document {
    // What is no text counts as an empty one.
    let is = |text: &str| match text {
        "" => Bson::from(doc! { "$not": { "$gt": "" } }),
        text => text.into(),
    };
    let mut condition = Document::new();
    if let Some(display_name) = &expected.display_name {
        condition.insert("console.display_name", is(display_name.as_ref().map_or("", DisplayName::as_str)));
    }
    if let Some(email) = &expected.admin_email {
        condition.insert("admin_email", is(email.as_str()));
    }
    if let Some(hash) = &expected.admin_password {
        condition.insert("admin_password", is(hash.expose()));
    }
    if expected.is_active == Some(false) {
        condition.insert("is_active", inactive());
    }
    condition
}

/// The organization with its admin's hash; an unreadable hash is empty, and no password matches it.
pub(crate) fn credentials(document: &RawDocument) -> Option<OrganizationCredentials> {
    let console = document.get_document("console").ok();
    let renewal = console.and_then(|console| text(console, "password_renewal"));
    Some(OrganizationCredentials {
        renewal: renewal.as_deref().and_then(HashRenewal::from_stored),
        organization: organization(document)?,
        password_hash: PasswordHash::from_stored(text(document, "admin_password").unwrap_or_default()),
    })
}

/// The restored document: name, collection, time of change and session version are new, every other field keeps its
/// value and its place.
pub(crate) fn restored(
    document: &RawDocument,
    name: &OrganizationName,
    at: OffsetDateTime,
) -> Option<Document> {
    let version = document.get_document("console").ok();
    let version = version.and_then(|console| integer(console, "session_version")).unwrap_or(0);
    let mut document = decoded(document)?;
    document.insert("organization_name", name.as_str());
    document.insert("collection_name", CollectionName::for_organization(name).as_str());
    document.insert("updated_at", date(at));
    let console = match document.get_mut("console") {
        Some(Bson::Document(console)) => console,
        _ => {
            document.insert("console", Document::new());
            match document.get_mut("console") {
                Some(Bson::Document(console)) => console,
                _ => return None,
            }
        }
    };
    console.insert("session_version", version.saturating_add(1));
    Some(document)
}

/// Whether people of an organization can sign in. Absent counts as true; `false`, `0` and `null` count as false, as in
/// the service. [`inactive`] is the same rule as a query.
pub(crate) fn is_active(document: &RawDocument) -> bool {
    match document.get("is_active") {
        Ok(Some(value)) => !counts_as_false(value),
        Ok(None) | Err(_) => true,
    }
}

fn counts_as_false(value: RawBsonRef<'_>) -> bool {
    match value {
        // A query looks into an array, but not into an array within it.
        RawBsonRef::Array(values) => values.into_iter().flatten().any(is_falsy),
        value => is_falsy(value),
    }
}

fn is_falsy(value: RawBsonRef<'_>) -> bool {
    match value {
        RawBsonRef::Boolean(value) => !value,
        RawBsonRef::Int32(number) => number == 0,
        RawBsonRef::Int64(number) => number == 0,
        RawBsonRef::Double(number) => number == 0.0,
        RawBsonRef::Null => true,
        _ => false,
    }
}

/// The condition on a field that [`is_active`] counts as false.
pub(crate) fn inactive() -> Document {
    // `null` also matches an absent field.
    doc! { "$in": [false, 0, Bson::Null], "$exists": true }
}

/// The same as an expression, for an aggregation.
pub(crate) fn is_inactive() -> Document {
    let falsy = [Bson::Boolean(false), Bson::Int32(0), Bson::Null].to_vec();
    let is_list = doc! { "$isArray": ["$is_active"] };
    let elements = doc! { "$cond": [&is_list, "$is_active", []] };
    let found = doc! { "$size": { "$setIntersection": [elements, &falsy] } };
    doc! { "$and": [
        // Some servers take an absent field for `null`.
        { "$ne": [{ "$type": "$is_active" }, "missing"] },
        { "$cond": [is_list, { "$gt": [found, 0] }, { "$in": ["$is_active", falsy] }] },
    ] }
}

pub(crate) fn object_id(document: &RawDocument, key: &str) -> Option<ObjectId> {
    document.get_object_id(key).ok()
}

pub(crate) fn text(document: &RawDocument, key: &str) -> Option<String> {
    document.get_str(key).ok().map(str::to_owned)
}

pub(crate) fn integer(document: &RawDocument, key: &str) -> Option<i64> {
    match document.get(key) {
        Ok(Some(RawBsonRef::Int32(number))) => Some(i64::from(number)),
        Ok(Some(RawBsonRef::Int64(number))) => Some(number),
        // Older shells wrote every number as a double.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a version or count of that size is nonsense anyway"
        )]
        Ok(Some(RawBsonRef::Double(number))) if number.is_finite() => Some(number as i64),
        _ => None,
    }
}

/// A count or a size in bytes.
pub(crate) fn count(document: &RawDocument, key: &str) -> Option<u64> {
    integer(document, key).and_then(|number| u64::try_from(number).ok())
}

/// A date; any other value counts as unknown.
pub(crate) fn stored_date(document: &RawDocument, key: &str) -> StoredDate {
    milliseconds(document, key).map_or(StoredDate::UNKNOWN, StoredDate::from_milliseconds)
}

/// A date as it was stored.
pub(crate) fn as_stored(date: StoredDate) -> Bson {
    date.milliseconds().map_or(Bson::Null, |date| Bson::DateTime(DateTime::from_millis(date)))
}

fn milliseconds(document: &RawDocument, key: &str) -> Option<i64> {
    document.get_datetime(key).ok().map(DateTime::timestamp_millis)
}

pub(crate) fn moment(document: &RawDocument, key: &str) -> Option<OffsetDateTime> {
    let milliseconds = milliseconds(document, key)?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
}

/// A moment as BSON holds it, in milliseconds.
pub(crate) fn date(moment: OffsetDateTime) -> DateTime {
    let milliseconds = moment.unix_timestamp_nanos().div_euclid(1_000_000);
    DateTime::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use bson::RawDocumentBuf;
    use tenantry_core::values::OrganizationId;
    use time::macros::datetime;

    use super::*;

    fn raw(document: Document) -> RawDocumentBuf {
        RawDocumentBuf::try_from(document).expect("a document")
    }

    fn new() -> NewOrganization {
        NewOrganization {
            id: OrganizationId::new(),
            name: OrganizationName::from_stored("acme".to_owned()),
            display_name: None,
            admin_email: EmailAddress::from_stored("Dana@example.com".to_owned()),
            admin_password: PasswordHash::from_stored("$2b$12$abc".to_owned()),
            created_at: datetime!(2026-03-01 12:00:00.123 UTC),
        }
    }

    #[test]
    fn a_new_document_has_the_services_fields_in_the_services_order_and_no_other() {
        let document = new_organization(&new());
        let fields: Vec<&str> = document.keys().map(String::as_str).collect();
        assert_eq!(
            fields,
            [
                "_id",
                "organization_name",
                "admin_email",
                "admin_password",
                "collection_name",
                "created_at",
                "updated_at",
                "is_active"
            ]
        );
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let mut new = new();
        new.display_name = Some(DisplayName::from_stored("Acme Corporation".to_owned()));
        let read = organization(&raw(new_organization(&new))).expect("it has an id");
        assert_eq!(read.id, new.id);
        assert_eq!(read.name, new.name);
        assert_eq!(read.display_name, new.display_name);
        assert_eq!(read.admin_email, new.admin_email);
        assert_eq!((read.created_at, read.updated_at), (new.created_at.into(), new.created_at.into()));
        assert!(read.is_active);
        assert_eq!(read.session_version, 0);
    }

    #[test]
    fn a_document_that_breaks_the_format_is_read_as_far_as_it_goes() {
        let id = ObjectId::new();
        let broken =
            raw(doc! { "_id": id, "organization_name": 7, "created_at": "yesterday", "console": "none" });
        let read = organization(&broken).expect("it has an id");
        assert_eq!(read.id.object_id(), id);
        assert_eq!(read.name.as_str(), "");
        assert_eq!(read.created_at, StoredDate::UNKNOWN, "a text is no date");
        assert_eq!(read.updated_at, StoredDate::UNKNOWN, "nor is nothing");
        assert!(read.is_active, "absent counts as true");
        assert!(organization(&raw(doc! { "_id": "text" })).is_none());
    }

    #[test]
    fn false_zero_and_null_are_inactive_and_absent_is_active() {
        let values = |values: Vec<Bson>| values.into_iter().map(|value| doc! { "is_active": value });
        for inactive in values(vec![false.into(), 0.into(), 0_i64.into(), 0.0.into(), Bson::Null]) {
            assert!(!is_active(&raw(inactive.clone())), "{inactive}");
        }
        assert!(is_active(&raw(doc! {})), "absent counts as true");
        for active in values(vec![true.into(), 1.into(), (-1).into(), "no".into()]) {
            assert!(is_active(&raw(active.clone())), "{active}");
        }
    }

    #[test]
    fn a_document_comes_back_whole_and_in_order() {
        let id = ObjectId::new();
        let stored = raw(doc! {
            "_id": id, "plan": "gold", "organization_name": "acme", "admin_email": "a@example.com",
            "collection_name": "org_acme", "updated_at": DateTime::from_millis(1),
            "console": { "other": 1, "session_version": 4 },
            "billing": { "n": 9_007_199_254_740_993_i64 },
        });
        let name = OrganizationName::from_stored("acme-2".to_owned());
        let document = restored(&stored, &name, datetime!(2026-03-01 12:00 UTC)).expect("readable");
        assert_eq!(
            document,
            doc! {
                "_id": id, "plan": "gold", "organization_name": "acme-2", "admin_email": "a@example.com",
                "collection_name": "org_acme-2", "updated_at": DateTime::from_millis(1_772_366_400_000),
                "console": { "other": 1, "session_version": 5_i64 }, "billing": { "n": 9_007_199_254_740_993_i64 },
            }
        );
        let fields: Vec<&String> = document.keys().collect();
        assert_eq!(fields[1..3], ["plan", "organization_name"]);
    }

    #[test]
    fn a_trashed_document_says_when_and_by_whom() {
        let id = ObjectId::new();
        let read = trashed_organization(&raw(doc! {
            "_id": id, "organization": { "_id": id, "organization_name": "acme" },
            "trashed_at": DateTime::from_millis(1_000), "trashed_by": "op@example.com", "had_collection": false,
        }))
        .expect("it has an id");
        assert_eq!(read.name.as_str(), "acme");
        assert_eq!(
            read.trashed,
            Some(Trashed {
                at: StoredDate::from_milliseconds(1_000),
                by: "op@example.com".to_owned(),
                collection: TrashedCollection::Missing,
                copy: None,
            })
        );
    }

    #[test]
    fn moments_before_1970_keep_their_millisecond() {
        let moment = datetime!(1969-12-31 23:59:59.999 UTC);
        assert_eq!(date(moment).timestamp_millis(), -1);
    }
}
