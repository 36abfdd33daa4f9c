//! Analytics, in event mode: a line of JSON for each call.
//!
//! The line goes to the end of the file that `ANALYTICS_FILE` names, else to standard output, where AWS
//! Lambda takes it into the function's log. Members that the sidecar did not send are left out. The
//! call does not wait, and the verdict is not looked at.

use std::{
    env,
    fs::OpenOptions,
    io::{self, Write},
};

use lambda_sidecar_function::{Envelope, Verdict, lambda_runtime, run};
use serde_json::{Map, Value};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(async |envelope| {
        // In one piece, so that lines of several processes do not mix.
        write(format!("{}\n", line(&envelope)).as_bytes()).map(|()| Verdict::Allow)
    })
    .await
}

fn write(line: &[u8]) -> io::Result<()> {
    match env::var_os("ANALYTICS_FILE") {
        Some(path) => {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(line)
        }
        None => io::stdout().write_all(line),
    }
}

fn line(envelope: &Envelope) -> Value {
    let operation = envelope.operation.as_ref();
    let response = envelope.response.as_ref();
    let text = |text: &String| Value::from(text.as_str());
    let members = [
        ("id", Some(text(&envelope.message_id))),
        ("service", envelope.service_id.as_ref().map(text)),
        ("endpoint", envelope.endpoint_id.as_ref().map(text)),
        (
            "method",
            operation.map(|operation| text(&operation.http_verb)),
        ),
        ("path", operation.map(|operation| text(&operation.path))),
        ("status", response.map(|response| response.code.into())),
        (
            "bytes",
            response
                .and_then(|response| response.body.length())
                .map(Value::from),
        ),
        ("tier", envelope.eavs.get("tier").map(text)),
    ];
    let known = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
    members
        .into_iter()
        .filter_map(known)
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests {
    use lambda_sidecar_function::{Body, Operation, Point, Response};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_what_is_known_of_the_call() {
        let mut envelope = Envelope::new(Point::PostProcessor, "an-id");
        envelope.service_id = Some("s".into());
        envelope.endpoint_id = Some("e".into());
        envelope.operation = Some(Operation::new("GET", "/orders"));
        envelope.eavs.insert("tier".into(), "gold".into());
        let mut response = Response::new(200);
        response.body = Body::from_text("hi");
        envelope.response = Some(response);
        let expected = json!({
            "id": "an-id", "service": "s", "endpoint": "e", "method": "get", "path": "/orders",
            "status": 200, "bytes": 2, "tier": "gold",
        });
        assert_eq!(line(&envelope), expected);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let envelope = Envelope::new(Point::PreProcessor, "an-id");
        assert_eq!(line(&envelope), json!({ "id": "an-id" }));
    }
}
