//! The one form in which paths are compared.

use std::borrow::Cow;

/// The path in its normal form (RFC 3986, section 6.2.2): unreserved characters decoded, the digits of what
/// stays encoded in upper case, and what is beyond ASCII encoded. It has as many segments as before.
pub(super) fn normal(path: &str) -> Cow<'_, str> {
    if path.is_ascii() && !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let bytes = path.as_bytes();
    let mut normal = String::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let encoded = (byte == b'%').then(|| decoded(&bytes[at + 1..])).flatten();
        at += if encoded.is_some() { 3 } else { 1 };
        match encoded {
            Some(byte) if is_unreserved(byte) => normal.push(byte.into()),
            Some(byte) => encode(byte, &mut normal),
            None if byte.is_ascii() => normal.push(byte.into()),
            None => encode(byte, &mut normal),
        }
    }
    Cow::Owned(normal)
}

/// The byte that two hexadecimal digits stand for.
fn decoded(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

fn encode(byte: u8, normal: &mut String) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    normal.push('%');
    normal.push(DIGITS[usize::from(byte >> 4)]);
    normal.push(DIGITS[usize::from(byte & 15)]);
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_to_write_a_path_have_one_normal_form() {
        for (path, expected) in [
            ("/plain/~x", "/plain/~x"),
            ("/%7Ebob", "/~bob"),
            ("/%7ebob/%62", "/~bob/b"),
            ("/caf\u{e9}", "/caf%C3%A9"),
            ("/caf%c3%A9", "/caf%C3%A9"),
            ("/a%2fb%5c%3b", "/a%2Fb%5C%3B"),
            ("/a%20b", "/a%20b"),
            ("/%2e%2E/x", "/../x"),
            ("/%", "/%"),
            ("/%z%4", "/%z%4"),
            ("/%%41", "/%A"),
            ("/%2541", "/%2541"),
            ("/!$&'()*+,;=:@", "/!$&'()*+,;=:@"),
        ] {
            assert_eq!(normal(path), expected, "{path}");
        }
    }

    #[test]
    fn a_normal_form_is_its_own() {
        for path in ["/caf\u{e9}/%7e", "/%2541", "/a%2fb", "/\u{1f600}"] {
            let once = normal(path).into_owned();
            assert_eq!(normal(&once), once);
        }
    }
}
