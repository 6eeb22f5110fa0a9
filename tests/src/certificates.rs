//! Certificates for tests, created when needed.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Today, and for long enough.
    Now,
    /// Today, but not for long.
    Soon,
    /// Until yesterday.
    Past,
    /// From tomorrow on.
    Future,
}

impl Validity {
    fn moments(self) -> (OffsetDateTime, OffsetDateTime) {
        let now = OffsetDateTime::now_utc();
        let day = Duration::days(1);
        match self {
            Self::Now => (now - day, now + 60 * day),
            Self::Soon => (now - day, now + 9 * day),
            Self::Past => (now - 30 * day, now - day),
            Self::Future => (now + day, now + 30 * day),
        }
    }
}

/// An authority with a folder for its files.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    /// The chain that a server shows after its own certificate, up to a trusted authority.
    chain: String,
    folder: TempDir,
}

/// A certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl Authority {
    /// Creates one.
    ///
    /// # Panics
    /// When that fails.
    pub fn new(name: &str) -> Self {
        let (params, key) = (Self::params(name), KeyPair::generate().expect("a key"));
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self::of(params, key, pem, String::new())
    }

    /// Creates an intermediate authority that this one signs.
    ///
    /// # Panics
    /// When that fails.
    pub fn intermediate(&self, name: &str, validity: Validity) -> Self {
        let (mut params, key) = (Self::params(name), KeyPair::generate().expect("a key"));
        (params.not_before, params.not_after) = validity.moments();
        let pem = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        let chain = format!("{pem}{}", self.chain);
        Self::of(params, key, pem, chain)
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).expect("good parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn of(params: CertificateParams, key: KeyPair, pem: String, chain: String) -> Self {
        let folder = TempDir::new().expect("a folder");
        Self { issuer: Issuer::new(params, key), pem, chain, folder }
    }

    /// The file with its certificate, for `tlsCAFile`.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn file(&self) -> PathBuf {
        self.write("authority.pem", &self.pem)
    }

    /// Writes a file into the authority's folder.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a writable folder");
        path
    }

    /// A certificate of a server with these names.
    pub fn server(&self, names: &[&str], validity: Validity) -> Pair {
        self.issue(names, validity, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate of a client.
    pub fn client(&self, name: &str) -> Pair {
        self.issue(&[name], Validity::Now, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(&self, names: &[&str], validity: Validity, usage: ExtendedKeyUsagePurpose) -> Pair {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names.clone()).expect("good names");
        (params.not_before, params.not_after) = validity.moments();
        params.extended_key_usages = vec![usage];
        if let Some(name) = names.first() {
            params.distinguished_name.push(DnType::CommonName, name.as_str());
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Pair { certificate: format!("{certificate}{}", self.chain), key: key.serialize_pem() }
    }

    /// The TLS configuration of a server with this certificate. With `clients`, it requires a certificate that this
    /// authority issued.
    ///
    /// # Panics
    /// When the certificate cannot be used.
    pub fn server_config(
        &self,
        pair: &Pair,
        clients: bool,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("known versions");
        let builder = if clients {
            let mut roots = RootCertStore::empty();
            let own = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("a certificate");
            roots.add(own).expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        } else {
            builder.with_no_client_auth()
        };
        let chain = CertificateDer::pem_slice_iter(pair.certificate.as_bytes());
        let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates");
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("a key");
        Arc::new(builder.with_single_cert(chain, key).expect("a pair"))
    }
}
