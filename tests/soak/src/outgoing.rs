//! A request as it goes to the gateway, with what is planned to be odd about it.

use std::{net::SocketAddr, sync::Arc};

use http::{HeaderMap, HeaderValue, Request};
use tokio::sync::Notify;

use crate::{
    endpoints::Point,
    odd::{self, Host, Odd},
    plan::{CALL_ID, Plan, Protocol, TOKEN},
    sending::Sending,
};

/// The request of this call, and what is told when its body stops in the middle.
pub(crate) fn outgoing(
    plan: &Plan,
    gateway: SocketAddr,
) -> http::Result<(Request<Sending>, Arc<Notify>)> {
    let trailers = trailers(plan);
    let mut headers = headers(plan);
    if let Some(trailers) = &trailers {
        odd::announce(&mut headers, trailers);
    }
    let (target, hosts) = target(plan, &gateway.to_string());
    for host in hosts {
        odd::append(&mut headers, "host", &host);
    }
    let method = if plan.body.is_some() { "POST" } else { "GET" };
    let (body, stopped) = Sending::of(plan, trailers);
    let mut request = Request::builder().method(method).uri(target).body(body)?;
    *request.headers_mut() = headers;
    Ok((request, stopped))
}

fn headers(plan: &Plan) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CALL_ID, HeaderValue::from(plan.id));
    if plan.has_token || plan.is(|odd| odd == Odd::NominatesToken) {
        headers.insert(TOKEN, HeaderValue::from_static("token"));
    }
    if plan.is_grpc() {
        let grpc = HeaderValue::from_static("application/grpc");
        headers.insert("content-type", grpc);
    }
    if plan.is_grpc() || plan.is(Odd::has_trailers) {
        headers.insert("te", HeaderValue::from_static("trailers"));
    }
    let length = plan.body.unwrap_or_default();
    match plan.odd {
        Some(Odd::Lengths(lengths)) => lengths.add_to(&mut headers, length),
        Some(Odd::Nominates) => odd::nominate(&mut headers, plan.endpoint, Point::Pre),
        Some(Odd::NominatesToken) => {
            headers.insert("connection", HeaderValue::from_static(TOKEN));
        }
        Some(Odd::Forges) => odd::forge(&mut headers, plan.endpoint, Point::Pre, plan.id),
        _ => {}
    }
    headers
}

fn trailers(plan: &Plan) -> Option<HeaderMap> {
    let has_trailers = plan.is(|odd| odd.has_trailers() && !odd.is_of_answer());
    let is_http1 = plan.protocol == Protocol::Http1;
    has_trailers.then(|| odd::trailers(plan.endpoint, Point::Pre, plan.id, is_http1))
}

/// The target, and the hosts beside it.
fn target(plan: &Plan, gateway: &str) -> (String, Vec<String>) {
    let path = format!("{}/call", plan.endpoint.path);
    let absolute = |authority: &str| format!("http://{authority}{path}");
    let gateway = gateway.to_owned();
    let host = match plan.odd {
        Some(Odd::Host(host)) => host,
        _ if plan.protocol == Protocol::Http1 => return (path, vec![gateway]),
        _ => return (absolute(&gateway), vec![]),
    };
    match host {
        Host::Absent => (path, vec![]),
        Host::Twice => (path, vec![gateway.clone(), gateway]),
        Host::NoPort => (path, vec!["127.0.0.1:99999".into()]),
        Host::Illegal => (path, vec!["127.0.0.1/..".into()]),
        Host::UserInfo => (path, vec![format!("user@{gateway}")]),
        Host::AsTarget => (absolute(&gateway), vec![gateway]),
        Host::OtherThanTarget => (absolute("other.test"), vec![gateway]),
        Host::TargetWithUserInfo => (absolute(&format!("user@{gateway}")), vec![gateway]),
        Host::OtherThanAuthority => (absolute(&gateway), vec!["other.test".into()]),
    }
}
