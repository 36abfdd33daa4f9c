//! Section 4 of the connector: what is checked before the function is called.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use lambda_sidecar_core::{
    Application, CallContext, Outcome, PackageKey, Plan, Point, Precondition, Sidecar,
    SidecarBuilder, SidecarError, check_request,
};

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];

fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value).unwrap(),
        );
    }
    headers
}

fn application(eavs: &[(&str, &str)]) -> CallContext {
    CallContext::new().application(Arc::new(Application::new(eavs.iter().copied())))
}

fn package_key(eavs: &[(&str, &str)]) -> CallContext {
    CallContext::new().package_key(Arc::new(PackageKey::new("key", eavs.iter().copied())))
}

/// What the condition of a sidecar says at both points.
#[track_caller]
fn check(
    build: impl Fn(SidecarBuilder) -> SidecarBuilder,
    context: &CallContext,
    headers: &HeaderMap,
) -> Result<(), Precondition> {
    let results = POINTS.map(|point| {
        let sidecar = build(Sidecar::local(point, "f")).build().unwrap();
        check_request(&sidecar, context, headers)
    });
    assert_eq!(results[0], results[1]);
    results.into_iter().next().unwrap()
}

/// The condition answers the client at both points with this name, status and message.
#[track_caller]
fn is_answered(condition: &Precondition, name: &str, status: u16, message: &str) {
    for point in POINTS {
        is_answered_at(point, condition, name, status, message);
    }
}

#[track_caller]
fn is_answered_at(point: Point, condition: &Precondition, name: &str, status: u16, message: &str) {
    let sidecar = Sidecar::local(point, "f").build().unwrap();
    let Plan::Fail(error) = Plan::new(&sidecar, Outcome::NotInvoked(condition.clone())) else {
        panic!("{condition:?} does not block");
    };
    assert_eq!(error, SidecarError::from_precondition(condition, point));
    assert_eq!(error.name(), name);
    assert_eq!(error.status(), StatusCode::from_u16(status).unwrap());
    assert_eq!(error.detail(), message);
}

// Required request headers

fn require_header(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.require_request_headers(["X-Api-Version"])
}

#[test]
fn a_required_header_that_is_there_is_met() {
    for value in [&b"1"[..], b" 1 ", b"\xff", "\u{a0}x".as_bytes()] {
        let headers = headers(&[("x-api-version", value)]);
        assert_eq!(check(require_header, &CallContext::new(), &headers), Ok(()));
    }
}

#[test]
fn a_required_header_that_is_missing_blocks() {
    for headers in [
        headers(&[]),
        headers(&[("x-api-versions", b"1"), ("api-version", b"1")]),
    ] {
        assert_eq!(
            check(require_header, &CallContext::new(), &headers),
            Err(Precondition::RequiredHeader("X-Api-Version".into()))
        );
    }
}

#[test]
fn a_required_header_that_is_empty_or_white_space_alone_blocks() {
    for value in [&b""[..], b" ", b"\t", b" \t  "] {
        let once = headers(&[("x-api-version", value)]);
        let twice = headers(&[("x-api-version", value), ("x-api-version", value)]);
        for headers in [once, twice] {
            assert_eq!(
                check(require_header, &CallContext::new(), &headers),
                Err(Precondition::RequiredHeader("X-Api-Version".into()))
            );
        }
    }
}

#[test]
fn a_required_header_with_one_line_that_is_not_empty_is_met() {
    let headers = headers(&[("x-api-version", b""), ("x-api-version", b"1")]);
    assert_eq!(check(require_header, &CallContext::new(), &headers), Ok(()));
}

#[test]
fn a_required_header_is_required_even_where_it_is_skipped_in_the_envelope() {
    let build =
        |sidecar: SidecarBuilder| require_header(sidecar).skip_request_headers(["x-api-version"]);
    assert!(check(build, &CallContext::new(), &headers(&[])).is_err());
    let headers = headers(&[("x-api-version", b"1")]);
    assert_eq!(check(build, &CallContext::new(), &headers), Ok(()));
}

#[test]
fn a_missing_required_header_answers_400_with_the_name_as_configured() {
    is_answered(
        &Precondition::RequiredHeader("X-Api-Version".into()),
        "RequiredHeaderConditionFailure",
        400,
        "Required Header - X-Api-Version Unavailable",
    );
}

#[test]
fn an_included_header_is_not_required() {
    let build = |sidecar: SidecarBuilder| sidecar.include_request_headers(["x-a"]);
    assert_eq!(check(build, &CallContext::new(), &headers(&[])), Ok(()));
}

// Required EAVs of the application

fn require_eav(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.require_eavs(["Tier"])
}

#[test]
fn a_required_application_eav_that_is_set_is_met() {
    let context = application(&[("Tier", "gold")]);
    assert_eq!(check(require_eav, &context, &headers(&[])), Ok(()));
}

#[test]
fn a_required_application_eav_that_is_missing_or_blank_blocks() {
    for eavs in [
        &[][..],
        &[("Other", "gold")],
        &[("Tier", "")],
        &[("Tier", " ")],
        &[("Tier", "\t\r\n ")],
    ] {
        assert_eq!(
            check(require_eav, &application(eavs), &headers(&[])),
            Err(Precondition::RequiredApplicationEav("Tier".into())),
            "{eavs:?}"
        );
    }
}

#[test]
fn a_value_of_white_space_alone_is_empty_whatever_the_white_space() {
    for blank in ["\u{b}", "\u{a0}", "\u{2003}\u{3000}", "\u{85}"] {
        assert!(
            check(require_eav, &application(&[("Tier", blank)]), &headers(&[])).is_err(),
            "{blank:?}"
        );
    }
}

#[test]
fn names_of_application_eavs_are_case_sensitive() {
    let context = application(&[("tier", "gold"), ("TIER", "gold")]);
    assert_eq!(
        check(require_eav, &context, &headers(&[])),
        Err(Precondition::RequiredApplicationEav("Tier".into()))
    );
}

#[test]
fn a_missing_application_eav_answers_400_with_its_name() {
    is_answered(
        &Precondition::RequiredApplicationEav("Tier".into()),
        "RequiredApplicationEAVConditionFailure",
        400,
        "Required Application EAV - Tier Unavailable",
    );
}

#[test]
fn without_application_data_the_message_says_so() {
    for context in [CallContext::new(), package_key(&[("Tier", "gold")])] {
        assert_eq!(
            check(require_eav, &context, &headers(&[])),
            Err(Precondition::NoApplicationData)
        );
    }
    is_answered(
        &Precondition::NoApplicationData,
        "RequiredApplicationEAVConditionFailure",
        400,
        "Error occurred while fetching application data",
    );
}

#[test]
fn an_included_eav_is_not_required() {
    let build =
        |sidecar: SidecarBuilder| sidecar.include_eavs(["a"]).include_package_key_eavs(["b"]);
    assert_eq!(check(build, &CallContext::new(), &headers(&[])), Ok(()));
}

// Required EAVs of the package key

fn require_package_key_eav(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.require_package_key_eavs(["Plan"])
}

#[test]
fn a_required_package_key_eav_that_is_set_is_met() {
    let context = package_key(&[("Plan", "gold")]);
    assert_eq!(
        check(require_package_key_eav, &context, &headers(&[])),
        Ok(())
    );
}

#[test]
fn a_required_package_key_eav_that_is_missing_or_blank_blocks() {
    for eavs in [
        &[][..],
        &[("plan", "gold")],
        &[("Plan", "")],
        &[("Plan", " \t\n")],
    ] {
        assert_eq!(
            check(require_package_key_eav, &package_key(eavs), &headers(&[])),
            Err(Precondition::RequiredPackageKeyEav("Plan".into())),
            "{eavs:?}"
        );
    }
}

#[test]
fn a_missing_package_key_eav_answers_400_with_its_name() {
    is_answered(
        &Precondition::RequiredPackageKeyEav("Plan".into()),
        "RequiredPackageKeyEAVConditionFailure",
        400,
        "Required Package Key EAV - Plan Unavailable",
    );
}

#[test]
fn without_package_key_data_the_message_says_so() {
    for context in [CallContext::new(), application(&[("Plan", "gold")])] {
        assert_eq!(
            check(require_package_key_eav, &context, &headers(&[])),
            Err(Precondition::NoPackageKeyData)
        );
    }
    is_answered(
        &Precondition::NoPackageKeyData,
        "RequiredPackageKeyEAVConditionFailure",
        400,
        "Error occurred while fetching package key data",
    );
}

// Order

#[test]
fn the_first_condition_that_fails_in_the_order_of_the_table_answers() {
    let build = |sidecar: SidecarBuilder| {
        sidecar
            .require_package_key_eavs(["P1", "P2"])
            .require_eavs(["A1", "A2"])
            .require_request_headers(["X-1", "X-2"])
    };
    let lines = [("x-1", &b"1"[..]), ("x-2", b"1")];
    let application =
        |names: &[&str]| Arc::new(Application::new(names.iter().map(|name| (*name, "v"))));
    let package_key = |names: &[&str]| {
        Arc::new(PackageKey::new(
            "key",
            names.iter().map(|name| (*name, "v")),
        ))
    };
    let none = CallContext::new();
    let with_application = |names: &[&str]| CallContext::new().application(application(names));
    let both = with_application(&["A1", "A2"]);
    for (context, present, expected) in [
        (
            &none,
            &lines[..0],
            Precondition::RequiredHeader("X-1".into()),
        ),
        (
            &none,
            &lines[1..],
            Precondition::RequiredHeader("X-1".into()),
        ),
        (
            &none,
            &lines[..1],
            Precondition::RequiredHeader("X-2".into()),
        ),
        (&none, &lines[..], Precondition::NoApplicationData),
        (
            &with_application(&["A2"]),
            &lines[..],
            Precondition::RequiredApplicationEav("A1".into()),
        ),
        (
            &with_application(&["A1"]),
            &lines[..],
            Precondition::RequiredApplicationEav("A2".into()),
        ),
        (&both, &lines[..], Precondition::NoPackageKeyData),
        (
            &both.clone().package_key(package_key(&[])),
            &lines[..],
            Precondition::RequiredPackageKeyEav("P1".into()),
        ),
        (
            &both.clone().package_key(package_key(&["P1"])),
            &lines[..],
            Precondition::RequiredPackageKeyEav("P2".into()),
        ),
    ] {
        assert_eq!(check(build, context, &headers(present)), Err(expected));
    }
    let all = both.package_key(package_key(&["P1", "P2"]));
    assert_eq!(check(build, &all, &headers(&lines)), Ok(()));
}

#[test]
fn a_sidecar_that_requires_nothing_is_always_met() {
    assert_eq!(
        check(|sidecar| sidecar, &CallContext::new(), &headers(&[])),
        Ok(())
    );
}

// The envelope and the payload

#[test]
fn an_envelope_that_cannot_be_built_answers_400_before_and_500_after_the_backend() {
    is_answered_at(
        Point::PreProcessor,
        &Precondition::NoEnvelope,
        "InvalidJSONInputForAWSLambda",
        400,
        "Error while creating json input for AWS Lambda in pre-process",
    );
    is_answered_at(
        Point::PostProcessor,
        &Precondition::NoEnvelope,
        "InvalidJSONInputForAWSLambda",
        500,
        "Error while creating json input for AWS Lambda in post-process",
    );
}

#[test]
fn a_payload_that_is_too_large_answers_413() {
    for known_length in [1, 10 * 1024 + 1, 1_048_575, 1_048_576] {
        is_answered(
            &Precondition::PayloadTooLarge { known_length },
            "MaxPayloadConditionFailure",
            413,
            "Payload length is more than max allowed payload",
        );
    }
}

#[test]
fn a_payload_known_to_be_larger_than_1_mb_has_a_message_of_its_own() {
    for known_length in [1_048_577, 2_000_000, u64::MAX] {
        is_answered(
            &Precondition::PayloadTooLarge { known_length },
            "MaxPayloadConditionFailure",
            413,
            "Payload length is more than 1MB.",
        );
    }
}

#[test]
fn an_envelope_that_lambda_does_not_take_is_413_or_a_responses_502() {
    const NAME: &str = "MaxPayloadConditionFailure";
    let message = "Payload length is more than max allowed payload";
    let condition = Precondition::EnvelopeTooLarge;
    is_answered_at(Point::PreProcessor, &condition, NAME, 413, message);
    is_answered_at(Point::PostProcessor, &condition, NAME, 502, message);
}

#[test]
fn too_much_of_headers_and_query_is_431() {
    is_answered(
        &Precondition::HeadersTooLarge,
        "MaxHeaderConditionFailure",
        431,
        "Headers and query are more than max allowed",
    );
}

#[test]
fn no_tenant_is_400() {
    is_answered(
        &Precondition::NoTenantId,
        "RequiredTenantIdConditionFailure",
        400,
        "Tenant ID Unavailable",
    );
}

#[test]
fn a_response_payload_that_does_not_end_answers_502() {
    is_answered(
        &Precondition::PayloadNotWhole,
        "MaxPayloadConditionFailure",
        502,
        "Payload length is more than max allowed payload",
    );
}
