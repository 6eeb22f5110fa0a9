//! The secrets of a profile's connection string, in the vault and back.

use std::collections::BTreeMap;

use secrecy::SecretString;
use tenantry_core::connections::{ConnectionFields, ConnectionSecrets};

use crate::compose;
use crate::profiles::Profile;
use crate::vault::{SecretKind, SecretsLocked, Vault};

/// The kinds that stand in a connection string.
pub const KINDS: [SecretKind; 4] = [
    SecretKind::DatabasePassword,
    SecretKind::CertificateKeyPassword,
    SecretKind::ProxyPassword,
    SecretKind::AwsSessionToken,
];

/// What was given, and for the `places` where nothing was, the kept secrets. The vault is asked for no others.
///
/// # Errors
/// `SecretsLocked`: one is in the file of secrets, according to the profile's note, and the file is locked.
pub async fn complete(
    mut given: ConnectionSecrets,
    vault: &Vault,
    profile: &Profile,
    places: &[SecretKind],
) -> Result<ConnectionSecrets, SecretsLocked> {
    for kind in places {
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

/// Secrets that must not be used any more after the string changed: they were given to somebody else. A password is good
/// for one user of one deployment, where that is known: another server must not be told it.
pub fn moved(before: &str, after: &str) -> Vec<SecretKind> {
    let read = |text| compose::read_connection_string(text).fields;
    let (Some(before), Some(after)) = (read(before), read(after)) else { return KINDS.to_vec() };
    let server = |fields: &ConnectionFields| {
        let mut hosts = fields.hosts.clone();
        hosts.sort();
        let source = fields.auth_source.clone().or_else(|| fields.default_database.clone());
        (fields.srv, hosts, fields.user.clone(), source)
    };
    let proxy = |fields: &ConnectionFields| {
        let is_of_proxy =
            |name: &str| ["proxyhost", "proxyport", "proxyusername"].contains(&name.to_lowercase().as_str());
        let options = fields.other_options.iter().filter(|option| is_of_proxy(&option.name));
        options.map(|option| (option.name.to_lowercase(), option.value.clone())).collect::<BTreeMap<_, _>>()
    };
    let mut moved = Vec::new();
    if server(&before) != server(&after) {
        moved.extend([SecretKind::DatabasePassword, SecretKind::AwsSessionToken]);
    }
    if before.tls_certificate_key_file != after.tls_certificate_key_file {
        moved.push(SecretKind::CertificateKeyPassword);
    }
    if proxy(&before) != proxy(&after) {
        moved.push(SecretKind::ProxyPassword);
    }
    moved
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

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: [SecretKind; 2] = [SecretKind::DatabasePassword, SecretKind::AwsSessionToken];

    #[test]
    fn a_password_is_good_for_one_user_of_one_deployment() {
        let before = "mongodb://dana@a,b/tenants?w=1";
        for after in [
            "mongodb://eve@a,b/tenants?w=1",
            "mongodb://dana@a,c/tenants?w=1",
            "mongodb://dana@a,b,c/tenants?w=1",
            "mongodb://dana@a,b/other?w=1",
            "mongodb://dana@a,b/tenants?w=1&authSource=admin",
            "mongodb://a,b/tenants?w=1",
        ] {
            assert_eq!(moved(before, after), PASSWORD, "{after}");
        }
        for after in [before, "mongodb://dana@b,a/tenants?tls=true", "mongodb://dana:x@a,b/tenants"] {
            assert_eq!(moved(before, after), [], "{after}");
        }
        assert_eq!(moved(before, "nonsense"), KINDS, "nobody knows whom it would be told");
    }

    #[test]
    fn other_secrets_go_with_what_they_open() {
        let file = "mongodb://h/?tls=true&tlsCertificateKeyFile=/a.pem";
        assert_eq!(moved(file, &file.replace("a.pem", "b.pem")), [SecretKind::CertificateKeyPassword]);
        let proxy = "mongodb://h/?proxyHost=p&proxyUsername=u&proxyPassword=x";
        assert_eq!(moved(proxy, &proxy.replace("proxyHost=p", "proxyHost=q")), [SecretKind::ProxyPassword]);
        assert_eq!(moved(proxy, &proxy.replace("proxyPassword=x", "proxyPassword=y")), []);
    }
}
