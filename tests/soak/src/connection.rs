//! A client's connection to the gateway.

use std::{error::Error, net::SocketAddr};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, task::AbortHandle};

use crate::{plan::Protocol, raw::Raw, sending::Sending};

/// It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: Sender,
    driver: AbortHandle,
    /// The call before.
    before: Option<u64>,
}

/// The connection broke without an answer.
#[derive(Debug)]
pub(crate) struct NotAnswered {
    pub(crate) text: String,
    /// It was gone before anything of the request was sent.
    pub(crate) never_sent: bool,
    /// The other side has reset its stream, and not more than that.
    pub(crate) cut_off: bool,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Sending>),
    Http2(http2::SendRequest<Sending>),
}

impl Connection {
    pub(crate) async fn open(gateway: SocketAddr, protocol: Protocol) -> Result<Self, String> {
        let stream = TcpStream::connect(gateway).await.map_err(text)?;
        stream.set_nodelay(true).map_err(text)?;
        let stream = TokioIo::new(Raw(stream));
        if protocol == Protocol::Http1 {
            let (sender, driver) = http1::handshake(stream).await.map_err(text)?;
            let driver = tokio::spawn(async move { drop(driver.await) });
            return Ok(Self {
                sender: Sender::Http1(sender),
                driver: driver.abort_handle(),
                before: None,
            });
        }
        let handshake = http2::handshake(TokioExecutor::new(), stream);
        let (sender, driver) = handshake.await.map_err(text)?;
        let driver = tokio::spawn(async move { drop(driver.await) });
        Ok(Self {
            sender: Sender::Http2(sender),
            driver: driver.abort_handle(),
            before: None,
        })
    }

    pub(crate) async fn send(
        &mut self,
        request: Request<Sending>,
    ) -> Result<Response<Incoming>, NotAnswered> {
        let sent = match &mut self.sender {
            Sender::Http1(sender) => sender.send_request(request).await,
            Sender::Http2(sender) => sender.send_request(request).await,
        };
        sent.map_err(|error| NotAnswered {
            never_sent: error.is_canceled(),
            cut_off: is_reset(&error),
            text: text(error),
        })
    }

    /// Remembers whose connection it was.
    pub(crate) fn answered(&mut self, id: u64) {
        self.before = Some(id);
    }

    /// What is said of a call that it broke under.
    pub(crate) fn lost(&self, text: &str) -> String {
        match self.before {
            Some(id) => format!("{text}, on the connection of call {id}"),
            None => format!("{text}, on a new connection"),
        }
    }

    /// Whether another call can be made on it.
    pub(crate) async fn is_ready(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1(sender) => sender.ready().await.is_ok(),
            Sender::Http2(sender) => sender.ready().await.is_ok(),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn is_reset(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    cause.is_some_and(|cause: &h2::Error| cause.is_reset() && cause.is_remote())
}

/// An error with everything that caused it.
fn text(error: impl Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
