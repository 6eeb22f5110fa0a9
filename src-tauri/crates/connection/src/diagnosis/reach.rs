//! The third step: reaching the port.
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use mongodb::options::ServerAddress;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};

use super::Passed;
use super::failed::Failed;
use super::look_up::Host;
use crate::diagnosis::{FindingCode, StageFacts};
use crate::hosts::{DEFAULT_PORT, is_atlas, shown};

/// The interval between attempts at the addresses of one host.
const STAGGER: Duration = Duration::from_millis(250);
/// How long to wait for other hosts after the first has responded.
const AFTER_THE_FIRST: Duration = Duration::from_millis(1500);

/// The stream below a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// An open connection to a host, encrypted or not.
pub(super) struct Line {
    pub(super) host: Host,
    pub(super) stream: Box<dyn Stream>,
}

pub(super) async fn reach(hosts: Vec<Host>, deadline: Instant) -> Result<Passed<Vec<Line>>, Failed> {
    let count = hosts.len();
    let mut asked: FuturesUnordered<_> = hosts
        .iter()
        .enumerate()
        .map(|(place, host)| async move { (place, connect(host, deadline).await) })
        .collect();
    let mut answers: Vec<Option<io::Result<Box<dyn Stream>>>> = (0..count).map(|_| None).collect();
    let mut until = deadline;
    while let Ok(Some((place, answer))) = timeout_at(until, asked.next()).await {
        if answer.is_ok() {
            until = until.min(Instant::now() + AFTER_THE_FIRST);
        }
        answers[place] = Some(answer);
    }
    drop(asked);
    let (mut reached, mut problems) = (Vec::new(), Vec::new());
    for (host, answer) in hosts.into_iter().zip(answers) {
        match answer.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => reached.push(Line { host, stream }),
            Err(error) => problems.push((host.name, error)),
        }
    }
    let facts = StageFacts::Reach { reached: reached.len(), hosts: count };
    if reached.is_empty() {
        Err(unreachable(&problems).knowing(facts))
    } else {
        Ok(Passed { value: reached, facts })
    }
}

/// One host alone.
pub(super) async fn reach_one(host: Host, deadline: Instant) -> Result<Line, Failed> {
    match connect(&host, deadline).await {
        Ok(stream) => Ok(Line { host, stream }),
        Err(error) => Err(unreachable(&[(host.name, error)])),
    }
}

/// A new connection to the first address that accepts one.
pub(super) async fn connect(host: &Host, deadline: Instant) -> io::Result<Box<dyn Stream>> {
    #[cfg(unix)]
    if let ServerAddress::Unix { path } = &host.name {
        let stream = timeout_at(deadline, tokio::net::UnixStream::connect(path)).await??;
        return Ok(Box::new(stream));
    }
    if let (Some(proxy), ServerAddress::Tcp { host, port }) = (&host.proxy, &host.name) {
        let stream = timeout_at(deadline, proxy.connect(host, port.unwrap_or(DEFAULT_PORT))).await??;
        return Ok(Box::new(stream));
    }
    let mut asked: FuturesUnordered<_> =
        host.addresses.iter().enumerate().map(|(place, address)| connect_later(place, *address)).collect();
    let mut worst = None;
    loop {
        match timeout_at(deadline, asked.next()).await {
            Ok(Some(Ok(stream))) => {
                // Small requests and responses: waiting to fill a packet would only add to the measured times.
                stream.set_nodelay(true)?;
                return Ok(Box::new(stream));
            }
            Ok(Some(Err(error))) => worst = Some(clearer(worst, error)),
            Ok(None) => return Err(worst.unwrap_or_else(|| io::ErrorKind::NotFound.into())),
            Err(_) => return Err(clearer(worst, io::ErrorKind::TimedOut.into())),
        }
    }
}

async fn connect_later(place: usize, address: SocketAddr) -> io::Result<TcpStream> {
    let factor = u32::try_from(place).unwrap_or(u32::MAX);
    sleep(STAGGER.saturating_mul(factor)).await;
    TcpStream::connect(address).await
}

/// Of two addresses of one host, the failure that says more: a refusal is a response.
fn clearer(before: Option<io::Error>, next: io::Error) -> io::Error {
    match before {
        Some(before) if rank(&before) <= rank(&next) => before,
        Some(_) | None => next,
    }
}

fn rank(error: &io::Error) -> u8 {
    match code(error) {
        FindingCode::ConnectionRefused => 0,
        FindingCode::ConnectionSilent => 1,
        FindingCode::NoRoute => 2,
        _ => 3,
    }
}

fn code(error: &io::Error) -> FindingCode {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => FindingCode::ConnectionRefused,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => FindingCode::ConnectionSilent,
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => FindingCode::NoRoute,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => FindingCode::ClosedByServer,
        io::ErrorKind::NotFound => FindingCode::HostUnknown,
        // A firewall on this computer.
        io::ErrorKind::PermissionDenied => FindingCode::NoRoute,
        _ => FindingCode::Other,
    }
}

fn unreachable(problems: &[(ServerAddress, io::Error)]) -> Failed {
    let mut technical = String::new();
    for (host, error) in problems {
        let number = error.raw_os_error().map(|number| format!(" (os error {number})")).unwrap_or_default();
        // Only our own errors have a message inside; the system's depend on its language.
        let words = if error.get_ref().is_some() { error.to_string() } else { error.kind().to_string() };
        // Writing to a string cannot fail.
        let _ = writeln!(technical, "{}: {words}{number}", shown(host));
    }
    // Of several hosts, the failure that says most: if one refuses, a port or a stopped server is at fault for all.
    let Some((host, error)) = problems.iter().min_by_key(|(_, error)| rank(error)) else {
        return Failed::new(FindingCode::Other, "no host to reach");
    };
    let code = match code(error) {
        FindingCode::ConnectionSilent if is_atlas(host) => FindingCode::AccessList,
        code => code,
    };
    Failed::new(code, technical.trim_end()).at(shown(host))
}
