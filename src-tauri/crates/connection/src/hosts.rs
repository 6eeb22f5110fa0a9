//! How hosts are shown, and whose they are.

use std::fmt;

use mongodb::options::ServerAddress;

/// The port that a host has when the string names none.
pub const DEFAULT_PORT: u16 = 27017;

/// A host with its port. An IPv6 address stands in brackets, which the driver's own text leaves out: without them
/// nobody can tell where the port begins.
pub fn shown(address: &ServerAddress) -> Shown<'_> {
    Shown(address)
}

/// See [`shown`].
#[derive(Clone, Copy)]
pub struct Shown<'a>(&'a ServerAddress);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ServerAddress::Tcp { host, port } if host.contains(':') => {
                write!(f, "[{host}]:{}", port.unwrap_or(DEFAULT_PORT))
            }
            // Names, IPv4 addresses and sockets, and whatever a later driver knows.
            other => write!(f, "{other}"),
        }
    }
}

/// Whether a host's name, with its port or without, is one of MongoDB Atlas. A dot at its end says that it is whole.
pub fn is_atlas_name(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.trim_end_matches('.').to_ascii_lowercase().ends_with(".mongodb.net")
}

/// Whether a host is one of MongoDB Atlas.
pub fn is_atlas(host: &ServerAddress) -> bool {
    match host {
        ServerAddress::Tcp { host, .. } => is_atlas_name(host),
        // Sockets of this computer, and whatever a later driver knows.
        _ => false,
    }
}
