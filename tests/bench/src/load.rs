//! The clients: connections that send the next request when the last one is answered.

use std::{
    borrow::Cow,
    cell::Cell,
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::{BufMut, Bytes, BytesMut};
use clap::ValueEnum;
use futures_util::future::join_all;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::{
    Result,
    control::{Commands, ready, run_time},
};

/// How the clients talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    Http1,
    /// Unary calls over HTTP/2.
    Grpc,
}

impl Protocol {
    fn name(self) -> &'static str {
        match self {
            Self::Http1 => "http1",
            Self::Grpc => "grpc",
        }
    }
}

/// The command that opens connections; those of before are closed.
pub(crate) fn open(address: SocketAddr, connections: usize, protocol: Protocol) -> String {
    format!("open {address} {connections} {}", protocol.name())
}

/// The command that sends requests of that size over each connection for so long. So many of a hundred are unlike all
/// others.
pub(crate) fn keep_sending(time: Duration, size: usize, unlike: u32) -> String {
    format!("for {} {size} {unlike}", time.as_millis())
}

/// The command that sends one request of that size over each connection at the same time.
pub(crate) fn send_once(size: usize) -> String {
    format!("for 0 {size} 0")
}

pub(crate) fn run() -> Result<()> {
    run_time(1)?.block_on(async {
        let mut commands = Commands::new();
        let mut connections = Vec::new();
        let mut pages = Pages::default();
        ready(None);
        while let Some(command) = commands.next().await {
            let words: Vec<_> = command.split(' ').collect();
            match words[..] {
                ["open", address, count, protocol] => {
                    connections.clear();
                    let protocol = Protocol::from_str(protocol, true)?;
                    let address = address.parse()?;
                    for _ in 0..count.parse()? {
                        connections.push(Connection::open(address, protocol).await?);
                    }
                    println!("{count}");
                }
                ["for", milliseconds, size, unlike] => {
                    let time = Duration::from_millis(milliseconds.parse()?);
                    let (size, end) = (size.parse()?, Instant::now() + time);
                    pages.unlike = unlike.parse()?;
                    let pages = &pages;
                    let sending = connections
                        .iter_mut()
                        .map(|each| each.send(size, end, pages));
                    let sent = join_all(sending).await;
                    let answered: u64 = sent.iter().map(|sent| sent.answered).sum();
                    let failed: u64 = sent.iter().map(|sent| sent.failed).sum();
                    println!("{answered} {failed}");
                }
                _ => return Err(format!("no command: {command}").into()),
            }
        }
        Ok(())
    })
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Grpc(http2::SendRequest<Full<Bytes>>),
}

#[derive(Debug)]
struct Connection {
    sender: Sender,
    address: SocketAddr,
}

#[derive(Debug, Default)]
struct Sent {
    answered: u64,
    failed: u64,
}

impl Connection {
    async fn open(address: SocketAddr, protocol: Protocol) -> Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let socket = TokioIo::new(socket);
        let sender = match protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(socket).await?;
                tokio::spawn(connection);
                Sender::Http1(sender)
            }
            Protocol::Grpc => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), socket).await?;
                tokio::spawn(connection);
                Sender::Grpc(sender)
            }
        };
        Ok(Self { sender, address })
    }

    /// Sends one request after the other until the time is over, at least one.
    async fn send(&mut self, size: usize, end: Instant, pages: &Pages) -> Sent {
        let mut sent = Sent::default();
        let body = match self.sender {
            Sender::Http1(_) => text(size),
            Sender::Grpc(_) => framed(&text(size)),
        };
        loop {
            let target = pages.next();
            let answer = self.call(&target, body.clone()).await;
            if answer.is_ok_and(|allowed| allowed) {
                sent.answered += 1;
            } else {
                sent.failed += 1;
            }
            if Instant::now() >= end || sent.failed > 10 {
                return sent;
            }
        }
    }

    async fn call(&mut self, target: &str, body: Bytes) -> Result<bool> {
        let request = Request::post(target)
            .header("authorization", "Bearer qwerty")
            .header("user-agent", "lambda-sidecar-bench");
        match &mut self.sender {
            Sender::Http1(sender) => {
                let request = request
                    .header("host", "127.0.0.1")
                    .header("content-type", "application/json")
                    .body(Full::new(body))?;
                sender.ready().await?;
                let answer = sender.send_request(request).await?;
                Ok(read(answer).await? == StatusCode::OK)
            }
            Sender::Grpc(sender) => {
                let request = request
                    .uri(format!("http://{}/acme.Orders/Create", self.address))
                    .header("content-type", "application/grpc")
                    .header("te", "trailers")
                    .body(Full::new(body))?;
                sender.ready().await?;
                let answer = sender.send_request(request).await?.into_body();
                let answer = answer.collect().await?;
                let status = answer.trailers().and_then(|t| t.get("grpc-status"));
                Ok(status.is_some_and(|status| status == "0"))
            }
        }
    }
}

/// What the requests ask for.
#[derive(Debug, Default)]
struct Pages {
    /// So many of a hundred ask for a page that nobody asked for before.
    unlike: u32,
    asked: Cell<u64>,
}

impl Pages {
    fn next(&self) -> Cow<'static, str> {
        let asked = self.asked.get() + 1;
        self.asked.set(asked);
        if asked * u64::from(self.unlike) % 100 < self.unlike.into() {
            Cow::Owned(format!("/orders?page=1{asked}"))
        } else {
            Cow::Borrowed("/orders?page=1")
        }
    }
}

async fn read(answer: Response<Incoming>) -> Result<StatusCode> {
    let status = answer.status();
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(status)
}

/// A JSON text of that length.
pub(crate) fn text(size: usize) -> Bytes {
    let (begin, end) = (r#"{"text":""#, r#""}"#);
    let middle = "x".repeat(size.saturating_sub(begin.len() + end.len()));
    Bytes::from([begin, &middle, end].concat())
}

/// A gRPC message: not compressed, its length, its bytes.
fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}
