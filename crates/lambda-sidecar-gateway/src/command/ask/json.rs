//! JSON with its members in the order in which they came.

use bytes::Bytes;
use serde_json::value::RawValue;

/// What a function or a sidecar said, if it is JSON.
pub(super) fn raw(bytes: &Bytes) -> Option<Box<RawValue>> {
    serde_json::from_slice(bytes).ok()
}

/// The same JSON over several lines, two spaces a level.
pub(super) fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut level, mut in_string, mut escaped) = (0_usize, false, false);
    // Whether a bracket was opened last: an empty pair stays on its line.
    let mut opened = false;
    for char in json.chars() {
        if in_string {
            out.push(char);
            in_string = escaped || char != '"';
            escaped = !escaped && char == '\\';
            continue;
        }
        if char.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(char, '}' | ']');
        if closes {
            level = level.saturating_sub(1);
        }
        if opened != closes {
            new_line(&mut out, level);
        }
        opened = false;
        out.push(char);
        match char {
            '{' | '[' => {
                level += 1;
                opened = true;
            }
            ',' => new_line(&mut out, level),
            ':' => out.push(' '),
            _ => in_string = char == '"',
        }
    }
    out
}

fn new_line(out: &mut String, level: usize) {
    out.push('\n');
    for _ in 0..level {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn members_keep_their_order() {
        let json = r#" {"b":1, "a":[true,null,{}],"c":"x\"{,:}\\" } "#;
        let expected = "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null,\n    {}\n  ],\n  \
                        \"c\": \"x\\\"{,:}\\\\\"\n}";
        assert_eq!(pretty(json), expected);
    }

    proptest! {
        #[test]
        fn pretty_is_what_serde_makes_of_it(text in ".*", numbers in prop::collection::vec(any::<i64>(), 0..4)) {
            let value = json!({ "a": text, "b": numbers, "c": { &text: [text, {}] } });
            prop_assert_eq!(pretty(&value.to_string()), serde_json::to_string_pretty(&value).unwrap());
            let again: Value = serde_json::from_str(&pretty(&value.to_string())).unwrap();
            prop_assert_eq!(again, value);
        }
    }
}
