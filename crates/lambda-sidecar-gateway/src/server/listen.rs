//! Listening at an address.

use std::{fmt, io, net::SocketAddr};

use tokio::net::TcpListener;

/// Listens at this address; port 0 takes any free port.
///
/// # Errors
///
/// If the address is taken, or is none of this machine.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, CannotListen> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| CannotListen { address, source })
}

/// An address at which the server cannot listen.
#[derive(Debug)]
pub(crate) struct CannotListen {
    address: SocketAddr,
    source: io::Error,
}

impl fmt::Display for CannotListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: {}", self.address, self.source)
    }
}
