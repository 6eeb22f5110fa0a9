//! What a certificate says of itself.

use rustls::pki_types::CertificateDer;
use tenantry_core::connections::diagnosis::CertificateFacts;
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Reads a certificate; `None` when it is none. Nothing of it is believed: it is what the other side showed.
pub(super) fn facts(certificate: &CertificateDer<'_>) -> Option<CertificateFacts> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let validity = parsed.validity();
    Some(CertificateFacts {
        names: names(&parsed),
        issuer: issuer(&parsed),
        valid_from: moment(validity.not_before.timestamp()),
        valid_until: moment(validity.not_after.timestamp()),
    })
}

/// The names that count, or the common name of a certificate that has none.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names: Vec<String> = alternative
        .iter()
        .flat_map(|extension| &extension.value.general_names)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(clean(name)),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        })
        .collect();
    if names.is_empty() {
        let common = certificate.subject().iter_common_name();
        return common.filter_map(|name| name.as_str().ok()).map(clean).collect();
    }
    names
}

fn issuer(certificate: &X509Certificate<'_>) -> String {
    let issuer = certificate.issuer();
    let attributes = issuer.iter_common_name().chain(issuer.iter_organization());
    match attributes.filter_map(|attribute| attribute.as_str().ok()).next() {
        Some(name) => clean(name),
        None => clean(&issuer.to_string()),
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    let address: std::net::IpAddr = match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok()?.into(),
        16 => <[u8; 16]>::try_from(bytes).ok()?.into(),
        _ => return None,
    };
    Some(address.to_string())
}

fn clean(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(120).collect()
}

fn moment(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
