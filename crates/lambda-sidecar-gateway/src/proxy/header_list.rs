//! How large a list of headers is.

use http::{HeaderMap, Request};

/// How much longer than allowed a list over HTTP/2 may be so that it is still read, to be refused: of a longer
/// one, the HTTP library leaves out what is too much, and says nothing if it is a list of trailers.
pub(crate) const READ_OF_REQUESTS: u32 = 4;
pub(super) const READ_OF_ANSWERS: u32 = 16;

/// What a field counts beside its name and value.
const FIELD: usize = 32;

/// The size of a header list as RFC 9113, 6.5.2, counts it.
pub(super) fn size(headers: &HeaderMap) -> usize {
    let fields = headers.iter();
    fields
        .map(|(name, value)| name.as_str().len() + value.len() + FIELD)
        .sum()
}

/// The size of a request's head over HTTP/2, with what stands in its pseudo-headers.
pub(super) fn size_of_head<B>(request: &Request<B>) -> usize {
    const NAMES: usize = ":method:scheme:authority:path".len() + 4 * FIELD;
    let uri = request.uri();
    let lengths = [
        request.method().as_str().len(),
        uri.scheme_str().map_or(0, str::len),
        uri.authority()
            .map_or(0, |authority| authority.as_str().len()),
        uri.path_and_query().map_or(0, |path| path.as_str().len()),
    ];
    NAMES + lengths.iter().sum::<usize>() + size(request.headers())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_counts_its_name_its_value_and_32_rfc_9113_6_5_2() {
        let request = Request::get("http://a/b")
            .header("x-a", "1")
            .header("x-a", "22");
        let request = request.body(()).unwrap();
        assert_eq!(size(request.headers()), 3 + 1 + 32 + 3 + 2 + 32);
        let pseudo = (7 + 3 + 32) + (7 + 4 + 32) + (10 + 1 + 32) + (5 + 2 + 32);
        assert_eq!(size_of_head(&request), pseudo + 73);
    }
}
