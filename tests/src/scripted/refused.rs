//! A port that refuses connections.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// A port nobody listens on, and nobody else can take.
#[derive(Debug)]
pub struct RefusedPort(TcpSocket);

impl RefusedPort {
    /// Takes a free port.
    pub fn take() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(any).expect("a free port");
        Self(socket)
    }

    /// The endpoint that refuses.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("it is bound"))
    }

    /// From now on connections are accepted.
    pub fn listen(self) -> TcpListener {
        self.0.listen(1024).expect("the port is ours")
    }
}
