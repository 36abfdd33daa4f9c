//! Headers that a function may not touch.

use super::{POINTS, name, parse, value};
use bytes::Bytes;
use lambda_sidecar_core::{Modify, Point, ProtectedHeaders, Verdict};
use serde_json::json;

const PROTECTED: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "host",
    ":authority",
    ":Anything at all",
    ":",
];

#[test]
fn headers_that_frame_the_message_are_skipped_and_reported_and_the_rest_applies() {
    for protected in PROTECTED
        .into_iter()
        .flat_map(|name| [name.to_owned(), name.to_uppercase()])
    {
        let modify = json!({"modify": {
            "dropHeaders": [protected, "x-b"],
            "addHeaders": {"x-a": "1", protected.as_str(): "v"},
        }});
        let terminate = json!({"terminate": {
            "code": 403, "addHeaders": {protected.as_str(): "v", "x-a": "1"},
        }});
        for point in POINTS {
            let Ok(Verdict::Modify(modify)) = parse(point, modify.to_string()) else {
                panic!("{point}: {protected}");
            };
            assert_eq!(modify.refused(), [protected.clone(), protected.clone()]);
            let printed = serde_json::to_value(Verdict::from(modify)).unwrap();
            assert_eq!(
                printed,
                json!({"modify": {"dropHeaders": ["x-b"], "addHeaders": {"x-a": ["1"]}}})
            );
            let Ok(Verdict::Terminate(terminate)) = parse(point, terminate.to_string()) else {
                panic!("{point}: {protected}");
            };
            assert_eq!(terminate.refused(), [&*protected]);
            let printed = serde_json::to_value(Verdict::from(terminate)).unwrap();
            assert_eq!(
                printed,
                json!({"terminate": {"code": 403, "addHeaders": {"x-a": ["1"]}}})
            );
        }
    }
}

#[test]
fn a_refused_name_of_any_text_is_shown_in_one_line_and_cut() {
    let name = &format!(":a\nERROR {}", "x".repeat(1000));
    for member in [
        json!({"dropHeaders": [name]}),
        json!({"addHeaders": {name: "v"}}),
    ] {
        for point in POINTS {
            let answer = json!({ "modify": member }).to_string();
            let Ok(Verdict::Modify(modify)) = parse(point, answer) else {
                panic!("{point}: {member}");
            };
            let [shown] = modify.refused() else {
                panic!("{:?}", modify.refused());
            };
            assert!(shown.starts_with(r":a\nERROR x"), "{shown}");
            assert_eq!(shown.len(), 101);
        }
    }
}

#[test]
fn other_headers_are_not_protected() {
    for free in [
        "content-type",
        "date",
        "connections",
        "x-host",
        "te-x",
        "set-cookie",
        "authorization",
    ] {
        let verdict = json!({"modify": {"dropHeaders": [free], "addHeaders": {free: "v"}}});
        let Ok(Verdict::Modify(modify)) = parse(Point::PreProcessor, verdict.to_string()) else {
            panic!("{free}");
        };
        assert!(modify.refused().is_empty(), "{free}");
    }
}

#[test]
fn the_list_of_protected_headers_can_be_widened() {
    let protected = ProtectedHeaders::default().with(name("x-request-id"));
    let answer =
        Bytes::from_static(br#"{"modify":{"addHeaders":{"X-Request-ID":"1","Host":"h"}}}"#);
    let Ok(Verdict::Modify(modify)) = Verdict::parse(Point::PreProcessor, &answer, &protected)
    else {
        panic!();
    };
    assert_eq!(modify.refused(), ["X-Request-ID", "Host"]);
}

#[test]
fn the_list_of_protected_headers_can_be_narrowed() {
    let protected = ProtectedHeaders::default().without(&name("host"));
    let answer = Bytes::from_static(br#"{"modify":{"addHeaders":{"Host":"h"}}}"#);
    let verdict = Verdict::parse(Point::PreProcessor, &answer, &protected);
    assert_eq!(
        verdict,
        Ok(Modify::new()
            .header(name("host"), value("h"))
            .unwrap()
            .into())
    );
}

#[test]
fn names_that_begin_with_a_colon_stay_protected_whatever_the_list() {
    let none = PROTECTED[..9]
        .iter()
        .fold(ProtectedHeaders::default(), |list, protected| {
            list.without(&name(protected))
        });
    assert!(none.contains(":authority"));
    assert!(!none.contains("host"));
}

#[test]
fn what_a_skipped_header_holds_is_not_checked() {
    for value in ["null", "{}", r#""\n""#, "[[]]"] {
        let answer = format!(r#"{{"modify":{{"addHeaders":{{"Host":{value},"x-a":"1"}}}}}}"#);
        let Ok(Verdict::Modify(modify)) = parse(Point::PreProcessor, &answer) else {
            panic!("{answer}");
        };
        assert_eq!(modify.refused(), ["Host"]);
    }
}
