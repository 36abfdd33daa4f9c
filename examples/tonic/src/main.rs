//! A tonic service with a function in front of it and behind it.
//!
//! A gRPC call is an HTTP call, so the layer is the one that axum's examples use. What it answers itself, a
//! Terminate or an error of its own, is an answer that a gRPC client understands.

use std::{env, error::Error};

use futures_util::stream::{self, Iter};
use lambda_sidecar::{
    BoxError, Envelope, LambdaSidecarLayer, LocalFunction, Modify, Point, Sidecar, SidecarBuilder,
    StatusCode, Terminate, Verdict,
};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, transport::Server, transport::server::TcpIncoming};

use self::orders::{
    Order, State,
    orders_server::{Orders, OrdersServer},
};

#[allow(warnings, reason = "generated, and the client in it is for the tests")]
mod orders {
    tonic::include_proto!("orders");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let authorize = pre().build()?;
    let stamp = post().build()?;
    serve(listener, authorize, stamp).await
}

async fn serve(
    listener: TcpListener,
    before: Sidecar,
    after: Sidecar,
) -> Result<(), Box<dyn Error>> {
    let sidecars = LambdaSidecarLayer::new(LocalFunction::new(decide))
        .request(before)
        .response(after);
    Server::builder()
        .layer(sidecars)
        .add_service(OrdersServer::new(Shop))
        .serve_with_incoming(TcpIncoming::from(listener))
        .await?;
    Ok(())
}

fn pre() -> SidecarBuilder {
    Sidecar::local(Point::PreProcessor, "authorize").include_request_headers(["authorization"])
}

fn post() -> SidecarBuilder {
    Sidecar::local(Point::PostProcessor, "stamp")
}

/// The function. A status of its own is an HTTP status; the client gets the gRPC status for it.
async fn decide(call: Envelope) -> Result<Verdict, BoxError> {
    if call.is_response_half() {
        return Ok(Modify::new().header("x-checked", "yes")?.into());
    }
    match call.header("authorization") {
        Some("Bearer ada") => Ok(Modify::new().header("x-user", "ada")?.into()),
        Some("Bearer broken") => Err("no such table".into()),
        _ => Ok(Terminate::new(StatusCode::UNAUTHORIZED)
            .message("who are you?")
            .into()),
    }
}

/// The service.
struct Shop;

#[tonic::async_trait]
impl Orders for Shop {
    type WatchStream = Iter<std::vec::IntoIter<Result<State, Status>>>;

    async fn get(&self, request: Request<Order>) -> Result<Response<State>, Status> {
        Ok(Response::new(state(&request, "packed")))
    }

    async fn watch(&self, request: Request<Order>) -> Result<Response<Self::WatchStream>, Status> {
        let mut states: Vec<_> = ["packed", "sent"]
            .map(|name| Ok(state(&request, name)))
            .into();
        // It ends in the trailers, behind the messages.
        if request.get_ref().id == 13 {
            let mut cancelled = Status::aborted("the order was cancelled");
            let metadata = cancelled.metadata_mut();
            metadata.insert("refund", tonic::metadata::MetadataValue::from_static("yes"));
            states.push(Err(cancelled));
        }
        Ok(Response::new(stream::iter(states)))
    }
}

fn state(request: &Request<Order>, name: &str) -> State {
    let user = request.metadata().get("x-user");
    State {
        order: request.get_ref().id,
        name: name.into(),
        told_to: user
            .and_then(|user| user.to_str().ok())
            .unwrap_or("nobody")
            .into(),
    }
}

#[cfg(test)]
mod tests;
