//! The application as a gRPC service: one unary method over tonic, its messages not decoded.

use std::convert::Infallible;

use bytes::{Buf, BufMut, Bytes};
use http::Request;
use http_body::Body;
use hyper::{body::Incoming, server::conn::http2};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::Grpc,
};
use tower::{Layer, Service, service_fn};

use super::layered::{Sidecars, Transport, functions, layer};
use crate::Result;

/// Serves without a sidecar, or with these.
pub(super) async fn serve(
    listener: TcpListener,
    sidecars: Option<(Sidecars, Transport)>,
    endpoint: &str,
) -> Result<()> {
    match sidecars {
        None => accept(listener, service_fn(create::<Incoming>)).await,
        Some((sidecars, transport)) => {
            let layer = layer(sidecars, functions(transport, endpoint))?;
            accept(listener, layer.layer(service_fn(create))).await
        }
    }
}

async fn accept<S, B>(listener: TcpListener, service: S) -> Result<()>
where
    S: Service<Request<Incoming>, Response = http::Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<lambda_sidecar::BoxError>> + Send + 'static,
{
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let service = TowerToHyperService::new(service.clone());
        let connection = http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(socket), service);
        tokio::spawn(connection);
    }
}

async fn create<B>(
    request: Request<B>,
) -> std::result::Result<http::Response<tonic::body::Body>, Infallible>
where
    B: Body<Error: Into<lambda_sidecar::BoxError> + Send> + Send + 'static,
{
    let created = service_fn(|_: tonic::Request<Bytes>| async {
        Ok::<_, Status>(tonic::Response::new(Bytes::from_static(b"created")))
    });
    Ok(Grpc::new(Messages).unary(created, request).await)
}

/// Messages as bytes.
#[derive(Debug, Clone, Copy)]
struct Messages;

impl Codec for Messages {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Messages {
    type Item = Bytes;
    type Error = Status;

    fn encode(
        &mut self,
        message: Bytes,
        buffer: &mut EncodeBuf<'_>,
    ) -> std::result::Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Messages {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> std::result::Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
