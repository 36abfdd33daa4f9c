//! A recorded request on its way in and out, as the gateway treats one of a client.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper_util::server::graceful::GracefulShutdown;
use uuid::Uuid;

use super::{
    answers::{AnswerForm, Refusal},
    api_key,
    connection::ConnectionGuard,
    entrance::{self, ClientCall, Entrance},
    forward, headers,
    hop::Hop,
    via::Pseudonym,
};
use crate::config::{Callers, EndpointConfig};

/// Who calls: this machine.
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Lets a request into an endpoint: puts its context and its way to the backend into it. `rest` is the path
/// below the endpoint's own.
///
/// # Errors
///
/// The answer to the client if the call may not enter.
pub(crate) async fn enter(
    endpoint: &EndpointConfig,
    callers: &Callers,
    rest: &str,
    request: &mut Request<Bytes>,
) -> Result<(), Response<Bytes>> {
    let form = AnswerForm::new(
        Uuid::new_v4().to_string(),
        request.method(),
        request.headers(),
    );
    match try_to_enter(endpoint, callers, rest, request, &form) {
        Ok(()) => Ok(()),
        Err(refusal) => {
            let (parts, body) = form.answer(&refusal).into_parts();
            Err(Response::from_parts(parts, whole(body).await))
        }
    }
}

fn try_to_enter(
    endpoint: &EndpointConfig,
    callers: &Callers,
    rest: &str,
    request: &mut Request<Bytes>,
    form: &AnswerForm,
) -> Result<(), Refusal> {
    let chunked = entrance::admit(request)?;
    let call = ClientCall {
        rest,
        caller: api_key::caller(&endpoint.key_places, callers, request)?.cloned(),
        chunked,
        peer: PEER,
        connection: Arc::new(ConnectionGuard::new(
            GracefulShutdown::new().watcher(),
            None,
        )),
        form,
    };
    let entrance = Entrance::new(endpoint, Pseudonym::of_record());
    entrance.enter(request, call).map(drop)
}

/// The request as the backend would get it.
pub(crate) fn to_backend(request: Request<Bytes>) -> Request<Bytes> {
    let mut request = request.map(Full::new);
    if let Some(hop) = request.extensions_mut().remove::<Arc<Hop>>() {
        forward::to_backend(&mut request, &hop);
    }
    // Written by the client's side of the connection, from the target.
    let host = request.uri().authority().map(|host| host.as_str());
    if let Some(host) = host.and_then(|host| host.parse().ok()) {
        request.headers_mut().insert(HOST, host);
    }
    let (parts, body) = request.into_parts();
    Request::from_parts(parts, body.into_inner().unwrap_or_default())
}

/// A backend's headers as the client gets them.
pub(crate) fn to_client(headers: &mut HeaderMap) {
    headers::to_client(headers, false);
}

async fn whole(body: impl http_body::Body<Data = Bytes, Error = Infallible>) -> Bytes {
    match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(never) => match never {},
    }
}
