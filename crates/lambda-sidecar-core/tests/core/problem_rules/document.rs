//! Section 7: the problem document.

use super::{MESSAGE_ID, document, errors, plain, shown, timeout};
use lambda_sidecar_core::{ErrorContext, Failure, Point, SidecarError, X_SIDECAR_ERROR};
use serde_json::json;

#[test]
fn an_error_is_a_problem_document() {
    let response = timeout().to_response(&plain());
    assert_eq!(response.status(), 504);
    insta::assert_snapshot!(str::from_utf8(response.body()).unwrap(), @r#"{"type":"urn:lambda-sidecar:error:GatewayTimeout","title":"GatewayTimeout","status":504,"detail":"Timeout occurred while connecting to AWS Service","instance":"urn:uuid:7632924a-8d8d-4d35-8a77-b57c4bb450af"}"#);
    insta::assert_snapshot!(shown(response.headers()), @r"
    content-type: application/problem+json
    x-sidecar-error: GatewayTimeout
    ");
}

#[test]
fn every_error_but_the_502_is_a_problem_document_of_its_own_name_status_and_message() {
    for error in errors() {
        if error.name() == "FunctionError" {
            continue;
        }
        let response = error.to_response(&plain());
        assert_eq!(response.status(), error.status());
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(
            document(&response),
            json!({
                "type": format!("urn:lambda-sidecar:error:{}", error.name()),
                "title": error.name(),
                "status": error.status().as_u16(),
                "detail": error.detail(),
                "instance": format!("urn:uuid:{MESSAGE_ID}"),
            })
        );
    }
}

#[test]
fn an_error_of_the_inputs_has_its_name_at_both_points() {
    let error = SidecarError::invalid_inputs("AWS Region Not Specified; Role ARN Not Specified");
    assert_eq!(error.name(), "InvalidPreInputConfiguration");
    assert_eq!(
        error.detail(),
        "AWS Region Not Specified; Role ARN Not Specified"
    );
}

#[test]
fn every_error_carries_its_name_in_a_header() {
    for error in errors() {
        let response = error.to_response(&plain());
        let names: Vec<_> = response.headers().get_all(X_SIDECAR_ERROR).iter().collect();
        assert_eq!(names, [error.name()]);
    }
    assert_eq!(X_SIDECAR_ERROR, "x-sidecar-error");
}

#[test]
fn type_follows_the_base_uri_of_the_application() {
    let context = plain().type_base("https://acme.com/errors/");
    let document = document(&timeout().to_response(&context));
    assert_eq!(document["type"], "https://acme.com/errors/GatewayTimeout");
    assert_eq!(document["title"], "GatewayTimeout");
}

#[test]
fn instance_is_a_urn_of_the_message_id_or_the_id_as_it_is_when_it_is_no_uuid() {
    for (id, instance) in [
        (MESSAGE_ID, "urn:uuid:7632924a-8d8d-4d35-8a77-b57c4bb450af"),
        (
            "7632924A-8D8D-4D35-8A77-B57C4BB450AF",
            "urn:uuid:7632924A-8D8D-4D35-8A77-B57C4BB450AF",
        ),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        (
            "7632924a8d8d4d358a77b57c4bb450af",
            "7632924a8d8d4d358a77b57c4bb450af",
        ),
        (
            "7632924g-8d8d-4d35-8a77-b57c4bb450af",
            "7632924g-8d8d-4d35-8a77-b57c4bb450af",
        ),
        (
            "7632924a-8d8d-4d35-8a77-b57c4bb450a",
            "7632924a-8d8d-4d35-8a77-b57c4bb450a",
        ),
        (
            "7632924a-8d8d-4d35-8a77-b57c4bb450aff",
            "7632924a-8d8d-4d35-8a77-b57c4bb450aff",
        ),
        (
            "7632924a8-d8d-4d35-8a77-b57c4bb450af",
            "7632924a8-d8d-4d35-8a77-b57c4bb450af",
        ),
        ("request \"7\"", "request \"7\""),
    ] {
        let context = ErrorContext::new(id);
        assert_eq!(
            document(&timeout().to_response(&context))["instance"],
            instance
        );
    }
}

#[test]
fn a_message_of_any_text_makes_a_valid_document() {
    let failure = Failure::ServiceException("\"\\\n\u{0}\u{2028}é".into());
    let error = SidecarError::from_failure(&failure, Point::PreProcessor);
    let response = error.to_response(&plain());
    assert_eq!(document(&response)["detail"], "\"\\\n\u{0}\u{2028}é");
}
