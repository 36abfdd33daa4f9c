//! No open endpoint serves what a backend reads as a guarded one's path.
//!
//! Backends are modelled as what they do to a path, in their order: known ones, and any order at all.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{PathMatch, Paths, normal::normal};

/// One step of how a backend reads a path. `Latin` bytes stand for themselves: a path is bytes here.
#[derive(Debug, Clone, Copy)]
enum Step {
    Decode,
    DecodeU,
    DecodeOverlong,
    BackslashIsSlash,
    /// Path parameters end at the next slash.
    CutParameters,
    /// All is cut from the first of these on.
    CutFrom(u8),
    /// White space, controls and dots at the ends of segments.
    Trim,
    MergeSlashes,
    ResolveDots,
    /// What stands behind two slashes or more at the beginning is an authority.
    CutAuthority,
}

use Step::*;

const STEPS: [Step; 13] = [
    Decode,
    Decode,
    DecodeU,
    DecodeOverlong,
    BackslashIsSlash,
    CutParameters,
    CutFrom(b'?'),
    CutFrom(b'#'),
    CutFrom(0),
    Trim,
    MergeSlashes,
    ResolveDots,
    CutAuthority,
];

/// Backends as they are known to read.
const BACKENDS: [(&str, &[Step]); 9] = [
    ("as written", &[]),
    (
        "Node with URL",
        &[BackslashIsSlash, CutAuthority, ResolveDots],
    ),
    (
        "Tomcat",
        &[
            CutParameters,
            Decode,
            BackslashIsSlash,
            MergeSlashes,
            ResolveDots,
        ],
    ),
    (
        "Spring",
        &[Decode, CutParameters, MergeSlashes, Trim, ResolveDots],
    ),
    (
        "IIS",
        &[
            DecodeU,
            Decode,
            DecodeOverlong,
            Decode,
            BackslashIsSlash,
            MergeSlashes,
            ResolveDots,
            Trim,
        ],
    ),
    ("nginx", &[Decode, CutFrom(0), MergeSlashes, ResolveDots]),
    (
        "nginx before PHP",
        &[
            Decode,
            MergeSlashes,
            ResolveDots,
            Decode,
            CutFrom(0),
            CutFrom(b'?'),
            ResolveDots,
        ],
    ),
    (
        "a proxy before Jetty",
        &[
            Decode,
            CutFrom(b'?'),
            CutFrom(b'#'),
            CutParameters,
            Decode,
            ResolveDots,
            CutParameters,
        ],
    ),
    ("Flask", &[Decode, Trim, MergeSlashes, ResolveDots]),
];

impl Step {
    fn apply(self, path: &[u8]) -> Vec<u8> {
        match self {
            Decode => replaced(path, |rest| match rest {
                [b'%', high, low, ..] => Some((3, vec![u8::try_from(hex(&[*high, *low])?).ok()?])),
                _ => None,
            }),
            DecodeU => replaced(path, |rest| match rest {
                [b'%', b'u', a, b, c, d, ..] => {
                    let letter = char::from_u32(hex(&[*a, *b, *c, *d])?)?;
                    Some((6, letter.to_string().into_bytes()))
                }
                _ => None,
            }),
            DecodeOverlong => replaced(path, |rest| match *rest {
                [high @ 0xc0..=0xc1, low @ 0x80..=0xbf, ..] => {
                    Some((2, vec![(high & 1) << 6 | low & 0x3f]))
                }
                [0xe0, high @ 0x80..=0x81, low @ 0x80..=0xbf, ..] => {
                    Some((3, vec![(high & 1) << 6 | low & 0x3f]))
                }
                _ => None,
            }),
            BackslashIsSlash => replaced(path, |rest| (rest[0] == b'\\').then(|| (1, vec![b'/']))),
            CutParameters => segments(path, |segment| {
                segment
                    .split(|byte| *byte == b';')
                    .next()
                    .unwrap_or_default()
            }),
            CutFrom(end) => path.split(|byte| *byte == end).next().unwrap().to_vec(),
            Trim => segments(path, |segment| {
                let end = segment
                    .iter()
                    .rposition(|byte| !is_trimmed(*byte) && *byte != b'.');
                let dots = segment.iter().all(|byte| *byte == b'.');
                let segment = if dots {
                    segment
                } else {
                    &segment[..end.map_or(0, |end| end + 1)]
                };
                let start = segment.iter().position(|byte| !is_trimmed(*byte));
                &segment[start.unwrap_or(segment.len())..]
            }),
            MergeSlashes => {
                let mut merged = path.to_vec();
                merged.dedup_by(|a, b| *a == b'/' && *b == b'/');
                merged
            }
            CutAuthority => {
                let slashes = path.iter().take_while(|byte| **byte == b'/').count();
                let rest = path[slashes..].iter().position(|byte| *byte == b'/');
                match (slashes, rest) {
                    (0 | 1, _) => path.to_vec(),
                    (_, Some(rest)) => path[slashes + rest..].to_vec(),
                    (_, None) => b"/".to_vec(),
                }
            }
            ResolveDots => {
                let mut resolved: Vec<&[u8]> = Vec::new();
                for segment in path.split(|byte| *byte == b'/').skip(1) {
                    match segment {
                        b"." => {}
                        b".." => drop(resolved.pop()),
                        segment => resolved.push(segment),
                    }
                }
                [b"/", &*resolved.join(&b'/')].concat()
            }
        }
    }
}

fn is_trimmed(byte: u8) -> bool {
    byte <= b' ' || [0x7f, 0x85, 0xa0].contains(&byte)
}

fn hex(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

/// Every place replaced that this finds, from left to right, once.
fn replaced(path: &[u8], find: impl Fn(&[u8]) -> Option<(usize, Vec<u8>)>) -> Vec<u8> {
    let mut result = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (length, bytes) = find(rest).unwrap_or((1, vec![rest[0]]));
        result.extend(bytes);
        rest = &rest[length..];
    }
    result
}

fn segments(path: &[u8], change: impl Fn(&[u8]) -> &[u8]) -> Vec<u8> {
    let segments: Vec<_> = path.split(|byte| *byte == b'/').map(change).collect();
    segments.join(&b'/')
}

/// Open and guarded ones within each other.
const ENDPOINTS: [&str; 6] = ["", "/sf", "/sf/open", "/open", "/open/adm", "/a b/c%d"];

/// The endpoint at which a backend serves what it has read.
fn served(read: &[u8]) -> &'static str {
    let is_below = |endpoint: &&&str| {
        read.strip_prefix(endpoint.as_bytes())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    let below = ENDPOINTS.iter().filter(is_below);
    below.max_by_key(|endpoint| endpoint.len()).unwrap()
}

fn paths() -> Paths<&'static str> {
    let mut paths = Paths::default();
    for endpoint in ENDPOINTS {
        paths.insert(&endpoint.replace('%', "%25").replace(' ', "%20"), endpoint);
    }
    paths
}

/// The endpoint that serves a path, if it is not refused.
fn found(path: &str) -> Option<&'static str> {
    match paths().find(path) {
        PathMatch::Endpoint { endpoint, .. } => Some(**endpoint),
        PathMatch::Nothing | PathMatch::Unclear => None,
    }
}

/// What the steps make of a path. All ways to write its letters are one to every backend (RFC 3986, 6.2.2.2).
fn reading(path: &str, steps: &[Step]) -> Vec<u8> {
    let path = normal(path).as_bytes().to_vec();
    steps.iter().fold(path, |path, step| step.apply(&path))
}

const PLAIN: &[&str] = &[
    "/", "/", "/", "/sf", "/open", "/adm", "sf", "open", "a b", "c%d", ";", ";", "\\", ".", "..",
    " ", "x", "v=1", "?", "#", "\0", "\t", "\u{a0}", "s", "f",
];
const WRITTEN: &[&str] = &[
    "%c0%af", "%c0%ae", "%c0%bb", "%u002f", "%u003b", "%85", "%a0", "%", "%25", "2f", "u0073",
];

/// Pieces that paths are made of, each of them possibly encoded a few times over.
fn piece() -> impl Strategy<Value = String> {
    let coded = (select(PLAIN), vec(0..3_u8, 0..4));
    prop_oneof![
        8 => coded.prop_map(|(text, times)| times.into_iter().fold(text.to_owned(), encoded)),
        1 => select(WRITTEN).prop_map(str::to_owned),
    ]
}

/// Encoded once more: what has to be, everything, or the first letter as `%u`.
fn encoded(text: String, how: u8) -> String {
    match how {
        0 => text
            .replace('%', "%25")
            .replace(';', "%3b")
            .replace('/', "%2F"),
        1 => text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        _ => match text.chars().next() {
            Some(letter) if u32::from(letter) < 0x1_0000 => {
                format!("%u{:04x}{}", u32::from(letter), &text[letter.len_utf8()..])
            }
            _ => text,
        },
    }
}

/// A path that a request line can have.
fn path() -> impl Strategy<Value = String> {
    let path = vec(piece(), 1..9).prop_map(|pieces| format!("/{}", pieces.concat()));
    path.prop_map(|path| {
        let is_written = |letter: char| !letter.is_control() && !" ?#\u{a0}".contains(letter);
        path.chars().filter(|letter| is_written(*letter)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

    #[test]
    fn no_endpoint_serves_what_a_known_backend_reads_as_another_ones(path in path()) {
        if let Some(endpoint) = found(&path) {
            for (name, steps) in BACKENDS {
                let read = reading(&path, steps);
                let text = String::from_utf8_lossy(&read);
                prop_assert_eq!(served(&merged(&read)), endpoint, "{} reads {} as {}", name, path, text);
            }
        }
    }

    #[test]
    fn no_endpoint_serves_what_any_steps_in_any_order_read_as_another_ones(
        path in path(),
        steps in vec(select(&STEPS[..]), 0..10),
    ) {
        if let Some(endpoint) = found(&path) {
            let read = reading(&path, &steps);
            prop_assert_eq!(served(&read), endpoint, "{:?} read {} as {:?}", steps, path, read);
            prop_assert_eq!(served(&merged(&read)), endpoint, "{:?} read {} as {:?}", steps, path, read);
        }
    }
}

fn merged(path: &[u8]) -> Vec<u8> {
    MergeSlashes.apply(path)
}

#[test]
fn a_parameter_that_some_backend_ends_elsewhere_does_not_hide_a_path() {
    for path in [
        "/;a%2Fb/sf",
        "/;a%2Fb/%73f",
        "/;a%5Cb/sf",
        "/;%2Fx/sf/y",
        "/;a%2Fb\\sf",
        "/open/;a%2Fb/adm/x",
        "/%3b%2Fx/sf",
        "/%253b%2Fx/sf",
        "/%3b%c0%afx/sf",
        "/%3b%u002fx/sf",
        "/%2573f",
        "/s%66%2e",
        "/sf%20",
        "/sf%23x",
        "/sf%253Fx",
        "/%u0073f",
        "/%c1%b3f",
    ] {
        assert_eq!(found(path), None, "{path}");
    }
}

#[test]
fn an_authority_before_it_does_not_hide_a_path() {
    for path in [
        "//host/sf",
        "///host/sf/x",
        "//user@host:80/sf",
        "//host;/open/adm",
        "/\\host/sf",
        "//host\\sf",
        "//host%2Fsf",
        "//ho%2Fst/sf",
        "/%2fhost//sf",
        "/%09/host/sf",
    ] {
        assert_eq!(found(path), None, "{path}");
    }
    assert_eq!(found("//host/x"), Some(""));
}

#[test]
fn a_path_that_is_one_endpoints_however_it_is_read_passes() {
    for (path, endpoint) in [
        ("/items;v=1/x", ""),
        ("/items;v=1/sf", ""),
        ("/a%3Bb", ""),
        ("/x/a%2520b/%252F", ""),
        ("/x//y", ""),
        ("/x/%3Fsf/", ""),
        ("/x%3F/sf", ""),
        ("/caf%C3%A9/sf", ""),
        ("/sf/a;b=%2F/c", "/sf"),
        ("/%73f/x%20y;z", "/sf"),
        ("/open/x;v=%2fsf/adm", "/open"),
        ("/a%20b/c%25d/;x", "/a b/c%d"),
    ] {
        assert_eq!(found(path), Some(endpoint), "{path}");
    }
}
