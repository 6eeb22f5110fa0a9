//! The second step: DNS lookup.
use std::net::{IpAddr, SocketAddr};

use futures_util::future::join_all;
use mongodb::options::{HostInfo, ServerAddress, Tls};
use tokio::time::{Instant, timeout_at};

use super::Passed;
use super::failed::Failed;
use super::proxy::{self, Proxy};
use super::read::Target;
use crate::diagnosis::{FindingCode, StageFacts};
use crate::dns::{LookUpProblem, NameOptions, Names};
use crate::hosts::{DEFAULT_PORT, Shown, shown};

/// A host and its addresses.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) name: ServerAddress,
    /// None for a socket on this computer, behind a proxy, and for an unknown name.
    pub(super) addresses: Vec<SocketAddr>,
    /// The proxy to it, which looks the name up.
    pub(super) proxy: Option<Proxy>,
}

impl Host {
    /// As people read it.
    pub(super) fn shown(&self) -> Shown<'_> {
        shown(&self.name)
    }

    fn is_known(&self) -> bool {
        let is_on_a_network = matches!(self.name, ServerAddress::Tcp { .. });
        !is_on_a_network || self.proxy.is_some() || !self.addresses.is_empty()
    }
}

pub(super) async fn look_up(
    mut target: Target,
    options: NameOptions,
    deadline: Instant,
) -> Result<Passed<(Target, Vec<Host>)>, Failed> {
    let names = Names::new(options)
        .map_err(|_| Failed::new(FindingCode::LookUpFailed, "the system's name servers can't be read"))?;
    let (mut srv_records, mut txt_options) = (0, Vec::new());
    if let Some(srv) = &target.srv {
        let asked = format!("_{}._tcp.{}", srv.service, srv.name);
        let found = timeout_at(deadline, names.deployment(&srv.service, &srv.name)).await;
        let found = found.unwrap_or(Err(LookUpProblem::NoAnswer));
        let found = found.map_err(|problem| srv_failed(problem, &srv.name, &asked))?;
        srv_records = found.hosts.len();
        txt_options = found.options.listed();
        target.string = found.put_into(target.string);
        if let HostInfo::HostIdentifiers(hosts) = &target.string.host_info {
            target.hosts = hosts.clone();
        }
        target.string.tls.get_or_insert_with(|| Tls::Enabled(target.tls.clone().unwrap_or_default()));
    }
    let proxy = find_proxy(&names, &target, deadline).await?;
    let (hosts, problems) = addresses(&names, &target.hosts, proxy.as_ref(), deadline).await;
    if !hosts.iter().any(Host::is_known) {
        return Err(host_failed(problems));
    }
    let facts = StageFacts::LookUp {
        hosts: target.hosts.iter().map(|host| shown(host).to_string()).collect(),
        srv_records,
        addresses: hosts.iter().map(|host| host.addresses.len()).sum(),
        txt_options,
    };
    Ok(Passed { value: (target, hosts), facts })
}

/// One host by its name in the replica set.
pub(super) async fn look_up_one(
    name: ServerAddress,
    proxy: Option<&Proxy>,
    options: NameOptions,
    deadline: Instant,
) -> Result<Host, Failed> {
    let names = Names::new(options)
        .map_err(|_| Failed::new(FindingCode::LookUpFailed, "the system's name servers can't be read"))?;
    let (hosts, problems) = addresses(&names, &[name], proxy, deadline).await;
    hosts.into_iter().find(Host::is_known).ok_or_else(|| host_failed(problems))
}

async fn find_proxy(names: &Names, target: &Target, deadline: Instant) -> Result<Option<Proxy>, Failed> {
    let Some(settings) = target.string.socks5_proxy.clone() else { return Ok(None) };
    let port = proxy::port(&settings);
    let found = timeout_at(deadline, names.addresses(&settings.host)).await;
    match found.unwrap_or(Err(LookUpProblem::NoAnswer)) {
        Ok(found) => {
            let addresses = found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
            Ok(Some(Proxy::new(settings, addresses)))
        }
        Err(problem) => {
            let name = ServerAddress::Tcp { host: settings.host, port: Some(port) };
            let mut failed = host_failed(vec![(name, problem)]);
            failed.technical = format!("the SOCKS5 proxy {}", failed.technical);
            Err(failed)
        }
    }
}

async fn addresses(
    names: &Names,
    hosts: &[ServerAddress],
    proxy: Option<&Proxy>,
    deadline: Instant,
) -> (Vec<Host>, Vec<(ServerAddress, LookUpProblem)>) {
    let asked = join_all(hosts.iter().map(|name| async move {
        let (ServerAddress::Tcp { host, port }, None) = (name, proxy) else { return (name, Ok(Vec::new())) };
        let found = timeout_at(deadline, names.addresses(host)).await;
        let found = found.unwrap_or(Err(LookUpProblem::NoAnswer));
        let port = port.unwrap_or(DEFAULT_PORT);
        (name, found.map(|found| found.into_iter().map(|ip: IpAddr| SocketAddr::new(ip, port)).collect()))
    }))
    .await;
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (name, answer) in asked {
        let addresses = answer.unwrap_or_else(|problem| {
            problems.push((name.clone(), problem));
            Vec::new()
        });
        found.push(Host { name: name.clone(), addresses, proxy: proxy.cloned() });
    }
    (found, problems)
}

fn srv_failed(problem: LookUpProblem, name: &str, asked: &str) -> Failed {
    let failed = match &problem {
        LookUpProblem::NotFound => Failed::new(FindingCode::SrvNotFound, format!("{asked}: no SRV record")),
        LookUpProblem::ForeignDomain { host, domain } => {
            let technical = format!("{asked} points to {host}, which is not in {domain}");
            let mut failed = Failed::new(FindingCode::SrvForeignDomain, technical);
            failed.facts.domain = Some(domain.clone());
            failed.facts.foreign_host = Some(host.clone());
            failed
        }
        LookUpProblem::BadOptions => {
            let technical =
                format!("TXT record of {name}: more than one, or with an option that has no place there");
            Failed::new(FindingCode::LookUpFailed, technical).saying("The TXT record breaks the rules.")
        }
        LookUpProblem::NoAnswer | LookUpProblem::BadName => {
            Failed::new(FindingCode::LookUpFailed, format!("{asked}: {problem}"))
        }
    };
    failed.at(name)
}

fn host_failed(problems: Vec<(ServerAddress, LookUpProblem)>) -> Failed {
    let technical: Vec<_> =
        problems.iter().map(|(name, problem)| format!("{}: {problem}", shown(name))).collect();
    // A DNS server that does not respond says nothing about the other names either.
    let silent = problems.iter().find(|(_, problem)| *problem != LookUpProblem::NotFound);
    let (code, first) = match silent {
        Some(one) => (FindingCode::LookUpFailed, Some(one)),
        None => (FindingCode::HostUnknown, problems.first()),
    };
    let failed = Failed::new(code, technical.join("\n"));
    match first {
        Some((name, _)) => failed.at(shown(name)),
        None => failed,
    }
}
