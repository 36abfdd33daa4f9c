//! What functions relay, and what they read of it.

use lambda_sidecar_function::{
    Envelope, MAX_RELAY, Modify, Point, Reply, StatusCode, Terminate, Verdict, VerdictError,
};
use serde_json::json;

fn text(reply: &Reply) -> String {
    serde_json::to_string(reply).unwrap()
}

#[test]
fn a_reply_is_its_verdict_with_what_is_relayed_beside_it() {
    let modify = || Modify::new().text("t");
    let terminate = || Terminate::new(StatusCode::FORBIDDEN);
    for (reply, expected) in [
        (Verdict::Allow.into(), "{}"),
        (Reply::from(modify()), r#"{"modify":{"payload":"t"}}"#),
        (Reply::from(terminate()), r#"{"terminate":{"code":403}}"#),
        (
            Verdict::Allow.relay("user", &7).unwrap(),
            r#"{"relay":{"user":7}}"#,
        ),
        (
            Reply::from(modify()).relay("a", &json!([null])).unwrap(),
            r#"{"modify":{"payload":"t"},"relay":{"a":[null]}}"#,
        ),
    ] {
        assert_eq!(text(&reply), expected);
    }
}

#[test]
fn a_member_of_the_same_name_is_replaced() {
    let reply = Verdict::Allow.relay("a", &json!({ "b": 1 }));
    let reply = reply.and_then(|reply| reply.relay("a", "c")).unwrap();
    assert_eq!(text(&reply), r#"{"relay":{"a":"c"}}"#);
}

#[test]
fn more_than_a_sidecar_takes_cannot_be_relayed() {
    let relay = |length: usize| Verdict::Allow.relay("k", &"a".repeat(length));
    let longest = MAX_RELAY - r#"{"k":""}"#.len();
    let reply = relay(longest).unwrap();
    assert_eq!(text(&reply).len(), MAX_RELAY + r#"{"relay":}"#.len());
    let refused = VerdictError::RelayTooLong(MAX_RELAY + 1);
    assert_eq!(relay(longest + 1), Err(refused));
    assert!(reply.relay("x", &1).is_err());
}

#[test]
fn what_is_no_json_cannot_be_relayed() {
    let map = std::collections::BTreeMap::from([((1, 2), 3)]);
    let refused = Verdict::Allow.relay("k", &map);
    assert!(
        matches!(refused, Err(VerdictError::RelayJson(_))),
        "{refused:?}"
    );
}

#[test]
fn an_envelope_has_what_was_relayed_by_its_names() {
    let envelope: Envelope = serde_json::from_value(json!({
        "point": "PostProcessor", "masheryMessageId": "m", "synchronicity": "RequestResponse",
        "response": { "code": 200 }, "relay": { "user": { "id": 7 } },
    }))
    .unwrap();
    assert_eq!(envelope.relay("user"), Some(&json!({ "id": 7 })));
    assert_eq!(envelope.relay("User"), None);
    let nothing = Envelope::new(Point::PostProcessor, "m");
    assert_eq!(nothing.relay("user"), None);
    assert_eq!(serde_json::to_value(&nothing).unwrap().get("relay"), None);
}

#[test]
fn debug_shows_the_names_of_what_is_relayed_and_no_value() {
    let reply = Verdict::Allow.relay("user", "s3cr3t").unwrap();
    let mut envelope = Envelope::new(Point::PostProcessor, "m");
    envelope.relay = reply.relayed().clone();
    for shown in [format!("{reply:?}"), format!("{envelope:?}")] {
        assert!(
            shown.contains("user") && !shown.contains("s3cr3t"),
            "{shown}"
        );
    }
}
