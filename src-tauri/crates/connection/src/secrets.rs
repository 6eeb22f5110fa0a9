//! The secrets of a connection, by their kind.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Stands in a connection string for a secret that is stored elsewhere.
pub const SECRET_MASK: &str = "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}";

/// Whether a text is the mask and not a secret.
pub fn is_secret_mask(text: &str) -> bool {
    text == SECRET_MASK
}

/// The purpose of a secret. Keychains and files have it by its name in kebab case.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum SecretKind {
    /// The database user's password.
    DatabasePassword,
    /// The password of the client certificate's key.
    CertificateKeyPassword,
    /// The password of the user of a SOCKS5 proxy.
    ProxyPassword,
    /// The token of a temporary AWS session.
    AwsSessionToken,
    /// The service's signing secret.
    ServiceSecret,
    /// The key that Tenantry signs the workspace's tokens with.
    TokenKey,
}

impl SecretKind {
    /// Those that a person gives: Tenantry makes the key of its tokens itself.
    pub const GIVEN: [Self; 5] = [
        Self::DatabasePassword,
        Self::CertificateKeyPassword,
        Self::ProxyPassword,
        Self::AwsSessionToken,
        Self::ServiceSecret,
    ];
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::DatabasePassword,
        Self::CertificateKeyPassword,
        Self::ProxyPassword,
        Self::AwsSessionToken,
        Self::ServiceSecret,
        Self::TokenKey,
    ];

    /// Its name in a keychain or in a file.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Secrets as a person would type them: not percent-encoded. `Debug` shows which exist, but not their values.
pub type Secrets = BTreeMap<SecretKind, SecretString>;

/// These secrets, completed from `others`.
#[must_use]
pub fn completed(secrets: Secrets, mut others: Secrets) -> Secrets {
    others.extend(secrets);
    others
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::SecretKind::{DatabasePassword, ProxyPassword};
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Secrets::from([(DatabasePassword, "planted".into())]));
        assert!(shown.contains("DatabasePassword"), "{shown}");
        assert!(!shown.contains("planted"), "a secret is in the debug output");
    }

    #[test]
    fn what_was_typed_goes_before_what_is_kept() {
        let typed = Secrets::from([(DatabasePassword, "typed".into())]);
        let kept = Secrets::from([(DatabasePassword, "kept".into()), (ProxyPassword, "proxy".into())]);
        let both = completed(typed, kept);
        assert_eq!(both[&DatabasePassword].expose_secret(), "typed");
        assert_eq!(both[&ProxyPassword].expose_secret(), "proxy");
    }

    #[test]
    fn a_kind_has_the_same_name_in_a_keychain_and_in_a_file_as_ever() {
        let names = [
            "database-password",
            "certificate-key-password",
            "proxy-password",
            "aws-session-token",
            "service-secret",
            "token-key",
        ];
        for (kind, name) in SecretKind::ALL.into_iter().zip(names) {
            assert_eq!(kind.as_str(), name, "what is stored would not be found any more");
            assert_eq!(serde_json::to_value(kind).expect("a name"), name);
        }
    }

    #[test]
    fn the_mask_is_eight_bullets() {
        assert_eq!(SECRET_MASK.chars().count(), 8, "the window compares with the same constant");
        assert!(is_secret_mask("••••••••") && !is_secret_mask("••••••••x"));
    }
}
