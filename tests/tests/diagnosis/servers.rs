//! Servers that respond to `hello` but will not do.

use bson::{Document, doc};
use tenantry_connection::diagnosis::{FindingCode, StageFacts, StageName, StageState};
use tenantry_tests::listeners::{Listener, good_hello, refusal};
use tenantry_tests::processes::free_port;
use tenantry_tests::server::{Server, Topology};

use super::{Attempt, stage};

fn hello_with(changes: Document) -> Document {
    let mut hello = good_hello();
    hello.extend(changes);
    hello
}

fn secondary() -> Document {
    hello_with(doc! { "ismaster": false, "isWritablePrimary": false, "secondary": true, "setName": "rs0" })
}

#[tokio::test]
async fn a_server_that_is_too_old_for_the_driver_is_told_with_its_version() {
    let server = Listener::introducing(hello_with(doc! { "maxWireVersion": 8 }), None).await;
    let attempt = Attempt::at(server.address);
    let (finding, _) = attempt.found(StageName::Handshake, FindingCode::ServerTooOld).await;
    assert_eq!(finding.facts.version.as_deref(), Some("4.2"));
    let oldest = Listener::introducing(doc! { "ismaster": true, "ok": 1.0 }, None).await;
    Attempt::at(oldest.address).found(StageName::Handshake, FindingCode::ServerTooOld).await;
}

#[tokio::test]
async fn a_replica_set_without_a_primary_is_told() {
    let server = Listener::introducing(secondary(), None).await;
    Attempt::at(server.address).found(StageName::Handshake, FindingCode::NoPrimary).await;
}

#[tokio::test]
async fn a_replica_set_that_nobody_has_set_up_is_told_as_such() {
    let hello = hello_with(doc! { "ismaster": false, "isWritablePrimary": false, "isreplicaset": true });
    let server = Listener::introducing(hello, None).await;
    let attempt = Attempt::of(format!("mongodb://{}/?replicaSet=rs0", server.address));
    let (finding, _) = attempt.found(StageName::Handshake, FindingCode::NoPrimary).await;
    assert!(finding.facts.problem.is_some_and(|problem| problem.contains("rs.initiate")));
}

#[tokio::test]
async fn a_direct_connection_to_a_secondary_is_told() {
    let mut hello = secondary();
    hello.insert("primary", "primary.tenantry.test:27017");
    let server = Listener::introducing(hello, None).await;
    let attempt = Attempt::of(format!("mongodb://{}/?directConnection=true", server.address));
    let (finding, _) = attempt.found(StageName::Handshake, FindingCode::NoPrimary).await;
    assert!(finding.facts.problem.is_some_and(|problem| problem.contains("directConnection")));
}

#[tokio::test]
async fn a_primary_that_a_member_names_is_followed_to_where_it_cannot_be_reached() {
    let mut hello = secondary();
    let primary = format!("127.0.0.1:{}", free_port());
    hello.insert("primary", &primary);
    let server = Listener::introducing(hello, None).await;
    let attempt = Attempt::at(server.address);
    let (finding, _) = attempt.found(StageName::Handshake, FindingCode::ConnectionRefused).await;
    assert_eq!(finding.facts.host.as_deref(), Some(primary.as_str()));
    assert!(finding.technical.contains("as its primary"), "{}", finding.technical);
}

#[tokio::test]
async fn a_primary_that_a_member_names_is_followed_to_where_it_is() {
    let primary = hello_with(doc! { "setName": "rs0" });
    let primary = Listener::introducing(primary, Some(refusal(96, "OperationFailed", "no"))).await;
    let mut hello = secondary();
    hello.insert("primary", primary.address.to_string());
    let server = Listener::introducing(hello, None).await;
    let diagnosis = Attempt::at(server.address).hasty().run().await;
    let handshake = stage(&diagnosis, StageName::Handshake);
    assert_eq!(handshake.state, StageState::Passed, "{}", diagnosis.report);
    let Some(StageFacts::Handshake { version, wire_version, .. }) = &handshake.facts else {
        panic!("{}", diagnosis.report)
    };
    assert_eq!((version.as_str(), *wire_version), ("7.0.1", 21));
}

#[tokio::test]
async fn a_replica_set_of_another_name_is_told() {
    let server = Server::shared(Topology::ReplicaSet);
    let attempt = Attempt::of(format!("{}?replicaSet=another", server.uri()));
    let (finding, _) = attempt.found(StageName::Handshake, FindingCode::WrongReplicaSet).await;
    assert!(finding.facts.problem.is_some_and(|problem| problem.contains("another")));
}

#[tokio::test]
async fn a_server_of_no_replica_set_is_told_to_a_string_that_names_one() {
    let server = Server::shared(Topology::Standalone);
    let attempt = Attempt::of(format!("{}?replicaSet=rs0", server.uri()));
    attempt.found(StageName::Handshake, FindingCode::WrongReplicaSet).await;
}

#[tokio::test]
async fn an_answer_that_is_no_introduction_is_not_mongodb() {
    let server = Listener::introducing(doc! { "hello": "world", "ok": 1 }, None).await;
    Attempt::at(server.address).found(StageName::Handshake, FindingCode::NotMongodb).await;
}

#[tokio::test]
async fn a_failure_that_nobody_foresaw_is_told_with_its_code() {
    let refusing = Some(refusal(96, "OperationFailed", "out of luck"));
    let server = Listener::introducing(good_hello(), refusing).await;
    let attempt = Attempt::at(server.address).hasty();
    let (finding, _) = attempt.found(StageName::Permissions, FindingCode::Other).await;
    assert!(finding.technical.contains("96"), "{}", finding.technical);
}

#[tokio::test]
async fn a_server_that_stops_answering_after_its_introduction_takes_too_long() {
    let server = Listener::introducing(good_hello(), None).await;
    let attempt = Attempt::of(format!("mongodb://dana@{}/", server.address)).password("Planted-1").hasty();
    attempt.found(StageName::SignIn, FindingCode::TookTooLong).await;
    let attempt = Attempt::at(server.address).hasty();
    attempt.found(StageName::Permissions, FindingCode::TookTooLong).await;
}
