//! A path with nothing left to decode.

/// The path as text, decoded as often as there is something to decode: percent-encoded bytes, `%u` and four digits (as
/// IIS reads them), and ASCII in overlong UTF-8 (as old decoders read it). What is no text stands as U+FFFD.
pub(super) fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    for byte in path.bytes() {
        bytes.push(byte);
        // What one step leaves can be the end of another encoded character: `%%32%35` is `%25`, and `%`.
        while let Some((length, letter)) = encoded(&bytes) {
            bytes.truncate(bytes.len() - length);
            match letter {
                Letter::Byte(byte) => bytes.push(byte),
                Letter::Text(letter) => {
                    bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

enum Letter {
    Byte(u8),
    Text(char),
}

/// The encoded character that these bytes end with: its length, and what it stands for.
fn encoded(bytes: &[u8]) -> Option<(usize, Letter)> {
    let ascii = |high: u8, low: u8| Letter::Byte(((high & 1) << 6) | (low & 0x3f));
    match *bytes {
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            let byte = u8::try_from(number(&[high, low])?).ok()?;
            Some((3, Letter::Byte(byte)))
        }
        [.., b'%', b'u' | b'U', a, b, c, d] => {
            let letter = char::from_u32(number(&[a, b, c, d])?)?;
            Some((6, Letter::Text(letter)))
        }
        [.., 0xf0, 0x80, high @ 0x80..=0x81, low @ 0x80..=0xbf] => Some((4, ascii(high, low))),
        [.., 0xe0, high @ 0x80..=0x81, low @ 0x80..=0xbf] => Some((3, ascii(high, low))),
        [.., high @ 0xc0..=0xc1, low @ 0x80..=0xbf] => Some((2, ascii(high, low))),
        _ => None,
    }
}

/// The number that these hexadecimal digits stand for.
fn number(digits: &[u8]) -> Option<u32> {
    let mut digits = digits.iter();
    digits.try_fold(0, |number, digit| {
        Some(number * 16 + char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_some_backend_decodes_is_decoded() {
        for (path, expected) in [
            ("/plain/caf\u{e9}", "/plain/caf\u{e9}"),
            ("/a%2Fb%3b", "/a/b;"),
            ("/caf%C3%A9", "/caf\u{e9}"),
            ("/%252525252f", "//"),
            ("/%%32%66", "//"),
            ("/%25%37%33", "/s"),
            ("/%u002f%U0073", "//s"),
            ("/%u00e9%25u0073", "/\u{e9}s"),
            ("/%c0%ae%c1%b3", "/.s"),
            ("/%e0%80%ae%e0%81%b3", "/.s"),
            ("/%f0%80%80%ae%f0%80%81%b3", "/.s"),
            ("/%C0%A5%32f", "//"),
            ("/%ff", "/\u{fffd}"),
            ("/%zz%u12%ud800%", "/%zz%u12%ud800%"),
            ("/%E0%A0%80", "/\u{800}"),
        ] {
            assert_eq!(decoded(path), expected, "{path}");
        }
    }
}
