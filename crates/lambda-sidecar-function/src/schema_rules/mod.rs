//! What the schemas say beyond what the types declare. The types name these rules, so this module knows
//! none of them.

mod headers;
mod verdict;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

pub(crate) use self::{
    headers::{AddedHeadersSchema, DroppedHeadersSchema},
    verdict::{modify_rules, terminate_rules, verdict_rules},
};

/// The response is there at `PostProcessor`, and only there.
pub(crate) fn response_at_post(schema: &mut Schema) {
    schema.insert(
        "if".into(),
        json!({ "properties": { "point": { "const": "PostProcessor" } } }),
    );
    schema.insert("then".into(), json!({ "required": ["response"] }));
    schema.insert(
        "else".into(),
        json!({ "properties": { "response": false } }),
    );
}

/// A payload comes with its length, and with a word on how it is written.
pub(crate) fn whole_payload(schema: &mut Schema) {
    schema.insert(
        "dependentRequired".into(),
        json!({
            "payload": ["payloadLength", "payloadBase64Encoded"],
            "payloadBase64Encoded": ["payload"],
        }),
    );
}

/// A whole number that 64 bits hold, with a sign or without.
pub(crate) fn integer(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": i64::MIN, "maximum": u64::MAX })
}
