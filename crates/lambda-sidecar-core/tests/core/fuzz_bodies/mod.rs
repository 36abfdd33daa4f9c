//! What has to hold for any bytes: the bodies of the fuzz targets, run on stable too.

mod session;

use arbitrary::{Arbitrary, Result, Unstructured};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use lambda_sidecar_core::{Answer, Payload, Point, Sidecar, Verdict};
use serde_json::Value;

use super::model::{
    apply,
    envelope::{self as envelopes, Attributes, EAVS, Message, Parts, PublicEndpoint, Texts},
    verdict,
};

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];

/// Any text is read or refused with places that are in it; what was read prints as a text that reads
/// the same.
pub(crate) fn inputs_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for point in POINTS {
        match Sidecar::parse(point, text) {
            Ok(sidecar) => {
                let again = Sidecar::parse(point, &sidecar.to_string());
                assert_eq!(again.as_ref(), Ok(&sidecar));
            }
            Err(error) => {
                assert!(!error.problems().is_empty());
                let lines = text.lines().count();
                for line in error.problems().iter().filter_map(|problem| problem.line()) {
                    assert!((1..=lines).contains(&line), "line {line} of {lines}");
                }
            }
        }
    }
}

/// Any answer is the verdict that the specification makes of it or a wrong one, and a verdict that is
/// printed reads the same.
pub(crate) fn verdict_bytes(data: &[u8]) {
    for point in POINTS {
        verdict::check_bytes(point, data);
        if let Some(answer) = canonical(data) {
            verdict::check_value(point, &answer);
        }
        let Ok(given) = verdict::parse(point, data) else {
            continue;
        };
        let printed = Answer::from(given.clone());
        let is_whole = match &given {
            Verdict::Modify(modify) => modify.refused().is_empty(),
            Verdict::Terminate(terminate) => {
                terminate.refused().is_empty() && terminate.unusable().is_none()
            }
            Verdict::Allow => true,
            other => unreachable!("{other:?} is new"),
        };
        // What was refused or could not be used is not printed again.
        if is_whole {
            assert_eq!(verdict::parse(point, &printed.payload), Ok(given));
        }
    }
}

/// These bytes as JSON that is the same after it was printed and read: no member stands twice in it, and
/// no number loses anything.
fn canonical(data: &[u8]) -> Option<Value> {
    let printed = serde_json::from_slice::<Value>(data).ok()?.to_string();
    let value: Value = serde_json::from_str(&printed).ok()?;
    let again = value.to_string();
    (again == printed).then_some(value)
}

/// A verdict applied to any parts changes what it says and nothing else.
pub(crate) fn verdict_applied(data: &[u8]) {
    let _too_short = check_applied(&mut Unstructured::new(data));
}

fn check_applied(data: &mut Unstructured<'_>) -> Result<()> {
    let point = *data.choose(&POINTS)?;
    let method = data.choose(&[Method::GET, Method::HEAD, Method::POST])?;
    let before = status(data)?;
    let headers = headers(data)?;
    let json = data.bytes(data.len())?;
    match verdict::parse(point, json) {
        Ok(Verdict::Modify(modify)) => {
            apply::check_request(&modify, method, &headers);
            apply::check_response(&modify, method, before, &headers);
        }
        Ok(Verdict::Terminate(terminate)) => apply::check_terminate(&terminate),
        Ok(Verdict::Allow) | Err(_) => {}
        Ok(other) => unreachable!("{other:?} is new"),
    }
    Ok(())
}

/// Whatever a host tells a session, it says what the model says, in the same order, and once it was told
/// something out of order it never lets the call continue.
pub(crate) fn session(data: &[u8]) {
    let _too_short = session::drive(&mut Unstructured::new(data));
}

/// An envelope of any parts is JSON that says of them what they are, and nothing else.
pub(crate) fn envelope(data: &[u8]) {
    if let Ok(parts) = parts(&mut Unstructured::new(data)) {
        envelopes::check(&parts);
    }
}

fn parts(data: &mut Unstructured<'_>) -> Result<Parts> {
    Ok(Parts {
        point: *data.choose(&POINTS)?,
        event: bool::arbitrary(data)?,
        expands: data.ratio(4, 5)?,
        has_params: bool::arbitrary(data)?,
        request: message(data)?,
        response: message(data)?,
        uri: uri(data)?,
        method: Method::from_bytes(<&[u8]>::arbitrary(data)?).unwrap_or_default(),
        status: status(data)?,
        routing: optional(data, uri)?,
        address: Option::arbitrary(data)?,
        texts: Texts {
            message_id: String::arbitrary(data)?,
            endpoint: optional(data, endpoint)?,
            application: optional(data, eavs)?,
            package_key: optional(data, |data| Ok((String::arbitrary(data)?, eavs(data)?)))?,
            token: Arbitrary::arbitrary(data)?,
        },
    })
}

fn optional<T>(
    data: &mut Unstructured<'_>,
    of: impl Fn(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let is_there = bool::arbitrary(data)?;
    is_there.then(|| of(data)).transpose()
}

/// Often one whose answer keeps no body, or part of one.
fn status(data: &mut Unstructured<'_>) -> Result<StatusCode> {
    let code = match data.int_in_range(0..=5)? {
        0 => 204,
        1 => 304,
        2 => 205,
        3 => 206,
        _ => data.int_in_range(200..=599)?,
    };
    Ok(StatusCode::from_u16(code).unwrap_or_default())
}

fn uri(data: &mut Unstructured<'_>) -> Result<Uri> {
    let origin = data.choose(&[
        "",
        "",
        "/my",
        "https://api.acme.com",
        "http://[::1]:8080/my",
    ])?;
    let rest = String::arbitrary(data)?;
    Ok(format!("{origin}/{rest}").parse().unwrap_or_default())
}

fn endpoint(data: &mut Unstructured<'_>) -> Result<PublicEndpoint> {
    Ok(PublicEndpoint {
        service_id: Option::arbitrary(data)?,
        endpoint_id: Option::arbitrary(data)?,
        path: data.choose(&["", "/my"])?,
        base: *data.choose(&[None, Some("https://api.acme.com"), Some("http://b/")])?,
    })
}

fn eavs(data: &mut Unstructured<'_>) -> Result<Attributes> {
    let mut eavs = Attributes::new();
    for _ in 0..data.int_in_range(0..=4)? {
        let name = match data.ratio(7, 8)? {
            true => data.choose(EAVS)?,
            false => "not named",
        };
        eavs.insert(name.to_owned(), String::arbitrary(data)?);
    }
    Ok(eavs)
}

fn message(data: &mut Unstructured<'_>) -> Result<Message> {
    Ok(Message {
        headers: headers(data)?,
        payload: payload(data)?,
    })
}

fn headers(data: &mut Unstructured<'_>) -> Result<HeaderMap> {
    const NAMES: [&str; 14] = [
        "accept",
        "cookie",
        "set-cookie",
        "content-encoding",
        "content-length",
        "content-type",
        "transfer-encoding",
        "trailer",
        "etag",
        "last-modified",
        "digest",
        "x-skipped",
        "host",
        "x-a",
    ];
    let mut headers = HeaderMap::new();
    for _ in 0..data.int_in_range(0..=12)? {
        let name = if data.ratio(2, 3)? {
            HeaderName::from_static(data.choose(&NAMES)?)
        } else {
            let Ok(name) = HeaderName::from_bytes(few(data)?) else {
                continue;
            };
            name
        };
        if let Ok(value) = HeaderValue::from_bytes(few(data)?) {
            headers.append(name, value);
        }
    }
    Ok(headers)
}

/// Some bytes with their length before them; slices have theirs at the end of the data, which is for what
/// takes the rest.
fn few<'a>(data: &mut Unstructured<'a>) -> Result<&'a [u8]> {
    let length = data.int_in_range(0..=12)?;
    data.bytes(length)
}

fn payload(data: &mut Unstructured<'_>) -> Result<Payload> {
    Ok(match data.int_in_range(0..=3)? {
        0 => Payload::NotExpanded,
        1 => Payload::LeftOut {
            length: Option::arbitrary(data)?,
        },
        _ => Payload::Whole {
            bytes: Vec::arbitrary(data)?.into(),
            coded: bool::arbitrary(data)?,
        },
    })
}
