use secrecy::{ExposeSecret, SecretString};

/// Stands in a connection string for a secret that is stored elsewhere.
pub const SECRET_MASK: &str = "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}";

/// Whether a text is the mask and not a secret.
pub fn is_secret_mask(text: &str) -> bool {
    text == SECRET_MASK
}

/// The secrets of a connection string, as a person would type them: not percent-encoded.
///
/// `Debug` shows which exist, but not their values.
#[derive(Debug, Clone, Default)]
pub struct ConnectionSecrets {
    /// The database user's password.
    pub password: Option<SecretString>,
    /// The password of the client certificate's key.
    pub certificate_key_password: Option<SecretString>,
    /// The password of the user of a SOCKS5 proxy.
    pub proxy_password: Option<SecretString>,
    /// The token of a temporary AWS session.
    pub aws_session_token: Option<SecretString>,
}

impl ConnectionSecrets {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        let Self { password, certificate_key_password, proxy_password, aws_session_token } = self;
        [password, certificate_key_password, proxy_password, aws_session_token]
            .into_iter()
            .all(Option::is_none)
    }

    /// These secrets, completed from `others`.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            password: self.password.or(others.password),
            certificate_key_password: self.certificate_key_password.or(others.certificate_key_password),
            proxy_password: self.proxy_password.or(others.proxy_password),
            aws_session_token: self.aws_session_token.or(others.aws_session_token),
        }
    }
}

/// For tests; nothing decides by a secret's bytes.
impl PartialEq for ConnectionSecrets {
    fn eq(&self, other: &Self) -> bool {
        let bytes =
            |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        bytes(&self.password) == bytes(&other.password)
            && bytes(&self.certificate_key_password) == bytes(&other.certificate_key_password)
            && bytes(&self.proxy_password) == bytes(&other.proxy_password)
            && bytes(&self.aws_session_token) == bytes(&other.aws_session_token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let secrets = ConnectionSecrets { password: Some("planted".into()), ..ConnectionSecrets::default() };
        assert!(!format!("{secrets:?}").contains("planted"), "a secret is in the debug output");
        assert!(!secrets.is_empty());
    }

    #[test]
    fn what_was_typed_goes_before_what_is_kept() {
        let typed = ConnectionSecrets { password: Some("typed".into()), ..ConnectionSecrets::default() };
        let kept = ConnectionSecrets {
            password: Some("kept".into()),
            proxy_password: Some("proxy".into()),
            ..ConnectionSecrets::default()
        };
        let both = typed.or(kept);
        assert_eq!(both.password.as_ref().map(ExposeSecret::expose_secret), Some("typed"));
        assert_eq!(both.proxy_password.as_ref().map(ExposeSecret::expose_secret), Some("proxy"));
    }

    #[test]
    fn the_mask_is_eight_bullets() {
        assert_eq!(SECRET_MASK.chars().count(), 8, "the window compares with the same constant");
        assert!(is_secret_mask("••••••••") && !is_secret_mask("••••••••x"));
    }
}
