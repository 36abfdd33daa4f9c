//! Verdicts are built of anything that converts, and can be read back.

use http::{HeaderName, HeaderValue, header::RETRY_AFTER};
use lambda_sidecar_function::{Modify, StatusCode, Terminate, VerdictError};

#[test]
fn names_and_values_may_be_text_or_the_types_of_the_crate_http() {
    let modify = Modify::new()
        .drop_header("X-A")
        .and_then(|modify| modify.drop_header(String::from("x-b")))
        .and_then(|modify| modify.drop_header(RETRY_AFTER))
        .and_then(|modify| modify.header("x-c", "1"))
        .and_then(|modify| modify.header(String::from("x-c"), String::from("2")))
        .and_then(|modify| modify.header(RETRY_AFTER, HeaderValue::from_static("30")))
        .and_then(|modify| modify.header(HeaderName::from_static("x-d"), b"4"))
        .unwrap();
    let dropped: Vec<_> = modify.dropped_headers().collect();
    assert_eq!(dropped, ["x-a", "x-b", "retry-after"]);
    let headers: Vec<_> = modify.headers().collect();
    assert_eq!(
        headers,
        [
            ("retry-after", "30"),
            ("x-c", "1"),
            ("x-c", "2"),
            ("x-d", "4")
        ]
    );
    let terminate = Terminate::new(StatusCode::FORBIDDEN).header(RETRY_AFTER, "30");
    let terminate = terminate.unwrap();
    assert_eq!(
        terminate.headers().collect::<Vec<_>>(),
        [("retry-after", "30")]
    );
}

#[test]
fn a_typed_value_that_json_cannot_carry_is_refused() {
    let latin_1 = HeaderValue::from_bytes(b"\xe9").unwrap();
    let refused = Modify::new().header("x-a", latin_1);
    assert_eq!(refused, Err(VerdictError::HeaderValue("x-a".into())));
}

#[test]
fn status_message_and_body_can_be_read_back() {
    let modify = Modify::new();
    assert_eq!((modify.status(), modify.body_text()), (None, None));
    assert_eq!(modify.body_bytes(), None);
    let modify = modify.text("hi").complete_with_code(StatusCode::CREATED);
    assert_eq!(
        (modify.status(), modify.body_text()),
        (Some(StatusCode::CREATED), Some("hi"))
    );
    assert_eq!(modify.body_bytes().as_deref(), Some(&b"hi"[..]));

    let terminate = Terminate::new(StatusCode::CONFLICT);
    assert_eq!(
        (terminate.status(), terminate.message_text()),
        (StatusCode::CONFLICT, None)
    );
    let terminate = terminate.message("no").binary(b"\xff\0");
    assert_eq!(terminate.message_text(), Some("no"));
    assert_eq!(terminate.body_text(), None);
    assert_eq!(terminate.body_bytes().as_deref(), Some(&b"\xff\0"[..]));
}

#[cfg(feature = "json")]
#[test]
fn a_json_body_can_be_read_back() {
    let json = serde_json::json!({ "id": 7 });
    let modify = Modify::new().json(&json).unwrap();
    assert_eq!(modify.body_json(), Some(&json));
    assert_eq!(
        (modify.body_text(), modify.clone().text("t").body_json()),
        (None, None)
    );
    assert_eq!(modify.body_bytes().as_deref(), Some(&br#"{"id":7}"#[..]));
    let terminate = Terminate::new(StatusCode::OK).json(&json).unwrap();
    assert_eq!(terminate.body_json(), Some(&json));
}
