//! Moves the secrets of a connection string into the vault and back.

use tenantry_connection::{SecretKind, Secrets};

use crate::profiles::Profile;
use crate::vault::{SecretsLocked, Vault};

/// The given secrets, completed with the stored ones for the `places` without one. The vault is asked for no others.
///
/// # Errors
/// `SecretsLocked`: by the connection's note one is in the secrets file, and the file is locked.
pub async fn complete(
    mut given: Secrets,
    vault: &Vault,
    profile: &Profile,
    places: &[SecretKind],
) -> Result<Secrets, SecretsLocked> {
    for kind in places {
        // One without a note belongs to an earlier form of the connection.
        let is_kept = profile.stored.contains(kind) || vault.remembers(&profile.id, *kind);
        if is_kept && !given.contains_key(kind) {
            given.extend(vault.find(&profile.id, *kind).await?.map(|secret| (*kind, secret)));
        }
    }
    Ok(given)
}

/// What decides who receives a connection's secrets: its connection string and its database.
#[derive(Debug, Clone, Copy)]
pub struct Pointed<'a> {
    /// The connection string, with masks or without.
    pub connection_string: &'a str,
    /// The database.
    pub database: &'a str,
}

impl<'a> Pointed<'a> {
    /// Of a saved connection.
    pub fn of(profile: &'a Profile) -> Self {
        Self { connection_string: &profile.connection_string, database: &profile.database }
    }
}

/// Secrets that must not be used any more after a connection changed: they were given for another server, user or file,
/// or for a connection with other protection. The one rule for saving, for testing and for every other use of a stored
/// secret.
pub fn moved(before: Pointed<'_>, after: Pointed<'_>) -> Vec<SecretKind> {
    let all = || SecretKind::GIVEN.to_vec();
    let read = |pointed: Pointed<'_>| tenantry_connection::destination(pointed.connection_string);
    let (Some(from), Some(to)) = (read(before), read(after)) else { return all() };
    let same_servers = from.servers == to.servers;
    let mut moved = Vec::new();
    if !same_servers || from.account != to.account {
        moved.extend([SecretKind::DatabasePassword, SecretKind::AwsSessionToken]);
    }
    if from.certificate_key_file != to.certificate_key_file {
        moved.push(SecretKind::CertificateKeyPassword);
    }
    if from.proxy != to.proxy {
        moved.push(SecretKind::ProxyPassword);
    }
    // Tokens are signed for whomever the database names, and the owner of a database decides what it says.
    if !same_servers || before.database != after.database {
        moved.push(SecretKind::ServiceSecret);
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: [SecretKind; 2] = [SecretKind::DatabasePassword, SecretKind::AwsSessionToken];
    const OF_ANOTHER_SERVER: [SecretKind; 3] =
        [SecretKind::DatabasePassword, SecretKind::AwsSessionToken, SecretKind::ServiceSecret];

    fn moved_from(before: &str, after: &str) -> Vec<SecretKind> {
        let pointed = |connection_string| Pointed { connection_string, database: "tenants" };
        moved(pointed(before), pointed(after))
    }

    #[test]
    fn a_password_is_good_for_one_user_of_one_deployment() {
        let before = "mongodb://dana@a,b/tenants?w=1";
        for after in [
            "mongodb://eve@a,b/tenants?w=1",
            "mongodb://dana@a,b/other?w=1",
            "mongodb://dana@a,b/tenants?w=1&authSource=admin",
            "mongodb://dana@a,b/tenants?w=1&authMechanism=PLAIN",
            "mongodb://a,b/tenants?w=1",
        ] {
            assert_eq!(moved_from(before, after), PASSWORD, "{after}");
        }
        for after in [
            "mongodb://dana@a,c/tenants?w=1",
            "mongodb://dana@a,b,c/tenants?w=1",
            "mongodb://dana@a,b/tenants?tls=true",
            "mongodb://dana@a,b/tenants?ssl=false",
            "mongodb+srv://dana@a/tenants?w=1",
        ] {
            assert_eq!(moved_from(before, after), OF_ANOTHER_SERVER, "{after}");
        }
        for after in [before, "mongodb://dana@b,a/tenants?appName=x", "mongodb://dana:x@a,b/tenants"] {
            assert_eq!(moved_from(before, after), [], "{after}");
        }
        assert_eq!(moved_from(before, "nonsense"), SecretKind::GIVEN, "nobody knows whom it would be told");
    }

    #[test]
    fn a_line_that_is_protected_otherwise_is_another_server() {
        let before = "mongodb://dana@a/?tls=true&tlsCAFile=%2Fca.pem&authMechanism=SCRAM-SHA-256";
        for (from, to) in [
            ("tls=true", "tls=false"),
            ("ca.pem", "mine.pem"),
            ("tls=true", "tls=true&tlsInsecure=true"),
            ("tls=true", "tls=true&tlsAllowInvalidCertificates=true"),
        ] {
            assert_eq!(moved_from(before, &before.replace(from, to)), OF_ANOTHER_SERVER, "{to}");
        }
        let proxied = moved_from(before, &format!("{before}&proxyHost=evil"));
        assert!(OF_ANOTHER_SERVER.iter().all(|kind| proxied.contains(kind)), "over a proxy: {proxied:?}");
        assert_eq!(moved_from(before, &before.replace("SCRAM-SHA-256", "PLAIN")), PASSWORD, "in plain text");
    }

    #[test]
    fn other_secrets_go_with_what_they_open() {
        let file = "mongodb://h/?tls=true&tlsCertificateKeyFile=/a.pem";
        let other_file = moved_from(file, &file.replace("a.pem", "b.pem"));
        assert!(other_file.contains(&SecretKind::CertificateKeyPassword), "{other_file:?}");
        let unchecked = moved_from(file, &format!("{file}&tlsInsecure=true"));
        assert!(!unchecked.contains(&SecretKind::CertificateKeyPassword), "it opens the same file");
        let proxy = "mongodb://h/?proxyHost=p&proxyUsername=u&proxyPassword=x";
        let other_proxy = moved_from(proxy, &proxy.replace("proxyHost=p", "proxyHost=q"));
        assert!(other_proxy.contains(&SecretKind::ProxyPassword), "{other_proxy:?}");
        assert_eq!(moved_from(proxy, &proxy.replace("proxyPassword=x", "proxyPassword=y")), []);
    }

    #[test]
    fn the_services_secret_key_belongs_to_the_database_whose_accounts_it_signs_for() {
        let pointed = |database| Pointed { connection_string: "mongodb://dana@a/", database };
        assert_eq!(moved(pointed("tenants"), pointed("mine")), [SecretKind::ServiceSecret]);
    }
}
