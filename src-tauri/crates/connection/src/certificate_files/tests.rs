use std::path::PathBuf;

use mongodb::Client;
use mongodb::options::{ClientOptions, ServerAddress, Tls};
use pkcs8::PrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2::Parameters;
use pkcs8::pkcs5::scrypt;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const CERTIFICATE: &str = include_str!("../../../../../tests/fixtures/keys/certificate.pem");
const OLD_KEY: &str = include_str!("../../../../../tests/fixtures/keys/openssl-old.pem");
const SHA1_KEY: &str = include_str!("../../../../../tests/fixtures/keys/pbes2-aes256-sha1.pem");
const SHA256_KEY: &str = include_str!("../../../../../tests/fixtures/keys/pbes2-aes256-sha256.pem");
const SCRYPT_KEY: &str = include_str!("../../../../../tests/fixtures/keys/pbes2-scrypt.pem");
const DES3_KEY: &str = include_str!("../../../../../tests/fixtures/keys/pbes2-des3.pem");
const PBES1_KEY: &str = include_str!("../../../../../tests/fixtures/keys/pbes1-md5-des.pem");
const PASSWORD: &str = "Right-1";

/// A file for one test.
struct File(tempfile::NamedTempFile);

impl File {
    fn of(text: impl AsRef<[u8]>) -> Self {
        let file = tempfile::NamedTempFile::new().expect("a folder for temporary files");
        fs::write(file.path(), text).expect("writable");
        Self(file)
    }

    fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }
}

fn own_options(file: &File, password: Option<&str>) -> TlsOptions {
    TlsOptions::builder()
        .cert_key_file_path(file.path())
        .tls_certificate_key_file_password(password.map(|password| password.as_bytes().to_vec()))
        .build()
}

/// The result, which must be the driver's result for the same file.
async fn as_the_driver(options: TlsOptions) -> Result<CertificateFiles, String> {
    let found = load(options.clone()).await.map_err(|unusable| unusable.problem);
    let mut driver = ClientOptions::default();
    driver.hosts = vec![ServerAddress::Tcp { host: "localhost".to_owned(), port: Some(1) }];
    driver.tls = Some(Tls::Enabled(options));
    let taken = Client::with_options(driver).map(|_| ());
    assert_eq!(found.is_ok(), taken.is_ok(), "{:?} and the driver: {taken:?}", found.as_ref().err());
    found
}

#[tokio::test]
async fn a_sealed_key_is_opened_by_its_password_or_named_for_what_it_is() {
    let client = |key: &str| File::of(format!("{CERTIFICATE}{key}"));
    for key in [SHA1_KEY, SHA256_KEY, SCRYPT_KEY] {
        let found = as_the_driver(own_options(&client(key), Some(PASSWORD))).await;
        assert!(found.is_ok_and(|files| files.client.is_some()), "the driver opens it: {key}");
        let wrong = as_the_driver(own_options(&client(key), Some("Wrong-1"))).await.err().expect("refused");
        assert!(wrong.contains("this password does not open"), "{wrong}");
        let none = as_the_driver(own_options(&client(key), None)).await.err().expect("refused");
        assert!(none.contains("none is given"), "{none}");
    }
    for key in [DES3_KEY, PBES1_KEY] {
        let unknown = as_the_driver(own_options(&client(key), Some(PASSWORD))).await.err().expect("refused");
        assert!(unknown.contains("does not know") && unknown.contains("openssl pkcs8 -topk8"), "{unknown}");
    }
    for password in [Some(PASSWORD), None] {
        let old = as_the_driver(own_options(&client(OLD_KEY), password)).await.err().expect("refused");
        assert!(old.contains("Proc-Type: 4,ENCRYPTED") && old.contains("openssl pkcs8 -topk8"), "{old}");
    }
}

#[tokio::test]
async fn a_clients_file_is_refused_with_the_spot() {
    let key = plain_key();
    for (text, expected) in [
        (
            format!("{CERTIFICATE}{}", key.replace("MIGH", "M!GH")),
            "a part that begins in line 11 and is damaged",
        ),
        (CERTIFICATE.to_owned(), "has no private key"),
        (key.clone(), "has no certificate"),
        (format!("{}{key}", CERTIFICATE.trim_end()), "PRIVATE KEY begins in the middle of line 10"),
        (
            format!("{CERTIFICATE}{}", key.replace("-----END PRIVATE KEY-----", "")),
            "begins in line 11 and has no end",
        ),
    ] {
        let problem = as_the_driver(own_options(&File::of(&text), None)).await.err().expect(expected);
        assert!(problem.contains(expected), "{problem}\n{text}");
    }
    let good = format!("{CERTIFICATE}{key}");
    assert!(as_the_driver(own_options(&File::of(good), None)).await.is_ok());
}

/// The key of the certificate without a seal.
fn plain_key() -> String {
    let sealed = pem::parse(SHA256_KEY).expect("PEM");
    let sealed = EncryptedPrivateKeyInfoRef::try_from(sealed.contents()).expect("PKCS #8");
    let key = sealed.decrypt(PASSWORD).expect("its password").as_bytes().to_vec();
    pem::encode(&pem::Pem::new("PRIVATE KEY", key)).replace("\r\n", "\n")
}

#[tokio::test]
async fn what_the_driver_passes_over_among_the_authorities_is_told_with_its_spot() {
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA!!!!notbase64\n-----END CERTIFICATE-----\n";
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let joined = format!("{}{CERTIFICATE}", CERTIFICATE.trim_end());
    for (text, left_out) in [
        (CERTIFICATE.to_owned(), None),
        (CERTIFICATE.replace('\n', "\r\n"), None),
        (format!("# ours\n{CERTIFICATE}\n{CERTIFICATE}"), None),
        (joined, Some("certificate 2 begins in the middle of line 10")),
        (
            format!("{CERTIFICATE}{damaged}{CERTIFICATE}"),
            Some("certificate 2 begins in line 11 and is damaged"),
        ),
        (
            format!("{CERTIFICATE}{no_certificate}"),
            Some("certificate 2 begins in line 11 and is no certificate"),
        ),
        (
            format!("{CERTIFICATE}{}", CERTIFICATE.replace("-----END CERTIFICATE-----", "")),
            Some("certificate 2 begins in line 11 and has no end"),
        ),
        (
            format!(
                "{}{CERTIFICATE}",
                CERTIFICATE.replace("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE----")
            ),
            Some("certificate 1 does not begin as it must: line 1"),
        ),
        (format!("\u{feff}{CERTIFICATE}{CERTIFICATE}"), Some("certificate 1 begins in the middle of line 1")),
    ] {
        let file = File::of(&text);
        let options = TlsOptions::builder().ca_file_path(file.path()).build();
        let found = as_the_driver(options).await.expect("one of them can be used");
        match (found.left_out.as_slice(), left_out) {
            ([], None) => {}
            ([told], Some(expected)) => assert!(told.contains(expected), "{told}"),
            other => panic!("{other:?}\n{text}"),
        }
        assert!(!found.roots.is_empty());
    }
}

#[tokio::test]
async fn a_file_without_an_authority_is_refused_unless_any_certificate_is_taken() {
    let options = |text: &str, any: bool| {
        let file = File::of(text);
        (TlsOptions::builder().ca_file_path(file.path()).allow_invalid_certificates(any).build(), file)
    };
    let (some, _file) = options("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", false);
    let problem = load(some).await.err().expect("nobody could be trusted").problem;
    assert!(problem.contains("no certificate that can be used") && problem.contains("line 1"), "{problem}");
    let (any, _file) = options("nothing", true);
    assert!(as_the_driver(any).await.is_ok(), "the driver connects");
}

#[tokio::test]
async fn what_never_ends_is_not_read() {
    for (path, expected) in
        [("/dev/zero", "is no file"), ("/nowhere/ca.pem", "does not exist"), ("/", "is a folder")]
    {
        let options = TlsOptions::builder().ca_file_path(PathBuf::from(path)).build();
        let problem = load(options).await.err().expect(expected).problem;
        assert!(cfg!(windows) || problem.contains(expected), "{problem}");
    }
    let long = File::of(vec![b'\n'; FILE_MAX as usize + 1]);
    let problem =
        load(TlsOptions::builder().ca_file_path(long.path()).build()).await.err().expect("too long");
    assert!(problem.problem.contains("too long"), "{}", problem.problem);
}

#[test]
fn a_seal_that_takes_for_ever_is_not_opened() {
    let pbkdf2 =
        |rounds| Parameters::generate_pbkdf2_sha256_aes256cbc(rounds, &[1; 8], [2; 16]).expect("good");
    assert!(is_openable(&pbkdf2(600_000).into()));
    assert!(!is_openable(&pbkdf2(50_000_000).into()), "the driver would be at it for minutes");
    let scrypt = |cost| {
        let parameters = scrypt::Params::new(14, 8, 1).expect("OpenSSL's");
        let mut parameters =
            Parameters::generate_scrypt_aes256cbc(parameters, &[1; 8], [2; 16]).expect("good");
        if let Kdf::Scrypt(scrypt) = &mut parameters.kdf {
            scrypt.cost_parameter = cost;
        }
        EncryptionScheme::from(parameters)
    };
    assert!(is_openable(&scrypt(1 << 14)));
    for cost in [0, 1, 3, 1 << 24, 1 << 63, u64::MAX] {
        assert!(!is_openable(&scrypt(cost)), "{cost}");
    }
}

/// A key of this certificate under a seal that costs next to nothing.
fn cheaply_sealed(parameters: Parameters) -> String {
    let key = pem::parse(plain_key()).expect("PEM");
    let key = PrivateKeyInfoRef::try_from(key.contents()).expect("PKCS #8");
    let sealed = key.encrypt_with_params(parameters, PASSWORD).expect("sealed").as_bytes().to_vec();
    pem::encode(&pem::Pem::new(ENCRYPTED_KEY, sealed))
}

/// Pieces of files, good and bad.
fn pieces() -> Vec<String> {
    let pbkdf2 = Parameters::generate_pbkdf2_sha256_aes256cbc(1, &[1; 8], [2; 16]).expect("good");
    let scrypt = scrypt::Params::new(1, 1, 1).expect("good");
    let scrypt = Parameters::generate_scrypt_aes256cbc(scrypt, &[1; 8], [2; 16]).expect("good");
    let mut pieces: Vec<String> = [
        CERTIFICATE,
        CERTIFICATE.trim_end(),
        OLD_KEY,
        PBES1_KEY,
        DES3_KEY,
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE---- -\n",
        "-----BEGIN PRIVATE KEY-----\r\n",
        "-----BEGIN NOTES-----\n",
        "-----END CERTIFICATE-----\n",
        "-----END CERTIFICATE-----",
        "-----END PRIVATE KEY-----\n",
        "-----END NOTES-----\n",
        "-----BEGIN ",
        "-----END ",
        "Proc-Type: 4,ENCRYPTED\n",
        "MIIB\n",
        "AAAA!!!!\n",
        "\n",
        "\r",
        "-",
        "\u{feff}",
    ]
    .map(str::to_owned)
    .into();
    pieces.extend([plain_key(), cheaply_sealed(pbkdf2), cheaply_sealed(scrypt)]);
    pieces.push(CERTIFICATE.replace('\n', "\r\n"));
    pieces
}

/// A file made of pieces, with some of its bytes changed.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (prop::collection::vec(select(pieces()), 0..7), changes).prop_map(|(pieces, changes)| {
        let mut text = pieces.concat().into_bytes();
        for (at, byte) in changes.into_iter().filter(|_| !text.is_empty()).collect::<Vec<_>>() {
            let at = at.index(text.len());
            text[at] = byte;
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_is_read_as_the_driver_reads_it(text in file()) {
        let by_driver: Vec<_> = CertificateDer::pem_reader_iter(&text[..]).collect();
        let blocks = blocks::of(&text);
        let good = blocks.iter().filter(|block| block.is_certificate() && block.fault.is_none());
        let good: Vec<_> = good.map(|block| CertificateDer::from(block.der.clone())).collect();
        let read: Vec<_> = by_driver.iter().flatten().cloned().collect();
        prop_assert_eq!(good, read, "what is told to be read is what is read");
        let faults = blocks.iter().filter(|block| block.fault.is_some_and(|fault| fault != Fault::Joined));
        prop_assert_eq!(faults.count(), by_driver.iter().filter(|one| one.is_err()).count());

        let mut roots = RootCertStore::empty();
        let left_out = authorities(&text, &mut roots);
        prop_assert!(left_out.len() + roots.len() >= blocks.iter().filter(|block| block.is_certificate()).count());
        let told: usize = left_out.iter().map(String::len).sum();
        prop_assert!(told <= 200 * (text.len() + 1), "what is told is not longer than what was read deserves");

        let provider = ring::default_provider();
        for password in [None, Some(PASSWORD.as_bytes())] {
            if let Err(problem) = own(&text, password, &provider) {
                prop_assert!(!problem.is_empty() && !problem.contains(PASSWORD));
            }
        }
    }
}
