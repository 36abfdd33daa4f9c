//! A request like the SDK's, for each call.

use aws_smithy_runtime_api::{box_error::BoxError, client::orchestrator::HttpRequest};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::{AUTHORIZATION, CONTENT_LENGTH, HOST},
};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::{
    super::{hex::hex, retry::MAX_ATTEMPTS},
    parts::{CONTEXT, EXECUTION, ID, InvocationParts, KIND, TENANT},
    sign::SigningKey,
};

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const ATTEMPT: HeaderName = HeaderName::from_static("amz-sdk-request");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// How many of these are in every call.
const ALWAYS: usize = 7;

/// What every call has of its own.
const OWN: [HeaderName; ALWAYS + 3] = [
    AUTHORIZATION,
    CONTEXT,
    DATE,
    ID,
    ATTEMPT,
    KIND,
    CONTENT_LENGTH,
    TOKEN,
    TENANT,
    EXECUTION,
];

/// What Signature Version 4 leaves as it is in a path.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The SDK's request to one function.
pub(super) struct Template {
    uri: Uri,
    /// The headers that are the same in every call.
    fixed: Vec<(HeaderName, HeaderValue)>,
    region: String,
    service: String,
    /// Method, path and query in their canonical form.
    head: String,
    /// The signed headers, in order.
    signed: Vec<(String, Value)>,
    names: String,
    /// For credentials without a session token.
    names_without_token: String,
    /// The `amz-sdk-request` header of each attempt.
    attempts: Vec<HeaderValue>,
    /// Whether this process is itself a function of AWS Lambda.
    traced: bool,
}

/// The value of a signed header.
enum Value {
    Fixed(String),
    Context,
    Date,
    Id,
    Kind,
    Length,
    Token,
    Tenant,
    Execution,
}

impl Template {
    /// A template of a request with this `authorization` header.
    pub(super) fn new(request: &HttpRequest, authorization: &str) -> Result<Self, BoxError> {
        let names = between(authorization, "SignedHeaders=", ",").ok_or("no signed headers")?;
        let credential = between(authorization, "Credential=", ",").ok_or("no credential")?;
        let mut scope = credential.split('/').skip(2).map(str::to_owned);
        let (Some(region), Some(service)) = (scope.next(), scope.next()) else {
            return Err("no scope in the credential".into());
        };
        let uri: Uri = request.uri().parse()?;
        let head = format!("{}\n{}\n\n", request.method(), canonical_path(uri.path()));
        let signed = names.split(';').map(|name| {
            let value = Value::from_name(name, request, &uri)?;
            Ok((format!("{name}:"), value))
        });
        let signed = signed.collect::<Result<_, BoxError>>()?;
        let without_token: Vec<_> = names.split(';').filter(|name| TOKEN != **name).collect();
        let traced = request.headers().contains_key(TRACE);
        let mut fixed = Vec::new();
        for (name, value) in request.headers() {
            let name = HeaderName::try_from(name)?;
            if !OWN.contains(&name) {
                fixed.push((name, HeaderValue::from_str(value)?));
            }
        }
        Ok(Self {
            uri,
            fixed,
            region,
            service,
            head,
            signed,
            names: names.to_owned(),
            names_without_token: without_token.join(";"),
            attempts: attempts()?,
            traced,
        })
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Region and service that the request is signed for.
    pub(super) fn scope(&self) -> (&str, &str) {
        (&self.region, &self.service)
    }

    /// One attempt at a call, signed with this key.
    pub(super) fn request(
        &self,
        parts: &InvocationParts,
        attempt: u32,
        time: String,
        key: &SigningKey,
        token: Option<&str>,
    ) -> Result<Request<Bytes>, BoxError> {
        let nth = usize::try_from(attempt)?.checked_sub(1);
        let nth = nth.and_then(|nth| self.attempts.get(nth));
        let nth = nth.ok_or("there is no such attempt")?;
        let authorization = self.authorization(parts, &time, key, token);
        let mut request = Request::new(parts.payload.clone());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        // Not more than there will be, the host by the client included: a map doubles its room.
        let optional = [
            token.is_some(),
            self.traced,
            parts.tenant.is_some(),
            parts.execution.is_some(),
        ];
        let optional = optional.into_iter().filter(|is_there| *is_there).count();
        headers.reserve(self.fixed.len() + ALWAYS + optional + 1);
        for (name, value) in &self.fixed {
            headers.insert(name, value.clone());
        }
        headers.insert(AUTHORIZATION, authorization.try_into()?);
        headers.insert(ATTEMPT, nth.clone());
        headers.insert(CONTEXT, HeaderValue::from_str(&parts.context)?);
        headers.insert(DATE, time.try_into()?);
        headers.insert(ID, HeaderValue::from_str(&parts.id)?);
        headers.insert(KIND, HeaderValue::from_static(parts.kind));
        headers.insert(CONTENT_LENGTH, HeaderValue::from_str(&parts.length)?);
        if let Some(token) = token {
            headers.insert(TOKEN, HeaderValue::from_str(token)?);
        }
        for (name, value) in [
            (TENANT, parts.tenant.as_deref()),
            (EXECUTION, parts.execution.as_deref()),
        ] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value)?);
            }
        }
        if self.traced {
            trace(headers)?;
        }
        Ok(request)
    }

    /// The signature of a call with this key.
    pub(super) fn authorization(
        &self,
        parts: &InvocationParts,
        time: &str,
        key: &SigningKey,
        token: Option<&str>,
    ) -> String {
        let names = match token {
            Some(_) => &self.names,
            None => &self.names_without_token,
        };
        let mut digest = Sha256::new_with_prefix(&self.head);
        for (name, value) in &self.signed {
            let value = match value {
                Value::Fixed(value) => value,
                Value::Context => &parts.context,
                Value::Date => time,
                Value::Id => &parts.id,
                Value::Kind => parts.kind,
                Value::Length => &parts.length,
                Value::Tenant => parts.tenant.as_deref().unwrap_or_default(),
                Value::Execution => parts.execution.as_deref().unwrap_or_default(),
                Value::Token => match token {
                    Some(token) => token,
                    None => continue,
                },
            };
            digest.update(name);
            digest.update(value);
            digest.update("\n");
        }
        digest.update("\n");
        digest.update(names);
        digest.update("\n");
        digest.update(&parts.payload_digest);
        key.authorization(time, names, &hex(&digest.finalize().into()))
    }
}

impl Value {
    fn from_name(name: &str, request: &HttpRequest, uri: &Uri) -> Result<Self, BoxError> {
        let own = [
            (CONTEXT, Self::Context),
            (DATE, Self::Date),
            (ID, Self::Id),
            (KIND, Self::Kind),
            (CONTENT_LENGTH, Self::Length),
            (TOKEN, Self::Token),
            (TENANT, Self::Tenant),
            (EXECUTION, Self::Execution),
        ];
        if let Some((_, own)) = own.into_iter().find(|(own, _)| own == name) {
            return Ok(own);
        }
        let fixed = match request.headers().get(name) {
            Some(value) => Some(value.to_owned()),
            // The connector adds it.
            None if HOST == *name => host(uri),
            None => None,
        };
        fixed
            .map(Self::Fixed)
            .ok_or_else(|| format!("no value of the header {name}").into())
    }
}

fn host(uri: &Uri) -> Option<String> {
    let usual = match uri.scheme_str() {
        Some("http") => Some(80),
        Some("https") => Some(443),
        _ => None,
    };
    if uri.port_u16() == usual {
        return uri.host().map(str::to_owned);
    }
    uri.authority()
        .map(|authority| authority.as_str().to_owned())
}

/// The path without empty segments and dots, once more percent-encoded.
fn canonical_path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("/{}", utf8_percent_encode(&segments.join("/"), PATH))
}

/// What the SDK says of each attempt that there can be.
fn attempts() -> Result<Vec<HeaderValue>, BoxError> {
    (1..=MAX_ATTEMPTS)
        .map(|attempt| Ok(format!("attempt={attempt}; max={MAX_ATTEMPTS}").try_into()?))
        .collect()
}

/// A function that calls functions passes on its trace, by which AWS detects that they go in circles.
fn trace(headers: &mut HeaderMap) -> Result<(), BoxError> {
    if let Ok(trace) = std::env::var("_X_AMZN_TRACE_ID") {
        let trace = utf8_percent_encode(&trace, CONTROLS).to_string();
        headers.insert(TRACE, trace.try_into()?);
    }
    Ok(())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, text) = text.split_once(start)?;
    text.split(end).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_counts_the_attempts_that_there_can_be() {
        let attempts = attempts().unwrap();
        assert_eq!(attempts.len(), usize::try_from(MAX_ATTEMPTS).unwrap());
        let max = format!(
            "; max={}",
            crate::function::lambda::retry::config().max_attempts()
        );
        for (at, value) in attempts.iter().enumerate() {
            let value = value.to_str().unwrap();
            assert_eq!(
                value.strip_suffix(&max),
                Some(&*format!("attempt={}", at + 1))
            );
        }
    }
}
