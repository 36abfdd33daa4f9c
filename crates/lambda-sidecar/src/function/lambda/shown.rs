//! What is shown of an error that is not ours.
//!
//! What the SDK says can hold anything: an address with its password, what a program of a profile wrote, an answer of
//! STS that repeats the external id in whatever form. So nothing of it is shown but words that stand here, numbers, and
//! what is known to have no text of others in it.

use std::{error::Error, io};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_lambda::error::ErrorMetadata;
use aws_smithy_runtime_api::client::result::ConnectorError;
use hyper_util::client::legacy;

use super::{codes::known_code_in, http::TooLarge, sdk_error::Told, settings::AwsSettingsError};
use crate::{ResolveError, function::causes::causes};

/// An error and all its causes in one line.
pub(super) fn shown(error: &(dyn Error + 'static)) -> String {
    line(error, |_| None)
}

/// The same, and of an answer of AWS what this makes of its message.
pub(super) fn line(
    error: &(dyn Error + 'static),
    message: impl Fn(&ErrorMetadata) -> Option<String>,
) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut is_whole = true;
    for cause in causes(error) {
        let words = match cause.downcast_ref::<ErrorMetadata>() {
            Some(metadata) => {
                said.extend(code(metadata).filter(|code| !said.contains(code)));
                message(metadata)
            }
            None => words(cause),
        };
        is_whole &= words.is_some();
        said.extend(words.filter(|words| !said.contains(words)));
    }
    if !is_whole {
        said.push(HIDDEN.to_owned());
    }
    said.join(": ")
}

pub(super) const HIDDEN: &str = "the rest is not shown, for it may have a secret in it";

fn code(metadata: &ErrorMetadata) -> Option<String> {
    metadata.code().and_then(known_code_in).map(str::to_owned)
}

fn words(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Some(error.kind().to_string());
    }
    let text = error.to_string();
    let is_harmless = error.is::<Told>()
        || error.is::<AwsSettingsError>()
        || error.is::<CredentialsError>()
        || error.is::<ConnectorError>()
        || error.is::<ResolveError>()
        || error.is::<TooLarge>()
        || error.is::<legacy::Error>()
        || error.is::<hyper::Error>()
        || error.is::<rustls::Error>();
    match is_harmless {
        true => Some(text),
        false => known(&text),
    }
}

/// What the SDK says with a number behind it.
const NUMBERED: [&str; 2] = [
    "external process exited with code exit status: ",
    "Non-success status from HTTP credential provider: StatusCode(",
];

/// What else it says, as far as it is always the same. The longer ones stand first.
const PHRASES: [&str; 50] = [
    "failed to construct request",
    "request has timed out",
    "dispatch failure",
    "response error",
    "service error",
    "tcp connect error",
    "TLS handshake failed",
    "HTTP/1 connection establishment failed",
    "HTTP connect timeout",
    "HTTP read timeout",
    "operation attempt timeout",
    "operation timeout",
    "no credentials found in chain",
    "no providers in chain provided credentials",
    "environment variable not set",
    "AWS_WEB_IDENTITY_TOKEN_FILE was not set",
    "AWS_ROLE_ARN environment variable must be set",
    "WebIdentityToken was not valid UTF-8",
    "ECS provider not configured",
    "invalid full URI for ECS provider (URI did not refer to an allowed IP address)",
    "invalid full URI for ECS provider (failed to perform DNS lookup while validating URI)",
    "invalid full URI for ECS provider",
    "invalid relative URI for ECS provider",
    "the auth token could not be used as an HTTP header value",
    "failed to load credentials",
    "Expected field `AccessKeyId` in response but it was missing",
    "Expected field `SecretAccessKey` in response but it was missing",
    "Expected field `Token` in response but it was missing",
    "Expected field `Expiration` in response but it was missing",
    "Expected field `Version` in response but it was missing",
    "Error retrieving credentials from external process, could not parse response",
    "Error retrieving credentials from external process: could not decode output",
    "Error retrieving credentials from external process",
    "external process exited with code signal",
    "Error retrieving credentials from IMDS",
    "could not communicate with IMDS",
    "failed to load IMDS session token",
    "an IO error occurred communicating with IMDS",
    "error response from IMDS",
    "request forbidden: IMDS is disabled or the caller has insufficient permissions",
    "received 404 from IMDS",
    "IMDS is disabled",
    "profile formed an infinite loop",
    "missing credential source",
    "invalid credential source",
    "a provider that is not supported",
    "This behavior requires following cargo feature(s) enabled",
    "has invalid SSO config",
    "was not defined",
    "ProfileFile provider could not be built",
];

fn known(text: &str) -> Option<String> {
    if let Some(code) = known_code_in(text) {
        return Some(code.to_owned());
    }
    let numbered = NUMBERED.iter().find_map(|start| {
        let (_, rest) = text.split_once(start)?;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        // A number of three digits is no secret.
        rest.get(..end.min(3))
            .map(|number| format!("{start}{number}"))
    });
    let phrase = || PHRASES.iter().find(|phrase| text.contains(*phrase));
    numbered.or_else(|| phrase().map(|phrase| (*phrase).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr3t-external-id";

    fn of_sts(code: &str, message: &str) -> CredentialsError {
        let metadata = ErrorMetadata::builder().code(code).message(message);
        CredentialsError::provider_error(metadata.build())
    }

    #[test]
    fn an_error_is_shown_in_known_words_alone() {
        for (error, expected) in [
            (
                CredentialsError::provider_error(format!(
                    "Error retrieving credentials: external process exited with code exit status: 1. Stderr: {SECRET}"
                )),
                "external process exited with code exit status: 1",
            ),
            (
                CredentialsError::invalid_configuration(format!(
                    "invalid full URI for ECS provider (URI was invalid): http://user:{SECRET}@h"
                )),
                "invalid full URI for ECS provider",
            ),
            (
                CredentialsError::provider_error(format!(
                    "failed to load credentials [{SECRET}]: {SECRET}"
                )),
                "failed to load credentials",
            ),
            (
                CredentialsError::unhandled(io::Error::new(
                    io::ErrorKind::ConnectionRefused,
                    SECRET,
                )),
                "connection refused",
            ),
            (of_sts(SECRET, SECRET), "not shown"),
            (
                of_sts("ValidationError", SECRET),
                "credentials: ValidationError: the rest is not",
            ),
            (CredentialsError::not_loaded(SECRET), "not shown"),
            (
                CredentialsError::not_loaded(Told::from("our own words")),
                "our own words",
            ),
        ] {
            let line = shown(&error);
            assert!(line.contains(expected), "{line}");
            assert!(!line.contains("s3cr3t"), "{line}");
        }
    }
}
