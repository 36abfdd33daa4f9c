//! A verdict is applied whole or not at all.

use super::{POST, PRE, modify, request, response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambda_sidecar_core::{MAX_HEADER_LINES, ProtectedHeaders, Verdict};
use serde_json::{Value, json};

fn many(count: usize) -> HeaderMap {
    (0..count)
        .map(|at| {
            (
                HeaderName::try_from(format!("x-{at}")).unwrap(),
                HeaderValue::from(at),
            )
        })
        .collect()
}

#[test]
fn a_verdict_is_applied_whole_or_not_at_all() {
    let added: Value = (0..MAX_HEADER_LINES)
        .map(|at| (format!("y-{at}"), json!("1")))
        .collect();
    let members = json!({"dropHeaders": ["x-0"], "addHeaders": added, "payload": "p"});
    let (pre, post) = (modify(PRE, &members), modify(POST, &members));
    for count in [0, 1, 5_000, 10_000, 15_000, 16_384, 16_385, 20_000, 24_000] {
        let before = many(count);
        let kept = count.saturating_sub(1);
        let whole = kept + MAX_HEADER_LINES + 1;

        let mut parts = request(&[]);
        parts.headers = before.clone();
        if let Ok(body) = pre.apply_to_request(&mut parts) {
            assert_eq!(body.as_deref(), Some(&b"p"[..]));
            assert_eq!(parts.headers.len(), whole, "{count}");
        } else {
            assert_eq!(parts.headers, before, "{count}");
            assert!(count > 16_000, "{count}");
        }

        let mut parts = response(200, &[]);
        parts.headers = before.clone();
        if post.apply_to_response(&Method::GET, &mut parts).is_ok() {
            assert_eq!(parts.headers.len(), whole, "{count}");
        } else {
            assert_eq!(parts.headers, before, "{count}");
            assert!(count > 16_000, "{count}");
        }
    }
}

#[test]
fn a_fault_in_the_last_member_makes_no_verdict_at_all() {
    for fault in [
        r#""addHeaders":{"x-a":"1","x b":"1"}"#,
        r#""payload":"!","base64Encoded":true"#,
        r#""payload":"p","completeWithCode":1"#,
    ] {
        let answer = format!(r#"{{"modify":{{"dropHeaders":["x-c"],{fault}}}}}"#);
        let answer = Bytes::from(answer);
        assert!(
            Verdict::parse(POST, &answer, &ProtectedHeaders::default()).is_err(),
            "{fault}"
        );
    }
}
