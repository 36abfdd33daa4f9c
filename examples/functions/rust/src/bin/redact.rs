//! Redaction of JSON members of a response.
//!
//! `sidecar-param-members` lists names; wherever a member of the response is called so, at any depth,
//! its value becomes `"[redacted]"`. A body that cannot be read (no JSON, compressed, too large to be
//! sent, a part of another one, two members of one name) is not passed on: what is in it is not known. Nor is any where no member is listed: that is a
//! mistake in the configuration, and all would go out as it is. A list that is a single number or
//! boolean is no text, so it lists none.

use lambda_sidecar_function::{
    Body, Envelope, Modify, Param, StatusCode, Terminate, Verdict, lambda_runtime, run,
};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(async |envelope| Ok::<_, String>(answer(&envelope))).await
}

fn answer(envelope: &Envelope) -> Verdict {
    let names = envelope.param("members").and_then(Param::as_str);
    let names = names.unwrap_or_default();
    let names = names.split(',').map(str::trim);
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return unreadable();
    }
    let Some(response) = &envelope.response else {
        return unreadable();
    };
    let body = &response.body;
    if body.length() == Some(0) {
        return Verdict::Allow;
    }
    if PARTIAL.contains(&response.code) {
        return unreadable();
    }
    let Some(mut json) = read(body) else {
        return unreadable();
    };
    if redact(&mut json, &names) {
        // As text, so that the response keeps its content type.
        Modify::new().text(json.to_string()).into()
    } else {
        Verdict::Allow
    }
}

/// A part of a body, or its difference to another one: the rest of it goes out with other requests.
const PARTIAL: [u16; 2] = [206, 226];

fn read(body: &Body) -> Option<Value> {
    let json = body.json().ok().flatten()?;
    // Of several members with one name the last is kept, so the others would not be read.
    (members(&json) == members_in(body.text()?)).then_some(json)
}

fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.values().map(|value| 1 + members(value)).sum(),
        Value::Array(items) => items.iter().map(members).sum(),
        _ => 0,
    }
}

/// How many members a text of JSON has: as many as it has colons outside of strings.
fn members_in(json: &str) -> usize {
    let (mut in_string, mut is_escaped, mut members) = (false, false, 0);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => in_string = !in_string,
            b':' if !in_string => members += 1,
            _ => {}
        }
    }
    members
}

/// Whether something was redacted.
fn redact(value: &mut Value, names: &[&str]) -> bool {
    match value {
        Value::Object(members) => {
            let mut redacted = false;
            for (name, value) in members {
                if names.contains(&name.as_str()) {
                    *value = "[redacted]".into();
                    redacted = true;
                } else {
                    redacted |= redact(value, names);
                }
            }
            redacted
        }
        Value::Array(items) => {
            let redact_each = |redacted, item| redact(item, names) | redacted;
            items.iter_mut().fold(false, redact_each)
        }
        _ => false,
    }
}

fn unreadable() -> Verdict {
    Terminate::new(StatusCode::BAD_GATEWAY)
        .message("the response cannot be read, so it is not passed on")
        .into()
}

#[cfg(test)]
mod tests {
    use lambda_sidecar_function::{Point, Response};

    use super::*;

    fn ask(body: Body) -> Verdict {
        ask_with("members", "password, cardNumber".into(), body)
    }

    fn ask_with(name: &str, value: Param, body: Body) -> Verdict {
        let mut envelope = Envelope::new(Point::PostProcessor, "id");
        envelope.params.insert(name.into(), value);
        let mut response = Response::new(200);
        response.body = body;
        envelope.response = Some(response);
        answer(&envelope)
    }

    #[test]
    fn a_part_of_a_body_is_not_passed_on() {
        let mut envelope = Envelope::new(Point::PostProcessor, "id");
        envelope.params.insert("members".into(), "password".into());
        for code in PARTIAL {
            let mut response = Response::new(code);
            response.body = Body::from_text("4111");
            envelope.response = Some(response);
            assert_eq!(answer(&envelope), unreadable());
        }
    }

    #[test]
    fn members_are_redacted_at_any_depth() {
        let body = r#"{"user":"ada","password":"p","cards":[{"cardNumber":{"a":1},"type":"x"}]}"#;
        let redacted = r#"{"cards":[{"cardNumber":"[redacted]","type":"x"}],"password":"[redacted]","user":"ada"}"#;
        assert_eq!(
            ask(Body::from_text(body)),
            Modify::new().text(redacted).into()
        );
    }

    #[test]
    fn without_such_members_the_response_stays_as_it_is() {
        for body in [
            "",
            "null",
            "[]",
            r#"{"Password":"password"}"#,
            r#"{"a:":[{"b":": \":"},{"b":1}]}"#,
        ] {
            assert_eq!(ask(Body::from_text(body)), Verdict::Allow);
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_passed_on() {
        for body in [
            Body::from_text(r#"{"password":"#),
            Body::from_text(r#"{"password":1,"n":1e400}"#),
            Body::from_text(r#"{"n":-1e400}"#),
            Body::from_text(r#"{"a":{"password":"p"},"a":1}"#),
            Body::from_text(r#"{"a":{"password":"p"},"\u0061":{}}"#),
            Body::from_text("[".repeat(100_000) + &"]".repeat(100_000)),
            Body::from_bytes(b"\x1f\x8b"),
            Body::left_out(Some(70_000)),
            Body::default(),
        ] {
            assert_eq!(ask(body), unreadable());
        }
    }

    #[test]
    fn where_no_member_is_listed_nothing_is_passed_on() {
        for (name, value) in [
            ("member", Param::from("password")),
            ("members", "".into()),
            ("members", " , ".into()),
            ("members", 7.into()),
            ("members", 1.5.into()),
            ("members", true.into()),
        ] {
            for body in ["{}", ""] {
                let verdict = ask_with(name, value.clone(), Body::from_text(body));
                assert_eq!(verdict, unreadable(), "{name}: {value}");
            }
        }
    }
}
