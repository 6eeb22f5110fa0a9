//! What [`CollectionStore`](tenantry_core::ports::CollectionStore) owes.

use bson::oid::ObjectId;
use bson::{DateTime, doc};
use tenantry_core::error::StoreError;
use tenantry_core::ports::Ports;
use tenantry_core::values::{CollectionName, OrganizationId};

use super::{collection, delete_collection, move_collection};

/// A document of `size` bytes of text or a little more, as bytes.
fn document(size: usize) -> Vec<u8> {
    let now = DateTime::from_millis(1_772_366_400_000);
    let document =
        doc! {"_id": ObjectId::new(), "text": "x".repeat(size), "created_at": now, "updated_at": now};
    document.to_vec().expect("a document has bytes")
}

async fn exists(ports: &Ports, name: &CollectionName) -> bool {
    ports.collections.exists(name).await.expect("a look-up answers")
}

async fn count(ports: &Ports, name: &CollectionName) -> u64 {
    ports.collections.statistics(name).await.expect("statistics").documents
}

fn is_missing<T>(answer: Result<T, StoreError>, name: &CollectionName) -> bool {
    matches!(answer, Err(StoreError::CollectionMissing { collection }) if collection == name.as_str())
}

/// `exists` before and after `create`.
pub async fn a_collection_exists_once_it_is_created(ports: &Ports) {
    let acme = collection("acme_corp");
    assert!(!exists(ports, &acme).await);
    assert_eq!(ports.collections.create(&acme).await, Ok(()));
    assert!(exists(ports, &acme).await);
    for other in ["acme-corp", "acmexcorp", "acme", "acme_corp2"] {
        assert!(!exists(ports, &collection(other)).await, "{other} is another collection");
    }
}

/// A created collection is empty and has the service's indexes.
pub async fn of_many_names_those_of_collections_are_told(ports: &Ports) {
    for name in ["acme", "globex", "unasked"] {
        ports.collections.create(&collection(name)).await.expect("created");
    }
    let asked = ["globex", "none", "acme", "acm"].map(collection);
    let existing = ports.collections.existing(&asked).await;
    assert_eq!(existing, Ok(vec![collection("globex"), collection("acme")]));
    let many: Vec<_> = (0..1_000).map(|number| collection(&format!("many-{number}"))).collect();
    assert_eq!(ports.collections.existing(&many).await, Ok(Vec::new()));
}

/// `create` alone.
pub async fn a_new_collection_has_the_indexes_of_the_service_and_no_documents(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    let statistics = ports.collections.statistics(&acme).await.expect("statistics");
    assert_eq!(statistics.collection, acme);
    assert_eq!(statistics.documents, 0);
    assert_eq!(statistics.average_document(), None);
    let mut indexes: Vec<_> = statistics.indexes.iter().map(|index| index.name.as_str()).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, ["_id_", "created_at_1", "updated_at_1"]);
}

/// `create_new` refuses a name that a collection has, with documents or without, and leaves it alone.
pub async fn a_collection_that_must_be_new_is_made_only_where_there_is_none(ports: &Ports) {
    let acme = collection("acme");
    assert_eq!(ports.collections.create_new(&acme).await, Ok(()));
    let mut indexes: Vec<_> = ports
        .collections
        .statistics(&acme)
        .await
        .expect("statistics")
        .indexes
        .into_iter()
        .map(|one| one.name)
        .collect();
    indexes.sort_unstable();
    assert_eq!(indexes, ["_id_", "created_at_1", "updated_at_1"]);
    let exists = Err(StoreError::CollectionExists { collection: acme.to_string() });
    assert_eq!(ports.collections.create_new(&acme).await, exists);
    ports.collections.insert_documents(&acme, &[document(1)]).await.expect("inserted");
    assert_eq!(ports.collections.create_new(&acme).await, exists);
    assert_eq!(count(ports, &acme).await, 1);
}

/// `is_empty` sees the document that was just inserted.
pub async fn a_collection_is_empty_until_something_is_inserted(ports: &Ports) {
    let (acme, other) = (collection("acme"), collection("other"));
    let is_empty =
        async |name: &CollectionName| ports.collections.is_empty(name).await.expect("a look answers");
    assert!(is_empty(&acme).await, "one that is missing is empty");
    ports.collections.create(&acme).await.expect("created");
    ports.collections.create(&other).await.expect("created");
    assert!(is_empty(&acme).await);
    ports.collections.insert_documents(&acme, &[document(10)]).await.expect("inserted");
    assert!(!is_empty(&acme).await);
    assert!(is_empty(&other).await);
}

/// Creation may be repeated.
pub async fn creating_again_keeps_what_is_there(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    ports.collections.insert_documents(&acme, &[document(10), document(10)]).await.expect("inserted");
    assert_eq!(ports.collections.create(&acme).await, Ok(()));
    let statistics = ports.collections.statistics(&acme).await.expect("statistics");
    assert_eq!(statistics.documents, 2);
    assert_eq!(statistics.indexes.len(), 3);
}

/// A rename keeps documents and indexes.
pub async fn a_rename_takes_documents_and_indexes_along(ports: &Ports) {
    let (from, to) = (collection("acme"), collection("zenith"));
    ports.collections.create(&from).await.expect("created");
    ports.collections.insert_documents(&from, &[document(10), document(200)]).await.expect("inserted");
    let before = ports.collections.statistics(&from).await.expect("statistics");
    assert_eq!(move_collection(ports, &from, &to).await, Ok(()));
    assert!(!exists(ports, &from).await);
    let after = ports.collections.statistics(&to).await.expect("statistics");
    assert_eq!(after.documents, 2);
    assert_eq!(after.data_size, before.data_size);
    let names = |statistics: &tenantry_core::records::CollectionStatistics| {
        let mut names: Vec<_> = statistics.indexes.iter().map(|index| index.name.clone()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(&after), names(&before));
}

/// The identity of a collection.
pub async fn a_rename_keeps_which_collection_it_is_and_a_new_one_is_another(ports: &Ports) {
    let (from, to) = (collection("acme"), collection("zenith"));
    let identity =
        async |name: &CollectionName| ports.collections.identity(name).await.expect("a look answers");
    assert_eq!(identity(&from).await, None);
    ports.collections.create(&from).await.expect("created");
    let moved = identity(&from).await.expect("it is there");
    move_collection(ports, &from, &to).await.expect("renamed");
    assert_eq!(identity(&from).await, None);
    ports.collections.create(&from).await.expect("created anew");
    let (now, anew) = (identity(&to).await.expect("there"), identity(&from).await.expect("there"));
    assert_eq!(moved.is_same_as(&now), Some(true), "{moved:?} {now:?}");
    assert_eq!(moved.is_same_as(&anew), Some(false), "{moved:?} {anew:?}");
}

/// To the trash and back is a rename like any other.
pub async fn a_collection_moves_to_the_trash_and_back(ports: &Ports) {
    let (live, trash) = (collection("acme"), CollectionName::in_trash(OrganizationId::new()));
    ports.collections.create(&live).await.expect("created");
    ports.collections.insert_documents(&live, &[document(10)]).await.expect("inserted");
    assert_eq!(move_collection(ports, &live, &trash).await, Ok(()));
    assert!(!exists(ports, &live).await && exists(ports, &trash).await);
    assert_eq!(count(ports, &trash).await, 1);
    assert_eq!(move_collection(ports, &trash, &live).await, Ok(()));
    assert_eq!(count(ports, &live).await, 1);
}

/// A rename never replaces.
pub async fn a_rename_is_refused_when_the_target_is_there_and_nothing_changes(ports: &Ports) {
    let (from, to) = (collection("acme"), collection("zenith"));
    for (name, documents) in [(&from, 1), (&to, 2)] {
        ports.collections.create(name).await.expect("created");
        let documents: Vec<_> = (0..documents).map(|_| document(10)).collect();
        ports.collections.insert_documents(name, &documents).await.expect("inserted");
    }
    let answer = move_collection(ports, &from, &to).await;
    assert_eq!(answer, Err(StoreError::CollectionExists { collection: to.to_string() }));
    assert_eq!((count(ports, &from).await, count(ports, &to).await), (1, 2));
}

/// A rename needs its source.
pub async fn a_rename_is_refused_when_the_source_is_missing(ports: &Ports) {
    let (from, to) = (collection("acme"), collection("zenith"));
    assert!(is_missing(move_collection(ports, &from, &to).await, &from));
    assert!(!exists(ports, &to).await, "nothing is created in its place");
}

/// `delete` deletes everything, and absent counts as done.
pub async fn a_deleted_collection_is_gone_and_deleting_it_again_counts_as_done(ports: &Ports) {
    let (acme, other) = (collection("acme"), collection("zenith"));
    for name in [&acme, &other] {
        ports.collections.create(name).await.expect("created");
        ports.collections.insert_documents(name, &[document(10)]).await.expect("inserted");
    }
    assert_eq!(delete_collection(ports, &acme).await, Ok(()));
    assert!(!exists(ports, &acme).await);
    assert_eq!(delete_collection(ports, &acme).await, Ok(()));
    assert_eq!(count(ports, &other).await, 1, "another collection stays");
    ports.collections.create(&acme).await.expect("created");
    assert_eq!(count(ports, &acme).await, 0, "its documents are gone for good");
}

/// Statistics tell documents and their size.
pub async fn statistics_tell_documents_and_their_bytes(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    let documents: Vec<_> = (1..=40).map(|number| document(number * 10)).collect();
    let bytes: usize = documents.iter().map(Vec::len).sum();
    ports.collections.insert_documents(&acme, &documents).await.expect("inserted");
    let statistics = ports.collections.statistics(&acme).await.expect("statistics");
    assert_eq!(statistics.documents, 40);
    assert_eq!(statistics.data_size, Some(bytes as u64));
    assert_eq!(statistics.average_document(), Some(bytes as u64 / 40));
    assert!(!statistics.command.is_empty(), "it says how it was read");
    assert_eq!(ports.collections.count(&acme).await, Ok(40));
    assert_eq!(ports.collections.count(&collection("missing")).await, Ok(0));
}

/// Statistics of a missing collection.
pub async fn statistics_of_a_missing_collection_say_that_it_is_missing(ports: &Ports) {
    let acme = collection("acme");
    assert!(is_missing(ports.collections.statistics(&acme).await, &acme));
}

/// A document that is there already counts as done.
pub async fn a_document_whose_id_is_there_counts_as_done_and_the_others_are_inserted(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    let (one, two, three) = (document(10), document(20), document(30));
    assert_eq!(ports.collections.insert_documents(&acme, std::slice::from_ref(&two)).await, Ok(()));
    assert_eq!(ports.collections.insert_documents(&acme, &[one, two.clone(), three]).await, Ok(()));
    assert_eq!(count(ports, &acme).await, 3);
    assert_eq!(ports.collections.insert_documents(&acme, &[]).await, Ok(()), "none is no error");
}

/// Ids of every type.
pub async fn documents_keep_ids_of_every_type_apart(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    let documents: Vec<_> =
        [doc! {"_id": "1"}, doc! {"_id": 1_i32}, doc! {"_id": true}, doc! {"_id": {"a": 1}}]
            .iter()
            .map(|document| document.to_vec().expect("bytes"))
            .collect();
    ports.collections.insert_documents(&acme, &documents).await.expect("inserted");
    ports.collections.insert_documents(&acme, &documents).await.expect("repeated");
    assert_eq!(count(ports, &acme).await, 4);
}

/// Documents need a collection.
pub async fn documents_are_refused_when_the_collection_is_missing(ports: &Ports) {
    let acme = collection("acme");
    assert!(is_missing(ports.collections.insert_documents(&acme, &[document(10)]).await, &acme));
    assert!(!exists(ports, &acme).await, "no collection comes into being by accident");
}

/// Bytes that are not a document.
pub async fn bytes_that_are_no_document_are_refused(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    let whole = document(10);
    let cut = whole[..whole.len() - 3].to_vec();
    for bytes in [Vec::new(), b"no document".to_vec(), cut] {
        let answer = ports.collections.insert_documents(&acme, &[bytes]).await;
        assert!(matches!(answer, Err(StoreError::Corrupt { .. })), "{answer:?}");
    }
    assert_eq!(count(ports, &acme).await, 0);
}

/// A rename and a deletion are about one collection, whatever has its name.
pub async fn a_collection_that_stands_in_anothers_place_is_neither_renamed_nor_deleted(ports: &Ports) {
    let (acme, to) = (collection("acme"), collection("zenith"));
    ports.collections.create(&acme).await.expect("created");
    let known = ports.collections.identity(&acme).await.expect("a look-up answers").expect("it is there");
    move_collection(ports, &acme, &to).await.expect("moved away");
    ports.collections.create(&acme).await.expect("made anew");
    ports.collections.insert_documents(&acme, &[document(10)]).await.expect("inserted");
    let other = collection("globex");
    assert!(is_missing(ports.collections.rename(&acme, &other, &known).await, &acme));
    let deleted = ports.collections.delete(&acme, &known).await;
    assert_eq!(deleted, Err(StoreError::Changed { what: "the collection" }));
    assert_eq!(count(ports, &acme).await, 1, "it stays with its documents");
    assert_eq!(ports.collections.rename(&to, &other, &known).await, Ok(()));
    assert_eq!(ports.collections.delete(&other, &known).await, Ok(()));
}

/// Only an empty one is deleted.
pub async fn an_empty_collection_is_deleted_and_one_with_documents_stays(ports: &Ports) {
    let acme = collection("acme");
    assert_eq!(
        ports.collections.delete_empty(&acme, "an operation").await,
        Ok(true),
        "absent counts as done"
    );
    ports.collections.create(&acme).await.expect("created");
    ports.collections.insert_documents(&acme, &[document(10)]).await.expect("inserted");
    assert_eq!(ports.collections.delete_empty(&acme, "an operation").await, Ok(false));
    assert_eq!(count(ports, &acme).await, 1);
    let empty = collection("empty");
    ports.collections.create(&empty).await.expect("created");
    assert_eq!(ports.collections.delete_empty(&empty, "an operation").await, Ok(true));
    assert!(!exists(ports, &empty).await);
}
