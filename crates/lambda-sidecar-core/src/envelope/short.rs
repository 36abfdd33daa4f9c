//! What a small value shows of itself, kept on the stack: formatting costs more than writing the text twice.

use std::fmt::{self, Write as _};

use arrayvec::ArrayString;

/// As long as the longest address, which is longer than the longest number.
const LONGEST: usize = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".len();

/// A number or an address as text. Nothing in it has to be escaped.
pub(super) type Short = ArrayString<LONGEST>;

/// What is longer than the longest address is left out.
pub(super) fn short(value: impl fmt::Display) -> Short {
    let mut short = Short::new();
    // The values fit.
    let _infallible = write!(short, "{value}");
    short
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn numbers_and_addresses_stand_as_they_show_themselves() {
        assert_eq!(short(0).as_str(), "0");
        assert_eq!(short(u64::MAX).as_str(), "18446744073709551615");
        for address in [
            "203.0.113.7",
            "::1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            let parsed: IpAddr = address.parse().unwrap();
            assert_eq!(short(parsed).as_str(), address);
        }
    }
}
