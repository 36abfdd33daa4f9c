//! A request whose response a function will read, so that it is the whole text.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT_ENCODING, TE},
};

use crate::{
    folded::{is_spelling_of, remove_all},
    is_grpc,
};

/// What asks for a part of the response, or for another coding of it. Some servers still read
/// `request-range` as `range`, Azure's stores prefer a name of their own to it, and `a-im` asks for the difference
/// to another version (RFC 3229). gRPC and Connect code each message by itself.
const ASK_FOR_LESS: [&str; 9] = [
    "accept-encoding",
    "grpc-accept-encoding",
    "connect-accept-encoding",
    "te",
    "range",
    "if-range",
    "request-range",
    "x-ms-range",
    "a-im",
];

const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");

/// Makes a request ask for the whole response, and for no coding of it.
pub(super) fn ask_for_whole_response(headers: &mut HeaderMap) {
    let takes_trailers = takes_trailers(headers);
    remove_all(headers, asks_for_less);
    // Without room for it the response may be coded. Its function sees that.
    let _ = headers.try_insert(ACCEPT_ENCODING, IDENTITY);
    if is_grpc(headers).is_some() {
        let _ = headers.try_insert(GRPC_ACCEPT_ENCODING, IDENTITY);
    }
    if takes_trailers {
        let _ = headers.try_insert(TE, TRAILERS);
    }
}

fn asks_for_less(name: &str) -> bool {
    let mut names = ASK_FOR_LESS.iter();
    names.any(|asking| is_spelling_of(asking, name))
}

/// `te` names transfer codings, and that trailers are taken, which gRPC depends on.
fn takes_trailers(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(TE).iter();
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    codings.any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_forbidden_trailer;

    #[test]
    fn what_asks_for_less_is_no_trailer_either() {
        for name in ASK_FOR_LESS {
            assert!(is_forbidden_trailer(name), "{name}");
        }
    }

    #[test]
    fn of_the_transfer_codings_only_that_trailers_are_taken_stays() {
        for (lines, expected) in [
            (&["trailers"][..], Some("trailers")),
            (&["gzip;q=1, Trailers"], Some("trailers")),
            (&["gzip", "trailers"], Some("trailers")),
            (&["gzip"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(TE, HeaderValue::from_static(line));
            }
            ask_for_whole_response(&mut headers);
            let left: Vec<_> = headers.get_all(TE).iter().collect();
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(left, expected, "{lines:?}");
        }
    }
}
