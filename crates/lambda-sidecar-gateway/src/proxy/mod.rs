//! The reverse proxy: from a client's request to the backend's answer, through the sidecars.

mod answers;
mod api_key;
mod backends;
mod body;
mod connection;
mod early;
mod entrance;
mod forward;
mod framing;
#[cfg(test)]
mod growth;
mod header_list;
mod headers;
mod hop;
mod hop_by_hop;
mod host;
mod method;
mod no_trailers;
mod outbox;
mod phrase;
pub(crate) mod recorded;
mod route;
mod routes;
mod upgrade;
mod via;
mod white_space;
mod wire_body;

use std::{net::IpAddr, sync::Arc};

use arc_swap::ArcSwap;
use http::{Request, Response, Version};
use hyper::body::Incoming;
use uuid::Uuid;

use self::{
    answers::{AnswerForm, Refusal},
    body::{ProxyBody, ResponseContent},
    entrance::ClientCall,
    wire_body::WireBody,
};
pub(crate) use self::{
    backends::Backends, connection::ConnectionGuard, header_list::READ_OF_REQUESTS, outbox::Outbox,
    routes::Routes,
};
use crate::{
    config::Limits,
    observe::{
        access::AccessLine,
        metrics::{CallCounts, InFlight},
    },
    path::PathMatch,
};

/// The routes in use, exchangeable while calls are under way: each call stays with those it began with.
#[derive(Debug)]
pub(crate) struct Proxy {
    routes: ArcSwap<Routes>,
    /// The most that trailers, and the head of a request over HTTP/2, may be, in bytes.
    max_headers: usize,
    in_flight: InFlight,
    /// The calls to no endpoint.
    elsewhere: Arc<CallCounts>,
}

impl Proxy {
    pub(crate) fn new(routes: Routes, limits: Limits) -> Self {
        Self {
            max_headers: limits.max_headers as usize,
            routes: ArcSwap::from_pointee(routes),
            in_flight: InFlight::new(),
            elsewhere: CallCounts::of(""),
        }
    }

    pub(crate) fn exchange(&self, routes: Routes) {
        self.routes.store(Arc::new(routes));
    }

    /// Answers one call.
    pub(crate) async fn handle(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        connection: Arc<ConnectionGuard>,
        outbox: Arc<Outbox>,
    ) -> Response<ProxyBody> {
        let request = WireBody::of_request(request, self.max_headers);
        let id = Uuid::new_v4().to_string();
        let form = AnswerForm::new(id, request.method(), request.headers());
        let mut access = AccessLine::new(&request, form.message_id(), &self.elsewhere);
        // Ends before the line is written: whoever has read the line finds the call gone.
        let in_flight = self.in_flight.begin();
        let in_the_way = early::is_in_the_way(&request);
        let answer = self.answer(request, peer, connection, &form, &mut access);
        let answer = answer.await;
        let is_early = answer.as_ref().map_or(true, early::is_of_a_sidecar);
        let mut response =
            answer.unwrap_or_else(|refusal| form.answer(&refusal).map(ResponseContent::Right));
        if in_the_way && is_early {
            early::say_close(&mut response);
        }
        access.answered(response.status());
        response.map(|content| ProxyBody::new(content, outbox, self.max_headers, access, in_flight))
    }

    async fn answer(
        &self,
        mut request: Request<WireBody>,
        peer: IpAddr,
        connection: Arc<ConnectionGuard>,
        form: &AnswerForm,
        access: &mut AccessLine,
    ) -> Result<Response<ResponseContent>, Refusal> {
        if request.version() == Version::HTTP_2
            && header_list::size_of_head(&request) > self.max_headers
        {
            return Err(Refusal::LARGE_HEAD);
        }
        let chunked = entrance::admit(&mut request)?;
        let routes = self.routes.load_full();
        let (route, rest) = match routes.find(request.uri().path()) {
            PathMatch::Endpoint { endpoint, rest } => (endpoint, rest.to_owned()),
            PathMatch::Nothing => return Err(Refusal::NO_ENDPOINT),
            PathMatch::Unclear => return Err(Refusal::UNCLEAR_PATH),
        };
        access.set_endpoint(route.counts());
        request.extensions_mut().insert(access.progress());
        let caller = routes.caller(route.key_places(), &request)?;
        let call = ClientCall {
            rest: &rest,
            caller,
            chunked,
            peer,
            connection,
            form,
        };
        route.call(request, call).await
    }
}
