//! The scripted AWS Lambda: what it does with an invocation depends on the seed and the call alone.

use std::{io, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{io::BufReader, net::TcpStream, time::sleep};

use crate::{
    action::Action,
    door::Door,
    endpoints::{Endpoint, MAX_PAYLOAD, Point, Sidecar, TooLarge, of_function},
    ledger::{Invocation, Ledger},
    odd::NOMINATED,
    plan::{CALL_ID, Plan, Protocol},
    trouble::{Kind, Troubles},
    wire::{Request, Stream, bytes, given_up, send},
};

/// How long a broken connection can be in the gateway's pool before it is noticed.
const UNNOTICED: Duration = Duration::from_millis(300);

#[derive(Debug, Clone)]
pub(crate) struct FarEnd {
    pub(crate) seed: u64,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) troubles: Arc<Troubles>,
}

impl FarEnd {
    pub(crate) fn start(self) -> io::Result<Door> {
        Door::open_to(move |stream| {
            let far_end = self.clone();
            // A broken connection is what this server is for.
            async move { drop(far_end.serve(stream).await) }
        })
    }

    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(request) = Request::read(&mut stream).await? {
            let id = &request.envelope["request"]["headers"][CALL_ID];
            let id = id.as_str().and_then(|id| id.parse().ok());
            // An invocation that belongs to no call is counted to one that nobody made.
            let id = id.unwrap_or(u64::MAX);
            let action = self.note(id, &request);
            if !self.act(action, id, &request, &mut stream).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn note(&self, id: u64, request: &Request) -> Action {
        let (function, attempt) = (request.function(), request.attempt());
        let action = Action::of(self.seed, id, function, attempt);
        let message_id = request.envelope["masheryMessageId"].as_str();
        let plan = Plan::of(self.seed, id);
        let invocation = Invocation {
            function: function.to_owned(),
            attempt,
            action,
            sdk_id: request.header("amz-sdk-invocation-id").to_owned(),
            message_id: message_id.unwrap_or_default().to_owned(),
            access_key: request.access_key().to_owned(),
            at: std::time::Instant::now(),
            wrong: wrong_envelope(&plan, function, &request.envelope),
        };
        self.ledger.invoked(id, invocation);
        action
    }

    /// Gives back whether the connection can be used again.
    async fn act(
        &self,
        action: Action,
        id: u64,
        request: &Request,
        stream: &mut Stream,
    ) -> io::Result<bool> {
        if let Some(delay) = delay(action, request.function()) {
            tokio::select! {
                () = sleep(delay) => {}
                () = given_up(stream) => return Ok(false),
            }
        }
        let function = request.function();
        send(stream, &bytes(action, id, function, request.is_event())).await?;
        match action {
            Action::Reset | Action::Half => stream.get_ref().set_zero_linger()?,
            Action::AllowThenReset => {
                // Whoever gets this connection from the pool now finds it broken.
                self.troubles.brief(Kind::StrayReset, UNNOTICED);
                stream.get_ref().set_zero_linger()?;
            }
            Action::Close | Action::Garbage | Action::Short => {}
            Action::HeadersOnly | Action::Never => given_up(stream).await,
            _ => return Ok(true),
        }
        Ok(false)
    }
}

fn delay(action: Action, function: &str) -> Option<Duration> {
    let too_late = |(endpoint, sidecar): (&Endpoint, &Sidecar)| {
        sidecar.timeout.unwrap_or(endpoint.timeout) + Duration::from_millis(700)
    };
    match action {
        Action::AllowInTime => Some(Duration::from_millis(50)),
        Action::TooLate => of_function(function).map(too_late),
        _ => None,
    }
}

/// What is wrong with the envelope, of what does not depend on the functions before.
fn wrong_envelope(plan: &Plan, function: &str, envelope: &Value) -> Option<String> {
    let Some((endpoint, sidecar)) = of_function(function) else {
        return Some(format!("there is no function {function}"));
    };
    if endpoint.path != plan.endpoint.path {
        return Some(format!("{function} has nothing to do with this call"));
    }
    let (point, part) = match sidecar.point {
        Point::Pre => ("PreProcessor", &envelope["request"]),
        Point::Post => ("PostProcessor", &envelope["response"]),
    };
    if envelope["point"] != point {
        return Some(format!("{function} was asked at {}", envelope["point"]));
    }
    if let Some(wrong) = wrong_headers(plan, endpoint, sidecar, part) {
        return Some(format!("{function} was sent {wrong}"));
    }
    let too_large = sidecar.payload?;
    let (own, announced) = match sidecar.point {
        Point::Pre => (plan.request(), plan.announced || plan.body.is_none()),
        Point::Post => (plan.answer(), plan.announces_answer()),
    };
    let is_filtered = own.len() > MAX_PAYLOAD;
    if is_filtered && too_large == TooLarge::Blocking {
        return Some(format!("{function} was asked about a payload that blocks"));
    }
    let expected_payload = (!is_filtered && !own.is_empty()).then_some(&*own);
    let payload = part["payload"].as_str().map(str::as_bytes);
    if payload != expected_payload {
        return Some(format!("{function} was sent another payload"));
    }
    let expected_length = (!is_filtered || announced).then_some(own.len() as u64);
    let length = part["payloadLength"].as_u64();
    // Of a chunked body the end may be known with its beginning.
    let is_right = length == expected_length || (is_filtered && length == Some(own.len() as u64));
    (!is_right).then(|| format!("{function} was sent {length:?} for {expected_length:?}"))
}

/// What is wrong with the headers in it: one that its sender nominated, one that nobody but the function sets, or a
/// length of a message that says its end itself.
fn wrong_headers(
    plan: &Plan,
    endpoint: &Endpoint,
    sidecar: &Sidecar,
    part: &Value,
) -> Option<String> {
    let header = |name: &str| part["headers"][name].as_str().map(str::to_owned);
    let mark = sidecar.mark();
    if let Some(value) = header(NOMINATED) {
        return Some(format!("{NOMINATED}: {value}"));
    }
    if let (true, Some(value)) = (sidecar.owns, header(&mark)) {
        return Some(format!("{mark}: {value}"));
    }
    let (is_announced, length) = match sidecar.point {
        Point::Pre if plan.protocol == Protocol::Http1 => (plan.announced, plan.body),
        Point::Pre => (false, None),
        Point::Post => (plan.announces_answer(), Some(plan.answer)),
    };
    let expected = length
        .filter(|_| is_announced)
        .map(|length| length.to_string());
    let length = header("content-length");
    // Whether an empty body has its length said is for the library.
    let is_empty = [&length, &expected]
        .iter()
        .all(|length| length.as_deref().is_none_or(|it| it == "0"));
    let is_right = is_empty || length == expected || !endpoint.is_first(sidecar);
    (!is_right).then(|| format!("content-length {length:?} for {expected:?}"))
}
