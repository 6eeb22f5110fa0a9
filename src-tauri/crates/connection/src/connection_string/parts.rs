//! A connection string cut where the driver cuts it, with every part as typed.

use std::ops::Range;

use super::encoding::for_option;
use super::options::modern;

/// The schemes of connection strings.
pub const SCHEMES: [&str; 2] = ["mongodb://", "mongodb+srv://"];

/// `scheme://user:password@hosts/database?option&option`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) scheme: String,
    /// `None` without an `@`.
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) hosts: String,
    /// The part after the slash; `None` without one.
    pub(super) database: Option<String>,
    /// The parts after the question mark, cut at `&`; `None` without one.
    pub(super) options: Option<Vec<String>>,
}

/// A place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    Scheme,
    User,
    Password,
    Hosts,
    Host(usize),
    Database,
    Options,
    Option(usize),
}

impl Parts {
    /// Cuts a string; `None` if it has no scheme.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (before_options, options) = match rest.split_once('?') {
            Some((before, options)) => (before, Some(options)),
            None => (rest, None),
        };
        let (credentials, place) = match before_options.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, before_options),
        };
        let (user, password) = match credentials.map(|credentials| credentials.split_once(':')) {
            None => (None, None),
            Some(Some((user, password))) => (Some(user), Some(password)),
            Some(None) => (credentials, None),
        };
        let (hosts, database) = match place.split_once('/') {
            Some((hosts, database)) => (hosts, Some(database)),
            None => (place, None),
        };
        Some(Self {
            scheme: scheme.to_owned(),
            user: user.map(str::to_owned),
            password: password.map(str::to_owned),
            hosts: hosts.to_owned(),
            database: database.map(str::to_owned),
            options: options.map(|options| options.split('&').map(str::to_owned).collect()),
        })
    }

    pub(super) fn is_srv(&self) -> bool {
        self.scheme == "mongodb+srv"
    }

    /// The options as name and value, as typed, with their positions. Skips what is not a pair.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.options
            .iter()
            .flatten()
            .enumerate()
            .filter_map(|(index, option)| option.split_once('=').map(|(name, value)| (index, name, value)))
    }

    /// The first option with this lowercase name, with its position and value.
    pub(super) fn find(&self, wanted: &str) -> Option<(usize, &str)> {
        self.pairs()
            .find(|(_, name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(index, _, value)| (index, value))
    }

    /// Gives an option a value in its place, or at the end; `None` removes it. Where it is there twice, or under its
    /// older name, the first keeps its place and the others go.
    pub(super) fn set(&mut self, name: &str, value: Option<&str>) {
        let mut value = value.map(for_option);
        let mut changed = Vec::new();
        for option in self.options.take().unwrap_or_default().into_iter().filter(|option| !option.is_empty())
        {
            let typed = option.split_once('=').map_or(option.as_str(), |(name, _)| name);
            if !modern(typed).eq_ignore_ascii_case(name) {
                changed.push(option);
            } else if let Some(value) = value.take() {
                changed.push(format!("{typed}={value}"));
            }
        }
        changed.extend(value.map(|value| format!("{name}={value}")));
        self.options = Some(changed);
    }

    pub(super) fn text(&self) -> String {
        self.joined().0
    }

    /// The range of a part in the text, in UTF-16 code units; empty for a missing part.
    pub(super) fn range(&self, spot: Spot) -> Range<usize> {
        let (text, spots) = self.joined();
        let bytes = spots
            .iter()
            .find(|(known, _)| *known == spot)
            .or_else(|| spots.iter().find(|(known, _)| *known == spot.whole()))
            .map_or(0..0, |(_, range)| range.clone());
        let units = |end: usize| text.get(..end).unwrap_or_default().encode_utf16().count();
        units(bytes.start)..units(bytes.end)
    }

    fn joined(&self) -> (String, Vec<(Spot, Range<usize>)>) {
        let mut text = String::new();
        let mut spots = Vec::new();
        let mut add = |text: &mut String, spot, part: &str| {
            let start = text.len();
            text.push_str(part);
            spots.push((spot, start..text.len()));
        };
        add(&mut text, Spot::Scheme, &self.scheme);
        text.push_str("://");
        add(&mut text, Spot::User, self.user.as_deref().unwrap_or_default());
        if let Some(password) = &self.password {
            text.push(':');
            add(&mut text, Spot::Password, password);
        }
        if self.user.is_some() {
            text.push('@');
        }
        let hosts_start = text.len();
        for (index, host) in self.hosts.split(',').enumerate() {
            if index > 0 {
                text.push(',');
            }
            add(&mut text, Spot::Host(index), host);
        }
        let hosts = hosts_start..text.len();
        if let Some(database) = &self.database {
            text.push('/');
            add(&mut text, Spot::Database, database);
        }
        let mut options = text.len()..text.len();
        if let Some(all) = &self.options {
            text.push('?');
            options.start = text.len();
            for (index, option) in all.iter().enumerate() {
                if index > 0 {
                    text.push('&');
                }
                add(&mut text, Spot::Option(index), option);
            }
            options.end = text.len();
        }
        spots.push((Spot::Hosts, hosts));
        spots.push((Spot::Options, options));
        (text, spots)
    }
}

impl Spot {
    /// The part that contains it, for when it is missing.
    fn whole(self) -> Self {
        match self {
            Self::Password | Self::User => Self::User,
            Self::Host(_) | Self::Hosts | Self::Database => Self::Hosts,
            Self::Option(_) | Self::Options => Self::Options,
            Self::Scheme => Self::Scheme,
        }
    }
}
