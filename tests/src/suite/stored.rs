//! What [`OrganizationStore`](tenantry_core::ports::OrganizationStore) owes about documents as they are stored.

use bson::oid::ObjectId;
use bson::{Document, doc};
use futures_util::TryStreamExt;
use tenantry_core::error::{StoreError, UniqueField};
use tenantry_core::ports::Ports;
use tenantry_core::records::{Correction, Shelf, StoredId, StoredOrganization, Trashed, TrashedCollection};
use tenantry_core::values::{CopyId, OrganizationId};

use super::{collection, email, hash, insert, moment, name};

async fn stored(ports: &Ports, id: OrganizationId) -> StoredOrganization {
    ports.organizations.stored(id).await.expect("a look-up").expect("it is there")
}

async fn document(ports: &Ports, id: OrganizationId) -> Document {
    let bytes = ports.organizations.document(id).await.expect("a look-up").expect("it is there");
    Document::from_reader(bytes.as_slice()).expect("a document")
}

fn bytes(document: &Document) -> Vec<u8> {
    document.to_vec().expect("a document has bytes")
}

async fn scanned(ports: &Ports, shelf: Shelf) -> Vec<StoredOrganization> {
    ports.organizations.scan(shelf).try_concat().await.expect("documents")
}

/// `scan`.
pub async fn every_document_is_scanned_by_name_on_its_shelf(ports: &Ports) {
    for text in ["zenith", "acme", "mid-town"] {
        insert(ports, text).await;
    }
    let gone = insert(ports, "aaa").await;
    let trashed = Trashed {
        at: moment(2).into(),
        by: "operator@example.com".to_owned(),
        collection: TrashedCollection::Missing,
        copy: Some(CopyId::new()),
    };
    ports.organizations.copy_to_trash(gone.id, &trashed).await.expect("copied");
    ports.organizations.remove_copied(gone.id, trashed.copy).await.expect("removed");
    let live = scanned(ports, Shelf::Live).await;
    let names: Vec<_> = live.iter().map(|found| found.name.as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["acme", "mid-town", "zenith"]);
    let acme = &live[0];
    assert_eq!(acme.collection_name.as_str(), Some("org_acme"));
    assert_eq!(acme.admin_email.as_str(), Some("admin@acme.example.com"));
    assert_eq!(acme.hash, hash("a").scheme());
    assert_eq!((acme.created_at, acme.is_active), (moment(0).into(), true));
    assert_eq!((acme.odd.len(), &acme.trashed), (0, &None));
    let trash = scanned(ports, Shelf::Trash).await;
    assert_eq!(trash.len(), 1);
    assert_eq!(trash[0].id, StoredId::Organization(gone.id));
    assert_eq!(trash[0].name.as_str(), Some("aaa"));
    assert_eq!(trash[0].trashed, Some(trashed));
}

/// `correct`.
pub async fn a_document_is_corrected_only_while_it_is_as_it_was_seen(ports: &Ports) {
    let acme = insert(ports, "acme").await;
    let seen = stored(ports, acme.id).await;
    let correction = Correction { collection_name: Some(collection("elsewhere")), ..Correction::default() };
    ports.organizations.correct(&seen, &correction, moment(5)).await.expect("corrected");
    let now = stored(ports, acme.id).await;
    assert_eq!(now.collection_name.as_str(), Some("org_elsewhere"));
    assert_eq!((now.updated_at, now.created_at), (moment(5).into(), moment(0).into()));
    assert_eq!((&now.name, &now.admin_email), (&seen.name, &seen.admin_email));
    let other = Correction { is_active: Some(false), ..Correction::default() };
    let changed = Err(StoreError::Changed { what: "the organization" });
    assert_eq!(ports.organizations.correct(&seen, &other, moment(6)).await, changed);
    assert_eq!(stored(ports, acme.id).await, now);
    ports.organizations.correct(&now, &other, moment(6)).await.expect("corrected");
    assert!(!stored(ports, acme.id).await.is_active);
    let gone = StoredOrganization { id: StoredId::Organization(OrganizationId::new()), ..now };
    let missing = Err(StoreError::NotFound { what: "organization" });
    assert_eq!(ports.organizations.correct(&gone, &other, moment(6)).await, missing);
}

/// `correct` of unique values.
pub async fn a_correction_to_a_taken_value_is_refused_and_changes_nothing(ports: &Ports) {
    let (acme, zenith) = (insert(ports, "acme").await, insert(ports, "zenith").await);
    let seen = stored(ports, acme.id).await;
    let taken = |field| Err(StoreError::Duplicate { field });
    let correction = Correction { name: Some(zenith.name.clone()), ..Correction::default() };
    assert_eq!(ports.organizations.correct(&seen, &correction, moment(5)).await, taken(UniqueField::Name));
    let address = email("ADMIN@zenith.example.com");
    let correction = Correction { admin_email: Some(address), ..Correction::default() };
    assert_eq!(ports.organizations.correct(&seen, &correction, moment(5)).await, taken(UniqueField::Email));
    assert_eq!(stored(ports, acme.id).await, seen);
}

/// A repeated `correct`.
pub async fn a_correction_that_is_repeated_counts_as_done(ports: &Ports) {
    let acme = insert(ports, "acme").await;
    let seen = stored(ports, acme.id).await;
    let correction = Correction {
        name: Some(name("zenith")),
        collection_name: Some(collection("zenith")),
        created_at: Some(moment(1)),
        ..Correction::default()
    };
    ports.organizations.correct(&seen, &correction, moment(5)).await.expect("corrected");
    let now = stored(ports, acme.id).await;
    assert_eq!(ports.organizations.correct(&seen, &correction, moment(9)).await, Ok(()));
    assert_eq!(stored(ports, acme.id).await, now);
    assert_eq!((now.name.as_str(), now.created_at), (Some("zenith"), moment(1).into()));
}

/// `correct` of a password.
pub async fn a_corrected_password_ends_sessions(ports: &Ports) {
    let acme = insert(ports, "acme").await;
    let seen = stored(ports, acme.id).await;
    let correction = Correction { admin_password: Some(hash("b")), ..Correction::default() };
    ports.organizations.correct(&seen, &correction, moment(5)).await.expect("corrected");
    let found =
        ports.organizations.find_credentials_of(acme.id).await.expect("a look-up").expect("it is there");
    assert_eq!(found.password_hash.expose(), hash("b").expose());
    assert_eq!(found.organization.session_version, 1);
}

/// `document` and `insert_document`.
pub async fn a_whole_document_travels_with_fields_that_nobody_knows(ports: &Ports) {
    let acme = insert(ports, "acme").await;
    let whole = document(ports, acme.id).await;
    assert_eq!(whole.get_str("admin_password").ok(), Some(hash("a").expose()));
    assert_eq!(ports.organizations.document(OrganizationId::new()).await, Ok(None));
    let id = ObjectId::new();
    let mut other = whole.clone();
    other.insert("_id", id);
    other.insert("organization_name", "zenith");
    other.insert("collection_name", "org_zenith");
    other.insert("admin_email", "admin@zenith.example.com");
    other.insert("is_active", false);
    other.insert("console", doc! { "display_name": "Zenith", "session_version": 3_i64, "note": "ours" });
    other.insert("billing", doc! { "plan": "gold", "seats": 7 });
    for _ in 0..2 {
        assert_eq!(ports.organizations.insert_document(&bytes(&other)).await, Ok(()));
    }
    assert_eq!(document(ports, id.into()).await, other);
    let found = ports.organizations.find(id.into()).await.expect("a look-up").expect("it is there");
    assert_eq!(found.display_name.as_ref().map(|name| name.as_str()), Some("Zenith"));
    assert_eq!((found.session_version, found.is_active), (3, false));
}

/// Further fields in the trash.
pub async fn a_whole_document_keeps_its_further_fields_in_the_trash_and_back(ports: &Ports) {
    let acme = insert(ports, "acme").await;
    let mut whole = document(ports, acme.id).await;
    let id = ObjectId::new();
    whole.insert("_id", id);
    whole.insert("organization_name", "zenith");
    whole.insert("collection_name", "org_zenith");
    whole.insert("admin_email", "admin@zenith.example.com");
    whole.insert("billing", doc! { "plan": "gold" });
    ports.organizations.insert_document(&bytes(&whole)).await.expect("inserted");
    let copy = Some(CopyId::new());
    let trashed = Trashed {
        at: moment(2).into(),
        by: "operator@example.com".to_owned(),
        collection: TrashedCollection::Missing,
        copy,
    };
    ports.organizations.copy_to_trash(id.into(), &trashed).await.expect("copied");
    ports.organizations.remove_copied(id.into(), copy).await.expect("removed");
    let kept =
        ports.organizations.trashed_document(id.into()).await.expect("a look-up").expect("it is there");
    let kept = Document::from_reader(kept.as_slice()).expect("a document");
    for field in ["_id", "organization_name", "admin_password", "created_at", "billing"] {
        assert_eq!(kept.get(field), whole.get(field), "{field}");
    }
    assert_eq!(ports.organizations.trashed_document(acme.id).await, Ok(None), "it is live");
    ports.organizations.copy_from_trash(id.into(), copy, &name("back"), moment(3)).await.expect("copied");
    let back = document(ports, id.into()).await;
    assert_eq!(back.get("billing"), whole.get("billing"));
    assert_eq!(back.get_str("organization_name").ok(), Some("back"));
}

/// `insert_document` of what cannot be.
pub async fn a_whole_document_is_refused_when_something_is_taken_or_breaks_the_format(ports: &Ports) {
    let acme = insert(ports, "acme").await;
    let whole = document(ports, acme.id).await;
    let with = |changes: Document| {
        let mut document = whole.clone();
        document.insert("_id", ObjectId::new());
        document.insert("organization_name", "zenith");
        document.insert("collection_name", "org_zenith");
        document.insert("admin_email", "admin@zenith.example.com");
        document.extend(changes);
        bytes(&document)
    };
    let refused = async |changes: Document| ports.organizations.insert_document(&with(changes)).await;
    let taken = |field| Err(StoreError::Duplicate { field });
    assert_eq!(refused(doc! { "organization_name": "acme" }).await, taken(UniqueField::Name));
    assert_eq!(refused(doc! { "admin_email": "ADMIN@acme.example.com" }).await, taken(UniqueField::Email));
    assert_eq!(refused(doc! { "_id": acme.id.object_id() }).await, taken(UniqueField::Id));
    for broken in [
        doc! { "_id": "text" },
        doc! { "organization_name": 7 },
        doc! { "admin_email": bson::Bson::Null },
        doc! { "admin_password": 7 },
        doc! { "created_at": "yesterday" },
        doc! { "is_active": 1 },
    ] {
        let answer = refused(broken.clone()).await;
        assert!(matches!(answer, Err(StoreError::Corrupt { .. })), "{broken}: {answer:?}");
    }
    let nonsense = ports.organizations.insert_document(b"nonsense").await;
    assert!(matches!(nonsense, Err(StoreError::Corrupt { .. })));
    assert_eq!(scanned(ports, Shelf::Live).await.len(), 1);
}
