//! Deployments behind a SOCKS5 proxy.

use tenantry_connection::diagnosis::{FindingCode, StageName};
use tenantry_tests::listeners::Listener;
use tenantry_tests::processes::free_port;
use tenantry_tests::server::{Server, Topology};

use super::Attempt;

fn string(port: u16, proxy: &str) -> String {
    format!("mongodb://only-the-proxy.knows.invalid:{port}/?directConnection=true&{proxy}")
}

fn port(server: &Server) -> u16 {
    let uri = server.uri();
    uri.trim_end_matches('/').rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port")
}

#[tokio::test]
async fn a_server_that_only_a_proxy_reaches_passes() {
    let server = Server::shared(Topology::Standalone);
    let proxy = Listener::socks5(None).await;
    let options = format!("proxyHost=127.0.0.1&proxyPort={}", proxy.address.port());
    let diagnosis = Attempt::of(string(port(server), &options)).run().await;
    assert_eq!(diagnosis.finding, None, "{}", diagnosis.report);
}

#[tokio::test]
async fn what_a_proxy_meets_is_told_like_what_we_would_meet() {
    let proxy = Listener::socks5(None).await;
    let options = format!("proxyHost=127.0.0.1&proxyPort={}", proxy.address.port());
    let attempt = Attempt::of(string(free_port(), &options)).hasty();
    attempt.found(StageName::Reach, FindingCode::ConnectionRefused).await;
    let nobody = format!("proxyHost=127.0.0.1&proxyPort={}", free_port());
    let attempt = Attempt::of(string(27017, &nobody)).hasty();
    attempt.found(StageName::Reach, FindingCode::ConnectionRefused).await;
}

#[tokio::test]
async fn a_proxy_that_refuses_its_user_is_told_and_not_its_password() {
    let server = Server::shared(Topology::Standalone);
    let proxy = Listener::socks5(Some(("dana", "Right-P4ss"))).await;
    let with = |password: &str| {
        let port = proxy.address.port();
        format!("proxyHost=127.0.0.1&proxyPort={port}&proxyUsername=dana&proxyPassword={password}")
    };
    let attempt = Attempt::of(string(port(server), &with("Wr0ng-P4ss"))).hasty();
    let (finding, diagnosis) = attempt.found(StageName::Reach, FindingCode::Other).await;
    assert!(finding.technical.contains("proxy refused"), "{}", finding.technical);
    assert!(!diagnosis.report.contains("Wr0ng-P4ss"));
    let good = Attempt::of(string(port(server), &with("Right-P4ss"))).run().await;
    assert_eq!(good.finding, None, "{}", good.report);
}
