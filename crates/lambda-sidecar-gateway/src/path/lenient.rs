//! How a path can be read.
//!
//! A path is matched in its normal form and passed on as the client wrote it. Backends differ in how they read one, and a
//! client that knows its backend could write the path of a guarded endpoint so that only the backend
//! takes it for that: `/open/../guarded`, `/guarded%2Fx`, `//guarded`, `/guarded;x`, `/open/..;/guarded`,
//! `/%2567uarded`, `/;a%2Fb/guarded`, `//host/guarded`. So the [most lenient reading](LenientPath) is matched too, and
//! that [behind an authority](LenientPath::behind_authority). Dot segments are refused, and so is a path that any
//! backend could read as another endpoint's; any other path passes through untouched.
//!
//! The lenient reading does everything that any backend does, and that is enough: what a backend reads is a prefix
//! of it, with some of its possible segments, and with names that are less decoded. A name of an
//! endpoint [can be read in one way](LenientPath::is_the_only_reading), so it is found in the lenient reading
//! if it is in the backend's. Not looked at is case: a backend that takes no notice of it is to be given
//! endpoints that do not depend on it.

use std::{borrow::Cow, collections::HashMap};

use percent_encoding::percent_decode_str;

use super::decode::decoded;

/// A path as the most lenient backend would read it: [decoded], a backslash as a slash, path parameters
/// left out, without empty segments and without what some backend does not count at the end of a segment.
///
/// After a path parameter backends part: one looks for its end before it decodes, another one after, so that
/// whole segments behind it can be part of it or not. Each of those may be there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LenientPath<'p> {
    certain: Cow<'p, str>,
    possible: PossibleSegments,
}

/// Segments each of which may be there: where each name stands among them, so that no endpoint's path is looked for
/// in all that a client wrote.
#[derive(Debug, Default, PartialEq, Eq)]
struct PossibleSegments {
    count: usize,
    places: HashMap<String, Vec<usize>>,
}

impl PossibleSegments {
    fn push(&mut self, name: &str) {
        let at = self.count;
        self.count += 1;
        match self.places.get_mut(name) {
            Some(places) => places.push(at),
            None => {
                self.places.insert(name.to_owned(), vec![at]);
            }
        }
    }

    /// Where this name stands at `from` or behind it.
    fn find(&self, name: &str, from: usize) -> Option<usize> {
        let places = self.places.get(name)?;
        let before = places.partition_point(|place| *place < from);
        places.get(before).copied()
    }
}

/// What a delimiter before it makes of a segment.
#[derive(Clone, Copy)]
enum Reach {
    Certain,
    /// A path parameter may reach over it.
    Possible,
    /// It is no part of the path, or stands behind a segment that is no endpoint's.
    Beyond,
}

impl<'p> LenientPath<'p> {
    /// The lenient reading; none for a path that holds a dot segment or a NUL, which no endpoint serves.
    pub(crate) fn new(path: &'p str) -> Option<Self> {
        if is_plain(path) {
            return Some(Self {
                certain: Cow::Borrowed(path),
                possible: PossibleSegments::default(),
            });
        }
        let decoded = decoded(path);
        if decoded.contains('\0') {
            return None;
        }
        let mut certain = String::with_capacity(decoded.len());
        let mut possible = PossibleSegments::default();
        let mut reach = Reach::Certain;
        for segment in decoded.split(['/', '\\']) {
            let end = segment.find([';', '?', '#']);
            let name = name(&segment[..end.unwrap_or(segment.len())])?;
            match reach {
                Reach::Certain if !name.is_empty() => certain.extend(["/", name]),
                Reach::Possible if !name.is_empty() => possible.push(name),
                _ => {}
            }
            reach = match (reach, end.map(|end| segment.as_bytes()[end])) {
                (Reach::Certain, Some(b';')) => Reach::Possible,
                (Reach::Certain, Some(_)) => Reach::Beyond,
                _ => reach,
            };
        }
        if certain.is_empty() {
            certain.push('/');
        }
        Some(Self {
            certain: Cow::Owned(certain),
            possible,
        })
    }

    /// The reading of whoever resolves the target of a request as a URL: what begins with two slashes begins with an
    /// authority (RFC 3986, section 4.2). None if it does not begin so. Where the authority ends depends on how much was
    /// decoded before, so each segment behind it may be there.
    pub(super) fn behind_authority(path: &str) -> Option<Self> {
        let decoded = decoded(path);
        let mut names = decoded.split(['/', '\\']).skip(1).map(|segment| {
            let end = segment.find([';', '?', '#']).unwrap_or(segment.len());
            name(&segment[..end]).unwrap_or_default()
        });
        if !names.next()?.is_empty() {
            return None;
        }
        let behind = names.skip_while(|name| name.is_empty()).skip(1);
        let mut possible = PossibleSegments::default();
        for name in behind.filter(|name| !name.is_empty()) {
            possible.push(name);
        }
        Some(Self {
            certain: Cow::Borrowed("/"),
            possible,
        })
    }

    /// Whether a backend could read more than the certain part.
    pub(super) fn may_be_longer(&self) -> bool {
        self.possible.count > 0
    }

    /// The part that every such backend reads.
    pub(crate) fn certain(&self) -> &str {
        &self.certain
    }

    /// Whether a backend could read this path below that part: as some of the possible segments, in order.
    pub(super) fn may_be(&self, path: &str) -> bool {
        let above = self.certain.trim_end_matches('/');
        let below = path.strip_prefix(above);
        let Some(below) = below.and_then(|below| below.strip_prefix('/')) else {
            return false;
        };
        let mut from = 0;
        below.split('/').all(|segment| {
            let found = self.possible.find(segment, from);
            from = found.map_or(from, |at| at + 1);
            found.is_some()
        })
    }

    /// Whether this path can be read in one way only, which an endpoint's has to.
    pub(crate) fn is_the_only_reading(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let once = percent_decode_str(path).decode_utf8_lossy();
        let segments = |path: &str| path.matches('/').count();
        once == self.certain.trim_end_matches('/') && segments(path) == segments(&once)
    }

    /// Whether nothing of it can be read in two ways.
    pub(super) fn is_as_written(&self) -> bool {
        matches!(self.certain, Cow::Borrowed(_))
    }
}

/// The name that some backend reads in a segment; none if that climbs, or stays where it is.
fn name(segment: &str) -> Option<&str> {
    let name = segment.trim_matches(is_nothing);
    let name = name.trim_end_matches(|letter| letter == '.' || is_nothing(letter));
    // Three dots and more are a name like any other, or one of which nothing is left.
    let is_of_more_dots = segment.len() > 2 && segment.bytes().all(|byte| byte == b'.');
    let is_of_dots = name.is_empty() && segment.contains('.');
    (!is_of_dots || is_of_more_dots).then_some(name)
}

/// Whether some backend does not count this at the end of a name: white space, controls, what is no text.
fn is_nothing(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || letter == char::REPLACEMENT_CHARACTER
}

/// Whether nothing in the path could be read in two ways.
fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut pairs = bytes.windows(2);
    let is_ambiguous = |byte: &u8| matches!(byte, b'%' | b'\\' | b';' | b'?' | b'#');
    !bytes
        .iter()
        .any(|byte| is_ambiguous(byte) || !byte.is_ascii_graphic())
        && !pairs.any(|pair| matches!(pair, b"//" | b"/." | b"./"))
        && !path.ends_with('.')
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
        LenientPath::new(path).map(|path| path.certain().to_owned())
    }

    #[test]
    fn a_plain_path_is_read_as_written() {
        for path in [
            "/",
            "/my",
            "/my/op",
            "/my/",
            "/a.b/c..d",
            "/my/x~y",
            "/a:b@c",
        ] {
            let read = LenientPath::new(path).unwrap();
            assert!(read.is_as_written(), "{path}");
            assert_eq!(read.certain(), path);
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
            "/my/%252e%252e/other",
            "/my/%c0%ae%C0%AE/other",
            "/my/%e0%80%ae./other",
            "/my/%u002e%u002e/other",
            "/my/..%20/other",
            "/my/..%09%23/other",
            "/my;x/..%3Fy",
            "/my%3F/../other",
            "/my/%00",
            "/my/%2500",
        ] {
            assert_eq!(lenient(path), None, "{path}");
        }
    }

    #[test]
    fn the_lenient_reading_decodes_and_leaves_out_what_a_backend_may_ignore() {
        for (path, expected) in [
            ("/m%79/x", "/my/x"),
            ("//my///x", "/my/x"),
            ("/my;v=1/x", "/my"),
            ("/my%2Fx", "/my/x"),
            ("/my%5cx", "/my/x"),
            ("/a%20b", "/a b"),
            ("/a%252ex", "/a.x"),
            ("/m%2579/x", "/my/x"),
            ("/m%u0079%c1%b9", "/myy"),
            ("/my./x%20/%09y..", "/my/x/y"),
            ("/my\u{a0}/%85x%a0", "/my/x"),
            ("/my%23x/y", "/my"),
            ("/my%3Fx;y/z", "/my"),
            ("/;my/x", "/"),
            ("/.well-known/x", "/.well-known/x"),
            ("/my/.../x", "/my/x"),
            ("/.../my", "/my"),
            ("/%zz", "/%zz"),
            ("//", "/"),
        ] {
            assert_eq!(lenient(path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn behind_a_path_parameter_any_segment_may_be_there() {
        let read = LenientPath::new("/my;a%2Fb/c;%3f/d").unwrap();
        assert_eq!(read.certain(), "/my");
        for path in ["/my/b", "/my/c", "/my/d", "/my/b/d", "/my/b/c/d"] {
            assert!(read.may_be(path), "{path}");
        }
        for path in ["/my", "/b", "/my/a", "/my/d/c", "/my/b/x", "/mys/b"] {
            assert!(!read.may_be(path), "{path}");
        }
    }

    #[test]
    fn behind_an_authority_any_segment_may_be_there() {
        for path in [
            "//host/my/x",
            "///host//my",
            "/\\host\\my",
            "/%2fhost%2Fmy",
            "/%09/host/my;x",
            "//user@ho%2Fst:80/my",
        ] {
            let read = LenientPath::behind_authority(path).unwrap();
            assert_eq!(read.certain(), "/", "{path}");
            assert!(read.may_be("/my"), "{path}");
            assert!(!read.may_be("/host"), "{path}");
        }
        for path in ["/my", "/my//x", "/my/%2F%2Fhost/x"] {
            assert_eq!(LenientPath::behind_authority(path), None, "{path}");
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
