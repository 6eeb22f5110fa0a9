//! What [`CollectionStore`](tenantry_core::ports::CollectionStore) owes about lists, descriptions, documents and
//! indexes.

use std::collections::BTreeSet;

use bson::oid::ObjectId;
use bson::{Bson, Document, doc};
use futures_util::TryStreamExt;
use tenantry_core::error::StoreError;
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    CollectionDescription, CollectionIdentity, CollectionKind, IndexDescription, ListedCollection, Topology,
};
use tenantry_core::values::{CollectionName, CopyId};

use super::{collection, insert, move_collection};

fn bytes(document: &Document) -> Vec<u8> {
    document.to_vec().expect("a document has bytes")
}

fn read(bytes: &[u8]) -> Document {
    Document::from_reader(bytes).expect("a document")
}

fn id(id: impl Into<Bson>) -> Vec<u8> {
    bytes(&doc! { "_id": id.into() })
}

fn index(name: &str, definition: Document) -> IndexDescription {
    let mut whole = definition;
    whole.insert("name", name);
    IndexDescription { name: name.to_owned(), definition: bytes(&whole) }
}

fn names(description: &CollectionDescription) -> BTreeSet<&str> {
    description.indexes.iter().map(|index| index.name.as_str()).collect()
}

async fn described(ports: &Ports, name: &CollectionName) -> CollectionDescription {
    ports.collections.describe(name).await.expect("a look answers").expect("it is there")
}

async fn all(ports: &Ports, name: &CollectionName) -> Vec<Vec<u8>> {
    ports.collections.documents(name).try_concat().await.expect("documents")
}

/// `list`.
pub async fn collections_of_tenants_are_listed_by_name_and_no_others(ports: &Ports) {
    assert_eq!(ports.collections.list().await, Ok(Vec::new()));
    // Tenantry's own collections, and the service's.
    insert(ports, "somebody").await;
    let copy = CopyId::new();
    let aside = [
        CollectionName::set_aside(copy),
        CollectionName::incoming(copy),
        CollectionName::twins(copy),
        collection("gone").dropped("an operation"),
    ];
    let mut expected: Vec<_> = ["zenith", "acme", "acme-2", "acme_2"].map(collection).into();
    expected.extend(aside);
    for name in &expected {
        ports.collections.create(name).await.expect("created");
    }
    expected.sort();
    let plain = |name| ListedCollection { name, kind: CollectionKind::Plain };
    let expected: Vec<_> = expected.into_iter().map(plain).collect();
    assert_eq!(ports.collections.list().await, Ok(expected));
}

/// `describe` of a collection of the service.
pub async fn a_collection_is_described_as_it_was_made(ports: &Ports) {
    let acme = collection("acme");
    assert_eq!(ports.collections.describe(&acme).await, Ok(None));
    ports.collections.create(&acme).await.expect("created");
    let found = described(ports, &acme).await;
    assert_eq!(Some(&found.identity), ports.collections.identity(&acme).await.expect("a look").as_ref());
    assert_eq!(found.kind, CollectionKind::Plain);
    let service = CollectionDescription::of_the_service();
    assert_eq!(names(&found), names(&service));
    let validator = |description: &CollectionDescription| {
        read(&description.options).get_document("validator").expect("a validator").clone()
    };
    assert_eq!(validator(&found), validator(&service));
    for (found, service) in found.indexes.iter().zip(&service.indexes) {
        assert_eq!(read(&found.definition).get("key"), read(&service.definition).get("key"));
    }
}

/// `create_as`, with what the service never makes.
pub async fn a_collection_is_made_like_another_with_its_options_and_indexes(ports: &Ports) {
    let (acme, twin) = (collection("acme"), CollectionName::incoming(CopyId::new()));
    let like = CollectionDescription {
        identity: CollectionIdentity(None),
        kind: CollectionKind::Plain,
        options: bytes(&doc! {
            "validator": { "$jsonSchema": { "required": ["number"] } },
            "validationLevel": "moderate",
            "validationAction": "warn",
        }),
        indexes: vec![
            index("_id_", doc! { "key": { "_id": 1 } }),
            index("by_number", doc! { "key": { "number": -1, "text": 1 }, "unique": true, "sparse": true }),
        ],
    };
    assert_eq!(ports.collections.create_as(&acme, &like).await, Ok(()));
    assert_eq!(ports.collections.create_as(&acme, &like).await, Ok(()), "again");
    let made = described(ports, &acme).await;
    ports.collections.create_as(&twin, &made).await.expect("created");
    let twin = described(ports, &twin).await;
    assert_ne!(twin.identity, made.identity);
    assert_eq!(read(&twin.options), read(&made.options));
    let options = read(&made.options);
    for (key, value) in read(&like.options) {
        assert_eq!(options.get(&key), Some(&value), "{key}");
    }
    assert_eq!(names(&twin), BTreeSet::from(["_id_", "by_number"]));
    let number = twin.indexes.iter().find(|index| index.name == "by_number").expect("it was made");
    let number = read(&number.definition);
    assert_eq!(number.get_document("key").ok(), Some(&doc! { "number": -1, "text": 1 }));
    assert!(["unique", "sparse"].iter().all(|option| number.get_bool(option).unwrap_or(false)));
    // A rename takes all of it along.
    move_collection(ports, &acme, &collection("zenith")).await.expect("renamed");
    assert_eq!(described(ports, &collection("zenith")).await, made);
}

/// `documents`: bytes as they were inserted.
pub async fn every_document_comes_once_and_whole(ports: &Ports) {
    let acme = collection("acme");
    let missing = ports.collections.documents(&acme).try_concat().await;
    assert!(matches!(missing, Err(StoreError::CollectionMissing { .. })));
    ports.collections.create(&acme).await.expect("created");
    assert_eq!(all(ports, &acme).await, Vec::<Vec<u8>>::new());
    let documents: BTreeSet<_> = (0..3_000)
        .map(|number| bytes(&doc! { "_id": ObjectId::new(), "number": number, "text": "x".repeat(1_000) }))
        .collect();
    let inserted: Vec<_> = documents.iter().cloned().collect();
    for part in inserted.chunks(1_000) {
        ports.collections.insert_documents(&acme, part).await.expect("inserted");
    }
    let found = all(ports, &acme).await;
    assert_eq!(found.len(), 3_000);
    assert!(found.into_iter().collect::<BTreeSet<_>>() == documents, "a document is not as it was inserted");
    // Nobody is held up by who stops in the middle.
    let first = ports.collections.documents(&acme).try_next().await.expect("a batch");
    assert!(first.is_some_and(|batch| !batch.is_empty()));
}

/// `create_as`, `insert_documents` and `set_validator`: documents can be older than their validator.
pub async fn a_validator_that_refuses_nothing_takes_what_the_services_would_refuse(ports: &Ports) {
    let acme = collection("acme");
    let service = CollectionDescription::of_the_service();
    let like = CollectionDescription { options: bytes(&doc! { "validator": {} }), ..service };
    ports.collections.create_as(&acme, &like).await.expect("made");
    let old = bytes(&doc! { "_id": 1, "created_at": "long ago" });
    ports.collections.insert_documents(&acme, std::slice::from_ref(&old)).await.expect("inserted");
    let validator = bytes(&CollectionDescription::validator_of_the_service());
    ports.collections.set_validator(&acme, &validator).await.expect("set");
    let refused =
        ports.collections.insert_documents(&acme, &[bytes(&doc! { "_id": 2, "created_at": 5 })]).await;
    assert!(refused.is_err(), "from then on");
    assert_eq!(all(ports, &acme).await, std::slice::from_ref(&old));
    assert_eq!(ports.collections.remove_documents(&acme, &[old]).await, Ok(1));
}

/// `documents_of`.
pub async fn documents_are_found_by_ids_of_every_type(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    let ids: [Bson; 4] = [ObjectId::new().into(), "text".into(), 7.into(), doc! { "a": 1 }.into()];
    let documents: Vec<_> =
        ids.iter().map(|id| bytes(&doc! { "_id": id.clone(), "text": format!("of {id}") })).collect();
    ports.collections.insert_documents(&acme, &documents).await.expect("inserted");
    let wanted = [id(ids[1].clone()), id(ids[3].clone()), id("nobody")];
    let mut found = ports.collections.documents_of(&acme, &wanted).await.expect("documents");
    found.sort();
    let mut expected = vec![documents[1].clone(), documents[3].clone()];
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(ports.collections.documents_of(&acme, &[]).await, Ok(Vec::new()));
}

/// Documents with ids of every type.
fn of_every_type() -> Vec<Vec<u8>> {
    let binary = bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: vec![1, 2] };
    let ids: [Bson; 17] = [
        Bson::MinKey,
        Bson::Null,
        f64::NAN.into(),
        (-1_i32).into(),
        2.5.into(),
        7_i64.into(),
        "".into(),
        "text".into(),
        doc! { "a": 1 }.into(),
        doc! { "a": "b" }.into(),
        binary.into(),
        ObjectId::from_bytes([1; 12]).into(),
        ObjectId::from_bytes([2; 12]).into(),
        false.into(),
        bson::DateTime::from_millis(5).into(),
        Bson::Timestamp(bson::Timestamp { time: 1, increment: 1 }),
        Bson::MaxKey,
    ];
    ids.map(|one| bytes(&doc! { "_id": one.clone(), "text": format!("of {one}") })).into()
}

/// `documents_after`: ids of every type, and places that nobody has any more.
pub async fn documents_are_paged_by_id_through_every_type(ports: &Ports) {
    let acme = collection("acme");
    assert_eq!(ports.collections.documents_after(&acme, None, 5).await, Ok(Vec::new()), "a missing one");
    let after_one = ports.collections.documents_after(&acme, Some(&id(Bson::Int32(1))), 5).await;
    assert_eq!(after_one, Ok(Vec::new()), "a missing one");
    ports.collections.create(&acme).await.expect("created");
    assert_eq!(ports.collections.documents_after(&acme, None, 5).await, Ok(Vec::new()));
    let documents = of_every_type();
    ports.collections.insert_documents(&acme, &documents).await.expect("inserted");
    let expected: BTreeSet<_> = documents.iter().cloned().collect();
    let whole = walked(ports, &acme, 1, false).await;
    assert_eq!(whole.len(), documents.len(), "each once");
    assert_eq!(whole.iter().cloned().collect::<BTreeSet<_>>(), expected);
    for limit in [3, 100] {
        assert_eq!(walked(ports, &acme, limit, false).await, whole, "{limit}: the same order");
    }
    // The server that tests are tried on does not find these by their value, so it does not remove them either.
    let is_found = |document: &Vec<u8>| match read(document).get("_id") {
        Some(Bson::MinKey | Bson::MaxKey) => false,
        Some(Bson::Double(number)) => !number.is_nan(),
        _ => true,
    };
    let others: Vec<_> = whole.into_iter().filter(is_found).collect();
    let zenith = collection("zenith");
    ports.collections.create(&zenith).await.expect("created");
    ports.collections.insert_documents(&zenith, &others).await.expect("inserted");
    assert_eq!(walked(ports, &zenith, 2, true).await, others, "after an id that is gone");
    assert_eq!(all(ports, &zenith).await, Vec::<Vec<u8>>::new());
}

/// All documents by pages; each page is removed once it is there, if that is asked for.
async fn walked(ports: &Ports, name: &CollectionName, limit: u32, removes: bool) -> Vec<Vec<u8>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = ports.collections.documents_after(name, after.as_deref(), limit).await.expect("a page");
        assert!(page.len() <= limit as usize, "{limit}: {}", page.len());
        let Some(last) = page.last() else { return found };
        after = Some(id(read(last).get("_id").expect("an _id").clone()));
        if removes {
            let removed = ports.collections.remove_documents(name, &page).await;
            let ids: Vec<_> = page.iter().map(|document| read(document).get("_id").cloned()).collect();
            assert_eq!(removed, Ok(page.len() as u64), "{ids:?}");
        }
        found.extend(page);
    }
}

/// `documents_after`: large documents end a page, and none is passed over.
pub async fn a_page_of_large_documents_is_short_and_none_is_left_out(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    let is_server = ports.health.server().await.expect("a server").topology != Topology::File;
    let text = "x".repeat(6 * 1024 * 1024);
    for number in 0..5 {
        let document = bytes(&doc! { "_id": number, "text": &text });
        ports.collections.insert_documents(&acme, &[document]).await.expect("inserted");
    }
    let (mut found, mut after) = (0, None);
    loop {
        let page = ports.collections.documents_after(&acme, after.as_deref(), 100).await.expect("a page");
        let Some(last) = page.last() else { break };
        let size: usize = page.iter().map(Vec::len).sum();
        // Of MongoDB an answer has 16 MB; the server that tests are tried on knows no such limit.
        assert!(is_server || size <= 7 * 1024 * 1024, "a page of {size} bytes");
        after = Some(id(read(last).get("_id").expect("an _id").clone()));
        found += page.len();
    }
    assert_eq!(found, 5);
    let documents = all(ports, &acme).await;
    assert_eq!(
        ports.collections.remove_documents(&acme, &documents).await,
        Ok(5),
        "more than one command has room for"
    );
}

/// `replace_documents`.
pub async fn a_document_is_replaced_only_while_it_is_exactly_this_one(ports: &Ports) {
    let acme = collection("acme");
    let date = |day: i64| bson::DateTime::from_millis(day * 86_400_000);
    let document =
        |number: i32, text: &str| bytes(&doc! { "_id": number, "text": text, "created_at": date(1) });
    assert_eq!(ports.collections.replace_documents(&acme, &[]).await, Ok(0));
    ports.collections.create(&acme).await.expect("created");
    let documents: Vec<_> = (0..3).map(|number| document(number, "old")).collect();
    ports.collections.insert_documents(&acme, &documents).await.expect("inserted");
    let pairs = [
        (documents[0].clone(), bytes(&doc! { "_id": 0, "longer": "than before".repeat(9) })),
        (document(1, "another"), document(1, "new")),
        (document(9, "nobody"), document(9, "new")),
    ];
    assert_eq!(ports.collections.replace_documents(&acme, &pairs).await, Ok(1));
    let expected: BTreeSet<_> = [pairs[0].1.clone(), documents[1].clone(), documents[2].clone()].into();
    assert_eq!(all(ports, &acme).await.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(ports.collections.statistics(&acme).await.expect("statistics").documents, 3);
    // What the rules of the collection refuse leaves what it has.
    let refused = bytes(&doc! { "_id": 2, "created_at": "yesterday" });
    let answer = ports.collections.replace_documents(&acme, &[(documents[2].clone(), refused)]).await;
    assert!(matches!(answer, Err(StoreError::RuleBroken { .. } | StoreError::Corrupt { .. })), "{answer:?}");
    assert_eq!(all(ports, &acme).await.into_iter().collect::<BTreeSet<_>>(), expected);
}

/// `newest`.
pub async fn the_newest_document_has_the_greatest_id(ports: &Ports) {
    let acme = collection("acme");
    assert_eq!(ports.collections.newest(&acme).await, Ok(None), "a missing collection has none");
    ports.collections.create(&acme).await.expect("created");
    assert_eq!(ports.collections.newest(&acme).await, Ok(None));
    let at = |seconds: u8| ObjectId::from_bytes([0x60, 0, 0, seconds, 0, 0, 0, 0, 0, 0, 0, 1]);
    let documents: Vec<_> = [2, 9, 4].map(|seconds| bytes(&doc! { "_id": at(seconds) })).into();
    ports.collections.insert_documents(&acme, &documents).await.expect("inserted");
    assert_eq!(ports.collections.newest(&acme).await, Ok(Some(documents[1].clone())));
}

/// `remove_documents`.
pub async fn a_document_is_removed_only_while_it_is_exactly_this_one(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    let date = bson::DateTime::from_millis(1_772_366_400_000);
    let document =
        |number: i32| bytes(&doc! { "_id": number, "text": format!("{number}"), "created_at": date });
    let documents: Vec<_> = (0..4).map(document).collect();
    ports.collections.insert_documents(&acme, &documents).await.expect("inserted");
    let changed = bytes(&doc! { "_id": 1, "text": "another", "created_at": date });
    let gone = bytes(&doc! { "_id": 9 });
    let removed = ports.collections.remove_documents(&acme, &[documents[0].clone(), changed, gone]).await;
    assert_eq!(removed, Ok(1));
    assert_eq!(
        all(ports, &acme).await.into_iter().collect::<BTreeSet<_>>(),
        documents[1..].iter().cloned().collect()
    );
    let statistics = ports.collections.statistics(&acme).await.expect("statistics");
    assert_eq!(statistics.documents, 3);
    assert_eq!(ports.collections.remove_documents(&acme, &[]).await, Ok(0));
}

/// `create_index` and `drop_index`.
pub async fn an_index_is_made_once_and_removed(ports: &Ports) {
    let acme = collection("acme");
    let own = index("by_number", doc! { "key": { "number": 1 } });
    let missing = ports.collections.create_index(&acme, &own).await;
    assert!(matches!(missing, Err(StoreError::CollectionMissing { .. })));
    assert_eq!(ports.collections.exists(&acme).await, Ok(false), "an index made a collection");
    ports.collections.create(&acme).await.expect("created");
    for _ in 0..2 {
        assert_eq!(ports.collections.create_index(&acme, &own).await, Ok(()));
    }
    assert_eq!(names(&described(ports, &acme).await).len(), 4);
    let statistics = ports.collections.statistics(&acme).await.expect("statistics");
    assert!(statistics.indexes.iter().any(|index| index.name == "by_number"));
    for _ in 0..2 {
        assert_eq!(ports.collections.drop_index(&acme, "by_number").await, Ok(()));
    }
    assert_eq!(names(&described(ports, &acme).await).len(), 3);
    assert_eq!(ports.collections.drop_index(&collection("nobody"), "by_number").await, Ok(()));
}

/// `create_index` in the way of another.
pub async fn an_index_in_the_place_of_another_is_refused(ports: &Ports) {
    let acme = collection("acme");
    ports.collections.create(&acme).await.expect("created");
    for other in [
        index("created_at_1", doc! { "key": { "number": 1 } }),
        index("by_creation", doc! { "key": { "created_at": 1 } }),
    ] {
        let refused = ports.collections.create_index(&acme, &other).await;
        assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{}: {refused:?}", other.name);
    }
    assert_eq!(names(&described(ports, &acme).await).len(), 3);
}

/// `set_validator`.
pub async fn a_validator_is_set(ports: &Ports) {
    let acme = collection("acme");
    let validator = doc! { "$jsonSchema": { "required": ["number"] } };
    let missing = ports.collections.set_validator(&acme, &bytes(&validator)).await;
    assert!(matches!(missing, Err(StoreError::CollectionMissing { .. })));
    ports.collections.create(&acme).await.expect("created");
    assert_eq!(ports.collections.set_validator(&acme, &bytes(&validator)).await, Ok(()));
    let options = read(&described(ports, &acme).await.options);
    assert_eq!(options.get_document("validator").ok(), Some(&validator));
}
