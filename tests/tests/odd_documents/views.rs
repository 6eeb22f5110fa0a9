use bson::{Document, doc};
use tenantry_tests::suite::collection;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_in_place_of_a_collection_is_called_a_view() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let raw = workspace.database().await;
    raw.collection::<Document>("other").insert_one(doc! {"a": 1}).await.expect("inserted");
    let view = doc! {"create": "org_acme", "viewOn": "other", "pipeline": []};
    raw.run_command(view).await.expect("a view is made");
    let statistics = workspace.ports.collections.statistics(&collection("acme")).await.expect("an answer");
    let note = statistics.note.expect("it says what is missing");
    assert!(note.starts_with("This is a view"), "{note}");
    assert_eq!((statistics.documents, statistics.data_size), (1, None));
    workspace.remove().await;
}
