//! Secrets typed into unsaved connection strings: in memory, outside the window, until the editor is closed. They are
//! wiped when released.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tenantry_connection::{ConnectionReading, SecretKind, Secrets, completed};

/// A reloaded editor forgets its draft silently; then the oldest is dropped.
const DRAFTS_MAX: usize = 16;

/// Secrets by their draft.
#[derive(Default)]
pub struct Drafts(Mutex<VecDeque<(String, Secrets)>>);

impl Drafts {
    /// Takes the secrets of a reading, and forgets those whose place is gone. Returns whether there were any.
    pub fn take(&self, draft: &str, reading: &ConnectionReading) -> bool {
        let took = !reading.secrets.is_empty();
        let mut kept = completed(reading.secrets.clone(), self.remove(draft));
        if let Some(fields) = &reading.fields {
            let masked = |name: &str| {
                fields.other_options.iter().any(|option| {
                    option.name.eq_ignore_ascii_case(name)
                        && option.value.contains(tenantry_connection::SECRET_MASK)
                })
            };
            kept.retain(|kind, _| match kind {
                SecretKind::DatabasePassword => fields.has_password,
                SecretKind::CertificateKeyPassword => fields.has_certificate_key_password,
                SecretKind::ProxyPassword => masked("proxyPassword"),
                SecretKind::AwsSessionToken => masked("authMechanismProperties"),
                SecretKind::ServiceSecret | SecretKind::TokenKey => false,
            });
        }
        if !kept.is_empty() {
            let mut all = self.0.lock();
            all.push_back((draft.to_owned(), kept));
            if all.len() > DRAFTS_MAX {
                all.pop_front();
            }
        }
        took
    }

    /// The secrets of a draft.
    pub fn find(&self, draft: &str) -> Secrets {
        let all = self.0.lock();
        all.iter().find(|(id, _)| id == draft).map(|(_, secrets)| secrets.clone()).unwrap_or_default()
    }

    /// Forgets the secrets of a draft.
    pub fn forget(&self, draft: &str) {
        drop(self.remove(draft));
    }

    fn remove(&self, draft: &str) -> Secrets {
        let mut all = self.0.lock();
        let at = all.iter().position(|(id, _)| id == draft);
        at.and_then(|at| all.remove(at)).map(|(_, secrets)| secrets).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use tenantry_connection::read as read_connection_string;

    fn password(drafts: &Drafts, draft: &str) -> Option<String> {
        drafts
            .find(draft)
            .get(&SecretKind::DatabasePassword)
            .map(|password| password.expose_secret().to_owned())
    }

    #[test]
    fn a_typed_password_stays_while_its_place_does() {
        let drafts = Drafts::default();
        let typed = read_connection_string("mongodb://dana:typed@localhost/");
        assert!(drafts.take("one", &typed), "a secret was typed");
        let again = read_connection_string(&typed.text);
        assert!(!drafts.take("one", &again), "the mask is no secret");
        assert_eq!(password(&drafts, "one").as_deref(), Some("typed"));
        drafts.take("one", &read_connection_string("mongodb://dana@localhost/"));
        assert_eq!(password(&drafts, "one"), None, "the person took it out");
    }

    #[test]
    fn a_draft_knows_its_own_secrets_until_it_is_forgotten() {
        let drafts = Drafts::default();
        drafts.take("one", &read_connection_string("mongodb://dana:typed@localhost/"));
        assert_eq!(password(&drafts, "two"), None);
        drafts.forget("one");
        assert_eq!(password(&drafts, "one"), None);
    }

    #[test]
    fn an_option_with_a_secret_is_kept_like_a_password() {
        let drafts = Drafts::default();
        let text = "mongodb://localhost/?proxyHost=p&proxyUsername=u&proxyPassword=typed";
        assert!(drafts.take("one", &read_connection_string(text)));
        assert!(drafts.find("one").contains_key(&SecretKind::ProxyPassword));
    }

    #[test]
    fn drafts_that_nobody_forgot_do_not_pile_up() {
        let drafts = Drafts::default();
        for number in 0..=DRAFTS_MAX {
            let reading = read_connection_string("mongodb://dana:typed@localhost/");
            drafts.take(&number.to_string(), &reading);
        }
        assert_eq!(password(&drafts, "0"), None, "the oldest gave way");
        assert!(password(&drafts, "1").is_some());
    }
}
