//! Who calls: as fast as answers come, until the gateway is gone.

use std::{
    collections::BTreeSet,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
};

/// The header with the number of a call, which its event has too.
pub(super) const NUMBER: &str = "x-number";

const CLIENTS: usize = 24;

/// All clients. Each goes away when a call of it fails.
#[derive(Debug)]
pub(super) struct Clients(JoinSet<BTreeSet<u64>>);

impl Clients {
    pub(super) fn start(gateway: SocketAddr) -> Self {
        let next = Arc::<AtomicU64>::default();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let next = Arc::clone(&next);
            clients.spawn(async move {
                let mut answered = BTreeSet::new();
                // The gateway ends, and with it the connection.
                drop(calls(gateway, &next, &mut answered).await);
                answered
            });
        }
        Self(clients)
    }

    /// The calls that were answered.
    pub(super) async fn stop(mut self) -> BTreeSet<u64> {
        let mut all = BTreeSet::new();
        while let Some(answered) = self.0.join_next().await {
            all.extend(answered.unwrap_or_default());
        }
        all
    }
}

async fn calls(
    gateway: SocketAddr,
    next: &AtomicU64,
    answered: &mut BTreeSet<u64>,
) -> io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(gateway).await?);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let request =
            format!("GET /audit/{number} HTTP/1.1\r\nhost: soak\r\n{NUMBER}: {number}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        answer(&mut stream).await?;
        answered.insert(number);
    }
}

/// Reads an answer with a length to its end.
async fn answer(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    let (mut length, mut is_ok) = (0, false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        is_ok |= line.starts_with("http/1.1 200");
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    match is_ok {
        true => Ok(()),
        false => Err(io::Error::other("the call was not answered 200")),
    }
}
