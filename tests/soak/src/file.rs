//! The gateway's file, right and wrong.

use std::{fmt::Write, net::SocketAddr};

use crate::{
    dice::Dice,
    endpoints::{ENDPOINTS, Kind, MAX_PAYLOAD, Point, Sidecar, TooLarge},
    odd::NOMINATED,
    plan::{CALL_ID, TOKEN},
};

/// What carries the function calls.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Transport {
    Sdk,
    Lean,
}

/// What all files of a run have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basis {
    pub(crate) backends: [SocketAddr; 2],
    /// The gateway's default where there is none.
    pub(crate) transport: Option<Transport>,
}

/// A right file. What differs from one to the next has no bearing on any call.
pub(crate) fn right(basis: &Basis, dice: &mut Dice) -> String {
    let timeout = dice.between(8_000, 12_000);
    let mut file = format!(
        "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\nshutdown_timeout_ms = {timeout}\n"
    );
    file.push_str(match basis.transport {
        None => "",
        Some(Transport::Sdk) => "transport = \"sdk\"\n",
        Some(Transport::Lean) => "transport = \"lean\"\n",
    });
    let backends = &basis.backends;
    for (at, endpoint) in ENDPOINTS.iter().enumerate() {
        let path = endpoint.path;
        let backend = backends[at % backends.len()];
        let timeout = endpoint.timeout.as_millis();
        let _ = write!(
            file,
            "\n[[endpoints]]\npath = \"{path}\"\norigin = \"http://{backend}/origin\"\ntimeout_ms = {timeout}\n"
        );
        for sidecar in endpoint.pre.iter().chain(endpoint.post) {
            file.push_str(&processor(sidecar));
        }
    }
    if dice.per_mille(500) {
        let extra = dice.between(0, 100);
        let _ = write!(
            file,
            "\n[[endpoints]]\npath = \"/extra-{extra}\"\norigin = \"http://127.0.0.1:9/\"\n"
        );
    }
    file
}

/// A file that is not to be taken.
pub(crate) fn wrong(basis: &Basis, dice: &mut Dice) -> String {
    let right = right(basis, dice);
    match dice.between(0, 4) {
        0 => right.replacen("[[endpoints]]", "[[endpoints", 1),
        1 => right.replacen("functionARN", "functionArm", 1),
        2 => right.replacen("failSafe: true", "failSafe: maybe", 1),
        _ => format!("unheard_of = true\n{right}"),
    }
}

fn processor(sidecar: &Sidecar) -> String {
    let Sidecar { function, .. } = sidecar;
    let (point, payload) = match sidecar.point {
        Point::Pre => ("pre", "requestPayload"),
        Point::Post => ("post", "responsePayload"),
    };
    let mut lines = vec![
        "region: us-east-1".to_owned(),
        format!("functionARN: arn:aws:lambda:us-east-1:123456789012:function:{function}"),
    ];
    lines.extend(headers(sidecar));
    match sidecar.role {
        Some(role) => lines.extend([
            format!("roleARN: arn:aws:iam::123456789012:role/{role}"),
            format!("externalIdKey: soak/{role}"),
        ]),
        None => lines.push("useAssumeRole: false".into()),
    }
    match sidecar.kind {
        Kind::SureFire => {}
        Kind::FailSafe => lines.push("failSafe: true".into()),
        Kind::Event => lines.push("synchronicity: event".into()),
    }
    if let Some(timeout) = sidecar.timeout {
        lines.push(format!("timeout: {}", timeout.as_millis()));
    }
    if let Some(too_large) = sidecar.payload {
        let condition = match too_large {
            TooLarge::Blocking => "blocking",
            TooLarge::Filtering => "filtering",
        };
        lines.push(format!("expand-input: {payload}"));
        lines.push(format!("max-payload-size: {}", MAX_PAYLOAD / 1024));
        lines.push(format!("max-payload-condition: {condition}"));
    }
    if sidecar.needs_token {
        lines.push(format!("require-request-headers: {TOKEN}"));
    }
    let inputs = lines.join("\n");
    format!("\n[[endpoints.{point}]]\ninputs = \"\"\"\n{inputs}\n\"\"\"\n")
}

/// Which headers it is sent, and which its function alone sets.
fn headers(sidecar: &Sidecar) -> Vec<String> {
    let mark = sidecar.mark();
    let odd = format!("content-length, {NOMINATED}, {mark}");
    let (side, of_request, of_answer) = match sidecar.point {
        Point::Pre => ("request", format!("{CALL_ID}, {odd}"), None),
        Point::Post => ("response", CALL_ID.to_owned(), Some(odd)),
    };
    let mut lines = vec![format!("include-request-headers: {of_request}")];
    lines.extend(of_answer.map(|odd| format!("include-response-headers: {odd}")));
    if sidecar.owns {
        lines.push(format!("own-{side}-headers: {mark}"));
    }
    lines
}
