//! A connection string that keeps its password to itself.

use std::fmt;
use std::fmt::Write as _;

use mongodb::options::{ConnectionString as Parsed, HostInfo, Tls};
use secrecy::{ExposeSecret, SecretString};
use tenantry_core::StoreError;

/// Options that carry a secret of their own. They are refused: what is kept of a connection string without its
/// password must be safe to show.
const SECRET_OPTIONS: [&str; 3] =
    ["tlscertificatekeyfilepassword", "proxypassword", "authmechanismproperties"];

/// A MongoDB connection string that the driver can read.
///
/// Neither `Display` nor `Debug` shows the password.
#[derive(Clone)]
pub struct ConnectionString {
    text: SecretString,
    password: Option<SecretString>,
    username: Option<String>,
    hosts: Vec<String>,
    is_srv: bool,
    is_encrypted: bool,
    default_database: Option<String>,
}

impl ConnectionString {
    /// Reads a connection string. Asks no name server: the hosts of a `mongodb+srv` string are looked up when it is
    /// opened.
    ///
    /// # Errors
    /// `ConnectionString` with the rule that it breaks, in plain words and without any part of it.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let text = text.trim();
        let parts = Parts::of(text)?;
        parts.check()?;
        let parsed = Parsed::parse(text).map_err(|_| parts.blame())?;
        let (hosts, is_srv) = match &parsed.host_info {
            HostInfo::HostIdentifiers(hosts) => (hosts.iter().map(ToString::to_string).collect(), false),
            HostInfo::DnsRecord(host) => (vec![host.clone()], true),
            _ => return Err(wrong("Its hosts can't be read.")),
        };
        let (username, password) = match parsed.credential {
            Some(credential) => (credential.username, credential.password),
            None => (None, None),
        };
        Ok(Self {
            text: SecretString::from(text),
            password: password.filter(|password| !password.is_empty()).map(SecretString::from),
            username,
            hosts,
            is_srv,
            is_encrypted: matches!(parsed.tls, Some(Tls::Enabled(_))),
            default_database: parsed.default_database,
        })
    }

    /// The password, percent-decoded; `None` when the string has none.
    pub fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }

    /// The database user's name, percent-decoded.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// The string as it is safe to keep and to show: without the password, otherwise unchanged.
    pub fn without_password(&self) -> String {
        let text = self.text.expose_secret();
        match Parts::of(text) {
            Ok(parts) => parts.with_password(None),
            Err(_) => String::new(),
        }
    }

    /// The same string with another password.
    ///
    /// # Errors
    /// `ConnectionString` when it names no user that could have one.
    pub fn with_password(&self, password: &SecretString) -> Result<Self, StoreError> {
        if self.username.is_none() {
            return Err(wrong("It names no user, so a password has no place in it."));
        }
        let parts = Parts::of(self.text.expose_secret())?;
        let text = SecretString::from(parts.with_password(Some(&percent_encoded(password.expose_secret()))));
        Self::parse(text.expose_secret())
    }

    /// Hosts with their ports, or the one name that is looked up.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Whether the hosts are looked up: `mongodb+srv`.
    pub fn is_srv(&self) -> bool {
        self.is_srv
    }

    /// Whether the hosts are MongoDB Atlas'.
    pub fn is_atlas(&self) -> bool {
        self.hosts.iter().any(|host| {
            let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).to_ascii_lowercase();
            name.ends_with(".mongodb.net")
        })
    }

    /// Whether the line is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Whether every host is this computer.
    pub fn is_on_this_computer(&self) -> bool {
        !self.is_srv
            && self.hosts.iter().all(|host| {
                let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
                matches!(name, "localhost" | "127.0.0.1" | "[::1]" | "::1") || name.starts_with('/')
            })
    }

    /// The database that the string names.
    pub fn default_database(&self) -> Option<&str> {
        self.default_database.as_deref()
    }

    pub(crate) fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

impl fmt::Display for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_password())
    }
}

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionString({})", self.without_password())
    }
}

fn wrong(problem: impl Into<String>) -> StoreError {
    StoreError::ConnectionString { problem: problem.into() }
}

/// A connection string cut at its separators, every part as it was typed.
struct Parts<'a> {
    scheme: &'a str,
    user: Option<&'a str>,
    password: Option<&'a str>,
    /// Hosts and the database.
    place: &'a str,
    options: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, StoreError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(wrong("It must begin with mongodb:// or mongodb+srv://."));
        };
        let (before_options, options) = match rest.split_once('?') {
            Some((before, options)) => (before, Some(options)),
            None => (rest, None),
        };
        let (credentials, place) = match before_options.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, before_options),
        };
        let (user, password) = match credentials {
            Some(credentials) => match credentials.split_once(':') {
                Some((user, password)) => (Some(user), Some(password)),
                None => (Some(credentials), None),
            },
            None => (None, None),
        };
        Ok(Self { scheme, user, password, place, options })
    }

    fn check(&self) -> Result<(), StoreError> {
        if !matches!(self.scheme, "mongodb" | "mongodb+srv") {
            return Err(wrong("It must begin with mongodb:// or mongodb+srv://."));
        }
        if self.options.is_some_and(|options| options.contains('@')) && self.user.is_none() {
            return Err(wrong("A question mark in the user's name or password must be written as %3F."));
        }
        for (what, part) in [("user's name", self.user), ("password", self.password)] {
            let Some(part) = part else { continue };
            if part.contains(['@', ':', '/', '?', '#', '[', ']', '$']) || part.contains(char::is_whitespace) {
                return Err(wrong(format!(
                    "In the {what}, characters such as @ : / ? # [ ] must be percent-encoded, for example @ as %40."
                )));
            }
            // Checked here because the driver cuts the two places after a percent sign without looking at them.
            if !has_whole_escapes(part) {
                return Err(wrong(format!("A percent sign in the {what} must be written as %25.")));
            }
        }
        if self.user == Some("") {
            return Err(wrong("The user's name before the password is empty."));
        }
        let hosts = self.place.split('/').next().unwrap_or_default();
        if hosts.is_empty() || hosts.split(',').any(str::is_empty) {
            return Err(wrong("A host is missing."));
        }
        if self.scheme == "mongodb+srv" {
            if hosts.contains(',') {
                return Err(wrong("A mongodb+srv string has exactly one host."));
            }
            if hosts.contains(':') {
                return Err(wrong("A mongodb+srv string has no port."));
            }
        }
        self.check_options()
    }

    fn check_options(&self) -> Result<(), StoreError> {
        let mut seen = Vec::new();
        for option in self.options.unwrap_or_default().split('&').filter(|option| !option.is_empty()) {
            let Some((key, _)) = option.split_once('=') else {
                return Err(wrong(
                    "After the question mark, every option is a name, an equals sign and a value.",
                ));
            };
            let key = key.to_ascii_lowercase();
            if SECRET_OPTIONS.contains(&key.as_str()) {
                return Err(wrong(
                    "It has an option that carries a secret of its own, which is not supported.",
                ));
            }
            if key != "readpreferencetags" && seen.contains(&key) {
                return Err(wrong("It has the same option twice."));
            }
            seen.push(key);
        }
        Ok(())
    }

    /// Which part the driver refuses.
    fn blame(&self) -> StoreError {
        let bare = format!("{}://{}", self.scheme, self.place.split('/').next().unwrap_or_default());
        if Parsed::parse(&bare).is_err() {
            return wrong("A host or its port can't be read.");
        }
        if Parsed::parse(format!("{}://{}", self.scheme, self.place)).is_err() {
            return wrong("The database's name has characters that it may not have.");
        }
        let options: Vec<&str> = self.options.unwrap_or_default().split('&').collect();
        let refused = options.iter().position(|option| Parsed::parse(format!("{bare}/?{option}")).is_err());
        match refused {
            // Its number, not its name: in a string that went wrong, a "name" may be a piece of the password.
            Some(position) => wrong(format!(
                "Option number {} after the question mark is unknown, or its value is not allowed.",
                position + 1
            )),
            None => wrong("Its options do not go together, or the user and the way of signing in do not."),
        }
    }

    fn with_password(&self, password: Option<&str>) -> String {
        let mut text = format!("{}://", self.scheme);
        if let Some(user) = self.user {
            text.push_str(user);
            if let Some(password) = password {
                text.push(':');
                text.push_str(password);
            }
            text.push('@');
        }
        text.push_str(self.place);
        if let Some(options) = self.options {
            // The grammar wants the slash between hosts and options.
            if !self.place.contains('/') {
                text.push('/');
            }
            text.push('?');
            text.push_str(options);
        }
        text
    }
}

fn has_whole_escapes(part: &str) -> bool {
    part.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        matches!((digits.next(), digits.next()), (Some(a), Some(b)) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
    })
}

pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> ConnectionString {
        ConnectionString::parse(text).expect("the string is good")
    }

    fn problem(text: &str) -> String {
        match ConnectionString::parse(text) {
            Err(StoreError::ConnectionString { problem }) => problem,
            other => panic!("must be refused as a connection string: {other:?}"),
        }
    }

    #[test]
    fn neither_display_nor_debug_shows_the_password() {
        let string =
            parsed("mongodb://dana:pl%40nted@db.example.com:27018/app?replicaSet=rs0&authSource=admin");
        assert_eq!(
            string.to_string(),
            "mongodb://dana@db.example.com:27018/app?replicaSet=rs0&authSource=admin"
        );
        assert!(!format!("{string:?}").contains("nted"));
    }

    #[test]
    fn the_password_is_taken_out_and_put_back() {
        let string = parsed("mongodb://dana:pl%40nted@db.example.com/app");
        let password = string.password().expect("it has one").clone();
        assert_eq!(password.expose_secret(), "pl@nted");
        let bare = parsed(&string.without_password());
        assert!(bare.password().is_none());
        let again = bare.with_password(&password).expect("it names a user");
        assert_eq!(again.expose(), "mongodb://dana:pl%40nted@db.example.com/app");
    }

    #[test]
    fn every_character_of_a_password_survives_being_put_in() {
        let password = SecretString::from("p:@/?#[]% é€&=+$ü");
        let string =
            parsed("mongodb://dana@db.example.com/app?tls=true").with_password(&password).expect("good");
        assert_eq!(string.password().map(ExposeSecret::expose_secret), Some(password.expose_secret()));
        assert_eq!(string.hosts(), ["db.example.com:27017"]);
        assert_eq!(string.to_string(), "mongodb://dana@db.example.com/app?tls=true");
    }

    #[test]
    fn a_password_needs_a_user() {
        let refused = parsed("mongodb://db.example.com").with_password(&SecretString::from("x"));
        assert!(matches!(refused, Err(StoreError::ConnectionString { .. })));
    }

    #[test]
    fn atlas_is_known_by_its_hosts_and_srv_is_encrypted() {
        let atlas = parsed("mongodb+srv://dana@cluster0.ab1cd.MongoDB.net/app?retryWrites=true&w=majority");
        assert!(atlas.is_atlas() && atlas.is_srv() && atlas.is_encrypted());
        assert!(parsed("mongodb://a.ab1cd.mongodb.net:27017,b.ab1cd.mongodb.net:27017/?tls=true").is_atlas());
        assert!(!parsed("mongodb://mongodb.net.example.com").is_atlas());
        assert!(!parsed("mongodb://localhost").is_encrypted());
    }

    #[test]
    fn the_database_is_read_and_may_be_missing() {
        assert_eq!(parsed("mongodb://localhost/tenants?tls=true").default_database(), Some("tenants"));
        assert_eq!(parsed("mongodb://localhost/?tls=true").default_database(), None);
        assert_eq!(parsed("mongodb://localhost").default_database(), None);
    }

    #[test]
    fn each_mistake_is_told_by_its_rule_and_never_quoted() {
        for (text, expected) in [
            ("planted", "must begin with"),
            ("http://planted.example.com", "must begin with"),
            ("mongodb://", "host is missing"),
            ("mongodb://planted,,b", "host is missing"),
            ("mongodb://dana:plan@ted@localhost", "percent-encoded"),
            ("mongodb://dana:plan/ted@localhost", "percent-encoded"),
            ("mongodb://dana:plan?ted@localhost", "%3F"),
            ("mongodb://dana:planted%@localhost", "%25"),
            ("mongodb://dana:planted%a€@localhost", "%25"),
            ("mongodb://:planted@localhost", "name before the password is empty"),
            ("mongodb+srv://planted.example.com:27017", "no port"),
            ("mongodb+srv://planted.example.com,b.example.com", "exactly one host"),
            ("mongodb://localhost:planted", "port"),
            ("mongodb://localhost/?planted", "equals sign"),
            ("mongodb://localhost/?tls=true&planted=1", "Option number 2"),
            ("mongodb://localhost/?tls=planted", "Option number 1"),
            ("mongodb://localhost/?tls=true&tls=true", "twice"),
            ("mongodb://localhost/pl$anted", "database"),
            ("mongodb://localhost/?tlsCertificateKeyFilePassword=planted", "secret of its own"),
        ] {
            let told = problem(text);
            assert!(told.contains(expected), "{text}: {told}");
            assert!(!told.contains("planted") && !told.contains("ted@"), "{text}: {told}");
        }
    }

    #[test]
    fn a_host_of_this_computer_is_known() {
        assert!(parsed("mongodb://localhost:27017,127.0.0.1:27018").is_on_this_computer());
        assert!(parsed("mongodb://[::1]:27017").is_on_this_computer());
        assert!(!parsed("mongodb://localhost:27017,db.example.com").is_on_this_computer());
    }
}
