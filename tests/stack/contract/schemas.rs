//! The schemas say what the core says.

use bytes::Bytes;
use jsonschema::Validator;
use lambda_sidecar_core::{self as core, Point, ProtectedHeaders, VerdictMember};
use lambda_sidecar_function::{Envelope, schema};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
};
use schemars::Schema;
use serde_json::{Value, json};

use crate::{cases, envelopes::sent, fixtures, verdicts::verdicts};

/// The crate's own test holds the published files to these.
fn validator(schema: &Schema) -> Validator {
    assert!(jsonschema::meta::is_valid(schema.as_value()));
    jsonschema::validator_for(schema.as_value()).unwrap()
}

fn envelope_schema() -> Validator {
    validator(&schema::envelope())
}

fn verdict_schema() -> Validator {
    validator(&schema::verdict())
}

fn complaints(schema: &Validator, instance: &Value) -> Vec<String> {
    let complaints = schema.iter_errors(instance);
    complaints.map(|error| error.to_string()).collect()
}

/// Whether the core takes this answer of a function, and all that is in it but headers that are not the
/// function's to touch.
fn core_takes(point: Point, answer: &str) -> bool {
    let answer = Bytes::copy_from_slice(answer.as_bytes());
    let protected = ProtectedHeaders::default();
    let (refused, unusable) = match core::Verdict::parse(point, &answer, &protected) {
        Err(_) => return false,
        Ok(core::Verdict::Modify(modify)) => (modify.refused().to_vec(), false),
        Ok(core::Verdict::Terminate(terminate)) => {
            let unusable = terminate.unusable().is_some();
            (terminate.refused().to_vec(), unusable)
        }
        Ok(_) => (Vec::new(), false),
    };
    !unusable && refused.iter().all(|name| protected.contains(name))
}

fn core_takes_at_both(answer: &str) -> bool {
    core_takes(Point::PreProcessor, answer) && core_takes(Point::PostProcessor, answer)
}

/// Whether a member is nearly `terminate`, which a schema does not see.
fn is_misspelt(answer: &Value) -> bool {
    let names = answer
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys());
    let mut names = names.filter(|name| *name != "terminate");
    answer["terminate"].is_null() && names.any(|name| name.to_lowercase().contains("term"))
}

// Envelopes

#[test]
fn the_envelopes_of_the_cores_tests_and_the_published_ones_are_valid() {
    let schema = envelope_schema();
    let published: Value = serde_json::from_str(fixtures::PUBLISHED_ENVELOPE).unwrap();
    // The example shows all members at once; a response is there at `PostProcessor` alone.
    assert_eq!(complaints(&schema, &published).len(), 1);
    let mut at_post = published.clone();
    at_post["point"] = "PostProcessor".into();
    let mut at_pre = published;
    at_pre.as_object_mut().unwrap().remove("response");
    let found = fixtures::envelopes();
    let found = found.iter().map(String::as_str);
    let found = found.chain(fixtures::SAMPLE_ENVELOPES);
    let found = found.map(|text| serde_json::from_str(text).unwrap());
    for envelope in found.chain([at_post, at_pre]) {
        assert_eq!(complaints(&schema, &envelope), [""; 0], "{envelope}");
    }
}

#[test]
fn what_is_no_envelope_is_refused_by_the_schema() {
    let schema = envelope_schema();
    let right = json!({
        "point": "PostProcessor", "masheryMessageId": "m", "synchronicity": "Event",
        "response": { "code": 200, "payloadLength": 1, "payload": "a", "payloadBase64Encoded": false },
        "unknown": { "member": null },
    });
    assert_eq!(complaints(&schema, &right), [""; 0]);
    for (pointer, wrong) in [
        ("/point", json!("Postprocessor")),
        ("/masheryMessageId", json!(null)),
        ("/synchronicity", json!("event")),
        ("/response", json!(null)),
        ("/response/code", json!("200")),
        ("/response/payload", json!({ "a": 1 })),
        ("/response/payloadLength", json!(-1)),
        ("/response/payloadBase64Encoded", json!("false")),
    ] {
        let mut envelope = right.clone();
        *envelope.pointer_mut(pointer).unwrap() = wrong;
        assert!(!schema.is_valid(&envelope), "{envelope}");
    }
    for (object, member) in [
        ("", "point"),
        ("", "masheryMessageId"),
        ("", "synchronicity"),
        ("", "response"),
        ("/response", "code"),
        ("/response", "payloadLength"),
        ("/response", "payload"),
        ("/response", "payloadBase64Encoded"),
    ] {
        let mut envelope = right.clone();
        let object = envelope.pointer_mut(object).unwrap();
        object.as_object_mut().unwrap().remove(member).unwrap();
        assert!(!schema.is_valid(&envelope), "{envelope}");
    }
    for (member, wrong) in [
        ("params", json!({ "a": null })),
        ("params", json!({ "a": ["b"] })),
        ("eavs", json!({ "a": 1 })),
        ("eavs", json!(null)),
        ("request", json!({ "headers": { "x-a": 1 } })),
        ("operation", json!({ "httpVerb": "get" })),
        ("token", json!({ "scope": null })),
        ("routing", json!({})),
        ("remoteAddr", json!(null)),
        ("relay", json!(null)),
        ("relay", json!(["a"])),
    ] {
        let mut envelope = right.clone();
        envelope[member] = wrong;
        assert!(!schema.is_valid(&envelope), "{envelope}");
    }
}

#[test]
fn every_envelope_the_core_writes_is_valid() {
    let schema = envelope_schema();
    proptest!(cases(512), |(sent in sent())| {
        let envelope: Value = serde_json::from_slice(&sent.json)?;
        prop_assert_eq!(complaints(&schema, &envelope), [""; 0], "{}", envelope);
    });
}

#[test]
fn an_envelope_that_is_valid_is_read_by_the_types() {
    let schema = envelope_schema();
    // A whole number written as a decimal is one to a schema and not to a type.
    let junk = junk().prop_filter("no decimal", |junk| !junk.is_f64());
    let member = (0..40_usize, junk);
    proptest!(cases(1024), |(sent in sent(), (at, junk) in member)| {
        let mut envelope: Value = serde_json::from_slice(&sent.json)?;
        let mut places = Vec::new();
        pointers(&envelope, String::new(), &mut places);
        *envelope.pointer_mut(&places[at % places.len()]).unwrap() = junk;
        if schema.is_valid(&envelope) {
            let read = serde_json::from_value::<Envelope>(envelope.clone());
            prop_assert!(read.is_ok(), "{:?}: {}", read, envelope);
        }
    });
}

/// Where something stands in a JSON value.
fn pointers(value: &Value, at: String, places: &mut Vec<String>) {
    if let Value::Object(members) = value {
        for (name, value) in members {
            let name = name.replace('~', "~0").replace('/', "~1");
            pointers(value, format!("{at}/{name}"), places);
        }
    }
    places.push(at);
}

// Verdicts

#[test]
fn the_schema_has_the_members_and_aliases_of_the_cores_table_and_no_other() {
    let schema = schema::verdict();
    let members_of = |part: &str| {
        let definitions = schema.get("$defs").unwrap();
        definitions[part]["properties"].as_object().unwrap()
    };
    for (part, is_in) in [
        (
            "Terminate",
            VerdictMember::is_in_terminate as fn(&_) -> bool,
        ),
        ("Modify", VerdictMember::is_in_modify),
    ] {
        let table = || VerdictMember::ALL.iter().filter(|member| is_in(member));
        let mut expected: Vec<&str> = table().flat_map(VerdictMember::names).collect();
        expected.sort_unstable();
        let members = members_of(part);
        let mut listed: Vec<&str> = members.keys().map(String::as_str).collect();
        listed.sort_unstable();
        assert_eq!(listed, expected, "{part}");
        for member in table() {
            for alias in member.aliases() {
                let text = format!("The same as `{}`, which wins over it.", member.name());
                assert_eq!(members[*alias]["description"], text, "{part}.{alias}");
            }
        }
    }
    let beside = VerdictMember::ALL
        .iter()
        .filter(|member| member.is_beside());
    let parts = ["modify", "terminate"].into_iter();
    let mut expected: Vec<&str> = parts.chain(beside.flat_map(VerdictMember::names)).collect();
    expected.sort_unstable();
    let members = schema.get("properties").unwrap().as_object().unwrap();
    let mut listed: Vec<&str> = members.keys().map(String::as_str).collect();
    listed.sort_unstable();
    assert_eq!(listed, expected);
}

#[test]
fn every_verdict_that_can_be_built_is_valid() {
    let schema = verdict_schema();
    proptest!(cases(512), |(verdict in verdicts())| {
        let verdict = serde_json::to_value(&verdict)?;
        prop_assert_eq!(complaints(&schema, &verdict), [""; 0], "{}", verdict);
    });
}

#[test]
fn the_published_answers_are_valid_and_taken_at_both_points() {
    let schema = verdict_schema();
    for text in fixtures::SAMPLE_ANSWERS {
        let answer: Value = serde_json::from_str(text).unwrap();
        assert_eq!(complaints(&schema, &answer), [""; 0], "{text}");
        for point in [Point::PreProcessor, Point::PostProcessor] {
            assert!(core_takes(point, text), "{point}: {text}");
        }
    }
}

#[test]
fn of_the_answers_in_the_cores_tests_the_schema_takes_what_the_core_takes() {
    let schema = verdict_schema();
    let answers = fixtures::answers();
    let (right, wrong): (Vec<_>, Vec<_>) = answers
        .iter()
        .filter(|(text, answer)| !stands_twice(text) && !is_misspelt(answer))
        .partition(|(text, _)| core_takes_at_both(text));
    assert!(
        right.len() > 30 && wrong.len() > 20,
        "{} {}",
        right.len(),
        wrong.len()
    );
    for (text, answer) in right {
        assert_eq!(complaints(&schema, answer), [""; 0], "{text}");
    }
    for (text, answer) in wrong {
        assert!(!schema.is_valid(answer), "{text}");
    }
}

/// Whether reading has made a text smaller by a member: a schema does not see what stands twice.
fn stands_twice(text: &str) -> bool {
    let members = |text: &str| text.matches("\":").count();
    let read: Value = serde_json::from_str(text).unwrap();
    members(text) != members(&read.to_string())
}

#[test]
fn wrong_answers_are_refused_by_the_schema_and_by_the_core() {
    let schema = verdict_schema();
    for answer in [
        json!(null),
        json!([]),
        json!("modify"),
        json!({ "Terminate": { "code": 403 } }),
        json!({ "terminate": {} }),
        json!({ "terminate": { "message": "no code" } }),
        json!({ "terminate": { "code": 199 } }),
        json!({ "terminate": { "code": 600 } }),
        json!({ "terminate": { "code": 403.5 } }),
        json!({ "terminate": { "code": "403" } }),
        json!({ "terminate": null, "Terminate": { "code": 403 } }),
        json!({ "terminate": { "code": 403, "message": 7 } }),
        json!({ "terminate": { "code": 403, "addHeaders": { "x a": "1" } } }),
        json!({ "modify": { "dropheaders": ["x-a"] } }),
        json!({ "modify": { "dropHeaders": "x-a" } }),
        json!({ "modify": { "dropHeaders": ["x a"] } }),
        json!({ "modify": { "addHeaders": { "x-a": null } } }),
        json!({ "modify": { "addHeaders": { "x-a": "a\nb" } } }),
        json!({ "modify": { "addHeaders": { "x-a": "a\n" } } }),
        json!({ "modify": { "addHeaders": { "": "a" } } }),
        json!({ "modify": { "payload": 1 } }),
        json!({ "modify": { "payload": "AP+B=", "base64Encoded": true } }),
        json!({ "modify": { "payload": "AP9=", "base64Encoded": true } }),
        json!({ "modify": { "payload": "AP8=\n", "base64Encoded": true } }),
        json!({ "modify": { "completeWithCode": 199 } }),
    ] {
        assert!(
            !core_takes(Point::PostProcessor, &answer.to_string()),
            "{answer}"
        );
        assert!(!schema.is_valid(&answer), "{answer}");
    }
}

#[test]
fn the_schema_takes_what_the_core_takes_and_refuses_what_the_core_refuses() {
    let schema = verdict_schema();
    proptest!(cases(2048), |(answer in near_verdict())| {
        let text = answer.to_string();
        if is_misspelt(&answer) {
            prop_assert!(!core_takes(Point::PostProcessor, &text), "{}", text);
            return Ok(());
        }
        // At `PreProcessor` the core takes that and more, but a `relay` that is no object.
        prop_assert_eq!(core_takes_at_both(&text), schema.is_valid(&answer), "{}", text);
    });
}

#[test]
fn what_the_schema_cannot_say_is_what_its_documentation_names() {
    let schema = verdict_schema();
    let twice = r#"{"modify":{"payload":"a"},"modify":{"payload":"b"}}"#;
    let lines =
        json!({ "modify": { "addHeaders": { "x-a": vec!["v"; 3000], "x-b": vec!["v"; 3000] } } });
    let misspelt = r#"{"modify":{},"Terminate":{"code":403}}"#;
    let relay = json!({ "relay": { "k": "a".repeat(8192) } }).to_string();
    let day = r#"{"unchangedUntil":"2026-02-30T00:00:00Z"}"#;
    for text in [twice, misspelt, &lines.to_string(), &relay, day] {
        let answer: Value = serde_json::from_str(text).unwrap();
        assert!(schema.is_valid(&answer));
        assert!(!core_takes(Point::PreProcessor, text));
    }
    let at_post = json!({ "relay": 7 });
    assert!(!schema.is_valid(&at_post));
    assert!(core_takes(Point::PostProcessor, &at_post.to_string()));
    let at_pre = json!({ "modify": { "completeWithCode": 199 } });
    assert!(!schema.is_valid(&at_pre));
    assert!(core_takes(Point::PreProcessor, &at_pre.to_string()));
}

fn junk() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(-1),
        json!(200),
        json!(403.0),
        json!(403.5),
        json!(1e300),
        json!(""),
        json!("a"),
        json!("aGk="),
        json!("aGl="),
        json!("a\nb"),
        json!([]),
        json!(["a"]),
        json!(["a", 1, true]),
        json!([null]),
        json!([["a"]]),
        json!({}),
        json!({ "x-a": "1" }),
        json!({ "Host": null, ":\n": [] }),
        json!({ "x a": "1" }),
        json!({ "x-a": { "b": 1 } }),
        json!({ "x-a": ["1", 2, false], "X-B": 1.5 }),
        json!({ "x-a": [null] }),
    ])
}

/// A value for a member: of the right kind most of the time.
fn value_of(member: &'static str) -> BoxedStrategy<Value> {
    let name = || {
        prop_oneof![
            8 => select(vec!["x-a", "X-A", "Content-Type", "etag"]).prop_map(String::from),
            2 => select(vec!["Host", "content-length", "TE", ":path", ":"]).prop_map(String::from),
            1 => any::<String>(),
        ]
    };
    let line = prop_oneof![6 => "[ -~ä\t]{0,6}".prop_map(Value::from), 1 => any::<String>().prop_map(Value::from)];
    let right = match member {
        "code" | "statusCode" | "completeWithCode" => prop_oneof![6 => 200..600, 1 => 0..1000]
            .prop_map(Value::from)
            .boxed(),
        "addHeaders" | "passHeaders" | "headers" => btree_map(name(), line, 0..3)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
            .boxed(),
        "dropHeaders" => vec(name(), 0..3).prop_map(Value::from).boxed(),
        "payload" => prop_oneof!["[ -~]{0,6}", "[AQgwB8]{2}[AQgw8=]{2}", "aGk="]
            .prop_map(Value::from)
            .boxed(),
        "base64Encoded" => any::<bool>().prop_map(Value::from).boxed(),
        "unchangedFor" => (0..100)
            .prop_map(|tenths| json!(f64::from(tenths) / 10.0))
            .boxed(),
        "unchangedUntil" => select(vec![
            "2026-11-29T20:20:00Z",
            "2026-11-29t20:20:60.25+23:59",
            "2026-13-29T20:20:00Z",
            "2026-11-29T24:20:00Z",
            "2026-11-29 20:20:00Z",
            "2026-11-29",
        ])
        .prop_map(Value::from)
        .boxed(),
        "relay" | "relayParams" => btree_map(any::<String>(), junk(), 0..3)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
            .boxed(),
        _ => any::<String>().prop_map(Value::from).boxed(),
    };
    prop_oneof![6 => right, 1 => junk(), 1 => Just(Value::Null)].boxed()
}

fn members(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let member =
        |name: &'static str| value_of(name).prop_map(move |value| (name.to_owned(), value));
    vec(select(names).prop_flat_map(member), 0..6).prop_map(|members| members.into_iter().collect())
}

/// Answers that come near to verdicts.
fn near_verdict() -> impl Strategy<Value = Value> {
    const TERMINATE: &[&str] = &[
        "code",
        "code",
        "code",
        "code",
        "statusCode",
        "statusCode",
        "message",
        "addHeaders",
        "passHeaders",
        "headers",
        "payload",
        "base64Encoded",
        "json",
        "dropHeaders",
        "Code",
    ];
    const MODIFY: &[&str] = &[
        "dropHeaders",
        "addHeaders",
        "passHeaders",
        "headers",
        "payload",
        "base64Encoded",
        "json",
        "completeWithCode",
        "statusCode",
        "code",
        "dropheaders",
    ];
    let member = prop_oneof![
        5 => (Just("terminate"), members(TERMINATE)),
        5 => (Just("modify"), members(MODIFY)),
        1 => (select(vec!["terminate", "modify"]), junk()),
        1 => (select(vec!["Terminate", "x", ""]), members(TERMINATE)),
    ];
    const BESIDE: &[&str] = &["unchangedFor", "unchangedUntil", "relay", "relayParams"];
    let beside = |name: &'static str| value_of(name).prop_map(move |value| (name, value));
    let beside = vec(select(BESIDE).prop_flat_map(beside), 0..3);
    (vec(member, 0..3), beside).prop_map(|(members, beside)| {
        let members = members.into_iter().chain(beside);
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    })
}
