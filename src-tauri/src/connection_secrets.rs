//! The secrets of a profile's connection string, in the vault and back.

use secrecy::SecretString;
use tenantry_core::connections::ConnectionSecrets;

use crate::compose::Address;
use crate::profiles::Profile;
use crate::vault::{SecretKind, SecretsLocked, Vault};

/// The kinds that stand in a connection string.
pub const KINDS: [SecretKind; 4] = [
    SecretKind::DatabasePassword,
    SecretKind::CertificateKeyPassword,
    SecretKind::ProxyPassword,
    SecretKind::AwsSessionToken,
];

/// What was given, and where nothing was, the kept secrets that belong into the string. The vault is asked for no others.
///
/// # Errors
/// `SecretsLocked`: one is in the file of secrets, according to the profile's note, and the file is locked.
pub async fn complete(
    mut given: ConnectionSecrets,
    vault: &Vault,
    profile: &Profile,
    address: &Address,
) -> Result<ConnectionSecrets, SecretsLocked> {
    for kind in &address.places {
        let place = match kind {
            SecretKind::DatabasePassword => &mut given.password,
            SecretKind::CertificateKeyPassword => &mut given.certificate_key_password,
            SecretKind::ProxyPassword => &mut given.proxy_password,
            SecretKind::AwsSessionToken => &mut given.aws_session_token,
            SecretKind::ServiceSecret | SecretKind::TokenKey => continue,
        };
        // One that the note does not know belongs to what the profile was before.
        let is_kept = profile.stored.contains(kind) || vault.remembers(&profile.id, *kind);
        if place.is_none() && is_kept {
            *place = vault.find(&profile.id, *kind).await?;
        }
    }
    Ok(given)
}

/// Each with its kind.
pub fn each(secrets: ConnectionSecrets) -> [(SecretKind, Option<SecretString>); 4] {
    let ConnectionSecrets { password, certificate_key_password, proxy_password, aws_session_token } = secrets;
    [
        (SecretKind::DatabasePassword, password),
        (SecretKind::CertificateKeyPassword, certificate_key_password),
        (SecretKind::ProxyPassword, proxy_password),
        (SecretKind::AwsSessionToken, aws_session_token),
    ]
}
