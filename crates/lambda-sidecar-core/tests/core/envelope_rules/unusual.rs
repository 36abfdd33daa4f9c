//! Calls of unusual content and size.

use std::sync::Arc;

use super::{Call, all, local, payloads, whole};
use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_sidecar_core::{Application, CallContext, Endpoint, PackageKey, Point};
use serde_json::{Value, json};

#[test]
fn text_of_any_kind_is_escaped() {
    let text: String = (0..=0x7f_u8)
        .map(char::from)
        .chain("\u{80}\u{2028}\u{2029}\u{feff}😀{}[],:".chars())
        .collect();
    let call = Call::context(
        CallContext::new()
            .endpoint(Arc::new(
                Endpoint::new().service_id(&*text).endpoint_id(&*text),
            ))
            .application(Arc::new(Application::new([("a{", &*text)])))
            .package_key(Arc::new(PackageKey::new(&*text, [("a\"", &*text)]))),
    );
    let envelope = call.envelope(
        local(Point::PreProcessor)
            .include_eavs(["a{", "z"])
            .include_package_key_eavs(["a\""]),
    );
    assert_eq!(envelope["serviceId"], text);
    assert_eq!(envelope["endpointId"], text);
    assert_eq!(envelope["packageKey"], text);
    assert_eq!(envelope["eavs"], json!({"a{": text}));
    assert_eq!(envelope["packageKeyEAVs"], json!({"a\"": text}));
}

#[test]
fn five_thousand_headers_are_all_there() {
    let mut headers = HeaderMap::new();
    for at in 0..5_000 {
        let name = HeaderName::try_from(format!("x-{at}")).unwrap();
        headers.append(name, HeaderValue::from(at));
        headers.append("x-many", HeaderValue::from(at));
    }
    let call = Call {
        headers,
        ..Call::new()
    };
    let shown = call.member(all, "/request/headers");
    let mut expected: Value = (0..5_000)
        .map(|at| (format!("x-{at}"), json!(at.to_string())))
        .collect();
    expected["x-many"] = (0..5_000)
        .map(|at| at.to_string())
        .collect::<Vec<_>>()
        .join(", ")
        .into();
    assert_eq!(shown, expected);
}

#[test]
fn a_payload_of_deep_json_or_huge_numbers_is_text() {
    for text in [
        "[".repeat(200_000),
        "1e400".into(),
        r#"{"a":1,"a":"\ud800"}"#.into(),
    ] {
        let call = Call::payload(whole(text.clone()));
        assert_eq!(call.member(payloads, "/request/payload"), text);
    }
}
