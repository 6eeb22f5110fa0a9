//! Encrypts a connection as the driver does, and notes everything that the driver does not reveal.
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

/// The trusted authorities, and our certificate.
pub(super) struct Encryption {
    pub(super) provider: Arc<CryptoProvider>,
    /// `None` if no authority is trusted, as only a string that allows any certificate can have it.
    pub(super) roots: Option<Arc<WebPkiServerVerifier>>,
    pub(super) client: Option<Arc<CertifiedKey>>,
    /// Whether the string allows invalid certificates.
    pub(super) allow_invalid: bool,
    /// Sentences about unreadable authorities.
    pub(super) left_out: Vec<String>,
}

/// An encrypted connection and its facts.
pub(super) struct Encrypted {
    pub(super) stream: Box<dyn Stream>,
    pub(super) version: String,
    /// The server's certificate; it need not be valid.
    pub(super) seen: Seen,
    /// Whether the server asked for a client certificate.
    pub(super) asked_for_ours: bool,
}

/// The server's certificates.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Its own first, then the issuers, as far as they can be parsed.
    pub(super) chain: Vec<Certificate>,
    pub(super) verdict: Result<(), TlsError>,
}

/// Why there is no encrypted connection.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The host's name cannot be in a certificate.
    Name,
    /// No response in time.
    Silent,
    /// The other side closed the connection during the handshake.
    Closed(io::ErrorKind),
    /// The other side refused, and said why.
    Alert { alert: AlertDescription, asked_for_ours: bool },
    /// The response was not TLS.
    PlainText,
    /// Anything else.
    Tls(TlsError),
}

impl Encryption {
    /// Reads the certificate files.
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
            // A socket on this computer has no name for a certificate.
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

/// Analyses the end of a handshake, or of a connection after it.
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

/// Accepts every certificate and notes whether it is valid.
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
        // Only a handshake goes over this connection. The driver, which signs in, checks for itself.
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

/// Offers our certificate, if any, and notes whether the server asked for it.
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
