//! What every envelope is held against that a test has seen on its way to a function.

use std::sync::LazyLock;

use jsonschema::Validator;
use lambda_sidecar_function::Envelope;
use serde_json::Value;

const SCHEMA: &str =
    include_str!("../../../crates/lambda-sidecar-function/schemas/envelope.schema.json");

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("it is a schema")
});

/// An envelope that the checked-in schema takes, and of which the types for authors of functions lose
/// nothing.
pub fn assert_is_envelope(payload: &[u8]) {
    let json: Value = serde_json::from_slice(payload).expect("an envelope is JSON");
    let complaints = VALIDATOR.iter_errors(&json).map(|error| error.to_string());
    let complaints: Vec<_> = complaints.collect();
    assert!(complaints.is_empty(), "{complaints:?} of {json}");
    let envelope: Envelope =
        serde_json::from_value(json.clone()).expect("the types read every envelope");
    let again = serde_json::to_value(envelope).expect("and write it");
    assert_eq!(again, json, "the types lose nothing");
}
