//! The JSON Schemas (draft 2020-12) of envelope and verdict, generated from the types of this crate.
//!
//! They are for functions in other languages. The package has them as files, `schemas/envelope.schema.json`
//! and `schemas/verdict.schema.json`.
//!
//! # What they say
//!
//! The envelope's schema takes every envelope a sidecar makes, and those with members that are not known
//! yet.
//!
//! The verdict's schema takes what the sidecar takes whole of a function at `PostProcessor`, aliases included.
//! It refuses every answer of which the sidecar cannot use all: wrong ones, those with a header value that HTTP
//! cannot carry, and those of a `terminate` that ends the call without one of its parts. At `PreProcessor` the
//! sidecar takes more: it does not look at `completeWithCode`. At `PostProcessor` it takes a `relay` that is no object,
//! which the schema refuses.
//!
//! # What a schema cannot say
//!
//! - A member that stands twice. The sidecar refuses it; most readers of JSON keep the last.
//! - A member that is nearly `terminate` beside a known one. The sidecar refuses it.
//! - A `relay` of more than 8,192 bytes, and the last days of a month in `unchangedUntil`.
//! - More than 4096 header lines, if arrays make them so many.
//! - How a whole number of the envelope is written: `200.0` is one to a schema, not to a type. The sidecar
//!   writes `200`, and takes both in a verdict.
//! - Text that is JSON to some readers only: a lone surrogate, a number that no double holds.
//!
//! Names of headers that are not the function's to touch are no fault: the sidecar skips them, and so do
//! the schemas.

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde_json::Value;

use crate::{envelope::Envelope, verdict::Verdict};

/// The schema of what a function is sent.
#[must_use]
pub fn envelope() -> Schema {
    let mut schema = root::<Envelope>("urn:lambda-sidecar:schema:envelope");
    never_null(&mut schema);
    schema
}

/// The schema of what a function may answer.
#[must_use]
pub fn verdict() -> Schema {
    root::<Verdict>("urn:lambda-sidecar:schema:verdict")
}

fn root<T: JsonSchema>(id: &str) -> Schema {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("$id".into(), id.into());
    first_paragraph(&mut schema);
    schema
}

/// What the documentation of a type says after its first paragraph is for readers of Rust.
fn first_paragraph(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let first = text.split("\n\n").next().unwrap_or_default();
        *text = first.replace('\n', " ");
    }
    transform_subschemas(&mut first_paragraph, schema);
}

/// Members that have nothing to say are left out, never `null`; their defaults go without saying.
fn never_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(any_of)) = schema.get_mut("anyOf") {
        any_of.retain(|one| one["type"] != "null");
        if let [only] = any_of.as_mut_slice() {
            let only = only.take();
            schema.remove("anyOf");
            if let Value::Object(only) = only {
                schema.ensure_object().extend(only);
            }
        }
    }
    schema.remove("default");
    transform_subschemas(&mut never_null, schema);
}
