//! Section 6: what a failed call is called, with which status and message.

use std::time::Duration;

use super::{POINTS, plain};
use http::{HeaderValue, StatusCode};
use lambda_sidecar_core::{ErrorSet, ErrorSetEntry, Failure, FailureClass, Point, SidecarError};

/// A failure, and at the two points: its name, status and message.
#[track_caller]
fn is_called(failure: &Failure, names: [&str; 2], status: u16, message: &str) {
    for (point, name) in POINTS.into_iter().zip(names) {
        let error = SidecarError::from_failure(failure, point);
        assert_eq!(error.name(), name, "{failure:?}");
        assert_eq!(error.status().as_u16(), status, "{failure:?}");
        assert_eq!(error.detail(), message, "{failure:?}");
        assert_eq!(failure.name(point), name);
        assert_eq!(failure.status().as_u16(), status);
        assert_eq!(failure.message(), message);
    }
}

const INVALID_RESPONSE: [&str; 2] = [
    "InvalidResponseFromAWSLambdaInPreProcess",
    "InvalidResponseFromAWSLambdaInPostProcess",
];

#[test]
fn an_empty_answer_is_not_returned() {
    is_called(
        &Failure::EmptyAnswer,
        INVALID_RESPONSE,
        500,
        "AWS Lambda Response is not returned",
    );
}

#[test]
fn a_wrong_answer_is_an_invalid_output() {
    let failure = Failure::WrongAnswer("for the log".into());
    is_called(
        &failure,
        INVALID_RESPONSE,
        500,
        "Invalid output from AWS Lambda function",
    );
    let failure = Failure::from_class(FailureClass::WrongAnswer, Some(200), Some("X".into()));
    is_called(
        &failure,
        INVALID_RESPONSE,
        500,
        "Invalid output from AWS Lambda function",
    );
}

#[test]
fn another_status_without_an_exception_code_is_no_success() {
    let message = "Success Response not returned from AWS Lambda";
    for status in [201, 302, 403, 500, 503] {
        is_called(
            &Failure::UnexpectedStatus(status),
            INVALID_RESPONSE,
            500,
            message,
        );
        let failure = Failure::from_class(FailureClass::ServiceException, Some(status), None);
        assert_eq!(failure, Failure::UnexpectedStatus(status));
    }
}

#[test]
fn no_connection_and_no_credentials_are_an_error_while_connecting() {
    let message = "Error while connecting to AWS lambda.";
    is_called(&Failure::Connect, INVALID_RESPONSE, 500, message);
    is_called(&Failure::Credentials, INVALID_RESPONSE, 500, message);
    for class in [FailureClass::Connect, FailureClass::Credentials] {
        // The code of what Parameter Store or STS refused is not the client's to know.
        let failure = Failure::from_class(class, Some(400), Some("AccessDenied".into()));
        is_called(&failure, INVALID_RESPONSE, 500, message);
    }
}

#[test]
fn a_service_exception_tells_its_code() {
    for class in [FailureClass::ServiceException, FailureClass::Throttled] {
        for code in ["TooManyRequestsException", "ResourceNotFoundException"] {
            let failure = Failure::from_class(class, Some(429), Some(code.into()));
            is_called(&failure, INVALID_RESPONSE, 500, code);
        }
    }
}

#[test]
fn a_timeout_is_a_gateway_timeout() {
    let message = "Timeout occurred while connecting to AWS Service";
    is_called(&Failure::Timeout, ["GatewayTimeout"; 2], 504, message);
    let failure = Failure::from_class(FailureClass::Timeout, None, None);
    is_called(&failure, ["GatewayTimeout"; 2], 504, message);
}

#[test]
fn a_rejected_call_is_told_when_to_try_again() {
    let message = "AWS Lambda function is not called";
    for (retry_after, seconds) in [
        (Duration::ZERO, "1"),
        (Duration::from_millis(1), "1"),
        (Duration::from_secs(1), "1"),
        (Duration::from_millis(4001), "5"),
    ] {
        let failure = Failure::Rejected { retry_after };
        is_called(&failure, INVALID_RESPONSE, 503, message);
        let error = SidecarError::from_failure(&failure, Point::PreProcessor);
        let grpc = HeaderValue::from_static("application/grpc");
        let entry = ErrorSetEntry::new().status(StatusCode::IM_A_TEAPOT);
        let set = ErrorSet::new().error("503", entry);
        for context in [plain(), plain().grpc(&grpc), plain().error_set(&set)] {
            let response = error.to_response(&context);
            assert_eq!(response.headers()["retry-after"], seconds, "{context:?}");
        }
    }
    let failure = Failure::from_class(FailureClass::Rejected, None, None);
    let error = SidecarError::from_failure(&failure, Point::PostProcessor);
    assert_eq!(error.to_response(&plain()).headers()["retry-after"], "1");
}

#[test]
fn only_a_rejected_call_is_told_when_to_try_again() {
    for class in FailureClass::ALL.iter().copied() {
        let failure = Failure::from_class(class, None, None);
        let error = SidecarError::from_failure(&failure, Point::PreProcessor);
        let told = error
            .to_response(&plain())
            .headers()
            .contains_key("retry-after");
        assert_eq!(told, class == FailureClass::Rejected, "{class}");
    }
}

#[test]
fn every_failure_has_the_class_its_call_had() {
    for class in FailureClass::ALL.iter().copied() {
        for status in [None, Some(429), Some(500)] {
            for code in [None, Some("E".to_owned())] {
                assert_eq!(Failure::from_class(class, status, code).class(), class);
            }
        }
    }
}
