//! The files that a connection string names: authorities, a client certificate and its key.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mongodb::options::TlsOptions;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys, RootCertStore};
use tenantry_core::connections::diagnosis::FindingCode;

use super::encryption::Encryption;
use super::failure::Failed;

const ENCRYPTED_KEY: &str = "ENCRYPTED PRIVATE KEY";

/// Reads what encryption needs, off the async threads.
pub(super) async fn load(options: TlsOptions) -> Result<Encryption, Failed> {
    let work = tokio::task::spawn_blocking(move || read(&options));
    work.await.map_err(|error| Failed::new(FindingCode::Other, format!("reading files stopped: {error}")))?
}

fn read(options: &TlsOptions) -> Result<Encryption, Failed> {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    match &options.ca_file_path {
        Some(path) => {
            let (good, _) = roots.add_parsable_certificates(certificates(path, "tlsCAFile")?);
            if good == 0 {
                return Err(unusable("tlsCAFile", path, "has no certificate that can be used"));
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let roots = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| Failed::new(FindingCode::TlsFailed, format!("authorities: {error}")))?;
    let client = match &options.cert_key_file_path {
        Some(path) => Some(own(path, options.tls_certificate_key_file_password.as_deref(), &provider)?),
        None => None,
    };
    let allow_invalid = options.allow_invalid_certificates == Some(true);
    Ok(Encryption { provider, roots, client, allow_invalid })
}

fn own(path: &Path, password: Option<&[u8]>, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, Failed> {
    const OPTION: &str = "tlsCertificateKeyFile";
    let chain = certificates(path, OPTION)?;
    if chain.is_empty() {
        return Err(unusable(OPTION, path, "has no certificate"));
    }
    let key = key(path, password).map_err(|problem| unusable(OPTION, path, problem))?;
    match CertifiedKey::from_der(chain, key, provider) {
        Ok(pair) => Ok(Arc::new(pair)),
        Err(TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(unusable(OPTION, path, "has a key that does not belong to its certificate"))
        }
        Err(_) => Err(unusable(OPTION, path, "has a key of a kind that is not supported")),
    }
}

fn key(path: &Path, password: Option<&[u8]>) -> Result<PrivateKeyDer<'static>, &'static str> {
    let text = fs::read(path).map_err(|error| unreadable(&error))?;
    let blocks = pem::parse_many(&text).map_err(|_| "can't be read as PEM")?;
    let sealed = blocks.iter().find(|block| block.tag() == ENCRYPTED_KEY);
    match (password, sealed) {
        (Some(password), Some(sealed)) => {
            let sealed = EncryptedPrivateKeyInfoRef::try_from(sealed.contents())
                .map_err(|_| "has a sealed key of a kind that is not supported")?;
            let opened =
                sealed.decrypt(password).map_err(|_| "has a key that this password does not open")?;
            Ok(PrivatePkcs8KeyDer::from(opened.as_bytes().to_vec()).into())
        }
        // The driver's rule: with a password, only a sealed key will do.
        (Some(_), None) => Err("has no key that is sealed with a password, and a password is given"),
        (None, Some(_)) => Err("has a key that is sealed with a password, and none is given"),
        (None, None) => PrivateKeyDer::from_pem_slice(&text).map_err(|_| "has no private key"),
    }
}

fn certificates(path: &Path, option: &str) -> Result<Vec<CertificateDer<'static>>, Failed> {
    let text = fs::read(path).map_err(|error| unusable(option, path, unreadable(&error)))?;
    CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|_| unusable(option, path, "can't be read as PEM"))
}

fn unreadable(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "is not there",
        std::io::ErrorKind::PermissionDenied => "may not be read",
        std::io::ErrorKind::IsADirectory => "is a folder",
        _ => "can't be read",
    }
}

fn unusable(option: &str, path: &Path, problem: &str) -> Failed {
    Failed::new(FindingCode::CertificateFile, format!("{option}: {} {problem}", path.display()))
        .saying(format!("The file of {option} {problem}."))
}
