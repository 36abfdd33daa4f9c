//! The reverse proxy: from a client's request to the backend's answer, through the sidecars.

pub(crate) mod answers;
mod api_key;
mod backends;
mod body;
mod early;
mod entrance;
mod forward;
mod headers;
mod hop;
mod host;
pub(crate) mod path;
mod paths;
mod rehearsal;
mod route;
mod routes;
mod upgrade;

use std::{net::IpAddr, sync::Arc};

use arc_swap::ArcSwap;
use http::{Request, Response};
use hyper::body::Incoming;
use uuid::Uuid;

use self::{answers::AnswerForm, body::Content, entrance::Call, paths::Found};
pub(crate) use self::{
    answers::Refusal,
    backends::Backends,
    body::ProxyBody,
    hop::Connection,
    paths::{Found as FoundPath, Paths},
    rehearsal::{Rehearsed, rehearse},
    routes::Routes,
};
use crate::{access::AccessLine, metrics::InFlight};

/// The routes in use, exchangeable while calls are under way: each call stays with those it began with.
#[derive(Debug)]
pub(crate) struct Proxy {
    routes: ArcSwap<Routes>,
}

impl Proxy {
    pub(crate) fn new(routes: Routes) -> Self {
        Self {
            routes: ArcSwap::from_pointee(routes),
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
        connection: Arc<Connection>,
    ) -> Response<ProxyBody> {
        let in_flight = InFlight::begin();
        let mut receipt = AccessLine::of(&request);
        let form = AnswerForm::new(Uuid::new_v4().to_string(), request.headers());
        let in_the_way = early::is_in_the_way(&request);
        let answer = self.answer(request, peer, connection, &form, &mut receipt);
        let answer = answer.await;
        let is_early = answer.as_ref().map_or(true, early::is_of_a_sidecar);
        let mut response =
            answer.unwrap_or_else(|refusal| form.answer(&refusal).map(Content::Right));
        if in_the_way && is_early {
            early::say_close(&mut response);
        }
        receipt.close(form.message_id(), &response);
        response.map(|content| ProxyBody::new(content, in_flight))
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        connection: Arc<Connection>,
        form: &AnswerForm,
        receipt: &mut AccessLine,
    ) -> Result<Response<Content>, Refusal> {
        host::check(&request)?;
        let routes = self.routes.load_full();
        let (route, rest) = match routes.find(request.uri().path()) {
            Found::Endpoint { endpoint, rest } => (Arc::clone(endpoint), rest.to_owned()),
            Found::Nothing => return Err(Refusal::NO_ENDPOINT),
            Found::Unclear => return Err(Refusal::UNCLEAR_PATH),
        };
        receipt.set_endpoint(route.label());
        let caller = routes.caller(route.key_places(), &request);
        let call = Call {
            rest: &rest,
            caller,
            peer,
            connection,
            form,
        };
        route.call(request, call, receipt).await
    }
}
