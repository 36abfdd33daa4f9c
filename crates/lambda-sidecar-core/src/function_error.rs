//! What a function that failed says of its error.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

use crate::{
    Failure,
    failure::{MAX_TEXT, bounded},
    verdict::text,
};

impl Failure {
    /// The failure of a function that ran and failed: the kind that its service names, and what the function
    /// said. The function's stack trace is never taken over.
    pub(crate) fn from_function_error(kind: &str, payload: &Bytes) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Reported<'a> {
            #[serde(borrow)]
            error_message: Option<&'a RawValue>,
            #[serde(borrow)]
            error_type: Option<&'a RawValue>,
        }
        let text = |value: Option<&RawValue>| value.and_then(text).map(Cow::into_owned);
        let (message, title) = match serde_json::from_slice::<Reported<'_>>(payload) {
            Ok(reported) => (text(reported.error_message), text(reported.error_type)),
            Err(_) => (None, None),
        };
        Self::FunctionError {
            detail: message.unwrap_or_else(|| payload_text(payload)),
            title: bounded(title.unwrap_or_else(|| kind.to_owned())),
        }
    }
}

/// A payload as text, cut to [`MAX_TEXT`] characters. Stack traces in it are left out; if they cannot
/// be told from the rest (numbers or nesting that cannot be held), everything is.
fn payload_text(payload: &Bytes) -> String {
    let text = match serde_json::from_slice::<Value>(payload) {
        Ok(mut value) => {
            if drop_traces(&mut value) {
                Cow::Owned(value.to_string())
            } else {
                String::from_utf8_lossy(payload)
            }
        }
        Err(_) if serde_json::from_slice::<IgnoredAny>(payload).is_ok() => Cow::Borrowed(""),
        Err(_) => String::from_utf8_lossy(payload),
    };
    text.chars().take(MAX_TEXT).collect()
}

/// Removes the members in which runtimes put stack traces, at any depth. Whether there were any.
fn drop_traces(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            let before = members.len();
            members.retain(|name, _| name != "stackTrace" && name != "trace");
            let dropped = members.len() < before;
            members
                .values_mut()
                .fold(dropped, |dropped, member| drop_traces(member) | dropped)
        }
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |dropped, item| drop_traces(item) | dropped),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function_error(payload: &str) -> (String, String) {
        match Failure::from_function_error("Unhandled", &payload.to_owned().into()) {
            Failure::FunctionError { detail, title } => (detail, title),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_function_error_tells_message_and_type_and_never_the_stack_trace() {
        let (detail, title) = function_error(
            r#"{"errorMessage":"broken","errorType":"java.lang.X","stackTrace":["com.acme"]}"#,
        );
        assert_eq!((detail.as_str(), title.as_str()), ("broken", "java.lang.X"));
    }

    #[test]
    fn without_error_message_the_detail_is_the_payload_text_without_a_stack_trace() {
        let (detail, title) = function_error(r#"{"errorType":"E","stackTrace":["com.acme"]}"#);
        assert_eq!(
            (detail.as_str(), title.as_str()),
            (r#"{"errorType":"E"}"#, "E")
        );
        let (detail, title) = function_error("Task timed out after 3.00 seconds");
        assert_eq!(detail, "Task timed out after 3.00 seconds");
        assert_eq!(title, "Unhandled");
    }

    #[test]
    fn without_error_type_the_title_is_the_kind() {
        let (detail, title) = function_error(r#"{"errorMessage":"m"}"#);
        assert_eq!((detail.as_str(), title.as_str()), ("m", "Unhandled"));
    }

    #[test]
    fn a_payload_text_is_cut_at_1024_characters() {
        assert_eq!(function_error(&"é".repeat(1024)).0.chars().count(), 1024);
        assert_eq!(function_error(&"é".repeat(1025)).0.chars().count(), 1024);
    }

    #[test]
    fn error_type_and_kind_are_cut_at_1024_characters() {
        for letter in ["a", "é", "😀"] {
            let payload = |count| {
                let text = letter.repeat(count);
                format!(r#"{{"errorMessage":"{text}","errorType":"{text}"}}"#)
            };
            let whole = letter.repeat(1024);
            for count in [1024, 1025, 1 << 16] {
                let (detail, title) = function_error(&payload(count));
                assert_eq!(title, whole, "{count}");
                assert_eq!(detail, letter.repeat(count));
            }
            let kind = letter.repeat(1025);
            match Failure::from_function_error(&kind, &"{}".into()) {
                Failure::FunctionError { title, .. } => assert_eq!(title, whole),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_error_message_of_another_type_is_none() {
        let payload = r#"{"errorMessage":{"a":1},"errorType":7}"#;
        assert_eq!(
            function_error(payload),
            (payload.into(), "Unhandled".into())
        );
    }
}
