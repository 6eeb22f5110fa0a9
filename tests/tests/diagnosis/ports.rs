//! Ports where nothing responds, or something else.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tenantry_connection::diagnosis::{Diagnosis, FindingCode, StageFacts, StageName};
use tenantry_core::AppError;
use tenantry_tests::dns_stub::{DnsStub, Manner};
use tenantry_tests::listeners::{ALERT_40, Listener, good_hello};
use tenantry_tests::processes::free_port;

use super::{Attempt, HASTY, PATIENT, cancelled_after, stage};

#[tokio::test]
async fn a_port_where_nothing_listens_is_refused() {
    let port = free_port();
    let attempt = Attempt::of(format!("mongodb://localhost:{port}"));
    let (finding, diagnosis) = attempt.found(StageName::Reach, FindingCode::ConnectionRefused).await;
    assert_eq!(finding.facts.host, Some(format!("localhost:{port}")));
    assert_eq!(stage(&diagnosis, StageName::Reach).facts, Some(StageFacts::Reach { reached: 0, hosts: 1 }));
}

fn took(diagnosis: &Diagnosis, at: StageName) -> Duration {
    Duration::from_millis(stage(diagnosis, at).milliseconds.expect("it ended").into())
}

#[tokio::test]
async fn a_port_that_drops_what_comes_is_silent() {
    let firewall = Listener::black_hole().await;
    let attempt = Attempt::at(firewall.address).hasty();
    let (_, diagnosis) = attempt.found(StageName::Reach, FindingCode::ConnectionSilent).await;
    let took = took(&diagnosis, StageName::Reach);
    assert!(took < PATIENT / 2, "the stage took {took:?}");
    assert!(took >= HASTY / 2, "it gave up after {took:?}");
}

#[tokio::test]
async fn a_host_that_accepts_and_never_answers_is_silent_with_and_without_encryption() {
    let mute = Listener::mute().await;
    for (options, at) in [("", StageName::Handshake), ("?tls=true", StageName::Tls)] {
        let attempt = Attempt::of(format!("mongodb://{}/{options}", mute.address)).hasty();
        let (_, diagnosis) = attempt.found(at, FindingCode::ConnectionSilent).await;
        let took = took(&diagnosis, at);
        assert!(took < PATIENT / 2, "the stage took {took:?}");
    }
}

#[tokio::test]
async fn an_address_without_a_way_to_it_is_told() {
    // Nobody's address: a connection to all hosts of the network at once.
    let attempt = Attempt::of("mongodb://255.255.255.255:27017").hasty();
    attempt.found(StageName::Reach, FindingCode::NoRoute).await;
}

#[tokio::test]
async fn a_cancelled_test_ends_at_once_in_the_middle_of_a_silent_stage() {
    let mute = Listener::mute().await;
    let firewall = Listener::black_hole().await;
    let names = DnsStub::start(Manner::Silent).await;
    for attempt in [
        Attempt::at(mute.address),
        Attempt::of(format!("mongodb://{}/?tls=true", mute.address)),
        Attempt::at(firewall.address),
        Attempt::of("mongodb+srv://cluster.tenantry.test").asking(names.address),
    ] {
        let (answer, took) = cancelled_after(&attempt, Duration::from_millis(200)).await;
        assert_eq!(answer.err(), Some(AppError::Cancelled));
        assert!(took < PATIENT / 2, "it went on for {took:?}");
    }
}

#[tokio::test]
async fn a_silent_member_does_not_hold_up_one_that_answers() {
    let firewall = Listener::black_hole().await;
    let server = Listener::introducing(good_hello(), None).await;
    let attempt = Attempt::of(format!("mongodb://{},{}", firewall.address, server.address));
    let (answer, _) = cancelled_after(&attempt, Duration::from_secs(3)).await;
    assert_eq!(answer.err(), Some(AppError::Cancelled), "the fake server answers no sign-in");
    let diagnosis = attempt.hasty().run().await;
    let reach = stage(&diagnosis, StageName::Reach);
    assert_eq!(reach.facts, Some(StageFacts::Reach { reached: 1, hosts: 2 }), "{}", diagnosis.report);
}

#[tokio::test]
async fn what_is_not_mongodb_is_told_with_how_it_began() {
    for (bytes, begins) in [
        (&b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"[..], "HTTP/1.1 400"),
        (b"SSH-2.0-OpenSSH_9.7\r\n", "SSH-2.0"),
        (b"-ERR unknown command\r\n", "-ERR unknown"),
        (b"\x00\x01", ""),
    ] {
        let other = Listener::saying(bytes).await;
        let (finding, _) =
            Attempt::at(other.address).found(StageName::Handshake, FindingCode::NotMongodb).await;
        assert!(finding.technical.contains(begins), "{}", finding.technical);
    }
}

#[tokio::test]
async fn what_greets_first_is_told_too() {
    let other = Listener::greeting(b"220 mail.example.com ESMTP ready\r\n").await;
    let (finding, _) = Attempt::at(other.address).found(StageName::Handshake, FindingCode::NotMongodb).await;
    assert!(finding.technical.contains("220 mail"), "{}", finding.technical);
}

#[tokio::test]
async fn what_speaks_http_is_not_mongodb_with_encryption_either() {
    let other = Listener::saying(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let attempt = Attempt::of(format!("mongodb://{}/?tls=true", other.address));
    attempt.found(StageName::Tls, FindingCode::NotMongodb).await;
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told() {
    let closing = Listener::saying(b"").await;
    Attempt::at(closing.address).found(StageName::Handshake, FindingCode::ClosedByServer).await;
    let attempt = Attempt::of(format!("mongodb://{}/?tls=true", closing.address));
    attempt.found(StageName::Tls, FindingCode::ClosedByServer).await;
}

#[tokio::test]
async fn an_alert_of_a_server_that_is_not_atlas_is_a_failed_encryption() {
    let refusing = Listener::saying(ALERT_40).await;
    let attempt = Attempt::of(format!("mongodb://{}/?tls=true", refusing.address));
    let (finding, _) = attempt.found(StageName::Tls, FindingCode::TlsFailed).await;
    assert!(finding.technical.contains("40"), "{}", finding.technical);
}

/// A name server that knows one host of Atlas, on this computer.
async fn atlas() -> DnsStub {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    DnsStub::start(Manner::NotThere).await.host("a.ab1cd.mongodb.net", here)
}

#[tokio::test]
async fn on_atlas_an_alert_a_hang_up_and_silence_are_the_access_list() {
    let names = atlas().await;
    let alert = Listener::saying(tenantry_tests::listeners::ALERT_80).await;
    let closing = Listener::saying(b"").await;
    let mute = Listener::mute().await;
    let firewall = Listener::black_hole().await;
    for (listener, at, reason) in [
        (&alert, StageName::Tls, "alert 80"),
        (&closing, StageName::Tls, "hung up"),
        (&mute, StageName::Tls, "no answer"),
        (&firewall, StageName::Reach, "timed out"),
    ] {
        let string = format!("mongodb://a.ab1cd.mongodb.net:{}/?tls=true", listener.address.port());
        let attempt = Attempt::of(string).asking(names.address).hasty();
        let (finding, _) = attempt.found(at, FindingCode::AccessList).await;
        assert!(finding.facts.atlas);
        assert!(finding.technical.contains(reason), "{}", finding.technical);
    }
}

#[tokio::test]
async fn on_atlas_a_refused_port_is_no_access_list() {
    let names = atlas().await;
    let string = format!("mongodb://a.ab1cd.mongodb.net:{}/?tls=true", free_port());
    let attempt = Attempt::of(string).asking(names.address).hasty();
    attempt.found(StageName::Reach, FindingCode::ConnectionRefused).await;
}
