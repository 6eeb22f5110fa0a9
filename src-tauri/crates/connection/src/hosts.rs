//! How hosts are shown, and whether they belong to Atlas.

use std::fmt;

use mongodb::options::ServerAddress;

/// The default port.
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
            // Names, IPv4 addresses and sockets, and new kinds of a later driver.
            other => write!(f, "{other}"),
        }
    }
}

/// Whether a host name, with or without a port, belongs to MongoDB Atlas. A dot at its end makes it fully qualified.
pub fn is_atlas_name(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.trim_end_matches('.').to_ascii_lowercase().ends_with(".mongodb.net")
}

/// Whether a host belongs to MongoDB Atlas.
pub fn is_atlas(host: &ServerAddress) -> bool {
    match host {
        ServerAddress::Tcp { host, .. } => is_atlas_name(host),
        // Sockets on this computer, and new kinds of a later driver.
        _ => false,
    }
}
