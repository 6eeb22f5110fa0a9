//! A write that no majority confirmed in time (write concern error 64) counts as done only if it is there: a primary
//! that was replaced meanwhile took it along.

use bson::{Document, doc};
use mongodb::{Client, Database};
use tenantry_core::error::StoreError;
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    ActivityEntry, ActivityKind, Operation, OperationPlan, OrganizationChange, Owner, SessionsOf, Trashed,
    TrashedCollection,
};
use tenantry_core::values::CopyId;
use tenantry_tests::proxy::Proxy;
use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::suite::sessions::session_facts;
use tenantry_tests::suite::{ANY, collection, email, hash, insert, moment, name, organization, seen};
use tenantry_tests::workspace::open_database;

struct Case {
    proxy: Proxy,
    ports: Ports,
    raw: Database,
    stands: bool,
}

impl Case {
    async fn open(topology: Topology, stands: bool) -> Self {
        let server = Server::shared(topology);
        let proxy = Proxy::before(server.address());
        let database = fresh_database();
        // Direct: a replica set reports its members' own addresses, which bypass the proxy.
        let uri = format!("mongodb://{}/?directConnection=true", proxy.address());
        let ports = open_database(&uri, &database).await.expect("it opens");
        ports.health.prepare().await.expect("prepared");
        let raw = Client::with_uri_str(server.uri()).await.expect("a connection string").database(&database);
        Self { proxy, ports, raw, stands }
    }

    /// The next command of this name is not confirmed.
    fn unconfirmed(&self, command: &str) {
        self.proxy.leave_unconfirmed(&format!("\u{2}{command}\0"), self.stands);
    }

    /// A write that stands counts as done; one that does not is not reported as done.
    fn judge<T: std::fmt::Debug>(&self, what: &str, answer: &Result<T, StoreError>) {
        if self.stands {
            assert!(answer.is_ok(), "{what} stands: {answer:?}");
        } else {
            let unclear = answer.as_ref().is_err_and(StoreError::is_unclear);
            assert!(unclear, "{what} is not there, and the journal must look: {answer:?}");
        }
    }
}

async fn no_write_is_believed_that_is_not_there(topology: Topology) {
    for stands in [false, true] {
        let case = Case::open(topology, stands).await;
        let (organizations, collections) = (&case.ports.organizations, &case.ports.collections);
        let acme = insert(&case.ports, "acme").await;
        let (from, to) = (collection("acme"), collection("zenith"));

        case.unconfirmed("insert");
        case.judge("an insert", &organizations.insert(&organization("globex")).await);
        case.unconfirmed("findAndModify");
        let named =
            organizations.set_name(&seen(&case.ports, acme.id).await, &name("zenith"), moment(1)).await;
        case.judge("a name", &named);
        let stored = case.raw.collection::<Document>("organizations");
        let stored = stored.find_one(doc! { "_id": acme.id.object_id() }).await.expect("a look-up answers");
        let stored = stored.expect("it is there");
        let expected = if stands { "zenith" } else { "acme" };
        assert_eq!(stored.get_str("organization_name").ok(), Some(expected));
        case.unconfirmed("findAndModify");
        let change = OrganizationChange {
            admin_email: Some(email("new@example.com")),
            admin_password: Some(hash("newer")),
            end_sessions: true,
            ..OrganizationChange::default()
        };
        case.judge("a change", &organizations.change(acme.id, &change, moment(2)).await);

        let (at, by) = (moment(3).into(), "operator@example.com".to_owned());
        let copy = Some(CopyId::new());
        let noted = Trashed { at, by, collection: TrashedCollection::Moved, copy };
        case.unconfirmed("insert");
        case.judge("a copy in the trash", &organizations.copy_to_trash(acme.id, &noted).await);
        organizations.copy_to_trash(acme.id, &noted).await.expect("copied");
        case.unconfirmed("findAndModify");
        case.judge("a removal", &organizations.remove_copied(acme.id, copy).await);
        organizations.remove_copied(acme.id, copy).await.expect("removed");
        case.unconfirmed("insert");
        let back = organizations.copy_from_trash(acme.id, copy, &name("apex"), moment(4)).await;
        case.judge("a copy that comes back", &back);
        organizations.copy_from_trash(acme.id, copy, &name("apex"), moment(4)).await.expect("copied");
        case.unconfirmed("findAndModify");
        case.judge("a removal from the trash", &organizations.remove_trashed(acme.id, copy).await);

        case.unconfirmed("create");
        case.judge("a collection", &collections.create(&from).await);
        collections.create(&from).await.expect("created");
        case.unconfirmed("renameCollection");
        case.judge("a move", &collections.rename(&from, &to, &ANY).await);
        let moved = if stands { &to } else { &from };
        case.unconfirmed("drop");
        case.judge("a deletion", &collections.delete(moved, &ANY).await);

        let owner = Owner { installation: "installation".to_owned(), instance: "run".to_owned() };
        let plan = OperationPlan::Create { name: name("acme") };
        let operation = Operation::new(acme.id, plan, owner.clone(), "operator@example.com".to_owned());
        case.unconfirmed("update");
        case.judge("an intent", &case.ports.journal.begin(&operation).await);
        if !stands {
            case.ports.journal.begin(&operation).await.expect("begun");
        }
        let taken = operation.taken_over_by(&owner);
        case.unconfirmed("update");
        let answer = case.ports.journal.take_over(&operation, None, &taken).await;
        case.judge("taking over", &answer);
        case.unconfirmed("delete");
        let own = if stands { &taken } else { &operation };
        case.judge("the end of an intent", &case.ports.journal.end(own).await);

        let session = session_facts("dana@example.com", None);
        case.ports.sessions.insert(&session).await.expect("inserted");
        case.unconfirmed("update");
        let extended = case.ports.sessions.extend(&session.id, moment(800_000)).await;
        case.judge("a session's longer life", &extended);
        case.unconfirmed("delete");
        let ended = case.ports.sessions.end(&SessionsOf::One(session.id.clone()), None).await;
        case.judge("a session's end", &ended);
        case.unconfirmed("update");
        let another = session_facts("lee@example.com", None);
        case.judge("a session", &case.ports.sessions.insert(&another).await);

        // What is not there is written again: the number of an entry is free until it is.
        case.unconfirmed("insert");
        let entry = ActivityEntry::by("operator@example.com", ActivityKind::SignedIn);
        let appended = case.ports.activity.append(&entry).await;
        case.judge("an entry of the record", &appended);
        case.ports.activity.append(&entry).await.expect("appended");
        let record = case.raw.collection::<Document>("console_activity");
        let entries = record.count_documents(doc! {}).await.expect("a count");
        assert_eq!(entries, if stands { 2 } else { 1 }, "no entry is there twice, and none was believed");
        assert_eq!(case.proxy.sprung(), 17);
        case.raw.drop().await.expect("dropped");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_replica_set_no_unconfirmed_write_is_believed_that_is_not_there() {
    no_write_is_believed_that_is_not_there(Topology::ReplicaSet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_single_server_no_unconfirmed_write_is_believed_that_is_not_there() {
    no_write_is_believed_that_is_not_there(Topology::Standalone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_document_is_lost_to_the_deletion_of_an_empty_collection() {
    for topology in [Topology::ReplicaSet, Topology::Standalone] {
        let server = Server::shared(topology);
        let database = fresh_database();
        let ports = open_database(&server.uri(), &database).await.expect("it opens");
        let raw = Client::with_uri_str(server.uri()).await.expect("a connection string").database(&database);
        for round in 0..40 {
            let name = collection(&format!("acme-{round}"));
            ports.collections.create(&name).await.expect("created");
            let stored = raw.collection::<Document>(name.as_str());
            let (written, deleted) = tokio::join!(
                stored.insert_one(doc! { "of": "a tenant" }),
                ports.collections.delete_empty(&name, "an operation")
            );
            written.expect("the tenant's write is accepted");
            // A name that the server was asked for twice at once is a conflict, which loses nothing either.
            let deleted = deleted.is_ok_and(|deleted| deleted);
            let kept = stored.count_documents(doc! {}).await.expect("a count");
            assert_eq!(kept, 1, "round {round}: the document is there, deleted or not ({deleted})");
        }
        raw.drop().await.expect("dropped");
    }
}
