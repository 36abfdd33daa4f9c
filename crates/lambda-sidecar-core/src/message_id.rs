//! The id of a call.

use std::{fmt, ops::Deref, sync::Arc};

use arrayvec::ArrayString;

/// How long a UUID is as text.
const UUID: usize = 36;

/// The id of a call: one for all its sidecars and both its points.
///
/// Any text can be one. The layers take over an id of 1 to 256 visible ASCII characters, and replace any
/// other by a new UUID.
///
/// Up to 36 bytes, the length of a UUID in text, need no allocation; clones share a longer text.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::MessageId;
///
/// let id = MessageId::from("7632924a-8d8d-4d35-8a77-b57c4bb450af");
/// assert!(id.starts_with("7632924a"));
/// ```
#[derive(Clone)]
pub struct MessageId(Text);

#[derive(Clone)]
enum Text {
    Short(ArrayString<UUID>),
    Shared(Arc<str>),
}

impl From<&str> for MessageId {
    fn from(text: &str) -> Self {
        let short = ArrayString::from(text).map(Text::Short);
        Self(short.unwrap_or_else(|_| Text::Shared(text.into())))
    }
}

impl Deref for MessageId {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Text::Short(text) => text,
            Text::Shared(text) => text,
        }
    }
}

impl PartialEq for MessageId {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for MessageId {}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_any_length_reads_as_it_was_given() {
        for text in ["", "é", &"x".repeat(36), &"x".repeat(37), &"é".repeat(20)] {
            let id = MessageId::from(text);
            assert_eq!(&*id, text);
            assert_eq!(id.clone(), id);
            assert_eq!(id.to_string(), text);
            assert_eq!(format!("{id:?}"), format!("{text:?}"));
        }
        assert_ne!(MessageId::from("a"), MessageId::from("b"));
    }
}
