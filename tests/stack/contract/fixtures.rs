//! JSON texts that are published or stand in the core's own tests, found there, not copied from there.

use std::{fs, path::Path};

use serde_json::Value;

const ENVELOPE_RULES: &str =
    include_str!("../../../crates/lambda-sidecar-core/tests/core/envelope_rules.rs");
const VERDICT_RULES: &str =
    include_str!("../../../crates/lambda-sidecar-core/tests/core/verdict_rules.rs");

/// The connector's published example of an envelope.
pub(crate) const PUBLISHED_ENVELOPE: &str = r#"{
  "point": "PreProcessor",
  "masheryMessageId": "7632924a-8d8d-4d35-8a77-b57c4bb450af",
  "synchronicity": "RequestResponse",
  "serviceId": "0123456789",
  "endpointId": "9876543210",
  "packageKey": "abc123def456ghi789",
  "params": { "parameter_x": "text", "parameter_y": true, "parameter_z": 1234 },
  "request": {
    "headers": { "authorization": "Bearer qwerty" },
    "payloadLength": 95,
    "payload": "{\"dailyRate\": true}",
    "payloadBase64Encoded": false
  },
  "response": { "code": 201, "headers": { "header_b": "Value_B" } },
  "eavs": { "eav1": "v" },
  "packageKeyEAVs": { "pkg_eav": "v" },
  "operation": { "httpVerb": "post", "path": "/op", "query": { "p1": "a" }, "uri": "https://api.acme.com/my/op?p1=a" },
  "token": { "scope": "s", "userContext": "u", "grantType": "CC", "expires": "2020-03-24T13:48:09Z" },
  "routing": { "httpVerb": "post", "uri": "https://backend.acme.com/op?p1=a" },
  "remoteAddr": "203.0.113.7"
}"#;

/// The kinds of envelopes that the connector's documentation shows as samples, one by one: the same members,
/// in the same order. `response.code` and the id, which some of them leave out, are always there here.
pub(crate) const SAMPLE_ENVELOPES: [&str; 7] = [
    r#"{"masheryMessageId":"m","point":"PreProcessor","synchronicity":"RequestResponse","packageKey":"k",
        "serviceId":"s","endpointId":"e","params":{"parameter_x":"value_x"}}"#,
    r#"{"masheryMessageId":"m","point":"PreProcessor","synchronicity":"RequestResponse","packageKey":"k",
        "serviceId":"s","endpointId":"e","request":{"headers":{"authorization":"a"}}}"#,
    r#"{"masheryMessageId":"m","point":"PreProcessor","synchronicity":"RequestResponse","packageKey":"k",
        "serviceId":"s","endpointId":"e","request":{"headers":{"authorization":"a"}},
        "remoteAddr":"203.0.113.7","packageKeyEAVs":{"pkg_eav":"v"}}"#,
    r#"{"masheryMessageId":"m","point":"PreProcessor","synchronicity":"RequestResponse","packageKey":"k",
        "serviceId":"s","endpointId":"e","request":{"headers":{"authorization":"a"}},
        "packageKeyEAVs":{"pkg_eav":"v"},"eavs":{"eav1":"v"}}"#,
    r#"{"point":"PreProcessor","masheryMessageId":"m","serviceId":"s","packageKey":"k","endpointId":"e",
        "synchronicity":"Event"}"#,
    r#"{"masheryMessageId":"m","point":"PreProcessor","synchronicity":"RequestResponse","packageKey":"k",
        "serviceId":"s","endpointId":"e","request":{"payloadLength":19,"payload":"{\"dailyRate\": true}",
        "payloadBase64Encoded":false}}"#,
    r#"{"masheryMessageId":"m","synchronicity":"Event","point":"PostProcessor",
        "response":{"code":201,"headers":{"header_b":"Value_B"}}}"#,
];

/// The kinds of answers that the connector's documentation shows as samples, with the same members;
/// `base64Encoded` beside `json`, and `completeWithCode` at `PreProcessor`, are among them.
pub(crate) const SAMPLE_ANSWERS: [&str; 7] = [
    "{}",
    r#"{"terminate":{"code":403}}"#,
    r#"{"terminate":{"code":400,"message":"no"}}"#,
    r#"{"modify":{"payload":"another","addHeaders":{"x-a":"1"}}}"#,
    r#"{"modify":{"base64Encoded":true,"completeWithCode":500,"json":{"a":"b"},"dropHeaders":["x-a"]}}"#,
    r#"{"modify":{"completeWithCode":201,"payload":"aGk=","base64Encoded":true}}"#,
    r#"{"modify":{"payload":"another","base64Encoded":false,"addHeaders":{"x-a":"1","x-b":"2 3"},
        "dropHeaders":["x-a"],"completeWithCode":201}}"#,
];

/// Every envelope that stands in the core's tests.
pub(crate) fn envelopes() -> Vec<&'static str> {
    let is_envelope = |text: &&str| {
        serde_json::from_str::<Value>(text).is_ok_and(|json| json.get("point").is_some())
    };
    raw_strings(ENVELOPE_RULES).filter(is_envelope).collect()
}

/// Every answer that stands in the core's tests or is a seed of its fuzz targets, right and wrong ones;
/// those that are JSON at all, since of others a schema has nothing to say.
pub(crate) fn answers() -> Vec<(String, Value)> {
    let in_tests = raw_strings(VERDICT_RULES).map(str::to_owned);
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/verdict_bytes");
    let seeds = fs::read_dir(seeds).expect("a folder of seeds");
    let seeds = seeds.filter_map(|file| fs::read_to_string(file.expect("a seed").path()).ok());
    in_tests
        .chain(seeds)
        .filter_map(|text| serde_json::from_str(&text).ok().map(|json| (text, json)))
        .collect()
}

fn raw_strings(source: &'static str) -> impl Iterator<Item = &'static str> {
    source
        .split("r#\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("\"#")?.0))
}
