//! The rules of a verdict that types alone do not say: a name goes before its aliases, `null` counts as
//! absent, and what cannot take effect is not checked.

use schemars::Schema;
use serde_json::{Map, Value, json};

/// The verdict itself: `terminate` wins, and what has members has one that is known.
pub(crate) fn verdict_rules(schema: &mut Schema) {
    let mut members = members(schema);
    members.alias("relay", "relayParams");
    members.describe("unchangedFor", UNCHANGED_FOR);
    members.describe("unchangedUntil", UNCHANGED_UNTIL);
    let (terminate, modify) = (members.checked("terminate"), members.checked("modify"));
    let known: Vec<&str> = members.described.keys().map(String::as_str).collect();
    let beside = json!([
        { "properties": { "modify": modify } },
        first(&["relay", "relayParams"], &json!({ "type": "object" }), &json!(true)),
        {
            "if": is_there("unchangedFor"),
            "then": { "properties": { "unchangedFor": { "type": "number", "minimum": 0 } } },
            "else": { "properties": { "unchangedUntil": date_time() } },
        },
    ]);
    let rules = json!([
        {
            "if": is_there("terminate"),
            "then": { "properties": { "terminate": terminate } },
            "else": { "allOf": beside },
        },
        one_known(&known),
    ]);
    members.put_back(schema, rules);
}

const UNCHANGED_FOR: &str = "For how many seconds the function would answer the same; 0: the answer is not to be \
                             kept. Ignored beside `terminate` if it is no such number.";

const UNCHANGED_UNTIL: &str = "Until when the function would answer the same, as RFC 3339 writes it. `unchangedFor` \
                               wins over it. Ignored beside `terminate` if it is no such time.";

/// As RFC 3339, section 5.6, writes it. How many days a month has goes unsaid.
fn date_time() -> Value {
    json!({
        "type": ["string", "null"],
        "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)\
                    ([.][0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$",
    })
}

pub(crate) fn terminate_rules(schema: &mut Schema) {
    let mut members = members(schema);
    members.alias("code", "statusCode");
    members.alias("addHeaders", "passHeaders");
    members.alias("addHeaders", "headers");
    members.describe("dropHeaders", "Accepted and without effect.");
    let code = first(
        &["code", "statusCode"],
        &members.checked("code"),
        &json!(false),
    );
    let rules = json!([
        code,
        add_headers(&members),
        body(),
        {
            "if": { "anyOf": [is_there("json"), is_there("payload")] },
            "else": { "properties": { "message": members.checked("message") } },
        },
    ]);
    members.put_back(schema, rules);
}

pub(crate) fn modify_rules(schema: &mut Schema) {
    let mut members = members(schema);
    members.alias("addHeaders", "passHeaders");
    members.alias("addHeaders", "headers");
    members.alias("completeWithCode", "statusCode");
    members.alias("completeWithCode", "code");
    let status = ["completeWithCode", "statusCode", "code"];
    let known: Vec<&str> = members.described.keys().map(String::as_str).collect();
    let rules = json!([
        one_known(&known),
        first(
            &["dropHeaders"],
            &members.checked("dropHeaders"),
            &json!(true)
        ),
        add_headers(&members),
        body(),
        first(&status, &members.checked("completeWithCode"), &json!(true)),
    ]);
    members.put_back(schema, rules);
}

/// The members of an object, as its type declares them. Which are required is for the rules to say.
struct Declared {
    members: Map<String, Value>,
    described: Map<String, Value>,
}

fn members(schema: &mut Schema) -> Declared {
    schema.remove("required");
    let members = match schema.remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    let described = members
        .iter()
        .map(|(name, schema)| {
            (
                name.clone(),
                json!({ "description": schema["description"] }),
            )
        })
        .collect();
    Declared { members, described }
}

impl Declared {
    /// The schema of a member, without its description, which its declaration has.
    fn checked(&self, name: &str) -> Value {
        let mut schema = self.members.get(name).cloned().unwrap_or(json!(true));
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("description");
        }
        schema
    }

    fn alias(&mut self, of: &str, alias: &'static str) {
        self.describe(alias, &format!("The same as `{of}`, which wins over it."));
    }

    fn describe(&mut self, name: &'static str, text: &str) {
        let described = json!({ "description": text });
        self.described.insert(name.into(), described);
    }

    fn put_back(self, schema: &mut Schema, rules: Value) {
        schema.insert("properties".into(), self.described.into());
        schema.insert("allOf".into(), rules);
    }
}

/// A member is there, and not as `null`.
fn is_there(name: &str) -> Value {
    json!({ "required": [name], "properties": { name: { "not": { "type": "null" } } } })
}

/// The first of these members that is there is as `schema` says; if none is, `otherwise`.
fn first(names: &[&str], schema: &Value, otherwise: &Value) -> Value {
    let [name, aliases @ ..] = names else {
        return otherwise.clone();
    };
    json!({
        "if": is_there(name),
        "then": { "properties": { *name: schema } },
        "else": first(aliases, schema, otherwise),
    })
}

/// An object with members has one that is known: a misspelt `terminate` is no Allow.
fn one_known(names: &[&str]) -> Value {
    let mut one = vec![json!({ "propertyNames": { "enum": names } })];
    one.extend(names.iter().map(|name| is_there(name)));
    json!({ "anyOf": one })
}

fn add_headers(members: &Declared) -> Value {
    let names = ["addHeaders", "passHeaders", "headers"];
    first(&names, &members.checked("addHeaders"), &json!(true))
}

/// `json` wins over `payload`, which has to be base64 if it is said to be.
fn body() -> Value {
    json!({
        "if": { "allOf": [{ "not": is_there("json") }, is_there("payload")] },
        "then": {
            "properties": {
                "payload": { "type": "string" },
                "base64Encoded": { "type": ["boolean", "null"] },
            },
            "if": {
                "required": ["base64Encoded"],
                "properties": { "base64Encoded": { "const": true } },
            },
            "then": { "properties": { "payload": base64() } },
        },
    })
}

/// Standard alphabet, padded, and no bits beyond the last byte.
fn base64() -> Value {
    json!({
        "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
        "not": { "pattern": "[^A-Za-z0-9+/=]" },
    })
}
