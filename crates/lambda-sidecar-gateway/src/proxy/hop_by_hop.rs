//! The headers that belong to a connection (RFC 9110, section 7.6.1).
//!
//! Whoever sends a message names as many of them as fits into it, so each list is read once, and no element
//! of it is copied.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, CONTENT_LENGTH, Entry, HOST, TE, TRANSFER_ENCODING, UPGRADE},
};

/// Of one connection even if `Connection` does not name them.
const HOP_BY_HOP: [HeaderName; 6] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");

/// Removes what belongs to the connection, and what `Connection` nominates for removal. That the sender takes
/// trailers stays, because the next hop has to know it.
pub(super) fn remove(headers: &mut HeaderMap) {
    let trailers = elements(headers, &TE).any(|coding| coding.eq_ignore_ascii_case(b"trailers"));
    remove_nominated(headers);
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
    if trailers {
        headers.insert(TE, TRAILERS);
    }
}

fn remove_nominated(headers: &mut HeaderMap) {
    let lines: Vec<HeaderValue> = match headers.entry(CONNECTION) {
        Entry::Occupied(connection) => connection.remove_entry_mult().1.collect(),
        Entry::Vacant(_) => return,
    };
    remove_named(&lines, headers);
}

/// Removes what these lines of `Connection` name from headers, or from the trailers behind them. Framing and host
/// say what the message is, and are nobody's to remove.
pub(super) fn remove_named(lines: &[HeaderValue], headers: &mut HeaderMap) {
    let names = lines.iter().flat_map(elements_of);
    for name in names.filter_map(|name| str::from_utf8(name).ok()) {
        let is_kept = [&CONTENT_LENGTH, &HOST]
            .iter()
            .any(|kept| name.eq_ignore_ascii_case(kept.as_str()));
        if !is_kept {
            headers.remove(name);
        }
    }
}

/// The elements of a header that is a list, whatever bytes are in it.
pub(super) fn elements<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'h [u8]> + use<'h> {
    headers.get_all(name).iter().flat_map(elements_of)
}

fn elements_of(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let elements = line.as_bytes().split(|byte| *byte == b',');
    elements.map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    const NAMES: [&str; 8] = [
        "x-a",
        "X-B",
        "x_b",
        "host",
        "content-length",
        "te",
        "upgrade",
        "a b",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_nominated_goes_and_everything_else_stays(
            nominated in vec(select(&NAMES[..]), 0..6),
            sent in vec(select(&NAMES[..7]), 0..6),
            separator in select(&[",", " ,, ", "\t, "][..]),
        ) {
            let mut headers = HeaderMap::new();
            for (at, name) in sent.iter().enumerate() {
                headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from(at));
            }
            let before = headers.clone();
            let (first, second) = nominated.split_at(nominated.len() / 2);
            for line in [first, second] {
                headers.append(CONNECTION, line.join(separator).parse().unwrap());
            }
            remove(&mut headers);
            for name in before.keys() {
                let is_kept = [&HOST, &CONTENT_LENGTH].contains(&name);
                let is_nominated = nominated.iter().any(|one| name.as_str().eq_ignore_ascii_case(one));
                let goes = HOP_BY_HOP.contains(name) || is_nominated && !is_kept;
                let left: Vec<_> = headers.get_all(name).iter().collect();
                let all: Vec<_> = before.get_all(name).iter().filter(|_| !goes).collect();
                prop_assert_eq!(left, all);
            }
            prop_assert!(!headers.contains_key(CONNECTION));
        }
    }

    /// A message with as many lines as a server takes, and with `length` bytes of nominations.
    fn nominating(name: &str, length: usize) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for _ in 0..95 {
            headers.append("x", HeaderValue::from_static("a"));
        }
        let list = format!("{name},").repeat(length / (name.len() + 1));
        headers.insert(CONNECTION, list.parse().unwrap());
        headers
    }

    #[test]
    fn reading_a_list_of_nominations_allocates_the_same_however_long_it_is() {
        for name in [
            "x",
            "y",
            "a-long-name-that-is-not-one-of-the-standard-names",
        ] {
            let allocated = |length| {
                let mut headers = nominating(name, length);
                let counted = allocation_counter::measure(|| remove(&mut headers));
                assert!(!headers.contains_key(name) && !headers.contains_key(CONNECTION));
                (counted.count_total, counted.bytes_total)
            };
            assert_eq!(allocated(128_000), allocated(4 * 128_000), "{name}");
            assert!(allocated(512_000).1 < 1024);
        }
    }

    #[test]
    fn framing_and_host_are_nobodys_to_remove() {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, "Host, content-LENGTH, X-Y".parse().unwrap());
        for name in ["host", "content-length", "x-y"] {
            headers.insert(name, HeaderValue::from_static("1"));
        }
        remove(&mut headers);
        assert_eq!(headers.len(), 2);
        assert!(headers.contains_key(HOST) && headers.contains_key(CONTENT_LENGTH));
    }

    #[test]
    fn what_is_no_name_is_skipped() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_bytes(b"a b, \xff, :path, , x-y").unwrap();
        headers.insert(CONNECTION, line);
        headers.insert("x-y", HeaderValue::from_static("1"));
        remove(&mut headers);
        assert!(headers.is_empty());
    }
}
