//! What an answer means, as the SDK reads it.

use aws_sdk_lambda::{
    error::SdkError,
    operation::invoke::{Invoke, InvokeError, InvokeOutput},
};
use aws_smithy_runtime_api::client::{
    runtime_plugin::RuntimePlugin as _,
    ser_de::{DeserializeResponse as _, SharedResponseDeserializer},
};
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response};

use super::exchange::{AttemptError, raw};
use crate::function::lambda::invoke_answer::InvokeAnswer;

const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const UNREADABLE: &str = "the answer could not be read";

/// What the SDK would make of the answer.
#[allow(clippy::result_large_err, reason = "the SDK's errors are of that size")]
pub(super) fn read(response: Response<Bytes>) -> Result<InvokeAnswer, AttemptError> {
    match plain(&response) {
        Ok(answer) => Ok(answer),
        Err(SecondLook) => read_by_sdk(response),
    }
}

/// Why an answer is not taken for a plain success.
struct SecondLook;

fn plain(response: &Response<Bytes>) -> Result<InvokeAnswer, SecondLook> {
    if !response.status().is_success() {
        return Err(SecondLook);
    }
    Ok(InvokeAnswer {
        status: response.status().as_u16(),
        function_error: header(response.headers(), &FUNCTION_ERROR)?,
        version: header(response.headers(), &EXECUTED_VERSION)?,
        payload: response.body().clone(),
    })
}

/// A header that stands there once at most, as text.
fn header(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, SecondLook> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(SecondLook);
    }
    let text = first.map(|value| std::str::from_utf8(value.as_bytes()));
    let text = text.transpose().map_err(|_| SecondLook)?;
    Ok(text.map(str::to_owned))
}

/// Everything else is for the SDK to tell: which exception it is, or what is wrong with the answer.
#[allow(clippy::result_large_err, reason = "the SDK's errors are of that size")]
fn read_by_sdk(response: Response<Bytes>) -> Result<InvokeAnswer, AttemptError> {
    let (parts, body) = response.into_parts();
    let response = raw(parts, body)?;
    let config = Invoke::new().config();
    let reader = config
        .as_ref()
        .and_then(|config| config.load::<SharedResponseDeserializer>());
    let Some(reader) = reader else {
        return Err(SdkError::response_error(UNREADABLE, response));
    };
    let mut exception = None;
    match reader.deserialize_nonstreaming_with_config(&response, &ConfigBag::base()) {
        Ok(output) => {
            if let Ok(output) = output.downcast::<InvokeOutput>() {
                return Ok(output.into());
            }
        }
        Err(error) => drop(error.map_operation_error(|error| {
            exception = error.downcast::<InvokeError>().ok();
        })),
    }
    Err(match exception {
        Some(exception) => SdkError::service_error(exception, response),
        None => SdkError::response_error(UNREADABLE, response),
    })
}
