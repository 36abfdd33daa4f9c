//! JSON strings as text.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// What a lone surrogate is read as.
const REPLACEMENT: &str = r"\ufffd";

/// A JSON string as text, or nothing if the value is none. A lone surrogate is read as U+FFFD: half an emoji
/// that a client sends, and a function echoes, must not make the whole answer unreadable.
pub(crate) fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let quoted = value.get();
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let read = serde_json::from_str::<String>(quoted);
    let read = read.or_else(|_| serde_json::from_str(&with_whole_characters(quoted)));
    read.ok().map(Cow::Owned)
}

/// A JSON text with U+FFFD in the place of each lone surrogate in its strings.
pub(super) fn whole_characters(json: &str) -> Cow<'_, str> {
    match json.contains("\\u") {
        true => Cow::Owned(with_whole_characters(json)),
        false => Cow::Borrowed(json),
    }
}

/// The same JSON string with U+FFFD in the place of each lone surrogate.
fn with_whole_characters(json: &str) -> String {
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        whole.push_str(&rest[..at]);
        rest = &rest[at..];
        let (length, is_character) = match (code_unit(rest), rest.get(6..).and_then(code_unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, true),
            (Some(0xd800..=0xdfff), _) => (6, false),
            (Some(_), _) => (6, true),
            (None, _) => (2, true),
        };
        let (escape, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        whole.push_str(if is_character { escape } else { REPLACEMENT });
        rest = after;
    }
    whole.push_str(rest);
    whole
}

/// The code unit that an escape of the form `\uXXXX` at the start of this text stands for.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_surrogate_is_read_as_one_replacement_character() {
        for (json, expected) in [
            (r#""plain""#, Some("plain")),
            (r#""""#, Some("")),
            (r#""a\n\"\\""#, Some("a\n\"\\")),
            (r#""\ud83d\ude00""#, Some("\u{1f600}")),
            (r#""\ud83d""#, Some("\u{fffd}")),
            (r#""\ude00\ud83d""#, Some("\u{fffd}\u{fffd}")),
            (r#""\ud83d\ud83d\ude00!""#, Some("\u{fffd}\u{1f600}!")),
            (r#""\ud83d\n""#, Some("\u{fffd}\n")),
            (r#""\\ud83d\ud83d""#, Some("\\ud83d\u{fffd}")),
            (r#""\u0041\uDFFF\u00e4""#, Some("A\u{fffd}\u{e4}")),
            ("7", None),
            ("{}", None),
        ] {
            let value: &RawValue = serde_json::from_str(json).unwrap();
            assert_eq!(text(value).as_deref(), expected, "{json}");
        }
    }
}
