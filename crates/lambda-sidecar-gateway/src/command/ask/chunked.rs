//! Bodies that were recorded in chunks (RFC 9112, section 7.1).

/// The body without its chunks; none where they are not whole. Extensions and trailers are left out.
pub(super) fn decode(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(&mut rest)?.split(|byte| *byte == b';').next()?;
        let size = std::str::from_utf8(size).ok()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let (chunk, behind) = rest.split_at_checked(size)?;
        body.extend_from_slice(chunk);
        rest = behind;
        if !line(&mut rest)?.is_empty() {
            return None;
        }
    }
}

fn line<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_without_extensions_and_trailers() {
        let recorded = b"5;x=y\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\ntrailer: x\r\n\r\n";
        assert_eq!(decode(recorded).unwrap(), b"hello 0123456789");
        assert_eq!(decode(b"0\r\n\r\n").unwrap(), b"");
    }

    #[test]
    fn what_is_not_whole_is_no_body() {
        for recorded in [
            "",
            "5\r\nhell",
            "5\r\nhello",
            "5\r\nhello!\r\n0\r\n",
            "x\r\n",
            "hello",
        ] {
            assert_eq!(decode(recorded.as_bytes()), None, "{recorded}");
        }
    }
}
