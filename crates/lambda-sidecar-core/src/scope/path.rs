//! The path of a call in all the ways in which a backend may read it.

use super::PathPattern;

/// The path of a call. A backend may decode it, and leave out the parameters of its segments (`;v=1`), before or
/// after it has decoded it.
pub(super) struct CallPath<'p> {
    text: &'p str,
    /// It can be read in one way only.
    is_plain: bool,
    /// Nobody can say what a backend takes it for.
    is_unclear: bool,
}

impl<'p> CallPath<'p> {
    pub(super) fn new(text: &'p str) -> Self {
        let is_plain = !text.bytes().any(|byte| matches!(byte, b'%' | b';'));
        let unclear = Self {
            text,
            is_plain,
            is_unclear: false,
        };
        let is_unclear = unclear.any_reading(|path| is_unclear(path))
            || !is_plain && !is_utf8(Decoded(text.bytes()));
        Self {
            is_unclear,
            ..unclear
        }
    }

    /// Whether some backend could take this for a path that matches.
    pub(super) fn may_match(&self, pattern: &PathPattern) -> bool {
        self.is_unclear || self.any_reading(|path| pattern.matches(path))
    }

    /// Whether every backend takes this for a path that matches.
    pub(super) fn matches_for_certain(&self, pattern: &PathPattern) -> bool {
        !self.is_unclear && !self.any_reading(|path| !pattern.matches(path))
    }

    fn any_reading(&self, is: impl Fn(&mut dyn Iterator<Item = u8>) -> bool) -> bool {
        let sent = self.text.bytes();
        if is(&mut sent.clone()) {
            return true;
        }
        let bare = || Bare::new(self.text.bytes());
        !self.is_plain
            && (is(&mut Decoded(sent.clone()))
                || is(&mut bare())
                || is(&mut Decoded(bare()))
                || is(&mut Bare::new(Decoded(sent))))
    }
}

/// Whether a backend may read the path as another one: with a dot segment, an empty segment before the last, which
/// some leave out, a backslash, which some take for a slash, or a broken escape; and nobody sends control characters
/// in good faith.
fn is_unclear(path: impl Iterator<Item = u8>) -> bool {
    let mut segment = Segment::default();
    let mut is_first = true;
    // Digits of an escape that are still to come.
    let mut digits = 0;
    for byte in path {
        if digits > 0 && !byte.is_ascii_hexdigit() {
            return true;
        }
        digits = if byte == b'%' { 2 } else { digits.max(1) - 1 };
        match byte {
            b'\\' | ..0x20 | 0x7f => return true,
            b';' if segment.is_dots() || segment == Segment::Empty => return true,
            // What stands before it is looked at already.
            b';' => segment = Segment::Name,
            b'/' => {
                if segment.is_dots() || segment == Segment::Empty && !is_first {
                    return true;
                }
                segment = Segment::Empty;
                is_first = false;
            }
            byte => segment = segment.and(byte),
        }
    }
    digits > 0 || segment.is_dots()
}

/// What a segment is so far.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Segment {
    #[default]
    Empty,
    Dot,
    TwoDots,
    Name,
}

impl Segment {
    fn and(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Empty, b'.') => Self::Dot,
            (Self::Dot, b'.') => Self::TwoDots,
            _ => Self::Name,
        }
    }

    fn is_dots(self) -> bool {
        matches!(self, Self::Dot | Self::TwoDots)
    }
}

/// Percent-decoded once. What is no escape stays as it is.
#[derive(Clone)]
struct Decoded<I>(I);

impl<I: Iterator<Item = u8> + Clone> Iterator for Decoded<I> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let byte = self.0.next()?;
        if byte != b'%' {
            return Some(byte);
        }
        let mut ahead = self.0.clone();
        let mut digit = || char::from(ahead.next()?).to_digit(16);
        let decoded = digit().zip(digit()).map(|(high, low)| high * 16 + low);
        match decoded.and_then(|decoded| u8::try_from(decoded).ok()) {
            Some(decoded) => {
                self.0 = ahead;
                Some(decoded)
            }
            None => Some(byte),
        }
    }
}

/// Without the parameters of its segments.
#[derive(Clone)]
struct Bare<I> {
    path: I,
    in_parameters: bool,
}

impl<I> Bare<I> {
    fn new(path: I) -> Self {
        Self {
            path,
            in_parameters: false,
        }
    }
}

impl<I: Iterator<Item = u8>> Iterator for Bare<I> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = self.path.next()?;
            match byte {
                b';' => self.in_parameters = true,
                b'/' => self.in_parameters = false,
                _ => {}
            }
            if !self.in_parameters {
                return Some(byte);
            }
        }
    }
}

/// Read piece by piece, as there is no room for the whole of it without an allocation.
fn is_utf8(mut bytes: impl Iterator<Item = u8>) -> bool {
    let mut piece = [0; 64];
    let mut kept = 0;
    loop {
        let mut length = kept;
        for (place, byte) in piece[kept..].iter_mut().zip(&mut bytes) {
            *place = byte;
            length += 1;
        }
        let is_last = length < piece.len();
        kept = match std::str::from_utf8(&piece[..length]) {
            Ok(_) => 0,
            // A character that goes on in the next piece.
            Err(error) if error.error_len().is_none() && !is_last => {
                piece.copy_within(error.valid_up_to()..length, 0);
                length - error.valid_up_to()
            }
            Err(_) => return false,
        };
        if is_last {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a `when-` and an `unless-` key with this pattern match.
    fn matched(pattern: &str, path: &str) -> [bool; 2] {
        let pattern = PathPattern::read(pattern).unwrap();
        let path = CallPath::new(path);
        [path.may_match(&pattern), path.matches_for_certain(&pattern)]
    }

    #[test]
    fn what_matches_in_one_reading_may_match_and_what_matches_in_all_matches_for_certain() {
        for (path, expected) in [
            ("/a/b", [true, true]),
            ("/a/c", [false, false]),
            // Decoded, without parameters, and in either order.
            ("/%61/b", [true, false]),
            ("/a%2Fb", [true, false]),
            ("/a;v=1/b", [true, false]),
            ("/a%3Bv=1/b", [true, false]),
            ("/%61;%2Fx/b", [true, false]),
            ("/a;c/b;d", [true, false]),
            // Once, and no more.
            ("/%2561/b", [false, false]),
        ] {
            assert_eq!(matched("/a/b", path), expected, "{path}");
        }
        assert_eq!(matched("/a/*", "/a/b;c"), [true, true]);
        assert_eq!(matched("/a/*", "/a/b%2Fc"), [true, false]);
        assert_eq!(matched("/a/**", "/a/b%2Fc"), [true, true]);
    }

    #[test]
    fn a_path_that_a_backend_may_take_for_another_matches_everything_and_nothing() {
        for path in [
            "/a/../b",
            "/a/%2e%2E/b",
            "/a/.%2e",
            "/./b",
            "/.",
            "/a/..;v=1/b",
            "/a/%2E;v=1",
            "/;v=1/b",
            "/a/;v=1",
            "//b",
            "/a//",
            "/%2Fb",
            "/a%2F%2Fb",
            "/a%5Cb",
            "/a%00",
            "/a%0Ab",
            "/%",
            "/a%2",
            "/a%zz",
            "/%%61",
            "/a%25",
            "/a%252",
            "/%ff",
            "/%c3",
            "/a/%c3/b",
            "/%c0%ae",
        ] {
            assert_eq!(matched("/a/b", path), [true, false], "{path}");
            assert_eq!(matched("/**", path), [true, false], "{path}");
        }
        for path in [
            "/", "/a/", "/a..b", "/...", "/.a", "/a;", "/a;b;c/", "/%c3%a9", "/%7a", "/a%20b",
        ] {
            assert_eq!(matched("/x", path), [false, false], "{path}");
            assert_eq!(matched("/**", path), [true, true], "{path}");
        }
    }

    #[test]
    fn long_paths_are_utf_8_wherever_a_piece_of_them_ends() {
        for before in 0..130 {
            let plain = "a".repeat(before);
            let path = format!("/{plain}%f0%9f%98%80{plain}");
            assert_eq!(matched("/**", &path), [true, true], "{before}");
            let broken = format!("/{plain}%f0%9f%98{plain}");
            assert_eq!(matched("/**", &broken), [true, false], "{before}");
        }
    }
}
