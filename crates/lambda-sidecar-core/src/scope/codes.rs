//! Status codes of a response: `404`, `5xx`, `200-299`.

use std::fmt;

use http::StatusCode;

/// A range of status codes, both ends in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Codes {
    first: u16,
    last: u16,
}

impl Codes {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (code(first.trim_end())?, code(last.trim_start())?),
            None => class(text).or_else(|| code(text).map(|code| (code, code)))?,
        };
        (first <= last).then_some(Self { first, last })
    }

    pub(super) fn contain(self, status: StatusCode) -> bool {
        (self.first..=self.last).contains(&status.as_u16())
    }
}

/// `5xx`.
fn class(text: &str) -> Option<(u16, u16)> {
    let digit = text
        .strip_suffix("xx")
        .or_else(|| text.strip_suffix("XX"))?;
    let first = code(&format!("{digit}00"))?;
    Some((first, first + 99))
}

/// Three digits, from 100 to 599.
fn code(text: &str) -> Option<u16> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let code = digits.then(|| text.parse().ok())??;
    (100..=599).contains(&code).then_some(code)
}

impl fmt::Display for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        if first == last {
            write!(f, "{first}")
        } else if first.is_multiple_of(100) && *last == first + 99 {
            write!(f, "{}xx", first / 100)
        } else {
            write!(f, "{first}-{last}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_a_class_and_a_range_are_read_and_printed() {
        for (text, printed) in [
            ("404", "404"),
            ("5xx", "5xx"),
            ("5XX", "5xx"),
            ("200-299", "2xx"),
            ("200-298", "200-298"),
            ("400 - 599", "400-599"),
            ("204-204", "204"),
        ] {
            let codes = Codes::read(text).unwrap();
            assert_eq!(codes.to_string(), printed);
            assert_eq!(Codes::read(printed), Some(codes));
        }
    }

    #[test]
    fn what_is_no_code_is_not_read() {
        for text in [
            "", "99", "600", "6xx", "0xx", "xx", "20x", "2x", "abc", "299-200", "200-", "-200",
            "200-2xx", "1000", "+200", "2 00", "٤٠٤", "100-600",
        ] {
            assert_eq!(Codes::read(text), None, "{text}");
        }
    }

    #[test]
    fn both_ends_of_a_range_are_in_it() {
        let codes = Codes::read("201-203").unwrap();
        let contained = |code| codes.contain(StatusCode::from_u16(code).unwrap());
        assert_eq!(
            [200, 201, 202, 203, 204].map(contained),
            [false, true, true, true, false]
        );
    }
}
