//! White space around the values of fields, which is no part of them.

use http::{HeaderMap, HeaderValue};

/// Takes white space from both ends of every value, as whoever reads HTTP/1 does (RFC 9112, section 5.1).
///
/// Over HTTP/2 a value with it is malformed (RFC 9113, section 8.2.1), but the library lets it pass. A function would be
/// shown another value than an HTTP/1 backend then reads.
pub(super) fn trim_values(fields: &mut HeaderMap) {
    for value in fields.values_mut() {
        let trimmed = value.as_bytes().trim_ascii();
        if trimmed.len() < value.len()
            && let Ok(mut trimmed) = HeaderValue::from_bytes(trimmed)
        {
            trimmed.set_sensitive(value.is_sensitive());
            *value = trimmed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_value_is_taken_away_and_within_it_stays() {
        let mut fields = HeaderMap::new();
        for value in [" a", "a\t", "  a b \t", "a", " ", ""] {
            fields.append("x-a", value.parse().unwrap());
        }
        trim_values(&mut fields);
        let values: Vec<_> = fields.get_all("x-a").iter().collect();
        assert_eq!(values, ["a", "a", "a b", "a", "", ""]);
    }
}
