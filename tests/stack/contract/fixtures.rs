//! JSON texts that are published or stand in the core's own tests, found there, not copied from there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

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
pub(crate) fn envelopes() -> Vec<String> {
    let is_envelope = |text: &String| {
        serde_json::from_str::<Value>(text).is_ok_and(|json| json.get("point").is_some())
    };
    let mut envelopes = raw_strings("envelope_rules");
    envelopes.retain(is_envelope);
    envelopes
}

/// Every answer that stands in the core's tests or is a seed of its fuzz targets, right and wrong ones;
/// those that are JSON at all, since of others a schema has nothing to say.
pub(crate) fn answers() -> Vec<(String, Value)> {
    let seeds =
        files_below(&repository().join("crates/lambda-sidecar-core/tests/seeds/verdict_bytes"));
    assert!(!seeds.is_empty(), "no seeds");
    let seeds = seeds
        .iter()
        .filter_map(|seed| fs::read_to_string(seed).ok());
    raw_strings("verdict_rules")
        .into_iter()
        .chain(seeds)
        .filter_map(|text| serde_json::from_str(&text).ok().map(|json| (text, json)))
        .collect()
}

/// The text of a file of this repository. Read when a test runs: packages compile without one another's files.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(repository().join(path)).expect(path)
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The raw strings in the core's tests of a topic: its file, or the files of its folder.
fn raw_strings(topic: &str) -> Vec<String> {
    let tests = repository().join("crates/lambda-sidecar-core/tests/core");
    let mut sources = files_below(&tests.join(topic));
    sources.push(tests.join(topic).with_extension("rs"));
    sources.retain(|path| path.is_file());
    let sources = sources
        .iter()
        .map(|path| fs::read_to_string(path).expect("a source"));
    let found: Vec<String> = sources.flat_map(|source| raw_strings_in(&source)).collect();
    assert!(!found.is_empty(), "{topic} is not where it was");
    found
}

fn raw_strings_in(source: &str) -> Vec<String> {
    source
        .split("r#\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("\"#")?.0.to_owned()))
        .collect()
}

/// All files of a folder and of the folders in it; none if there is no such folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = paths
        .flat_map(|path| match path.is_dir() {
            true => files_below(&path),
            false => vec![path],
        })
        .collect();
    files.sort();
    files
}
