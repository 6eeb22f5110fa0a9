//! What the driver takes and nobody can mean: leftovers of a template, signs of another grammar, ways of signing in
//! that this program does not have. The driver would go on and fail later, with the blame on something else.
use mongodb::options::ServerAddress;

use super::blame::{problem, tell};
use super::encoding::{decoded, decoded_whole, is_invisible, is_socket};
use super::options::{self, refused_mechanism};
use super::parts::{Parts, Spot};
use crate::{ConnectionPart, ConnectionProblem, EditorTab};

/// The problems of masked parts, whatever the driver says.
pub(super) fn of(parts: &Parts) -> Vec<ConnectionProblem> {
    let mut problems: Vec<ConnectionProblem> =
        of_hosts(parts).chain(of_database(parts)).chain(of_options(parts)).collect();
    for problem in &mut problems {
        seen_with_its_neighbour(parts, problem);
    }
    problems
}

/// `mongodb://user@https://host/`: the rest of the string is cut in the wrong places, and nothing else is worth
/// telling.
pub(super) fn of_second_scheme(parts: &Parts) -> Option<ConnectionProblem> {
    let scheme = parts.hosts.strip_suffix(':').filter(|scheme| !scheme.contains([':', ',']))?;
    let follows = parts.database.as_deref().is_some_and(|rest| rest.starts_with('/'));
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || ['+', '.', '-'].contains(&letter));
    (follows && is_scheme).then(|| {
        let message =
            "There is a second scheme before the host. Remove it, so that only the host name is left.";
        let mut problem = problem(parts, Spot::Host(0), EditorTab::General, None, message);
        problem.end += "//".len();
        problem
    })
}

fn of_hosts(parts: &Parts) -> impl Iterator<Item = ConnectionProblem> {
    let hosts = parts.hosts.split(',').enumerate();
    hosts.filter_map(|(index, host)| {
        let message = unusable_host(host)?;
        Some(problem(parts, Spot::Host(index), EditorTab::General, None, message))
    })
}

fn unusable_host(host: &str) -> Option<&'static str> {
    const STRANGERS: &[char] =
        &['"', '\'', '`', '\\', '%', '#', ';', '(', ')', '*', '=', '&', '!', '|', '^', '~'];
    if is_socket(host) || (host.starts_with('[') && ServerAddress::parse(host).is_ok()) {
        return None;
    }
    if host.contains(['<', '>', '{', '}', '$']) {
        Some("The host is still a placeholder. Replace it with the server's name.")
    } else if host.contains(is_invisible) {
        Some("The host contains an invisible character. Delete the host and type it again.")
    } else if host.contains(char::is_whitespace) {
        Some("The host contains a space. Remove it.")
    } else if host.contains(STRANGERS) {
        Some("Use only letters, digits, hyphens and dots in a host name.")
    } else {
        None
    }
}

fn of_database(parts: &Parts) -> Option<ConnectionProblem> {
    let raw = parts.database.as_deref().filter(|raw| !raw.is_empty())?;
    // The driver refuses text that is not UTF-8.
    let name = decoded_whole(raw)?;
    let message = if name.contains(is_invisible) {
        "The database name contains an invisible character. Delete the name and type it again.".to_owned()
    } else if (name.starts_with('<') && name.ends_with('>')) || name.starts_with("${") {
        "The database name is still a placeholder. Replace it.".to_owned()
    } else {
        crate::database::check_database_name(&name).err()?.message
    };
    Some(problem(parts, Spot::Database, EditorTab::General, None, message))
}

fn of_options(parts: &Parts) -> impl Iterator<Item = ConnectionProblem> {
    let all = parts.options.as_deref().unwrap_or_default();
    all.iter().enumerate().filter_map(|(index, option)| {
        let place = |message: &str| {
            let tab = option.split_once('=').and_then(|(name, _)| options::find(name)).map(|known| known.tab);
            problem(parts, Spot::Option(index), tab.unwrap_or(EditorTab::Advanced), None, message)
        };
        if option.contains(is_invisible) {
            return Some(place(
                "An option contains an invisible character. Delete the option and type it again.",
            ));
        }
        if is_after(option, "amp;")
            || option.match_indices("\\u0026").any(|(at, mark)| is_option(option, at + mark.len()))
        {
            return Some(place("This is how a web page writes &. Replace it with & alone."));
        }
        if option.match_indices('?').any(|(at, _)| is_option(option, at + 1)) {
            return Some(place("There is a second question mark. Separate options with &."));
        }
        if index + 1 == all.len() && option.ends_with(['"', '\'', '`']) {
            return Some(place("There is a quotation mark at the end. Remove it."));
        }
        let (name, value) = option.split_once('=')?;
        let known = options::find(name).filter(|known| known.name == "authMechanism")?;
        Some(tell(parts, index, known, refused_mechanism(&decoded(value))?))
    })
}

fn is_after(option: &str, mark: &str) -> bool {
    option.starts_with(mark) && is_option(option, mark.len())
}

/// Whether a known option begins at this position.
fn is_option(text: &str, at: usize) -> bool {
    let name = text.get(at..).and_then(|rest| rest.split_once('=')).map(|(name, _)| name);
    name.is_some_and(|name| options::find(name).is_some())
}

/// An underline below an invisible character is invisible too, so it begins one character earlier.
fn seen_with_its_neighbour(parts: &Parts, problem: &mut ConnectionProblem) {
    let is_invisible_whole = match problem.part {
        ConnectionPart::Database => {
            parts.database.as_deref().is_some_and(|name| name.chars().all(is_invisible))
        }
        ConnectionPart::Hosts => parts.hosts.chars().all(is_invisible),
        ConnectionPart::Scheme
        | ConnectionPart::User
        | ConnectionPart::Password
        | ConnectionPart::Options => false,
    };
    if is_invisible_whole {
        problem.start = problem.start.saturating_sub(1);
    }
}
