//! Values that count as empty.

/// Whether there is nothing but white space, in UTF-8 or else in ISO-8859-1.
pub(crate) fn is_blank(value: &[u8]) -> bool {
    match std::str::from_utf8(value) {
        Ok(text) => text.trim().is_empty(),
        Err(_) => value.iter().all(|byte| char::from(*byte).is_whitespace()),
    }
}
