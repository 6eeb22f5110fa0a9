//! Says who receives each secret of a connection string.

use std::collections::BTreeMap;

use super::encoding::decoded;
use super::options;
use super::parts::Parts;
use super::reading::{Found, Read, find_out};
use super::secrets::{CERTIFICATE_KEY_PASSWORD, PROXY_PASSWORD};

const CERTIFICATE_KEY_FILE: &str = "tlscertificatekeyfile";

/// The values of options by their lowercase names, in the given order.
type Options = BTreeMap<String, Vec<String>>;

/// Whom the secrets of a connection string are told, secret by secret: what is equal in two strings is told to the
/// same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The servers, the route to them and its protection.
    pub servers: Servers,
    /// The database user: the name, its database, and the authentication method.
    pub account: Account,
    /// The file whose key a password opens.
    pub certificate_key_file: Vec<String>,
    /// The SOCKS5 proxy and its user.
    pub proxy: Proxy,
}

/// See [`Destination::servers`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servers {
    scheme: String,
    hosts: Vec<String>,
    options: Options,
}

/// See [`Destination::account`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    user: Option<String>,
    source: Option<String>,
    options: Options,
}

/// See [`Destination::proxy`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy(Options);

/// The receivers of a connection string's secrets; `None` if it cannot be taken apart.
pub fn destination(text: &str) -> Option<Destination> {
    match find_out(text) {
        Found::Parts(read) => {
            let Read { parts, .. } = *read;
            Some(of(&parts))
        }
        Found::Garbled { .. } => None,
    }
}

fn of(parts: &Parts) -> Destination {
    let mut servers = Options::new();
    let (mut account, mut proxy) = (Options::new(), Options::new());
    for option in parts.options.iter().flatten() {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        if options::find(name).is_some_and(|option| option.is_harmless) {
            continue;
        }
        let name = options::modern(name).to_lowercase();
        // A secret does not change who receives it.
        if name == CERTIFICATE_KEY_PASSWORD || name == PROXY_PASSWORD {
            continue;
        }
        let value = decoded(value);
        if name.starts_with("auth") {
            account.entry(name).or_default().push(value);
        } else {
            if name.starts_with("proxy") {
                proxy.entry(name.clone()).or_default().push(value.clone());
            }
            servers.entry(name).or_default().push(value);
        }
    }
    let certificate_key_file = servers.get(CERTIFICATE_KEY_FILE).cloned().unwrap_or_default();
    // The order of the seeds means nothing.
    let mut hosts: Vec<String> = parts.hosts.split(',').map(str::to_owned).collect();
    hosts.sort_unstable();
    let named = account.get("authsource").and_then(|sources| sources.first().cloned());
    let database = parts.database.as_deref().filter(|database| !database.is_empty());
    Destination {
        servers: Servers { scheme: parts.scheme.clone(), hosts, options: servers },
        account: Account {
            user: parts.user.as_deref().filter(|user| !user.is_empty()).map(decoded),
            source: named.or_else(|| database.map(decoded)),
            options: account,
        },
        certificate_key_file,
        proxy: Proxy(proxy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination_of(text: &str) -> Destination {
        destination(text).unwrap_or_else(|| panic!("{text} can't be taken apart"))
    }

    #[test]
    fn every_option_about_the_line_or_the_user_makes_another_destination() {
        let plain = destination_of("mongodb://dana@a,b/tenants");
        let mut decided = 0;
        for option in options::names() {
            let with = destination_of(&format!("mongodb://dana@a,b/tenants?{option}=x"));
            let name = option.to_lowercase();
            let is_secret = [CERTIFICATE_KEY_PASSWORD, PROXY_PASSWORD].contains(&name.as_str());
            let is_about_it = ["tls", "ssl", "proxy", "auth", "gssapi", "srvservice"]
                .iter()
                .any(|beginning| name.starts_with(beginning));
            if is_about_it && !is_secret {
                assert_ne!(with, plain, "{option} is another server or another user");
                let once_more = destination_of(&format!("mongodb://dana@a,b/tenants?{option}=y"));
                // Secrets in options of other drivers are masked, and such a string cannot be saved.
                if !name.ends_with("password") {
                    assert_ne!(with, once_more, "{option} with another value is another server or user");
                }
                decided += 1;
            }
            if options::find(option).is_some_and(|option| option.is_harmless) {
                assert_eq!(with, plain, "{option} changes nothing about who is told");
                decided += 1;
            }
        }
        assert!(decided > 50, "the options were to be looked at, and {decided} were");
    }

    #[test]
    fn an_option_that_nobody_knows_is_another_destination() {
        let before = destination_of("mongodb://dana@a/?tls=true");
        assert_ne!(destination_of("mongodb://dana@a/?tls=true&tlsNewThing=1"), before);
        assert_ne!(destination_of("mongodb://dana@a/?tls=true&anythingElse=1"), before);
    }

    #[test]
    fn the_same_in_other_words_is_the_same_destination() {
        let before = destination_of("mongodb://dana@a,b/?tls=true&authSource=admin&proxyHost=p");
        for same in [
            "mongodb://d%61na:typed@b,a/tenants?authSource=admin&ssl=true&proxyHost=p",
            "mongodb://dana:••••••••@a,b/?proxyHost=p&proxyPassword=••••••••&TLS=true&AUTHSOURCE=admin&appName=x",
        ] {
            assert_eq!(destination_of(same), before, "{same}");
        }
    }

    #[test]
    fn what_is_no_connection_string_has_no_destination() {
        assert_eq!(destination("nonsense"), None);
    }
}
