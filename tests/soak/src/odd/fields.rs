//! The fields of a message that is odd, and how those get onto the wire that the HTTP library would not send.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{FORBIDDEN, NOMINATED, SUM};
use crate::endpoints::{Endpoint, Point, Sidecar};

/// What stands in, at the HTTP library, for a name that it would not send; the [wire](crate::raw) puts it right.
pub(super) fn stand_in(name: &str) -> String {
    format!("~{}", &name[1..])
}

pub(crate) fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
        headers.append(name, value);
    }
}

/// `Connection`, which names the header that goes with it and those that functions set at this point; and, beside
/// them, what is nobody's to remove.
pub(crate) fn nominate(headers: &mut HeaderMap, endpoint: &Endpoint, point: Point) {
    let marks = endpoint.at(point).iter().map(Sidecar::mark);
    let names: Vec<_> = [NOMINATED, "content-length", "host"]
        .map(String::from)
        .into();
    let names: Vec<_> = names.into_iter().chain(marks).collect();
    append(headers, "connection", &names.join(", "));
    append(headers, NOMINATED, "1");
}

/// The headers that functions set at this point, in each spelling, as if they had.
pub(crate) fn forge(headers: &mut HeaderMap, endpoint: &Endpoint, point: Point, id: u64) {
    let owners = endpoint.at(point).iter().filter(|sidecar| sidecar.owns);
    for mark in owners.map(Sidecar::mark) {
        for spelling in [mark.replace('-', "_"), mark.replace('-', "."), mark] {
            append(headers, &spelling, &id.to_string());
        }
    }
}

/// Odd trailers: one that passes, those that never do, and what functions set at this point. HTTP/1 is told of
/// them in `Trailer`, and there the library would not send all of them.
pub(crate) fn trailers(endpoint: &Endpoint, point: Point, id: u64, is_http1: bool) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    append(&mut trailers, SUM, &id.to_string());
    for name in FORBIDDEN {
        let is_content_length = name == "content-length";
        match is_http1 {
            true => append(&mut trailers, &stand_in(name), "1"),
            // The library reads it as the length of the body.
            false if is_content_length => {}
            false => append(&mut trailers, name, "1"),
        }
    }
    for mark in endpoint.at(point).iter().map(Sidecar::mark) {
        append(&mut trailers, &mark.replace('-', "_"), &id.to_string());
        append(&mut trailers, &mark, &id.to_string());
    }
    trailers
}

/// Announces trailers: over HTTP/1 the library sends no others, and passes no others on.
pub(crate) fn announce(headers: &mut HeaderMap, trailers: &HeaderMap) {
    let names: Vec<_> = trailers.keys().map(HeaderName::as_str).collect();
    append(headers, "trailer", &names.join(", "));
}

/// What is put right on the wire.
pub(crate) fn put_right(bytes: &mut [u8]) {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == b'~') {
        let at = from + at;
        let rest = &bytes[at + 1..];
        let real = FORBIDDEN
            .iter()
            .find(|name| rest.starts_with(&name.as_bytes()[1..]));
        if let Some(name) = real {
            bytes[at] = name.as_bytes()[0];
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_in_is_put_right_on_the_wire() {
        for name in FORBIDDEN {
            let mut line =
                format!("a: b\r\ntrailer: x, {0}\r\n{0}: 1", stand_in(name)).into_bytes();
            put_right(&mut line);
            let line = String::from_utf8(line).unwrap();
            assert_eq!(line, format!("a: b\r\ntrailer: x, {name}\r\n{name}: 1"));
        }
        let mut other = b"a~b: ~".to_vec();
        put_right(&mut other);
        assert_eq!(other, b"a~b: ~");
    }
}
