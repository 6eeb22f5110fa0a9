//! The kinds of secrets of a workspace.

use serde::{Deserialize, Serialize};

/// The purpose of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
        match self {
            Self::DatabasePassword => "database-password",
            Self::CertificateKeyPassword => "certificate-key-password",
            Self::ProxyPassword => "proxy-password",
            Self::AwsSessionToken => "aws-session-token",
            Self::ServiceSecret => "service-secret",
            Self::TokenKey => "token-key",
        }
    }
}
