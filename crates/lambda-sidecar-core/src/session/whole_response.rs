//! A request whose response a function will read, so that it is the whole text.

use http::{HeaderMap, HeaderValue, header::ACCEPT_ENCODING};

use crate::folded::{is_spelling_of, remove_all};

/// What asks for a part of the response, or for another coding of it. Some servers still read
/// `request-range` as `range`, and `a-im` asks for the difference to another version (RFC 3229).
const ASK_FOR_LESS: [&str; 5] = [
    "accept-encoding",
    "range",
    "if-range",
    "request-range",
    "a-im",
];

/// Makes a request ask for the whole response, and for no content coding.
pub(super) fn ask_for_whole_response(headers: &mut HeaderMap) {
    remove_all(headers, |name| {
        ASK_FOR_LESS
            .iter()
            .any(|asking| is_spelling_of(asking, name))
    });
    // Without room for it the response may be coded. Its function sees that.
    let _ = headers.try_insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
}
