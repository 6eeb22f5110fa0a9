//! The problems of a connection string, and their places.
//!
//! The driver decides; the rules here only find words and a place for its refusal, so a string that it accepts has no
//! problem, whatever these rules say. What it accepts and nobody can mean is in [`unusable`].
use futures_util::FutureExt;
use mongodb::options::{ClientOptions, ConnectionString as Parsed, HostInfo, ServerAddress};

use super::blame::{problem, tell};
use super::encoding::{decoded, decoded_whole};
use super::options;
use super::parts::{Parts, Spot};
use super::secrets::{Taken, Unreadable, user_info};
use super::{combinations, unusable};
use crate::{ConnectionProblem, EditorTab};

/// The driver's parse of masked parts; `None` if it refuses them.
pub(super) fn ask_driver(parts: &Parts) -> Option<Parsed> {
    // The driver panics on a percent sign before a multi-byte character.
    let good = |part: &Option<String>| part.as_deref().is_none_or(|part| user_info(part).is_ok());
    if !good(&parts.user) || !good(&parts.password) {
        return None;
    }
    let parsed = parse(&with_stand_ins(parts).text()).ok()?;
    let mut checked = parsed.clone();
    for_opening(&mut checked);
    if let HostInfo::DnsRecord(host) = &checked.host_info {
        // Its rules about combinations need the hosts; one host stands for those of the lookup.
        checked.host_info =
            HostInfo::HostIdentifiers(vec![ServerAddress::Tcp { host: host.clone(), port: None }]);
    }
    match ClientOptions::parse(checked).into_future().now_or_never() {
        Some(Err(_)) => None,
        Some(Ok(_)) | None => Some(parsed),
    }
}

/// Has the driver read a string. The dot at the end of a name that is looked up is left out: to the driver it is one
/// more part of the name, and no host that the name stands for would be in its domain.
pub(super) fn parse(text: &str) -> mongodb::error::Result<Parsed> {
    let mut parsed = Parsed::parse(text)?;
    if let HostInfo::DnsRecord(name) = &mut parsed.host_info
        && name.ends_with('.')
    {
        name.pop();
    }
    Ok(parsed)
}

/// Removes an option that the driver parses and then refuses to open with. Returns the time limit of one response.
#[expect(deprecated, reason = "the driver leaves this limit to the program, which keeps it")]
pub(crate) fn for_opening(parsed: &mut Parsed) -> Option<std::time::Duration> {
    parsed.socket_timeout.take()
}

/// The parts with stand-ins for missing secrets, so that the driver accepts them.
fn with_stand_ins(parts: &Parts) -> Parts {
    let mut parts = parts.clone();
    let needs_password = parts.find("authmechanism").is_some_and(|(_, value)| decoded(value) == "PLAIN");
    if needs_password && parts.user.is_some() && parts.password.is_none() {
        parts.password = Some("x".to_owned());
    }
    if parts.find("proxyusername").is_some() && parts.find("proxypassword").is_none() {
        parts.options.get_or_insert_default().push("proxyPassword=x".to_owned());
    }
    parts
}

/// The problems of masked parts that the driver refuses, most important first; never empty.
pub(super) fn of_refused(parts: &Parts, taken: &Taken) -> Vec<ConnectionProblem> {
    if let Some(problem) = of_scheme(parts).or_else(|| unusable::of_second_scheme(parts)) {
        return vec![problem];
    }
    let mut problems: Vec<ConnectionProblem> = [of_user(parts), of_password(parts, taken)]
        .into_iter()
        .flatten()
        .chain(unusable::of(parts))
        .chain(of_hosts(parts))
        .chain(of_database(parts))
        .chain(of_options(parts, taken))
        .collect();
    only_first_of_each_place(&mut problems);
    if problems.is_empty() {
        problems = combinations::of(parts);
    }
    if problems.is_empty() {
        problems.push(unexplained(parts));
    }
    problems
}

/// Problems that the driver does not see: behind a mask, or in something it accepts and nobody can mean.
pub(super) fn of_accepted(parts: &Parts, taken: &Taken) -> Vec<ConnectionProblem> {
    let mut problems: Vec<ConnectionProblem> = of_password(parts, taken).into_iter().collect();
    problems.extend(unusable::of(parts));
    problems
        .extend(taken.options.iter().map(|(index, unreadable)| of_secret_option(parts, *index, *unreadable)));
    only_first_of_each_place(&mut problems);
    problems
}

/// Keeps the first broken rule of each place, which says most; the others follow from it.
fn only_first_of_each_place(problems: &mut Vec<ConnectionProblem>) {
    let mut seen = std::collections::HashSet::new();
    problems.retain(|problem| problem.start == problem.end || seen.insert(problem.end));
    problems.sort_by_key(|problem| problem.start);
}

pub(super) const SCHEME: &str = "It must begin with mongodb:// or mongodb+srv://.";

fn of_scheme(parts: &Parts) -> Option<ConnectionProblem> {
    let message = match parts.scheme.as_str() {
        "mongodb" | "mongodb+srv" => return None,
        other if ["mongodb", "mongodb+srv"].contains(&other.to_lowercase().as_str()) => {
            "Write the beginning in lowercase: mongodb:// or mongodb+srv://."
        }
        _ => SCHEME,
    };
    Some(problem(parts, Spot::Scheme, EditorTab::General, None, message))
}

fn of_user(parts: &Parts) -> Option<ConnectionProblem> {
    let user = parts.user.as_deref()?;
    let unreadable = match user_info(user).err()? {
        Unreadable::Bracket if user.starts_with('<') && user.ends_with('>') => Unreadable::Placeholder,
        unreadable => unreadable,
    };
    Some(problem(parts, Spot::User, EditorTab::Authentication, None, sentence("user name", unreadable)))
}

fn of_password(parts: &Parts, taken: &Taken) -> Option<ConnectionProblem> {
    let message = sentence("password", taken.password?);
    Some(problem(parts, Spot::Password, EditorTab::Authentication, None, message))
}

fn sentence(what: &str, unreadable: Unreadable) -> String {
    // The password's own field accepts every character as is.
    let otherwise =
        if what == "password" { " Or type the password into its own field, as it is." } else { "" };
    let problem = match unreadable {
        Unreadable::Reserved => format!(
            "In the {what}, characters such as @ : / ? # [ ] must be percent-encoded, for example @ as %40."
        ),
        Unreadable::LoosePercent => format!("A percent sign in the {what} must be written as %25."),
        Unreadable::NoText => format!("The percent-encoding in the {what} is not valid UTF-8."),
        Unreadable::ChangedMask => {
            format!("The bullets stand for a stored {what}. To change it, replace all of them.")
        }
        Unreadable::Placeholder => {
            format!("The {what} is still a placeholder. Replace it.")
        }
        Unreadable::Bracket => format!(
            "A < or > of the placeholder is left in the {what}. Type the {what} without it; \
             one that belongs to the {what} is written as %3C or %3E."
        ),
        Unreadable::Invisible => {
            format!("The {what} contains an invisible character. Type the {what} again.")
        }
    };
    format!("{problem}{otherwise}")
}

fn of_hosts(parts: &Parts) -> Vec<ConnectionProblem> {
    let tell = |spot, message: &str| problem(parts, spot, EditorTab::General, None, message);
    let hosts: Vec<&str> = parts.hosts.split(',').collect();
    let mut problems = Vec::new();
    for (index, host) in hosts.iter().enumerate() {
        if host.is_empty() {
            problems.push(tell(Spot::Host(index), "A host is missing."));
        } else if let Err(message) = check_host(host) {
            problems.push(tell(Spot::Host(index), message));
        }
    }
    if parts.is_srv() && problems.is_empty() {
        if hosts.len() > 1 {
            problems.push(tell(Spot::Hosts, "A mongodb+srv string must have exactly one host."));
        } else if hosts.iter().any(|host| host.contains(':')) {
            problems.push(tell(Spot::Host(0), "A mongodb+srv string cannot have a port."));
        } else if hosts.iter().any(|host| super::encoding::is_socket(host)) {
            problems.push(tell(Spot::Host(0), "A mongodb+srv string cannot name a socket."));
        }
    }
    problems
}

fn check_host(host: &str) -> Result<(), &'static str> {
    if ServerAddress::parse(host).is_ok() {
        return Ok(());
    }
    Err(match (host.strip_prefix('['), host.matches(':').count()) {
        (Some(_), _) | (None, 2..) => {
            "Put an IPv6 address in square brackets. A colon and a port from 1 to 65535 can follow."
        }
        (None, 0) => "A host can't be read.",
        (None, 1) if host.starts_with(':') => "A host is missing before its port.",
        (None, _) => "A host's port must be a number from 1 to 65535.",
    })
}

fn of_database(parts: &Parts) -> Option<ConnectionProblem> {
    let raw = parts.database.as_deref()?;
    // Its other rules are checked whatever the driver says.
    let message = "The percent-encoding in the database name is not valid UTF-8.";
    let is_text = decoded_whole(raw).is_some();
    (!is_text).then(|| problem(parts, Spot::Database, EditorTab::General, None, message))
}

fn of_options(parts: &Parts, taken: &Taken) -> Vec<ConnectionProblem> {
    let options = parts.options.as_deref().unwrap_or_default();
    let mut problems = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for (index, option) in options.iter().enumerate() {
        let spot = Spot::Option(index);
        let Some((name, value)) = option.split_once('=') else {
            // A question mark with nothing after it is not an option.
            if options.len() > 1 || !option.is_empty() {
                let message = "Write every option as a name, an equals sign and a value.";
                problems.push(problem(parts, spot, EditorTab::Advanced, None, message));
            }
            continue;
        };
        let Some(known) = options::find(name) else {
            // Its number, not its name: in a garbled string, a "name" may be a piece of the password.
            let message = format!("Option number {} after the question mark is unknown.", index + 1);
            problems.push(problem(parts, spot, EditorTab::Advanced, None, message));
            continue;
        };
        let name = name.to_lowercase();
        if name != "readpreferencetags" && seen.contains(&name) {
            problems.push(tell(parts, index, known, format!("{} is listed twice.", known.name)));
        }
        seen.push(name);
        if let Some((_, unreadable)) = taken.options.iter().find(|(at, _)| *at == index) {
            problems.push(of_secret_option(parts, index, *unreadable));
        } else if let Some(message) = known.broken_by(&decoded(value)) {
            problems.push(tell(parts, index, known, message));
        }
    }
    problems
}

fn of_secret_option(parts: &Parts, index: usize, unreadable: Unreadable) -> ConnectionProblem {
    let name = parts.pairs().find(|(at, ..)| *at == index).map(|(_, name, _)| name);
    let known = name.and_then(options::find);
    let tab = known.map_or(EditorTab::Advanced, |known| known.tab);
    problem(parts, Spot::Option(index), tab, known.map(|known| known.name), sentence("secret", unreadable))
}

/// No rule of ours is broken: reports the option without which the driver would accept the string, if there is one.
fn unexplained(parts: &Parts) -> ConnectionProblem {
    let count = parts.options.as_deref().unwrap_or_default().len();
    let culprit = (0..count).rev().find(|index| {
        let mut without = parts.clone();
        if let Some(options) = &mut without.options {
            options.remove(*index);
        }
        without.options = without.options.filter(|options| !options.is_empty());
        ask_driver(&without).is_some()
    });
    let named = culprit.and_then(|index| {
        let (_, name, _) = parts.pairs().find(|(at, ..)| *at == index)?;
        options::find(name).map(|known| (index, known))
    });
    match named {
        Some((index, known)) => {
            tell(parts, index, known, format!("{} conflicts with the rest of the string.", known.name))
        }
        None => problem(
            parts,
            Spot::Options,
            EditorTab::Advanced,
            None,
            "Its options conflict, or the user does not fit the authentication method.",
        ),
    }
}
