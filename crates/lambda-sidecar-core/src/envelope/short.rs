//! What a small value shows of itself, kept on the stack: formatting costs more than writing the text twice.

use std::fmt::{self, Write as _};

/// As long as the longest address, which is longer than the longest number.
const LONGEST: usize = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".len();

/// A number or an address as text. Nothing in it has to be escaped.
#[derive(Clone, Copy)]
pub(super) struct Short {
    text: [u8; LONGEST],
    length: usize,
}

impl Short {
    /// What is longer than the longest address is cut off.
    pub(super) fn of(value: impl fmt::Display) -> Self {
        let mut short = Self {
            text: [0; LONGEST],
            length: 0,
        };
        // The values fit.
        let _infallible = write!(short, "{value}");
        short
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let room = self.text.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn numbers_and_addresses_stand_as_they_show_themselves() {
        assert_eq!(Short::of(0).as_str(), "0");
        assert_eq!(Short::of(u64::MAX).as_str(), "18446744073709551615");
        for address in [
            "203.0.113.7",
            "::1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            let parsed: IpAddr = address.parse().unwrap();
            assert_eq!(Short::of(parsed).as_str(), address);
        }
    }
}
