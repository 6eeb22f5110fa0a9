//! Reads a connection string for a form.
use mongodb::options::ConnectionString as Parsed;

use super::encoding::{decoded, is_invisible, is_socket};
use super::options;
use super::parts::Parts;
use super::pasted;
use super::problems::{SCHEME, ask_driver, of_accepted, of_refused};
use super::secrets::{MECHANISM_PROPERTIES, Taken, is_placeholder, is_secret_option, take, takes_password};
use crate::hosts::is_atlas_name;
use crate::{
    AuthenticationKind, ConnectionFields, ConnectionPart, ConnectionProblem, ConnectionReading, EditorTab,
    OtherOption, SECRET_MASK, Secrets,
};

/// Bytes of a connection string. Fifty hosts and all options take a quarter of it.
const LENGTH_MAX: usize = 16 * 1024;
/// Bytes of a text that is searched for a connection string.
const PASTED_MAX: usize = 1024 * 1024;

/// A string taken apart, with its secrets separate.
pub(super) struct Read {
    pub(super) parts: Parts,
    pub(super) secrets: Secrets,
    /// The driver's parse; `None` if it refuses.
    pub(super) parsed: Option<Parsed>,
    pub(super) problems: Vec<ConnectionProblem>,
    /// Whether it was inside a longer text.
    pub(super) extracted: bool,
}

/// The outcome of reading a text.
pub(super) enum Found {
    Parts(Box<Read>),
    /// It cannot be taken apart. The text is as safe to show as possible.
    Garbled {
        text: String,
        problem: ConnectionProblem,
        /// Whether a supposed password in it must be hidden at once.
        extracted: bool,
    },
}

/// Reads a string with secrets or masks, alone or inside something else.
pub(super) fn find_out(typed: &str) -> Found {
    let text = typed.trim_matches(|character: char| character.is_whitespace() || is_invisible(character));
    let inside = if text.len() <= PASTED_MAX { pasted::inside(text) } else { None };
    let extracted = inside.is_some();
    let text = inside.as_deref().unwrap_or(text);
    if text.len() > LENGTH_MAX {
        let beginning: String = text.chars().take(LENGTH_MAX / 4).collect();
        let message = "This is too long for a connection string. Paste the string alone.";
        return garbled(&beginning, message, ConnectionPart::Scheme);
    }
    let Some(mut parts) = Parts::of(text) else {
        return garbled(text, SCHEME, ConnectionPart::Scheme);
    };
    if has_stray_at(&parts) && !is_accepted_as_typed(&parts) {
        let message = "A question mark in the user name or password must be written as %3F.";
        return garbled(text, message, ConnectionPart::Password);
    }
    let taken = take(&mut parts);
    let parsed = ask_driver(&parts);
    let problems = match parsed {
        Some(_) => of_accepted(&parts, &taken),
        None => of_refused(&parts, &taken),
    };
    let Taken { secrets, .. } = taken;
    Found::Parts(Box::new(Read { parts, secrets, parsed, problems, extracted }))
}

/// Reads a string for a form. Makes no DNS query.
pub fn read(text: &str) -> ConnectionReading {
    match find_out(text) {
        Found::Parts(read) => reading(*read),
        Found::Garbled { text, problem, extracted } => ConnectionReading {
            text,
            extracted,
            fields: None,
            problems: vec![problem],
            is_atlas: false,
            needs_password: false,
            secrets: Secrets::default(),
        },
    }
}

pub(super) fn reading(read: Read) -> ConnectionReading {
    let Read { parts, secrets, problems, extracted, parsed: _ } = read;
    let known_scheme = matches!(parts.scheme.as_str(), "mongodb" | "mongodb+srv");
    ConnectionReading {
        text: parts.text(),
        extracted,
        fields: known_scheme.then(|| fields(&parts)),
        problems,
        is_atlas: parts.hosts.split(',').any(is_atlas_name),
        needs_password: needs_password(&parts),
        secrets,
    }
}

/// Whether signing in needs a password, given or not.
pub(super) fn needs_password(parts: &Parts) -> bool {
    let mechanism = parts.find("authmechanism").map(|(_, value)| decoded(value));
    parts.user.as_deref().is_some_and(|user| !user.is_empty()) && takes_password(mechanism.as_deref())
}

/// Whether an `@` stands after the question mark where no option can have one: then it is a piece of a password.
fn has_stray_at(parts: &Parts) -> bool {
    parts.options.iter().flatten().any(|option| {
        option.contains('@') && option.split_once('=').is_none_or(|(name, _)| options::find(name).is_none())
    })
}

fn is_accepted_as_typed(parts: &Parts) -> bool {
    let mut masked = parts.clone();
    take(&mut masked);
    ask_driver(&masked).is_some()
}

/// Hides a possible password in a text that cannot be taken apart.
fn garbled(typed: &str, message: &str, part: ConnectionPart) -> Found {
    let hidden = pasted::hide(typed);
    let text = hidden.as_str();
    let scheme_end = match text.find("//") {
        Some(at) => at + 2,
        None => ["mongodb+srv:", "mongodb:"]
            .into_iter()
            .find_map(|scheme| text.starts_with(scheme).then_some(scheme.len()))
            .unwrap_or_default(),
    };
    let (scheme, rest) = text.split_at_checked(scheme_end).unwrap_or((text, ""));
    let (credentials, place) = match rest.rsplit_once('@') {
        Some((credentials, place)) => (Some(credentials), place),
        None => (None, rest),
    };
    let units = |text: &str| text.encode_utf16().count();
    let mut shown = scheme.to_owned();
    let mut blamed = 0..units(scheme);
    if let Some(credentials) = credentials {
        match credentials.split_once(':') {
            Some((user, _)) => {
                shown.push_str(user);
                shown.push(':');
                if part == ConnectionPart::Password {
                    blamed = units(&shown)..units(&shown) + units(SECRET_MASK);
                }
                shown.push_str(SECRET_MASK);
            }
            None => shown.push_str(credentials),
        }
        shown.push('@');
    }
    let (before, options) = match place.split_once('?') {
        Some((before, options)) => (before, Some(options)),
        None => (place, None),
    };
    shown.push_str(before);
    if let Some(options) = options {
        let mut parts = Parts {
            scheme: String::new(),
            user: None,
            password: None,
            hosts: String::new(),
            database: None,
            options: Some(options.split('&').map(str::to_owned).collect()),
        };
        take(&mut parts);
        shown.push('?');
        shown.push_str(&parts.options.unwrap_or_default().join("&"));
    }
    let tab = match part {
        ConnectionPart::User | ConnectionPart::Password => EditorTab::Authentication,
        ConnectionPart::Scheme
        | ConnectionPart::Hosts
        | ConnectionPart::Database
        | ConnectionPart::Options => EditorTab::General,
    };
    let problem = ConnectionProblem {
        message: message.to_owned(),
        part,
        tab,
        option: None,
        start: blamed.start,
        end: blamed.end,
    };
    Found::Garbled { text: shown, problem, extracted: hidden != typed }
}

/// The fields of masked parts.
pub(super) fn fields(parts: &Parts) -> ConnectionFields {
    let user = parts.user.as_deref().map(decoded).filter(|user| !user.is_empty());
    let authentication = match (parts.find("authmechanism"), &parts.user) {
        (Some(_), _) => AuthenticationKind::Other,
        (None, Some(_)) => AuthenticationKind::Scram,
        (None, None) => AuthenticationKind::None,
    };
    let mut fields = ConnectionFields {
        srv: parts.is_srv(),
        hosts: hosts(parts),
        default_database: parts.database.as_deref().filter(|name| !name.is_empty()).map(decoded),
        authentication,
        user,
        has_password: parts
            .password
            .as_deref()
            .is_some_and(|typed| !typed.is_empty() && !is_placeholder(typed)),
        ..ConnectionFields::default()
    };
    for (index, name, value) in parts.pairs() {
        let value = decoded(value);
        let is_first = is_first(parts, index, name);
        if !is_first || options::show(name, &value, &mut fields).is_none() {
            fields.other_options.push(OtherOption { name: name.to_owned(), value });
        }
    }
    fields
}

/// Whether an option is the first that its field would show.
pub(super) fn is_first(parts: &Parts, index: usize, name: &str) -> bool {
    let same = |other: &str| options::modern(other).eq_ignore_ascii_case(options::modern(name));
    !parts
        .pairs()
        .any(|(at, other, value)| at < index && same(other) && options::is_shown(other, &decoded(value)))
}

/// Whether the value of an option with this name may contain a secret.
pub(super) fn may_hold_secret(name: &str) -> bool {
    is_secret_option(name) || name.eq_ignore_ascii_case(MECHANISM_PROPERTIES)
}

fn hosts(parts: &Parts) -> Vec<String> {
    let shown = |host: &str| if is_socket(host) { decoded(host) } else { host.to_owned() };
    parts.hosts.split(',').map(shown).collect()
}
