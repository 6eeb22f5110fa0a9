//! A problem and the part of the string that causes it.

use super::options::ConnectionOption;
use super::parts::{Parts, Spot};
use crate::{ConnectionPart, ConnectionProblem, EditorTab};

pub(super) fn problem(
    parts: &Parts,
    spot: Spot,
    tab: EditorTab,
    option: Option<&'static str>,
    message: impl Into<String>,
) -> ConnectionProblem {
    let range = parts.range(spot);
    let part = match spot {
        Spot::Scheme => ConnectionPart::Scheme,
        Spot::User => ConnectionPart::User,
        Spot::Password => ConnectionPart::Password,
        Spot::Hosts | Spot::Host(_) => ConnectionPart::Hosts,
        Spot::Database => ConnectionPart::Database,
        Spot::Options | Spot::Option(_) => ConnectionPart::Options,
    };
    ConnectionProblem { message: message.into(), part, tab, option, start: range.start, end: range.end }
}

/// Blames the option at this position.
pub(super) fn tell(
    parts: &Parts,
    index: usize,
    known: &'static ConnectionOption,
    message: impl Into<String>,
) -> ConnectionProblem {
    problem(parts, Spot::Option(index), known.tab, Some(known.name), message)
}
