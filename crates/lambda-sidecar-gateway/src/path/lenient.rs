//! How a path can be read.
//!
//! A path is matched in its normal form and passed on as the client wrote it. Backends differ in how they read one, and a
//! client that knows its backend could write the path of a guarded endpoint so that only the backend
//! takes it for that: `/open/../guarded`, `/guarded%2Fx`, `//guarded`, `/guarded;x`, `/open/..;/guarded`,
//! `/open%2F..%2Fguarded`. So a second, [lenient](LenientPath) reading is matched too. Dot segments are
//! refused, and so is a path whose two readings belong to different endpoints; any other path passes
//! through untouched. A backend that takes no notice of case, or that decodes twice, is to be given
//! endpoints that do not depend on it.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// A path as the most lenient backend would read it: decoded, a backslash as a slash, path parameters
/// left out, without empty segments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LenientPath<'p>(Cow<'p, str>);

impl<'p> LenientPath<'p> {
    /// The lenient reading; none for a path that holds a dot segment or a NUL, which no endpoint serves.
    pub(crate) fn new(path: &'p str) -> Option<Self> {
        if is_plain(path) {
            return Some(Self(Cow::Borrowed(path)));
        }
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        if decoded.contains('\0') {
            return None;
        }
        let mut lenient = String::with_capacity(decoded.len());
        for segment in decoded.split(['/', '\\']) {
            match segment.split(';').next().unwrap_or_default() {
                "." | ".." => return None,
                "" => {}
                name => lenient.extend(["/", name]),
            }
        }
        if lenient.is_empty() {
            lenient.push('/');
        }
        Some(Self(Cow::Owned(lenient)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing of it can be read in two ways.
    pub(super) fn is_as_written(&self) -> bool {
        matches!(self.0, Cow::Borrowed(_))
    }
}

/// Whether nothing in the path could be read in two ways.
fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    let pairs = bytes.windows(2);
    !bytes
        .iter()
        .any(|byte| matches!(byte, b'%' | b'\\' | b';' | 0))
        && !pairs.into_iter().any(|pair| matches!(pair, b"//" | b"/."))
}

/// All prefixes of a path that end before a slash or at its end, the longest first, none longer than
/// `longest`; the empty one, which is the root, last.
pub(super) fn prefixes(path: &str, longest: usize) -> impl Iterator<Item = &str> {
    let whole = (path.len() <= longest).then_some(path);
    // The slash after the longest endpoint path may itself be looked at.
    let head = &path.as_bytes()[..path.len().min(longest + 1)];
    let slashes = (0..head.len()).rev().filter(|at| head[*at] == b'/');
    whole.into_iter().chain(slashes.map(|at| &path[..at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lenient(path: &str) -> Option<String> {
        LenientPath::new(path).map(|path| path.as_str().to_owned())
    }

    #[test]
    fn a_plain_path_is_read_as_written() {
        for path in ["/", "/my", "/my/op", "/my/", "/a.b/c..d", "/my/x~y"] {
            let read = LenientPath::new(path).unwrap();
            assert!(read.is_as_written(), "{path}");
            assert_eq!(read.as_str(), path);
        }
    }

    #[test]
    fn dot_segments_belong_to_no_endpoint_however_they_are_written() {
        for path in [
            "/my/../other",
            "/my/..",
            "/my/./x",
            "/..",
            "/my/%2e%2E/other",
            "/my/.%2e/other",
            "/my%2F..%2Fother",
            "/my/..;/other",
            "/my/..;a=b/other",
            "/my/..%5Cother",
            "/my\\..\\other",
            "/my/%00",
        ] {
            assert_eq!(lenient(path), None, "{path}");
        }
    }

    #[test]
    fn the_lenient_reading_decodes_and_leaves_out_what_a_backend_may_ignore() {
        for (path, expected) in [
            ("/m%79/x", "/my/x"),
            ("//my///x", "/my/x"),
            ("/my;v=1/x", "/my/x"),
            ("/my%2Fx", "/my/x"),
            ("/my%5cx", "/my/x"),
            ("/a%20b", "/a b"),
            ("/a%252e", "/a%2e"),
            ("/.well-known/x", "/.well-known/x"),
            ("/%zz", "/%zz"),
            ("//", "/"),
        ] {
            assert_eq!(lenient(path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn prefixes_end_at_whole_segments() {
        let all = |path, longest| prefixes(path, longest).collect::<Vec<_>>();
        assert_eq!(
            all("/my/deep/x", 100),
            ["/my/deep/x", "/my/deep", "/my", ""]
        );
        assert_eq!(all("/my/deep/x", 8), ["/my/deep", "/my", ""]);
        assert_eq!(all("/my/deep/x", 7), ["/my", ""]);
        assert_eq!(all("/my/deep/x", 0), [""]);
        assert_eq!(all("/", 100), ["/", ""]);
    }
}
