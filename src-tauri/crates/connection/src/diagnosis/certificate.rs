//! Reads the facts of a certificate.
use rustls::pki_types::{CertificateDer, UnixTime};
use tenantry_core::limits::CERTIFICATE_WARNING;
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use crate::diagnosis::Certificate;

/// Parses a certificate; `None` if it is not one. Nothing in it is trusted: it is what the other side showed.
pub(super) fn facts(certificate: &CertificateDer<'_>, now: OffsetDateTime) -> Option<Certificate> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let validity = parsed.validity();
    let valid_until = at(validity.not_after.timestamp());
    Some(Certificate {
        subject: named(parsed.subject()),
        names: names(&parsed),
        issuer: named(parsed.issuer()),
        valid_from: at(validity.not_before.timestamp()),
        valid_until,
        ends_soon: valid_until - now < CERTIFICATE_WARNING,
    })
}

/// The moment for judging certificates.
pub(super) fn moment(now: UnixTime) -> OffsetDateTime {
    at(i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
}

/// The names that count, or the common name if there are none.
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

/// The one name by which people know it.
fn named(whole: &X509Name<'_>) -> String {
    let attributes = whole.iter_common_name().chain(whole.iter_organization());
    match attributes.filter_map(|attribute| attribute.as_str().ok()).next() {
        Some(name) => clean(name),
        None => clean(&whole.to_string()),
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

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
