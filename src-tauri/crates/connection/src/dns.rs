//! DNS lookups: SRV and TXT records of `mongodb+srv`, and addresses of hosts.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    CLOUDFLARE, ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData};
use mongodb::options::{ConnectionString as Parsed, HostInfo, ServerAddress};
use tokio::time::timeout;

/// When a second DNS server joins a slow one: on Windows, SRV lookups through the system took 40 s.
const PATIENCE: Duration = Duration::from_secs(3);
/// The default service of SRV records.
pub const DEFAULT_SERVICE: &str = "mongodb";

/// The DNS servers to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NameOptions {
    /// A DNS server instead of the system's.
    pub name_server: Option<SocketAddr>,
}

/// Why a lookup failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUpProblem {
    /// The name does not exist, or has no such record.
    NotFound,
    /// The DNS servers do not respond, or report a failure.
    NoAnswer,
    /// The text is not a name.
    BadName,
    /// An SRV record points outside the domain of the name.
    ForeignDomain {
        /// The host it points to.
        host: String,
        /// The domain it would have to be in.
        domain: String,
    },
    /// The TXT record breaks the rules of `mongodb+srv`.
    BadOptions,
}

impl fmt::Display for LookUpProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "the name was not found (DNS)",
            Self::NoAnswer => "the name servers do not answer (DNS)",
            Self::BadName => "the name can't be looked up (DNS)",
            Self::ForeignDomain { .. } => "the name points to a host of another domain (DNS)",
            Self::BadOptions => "the name's options break the rules (TXT record)",
        })
    }
}

/// A host of an SRV record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SrvHost {
    pub host: String,
    pub port: u16,
}

impl fmt::Display for SrvHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Options of the TXT record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TxtOptions {
    pub auth_source: Option<String>,
    pub replica_set: Option<String>,
    pub load_balanced: Option<bool>,
}

impl TxtOptions {
    /// Parses the record's text.
    ///
    /// # Errors
    /// `BadOptions` for anything but the three allowed options.
    pub fn read(text: &str) -> Result<Self, LookUpProblem> {
        let mut options = Self::default();
        for option in text.split('&') {
            let (name, value) = option.split_once('=').ok_or(LookUpProblem::BadOptions)?;
            match (name.to_ascii_lowercase().as_str(), value) {
                (_, value) if value.contains('=') => return Err(LookUpProblem::BadOptions),
                ("authsource", value) => options.auth_source = Some(value.to_owned()),
                ("replicaset", value) => options.replica_set = Some(value.to_owned()),
                ("loadbalanced", "true") => options.load_balanced = Some(true),
                ("loadbalanced", "false") => options.load_balanced = Some(false),
                _ => return Err(LookUpProblem::BadOptions),
            }
        }
        Ok(options)
    }

    /// The options as `name=value`.
    pub fn listed(&self) -> Vec<String> {
        let Self { auth_source, replica_set, load_balanced } = self;
        [
            auth_source.as_ref().map(|value| format!("authSource={value}")),
            replica_set.as_ref().map(|value| format!("replicaSet={value}")),
            load_balanced.map(|value| format!("loadBalanced={value}")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The deployment behind a `mongodb+srv` name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// At least one.
    pub hosts: Vec<SrvHost>,
    /// Options that apply if the string does not set them.
    pub options: TxtOptions,
}

impl Deployment {
    /// Puts the hosts into a parsed string in place of the name, and adds what `mongodb+srv` implies and the string
    /// does not say.
    pub fn put_into(self, mut string: Parsed) -> Parsed {
        let Self { hosts, options } = self;
        let most =
            string.srv_max_hosts.take().and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0);
        string.srv_service_name = None;
        string.host_info = HostInfo::HostIdentifiers(
            hosts
                .into_iter()
                .take(most.unwrap_or(usize::MAX))
                .map(|SrvHost { host, port }| ServerAddress::Tcp { host, port: Some(port) })
                .collect(),
        );
        if let Some(credential) = &mut string.credential {
            credential.source = credential.source.take().or(options.auth_source);
        }
        string.replica_set = string.replica_set.or(options.replica_set);
        string.load_balanced = string.load_balanced.or(options.load_balanced);
        string
    }
}

/// Does DNS lookups.
#[derive(Clone)]
pub struct Names {
    first: TokioResolver,
    /// Asked as well if the first is slow.
    second: Option<TokioResolver>,
    own_server: bool,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("own_server", &self.own_server).finish_non_exhaustive()
    }
}

impl Names {
    /// # Errors
    /// `NoAnswer` if the system's settings cannot be read.
    pub fn new(options: NameOptions) -> Result<Self, LookUpProblem> {
        match options.name_server {
            Some(address) => {
                let first = only(address).map_err(|_| LookUpProblem::NoAnswer)?;
                Ok(Self { first, second: None, own_server: true })
            }
            None => {
                let public = TokioResolver::builder_with_config(
                    ResolverConfig::udp_and_tcp(&CLOUDFLARE),
                    TokioRuntimeProvider::default(),
                )
                .build()
                .ok();
                let system = TokioResolver::builder_tokio().and_then(|builder| builder.build()).ok();
                match (system, public) {
                    (Some(system), public) => Ok(Self { first: system, second: public, own_server: false }),
                    (None, Some(public)) => Ok(Self { first: public, second: None, own_server: false }),
                    (None, None) => Err(LookUpProblem::NoAnswer),
                }
            }
        }
    }

    /// Hosts of `_<service>._tcp.<name>`, wherever they are.
    ///
    /// # Errors
    /// `NotFound`, `NoAnswer`, `BadName`.
    pub async fn srv(&self, service: &str, name: &str) -> Result<Vec<SrvHost>, LookUpProblem> {
        let asked = whole(&format!("_{service}._tcp.{name}"))?;
        let found =
            self.ask(|resolver, asked| async move { resolver.srv_lookup(asked).await }, asked).await?;
        let hosts: Vec<SrvHost> = found
            .answers()
            .iter()
            .filter_map(|record| match &record.data {
                RData::SRV(srv) => {
                    let target = srv.target.to_utf8();
                    let host = target.strip_suffix('.').unwrap_or(&target).to_owned();
                    Some(SrvHost { host, port: srv.port })
                }
                _ => None,
            })
            .collect();
        if hosts.is_empty() { Err(LookUpProblem::NotFound) } else { Ok(hosts) }
    }

    /// Options of the name's TXT record; none if it has no record.
    ///
    /// # Errors
    /// `BadOptions`, also for more than one record; `NoAnswer`, `BadName`.
    pub async fn txt(&self, name: &str) -> Result<TxtOptions, LookUpProblem> {
        let asked = whole(name)?;
        let asked = self.ask(|resolver, asked| async move { resolver.txt_lookup(asked).await }, asked).await;
        let found = match asked {
            Ok(found) => found,
            Err(LookUpProblem::NotFound) => return Ok(TxtOptions::default()),
            Err(problem) => return Err(problem),
        };
        let mut records = found.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(txt) => Some(txt),
            _ => None,
        });
        match (records.next(), records.next()) {
            (None, _) => Ok(TxtOptions::default()),
            (Some(_), Some(_)) => Err(LookUpProblem::BadOptions),
            (Some(record), None) => {
                let bytes: Vec<u8> = record.txt_data.iter().flat_map(|piece| piece.iter().copied()).collect();
                TxtOptions::read(&String::from_utf8_lossy(&bytes))
            }
        }
    }

    /// The deployment behind a `mongodb+srv` name, by the driver's rules.
    ///
    /// # Errors
    /// All of [`LookUpProblem`].
    pub async fn deployment(&self, service: &str, name: &str) -> Result<Deployment, LookUpProblem> {
        let hosts = self.srv(service, name).await?;
        if let Some(foreign) = hosts.iter().find(|host| !is_in_domain_of(&host.host, name)) {
            return Err(LookUpProblem::ForeignDomain {
                host: foreign.host.clone(),
                domain: domain_of(name).to_owned(),
            });
        }
        let options = self.txt(name).await?;
        Ok(Deployment { hosts, options })
    }

    /// Addresses of a host. An IP address stands for itself.
    ///
    /// # Errors
    /// `NotFound`, `NoAnswer`, `BadName`.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, LookUpProblem> {
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(vec![address]);
        }
        if !self.own_server {
            // As in the driver: the system knows its hosts file and the names of the local network.
            let found: Vec<IpAddr> = match tokio::net::lookup_host((host, 0)).await {
                Ok(found) => found.map(|address| address.ip()).collect(),
                Err(_) => Vec::new(),
            };
            return if found.is_empty() { Err(self.why_without_address(host).await) } else { Ok(found) };
        }
        let found = self.first.lookup_ip(whole(host)?).await.map_err(|error| read(&error))?;
        let found: Vec<IpAddr> = found.iter().collect();
        if found.is_empty() { Err(LookUpProblem::NotFound) } else { Ok(found) }
    }

    /// Asks the DNS servers why a lookup failed. The system does not tell portably whether the name does not exist or
    /// no server responds.
    async fn why_without_address(&self, host: &str) -> LookUpProblem {
        let Ok(name) = whole(host) else { return LookUpProblem::BadName };
        match self.first.lookup_ip(name).await {
            Ok(_) => LookUpProblem::NotFound,
            Err(error) => read(&error),
        }
    }

    async fn ask<F, A, T>(&self, ask: F, name: Name) -> Result<T, LookUpProblem>
    where
        F: Fn(TokioResolver, Name) -> A,
        A: Future<Output = Result<T, NetError>>,
    {
        let first = ask(self.first.clone(), name.clone());
        let found = match &self.second {
            Some(second) => with_company(first, ask(second.clone(), name)).await,
            None => first.await,
        };
        found.map_err(|error| read(&error))
    }
}

/// The result of `first`, or if that is slow, the first success of both.
/// # Errors
/// The second of two.
pub async fn with_company<T, E>(
    first: impl Future<Output = Result<T, E>>,
    second: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    tokio::pin!(first, second);
    if let Ok(found) = timeout(PATIENCE, &mut first).await {
        return found;
    }
    tokio::select! {
        found = &mut first => match found {
            Ok(found) => Ok(found),
            Err(_) => second.await,
        },
        found = &mut second => match found {
            Ok(found) => Ok(found),
            Err(_) => first.await,
        },
    }
}

/// The domain that the hosts of a `mongodb+srv` name must share.
pub fn domain_of(name: &str) -> &str {
    match name.split_once('.') {
        Some((_, domain)) if domain.contains('.') => domain,
        Some(_) | None => name,
    }
}

/// Whether a host is allowed in the SRV record of a name.
pub fn is_in_domain_of(host: &str, name: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let domain = domain_of(name).to_ascii_lowercase();
    host.strip_suffix(&domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

fn only(address: SocketAddr) -> Result<TokioResolver, NetError> {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
        .into_iter()
        .map(|mut connection| {
            connection.port = address.port();
            connection
        })
        .collect();
    let server = NameServerConfig::new(address.ip(), true, connections);
    let mut builder = TokioResolver::builder_with_config(
        ResolverConfig::from_name_servers(vec![server]),
        TokioRuntimeProvider::default(),
    );
    builder.options_mut().use_hosts_file = ResolveHosts::Never;
    builder.build()
}

fn whole(name: &str) -> Result<Name, LookUpProblem> {
    let mut name = Name::from_str_relaxed(name).map_err(|_| LookUpProblem::BadName)?;
    // Fully qualified, or the search domains of an office would be asked for names that do not exist.
    name.set_fqdn(true);
    Ok(name)
}

fn read(error: &NetError) -> LookUpProblem {
    if error.is_nx_domain() || error.is_no_records_found() {
        LookUpProblem::NotFound
    } else {
        LookUpProblem::NoAnswer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_must_be_in_the_domain_of_the_name() {
        assert!(is_in_domain_of("a.ab1cd.mongodb.net", "cluster0.ab1cd.mongodb.net"));
        assert!(is_in_domain_of("a.b.ab1cd.mongodb.net", "cluster0.ab1cd.mongodb.net"));
        assert!(!is_in_domain_of("ab1cd.mongodb.net", "cluster0.ab1cd.mongodb.net"), "the domain is no host");
        assert!(!is_in_domain_of("a.evilab1cd.mongodb.net", "cluster0.ab1cd.mongodb.net"));
        assert!(!is_in_domain_of("a.ab1cd.mongodb.net.example.com", "cluster0.ab1cd.mongodb.net"));
        assert!(is_in_domain_of("db.example.com", "example.com"), "a short name is its own domain");
        assert!(!is_in_domain_of("other.com", "example.com"));
    }

    #[test]
    fn a_txt_record_has_three_options_and_no_other() {
        let options = TxtOptions::read("authSource=admin&replicaSet=atlas-1").expect("allowed");
        assert_eq!(options.auth_source.as_deref(), Some("admin"));
        assert_eq!(options.listed(), ["authSource=admin", "replicaSet=atlas-1"]);
        assert_eq!(
            TxtOptions::read("loadBalanced=true").map(|options| options.load_balanced),
            Ok(Some(true))
        );
        for text in ["tls=false", "authSource", "loadBalanced=yes", "replicaSet=a=b", ""] {
            assert_eq!(TxtOptions::read(text), Err(LookUpProblem::BadOptions), "{text}");
        }
    }
}
