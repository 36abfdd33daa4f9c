//! HTTP messages as they are recorded in files (RFC 9112), line ends of either kind.

use std::fmt;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};

use super::chunked;

/// A message whose first line has yet to be understood.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) first: String,
    /// Where the first line stands.
    pub(super) line: usize,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    line: usize,
    message: String,
}

impl Wrong {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }

    pub(super) fn found(line: usize, found: &str, allowed: &str) -> Self {
        Self::new(line, format!("found `{found}`, allowed: {allowed}"))
    }
}

/// `LINE: MESSAGE`, to be put behind the name of the file.
impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

/// What some editors write before a text. Nobody sees it there.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads one message. The mark that some editors begin a file with is no part of it. Empty lines and the comments of editors (`#`, `//`) may stand before it.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub(super) fn parse(bytes: &[u8]) -> Result<Message, Wrong> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut lines = MessageLines { rest: bytes, at: 0 };
    let first = loop {
        let Some(line) = lines.next_text()? else {
            return Err(Wrong::new(
                1,
                "found nothing, allowed: first line, headers, an empty line, body",
            ));
        };
        if !line.is_empty() && !line.starts_with('#') && !line.starts_with("//") {
            break line.to_owned();
        }
    };
    let line = lines.at;
    let headers = headers(&mut lines)?;
    let body = body(&headers, &lines)?;
    Ok(Message {
        first,
        line,
        headers,
        body,
    })
}

struct MessageLines<'b> {
    rest: &'b [u8],
    /// The number of the line that was read last.
    at: usize,
}

impl<'b> MessageLines<'b> {
    fn next(&mut self) -> Option<&'b [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let (line, rest) = match end {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &self.rest[self.rest.len()..]),
        };
        self.rest = rest;
        self.at += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn next_text(&mut self) -> Result<Option<&'b str>, Wrong> {
        let Some(line) = self.next() else {
            return Ok(None);
        };
        match std::str::from_utf8(line) {
            Ok(text) => Ok(Some(text.trim())),
            Err(_) => Err(Wrong::new(
                self.at,
                "found bytes that are no UTF-8, allowed: text",
            )),
        }
    }
}

fn headers(lines: &mut MessageLines<'_>) -> Result<HeaderMap, Wrong> {
    let mut headers = HeaderMap::new();
    while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
        let (name, value) = header(line).map_err(|message| Wrong::new(lines.at, message))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// One `name: value`. What is wrong is said without what may be the value, which can be a secret.
pub(super) fn header(line: &[u8]) -> Result<(HeaderName, HeaderValue), String> {
    const ALLOWED: &str = "allowed: `name: value`, and an empty line before the body";
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        let length = line.len();
        return Err(format!("found {length} bytes without a colon, {ALLOWED}"));
    };
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    let length = name.len();
    let name = HeaderName::from_bytes(name).map_err(|_| {
        format!("found {length} bytes before the colon that are no name of a header, {ALLOWED}")
    })?;
    let value = HeaderValue::from_bytes(value)
        .map_err(|_| format!("the value of `{name}` holds control characters, {ALLOWED}"))?;
    Ok((name, value))
}

/// What is left, as the headers frame it.
fn body(headers: &HeaderMap, lines: &MessageLines<'_>) -> Result<Bytes, Wrong> {
    let (rest, line) = (lines.rest, lines.at + 1);
    if headers.contains_key(TRANSFER_ENCODING) {
        let body = chunked::decode(rest).ok_or_else(|| {
            Wrong::new(
                line,
                "found no whole chunks, allowed: those that transfer-encoding says, or no such header",
            )
        });
        return body.map(Bytes::from);
    }
    let Some(announced) = headers.get(CONTENT_LENGTH) else {
        let separator = rest
            .split(|byte| *byte == b'\n')
            .position(|line| line.starts_with(b"###"));
        return match separator {
            Some(at) => Err(Wrong::found(
                line + at,
                "###",
                "one request a file, or a `content-length` around such a body",
            )),
            None => Ok(Bytes::copy_from_slice(rest)),
        };
    };
    let announced = announced.to_str().unwrap_or_default();
    let length: Option<usize> = announced.parse().ok();
    let exact = length.and_then(|length| rest.split_at_checked(length));
    match exact {
        // Editors end a file with a line end.
        Some((body, b"" | b"\n" | b"\r\n")) => Ok(Bytes::copy_from_slice(body)),
        _ => Err(Wrong::new(
            line,
            format!(
                "found a body of {} bytes, allowed: the {announced} that content-length says",
                rest.len()
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_with_line_ends_of_either_kind() {
        for text in [
            "POST /my HTTP/1.1\r\nHost: a\r\nx: 1\r\nx: 2\r\n\r\none\r\ntwo",
            "POST /my HTTP/1.1\nHost: a\nx: 1\nx: 2\n\none\r\ntwo",
        ] {
            let message = parse(text.as_bytes()).unwrap();
            assert_eq!(
                (message.first.as_str(), message.line),
                ("POST /my HTTP/1.1", 1)
            );
            assert_eq!(message.headers.get_all("x").iter().count(), 2);
            assert_eq!(message.body, "one\r\ntwo");
        }
    }

    #[test]
    fn the_mark_that_editors_put_before_a_file_is_no_part_of_it() {
        let message = parse("\u{feff}GET /my\nhost: a\n\n\u{feff}body".as_bytes()).unwrap();
        assert_eq!((message.first.as_str(), message.line), ("GET /my", 1));
        assert_eq!(message.body, "\u{feff}body");
    }

    #[test]
    fn comments_of_editors_may_stand_before_the_first_line() {
        let message =
            parse(b"### an order\n# with a comment\n// and another\n\nGET /my\n").unwrap();
        assert_eq!((message.first.as_str(), message.line), ("GET /my", 5));
        assert_eq!(message.body, "");
    }

    #[test]
    fn a_body_has_the_length_that_is_announced() {
        let message = parse(b"POST /\ncontent-length: 5\n\n### a\n").unwrap();
        assert_eq!(message.body, "### a");
    }

    #[test]
    fn a_body_in_chunks_is_read_without_them() {
        let text = "POST /\r\ntransfer-encoding: chunked\r\n\r\n5\r\n### a\r\n0\r\n\r\n";
        assert_eq!(parse(text.as_bytes()).unwrap().body, "### a");
    }

    #[test]
    fn every_mistake_names_its_line_what_was_found_and_what_is_allowed() {
        for (text, expected) in [
            (
                "# nothing\n",
                "1: found nothing, allowed: first line, headers, an empty line, body",
            ),
            (
                "GET /\nhost: a\nno header\n",
                "3: found 9 bytes without a colon, allowed: `name: value`, and an empty line before the body",
            ),
            (
                "GET /\nna me: secret\n",
                "2: found 5 bytes before the colon that are no name of a header, allowed: `name: value`, and an \
                 empty line before the body",
            ),
            (
                "GET /\nname: se\u{1}cret\n",
                "2: the value of `name` holds control characters, allowed: `name: value`, and an empty \
                 line before the body",
            ),
            (
                "GET /\ncontent-length: 9\n\nshort",
                "4: found a body of 5 bytes, allowed: the 9 that content-length says",
            ),
            (
                "GET /\n\none\n###\nGET /\n",
                "4: found `###`, allowed: one request a file, or a `content-length` around such a body",
            ),
            (
                "GET /\ntransfer-encoding: chunked\n\nhello",
                "4: found no whole chunks, allowed: those that transfer-encoding says, or no such header",
            ),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected);
        }
    }
}
