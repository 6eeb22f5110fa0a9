//! Deployments without a fault.

use std::net::Ipv4Addr;

use tenantry_connection::diagnosis::{StageFacts, StageName, StageState};
use tenantry_core::records::Topology as Built;
use tenantry_tests::dns_stub::{DnsStub, Manner};
use tenantry_tests::server::{Server, Topology, fresh_database};

use super::{Attempt, stage};

fn port(server: &Server) -> u16 {
    let uri = server.uri();
    let (_, port) = uri.trim_end_matches('/').rsplit_once(':').expect("a port");
    port.parse().expect("a port")
}

#[tokio::test]
async fn a_server_without_access_control_and_encryption_passes() {
    for (topology, built) in
        [(Topology::ReplicaSet, Built::ReplicaSet), (Topology::Standalone, Built::Standalone)]
    {
        let (diagnosis, told) = Attempt::of(Server::shared(topology).uri()).watched().await;
        assert_eq!(diagnosis.finding, None, "{}", diagnosis.report);
        let states: Vec<_> = diagnosis.stages.iter().map(|stage| stage.state).collect();
        use StageState::{Passed, Skipped};
        assert_eq!(states, [Passed, Passed, Passed, Skipped, Passed, Skipped, Passed]);
        let Some(StageFacts::Handshake { version, topology, wire_version, .. }) =
            &stage(&diagnosis, StageName::Handshake).facts
        else {
            panic!("{}", diagnosis.report);
        };
        assert_eq!(*topology, built);
        assert!(*wire_version >= 9 && !version.is_empty(), "{version:?} {wire_version}");
        assert!(diagnosis.report.contains(version), "{}", diagnosis.report);
        let running = told.iter().filter(|stage| stage.state == StageState::Running).count();
        assert_eq!(running, 5, "the beginning of every stage is told, and of none that is skipped");
        let passed = told.iter().filter(|stage| stage.state == Passed);
        assert!(passed.clone().all(|stage| stage.milliseconds.is_some() && stage.facts.is_some()));
        assert_eq!(passed.count(), 5);
    }
}

#[tokio::test]
async fn a_user_signs_in_with_the_password_of_the_vault_or_of_the_string() {
    let database = fresh_database();
    let server = Server::shared_with_access_control();
    let uri = server.add_user("iris", &database, &["readWrite", "dbAdmin"]).await;
    let masked = uri.replace("User-passw0rd", "••••••••");
    for attempt in [Attempt::of(&uri), Attempt::of(&masked).password("User-passw0rd")] {
        let diagnosis = attempt.database(&database).run().await;
        assert_eq!(diagnosis.finding, None, "{}", diagnosis.report);
        let facts = &stage(&diagnosis, StageName::SignIn).facts;
        let Some(StageFacts::SignIn { user, mechanism, auth_source }) = facts else { panic!("{facts:?}") };
        assert_eq!((user.as_str(), auth_source.as_str()), ("iris", "admin"));
        assert!(mechanism.starts_with("SCRAM-SHA-"), "{mechanism}");
        assert!(!diagnosis.report.contains("User-passw0rd"), "{}", diagnosis.report);
    }
}

#[tokio::test]
async fn a_cluster_is_found_by_its_srv_record_and_the_options_of_its_txt_record() {
    let database = fresh_database();
    let server = Server::shared_with_access_control();
    server.add_user("jana", &database, &["readWrite"]).await;
    let names = DnsStub::start(Manner::NotThere)
        .await
        .srv("cluster.tenantry.test", "a.tenantry.test", port(server))
        .host("a.tenantry.test", Ipv4Addr::LOCALHOST.into())
        .txt("cluster.tenantry.test", "authSource=admin");
    // Without the TXT record the user would be looked for in the database that the string names.
    let string = format!("mongodb+srv://jana@cluster.tenantry.test/{database}?tls=false");
    let attempt = Attempt::of(string).password("User-passw0rd").database(&database).asking(names.address);
    let diagnosis = attempt.run().await;
    assert_eq!(diagnosis.finding, None, "{}", diagnosis.report);
    let Some(StageFacts::LookUp { hosts, srv_records, addresses, txt_options }) =
        &stage(&diagnosis, StageName::LookUp).facts
    else {
        panic!("{}", diagnosis.report);
    };
    assert_eq!(hosts, &[format!("a.tenantry.test:{}", port(server))]);
    assert_eq!((*srv_records, *addresses), (1, 1));
    assert_eq!(txt_options, &["authSource=admin"]);
}
