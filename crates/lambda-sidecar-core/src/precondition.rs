//! What is checked before the function is called, under either policy (`docs/failures.md`).
//!
//! Whatever a client can bring about is here and never among the failures of the function call: no
//! client can make a fail-safe sidecar let its call through unseen.

use std::{error::Error, fmt};

use http::{HeaderMap, HeaderName, StatusCode, request};

use crate::{CallContext, Expand, Point, Sidecar, blank::is_blank, envelope::selected};

/// 1 MB as the connector counts it; a payload known to be larger has a message of its own.
const ONE_MB: u64 = 1024 * 1024;

/// How long the selected headers and the expanded query of a request may be together, in bytes: 64 KB.
const MAX_HEADERS: usize = 64 * 1024;

/// A condition on the call that is not met. It blocks the call, and the function is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precondition {
    /// A required request header is missing or empty; the name as configured.
    RequiredHeader(String),
    /// A required EAV of the application is missing or empty.
    RequiredApplicationEav(String),
    /// EAVs of the application are required, and the call has no application data at all.
    NoApplicationData,
    /// A required EAV of the package key is missing or empty.
    RequiredPackageKeyEav(String),
    /// EAVs of the package key are required, and the call has no package-key data at all.
    NoPackageKeyData,
    /// Nothing names the tenant that the function is invoked for (`tenant-id`), or the text is none that AWS Lambda takes.
    NoTenantId,
    /// The envelope cannot be built: the body broke off, say.
    NoEnvelope,
    /// A payload to be sent is larger than `max-payload-size`, under the condition `blocking`.
    PayloadTooLarge {
        /// How much of it is known to be there, in bytes.
        known_length: u64,
    },
    /// The envelope would be larger than AWS Lambda takes
    /// ([`Invocation::max_payload`](crate::Invocation::max_payload)), and no payload in it may be left out, or
    /// none is left. At `PostProcessor` the response makes it so.
    EnvelopeTooLarge,
    /// The request's headers that are sent and its query, if that is sent, are longer than 64 KB together.
    HeadersTooLarge,
    /// A response's payload to be sent does not end, or not within the sidecar's `timeout`, under the
    /// condition `blocking`. That counts as larger than `max-payload-size`.
    PayloadNotWhole,
}

impl Precondition {
    /// The error name that the client and the error sets see.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RequiredHeader(_) => "RequiredHeaderConditionFailure",
            Self::RequiredApplicationEav(_) | Self::NoApplicationData => {
                "RequiredApplicationEAVConditionFailure"
            }
            Self::RequiredPackageKeyEav(_) | Self::NoPackageKeyData => {
                "RequiredPackageKeyEAVConditionFailure"
            }
            Self::NoTenantId => "RequiredTenantIdConditionFailure",
            Self::NoEnvelope => "InvalidJSONInputForAWSLambda",
            Self::PayloadTooLarge { .. } | Self::EnvelopeTooLarge | Self::PayloadNotWhole => {
                "MaxPayloadConditionFailure"
            }
            Self::HeadersTooLarge => "MaxHeaderConditionFailure",
        }
    }

    /// The status the client gets at this point.
    #[must_use]
    pub const fn status(&self, point: Point) -> StatusCode {
        match (self, point) {
            (Self::NoEnvelope, Point::PostProcessor) => StatusCode::INTERNAL_SERVER_ERROR,
            (Self::EnvelopeTooLarge, Point::PostProcessor) | (Self::PayloadNotWhole, _) => {
                StatusCode::BAD_GATEWAY
            }
            (Self::PayloadTooLarge { .. } | Self::EnvelopeTooLarge, _) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            (Self::HeadersTooLarge, _) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The message the client gets at this point.
    #[must_use]
    pub fn message(&self, point: Point) -> String {
        match self {
            Self::RequiredHeader(name) => format!("Required Header - {name} Unavailable"),
            Self::RequiredApplicationEav(name) => {
                format!("Required Application EAV - {name} Unavailable")
            }
            Self::NoApplicationData => "Error occurred while fetching application data".into(),
            Self::RequiredPackageKeyEav(name) => {
                format!("Required Package Key EAV - {name} Unavailable")
            }
            Self::NoPackageKeyData => "Error occurred while fetching package key data".into(),
            Self::NoTenantId => "Tenant ID Unavailable".into(),
            Self::NoEnvelope => match point {
                Point::PreProcessor => {
                    "Error while creating json input for AWS Lambda in pre-process".into()
                }
                Point::PostProcessor => {
                    "Error while creating json input for AWS Lambda in post-process".into()
                }
            },
            Self::PayloadTooLarge { known_length } if *known_length > ONE_MB => {
                "Payload length is more than 1MB.".into()
            }
            Self::PayloadTooLarge { .. } | Self::EnvelopeTooLarge | Self::PayloadNotWhole => {
                "Payload length is more than max allowed payload".into()
            }
            Self::HeadersTooLarge => "Headers and query are more than max allowed".into(),
        }
    }
}

impl Error for Precondition {}

impl fmt::Display for Precondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Point::PreProcessor))
    }
}

/// Checks what a sidecar requires of a request beside its payload: headers, then EAVs of the
/// application, then EAVs of the package key.
///
/// # Errors
///
/// The first condition that is not met.
pub fn check_request(
    sidecar: &Sidecar,
    context: &CallContext,
    headers: &HeaderMap,
) -> Result<(), Precondition> {
    for required in sidecar.required_request_headers() {
        if !has_value(headers, &required.name) {
            return Err(Precondition::RequiredHeader(required.configured.clone()));
        }
    }
    let application = context.application.as_ref().map(|a| &a.eavs);
    for name in sidecar.required_eavs() {
        match application.map(|eavs| eavs.get(name)) {
            None => return Err(Precondition::NoApplicationData),
            Some(Some(value)) if !is_blank(value.as_bytes()) => {}
            Some(_) => return Err(Precondition::RequiredApplicationEav(name.clone())),
        }
    }
    let package_key = context.package_key.as_ref().map(|key| &key.eavs);
    for name in sidecar.required_package_key_eavs() {
        match package_key.map(|eavs| eavs.get(name)) {
            None => return Err(Precondition::NoPackageKeyData),
            Some(Some(value)) if !is_blank(value.as_bytes()) => {}
            Some(_) => return Err(Precondition::RequiredPackageKeyEav(name.clone())),
        }
    }
    Ok(())
}

/// Whether a sidecar could send more than 64 KB of this request's headers and query.
pub(crate) fn may_be_too_much(request: &request::Parts) -> bool {
    let lines = request.headers.iter();
    let all: usize = lines.map(|(name, value)| line(name, value.len())).sum();
    all + query(request) > MAX_HEADERS
}

/// Whether a sidecar would send more than 64 KB of this request's headers and query.
///
/// Names and values count, of each line, and the query as it was sent.
pub(crate) fn sends_too_much(sidecar: &Sidecar, request: &request::Parts) -> bool {
    let names = selected(sidecar.request_headers(), &request.headers);
    let headers: usize = names
        .flat_map(|name| {
            let values = request.headers.get_all(name);
            values.into_iter().map(move |value| line(name, value.len()))
        })
        .sum();
    let expanded = match sidecar.expands(Expand::Operation) {
        true => query(request),
        false => 0,
    };
    headers + expanded > MAX_HEADERS
}

fn query(request: &request::Parts) -> usize {
    request.uri.query().map_or(0, str::len)
}

fn line(name: &HeaderName, length: usize) -> usize {
    name.as_str().len() + length
}

fn has_value(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers
        .get_all(name)
        .iter()
        .any(|value| !is_blank(value.as_bytes()))
}
