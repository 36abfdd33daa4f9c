//! Ports that connections cannot be made to.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

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
        let listener = self.0.listen(1024).expect("the port is ours");
        listener.into_std().expect("it is a listener")
    }
}

/// A port where attempts to connect are not answered.
#[derive(Debug)]
pub struct SilentPort {
    listener: tokio::net::TcpListener,
    /// They fill the queue of connections nobody has accepted.
    _waiting: Vec<TcpStream>,
}

impl SilentPort {
    /// Takes a free port, and fills its queue.
    pub async fn take() -> Self {
        let port = RefusedPort::take();
        let listener = port.0.listen(1).expect("the port is ours");
        let address = listener.local_addr().expect("it is bound");
        let mut waiting = Vec::new();
        let patience = Duration::from_millis(200);
        while let Ok(Ok(stream)) = timeout(patience, TcpStream::connect(address)).await {
            waiting.push(stream);
        }
        Self {
            listener,
            _waiting: waiting,
        }
    }

    /// The endpoint that is silent.
    pub fn endpoint(&self) -> String {
        let address = self.listener.local_addr().expect("it is bound");
        format!("http://{address}")
    }

    /// From now on connections are accepted. Those that filled the queue are closed.
    pub fn accept(self) -> TcpListener {
        self.listener.into_std().expect("it is a listener")
    }
}
