//! Strings that cannot be parsed, and names that cannot be looked up.

use std::net::{IpAddr, Ipv4Addr};

use tenantry_connection::diagnosis::{FindingCode, StageFacts, StageName};
use tenantry_tests::dns_stub::{DnsStub, Manner};
use tenantry_tests::listeners::{Listener, good_hello};

use super::{Attempt, stage};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[tokio::test]
async fn a_string_that_cannot_be_read_is_told_by_its_rule_and_never_quoted() {
    for text in
        ["planted", "mongodb://dana:pl@nted@localhost", "mongodb://planted,,b", "mongodb://h/?x=planted"]
    {
        let (finding, diagnosis) =
            Attempt::of(text).found(StageName::Read, FindingCode::StringMalformed).await;
        assert!(finding.facts.problem.is_some_and(|problem| !problem.is_empty()), "{text}");
        assert!(!diagnosis.report.contains("nted"), "{}", diagnosis.report);
    }
}

#[tokio::test]
async fn a_host_that_no_name_server_knows_is_told() {
    let names = DnsStub::start(Manner::NotThere).await;
    let attempt = Attempt::of("mongodb://nowhere.tenantry.test:27018").asking(names.address);
    let (finding, _) = attempt.found(StageName::LookUp, FindingCode::HostUnknown).await;
    assert_eq!(finding.facts.host.as_deref(), Some("nowhere.tenantry.test:27018"));
}

#[tokio::test]
async fn a_reserved_name_is_unknown_to_the_system_or_the_system_knows_no_names_at_all() {
    let diagnosis = Attempt::of("mongodb://no-such-host.invalid").run().await;
    let code = diagnosis.finding.map(|finding| finding.code);
    assert!(
        matches!(code, Some(FindingCode::HostUnknown | FindingCode::LookUpFailed)),
        "{}",
        diagnosis.report
    );
}

#[tokio::test]
async fn one_known_host_of_several_is_enough() {
    let server = Listener::introducing(good_hello(), None).await;
    let names = DnsStub::start(Manner::NotThere).await.host("a.tenantry.test", HERE);
    let port = server.address.port();
    let string = format!("mongodb://gone.tenantry.test:{port},a.tenantry.test:{port}");
    let diagnosis = Attempt::of(string).asking(names.address).hasty().run().await;
    let facts = &stage(&diagnosis, StageName::Reach).facts;
    assert_eq!(facts, &Some(StageFacts::Reach { reached: 1, hosts: 2 }), "{}", diagnosis.report);
}

#[tokio::test]
async fn a_cluster_without_an_srv_record_is_told_as_such() {
    let names = DnsStub::start(Manner::NotThere).await;
    let attempt = Attempt::of("mongodb+srv://cluster0.ab1cd.mongodb.net").asking(names.address);
    let (finding, _) = attempt.found(StageName::LookUp, FindingCode::SrvNotFound).await;
    assert!(finding.facts.atlas, "the sentence for Atlas speaks of paused and deleted clusters");
    assert!(finding.technical.contains("_mongodb._tcp.cluster0.ab1cd.mongodb.net"));
}

#[tokio::test]
async fn no_more_hosts_of_a_cluster_are_tested_than_its_string_allows() {
    let server = Listener::introducing(good_hello(), None).await;
    let port = server.address.port();
    let names = DnsStub::start(Manner::NotThere)
        .await
        .srv("cluster.tenantry.test", "a.tenantry.test", port)
        .srv("cluster.tenantry.test", "b.tenantry.test", port)
        .host("a.tenantry.test", HERE)
        .host("b.tenantry.test", HERE);
    for (limit, hosts) in [("", 2), ("&srvMaxHosts=0", 2), ("&srvMaxHosts=1", 1), ("&srvMaxHosts=3", 2)] {
        let string = format!("mongodb+srv://cluster.tenantry.test/?tls=false{limit}");
        let diagnosis = Attempt::of(string).asking(names.address).hasty().run().await;
        let facts = &stage(&diagnosis, StageName::Reach).facts;
        assert_eq!(facts, &Some(StageFacts::Reach { reached: hosts, hosts }), "{limit} {}", diagnosis.report);
    }
}

#[tokio::test]
async fn an_srv_record_that_points_to_a_foreign_domain_is_not_followed() {
    let names = DnsStub::start(Manner::NotThere)
        .await
        .srv("cluster.tenantry.test", "db.elsewhere.test", 27017)
        .host("db.elsewhere.test", HERE);
    let attempt = Attempt::of("mongodb+srv://cluster.tenantry.test").asking(names.address);
    let (finding, _) = attempt.found(StageName::LookUp, FindingCode::SrvForeignDomain).await;
    assert_eq!(finding.facts.foreign_host.as_deref(), Some("db.elsewhere.test"));
    assert_eq!(finding.facts.domain.as_deref(), Some("tenantry.test"));
}

#[tokio::test]
async fn a_name_server_that_fails_or_is_silent_is_no_unknown_host() {
    let failing = DnsStub::start(Manner::Failing).await;
    let silent = DnsStub::start(Manner::Silent).await;
    for (string, server) in [
        ("mongodb://db.tenantry.test", failing.address),
        ("mongodb+srv://cluster.tenantry.test", failing.address),
        ("mongodb://db.tenantry.test", silent.address),
    ] {
        let attempt = Attempt::of(string).asking(server).hasty();
        attempt.found(StageName::LookUp, FindingCode::LookUpFailed).await;
    }
}

#[tokio::test]
async fn a_txt_record_with_a_foreign_option_is_told() {
    let names = DnsStub::start(Manner::NotThere)
        .await
        .srv("cluster.tenantry.test", "a.tenantry.test", 27017)
        .host("a.tenantry.test", HERE)
        .txt("cluster.tenantry.test", "tls=false");
    let attempt = Attempt::of("mongodb+srv://cluster.tenantry.test").asking(names.address);
    let (finding, _) = attempt.found(StageName::LookUp, FindingCode::LookUpFailed).await;
    assert!(finding.facts.problem.is_some_and(|problem| problem.contains("TXT")));
}
