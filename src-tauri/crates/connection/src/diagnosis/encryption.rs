//! Encrypting a line as the driver does, with a note of everything that the driver keeps to itself.
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mongodb::options::{ServerAddress, TlsOptions};
use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError,
    ProtocolVersion, SignatureScheme,
};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::certificate;
use super::failed::Failed;
use super::reach::Stream;
use crate::certificate_files::{self, CertificateFiles};
use crate::diagnosis::{Certificate, FindingCode};

/// Whom to trust, and how to show who we are.
pub(super) struct Encryption {
    pub(super) provider: Arc<CryptoProvider>,
    /// `None` where nobody is trusted, which only a string does that takes any certificate.
    pub(super) roots: Option<Arc<WebPkiServerVerifier>>,
    pub(super) client: Option<Arc<CertifiedKey>>,
    /// The string allows certificates that are not good.
    pub(super) allow_invalid: bool,
    /// Sentences on what could not be read of the authorities.
    pub(super) left_out: Vec<String>,
}

/// An encrypted line and what is known of it.
pub(super) struct Encrypted {
    pub(super) stream: Box<dyn Stream>,
    pub(super) version: String,
    /// What was found of the certificate; the line is there even where it was not found good.
    pub(super) seen: Seen,
    /// The server asked for a certificate of ours.
    pub(super) asked_for_ours: bool,
}

/// The server's certificates.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Its own first, then those that vouch for the one before, as far as they can be read.
    pub(super) chain: Vec<Certificate>,
    pub(super) verdict: Result<(), TlsError>,
}

/// Why there is no encrypted line.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The host's name can't be in a certificate.
    Name,
    /// Nothing in time.
    Silent,
    /// The other side hung up in the handshake.
    Closed(io::ErrorKind),
    /// The other side refused, and said why.
    Alert { alert: AlertDescription, asked_for_ours: bool },
    /// What came back is not TLS.
    PlainText,
    /// Anything else.
    Tls(TlsError),
}

impl Encryption {
    /// Reads what encryption needs.
    pub(super) async fn load(options: TlsOptions) -> Result<Self, Failed> {
        let allow_invalid = options.allow_invalid_certificates == Some(true);
        let files = certificate_files::load(options).await.map_err(|unusable| {
            Failed::new(FindingCode::CertificateFile, unusable.technical).saying(unusable.problem)
        })?;
        let CertificateFiles { provider, roots, client, left_out } = files;
        let roots = if roots.is_empty() {
            None
        } else {
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            let failed = |error| Failed::new(FindingCode::TlsFailed, format!("authorities: {error}"));
            Some(builder.build().map_err(failed)?)
        };
        Ok(Self { provider, roots, client, allow_invalid, left_out })
    }

    /// Encrypts a line. Takes any certificate, and notes what is wrong with it: the rest of the handshake may tell
    /// more.
    pub(super) async fn encrypt(
        &self,
        host: &ServerAddress,
        stream: Box<dyn Stream>,
        deadline: Instant,
    ) -> Result<Encrypted, Trouble> {
        let name = match host {
            ServerAddress::Tcp { host, .. } => {
                ServerName::try_from(host.clone()).map_err(|_| Trouble::Name)?
            }
            // A socket of this computer has no name that a certificate could bear.
            _ => return Err(Trouble::Name),
        };
        let recorder = Arc::new(Recorder {
            roots: self.roots.clone(),
            provider: Arc::clone(&self.provider),
            seen: Mutex::default(),
        });
        let offer = Arc::new(Offer { key: self.client.clone(), asked: AtomicBool::new(false) });
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(Trouble::Tls)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>)
            .with_client_cert_resolver(Arc::clone(&offer) as Arc<dyn ResolvesClientCert>);
        let asked_for_ours = || offer.asked.load(Ordering::Relaxed);
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let stream = match timeout_at(deadline, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(trouble(error, asked_for_ours())),
            Err(_) => return Err(Trouble::Silent),
        };
        let version = version(stream.get_ref().1.protocol_version());
        let seen = recorder.seen.lock().take();
        let seen = seen.unwrap_or(Seen { chain: Vec::new(), verdict: Ok(()) });
        Ok(Encrypted { stream: Box::new(stream), version, seen, asked_for_ours: asked_for_ours() })
    }
}

/// Reads what ended a handshake, or a line after it.
pub(super) fn trouble(error: io::Error, asked_for_ours: bool) -> Trouble {
    let kind = error.kind();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
        Some(TlsError::AlertReceived(alert)) => Trouble::Alert { alert: *alert, asked_for_ours },
        Some(TlsError::InvalidMessage(_)) => Trouble::PlainText,
        Some(error) => Trouble::Tls(error.clone()),
        None => Trouble::Closed(kind),
    }
}

fn version(version: Option<ProtocolVersion>) -> String {
    match version {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
        Some(other) => format!("{other:?}"),
        None => "TLS".to_owned(),
    }
}

/// Lets every certificate pass and notes whether it is good.
struct Recorder {
    roots: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    seen: Mutex<Option<Seen>>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let verdict = match &self.roots {
            Some(roots) => {
                roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Err(TlsError::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        let shown = std::iter::once(end_entity).chain(intermediates);
        let chain = shown.map_while(|one| certificate::facts(one, certificate::moment(now))).collect();
        let seen = Seen { chain, verdict: verdict.map(|_| ()) };
        *self.seen.lock() = Some(seen);
        // Nothing but an introduction goes over this line. The driver, which signs in, checks for itself.
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Shows our certificate, where there is one, and notes whether it was asked for.
struct Offer {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl ResolvesClientCert for Offer {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}
