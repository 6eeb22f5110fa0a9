//! Keeps secrets out of everything shown.
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::connection_string::{decoded, strictly};
use crate::{SECRET_MASK, Secrets};

/// Shorter secrets occur inside other words too often to be replaced; a foreign text with one is not shown at all.
const REPLACEABLE: usize = 4;
/// The shown part of a foreign text.
const FOREIGN_CHARACTERS: usize = 240;

/// Keeps secrets out of everything shown.
#[derive(Clone)]
pub(super) struct Redactor {
    secrets: Arc<Vec<SecretString>>,
}

impl Redactor {
    pub(super) fn new<'a>(all: impl IntoIterator<Item = &'a Secrets>) -> Self {
        let mut forms = Vec::new();
        for secret in all.into_iter().flat_map(Secrets::values) {
            let plain = secret.expose_secret();
            if plain.is_empty() {
                continue;
            }
            // As typed, as encoded in a string, and as a server may show it that decoded it once too often.
            forms.push(strictly(plain));
            forms.push(decoded(plain));
            forms.push(plain.to_owned());
        }
        // Longest first, or a part of a longer one would be left.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self { secrets: Arc::new(forms.into_iter().map(SecretString::from).collect()) }
    }

    /// A text of our own, which should have no secret but might.
    pub(super) fn own(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets.iter().map(ExposeSecret::expose_secret) {
            if secret.len() >= REPLACEABLE {
                text = text.replace(secret, SECRET_MASK);
            }
        }
        text
    }

    /// A text from elsewhere, on one line.
    pub(super) fn foreign(&self, text: &str) -> String {
        let short = |secret: &SecretString| (1..REPLACEABLE).contains(&secret.expose_secret().len());
        if self.secrets.iter().any(|secret| short(secret) && text.contains(secret.expose_secret())) {
            return "(an answer that is not shown)".to_owned();
        }
        let clean: String =
            text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
        self.own(clean.trim()).chars().take(FOREIGN_CHARACTERS).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(password: &str) -> Redactor {
        Redactor::new([&Secrets::from([(crate::SecretKind::DatabasePassword, password.into())])])
    }

    #[test]
    fn a_secret_is_hidden_in_every_form_that_it_may_have() {
        let redactor = redactor("pl@nted");
        let shown = redactor.foreign("said pl@nted, pl%40nted\nand more");
        assert_eq!(shown, format!("said {SECRET_MASK}, {SECRET_MASK} and more"));
        assert_eq!(self::redactor("pl%40nted").own("pl@nted"), SECRET_MASK);
    }

    #[test]
    fn a_foreign_text_with_a_short_secret_is_not_shown() {
        assert!(!redactor("xq").foreign("user dana, password xq").contains("xq"));
        assert_eq!(redactor("xq").foreign("HTTP/1.1 400"), "HTTP/1.1 400");
    }

    #[test]
    fn a_long_answer_is_cut() {
        assert_eq!(redactor("planted").foreign(&"é".repeat(1000)).chars().count(), FOREIGN_CHARACTERS);
    }
}
