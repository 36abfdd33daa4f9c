//! A pattern of paths: `*` stands for any characters but `/`, `**` for any, all else for itself.

use std::fmt;

/// A pattern, compiled. Matching takes each byte of a path once, whatever the path: no path can make it slow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathPattern {
    text: Box<str>,
    tokens: Box<[PatternToken]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatternToken {
    Byte(u8),
    /// `*`
    InSegment,
    /// `**`
    Anything,
}

impl PatternToken {
    fn is_star(self) -> bool {
        !matches!(self, Self::Byte(_))
    }
}

impl PathPattern {
    /// The longest pattern, in bytes. Where it can be in a path is kept in one bit for each of them.
    pub(crate) const MAX_LENGTH: usize = WORDS * 64 - 1;

    /// A pattern that can match a path, each of which begins with `/`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let plain =
            text.starts_with(['/', '*']) && !text.contains(|c: char| c == ',' || c.is_control());
        if !plain || text.len() > Self::MAX_LENGTH {
            return None;
        }
        let mut tokens = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let [byte, after @ ..] = rest {
            let (token, after) = match (byte, after) {
                (b'*', [b'*', after @ ..]) => (PatternToken::Anything, after),
                (b'*', after) => (PatternToken::InSegment, after),
                (byte, after) => (PatternToken::Byte(*byte), after),
            };
            tokens.push(token);
            rest = after;
        }
        Some(Self {
            text: text.into(),
            tokens: tokens.into(),
        })
    }

    /// Whether the whole path matches.
    pub(super) fn matches(&self, path: impl Iterator<Item = u8>) -> bool {
        let tokens = &*self.tokens;
        let ends_in_anything = tokens.last() == Some(&PatternToken::Anything);
        let mut places = Places::default();
        places.add(0, tokens);
        for byte in path {
            if ends_in_anything && places.contain(tokens.len()) {
                return true;
            }
            let mut next = Places::default();
            places.for_each(|at| match tokens.get(at) {
                Some(PatternToken::Byte(expected)) if *expected == byte => next.add(at + 1, tokens),
                Some(PatternToken::InSegment) if byte != b'/' => next.add(at, tokens),
                Some(PatternToken::Anything) => next.add(at, tokens),
                _ => {}
            });
            if next.is_empty() {
                return false;
            }
            places = next;
        }
        places.contain(tokens.len())
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AsRef<str> for PathPattern {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

const WORDS: usize = 16;

/// How far a path may have come in a pattern: a bit for each token that may be next, and one for the end.
#[derive(Default)]
struct Places([u64; WORDS]);

impl Places {
    /// Before this token, and behind it as well if it may stand for nothing.
    fn add(&mut self, mut at: usize, tokens: &[PatternToken]) {
        loop {
            self.0[at / 64] |= 1 << (at % 64);
            if !tokens.get(at).is_some_and(|token| token.is_star()) {
                return;
            }
            at += 1;
        }
    }

    fn contain(&self, at: usize) -> bool {
        self.0[at / 64] & 1 << (at % 64) != 0
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn for_each(&self, mut with: impl FnMut(usize)) {
        for (at, word) in self.0.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                with(at * 64 + word.trailing_zeros() as usize);
                word &= word - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Says what a pattern is, tries everything, and takes all the time it wants.
    fn naive(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => path.is_empty(),
            [b'*', b'*', rest @ ..] => (0..=path.len()).any(|at| naive(rest, &path[at..])),
            [b'*', rest @ ..] => (0..=path.len())
                .take_while(|at| !path[..*at].contains(&b'/'))
                .any(|at| naive(rest, &path[at..])),
            [byte, rest @ ..] => path.first() == Some(byte) && naive(rest, &path[1..]),
        }
    }

    fn matches(pattern: &str, path: &str) -> bool {
        PathPattern::read(pattern).unwrap().matches(path.bytes())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_pattern_matches_what_a_naive_matcher_says(
            pattern in "[/*][/ab*]{0,10}",
            path in "/[/ab]{0,12}",
        ) {
            let expected = naive(pattern.as_bytes(), path.as_bytes());
            prop_assert_eq!(matches(&pattern, &path), expected);
        }
    }

    #[test]
    fn the_whole_path_has_to_match() {
        for (pattern, path, expected) in [
            ("/orders", "/orders", true),
            ("/orders", "/orders/", false),
            ("/orders", "/Orders", false),
            ("/orders/*", "/orders/", true),
            ("/orders/*", "/orders/1", true),
            ("/orders/*", "/orders/1/", false),
            ("/orders/**", "/orders/1/items/2", true),
            ("/orders/**", "/orders", false),
            ("/v*/items", "/v1/items", true),
            ("/v*/items", "/v1/x/items", false),
            ("/api/**/raw", "/api/a/b/raw", true),
            ("/api/**/raw", "/api/raw", false),
            ("**.png", "/a/b.png", true),
            ("*", "/", false),
            ("**", "/", true),
            ("/a.b+(c)", "/a.b+(c)", true),
            ("/a.b", "/aXb", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern}: {path}");
        }
    }

    #[test]
    fn a_pattern_that_could_match_no_path_or_not_be_written_is_not_read() {
        let longest = format!("/{}", "a".repeat(PathPattern::MAX_LENGTH - 1));
        assert!(matches(&longest, &longest));
        let too_long = format!("{longest}a");
        for text in ["", "orders", "/a,b", "/a\nb", "/a\tb", &too_long] {
            assert_eq!(PathPattern::read(text), None, "{text}");
        }
    }

    #[test]
    fn no_path_makes_matching_slow() {
        // A matcher that tries all ways would not come back.
        let pattern = "/**a*a*a*a**a*a**b".to_owned() + &"*a**a".repeat(20);
        let path = "/".to_owned() + &"a".repeat(60_000);
        assert!(!matches(&pattern, &path));
    }
}
