//! Writes the changes of a form into a connection string, and leaves everything else in its place.

use crate::{
    AuthenticationKind, ConnectionFields, ConnectionProblem, ConnectionReading, EditorTab, OtherOption,
    SECRET_MASK,
};

use super::blame::problem;
use super::encoding::{decoded, for_host, for_option, for_option_name, strictly};
use super::form::{MECHANISMS, word};
use super::options;
use super::parts::{Parts, Spot};
use super::reading::{Found, fields, find_out, is_first, may_hold_secret, read, reading};
use super::secrets::{is_placeholder, take};

const EXTERNAL: &str = "$external";

/// Writes the differences to `wanted` into a string, and reads it again. A string that cannot be taken apart is made
/// anew.
///
/// A secret among the other options is not accepted: it must be typed into the string, where it is stored separately.
pub fn write(text: &str, wanted: &ConnectionFields) -> ConnectionReading {
    let (mut parts, secrets) = match find_out(text) {
        Found::Parts(read) => (read.parts, read.secrets),
        Found::Garbled { .. } => (nothing(), Default::default()),
    };
    let known = fields(&parts);
    let mut refused = Vec::new();
    write_others(&mut parts, &known.other_options, &wanted.other_options, &mut refused);
    write_place(&mut parts, &known, wanted);
    write_sign_in(&mut parts, &known, wanted);
    write_options(&mut parts, &known, wanted);
    parts.options = parts.options.filter(|options| !options.is_empty());
    if parts.options.is_some() && parts.database.is_none() && !had_bare_options(text) {
        parts.database = Some(String::new());
    }
    let text = parts.text();
    let mut written = match find_out(&text) {
        Found::Parts(read) => reading(*read),
        Found::Garbled { .. } => read(&text),
    };
    written.secrets = secrets;
    written.problems.extend(refused.into_iter().map(|name| unkept(&parts, name)));
    written
}

fn nothing() -> Parts {
    Parts {
        scheme: "mongodb".to_owned(),
        user: None,
        password: None,
        hosts: String::new(),
        database: None,
        options: None,
    }
}

/// Whether the string had options without a slash before them, which the driver also accepts.
fn had_bare_options(text: &str) -> bool {
    Parts::of(text.trim()).is_some_and(|parts| parts.options.is_some() && parts.database.is_none())
}

fn unkept(parts: &Parts, option: Option<&'static str>) -> ConnectionProblem {
    let message = match option {
        Some(name) => {
            format!(
                "{name} is a secret. Type it into the connection string, where Tenantry stores it separately."
            )
        }
        None => "Type a secret into the connection string, where Tenantry stores it separately.".to_owned(),
    };
    problem(parts, Spot::Options, EditorTab::Advanced, option, message)
}

fn write_place(parts: &mut Parts, known: &ConnectionFields, wanted: &ConnectionFields) {
    if wanted.srv != known.srv || !matches!(parts.scheme.as_str(), "mongodb" | "mongodb+srv") {
        parts.scheme = if wanted.srv { "mongodb+srv" } else { "mongodb" }.to_owned();
    }
    if wanted.hosts != known.hosts {
        let hosts: Vec<String> = wanted.hosts.iter().map(|host| for_host(host)).collect();
        parts.hosts = hosts.join(",");
    }
    if wanted.default_database != known.default_database {
        parts.database = match wanted.default_database.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => Some(strictly(name)),
            Some(_) | None => parts.database.as_ref().map(|_| String::new()),
        };
    }
}

fn write_sign_in(parts: &mut Parts, known: &ConnectionFields, wanted: &ConnectionFields) {
    let said = |fields: &ConnectionFields| (fields.authentication, fields.user.clone(), fields.has_password);
    if said(known) == said(wanted) {
        return;
    }
    let kind = wanted.authentication;
    let user = wanted.user.as_deref().filter(|user| !user.is_empty());
    let takes_password = !matches!(kind, AuthenticationKind::None | AuthenticationKind::X509);
    let has_password = wanted.has_password && takes_password;
    let user_typed = match kind {
        AuthenticationKind::None => None,
        // An empty name before the `@` says that there is a user.
        AuthenticationKind::Scram => Some(user.unwrap_or_default()),
        AuthenticationKind::ScramSha256
        | AuthenticationKind::ScramSha1
        | AuthenticationKind::X509
        | AuthenticationKind::Other => user.or(has_password.then_some("")),
    };
    if user != known.user.as_deref() || user_typed.is_some() != parts.user.is_some() {
        parts.user = user_typed.map(strictly);
    }
    if !has_password || parts.user.is_none() {
        // An empty password counts as none and stays as typed. So does a placeholder.
        let is_none = |typed: &String| typed.is_empty() || is_placeholder(typed);
        let stays = takes_password && parts.user.is_some();
        parts.password = parts.password.take().filter(|typed| stays && is_none(typed));
    } else if !known.has_password {
        parts.password = Some(SECRET_MASK.to_owned());
    }
    if kind != known.authentication && kind != AuthenticationKind::Other {
        parts.set("authMechanism", word(&MECHANISMS, kind));
    }
}

fn write_options(parts: &mut Parts, known: &ConnectionFields, wanted: &ConnectionFields) {
    let (mut known, mut wanted) = (known.clone(), wanted.clone());
    wanted.auth_source = auth_source(&known, &wanted);
    for (name, field) in options::with_field() {
        if let Some(value) = field.change(&mut known, &mut wanted) {
            parts.set(name, value.as_deref());
        }
    }
}

/// The database where the user was created. Users with certificates are in `$external` and all others elsewhere, so
/// switching to or from a certificate changes it too, unless the form does.
fn auth_source(known: &ConnectionFields, wanted: &ConnectionFields) -> Option<String> {
    let by_certificate = |fields: &ConnectionFields| fields.authentication == AuthenticationKind::X509;
    let moved = by_certificate(known) != by_certificate(wanted);
    let external = wanted.auth_source.as_deref() == Some(EXTERNAL);
    if moved && known.auth_source == wanted.auth_source && external != by_certificate(wanted) {
        return None;
    }
    wanted.auth_source.clone()
}

/// Writes the other options: kept ones stay in place, a changed one replaces the one before it.
fn write_others(
    parts: &mut Parts,
    known: &[OtherOption],
    wanted: &[OtherOption],
    refused: &mut Vec<Option<&'static str>>,
) {
    if known == wanted {
        return;
    }
    let other: Vec<usize> = parts
        .pairs()
        .filter(|(index, name, value)| {
            !options::is_shown(name, &decoded(value)) || !is_first(parts, *index, name)
        })
        .map(|(index, ..)| index)
        .collect();
    let raw = parts.options.take().unwrap_or_default();
    let mut writer =
        Others { known, raw: other.iter().filter_map(|index| raw.get(*index).cloned()).collect(), refused };
    let mut rest = wanted;
    let mut changed = Vec::with_capacity(raw.len() + wanted.len());
    for (index, option) in raw.iter().enumerate() {
        let Some(slot) = other.iter().position(|at| *at == index) else {
            changed.push(option.clone());
            continue;
        };
        let (Some(before), later) = (known.get(slot), known.get(slot + 1..).unwrap_or_default()) else {
            continue;
        };
        if let Some(at) = rest.iter().position(|option| option == before) {
            let (inserted, after) = rest.split_at(at);
            changed.extend(inserted.iter().filter_map(|option| writer.written(option)));
            changed.push(option.clone());
            rest = after.get(1..).unwrap_or_default();
        } else if let Some((first, after)) = rest.split_first()
            && !later.contains(first)
        {
            changed.extend(writer.written(first));
            rest = after;
        }
    }
    changed.extend(rest.iter().filter_map(|option| writer.written(option)));
    parts.options = Some(changed.into_iter().filter(|option| !option.is_empty()).collect());
}

struct Others<'a> {
    known: &'a [OtherOption],
    /// The known options as typed.
    raw: Vec<String>,
    refused: &'a mut Vec<Option<&'static str>>,
}

impl Others<'_> {
    fn written(&mut self, option: &OtherOption) -> Option<String> {
        let as_typed = |at: usize| self.raw.get(at).cloned();
        if let Some(at) = self.known.iter().position(|known| known == option) {
            return as_typed(at);
        }
        let name = for_option_name(&option.name);
        if name.is_empty() {
            return None;
        }
        let written = format!("{name}={}", for_option(&option.value));
        if may_hold_secret(&name) && holds_secret(&written) {
            self.refused.push(options::find(&name).map(|known| known.name));
            let at = self.known.iter().position(|known| known.name.eq_ignore_ascii_case(&name));
            return at.and_then(as_typed);
        }
        Some(written)
    }
}

fn holds_secret(option: &str) -> bool {
    let mut alone = Parts { options: Some(vec![option.to_owned()]), ..nothing() };
    take(&mut alone);
    // Reading masked it: there was something other than the mask.
    alone.options.as_ref().and_then(|options| options.first()).is_none_or(|masked| masked != option)
}
