//! Failures of the function call (`docs/failures.md`).

use std::{borrow::Cow, error::Error, fmt};

use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

use crate::{Answer, FailureClass, Point};

/// The longest text of a function's own payload that is passed on, in characters.
const MAX_DETAIL: usize = 1024;

/// A function call that failed, with what the client is to be told under a blocking policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// No connection to the function, or it broke.
    Connect,
    /// No credentials: none found, or Parameter Store or STS refused.
    Credentials,
    /// Refused for load; the exception's code.
    Throttled(String),
    /// A service exception; its code, or its full text where the application opted in.
    ServiceException(String),
    /// A status other than 200 and 202 without an exception code.
    UnexpectedStatus(u16),
    /// No answer within the sidecar's `timeout`.
    Timeout,
    /// The function ran and failed.
    FunctionError {
        /// The function's `errorMessage`, else its payload's text.
        detail: String,
        /// The function's `errorType`, else the value of `X-Amz-Function-Error`.
        title: String,
    },
    /// An empty answer, or `null`.
    EmptyAnswer,
    /// The function answered something that is no verdict; the reason, for the log.
    WrongAnswer(String),
}

impl Failure {
    /// The failure of a call that brought no answer, from what the function service knows.
    #[must_use]
    pub fn of_call(class: FailureClass, status: Option<u16>, code: Option<String>) -> Self {
        match (class, code) {
            (FailureClass::Credentials, _) => Self::Credentials,
            (FailureClass::Throttled, code) => {
                Self::Throttled(code.unwrap_or_else(|| "TooManyRequestsException".into()))
            }
            (FailureClass::ServiceException, Some(code)) => Self::ServiceException(code),
            (FailureClass::ServiceException, None) => Self::UnexpectedStatus(status.unwrap_or(0)),
            (FailureClass::Timeout, _) => Self::Timeout,
            (FailureClass::FunctionError, code) => Self::FunctionError {
                detail: String::new(),
                title: code.unwrap_or_else(|| "Unhandled".into()),
            },
            (FailureClass::WrongAnswer, _) => {
                Self::WrongAnswer("the answer could not be taken".into())
            }
            (FailureClass::Connect, _) => Self::Connect,
        }
    }

    /// The failure that an answer with `X-Amz-Function-Error` stands for. The function's stack trace
    /// is never taken over.
    pub(crate) fn of_function(header: &str, answer: &Answer) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Reported<'a> {
            #[serde(borrow)]
            error_message: Option<&'a RawValue>,
            #[serde(borrow)]
            error_type: Option<&'a RawValue>,
        }
        let text = |value: Option<&RawValue>| {
            value.and_then(|value| serde_json::from_str::<String>(value.get()).ok())
        };
        let (message, kind) = match serde_json::from_slice::<Reported<'_>>(&answer.payload) {
            Ok(reported) => (text(reported.error_message), text(reported.error_type)),
            Err(_) => (None, None),
        };
        Self::FunctionError {
            detail: message.unwrap_or_else(|| payload_text(&answer.payload)),
            title: kind.unwrap_or_else(|| header.to_owned()),
        }
    }

    /// Which row of the error policy decides.
    #[must_use]
    pub const fn class(&self) -> FailureClass {
        match self {
            Self::Connect => FailureClass::Connect,
            Self::Credentials => FailureClass::Credentials,
            Self::Throttled(_) => FailureClass::Throttled,
            Self::ServiceException(_) | Self::UnexpectedStatus(_) => FailureClass::ServiceException,
            Self::Timeout => FailureClass::Timeout,
            Self::FunctionError { .. } => FailureClass::FunctionError,
            Self::EmptyAnswer | Self::WrongAnswer(_) => FailureClass::WrongAnswer,
        }
    }

    /// The error name that the client and the error sets see at this point.
    #[must_use]
    pub const fn name(&self, point: Point) -> &'static str {
        match (self, point) {
            (Self::Timeout, _) => "GatewayTimeout",
            (Self::FunctionError { .. }, _) => "FunctionError",
            (_, Point::PreProcessor) => "InvalidResponseFromAWSLambdaInPreProcess",
            (_, Point::PostProcessor) => "InvalidResponseFromAWSLambdaInPostProcess",
        }
    }

    /// The status the client gets.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::FunctionError { .. } => StatusCode::BAD_GATEWAY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The message the client gets.
    #[must_use]
    pub fn message(&self) -> Cow<'_, str> {
        match self {
            Self::Connect | Self::Credentials => "Error while connecting to AWS lambda.".into(),
            Self::Throttled(text) | Self::ServiceException(text) => text.into(),
            Self::UnexpectedStatus(_) => "Success Response not returned from AWS Lambda".into(),
            Self::Timeout => "Timeout occurred while connecting to AWS Service".into(),
            Self::FunctionError { detail, .. } => detail.into(),
            Self::EmptyAnswer => "AWS Lambda Response is not returned".into(),
            Self::WrongAnswer(_) => "Invalid output from AWS Lambda function".into(),
        }
    }
}

/// Names the class; what the function said is not in it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the function call failed: {}", self.class())?;
        match self {
            Self::WrongAnswer(reason) => write!(f, " ({reason})"),
            Self::UnexpectedStatus(status) => write!(f, " (status {status})"),
            _ => Ok(()),
        }
    }
}

impl Error for Failure {}

/// A payload as text, cut to [`MAX_DETAIL`] characters. Stack traces in it are left out; where they cannot
/// be told from the rest (numbers or nesting that cannot be held), so is everything.
fn payload_text(payload: &Bytes) -> String {
    let text = match serde_json::from_slice::<Value>(payload) {
        Ok(mut value) => {
            if drop_traces(&mut value) {
                Cow::Owned(value.to_string())
            } else {
                String::from_utf8_lossy(payload)
            }
        }
        Err(_) if serde_json::from_slice::<IgnoredAny>(payload).is_ok() => Cow::Borrowed(""),
        Err(_) => String::from_utf8_lossy(payload),
    };
    text.chars().take(MAX_DETAIL).collect()
}

/// Removes the members in which run times put stack traces, at any depth. Whether there were any.
fn drop_traces(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            let before = members.len();
            members.retain(|name, _| name != "stackTrace" && name != "trace");
            let dropped = members.len() < before;
            members
                .values_mut()
                .fold(dropped, |dropped, member| drop_traces(member) | dropped)
        }
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |dropped, item| drop_traces(item) | dropped),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function_error(payload: &str) -> (String, String) {
        let answer = Answer::ok(payload.to_owned());
        match Failure::of_function("Unhandled", &answer) {
            Failure::FunctionError { detail, title } => (detail, title),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_function_error_tells_message_and_type_and_never_the_stack_trace() {
        let (detail, title) = function_error(
            r#"{"errorMessage":"broken","errorType":"java.lang.X","stackTrace":["com.acme"]}"#,
        );
        assert_eq!((detail.as_str(), title.as_str()), ("broken", "java.lang.X"));
    }

    #[test]
    fn without_error_message_the_detail_is_the_payload_text_without_a_stack_trace() {
        let (detail, title) = function_error(r#"{"errorType":"E","stackTrace":["com.acme"]}"#);
        assert_eq!(
            (detail.as_str(), title.as_str()),
            (r#"{"errorType":"E"}"#, "E")
        );
        let (detail, title) = function_error("Task timed out after 3.00 seconds");
        assert_eq!(detail, "Task timed out after 3.00 seconds");
        assert_eq!(title, "Unhandled");
    }

    #[test]
    fn without_error_type_the_title_is_the_header() {
        let (detail, title) = function_error(r#"{"errorMessage":"m"}"#);
        assert_eq!((detail.as_str(), title.as_str()), ("m", "Unhandled"));
    }

    #[test]
    fn a_payload_text_is_cut_at_1024_characters() {
        assert_eq!(function_error(&"é".repeat(1024)).0.chars().count(), 1024);
        assert_eq!(function_error(&"é".repeat(1025)).0.chars().count(), 1024);
    }

    #[test]
    fn an_error_message_of_another_type_is_none() {
        let payload = r#"{"errorMessage":{"a":1},"errorType":7}"#;
        assert_eq!(
            function_error(payload),
            (payload.into(), "Unhandled".into())
        );
    }
}
