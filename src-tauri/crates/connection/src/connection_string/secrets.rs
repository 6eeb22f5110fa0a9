//! Finds the secrets of a connection string: takes them out, masks them, puts them back.
use std::ops::Range;

use secrecy::{ExposeSecret, SecretString};

use super::encoding::{decoded, decoded_whole, has_whole_escapes, is_invisible, strictly};
use super::parts::Parts;
use crate::{SECRET_MASK, SecretKind, Secrets, is_secret_mask};

pub(super) const CERTIFICATE_KEY_PASSWORD: &str = "tlscertificatekeyfilepassword";
pub(super) const PROXY_PASSWORD: &str = "proxypassword";
pub(super) const MECHANISM_PROPERTIES: &str = "authmechanismproperties";
pub(super) const AWS_SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// The options that have a secret, by their lowercase names.
pub(super) const OPTIONS: [(&str, SecretKind); 3] = [
    (CERTIFICATE_KEY_PASSWORD, SecretKind::CertificateKeyPassword),
    (PROXY_PASSWORD, SecretKind::ProxyPassword),
    (MECHANISM_PROPERTIES, SecretKind::AwsSessionToken),
];
const BULLET: char = '\u{2022}';

/// Why the text in a secret's place cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Characters that must be percent-encoded.
    Reserved,
    /// A percent sign without an escape.
    LoosePercent,
    /// Escapes that are not UTF-8.
    NoText,
    /// A mask with something typed into it.
    ChangedMask,
    /// A placeholder of a template.
    Placeholder,
    /// A bracket of a placeholder, left beside the typed text.
    Bracket,
    /// An invisible character.
    Invisible,
}

/// The secrets that were taken out, and the places that could not be read.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) secrets: Secrets,
    pub(super) password: Option<Unreadable>,
    /// By the position of the option.
    pub(super) options: Vec<(usize, Unreadable)>,
}

/// Replaces every secret with the mask, and returns the secrets.
pub(super) fn take(parts: &mut Parts) -> Taken {
    let mut taken = Taken::default();
    if let Some(password) = parts.password.take() {
        match user_info(&password) {
            Ok(secret) => taken.secrets.extend(secret.map(|secret| (SecretKind::DatabasePassword, secret))),
            Err(unreadable) => taken.password = Some(unreadable),
        }
        // Nothing between the colon and the `@` is not a secret, so it gets no mask.
        let is_shown = password.is_empty() || is_placeholder(&password);
        parts.password = Some(if is_shown { password } else { SECRET_MASK.to_owned() });
    }
    for (index, option) in parts.options.iter_mut().flatten().enumerate() {
        let Some((name, value)) = option.split_once('=') else { continue };
        let Some(range) = secret_range(name, value) else { continue };
        let typed = value.get(range.clone()).unwrap_or_default();
        match option_value(typed) {
            Ok(secret) => {
                // An option of another driver has no kind: it is refused, but hidden all the same.
                if let (Some(kind), Some(secret)) = (kind_of(name), secret) {
                    taken.secrets.entry(kind).or_insert(secret);
                }
            }
            Err(unreadable) => taken.options.push((index, unreadable)),
        }
        if !typed.is_empty() && !is_placeholder(typed) {
            let mut masked = value.to_owned();
            masked.replace_range(range, SECRET_MASK);
            *option = format!("{name}={masked}");
        }
    }
    taken
}

fn kind_of(option: &str) -> Option<SecretKind> {
    OPTIONS.into_iter().find(|(name, _)| option.eq_ignore_ascii_case(name)).map(|(_, kind)| kind)
}

/// Parses a name or password before the hosts.
pub(super) fn user_info(typed: &str) -> Result<Option<SecretString>, Unreadable> {
    if typed.is_empty() || is_secret_mask(typed) {
        return Ok(None);
    }
    check_typed(typed)?;
    if typed.starts_with('<') || typed.ends_with('>') {
        return Err(Unreadable::Bracket);
    }
    if typed.contains([':', '/', '?', '#', '[', ']', '@']) {
        return Err(Unreadable::Reserved);
    }
    // The driver cuts the two characters after a percent sign without checking them.
    if !has_whole_escapes(typed) {
        return Err(Unreadable::LoosePercent);
    }
    let secret = decoded_whole(typed).ok_or(Unreadable::NoText)?;
    Ok(if is_secret_mask(&secret) { None } else { Some(SecretString::from(secret)) })
}

fn option_value(typed: &str) -> Result<Option<SecretString>, Unreadable> {
    let secret = decoded(typed);
    if typed.is_empty() || is_secret_mask(&secret) {
        return Ok(None);
    }
    check_typed(typed)?;
    Ok(Some(SecretString::from(secret)))
}

/// Refuses characters that nobody means to type. Percent-encoded, they are meant.
fn check_typed(typed: &str) -> Result<(), Unreadable> {
    if is_placeholder(typed) {
        Err(Unreadable::Placeholder)
    } else if typed.contains(BULLET) {
        Err(Unreadable::ChangedMask)
    } else if typed.contains(is_invisible) {
        Err(Unreadable::Invisible)
    } else {
        Ok(())
    }
}

/// Whether a text is a placeholder for a secret: `<db_password>`, `${MONGODB_PASSWORD}`, `{{password}}`.
///
/// It is shown, so it must not be a password that someone typed between the brackets: only known words count.
pub(super) fn is_placeholder(typed: &str) -> bool {
    let decoded = decoded(typed);
    let between = |open, close| {
        let inner = decoded.strip_prefix(open).and_then(|rest: &str| rest.strip_suffix(close));
        inner.filter(|inner| !inner.is_empty() && inner.len() < 40)
    };
    if let Some(name) = between("${", "}").or_else(|| between("{{", "}}")) {
        return name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || ['_', '.', '-', ' '].contains(&letter));
    }
    between("<", ">").is_some_and(|inner| {
        let plain = inner.to_ascii_lowercase().replace(['_', '-', ' '], "");
        let word =
            ["your", "enter", "my", "the"].iter().find_map(|word| plain.strip_prefix(word)).unwrap_or(&plain);
        let word = word.strip_suffix("here").unwrap_or(word);
        let word = ["database", "dbuser", "db", "user", "atlas"]
            .iter()
            .find_map(|of| word.strip_prefix(of))
            .unwrap_or(word);
        ["password", "pass", "passwd", "pwd", "secret"].contains(&word)
    })
}

/// Whether the whole value of an option is secret, by its name in any letter case. Includes options of other drivers,
/// which are refused but must not be shown.
pub(super) fn is_secret_option(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("password") || name.contains("secret") || name.contains("passphrase") || name == "sslpass"
}

/// The range of the secret in an option's value.
fn secret_range(name: &str, value: &str) -> Option<Range<usize>> {
    if is_secret_option(name) {
        return Some(0..value.len());
    }
    if !name.eq_ignore_ascii_case(MECHANISM_PROPERTIES) {
        return None;
    }
    properties(value).into_iter().find_map(|property| {
        let (key, at) = cut(value.get(property.clone())?, ':', "%3a")?;
        let is_token = decoded(key).eq_ignore_ascii_case(AWS_SESSION_TOKEN);
        is_token.then_some(property.start + at..property.end)
    })
}

/// The properties of a value as typed, separated by commas, also percent-encoded ones.
fn properties(value: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some((property, after)) = value.get(start..).and_then(|rest| cut(rest, ',', "%2c")) {
        found.push(start..start + property.len());
        start += after;
    }
    found.push(start..value.len());
    found
}

/// The text before a separator, and the position after it.
fn cut<'a>(text: &'a str, separator: char, encoded: &str) -> Option<(&'a str, usize)> {
    let plain = text.find(separator).map(|at| (at, separator.len_utf8()));
    let escaped = text.to_ascii_lowercase().find(encoded).map(|at| (at, encoded.len()));
    let (at, length) = [plain, escaped].into_iter().flatten().min()?;
    Some((text.get(..at)?, at + length))
}

/// Whether a mechanism uses the string's password. Names are compared as the driver does.
pub(super) fn takes_password(mechanism: Option<&str>) -> bool {
    !matches!(mechanism, Some("MONGODB-X509" | "MONGODB-OIDC" | "GSSAPI"))
}

/// The masked parts with their secrets, for the driver. Places without a secret are removed.
pub(super) fn fill(parts: &Parts, secrets: &Secrets) -> Parts {
    let mut filled = parts.clone();
    let encoded = |kind| secrets.get(&kind).map(|secret| strictly(secret.expose_secret()));
    if filled.password.as_deref().is_some_and(is_secret_mask) {
        filled.password = encoded(SecretKind::DatabasePassword);
    }
    let Some(options) = filled.options.take() else { return filled };
    let options: Vec<String> = options
        .into_iter()
        .filter_map(|option| {
            let Some((name, value)) = option.split_once('=') else { return Some(option) };
            let Some(kind) = kind_of(name) else { return Some(option) };
            if kind == SecretKind::AwsSessionToken {
                return with_token(name, value, secrets.get(&kind));
            }
            if !is_secret_mask(value) {
                return Some(option);
            }
            encoded(kind).map(|secret| format!("{name}={secret}"))
        })
        .collect();
    filled.options = Some(options).filter(|options| !options.is_empty());
    filled
}

fn with_token(name: &str, value: &str, token: Option<&SecretString>) -> Option<String> {
    let masked =
        secret_range(name, value).filter(|range| value.get(range.clone()).is_some_and(is_secret_mask));
    let Some(range) = masked else { return Some(format!("{name}={value}")) };
    if let Some(token) = token {
        let mut filled = value.to_owned();
        filled.replace_range(range, &strictly(token.expose_secret()));
        return Some(format!("{name}={filled}"));
    }
    let kept: Vec<&str> = properties(value)
        .into_iter()
        .filter(|property| !property.contains(&range.start))
        .filter_map(|property| value.get(property))
        .collect();
    if kept.is_empty() { None } else { Some(format!("{name}={}", kept.join(","))) }
}
