//! A connection string without its secrets.

mod blame;
mod combinations;
mod destination;
mod encoding;
mod form;
mod options;
mod parts;
mod pasted;
mod problems;
mod reading;
mod secrets;
mod seed_list;
mod unusable;
mod writing;

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use mongodb::options::{ConnectionString as Parsed, HostInfo};
use secrecy::ExposeSecret;
use serde::Serialize;
use tenantry_core::StoreError;

use self::parts::Parts;
use self::reading::{Found, Read, find_out, needs_password};
use crate::hosts::{is_atlas_name, shown};
use crate::{ConnectionProblem, SECRET_MASK, SecretKind, Secrets, completed};

pub(crate) use self::encoding::{decoded, strictly};

pub use self::destination::{Destination, destination};
pub use self::parts::SCHEMES;
pub use self::reading::read;
pub use self::seed_list::seed_list;
pub use self::writing::write;

/// A connection string as a starting point.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ConnectionTemplate {
    pub id: TemplateName,
    pub connection_string: &'static str,
}

/// The most common kinds of connections.
pub const TEMPLATES: [ConnectionTemplate; 3] = [
    ConnectionTemplate { id: TemplateName::Local, connection_string: "mongodb://localhost:27017/" },
    ConnectionTemplate {
        id: TemplateName::Atlas,
        connection_string: "mongodb+srv://user@cluster0.example.mongodb.net/?retryWrites=true&w=majority",
    },
    ConnectionTemplate {
        id: TemplateName::ReplicaSet,
        connection_string: "mongodb://user@db1.example.com:27017,db2.example.com:27017,db3.example.com:27017/\
                            ?replicaSet=rs0&tls=true&authSource=admin",
    },
];

/// The purpose of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum TemplateName {
    /// A server on this computer.
    Local,
    /// MongoDB Atlas.
    Atlas,
    /// A replica set with TLS and users.
    ReplicaSet,
}

/// A MongoDB connection string that the driver accepts.
///
/// Its secrets are separate: `Display` and `Debug` show a mask in their places, and a mask in the parsed text never
/// becomes a secret.
#[derive(Clone)]
pub struct ConnectionString {
    /// Masked.
    parts: Parts,
    secrets: Secrets,
    /// The driver's parse of the masked parts.
    parsed: Parsed,
}

impl ConnectionString {
    /// Parses a connection string with secrets, with masks, or without. Makes no DNS query: the hosts of a
    /// `mongodb+srv` string are looked up when it is opened.
    ///
    /// # Errors
    /// `ConnectionString` with the first broken rule, in plain words and without any part of it. [`read`] returns all
    /// of them, with their places.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let broken = |problems: Vec<ConnectionProblem>| {
            wrong(problems.into_iter().next().map_or_else(String::new, |problem| problem.message))
        };
        match find_out(text) {
            Found::Garbled { problem, .. } => Err(broken(vec![problem])),
            Found::Parts(read) => match *read {
                Read { parts, secrets, parsed: Some(parsed), problems, .. } if problems.is_empty() => {
                    Ok(Self { parts, secrets, parsed })
                }
                Read { problems, .. } => Err(broken(problems)),
            },
        }
    }

    /// Its secrets.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The same string with these secrets, and its own for the rest. A secret without a place in it is left out: a
    /// password without a user, or the password of a certificate's key without the certificate.
    ///
    /// # Errors
    /// `ConnectionString` for a secret that cannot be written into one.
    pub fn with_secrets(&self, secrets: &Secrets) -> Result<Self, StoreError> {
        let mut parts = self.parts.clone();
        let mut secrets = completed(secrets.clone(), self.secrets.clone());
        let token = secrets.get(&SecretKind::AwsSessionToken);
        if token.is_some_and(|token| token.expose_secret().contains(',')) {
            return Err(wrong("The AWS session token must not have a comma."));
        }
        if !needs_password(&parts) {
            secrets.remove(&SecretKind::DatabasePassword);
        } else if secrets.contains_key(&SecretKind::DatabasePassword) {
            parts.password = Some(SECRET_MASK.to_owned());
        }
        let mut give_place = |needs: &str, name: &str, kind: SecretKind| {
            if secrets.contains_key(&kind) && parts.find(name).is_none() && parts.find(needs).is_some() {
                parts.options.get_or_insert_default().push(format!("{name}={SECRET_MASK}"));
            }
        };
        give_place(
            "tlsCertificateKeyFile",
            "tlsCertificateKeyFilePassword",
            SecretKind::CertificateKeyPassword,
        );
        give_place("proxyUsername", "proxyPassword", SecretKind::ProxyPassword);
        Ok(Self { parts, secrets, parsed: self.parsed.clone() })
    }

    /// The secrets that belong into it, given or not: those with a mask, and the password of its user.
    pub fn places(&self) -> Vec<SecretKind> {
        let masked = |(name, kind)| {
            let found = self.parts.find(name);
            found.is_some_and(|(_, value)| value.contains(SECRET_MASK)).then_some(kind)
        };
        let password = needs_password(&self.parts).then_some(SecretKind::DatabasePassword);
        password.into_iter().chain(secrets::OPTIONS.into_iter().filter_map(masked)).collect()
    }

    /// The database user's name, percent-decoded.
    pub fn username(&self) -> Option<&str> {
        self.parsed.credential.as_ref()?.username.as_deref()
    }

    /// Whether signing in needs a password, given or not.
    pub fn needs_password(&self) -> bool {
        needs_password(&self.parts)
    }

    /// Hosts with their ports, or the one name that is looked up.
    pub fn hosts(&self) -> Vec<String> {
        match &self.parsed.host_info {
            HostInfo::HostIdentifiers(hosts) => hosts.iter().map(|host| shown(host).to_string()).collect(),
            HostInfo::DnsRecord(host) => vec![host.clone()],
            // A later driver may have other kinds of hosts; this string has none of them.
            _ => Vec::new(),
        }
    }

    /// Whether the hosts are looked up: `mongodb+srv`.
    pub fn is_srv(&self) -> bool {
        self.parts.is_srv()
    }

    /// The service name for the lookup of `mongodb+srv`.
    pub fn srv_service(&self) -> &str {
        self.parsed.srv_service_name.as_deref().unwrap_or(crate::dns::DEFAULT_SERVICE)
    }

    /// Whether the hosts belong to MongoDB Atlas.
    pub fn is_atlas(&self) -> bool {
        self.hosts().iter().any(|host| is_atlas_name(host))
    }

    /// Whether every host is this computer.
    pub fn is_on_this_computer(&self) -> bool {
        !self.is_srv()
            && self.hosts().iter().all(|host| {
                let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
                matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name.starts_with('/')
            })
    }

    /// The database in the string.
    pub fn default_database(&self) -> Option<&str> {
        self.parsed.default_database.as_deref()
    }

    /// The string with its secrets for the driver, and the time limit of one response.
    ///
    /// # Errors
    /// `ConnectionString` if a secret is missing that the driver needs before it connects.
    pub fn for_driver(&self) -> Result<(Parsed, Option<Duration>), StoreError> {
        let whole = secrecy::SecretString::from(secrets::fill(&self.parts, &self.secrets).text());
        let mut parsed = problems::parse(whole.expose_secret())
            .map_err(|_| wrong("A password is missing. Enter it before you test the connection."))?;
        let answer_limit = problems::for_opening(&mut parsed);
        Ok((parsed, answer_limit))
    }
}

impl fmt::Display for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.text())
    }
}

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionString({self})")
    }
}

fn wrong(problem: impl Into<String>) -> StoreError {
    StoreError::ConnectionString { problem: problem.into() }
}
