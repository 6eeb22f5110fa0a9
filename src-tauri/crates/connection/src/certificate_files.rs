//! The files that a connection string names: authorities, a client certificate and its key.
//!
//! They are read as the driver reads them, step by step, so that what is found here is what the driver will make of
//! them. The driver leaves out in silence what it can't read among the authorities, and says of a key only that it
//! failed; here it is said what and where. What would keep the driver busy or break it is refused before it gets there.

mod blocks;

#[cfg(test)]
mod tests;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use mongodb::options::TlsOptions;
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::pkcs5::{EncryptionScheme, Error as SealError};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys, RootCertStore};

use self::blocks::{Block, Fault};

const AUTHORITIES: &str = "tlsCAFile";
const OWN: &str = "tlsCertificateKeyFile";
const ENCRYPTED_KEY: &str = "ENCRYPTED PRIVATE KEY";
/// Bytes of a file. The authorities of an operating system take a quarter of a megabyte.
const FILE_MAX: u64 = 8 * 1024 * 1024;
/// Rounds of a key's seal. Current tools use up to a million.
const ROUNDS_MAX: u32 = 5_000_000;
/// Bytes of memory for opening a key's seal. OpenSSL's own take 16 MiB.
const SEAL_MEMORY_MAX: u64 = 256 * 1024 * 1024;

/// The contents of the files.
pub struct CertificateFiles {
    pub provider: Arc<CryptoProvider>,
    /// The trusted authorities.
    pub roots: RootCertStore,
    /// The client's certificate and key.
    pub client: Option<Arc<CertifiedKey>>,
    /// Sentences about authorities that the driver skips.
    pub left_out: Vec<String>,
}

/// A file that cannot be used.
#[derive(Debug)]
pub struct Unusable {
    /// A sentence with the option's name, without the path and without anything secret.
    pub problem: String,
    /// The same with the path.
    pub technical: String,
}

/// Reads the files, off the async threads.
///
/// # Errors
/// The first of them that the driver could not use.
pub async fn load(options: TlsOptions) -> Result<CertificateFiles, Unusable> {
    let work = tokio::task::spawn_blocking(move || read(&options));
    work.await.unwrap_or_else(|error| {
        let problem = "The certificate files can't be read.".to_owned();
        Err(Unusable { problem, technical: format!("reading certificate files stopped: {error}") })
    })
}

fn read(options: &TlsOptions) -> Result<CertificateFiles, Unusable> {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    let mut left_out = Vec::new();
    match &options.ca_file_path {
        Some(path) => {
            let text = contents(path).map_err(|problem| unusable(AUTHORITIES, path, problem))?;
            left_out = authorities(&text, &mut roots);
            if roots.is_empty() && options.allow_invalid_certificates != Some(true) {
                let mut problem = "has no certificate that can be used".to_owned();
                if !left_out.is_empty() {
                    problem = format!("{problem}. {}", left_out.join(" "));
                }
                return Err(unusable(AUTHORITIES, path, problem));
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let client = match &options.cert_key_file_path {
        Some(path) => {
            let password = options.tls_certificate_key_file_password.as_deref();
            let text = contents(path).map_err(|problem| unusable(OWN, path, problem))?;
            Some(own(&text, password, &provider).map_err(|problem| unusable(OWN, path, problem))?)
        }
        None => None,
    };
    Ok(CertificateFiles { provider, roots, client, left_out })
}

/// Adds the readable authorities, and returns a sentence for each that the driver skips.
fn authorities(text: &[u8], roots: &mut RootCertStore) -> Vec<String> {
    roots.add_parsable_certificates(CertificateDer::pem_reader_iter(text).flatten());
    let mut left_out = Vec::new();
    let certificates = blocks::of(text).into_iter().filter(Block::is_certificate);
    for (index, block) in certificates.enumerate() {
        let usable = || RootCertStore::empty().add(CertificateDer::from(block.der.clone())).is_ok();
        let fault = block.fault.or_else(|| (!usable()).then_some(Fault::NoCertificate));
        if let Some(fault) = fault {
            left_out.push(format!(
                "In the {AUTHORITIES} file, certificate {} {}. It is left out.",
                index + 1,
                fault.told(block.line)
            ));
        }
    }
    left_out
}

/// Parses the client's certificate and its key.
fn own(text: &[u8], password: Option<&[u8]>, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, String> {
    let blocks = blocks::of(text);
    let chain: Vec<_> = CertificateDer::pem_reader_iter(text)
        .collect::<Result<_, _>>()
        .map_err(|_| first_fault(&blocks).unwrap_or_else(|| "can't be read as PEM".to_owned()))?;
    if chain.is_empty() {
        return Err(with_spot("has no certificate", &blocks));
    }
    let key = match password {
        // The driver's rule: with a password, only a sealed key is accepted.
        Some(password) => sealed_key(text, password, &blocks)?,
        None => PrivateKeyDer::from_pem_reader(text).map_err(|_| {
            let is_sealed = blocks.iter().any(|block| block.label == ENCRYPTED_KEY);
            let problem = if is_sealed {
                "has a key that is sealed with a password, and none is given"
            } else {
                "has no private key"
            };
            with_spot(problem, &blocks)
        })?,
    };
    match CertifiedKey::from_der(chain, key, provider) {
        Ok(pair) => Ok(Arc::new(pair)),
        Err(TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err("has a key that does not belong to its certificate".to_owned())
        }
        Err(_) => Err("has a key of a kind that is not supported".to_owned()),
    }
}

fn sealed_key(text: &[u8], password: &[u8], blocks: &[Block]) -> Result<PrivateKeyDer<'static>, String> {
    const UNKNOWN: &str = "has a key that is sealed in a way this program does not know. Seal it anew: \
        openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.pem -out new.pem, \
             and put the certificates into new.pem as well";
    let all = pem::parse_many(text)
        .map_err(|_| first_fault(blocks).unwrap_or_else(|| "can't be read as PEM".to_owned()))?;
    let sealed = all.iter().find(|block| block.tag() == ENCRYPTED_KEY).ok_or_else(|| {
        with_spot("has no key that is sealed with a password, and a password is given", blocks)
    })?;
    let sealed = EncryptedPrivateKeyInfoRef::try_from(sealed.contents()).map_err(|_| UNKNOWN)?;
    if !is_openable(&sealed.encryption_algorithm) {
        return Err(
            "has a key whose seal takes more time or memory to open than any that is made today".to_owned()
        );
    }
    let opened = sealed.decrypt(password).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(
            SealError::UnsupportedAlgorithm { .. }
            | SealError::AlgorithmParametersInvalid { .. }
            | SealError::NoPbes1CryptSupport,
        ) => UNKNOWN,
        // Also if the opened data is not a key: a wrong password gives garbage.
        _ => "has a key that this password does not open",
    })?;
    Ok(PrivatePkcs8KeyDer::from(opened.as_bytes().to_vec()).into())
}

/// Whether opening a seal ends in time. The file sets the numbers, and a cost of zero panics.
fn is_openable(seal: &EncryptionScheme) -> bool {
    let Some(parameters) = seal.pbes2() else { return true };
    match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) => pbkdf2.iteration_count <= ROUNDS_MAX,
        Kdf::Scrypt(scrypt) => {
            let cost = scrypt.cost_parameter;
            let memory = cost.saturating_mul(u64::from(scrypt.block_size)).saturating_mul(128);
            let rounds = u64::from(scrypt.parallelization).saturating_mul(memory);
            cost.is_power_of_two() && cost > 1 && memory <= SEAL_MEMORY_MAX && rounds <= 4 * SEAL_MEMORY_MAX
        }
        _ => true,
    }
}

/// The fault of the first unreadable block, as the end of a sentence.
fn first_fault(blocks: &[Block]) -> Option<String> {
    let block = blocks.iter().find(|block| block.fault.is_some_and(|fault| fault != Fault::Joined))?;
    if block.is_sealed_in_the_old_way {
        return Some(
            "has a key that is sealed in OpenSSL's old way (Proc-Type: 4,ENCRYPTED). Convert it: \
             openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.pem -out new.pem, \
             and put the certificates into new.pem as well"
                .to_owned(),
        );
    }
    let fault = block.fault?;
    let what = if block.is_certificate() { "a certificate" } else { "a part" };
    Some(format!("has {what} that {}", fault.told(block.line)))
}

/// A problem, with the block that was overlooked because it does not begin a line, if any.
fn with_spot(problem: &str, blocks: &[Block]) -> String {
    match blocks.iter().find(|block| block.fault == Some(Fault::Joined)) {
        Some(block) => {
            format!("{problem} that can be read: {} {}", block.label, Fault::Joined.told(block.line))
        }
        None => problem.to_owned(),
    }
}

fn contents(path: &Path) -> Result<Vec<u8>, &'static str> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist",
        std::io::ErrorKind::PermissionDenied => "cannot be read: permission denied",
        _ => "cannot be read",
    };
    let about = fs::metadata(path).map_err(unreadable)?;
    if about.is_dir() {
        return Err("is a folder");
    }
    // A pipe or a device may never end.
    if !about.is_file() {
        return Err("is no file");
    }
    let mut text = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(FILE_MAX + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > FILE_MAX {
        return Err("is too long for certificates");
    }
    Ok(text)
}

fn unusable(option: &str, path: &Path, problem: impl Into<String>) -> Unusable {
    let problem = problem.into();
    let end = if problem.ends_with('.') { "" } else { "." };
    Unusable {
        technical: format!("{option}: {} {problem}", path.display()),
        problem: format!("The {option} file {problem}{end}"),
    }
}
