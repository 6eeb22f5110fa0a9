//! Invalid certificates, and TLS that only one side uses.

use std::path::Path;

use pkcs8::PrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2::Parameters;
use rustls::version::{TLS12, TLS13};
use tenantry_connection::EditorTab;
use tenantry_connection::diagnosis::{FindingCode, StageFacts, StageName, StageState};
use tenantry_tests::certificates::{Authority, Pair, Validity};
use tenantry_tests::dns_stub::{DnsStub, Manner};
use tenantry_tests::listeners::{Listener, good_hello};
use tenantry_tests::server::{Server, Topology};

use super::{Attempt, stage};

const BOTH: &[&rustls::SupportedProtocolVersion] = &[&TLS12, &TLS13];

async fn listener(authority: &Authority, pair: &Pair) -> Listener {
    Listener::introducing_in_tls(good_hello(), authority.server_config(pair, false, BOTH)).await
}

fn string(listener: &Listener, authority: Option<&Path>, more: &str) -> String {
    let file = authority.map(|file| format!("&tlsCAFile={}", file.display())).unwrap_or_default();
    format!("mongodb://localhost:{}/?tls=true{file}{more}", listener.address.port())
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_shown_and_not_trusted() {
    let authority = Authority::new("Tenantry test authority");
    let listener = listener(&authority, &authority.server(&["localhost"], Validity::Now)).await;
    let other = Authority::new("another authority");
    for trusted in [None, Some(other.file())] {
        let attempt = Attempt::of(string(&listener, trusted.as_deref(), ""));
        let (finding, diagnosis) =
            attempt.found(StageName::Tls, FindingCode::CertificateUnknownAuthority).await;
        let certificate = finding.facts.certificate.expect("what was shown is told");
        assert_eq!(certificate.names, ["localhost"]);
        assert_eq!(certificate.issuer, "Tenantry test authority");
        assert!(certificate.valid_from < certificate.valid_until);
        assert_eq!(finding.tab, EditorTab::Tls);
        let facts = &stage(&diagnosis, StageName::Tls).facts;
        assert!(matches!(facts, Some(StageFacts::Tls { trusted: false, .. })), "{facts:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_host_is_told_with_its_names() {
    let authority = Authority::new("Tenantry test authority");
    let listener = listener(&authority, &authority.server(&["db.example.com"], Validity::Now)).await;
    let attempt = Attempt::of(string(&listener, Some(&authority.file()), ""));
    let (finding, _) = attempt.found(StageName::Tls, FindingCode::CertificateWrongName).await;
    assert_eq!(finding.facts.certificate.expect("shown").names, ["db.example.com"]);
    assert_eq!(finding.facts.host, Some(format!("localhost:{}", listener.address.port())));
}

#[tokio::test]
async fn a_certificate_is_told_as_expired_or_not_yet_good_with_its_dates() {
    let authority = Authority::new("Tenantry test authority");
    let now = time::OffsetDateTime::now_utc();
    for (validity, code) in [
        (Validity::Past, FindingCode::CertificateExpired),
        (Validity::Future, FindingCode::CertificateNotYetValid),
    ] {
        let listener = listener(&authority, &authority.server(&["localhost"], validity)).await;
        let attempt = Attempt::of(string(&listener, Some(&authority.file()), ""));
        let (finding, _) = attempt.found(StageName::Tls, code).await;
        let certificate = finding.facts.certificate.expect("shown");
        let is_good = certificate.valid_from < now && now < certificate.valid_until;
        assert!(!is_good, "{certificate:?}");
    }
}

#[tokio::test]
async fn a_string_that_allows_bad_certificates_gets_past_them_and_still_sees_that_they_are_bad() {
    let authority = Authority::new("Tenantry test authority");
    let listener = listener(&authority, &authority.server(&["db.example.com"], Validity::Past)).await;
    let diagnosis =
        Attempt::of(string(&listener, None, "&tlsAllowInvalidCertificates=true")).hasty().run().await;
    let tls = stage(&diagnosis, StageName::Tls);
    assert_eq!(tls.state, StageState::Passed, "{}", diagnosis.report);
    assert!(matches!(tls.facts, Some(StageFacts::Tls { trusted: false, .. })), "{:?}", tls.facts);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_told_before_anybody_is_asked() {
    let authority = Authority::new("Tenantry test authority");
    let listener = listener(&authority, &authority.server(&["localhost"], Validity::Now)).await;
    let (one, other) = (authority.client("one"), authority.client("other"));
    let text = authority.write("text.pem", "not a certificate");
    let alone = authority.write("alone.pem", &one.certificate);
    let mixed = authority.write("mixed.pem", &format!("{}{}", one.certificate, other.key));
    let missing = authority.write("gone.pem", "");
    std::fs::remove_file(&missing).expect("it was just written");
    let sealed =
        authority.write("sealed.pem", &format!("{}{}", one.certificate, sealed(&one.key, "Right-1")));
    let own = authority.file();
    for (ca, more, problem) in [
        (&missing, String::new(), "does not exist"),
        (&text, String::new(), "no certificate"),
        (&own, format!("&tlsCertificateKeyFile={}", missing.display()), "does not exist"),
        (&own, format!("&tlsCertificateKeyFile={}", text.display()), "no certificate"),
        (&own, format!("&tlsCertificateKeyFile={}", alone.display()), "no private key"),
        (&own, format!("&tlsCertificateKeyFile={}", mixed.display()), "does not belong"),
        (&own, format!("&tlsCertificateKeyFile={}", sealed.display()), "sealed with a password"),
    ] {
        let attempt = Attempt::of(string(&listener, Some(ca), &more));
        let (finding, _) = attempt.found(StageName::Tls, FindingCode::CertificateFile).await;
        let said = finding.facts.problem.expect("a sentence");
        assert!(said.contains(problem), "{said}");
    }
}

fn sealed(key: &str, password: &str) -> String {
    let key = pem::parse(key).expect("PEM");
    let parameters =
        Parameters::generate_pbkdf2_sha256_aes256cbc(2048, b"some-salt-1", [7; 16]).expect("good parameters");
    let key = PrivateKeyInfoRef::try_from(key.contents()).expect("a key");
    let sealed = key.encrypt_with_params(parameters, password).expect("it is sealed").as_bytes().to_vec();
    pem::encode(&pem::Pem::new("ENCRYPTED PRIVATE KEY", sealed))
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_is_told_in_both_versions_of_tls() {
    let authority = Authority::new("Tenantry test authority");
    let stranger = Authority::new("another authority");
    let server = authority.server(&["localhost"], Validity::Now);
    let unknown = stranger.client("dana");
    let unknown = stranger.write("dana.pem", &format!("{}{}", unknown.certificate, unknown.key));
    for version in [&TLS12, &TLS13] {
        let config = authority.server_config(&server, true, &[version]);
        let listener = Listener::introducing_in_tls(good_hello(), config).await;
        for more in [String::new(), format!("&tlsCertificateKeyFile={}", unknown.display())] {
            let attempt = Attempt::of(string(&listener, Some(&authority.file()), &more));
            attempt.found(StageName::Tls, FindingCode::ClientCertificateNeeded).await;
        }
    }
}

#[tokio::test]
async fn a_real_server_that_wants_a_client_certificate_is_told_and_takes_a_good_one() {
    let authority = Authority::new("Tenantry test authority");
    let server = Server::start_encrypted(
        &authority.server(&["localhost", "127.0.0.1"], Validity::Now),
        Some(&authority.file()),
    );
    let string = format!("{}?tls=true&tlsCAFile={}", server.uri(), authority.file().display());
    Attempt::of(&string).found(StageName::Tls, FindingCode::ClientCertificateNeeded).await;
    let client = authority.client("dana");
    let file = authority.write("client.pem", &format!("{}{}", client.certificate, client.key));
    let good = Attempt::of(format!("{string}&tlsCertificateKeyFile={}", file.display())).run().await;
    assert_eq!(good.finding, None, "{}", good.report);
}

#[tokio::test]
async fn a_real_server_that_encrypts_is_told_to_a_string_that_does_not_and_passes_with_one_that_does() {
    let authority = Authority::new("Tenantry test authority");
    let server = Server::start_encrypted(&authority.server(&["localhost", "127.0.0.1"], Validity::Now), None);
    Attempt::of(server.uri()).found(StageName::Handshake, FindingCode::TlsExpectedByServer).await;
    let string = format!("{}?tls=true&tlsCAFile={}", server.uri(), authority.file().display());
    let good = Attempt::of(string).run().await;
    assert_eq!(good.finding, None, "{}", good.report);
    let Some(StageFacts::Tls { version, chain, trusted: true, .. }) =
        stage(&good, StageName::Tls).facts.clone()
    else {
        panic!("the line is encrypted and trusted:\n{}", good.report);
    };
    assert!(version.starts_with("TLS 1."), "{version}");
    assert_eq!(chain[0].names, ["localhost", "127.0.0.1"]);
}

#[tokio::test]
async fn every_certificate_that_the_server_shows_is_told_and_one_that_ends_soon_is_marked() {
    let root = Authority::new("Root authority");
    let between = root.intermediate("Issuing authority", Validity::Soon);
    let listener = listener(&root, &between.server(&["localhost"], Validity::Now)).await;
    let diagnosis = Attempt::of(string(&listener, Some(&root.file()), "")).hasty().run().await;
    let Some(StageFacts::Tls { chain, trusted: true, .. }) = stage(&diagnosis, StageName::Tls).facts.clone()
    else {
        panic!("the line is encrypted and trusted:\n{}", diagnosis.report);
    };
    let told: Vec<_> =
        chain.iter().map(|one| (one.subject.as_str(), one.issuer.as_str(), one.ends_soon)).collect();
    assert_eq!(
        told,
        [("localhost", "Issuing authority", false), ("Issuing authority", "Root authority", true)],
        "it ends the line as surely as the server's own"
    );
}

#[tokio::test]
async fn a_chain_with_an_expired_link_is_told_with_the_dates_of_that_link() {
    let root = Authority::new("Root authority");
    let between = root.intermediate("Issuing authority", Validity::Past);
    let listener = listener(&root, &between.server(&["localhost"], Validity::Now)).await;
    let attempt = Attempt::of(string(&listener, Some(&root.file()), ""));
    let (finding, _) = attempt.found(StageName::Tls, FindingCode::CertificateExpired).await;
    let certificate = finding.facts.certificate.expect("shown");
    assert_eq!(certificate.subject, "Issuing authority");
    assert!(certificate.valid_until < time::OffsetDateTime::now_utc());
}

#[tokio::test]
async fn an_authority_that_is_not_read_in_its_file_is_named_with_its_line() {
    let authority = Authority::new("Tenantry test authority");
    let listener = listener(&authority, &authority.server(&["localhost"], Validity::Now)).await;
    let text = |authority: &Authority| std::fs::read_to_string(authority.file()).expect("its file");
    let (ours, other) = (text(&authority), text(&Authority::new("another authority")));

    let joined = authority.write("joined.pem", &format!("{}{ours}", other.trim_end()));
    let attempt = Attempt::of(string(&listener, Some(&joined), ""));
    let (finding, _) = attempt.found(StageName::Tls, FindingCode::CertificateUnknownAuthority).await;
    let line = other.trim_end().lines().count();
    let problem = finding.facts.problem.expect("the driver passes over it without a word");
    assert!(problem.contains(&format!("certificate 2 begins in the middle of line {line}")), "{problem}");

    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA!!!!\n-----END CERTIFICATE-----\n";
    let beside = authority.write("damaged.pem", &format!("{damaged}{ours}"));
    let diagnosis = Attempt::of(string(&listener, Some(&beside), "")).hasty().run().await;
    match stage(&diagnosis, StageName::Tls).facts.clone() {
        Some(StageFacts::Tls { trusted: true, left_out, .. }) => {
            assert!(left_out[0].contains("certificate 1 begins in line 1 and is damaged"), "{left_out:?}");
        }
        other => panic!("the driver takes the good one: {other:?}\n{}", diagnosis.report),
    }
    assert!(diagnosis.report.contains("is damaged"), "{}", diagnosis.report);
}

#[tokio::test]
async fn a_server_that_says_nothing_without_encryption_is_asked_with_it() {
    let authority = Authority::new("Tenantry test authority");
    let config = authority.server_config(&authority.server(&["db.example.com"], Validity::Now), false, BOTH);
    for hangs_up in [true, false] {
        let listener = Listener::introducing_in_tls_only(good_hello(), config.clone(), hangs_up).await;
        let attempt = Attempt::at(listener.address).hasty();
        attempt.found(StageName::Handshake, FindingCode::TlsExpectedByServer).await;
    }
}

#[tokio::test]
async fn a_real_server_that_does_not_encrypt_is_told_to_a_string_that_does() {
    let server = Server::shared(Topology::ReplicaSet);
    let attempt = Attempt::of(format!("{}?tls=true", server.uri()));
    attempt.found(StageName::Tls, FindingCode::TlsNotExpectedByServer).await;
}

#[tokio::test]
async fn on_atlas_a_cluster_without_a_primary_is_the_access_list() {
    let authority = Authority::new("Tenantry test authority");
    let mut hello = good_hello();
    hello.extend(
        bson::doc! { "ismaster": false, "isWritablePrimary": false, "secondary": true, "setName": "atlas" },
    );
    let config =
        authority.server_config(&authority.server(&["a.ab1cd.mongodb.net"], Validity::Now), false, BOTH);
    let listener = Listener::introducing_in_tls(hello, config).await;
    let names = DnsStub::start(Manner::NotThere)
        .await
        .srv("cluster0.ab1cd.mongodb.net", "a.ab1cd.mongodb.net", listener.address.port())
        .host("a.ab1cd.mongodb.net", std::net::Ipv4Addr::LOCALHOST.into());
    let string =
        format!("mongodb+srv://cluster0.ab1cd.mongodb.net/?tlsCAFile={}", authority.file().display());
    let attempt = Attempt::of(string).asking(names.address);
    let (finding, _) = attempt.found(StageName::Handshake, FindingCode::AccessList).await;
    assert!(finding.technical.contains("primary"), "{}", finding.technical);
}
