//! What makes an answer a wrong one. No message quotes the answer's values: it goes into the log.

use std::{borrow::Cow, fmt};

use serde_json::value::RawValue;

use super::{json::Doubled, members::MemberPath, text::text};

/// The fault, for the log.
pub(super) type AnswerFault = Cow<'static, str>;

impl From<Doubled<'_>> for AnswerFault {
    fn from(Doubled(name): Doubled<'_>) -> Self {
        format!("`{name}` stands twice").into()
    }
}

pub(super) fn string(of: MemberPath, value: &RawValue) -> Result<String, AnswerFault> {
    let text = text(value).ok_or_else(|| wrong_type(of, "a string"))?;
    Ok(text.into_owned())
}

pub(super) fn wrong_type(of: impl fmt::Display, allowed: &str) -> AnswerFault {
    format!("`{of}` is not as allowed: {allowed}").into()
}

/// Place and kind of a fault in JSON; the text of serde's own message can quote the answer.
pub(super) fn not_json(error: &serde_json::Error) -> AnswerFault {
    let (line, column) = (error.line(), error.column());
    let what = match error.classify() {
        serde_json::error::Category::Data => "no JSON object",
        _ => "no JSON",
    };
    format!("{what} (line {line}, column {column})").into()
}
