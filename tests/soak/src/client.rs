//! The clients: each makes one call after the other, as planned.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    backend::{fields, marks, names},
    connection::Connection,
    content::Content,
    dice::Dice,
    ledger::{Fields, Ledger, Observed, Seen},
    odd::Odd,
    outgoing::outgoing,
    plan::{HangUp, Plan, Protocol},
};

/// Enough to keep two cores busy.
const CLIENTS: usize = 24;
/// A call that has no end by so long after the endpoint's time-out hangs.
const HANGS: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    pub(crate) seed: u64,
    pub(crate) gateway: SocketAddr,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) next: Arc<AtomicU64>,
}

impl Traffic {
    /// Makes calls for so long, and gives back when all of them have ended.
    pub(crate) async fn run(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let traffic = self.clone();
            clients.spawn(async move { traffic.client(until).await });
        }
        while clients.join_next().await.is_some() {}
    }

    async fn client(&self, until: Instant) {
        let mut kept = Kept::default();
        while Instant::now() < until {
            let id = self.next.fetch_add(1, Ordering::Relaxed);
            let plan = Plan::of(self.seed, id);
            let mut dice = Dice::of(self.seed, &format!("pause {id}"));
            sleep(Duration::from_millis(dice.between(0, 60))).await;
            self.ledger.started(id);
            let bound = plan.endpoint.timeout + HANGS;
            let called = timeout(bound, self.call(&plan, &mut kept)).await;
            let observed = called.unwrap_or_else(|_| {
                kept = Kept::default();
                Observed::Hung
            });
            self.ledger.ended(id, observed);
        }
    }

    async fn call(&self, plan: &Plan, kept: &mut Kept) -> Observed {
        // What is odd in HTTP/1 can be the end of a connection.
        let is_apart = plan.odd.is_some() && plan.protocol == Protocol::Http1;
        let before = kept.take(plan.protocol).filter(|_| !is_apart);
        if let Some(mut connection) = before {
            match self.call_on(&mut connection, plan).await {
                // The gateway had ended the connection, as it may between two calls.
                Called::NeverSent(_) => {}
                Called::Ended { observed, reusable } => {
                    kept.keep(connection, plan.protocol, reusable);
                    return observed;
                }
            }
        }
        let mut connection = match Connection::open(self.gateway, plan.protocol).await {
            Ok(connection) => connection,
            Err(error) => return Observed::Lost(error),
        };
        match self.call_on(&mut connection, plan).await {
            Called::NeverSent(error) => Observed::Lost(error),
            Called::Ended { observed, reusable } => {
                kept.keep(connection, plan.protocol, reusable && !is_apart);
                observed
            }
        }
    }

    async fn call_on(&self, connection: &mut Connection, plan: &Plan) -> Called {
        let (request, stopped) = match outgoing(plan, self.gateway) {
            Ok(request) => request,
            Err(error) => return Called::last(Observed::Lost(error.to_string())),
        };
        let goes = async {
            match plan.hang_up {
                Some(HangUp::InBody) => stopped.notified().await,
                Some(HangUp::Waiting(time)) => sleep(time).await,
                _ => std::future::pending().await,
            }
        };
        let response = tokio::select! {
            biased;
            response = connection.send(request) => response,
            () = goes => return Called::last(Observed::HungUp),
        };
        let response = match response {
            Ok(_) if plan.hang_up == Some(HangUp::InAnswer) => {
                return Called::last(Observed::HungUp);
            }
            // Whoever does not send its request to the end is owed no answer.
            Ok(_) if plan.is(Odd::breaks_off) => return Called::last(Observed::HungUp),
            Err(error) if plan.is(Odd::breaks_off) && !error.never_sent => {
                return Called::Ended {
                    observed: Observed::HungUp,
                    reusable: connection.is_ready().await,
                };
            }
            Ok(response) => response,
            Err(error) if error.never_sent => return Called::NeverSent(error.text),
            Err(error) if error.cut_off => {
                return Called::Ended {
                    observed: Observed::CutOff,
                    reusable: connection.is_ready().await,
                };
            }
            Err(error) => return Called::last(Observed::Lost(connection.lost(&error.text))),
        };
        let seen = see(plan, response).await;
        connection.answered(plan.id);
        let whole = seen.content != Content::Broken;
        Called::Ended {
            observed: Observed::Answered(seen),
            reusable: whole && connection.is_ready().await,
        }
    }
}

/// One connection of each kind, to be used again.
#[derive(Debug, Default)]
struct Kept {
    http1: Option<Connection>,
    http2: Option<Connection>,
}

impl Kept {
    fn place(&mut self, protocol: Protocol) -> &mut Option<Connection> {
        match protocol {
            Protocol::Http1 => &mut self.http1,
            Protocol::Http2 | Protocol::Grpc => &mut self.http2,
        }
    }

    fn take(&mut self, protocol: Protocol) -> Option<Connection> {
        self.place(protocol).take()
    }

    fn keep(&mut self, connection: Connection, protocol: Protocol, reusable: bool) {
        if reusable {
            *self.place(protocol) = Some(connection);
        }
    }
}

/// How a call on one connection went.
enum Called {
    NeverSent(String),
    Ended { observed: Observed, reusable: bool },
}

impl Called {
    /// The connection is not to be used again.
    fn last(observed: Observed) -> Self {
        Self::Ended {
            observed,
            reusable: false,
        }
    }
}

async fn see(plan: &Plan, response: Response<Incoming>) -> Seen {
    let (parts, body) = response.into_parts();
    let (content, trailers) = match body.collect().await {
        Ok(body) => {
            let trailers = body.trailers().cloned().unwrap_or_default();
            let content = Content::of(&body.to_bytes(), &plan.answer(), plan.id);
            (content, trailers)
        }
        Err(_) => (Content::Broken, HeaderMap::new()),
    };
    let text = |name: &str| {
        let value = parts.headers.get(name).or_else(|| trailers.get(name));
        value.and_then(|value| value.to_str().ok().map(str::to_owned))
    };
    Seen {
        status: parts.status.as_u16(),
        error: text("x-sidecar-error"),
        grpc: text("grpc-status").and_then(|status| status.parse().ok()),
        message: text("grpc-message"),
        marks: marks(&parts.headers, plan.id),
        content,
        fields: Fields {
            trailers: names(&trailers),
            ..fields(&parts.headers)
        },
    }
}
