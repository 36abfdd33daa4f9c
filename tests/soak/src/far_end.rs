//! The scripted AWS Lambda: what it does with an invocation depends on the seed and the call alone.

use std::{io, sync::Arc, time::Duration};

use lambda_sidecar_test_support::scripted::{Answer, Received, Reply, converse};
use serde_json::{Value, json};

use crate::{
    action::{Action, FUNCTION_SAYS, THROTTLED},
    content::{replaced, stopped},
    door::Door,
    endpoints::{Endpoint, MARK, MAX_PAYLOAD, Point, Sidecar, TooLarge, of_function},
    ledger::{Invocation, Ledger},
    odd::NOMINATED,
    plan::{CALL_ID, Plan, Protocol},
    trouble::{Kind, Troubles},
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
            async move { drop(converse(stream, move |request| far_end.invoked(request)).await) }
        })
    }

    /// Notes an invocation, and says what is done with it.
    fn invoked(&self, request: &Received) -> Reply {
        let envelope: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let id = &envelope["request"]["headers"][CALL_ID];
        let id = id.as_str().and_then(|id| id.parse().ok());
        // An invocation that belongs to no call is counted to one that nobody made.
        let id = id.unwrap_or(u64::MAX);
        let (function, attempt) = (function(&request.path), request.attempt());
        let action = Action::of(self.seed, id, function, attempt);
        let plan = Plan::of(self.seed, id);
        let invocation = Invocation {
            function: function.to_owned(),
            attempt,
            action,
            sdk_id: request.invocation_id().to_owned(),
            message_id: envelope["masheryMessageId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            access_key: request.access_key_id().to_owned(),
            at: std::time::Instant::now(),
            wrong: wrong_envelope(&plan, function, &envelope),
        };
        self.ledger.invoked(id, invocation);
        if action == Action::AllowThenReset {
            // Whoever gets this connection from the pool now finds it broken.
            self.troubles.brief(Kind::StrayReset, UNNOTICED);
        }
        let is_event = request.header("x-amz-invocation-type") == Some("Event");
        let reply = reply(action, id, function, is_event);
        match delay(action, function) {
            Some(delay) => reply.after(delay),
            None => reply,
        }
    }
}

/// The last part of the function's ARN.
fn function(path: &str) -> &str {
    let arn = path.split('/').nth(3).unwrap_or_default();
    let arn = arn.rsplit_once("%3A").map_or(arn, |(_, name)| name);
    arn.rsplit_once(':').map_or(arn, |(_, name)| name)
}

fn reply(action: Action, id: u64, function: &str, is_event: bool) -> Reply {
    let marked = json!({ format!("{MARK}{function}"): id });
    // To an event Lambda answers that it was taken, and nothing else.
    let allow = match is_event {
        true => Answer::new(202, ""),
        false => Answer::verdict("{}"),
    };
    let ok = |body: String| {
        let status = if is_event { 202 } else { 200 };
        Reply::answer(&Answer::new(status, body))
    };
    match action {
        Action::Allow | Action::AllowInTime | Action::TooLate => Reply::answer(&allow),
        Action::AllowThenReset => Reply::reset_after(&allow),
        Action::ModifyHeaders => ok(json!({"modify": {"addHeaders": marked}}).to_string()),
        Action::ModifyBody => ok(json!({"modify": {
            "addHeaders": marked, "json": replaced(id, function), "completeWithCode": 203,
        }})
        .to_string()),
        Action::Terminate(code) => ok(json!({"terminate": {
            "code": code, "message": stopped(id, function),
        }})
        .to_string()),
        Action::Nothing => ok(String::new()),
        Action::Null => ok("null".into()),
        Action::NotJson => ok("<html>".into()),
        Action::Misspelt => ok(r#"{"Terminate":{"code":403}}"#.into()),
        Action::NoCode => ok(r#"{"terminate":{"message":"no"}}"#.into()),
        Action::FunctionError => {
            let error = json!({"errorMessage": FUNCTION_SAYS, "errorType": "No"});
            let answer = Answer::verdict(error.to_string());
            Reply::answer(&answer.header("x-amz-function-error", "Unhandled"))
        }
        // Without a time: one that ends after the timeout would end the call at once.
        Action::Throttle => Reply::exception(429, THROTTLED),
        Action::Exception(status, code) => exception(status, code),
        Action::Status(status) => Reply::answer(&Answer::new(status, "")),
        Action::Garbage => Reply::raw("220 mail.example ESMTP\r\n"),
        Action::Half => Reply::broken_off("HTTP/1.1 200 OK\r\nconte"),
        Action::Short => Reply::shorter_than_announced(&Answer::verdict(r#"{"modify""#), 31),
        Action::HeadersOnly => Reply::announces(2),
        Action::Reset => Reply::reset_before(),
        Action::Close => Reply::close_before(),
        Action::Never => Reply::never(),
    }
}

fn exception(status: u16, code: &str) -> Reply {
    Reply::answer(&Answer::exception(status, code).header("retry-after", "1"))
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
