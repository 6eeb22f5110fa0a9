//! Reaches hosts through the SOCKS5 proxy of a connection string. The proxy looks their names up.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use fast_socks5::client::{Config, Socks5Stream};
use fast_socks5::{AuthenticationMethod, ReplyError, Socks5Command, SocksError};
use mongodb::options::Socks5Proxy;
use tokio::net::TcpStream;

/// A proxy's default port.
const DEFAULT_PORT: u16 = 1080;

/// A proxy and its addresses.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    settings: Arc<Socks5Proxy>,
    pub(super) addresses: Vec<SocketAddr>,
}

pub(super) fn port(settings: &Socks5Proxy) -> u16 {
    settings.port.unwrap_or(DEFAULT_PORT)
}

impl Proxy {
    pub(super) fn new(settings: Socks5Proxy, addresses: Vec<SocketAddr>) -> Self {
        Self { settings: Arc::new(settings), addresses }
    }

    /// A connection to a host. A failure of the proxy is reported like a failure of our own connection.
    pub(super) async fn connect(&self, host: &str, port: u16) -> io::Result<Socks5Stream<TcpStream>> {
        // As in the driver: the first address of the proxy counts.
        let address = self.addresses.first().copied().ok_or(io::ErrorKind::NotFound)?;
        let authentication = self.settings.authentication.as_ref().map(|(user, password)| {
            AuthenticationMethod::Password { username: user.clone(), password: password.clone() }
        });
        Socks5Stream::connect_raw(
            Socks5Command::TCPConnect,
            address,
            host.to_owned(),
            port,
            authentication,
            Config::default(),
        )
        .await
        .map_err(trouble)
    }
}

fn trouble(error: SocksError) -> io::Error {
    match error {
        SocksError::Io(error) => error,
        SocksError::ReplyError(reply) => match reply {
            ReplyError::ConnectionRefused => io::ErrorKind::ConnectionRefused.into(),
            ReplyError::ConnectionTimeout | ReplyError::TtlExpired => io::ErrorKind::TimedOut.into(),
            ReplyError::HostUnreachable => io::ErrorKind::HostUnreachable.into(),
            ReplyError::NetworkUnreachable => io::ErrorKind::NetworkUnreachable.into(),
            ReplyError::ConnectionNotAllowed => io::Error::other("the SOCKS5 proxy does not allow it"),
            ReplyError::Succeeded
            | ReplyError::GeneralFailure
            | ReplyError::CommandNotSupported
            | ReplyError::AddressTypeNotSupported => io::Error::other("the SOCKS5 proxy failed"),
        },
        SocksError::AuthMethodUnacceptable(_)
        | SocksError::AuthenticationFailed(_)
        | SocksError::AuthenticationRejected(_) => {
            io::Error::other("the SOCKS5 proxy refused its user or password")
        }
        SocksError::UnsupportedSocksVersion(_) | SocksError::InvalidHeader { .. } => {
            io::Error::other("what answers at the proxy's port is no SOCKS5 proxy")
        }
        // Its own words may contain the password.
        _ => io::Error::other("the SOCKS5 proxy can't be used"),
    }
}
