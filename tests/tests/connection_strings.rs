//! Connection strings on real connections: names that are looked up, options that reach the driver.

use std::sync::Arc;
use std::time::Duration;

use tenantry_connection::dns::{NameOptions, Names};
use tenantry_connection::{ConnectionReading, SecretKind, Secrets};
use tenantry_connection::{ConnectionString, seed_list};
use tenantry_core::StoreError;
use tenantry_core::clock::SystemClock;
use tenantry_store_mongo::{MongoOptions, MongoStore};
use tenantry_tests::certificates::{Authority, Validity};
use tenantry_tests::dns_stub::{DnsStub, Manner};
use tenantry_tests::server::{Server, Topology, fresh_database};

async fn converted(server: &DnsStub, text: &str) -> Result<ConnectionReading, StoreError> {
    let names = Names::new(NameOptions { name_server: Some(server.address) }).expect("a name server");
    seed_list(&ConnectionString::parse(text).expect("a good string"), &names).await
}

async fn cluster() -> DnsStub {
    DnsStub::start(Manner::NotThere)
        .await
        .srv("cluster.tenantry.test", "a.tenantry.test", 27017)
        .srv("cluster.tenantry.test", "b.tenantry.test", 27018)
        .txt("cluster.tenantry.test", "authSource=users&replicaSet=atlas-1")
}

#[tokio::test]
async fn a_seed_list_says_what_the_name_stood_for() {
    let text = "mongodb+srv://dana:planted@cluster.tenantry.test/app?retryWrites=true&w=majority";
    let reading = converted(&cluster().await, text).await.expect("the name is known");
    assert_eq!(
        reading.text,
        "mongodb://dana:••••••••@a.tenantry.test:27017,b.tenantry.test:27018/app?retryWrites=true&w=majority\
         &authSource=users&replicaSet=atlas-1&tls=true"
    );
    assert_eq!(reading.problems, []);
    assert!(
        reading.secrets.contains_key(&SecretKind::DatabasePassword),
        "the password is still the same user's"
    );
}

#[tokio::test]
async fn what_the_string_says_itself_wins_over_the_txt_record() {
    let text = "mongodb+srv://dana@cluster.tenantry.test?REPLICASET=rs0&authSource=admin&ssl=false";
    let reading = converted(&cluster().await, text).await.expect("the name is known");
    assert_eq!(
        reading.text,
        "mongodb://dana@a.tenantry.test:27017,b.tenantry.test:27018/?REPLICASET=rs0&authSource=admin&ssl=false"
    );
}

#[tokio::test]
async fn options_of_the_look_up_do_not_outlive_it() {
    let names = DnsStub::start(Manner::NotThere)
        .await
        .srv("cluster.tenantry.test", "a.tenantry.test", 27017)
        .srv("cluster.tenantry.test", "b.tenantry.test", 27018);
    let text = "mongodb+srv://cluster.tenantry.test/?srvMaxHosts=1";
    let reading = converted(&names, text).await.expect("the name is known");
    assert!(reading.fields.is_some_and(|fields| fields.hosts.len() == 1), "no more than it asked for");
    assert!(!reading.text.contains("srvMaxHosts"), "{}", reading.text);
}

#[tokio::test]
async fn a_name_that_cannot_be_looked_up_is_told_with_its_reason() {
    let unknown = DnsStub::start(Manner::NotThere).await;
    let failing = DnsStub::start(Manner::Failing).await;
    let foreign =
        DnsStub::start(Manner::NotThere).await.srv("cluster.tenantry.test", "a.elsewhere.test", 27017);
    for (server, expected) in
        [(&unknown, "not found"), (&failing, "do not answer"), (&foreign, "another domain")]
    {
        match converted(server, "mongodb+srv://cluster.tenantry.test").await {
            Err(StoreError::Unavailable { reason }) => assert!(reason.contains(expected), "{reason}"),
            other => panic!("must be unavailable: {other:?}"),
        }
    }
    let listed = converted(&unknown, "mongodb://a.tenantry.test").await;
    assert!(matches!(listed, Err(StoreError::ConnectionString { .. })), "there is nothing to look up");
}

fn options(connection_string: ConnectionString) -> MongoOptions {
    let options = MongoOptions::new(connection_string, fresh_database(), Arc::new(SystemClock));
    MongoOptions { server_selection_timeout: Duration::from_secs(5), ..options }
}

#[tokio::test]
async fn a_client_certificate_whose_key_has_a_password_opens_the_line() {
    let authority = Authority::new("Tenantry test authority");
    let server = Server::start_encrypted(
        &authority.server(&["localhost", "127.0.0.1"], Validity::Now),
        Some(&authority.file()),
    );
    let client = authority.client("dana");
    let key = encrypted(&client.key, "Planted k&y");
    let file = authority.write("client.pem", &format!("{}{key}", client.certificate));
    let text = format!(
        "{}?tls=true&tlsCAFile={}&tlsCertificateKeyFile={}",
        server.uri(),
        authority.file().display(),
        file.display()
    );
    let string = ConnectionString::parse(&text).expect("a good string");
    let with = |password: &str| {
        let secrets = Secrets::from([(SecretKind::CertificateKeyPassword, password.into())]);
        string.with_secrets(&secrets).expect("it has a place")
    };
    let opened = MongoStore::open(options(with("Planted k&y"))).await;
    assert!(opened.is_ok(), "{opened:?}");
    let refused = MongoStore::open(options(with("another"))).await;
    let told = format!("{refused:?}");
    assert!(refused.is_err() && !told.contains("another"), "{told}");
}

fn encrypted(key: &str, password: &str) -> String {
    let key = pem::parse(key).expect("PEM");
    let key = pkcs8::PrivateKeyInfoRef::try_from(key.contents()).expect("PKCS #8");
    let parameters =
        pkcs8::pkcs5::pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(2048, &[7; 16], [9; 16])
            .expect("good");
    let encrypted = key.encrypt_with_params(parameters, password).expect("encrypted").as_bytes().to_vec();
    pem::encode(&pem::Pem::new("ENCRYPTED PRIVATE KEY", encrypted))
}

#[tokio::test]
async fn options_of_the_string_reach_the_server() {
    let server = Server::shared(Topology::ReplicaSet);
    let separator = if server.uri().contains('?') { '&' } else { '?' };
    for options_of_string in [
        "compressors=zstd",
        "compressors=snappy,zlib&zlibCompressionLevel=9",
        "readPreference=secondaryPreferred&maxPoolSize=1",
        "socketTimeoutMS=20000&connectTimeoutMS=3000&appName=Tenantry%20tests",
    ] {
        let text = format!("{}{separator}{options_of_string}", server.uri());
        let string = ConnectionString::parse(&text).expect("a good string");
        let store =
            MongoStore::open(options(string)).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let ports = tenantry_core::Ports::of(Arc::new(store));
        ports.health.prepare().await.expect("prepared");
        let everything = tenantry_core::records::OrganizationFilter {
            search: String::new(),
            status: tenantry_core::records::StatusFilter::All,
            only: None,
        };
        let counted = ports.organizations.count(&everything).await.expect("counted");
        assert_eq!(counted.live, 0, "{options_of_string}");
    }
}
