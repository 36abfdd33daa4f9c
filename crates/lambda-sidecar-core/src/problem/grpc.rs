//! Answers that a gRPC client understands.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode_byte, utf8_percent_encode};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Everything but space and the printable ASCII characters other than `%`, as the gRPC protocol encodes
/// `grpc-message` ("Percent-Byte-Unencoded").
const MESSAGE: &AsciiSet = &CONTROLS.add(b'%');

/// The longest `grpc-message` that is made of a text, in bytes: clients take about 8 KB of headers.
const MAX_MESSAGE: usize = 4096;

/// The content type of a gRPC call, or none for any other call.
#[must_use]
pub fn is_grpc(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(CONTENT_TYPE).filter(|value| {
        let (start, rest) = value.as_bytes().split_at(value.len().min(16));
        start.eq_ignore_ascii_case(b"application/grpc")
            && matches!(rest.first(), None | Some(b'+' | b'-' | b';' | b' '))
    })
}

/// A trailers-only answer to a gRPC client: HTTP 200, no body, the status in the headers, mapped as the gRPC
/// specification maps it. `content_type` is the call's (see [`is_grpc`]); `headers` go along. A message is cut where
/// it would be longer than 4,096 bytes as a header.
#[must_use]
pub fn grpc_answer(
    status: StatusCode,
    message: &str,
    content_type: &HeaderValue,
    headers: HeaderMap,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.headers_mut() = headers;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type.clone());
    headers.insert(GRPC_STATUS, HeaderValue::from(grpc_code(status)));
    if let Ok(value) = HeaderValue::try_from(encoded(message)) {
        headers.insert(GRPC_MESSAGE, value);
    }
    response
}

/// As much of a message as fits, in whole characters.
fn encoded(message: &str) -> String {
    let mut encoded = String::new();
    for character in message.chars() {
        let before = encoded.len();
        encoded.extend(utf8_percent_encode(
            character.encode_utf8(&mut [0; 4]),
            MESSAGE,
        ));
        if encoded.len() > MAX_MESSAGE {
            encoded.truncate(before);
            break;
        }
    }
    encoded
}

/// What a function says to a gRPC client itself.
#[derive(Debug, Default)]
pub(crate) struct GrpcWords {
    status: Option<HeaderValue>,
    message: Option<HeaderValue>,
    /// Names of what cannot be said.
    pub(crate) refused: Vec<HeaderName>,
}

impl GrpcWords {
    /// Takes them out of the headers that the function set.
    pub(crate) fn take(headers: &mut HeaderMap) -> Self {
        let mut words = Self::default();
        words.status = words.one(headers, GRPC_STATUS, own_status);
        words.message = words.one(headers, GRPC_MESSAGE, own_message);
        words
    }

    fn one(
        &mut self,
        headers: &mut HeaderMap,
        name: HeaderName,
        read: fn(&HeaderValue) -> Option<HeaderValue>,
    ) -> Option<HeaderValue> {
        let mut lines = headers.get_all(&name).iter();
        let first = lines.next()?;
        let own = read(first).filter(|_| lines.next().is_none());
        if own.is_none() {
            self.refused.push(name.clone());
        }
        headers.remove(name);
        own
    }

    /// Puts them in the place of those that an answer has.
    pub(crate) fn put(self, headers: &mut HeaderMap) {
        let words = [(GRPC_STATUS, self.status), (GRPC_MESSAGE, self.message)];
        for (name, value) in words {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
    }
}

/// A status that says no: 0 would be a success, and there are none above 16.
fn own_status(value: &HeaderValue) -> Option<HeaderValue> {
    let digits = value.to_str().ok()?;
    let digits = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(digits)?;
    let status = digits.parse().ok()?;
    (1..=16_u16).contains(&status).then(|| status.into())
}

/// A message, percent-encoded where it is not yet.
fn own_message(value: &HeaderValue) -> Option<HeaderValue> {
    let bytes = value.as_bytes();
    let mut encoded = String::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        let is_plain = match byte {
            b'%' => is_escape(&bytes[at..]),
            byte => matches!(byte, b' '..=b'~'),
        };
        if is_plain {
            encoded.push(byte.into());
        } else {
            encoded.push_str(percent_encode_byte(byte));
        }
    }
    encoded.try_into().ok()
}

fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// The gRPC status of an HTTP status, as the gRPC specification maps it
/// (<https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>).
fn grpc_code(status: StatusCode) -> u16 {
    match status.as_u16() {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grpc_status_is_mapped_as_the_grpc_specification_maps_it() {
        let table = [
            (400, 13),
            (401, 16),
            (403, 7),
            (404, 12),
            (429, 14),
            (502, 14),
            (503, 14),
            (504, 14),
            (200, 2),
            (413, 2),
            (500, 2),
            (599, 2),
        ];
        for (http, grpc) in table {
            assert_eq!(
                grpc_code(StatusCode::from_u16(http).unwrap()),
                grpc,
                "{http}"
            );
        }
    }

    #[test]
    fn grpc_message_is_percent_encoded() {
        let answer = grpc_answer(
            StatusCode::FORBIDDEN,
            "100 % süß\nend",
            &HeaderValue::from_static("application/grpc"),
            HeaderMap::new(),
        );
        assert_eq!(answer.status(), 200);
        assert_eq!(
            answer.headers()["grpc-message"],
            "100 %25 s%C3%BC%C3%9F%0Aend"
        );
    }

    #[test]
    fn grpc_message_is_cut_between_characters_where_a_client_could_not_take_it() {
        let said = |message: &str| {
            let grpc = HeaderValue::from_static("application/grpc");
            let answer = grpc_answer(StatusCode::FORBIDDEN, message, &grpc, HeaderMap::new());
            answer.headers()["grpc-message"]
                .to_str()
                .unwrap()
                .to_owned()
        };
        for (letter, encoded) in [("a", "a"), ("ü", "%C3%BC"), ("😀", "%F0%9F%98%80")] {
            let most = 4096 / encoded.len();
            assert_eq!(said(&letter.repeat(most)), encoded.repeat(most));
            assert_eq!(said(&letter.repeat(most + 1)), encoded.repeat(most));
            assert_eq!(said(&letter.repeat(1 << 20)), encoded.repeat(most));
        }
    }

    #[test]
    fn a_message_of_the_functions_own_is_encoded_only_where_it_is_not() {
        for (given, expected) in [
            ("plain ~!", "plain ~!"),
            ("100%25 of", "100%25 of"),
            ("100% of %zz%", "100%25 of %25zz%25"),
            ("s\u{fc}\t", "s%C3%BC%09"),
        ] {
            let given = HeaderValue::from_bytes(given.as_bytes()).unwrap();
            assert_eq!(own_message(&given).unwrap(), expected);
        }
    }

    #[test]
    fn a_status_of_the_functions_own_is_a_number_from_1_to_16() {
        for status in 1..=16_u16 {
            assert_eq!(own_status(&status.into()), Some(status.into()));
        }
        for wrong in [
            "0",
            "17",
            "-1",
            "+8",
            "ok",
            "",
            "8.0",
            "8 ",
            "99999999999",
            "\u{b2}",
        ] {
            let wrong = HeaderValue::from_bytes(wrong.as_bytes()).unwrap();
            assert_eq!(own_status(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_grpc_call_is_known_by_its_content_type() {
        for (value, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("Application/GRPC; a=b", true),
            ("application/json", false),
            ("application/grp", false),
            ("application/grpcs", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(is_grpc(&headers).is_some(), expected, "{value}");
        }
    }
}
