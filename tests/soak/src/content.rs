//! Bodies, recognised: whose is it?

use bytes::Bytes;
use serde_json::{Value, json};

/// What a body turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// What this very call's client or backend sent.
    Own,
    /// What this function put in its place.
    ReplacedBy(String),
    /// What this function terminated the call with.
    StoppedBy(String),
    /// An error document with this detail.
    Problem(String),
    /// It broke off, or was not read to its end.
    Broken,
    /// The beginning of something that nobody should have sent.
    Other(String),
}

impl Content {
    /// Recognises a whole body of this call.
    pub(crate) fn of(bytes: &[u8], own: &Bytes, id: u64) -> Self {
        if bytes == own {
            return Self::Own;
        }
        let text = String::from_utf8_lossy(bytes);
        let other = || Self::Other(text.chars().take(100).collect());
        if let Some((stopped, function)) = text.split_once(" by ") {
            let expected = stopped == format!("call {id} stopped");
            return if expected {
                Self::StoppedBy(function.to_owned())
            } else {
                other()
            };
        }
        let json: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let text_of = |value: &Value| value.as_str().map(str::to_owned);
        if let Some(function) = text_of(&json["replaced by"]) {
            let expected = json["call"] == id;
            return if expected {
                Self::ReplacedBy(function)
            } else {
                other()
            };
        }
        let detail = text_of(&json["detail"]).or_else(|| text_of(&json["message"]["detail"]));
        detail.map_or_else(other, Self::Problem)
    }
}

/// The text a function terminates this call with.
pub(crate) fn stopped(id: u64, function: &str) -> String {
    format!("call {id} stopped by {function}")
}

/// The JSON a function puts in the place of a body.
pub(crate) fn replaced(id: u64, function: &str) -> Value {
    json!({"replaced by": function, "call": id})
}
