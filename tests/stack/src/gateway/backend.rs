//! The backend behind a gateway.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Request;
use tokio::{
    io::{self, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use lambda_sidecar_test_support::scripted::Received;

use crate::route::BACKEND_BODY;

type Seen = Arc<Mutex<Option<Request<Bytes>>>>;

/// Answers as the one in [`route`](crate::route) does, and remembers what it was sent last.
#[derive(Debug)]
pub(super) struct Backend {
    address: String,
    seen: Seen,
    /// Ends the connections too.
    _running: JoinSet<()>,
}

impl Backend {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let seen = Seen::default();
        let mut running = JoinSet::new();
        running.spawn(accept(listener, Arc::clone(&seen)));
        Self {
            address,
            seen,
            _running: running,
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// What it was sent since this was last asked.
    pub(super) fn take(&self) -> Option<Request<Bytes>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.take()
    }
}

async fn accept(listener: TcpListener, seen: Seen) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let seen = Arc::clone(&seen);
        connections.spawn(async move { serve(stream, &seen).await.ok() });
    }
}

async fn serve(stream: TcpStream, seen: &Seen) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = Received::read(&mut stream).await? {
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.to_http());
        let length = BACKEND_BODY.len();
        let head = format!("HTTP/1.1 200 OK\r\nx-drop-me: backend\r\ncontent-length: {length}");
        let answer = format!("{head}\r\n\r\n{BACKEND_BODY}");
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
    }
    Ok(())
}
