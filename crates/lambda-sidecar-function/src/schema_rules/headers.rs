//! The headers of a verdict.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::limits::{MAX_HEADER_LINES, MAX_NAME, NAME_SIGNS, PROTECTED};

/// A header name, or one that is not the function's to touch and is skipped.
fn header_name() -> Value {
    let signs = NAME_SIGNS;
    json!({
        "type": "string",
        "anyOf": [
            { "pattern": "^:" },
            {
                "minLength": 1,
                "maxLength": MAX_NAME,
                "not": { "pattern": format!("[^A-Za-z0-9{signs}]") },
            },
        ],
    })
}

/// Matches the names that are not the function's to touch, in any case.
fn protected() -> String {
    let any_case = |name: &str| -> String {
        let letter = |c: char| match c {
            'a'..='z' => format!("[{}{c}]", c.to_ascii_uppercase()),
            _ => c.to_string(),
        };
        name.chars().map(letter).collect()
    };
    let names = PROTECTED.map(any_case).join("|");
    format!("^(:|({names})$)")
}

/// The names in `dropHeaders`.
pub(crate) struct DroppedHeadersSchema;

impl JsonSchema for DroppedHeadersSchema {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("DroppedHeaders")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": header_name() })
    }
}

/// The headers in `addHeaders`.
pub(crate) struct AddedHeadersSchema;

impl JsonSchema for AddedHeadersSchema {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("AddedHeaders")
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<HeaderLineSchema>();
        json_schema!({
            "description": "Headers to set. A value is a text, a number or a boolean, or an array of them for \
                several header lines. Headers that frame the message or name the hop are skipped.",
            "type": "object",
            "maxProperties": MAX_HEADER_LINES,
            "propertyNames": header_name(),
            "patternProperties": { protected(): true },
            "additionalProperties": {
                "anyOf": [value, { "type": "array", "items": value, "maxItems": MAX_HEADER_LINES }],
            },
        })
    }
}

/// One line of a header.
struct HeaderLineSchema;

impl JsonSchema for HeaderLineSchema {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("HeaderValue")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The value of a header line: no control character but tab.",
            "type": ["string", "number", "boolean"],
            "not": { "type": "string", "pattern": r"[\x00-\x08\x0a-\x1f\x7f]" },
        })
    }
}
