//! How a message says where it ends.
//!
//! A message that says it twice can be read in two ways, and what one reader takes for the rest of a body is
//! the next message to the other (RFC 9112, section 6.3). So there is one answer here, for every way out.

use std::str;

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};

use lambda_sidecar::keeps_no_body;

use super::{hop_by_hop::elements, wire_body::WireBody};

/// What is wrong with the framing of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FramingError {
    /// Lengths that differ, or one that is no number.
    Lengths,
    /// A transfer coding that is not `chunked`, or is not alone.
    Coding,
}

impl FramingError {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Lengths => "the lengths differ, or are no numbers",
            Self::Coding => "the transfer coding is not `chunked` alone",
        }
    }
}

/// Makes the framing of a client's request clear. Returns whether it comes in chunks.
///
/// # Errors
///
/// If it cannot be.
pub(super) fn clear_request<B>(request: &mut Request<B>) -> Result<bool, FramingError> {
    let framed = request.version() == Version::HTTP_2;
    clear(request.headers_mut(), framed)
}

/// Makes the framing of a backend's response clear. The length in an answer to HEAD, or of status 304, is
/// that of another answer's body, which no framing knows.
///
/// # Errors
///
/// If it cannot be.
pub(super) fn clear_response<B>(
    response: &mut Response<B>,
    to_head: bool,
) -> Result<(), FramingError> {
    let without_body = to_head || response.status() == StatusCode::NOT_MODIFIED;
    let framed = response.version() == Version::HTTP_2 && !without_body;
    clear(response.headers_mut(), framed).map(drop)
}

/// A status that has no body keeps none, whatever the backend sent with it (RFC 9110, sections 6.4.1 and 15.3.6).
pub(super) fn without_body_if_none(mut response: Response<WireBody>) -> Response<WireBody> {
    if !keeps_no_body(&Method::GET, response.status()) {
        return response;
    }
    // That of a 304 is another answer's.
    if response.status() != StatusCode::NOT_MODIFIED {
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    response.map(|_| WireBody::none())
}

/// `framed`: the protocol itself says where the body ends.
fn clear(headers: &mut HeaderMap, framed: bool) -> Result<bool, FramingError> {
    let chunked = is_chunked(headers)?;
    let length = length(headers)?;
    if chunked || framed {
        headers.remove(CONTENT_LENGTH);
    } else if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(chunked)
}

fn is_chunked(headers: &HeaderMap) -> Result<bool, FramingError> {
    let mut codings = elements(headers, &TRANSFER_ENCODING).filter(|coding| !coding.is_empty());
    match (codings.next(), codings.next()) {
        (None, _) if headers.contains_key(TRANSFER_ENCODING) => Err(FramingError::Coding),
        (None, _) => Ok(false),
        (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") => Ok(true),
        _ => Err(FramingError::Coding),
    }
}

/// The one length of all that are given.
fn length(headers: &HeaderMap) -> Result<Option<u64>, FramingError> {
    let mut one = None;
    for text in elements(headers, &CONTENT_LENGTH) {
        let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        let text = str::from_utf8(text).ok().filter(|_| is_number);
        let length = text.and_then(|text| text.parse().ok());
        match (length, one) {
            (Some(length), None) => one = Some(length),
            (Some(length), Some(first)) if length == first => {}
            _ => return Err(FramingError::Lengths),
        }
    }
    Ok(one)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    const LENGTHS: [&str; 10] = [
        "5",
        "05",
        "5, 5",
        " 5 ",
        "4",
        "5, 4",
        "+5",
        "5,",
        "",
        "99999999999999999999",
    ];
    const CODINGS: [&str; 7] = [
        "chunked",
        "Chunked",
        "gzip",
        "",
        "identity",
        "chunked, chunked",
        " chunked ,",
    ];

    fn lines(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
        vec(select(of), 0..3)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_message_that_passes_says_its_length_once_and_as_its_sender_did(
            given in lines(&LENGTHS),
            codings in lines(&CODINGS),
            framed: bool,
        ) {
            let mut headers = HeaderMap::new();
            for line in &given {
                headers.append(CONTENT_LENGTH, HeaderValue::from_static(line));
            }
            for line in &codings {
                headers.append(TRANSFER_ENCODING, HeaderValue::from_static(line));
            }
            let numbers = given.iter().flat_map(|line| line.split(','));
            let numbers: Vec<Option<u64>> = numbers
                .map(str::trim)
                .map(|text| text.parse().ok().filter(|_| !text.starts_with('+')))
                .collect();
            let first = numbers.first().copied().flatten();
            let are_one = numbers.iter().all(|number| number.is_some() && *number == first);
            match clear(&mut headers, framed) {
                Ok(chunked) => {
                    prop_assert!(are_one);
                    let left: Vec<_> = headers.get_all(CONTENT_LENGTH).iter().cloned().collect();
                    let expected = first.filter(|_| !chunked && !framed);
                    let expected: Vec<_> = expected.map(|one| one.to_string()).into_iter().collect();
                    prop_assert_eq!(left, expected);
                    prop_assert_eq!(chunked, headers.contains_key(TRANSFER_ENCODING));
                }
                Err(FramingError::Lengths) => prop_assert!(!are_one),
                Err(FramingError::Coding) => {
                    let all = codings.join(",").to_lowercase();
                    let named = all.split(',').map(str::trim).filter(|coding| !coding.is_empty());
                    prop_assert!(!named.eq(["chunked"]));
                }
            }
        }
    }

    fn response(version: Version, status: u16, headers: &[(&str, &str)]) -> Response<()> {
        let response = Response::builder().version(version).status(status);
        let response = headers.iter().fold(response, |response, (name, value)| {
            response.header(*name, *value)
        });
        response.body(()).unwrap()
    }

    /// The lengths that are left.
    fn lengths(mut response: Response<()>, to_head: bool) -> Result<Vec<String>, FramingError> {
        clear_response(&mut response, to_head)?;
        let lengths = response.headers().get_all(CONTENT_LENGTH).iter();
        Ok(lengths
            .map(|length| length.to_str().unwrap().to_owned())
            .collect())
    }

    #[test]
    fn chunks_and_frames_go_before_a_length() {
        let both = [("content-length", "5"), ("transfer-encoding", "Chunked")];
        let one_one = response(Version::HTTP_11, 200, &both);
        assert_eq!(lengths(one_one, false).unwrap(), [""; 0]);
        let two = response(Version::HTTP_2, 200, &both[..1]);
        assert_eq!(lengths(two, false).unwrap(), [""; 0]);
        let plain = response(Version::HTTP_11, 200, &both[..1]);
        assert_eq!(lengths(plain, false).unwrap(), ["5"]);
    }

    #[test]
    fn the_length_of_another_answers_body_stays() {
        let length = [("content-length", "5")];
        let to_head = response(Version::HTTP_2, 200, &length);
        assert_eq!(lengths(to_head, true).unwrap(), ["5"]);
        let not_modified = response(Version::HTTP_2, 304, &length);
        assert_eq!(lengths(not_modified, false).unwrap(), ["5"]);
    }

    #[test]
    fn equal_lengths_are_one_and_different_ones_are_refused() {
        for (lines, expected) in [
            (&["5", "5"][..], Ok(vec!["5".to_owned()])),
            (&["5, 5 ,5"], Ok(vec!["5".to_owned()])),
            (&["5", "05"], Ok(vec!["5".to_owned()])),
            (&["5", "4"], Err(FramingError::Lengths)),
            (&["5, 4"], Err(FramingError::Lengths)),
            (&["5,"], Err(FramingError::Lengths)),
            (&["+5"], Err(FramingError::Lengths)),
            (&[""], Err(FramingError::Lengths)),
            (&["0x5"], Err(FramingError::Lengths)),
            (&["99999999999999999999"], Err(FramingError::Lengths)),
        ] {
            let headers: Vec<_> = lines.iter().map(|line| ("content-length", *line)).collect();
            let of_one_one = response(Version::HTTP_11, 200, &headers);
            assert_eq!(lengths(of_one_one, false), expected, "{lines:?}");
        }
    }

    #[test]
    fn chunked_alone_is_a_coding_of_ours() {
        for (lines, expected) in [
            (&["chunked"][..], Ok(true)),
            (&["CHUNKED", ""], Ok(true)),
            (&[" chunked ,"], Ok(true)),
            (&[], Ok(false)),
            (&["gzip, chunked"], Err(FramingError::Coding)),
            (&["gzip", "chunked"], Err(FramingError::Coding)),
            (&["chunked, chunked"], Err(FramingError::Coding)),
            (&["identity"], Err(FramingError::Coding)),
            (&["chunked;q=1"], Err(FramingError::Coding)),
            (&[""], Err(FramingError::Coding)),
        ] {
            let headers: Vec<_> = lines
                .iter()
                .map(|line| ("transfer-encoding", *line))
                .collect();
            let response = response(Version::HTTP_11, 200, &headers);
            assert_eq!(is_chunked(response.headers()), expected, "{lines:?}");
        }
    }
}
