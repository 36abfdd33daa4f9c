//! The hops of a request: which proxies it has passed, and how many more it may.

use std::{
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version,
    header::{MAX_FORWARDS, VIA},
};

use super::{answers::Refusal, hop_by_hop::elements};

const NAME: &str = "lambda-sidecar";

/// The name under which an endpoint writes itself into `Via` (RFC 9110, section 7.6.3). It has a number that
/// tells this process and endpoint from others, so that a loop is seen at its second pass while a chain of
/// gateways, or of endpoints of one gateway, is none.
#[derive(Debug, Clone)]
pub(super) struct Pseudonym(String);

impl Pseudonym {
    /// The name of the endpoint at this path; the same after a reload.
    pub(super) fn of_endpoint(path: &str) -> Self {
        static PROCESS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self(format!("{NAME}-{:016x}", PROCESS.hash_one(path)))
    }

    /// The name in a record, which no process serves.
    pub(super) fn of_record() -> Self {
        Self(NAME.to_owned())
    }

    /// # Errors
    ///
    /// If the request has passed this endpoint before.
    pub(super) fn refuse_loop(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let passed = elements(headers, &VIA).any(|hop| {
            let mut words = hop
                .split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty());
            words.nth(1) == Some(self.0.as_bytes())
        });
        if passed { Err(Refusal::LOOP) } else { Ok(()) }
    }

    /// The entry for a request that came by this version of HTTP.
    pub(super) fn entry(&self, version: Version) -> Option<HeaderValue> {
        let version = match version {
            Version::HTTP_09 => "0.9",
            Version::HTTP_10 => "1.0",
            Version::HTTP_2 => "2",
            Version::HTTP_3 => "3",
            _ => "1.1",
        };
        HeaderValue::try_from(format!("{version} {}", self.0)).ok()
    }
}

/// Counts this hop of an `OPTIONS` or `TRACE` that says how many it may take (RFC 9110, section 7.6.2).
///
/// # Errors
///
/// The answer of the last recipient, if it may not go further. `TRACE` is not allowed then: an echo could tell
/// a script what the browser hides from it.
pub(super) fn count_forward<B>(request: &mut Request<B>) -> Result<(), Refusal> {
    let is_trace = request.method() == Method::TRACE;
    if !is_trace && request.method() != Method::OPTIONS {
        return Ok(());
    }
    let Some(left) = forwards_left(request.headers(), &MAX_FORWARDS) else {
        return Ok(());
    };
    match left.checked_sub(1) {
        Some(left) => {
            let headers = request.headers_mut();
            headers.insert(MAX_FORWARDS, HeaderValue::from(left));
            Ok(())
        }
        None if is_trace => Err(Refusal::NO_SUCH_METHOD),
        None => Err(Refusal::Empty(StatusCode::OK)),
    }
}

fn forwards_left(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let text = headers.get(name)?.to_str().ok()?;
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // What is more than fits is more than there are hops.
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(via: &[&str]) -> HeaderMap {
        let lines = via.iter().map(|line| (VIA, line.parse().unwrap()));
        HeaderMap::from_iter(lines)
    }

    #[test]
    fn a_request_is_refused_at_its_second_pass_and_a_chain_is_not() {
        let (here, elsewhere) = (Pseudonym::of_endpoint("/a"), Pseudonym::of_endpoint("/b"));
        assert_eq!(here.0, Pseudonym::of_endpoint("/a").0);
        let entry = here.entry(Version::HTTP_2).unwrap();
        let entry = entry.to_str().unwrap();
        assert!(entry.starts_with("2 lambda-sidecar-"), "{entry}");
        for via in [
            &[entry][..],
            &["1.0 other", entry],
            &[&format!("1.0 other (a, b) ,{entry} (comment), 1.1 more")],
        ] {
            assert!(here.refuse_loop(&passed(via)).is_err(), "{via:?}");
            assert!(elsewhere.refuse_loop(&passed(via)).is_ok(), "{via:?}");
        }
        assert!(here.refuse_loop(&passed(&["1.1 lambda-sidecar"])).is_ok());
        assert!(here.refuse_loop(&passed(&[])).is_ok());
    }

    #[test]
    fn reading_via_allocates_nothing_however_long_it_is() {
        let here = Pseudonym::of_endpoint("/a");
        for length in [64_000, 256_000] {
            let headers = passed(&[&"1.1 x,".repeat(length / 6)]);
            let counted = allocation_counter::measure(|| {
                assert!(here.refuse_loop(&headers).is_ok());
            });
            assert_eq!(counted.count_total, 0);
        }
    }

    #[test]
    fn max_forwards_is_counted_for_options_and_trace_alone() {
        let counted = |method: &str, given: &str| {
            let request = Request::builder().method(method);
            let mut request = request.header(MAX_FORWARDS, given).body(()).unwrap();
            let result = count_forward(&mut request);
            result.map(|()| request.headers()[MAX_FORWARDS].to_str().unwrap().to_owned())
        };
        for method in ["OPTIONS", "TRACE"] {
            assert_eq!(counted(method, "10").unwrap(), "9");
            assert_eq!(counted(method, "1").unwrap(), "0");
            assert_eq!(counted(method, "x").unwrap(), "x");
            assert_eq!(counted(method, "-1").unwrap(), "-1");
            assert_eq!(
                counted(method, "99999999999999999999").unwrap(),
                (u64::MAX - 1).to_string()
            );
            assert!(counted(method, "0").is_err());
        }
        assert_eq!(counted("GET", "0").unwrap(), "0");
    }
}
