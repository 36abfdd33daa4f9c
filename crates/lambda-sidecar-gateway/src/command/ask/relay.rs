//! What is relayed, by its names: a report is pasted into tickets, and the values are secrets of the process.

use std::fmt::{self, Write as _};

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The member of an envelope, and its names in an answer.
const NAMES: [&str; 2] = ["relay", "relayParams"];

/// What stands in the place of a value.
const HIDDEN: &str = r#""(not shown)""#;

/// The same JSON with the names of what is relayed, not the values.
pub(super) fn hidden(json: Box<RawValue>) -> Box<RawValue> {
    rewritten(json.get())
        .and_then(|text| RawValue::from_string(text).ok())
        .unwrap_or(json)
}

/// The same, if it is JSON that relays something.
fn rewritten(json: &str) -> Option<String> {
    let members = members(json)?;
    if !members.iter().any(|(name, _)| is_relay(name)) {
        return None;
    }
    let of_member = |(name, value): &(&RawValue, &RawValue)| match is_relay(name) {
        true => (name.get().to_owned(), names_only(value.get())),
        false => (name.get().to_owned(), value.get().to_owned()),
    };
    Some(object(members.iter().map(of_member)))
}

/// A text with the names of what is relayed, if it is nearly JSON: with bytes that are no UTF-8.
pub(super) fn hidden_text(text: String) -> String {
    rewritten(&text).unwrap_or(text)
}

fn is_relay(name: &RawValue) -> bool {
    let name = serde_json::from_str::<String>(name.get());
    name.is_ok_and(|name| NAMES.contains(&name.as_str()))
}

/// An object with its names; nothing of what is no object.
fn names_only(json: &str) -> String {
    match members(json) {
        Some(members) => {
            let names = members.iter().map(|(name, _)| name.get().to_owned());
            object(names.map(|name| (name, HIDDEN.to_owned())))
        }
        None => HIDDEN.to_owned(),
    }
}

fn object(members: impl Iterator<Item = (String, String)>) -> String {
    let mut out = String::from("{");
    for (at, (name, value)) in members.enumerate() {
        let comma = if at > 0 { "," } else { "" };
        // Writing to a string does not fail.
        let _ = write!(out, "{comma}{name}:{value}");
    }
    out.push('}');
    out
}

/// The members of an object, in their order; none if it is no object.
fn members(json: &str) -> Option<Vec<(&RawValue, &RawValue)>> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(&'de RawValue, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(json);
    let members = deserializer.deserialize_map(Members).ok()?;
    deserializer.end().ok().map(|()| members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_is_relayed_are_shown_and_nothing_else_is_changed() {
        for (json, expected) in [
            (
                r#"{"b": 1.50,"relay": {"user":{"id":7},"n":"s"},"a":[{"relay":{"x":1}}]}"#,
                r#"{"b":1.50,"relay":{"user":"(not shown)","n":"(not shown)"},"a":[{"relay":{"x":1}}]}"#,
            ),
            (
                r#"{"relayParams":{"k":1}}"#,
                r#"{"relayParams":{"k":"(not shown)"}}"#,
            ),
            (r#"{"\u0072elay":"s"}"#, r#"{"\u0072elay":"(not shown)"}"#),
            (r#"{"relay":["s"]}"#, r#"{"relay":"(not shown)"}"#),
            (r#"{"relay":{}}"#, r#"{"relay":{}}"#),
            (
                r#"{"relay":{"a":1},"relay":{"b":2}}"#,
                r#"{"relay":{"a":"(not shown)"},"relay":{"b":"(not shown)"}}"#,
            ),
            (r#"{ "relays": {"k": 1} }"#, r#"{ "relays": {"k": 1} }"#),
            (r#"[{"relay":1}]"#, r#"[{"relay":1}]"#),
        ] {
            let raw = RawValue::from_string(json.to_owned()).unwrap();
            assert_eq!(hidden(raw).get(), expected, "{json}");
            assert_eq!(hidden_text(json.to_owned()), expected, "{json}");
        }
        assert_eq!(hidden_text("relay: 1".to_owned()), "relay: 1");
    }
}
