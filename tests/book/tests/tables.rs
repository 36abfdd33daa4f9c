//! The tables of the reference say what the code does.

mod verdicts;

use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use lambda_sidecar::{
    Application, CallContext, Endpoint, ErrorContext, ErrorPolicy, Expand, Failure, FailureClass,
    PackageKey, Point, Precondition, ProtectedHeaders, Sidecar, SidecarBuilder, SidecarError,
    Synchronicity, Token, is_grpc,
};
use lambda_sidecar_core::{
    EnvelopeSource, Modify, Outcome, Payload, Plan, Relay, RequestView, ResponseView, Terminate,
    Verdict, VerdictMember, check_request,
};
use lambda_sidecar_test_support::page::Page;

fn page(name: &str) -> Page {
    Page::read(name).unwrap()
}

fn table(file: &str, name: &str) -> Vec<Vec<String>> {
    let rows = page(file).table(name);
    assert!(!rows.is_empty(), "{file}: {name}");
    rows
}

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];

/// Every failure of a function call, in the order of the tables.
fn failures() -> [Failure; 11] {
    [
        Failure::Connect,
        Failure::Credentials,
        Failure::from_class(FailureClass::Throttled, Some(429), None),
        Failure::ServiceException("the exception's code".into()),
        Failure::UnexpectedStatus(500),
        Failure::Timeout,
        Failure::FunctionError {
            detail: "its own errorMessage".into(),
            title: "E".into(),
        },
        Failure::EmptyAnswer,
        Failure::WrongAnswer("why".into()),
        Failure::from_class(FailureClass::Rejected, None, None),
        Failure::NoResources,
    ]
}

#[test]
fn the_readme_has_the_failures_of_the_code() {
    let of_code = failures().map(|failure| {
        let error = SidecarError::from_failure(&failure, Point::PreProcessor);
        let answer = format!("{} {}", error.status().as_u16(), error.detail());
        (failure.class().as_str().to_owned(), answer)
    });
    let of_page: Vec<(String, String)> = table("../README.md", "failures")
        .into_iter()
        .map(|row| (row[1].clone(), row[2].replace("with ", "")))
        .collect();
    assert_eq!(of_page, of_code);
}

#[test]
fn the_failures_are_those_of_the_code() {
    let failures = failures();
    for point in POINTS {
        let of_code: Vec<Vec<String>> = failures
            .iter()
            .map(|failure| {
                let error = SidecarError::from_failure(failure, point);
                vec![
                    failure.class().as_str().to_owned(),
                    error
                        .name()
                        .replace("PreProcess", "…")
                        .replace("PostProcess", "…"),
                    error.status().as_str().to_owned(),
                    error.detail().to_owned(),
                ]
            })
            .collect();
        let of_page: Vec<Vec<String>> = table("failures.md", "failures")
            .into_iter()
            .map(|row| row[1..].to_vec())
            .collect();
        assert_eq!(of_page, of_code);
    }
    for class in FailureClass::ALL.iter().copied() {
        assert!(
            failures.iter().any(|failure| failure.class() == class),
            "{class}"
        );
    }
}

#[test]
fn the_preconditions_are_those_of_the_code() {
    let name = || "NAME".to_owned();
    let conditions = [
        (Precondition::RequiredHeader(name()), Point::PreProcessor),
        (
            Precondition::RequiredApplicationEav(name()),
            Point::PreProcessor,
        ),
        (Precondition::NoApplicationData, Point::PreProcessor),
        (
            Precondition::RequiredPackageKeyEav(name()),
            Point::PreProcessor,
        ),
        (Precondition::NoPackageKeyData, Point::PreProcessor),
        (Precondition::NoEnvelope, Point::PreProcessor),
        (Precondition::NoEnvelope, Point::PostProcessor),
        (
            Precondition::PayloadTooLarge {
                known_length: 1 << 20,
            },
            Point::PreProcessor,
        ),
        (
            Precondition::PayloadTooLarge {
                known_length: (1 << 20) + 1,
            },
            Point::PreProcessor,
        ),
        (Precondition::EnvelopeTooLarge, Point::PreProcessor),
        (Precondition::EnvelopeTooLarge, Point::PostProcessor),
        (Precondition::HeadersTooLarge, Point::PreProcessor),
        (Precondition::NoTenantId, Point::PreProcessor),
        (Precondition::PayloadNotWhole, Point::PostProcessor),
    ];
    let of_code = conditions.map(|(condition, point)| {
        vec![
            condition.name().to_owned(),
            condition.status(point).as_str().to_owned(),
            condition.message(point),
        ]
    });
    let of_page: Vec<Vec<String>> = table("failures.md", "preconditions")
        .into_iter()
        .map(|row| row[1..].to_vec())
        .collect();
    assert_eq!(of_page, of_code);
}

#[test]
fn preconditions_are_checked_in_the_order_of_the_page() {
    let sidecar = Sidecar::local(Point::PreProcessor, "f")
        .require_package_key_eavs(["p"])
        .require_eavs(["e"])
        .require_request_headers(["A"])
        .build()
        .unwrap();
    let refused = check_request(&sidecar, &Default::default(), &HeaderMap::new());
    assert_eq!(refused, Err(Precondition::RequiredHeader("A".into())));
    let headers = HeaderMap::from_iter([(
        http::HeaderName::from_static("a"),
        HeaderValue::from_static("1"),
    )]);
    let refused = check_request(&sidecar, &Default::default(), &headers);
    assert_eq!(refused, Err(Precondition::NoApplicationData));
}

/// `Plan` alone decides; the page is asked whether the call is forwarded.
#[test]
fn the_matrix_is_that_of_the_plan() {
    for file in ["concepts.md", "failures.md"] {
        for row in table(file, "matrix") {
            let [mode, succeeded, sure_fire, fail_safe] = &row[..] else {
                panic!("{row:?}")
            };
            let synchronicity = match mode.as_str() {
                "request-response" => Synchronicity::RequestResponse,
                "event" => Synchronicity::Event,
                other => panic!("{other}"),
            };
            for point in POINTS {
                for (policy, said) in [
                    (ErrorPolicy::SURE_FIRE, sure_fire),
                    (ErrorPolicy::FAIL_SAFE, fail_safe),
                ] {
                    let sidecar = Sidecar::local(point, "f")
                        .synchronicity(synchronicity)
                        .policy(policy)
                        .build()
                        .unwrap();
                    for failure in [Failure::Connect, Failure::Timeout, Failure::EmptyAnswer] {
                        let plan = Plan::new(&sidecar, Outcome::Failed(failure));
                        assert_eq!(plan == Plan::Forward, said == "yes", "{file}: {row:?}");
                    }
                    let refused = Outcome::NotInvoked(Precondition::NoEnvelope);
                    assert!(matches!(Plan::new(&sidecar, refused), Plan::Fail(_)));
                }
                let sidecar = Sidecar::local(point, "f")
                    .synchronicity(synchronicity)
                    .build()
                    .unwrap();
                let answer = lambda_sidecar::Answer::ok(r#"{"terminate":{"code":403}}"#);
                let protected = ProtectedHeaders::default();
                let verdict =
                    Verdict::from_answer(point, synchronicity, &answer, &protected).unwrap();
                let plan = Plan::new(&sidecar, Outcome::Answered(verdict));
                assert_eq!(plan == Plan::Forward, succeeded == "yes", "{file}: {row:?}");
            }
        }
    }
}

/// The words between the marks of code in the first cells of a table.
fn first_cells(file: &str, name: &str) -> Vec<String> {
    table(file, name)
        .into_iter()
        .map(|row| row[0].clone())
        .collect()
}

/// The inputs that a missing key is missing from.
const WHOLE: [(&str, &str); 4] = [
    ("region", "us-east-1"),
    (
        "functionARN",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
    ),
    ("roleARN", "arn:aws:iam::123456789012:role/r"),
    ("externalIdKey", "/a"),
];

#[test]
fn the_keys_are_those_of_the_code_in_its_order() {
    assert_eq!(first_cells("inputs.md", "keys"), Sidecar::KEYS);
}

#[test]
fn the_keys_that_the_page_calls_required_are() {
    for row in table("inputs.md", "keys") {
        let key = row[0].as_str();
        let text: String = WHOLE
            .iter()
            .filter(|(name, _)| *name != key)
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        let says = row[1].starts_with("required");
        assert_eq!(Sidecar::post(&text).is_err(), says, "{key}");
    }
}

#[test]
fn writing_a_default_down_makes_no_difference() {
    let text: String = WHOLE
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    let mut count = 0;
    for row in table("inputs.md", "keys") {
        let (key, default) = (row[0].as_str(), row[1].as_str());
        if default.starts_with("required")
            || ["none", "", "what is left of the endpoint's"].contains(&default)
            // It has none without a breaker.
            || key == "breaker-open-seconds"
            // Nor these without a cache.
            || ["cache-default-seconds", "cache-stale-seconds"].contains(&key)
        {
            continue;
        }
        let written = Sidecar::post(&format!("{text}{key}: {default}\n")).unwrap();
        assert_eq!(written, Sidecar::post(&text).unwrap(), "{key}");
        count += 1;
    }
    assert_eq!(count, 9);
}

#[test]
fn every_key_has_its_setter_on_the_page_of_the_builder() {
    let keys: Vec<String> = table("inputs.md", "keys")
        .into_iter()
        .flat_map(|row| row[0].split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(first_cells("builder.md", "setters"), keys);
}

/// Every setter is called by its name in a macro, so that this does not compile where one is gone.
#[test]
fn every_setter_of_the_page_exists() {
    macro_rules! names {
        ($($name:ident)*) => {{
            // Only named, never called.
            $(let _ = |builder: SidecarBuilder| setters::$name(builder);)*
            [$(stringify!($name)),*]
        }};
    }
    let exist = names!(region function_arn process_credentials role_arn external_id_key session_name
        expiration_duration synchronicity include_request_headers require_request_headers
        skip_request_headers include_response_headers skip_response_headers
        own_request_headers own_response_headers
        when_methods unless_methods when_paths unless_paths when_request_headers
        unless_request_headers when_response_codes unless_response_codes when_response_headers unless_response_headers
        require_eavs include_eavs require_package_key_eavs include_package_key_eavs expand_input max_payload_size
        max_payload_condition param policy policy enable_error_set timeout
        max_concurrency breaker_failures breaker_open cache_max cache_default cache_stale
        event_queue tenant_id durable_execution);
    let rows = table("builder.md", "setters");
    let of_page: Vec<&str> = rows
        .iter()
        .map(|row| row[1].split(' ').next().unwrap_or_default())
        .collect();
    assert_eq!(of_page, exist);
}

mod setters {
    use std::time::Duration;

    use lambda_sidecar::{ErrorPolicy, Expand, PayloadCondition, SidecarBuilder, Synchronicity};

    macro_rules! setters {
        ($($name:ident($($value:expr),*))*) => {
            $(pub(super) fn $name(builder: SidecarBuilder) -> SidecarBuilder {
                builder.$name($($value),*)
            })*
        };
    }

    setters! {
        region("r") function_arn("f") process_credentials() role_arn("r") external_id_key("k")
        session_name("s") expiration_duration(Duration::ZERO) synchronicity(Synchronicity::Event)
        include_request_headers(["a"]) require_request_headers(["a"]) skip_request_headers(["a"])
        include_response_headers(["a"]) skip_response_headers(["a"])
        own_request_headers(["a"]) own_response_headers(["a"])
        when_methods(["a"]) unless_methods(["a"]) when_paths(["a"]) unless_paths(["a"]) when_request_headers(["a"])
        unless_request_headers(["a"]) when_response_codes(["a"]) unless_response_codes(["a"]) when_response_headers(["a"]) unless_response_headers(["a"])
        require_eavs(["a"])
        include_eavs(["a"]) require_package_key_eavs(["a"]) include_package_key_eavs(["a"])
        expand_input([Expand::Token]) max_payload_size(1)
        max_payload_condition(PayloadCondition::Filtering) param("a", 1)
        policy(ErrorPolicy::FAIL_SAFE) enable_error_set() timeout(Duration::ZERO)
        max_concurrency(1) breaker_failures(1) breaker_open(Duration::ZERO)
        cache_max(Duration::ZERO) cache_default(Duration::ZERO) cache_stale(Duration::ZERO)
        event_queue(1)
        tenant_id("packageKey") durable_execution()
    }
}

/// Every member there is, from a sidecar that selects everything.
#[test]
fn the_members_of_the_envelope_are_those_of_the_code() {
    let sidecar = Sidecar::local(Point::PostProcessor, "f")
        .skip_request_headers(["x-none"])
        .skip_response_headers(["x-none"])
        .include_eavs(["a"])
        .include_package_key_eavs(["a"])
        .expand_input(Expand::ALL)
        .param("p", 1)
        .build()
        .unwrap();
    let token = Token::new()
        .scope("s")
        .user_context("u")
        .grant_type("CC")
        .expires("2020-03-24T13:48:09Z");
    let mut context = CallContext::new()
        .endpoint(Endpoint::new().service_id("s").endpoint_id("e").into())
        .application(Application::new([("a", "v")]).into())
        .package_key(PackageKey::new("k", [("a", "v")]).into())
        .token(token)
        .routing("http://backend/op".parse().unwrap())
        .remote_addr([203, 0, 113, 7].into());
    let mut relay = Relay::new();
    relay.insert("user", &serde_json::json!(7));
    context.set_relay(Some(relay.into()));
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
    let payload = Payload::Whole {
        bytes: "text".into(),
        coded: false,
    };
    let uri = "/op?a=b".parse().unwrap();
    let envelope = EnvelopeSource {
        sidecar: &sidecar,
        context: &context,
        message_id: "id",
        request: RequestView {
            method: &http::Method::POST,
            uri: &uri,
            headers: &headers,
            payload: &payload,
        },
        response: Some(ResponseView {
            status: StatusCode::OK,
            headers: &headers,
            payload: &payload,
        }),
    };
    let envelope: serde_json::Value = serde_json::from_slice(&envelope.to_json()).unwrap();
    let mut of_code = Vec::new();
    for (name, value) in envelope.as_object().unwrap() {
        of_code.push(name.clone());
        let free = ["params", "relay", "eavs", "packageKeyEAVs"].contains(&name.as_str());
        for member in value
            .as_object()
            .into_iter()
            .filter(|_| !free)
            .flat_map(|o| o.keys())
        {
            of_code.push(format!("{name}.{member}"));
        }
    }
    let mut of_page = first_cells("envelope.md", "envelope");
    of_code.sort();
    of_page.sort();
    assert_eq!(of_page, of_code);
}

#[test]
fn the_grpc_status_is_that_of_the_page() {
    let mut named = Vec::new();
    let headers =
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/grpc"))]);
    let grpc_of = |status: u16| {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Terminate::new(status).to_response(is_grpc(&headers));
        assert_eq!(answer.status(), 200);
        answer.headers()["grpc-status"].to_str().unwrap().to_owned()
    };
    let rows = table("getting-started-tonic.md", "grpc");
    let (other, rows) = rows.split_last().unwrap();
    for row in rows {
        for status in row[0].split(", ") {
            let status = status.parse().unwrap();
            assert_eq!(
                row[1].split(' ').next(),
                Some(grpc_of(status).as_str()),
                "{status}"
            );
            named.push(status);
        }
    }
    for status in (200..600).filter(|status| !named.contains(status)) {
        assert_eq!(
            other[1].split(' ').next(),
            Some(grpc_of(status).as_str()),
            "{status}"
        );
    }
}

#[test]
fn the_errors_shown_are_what_the_client_gets() {
    let blocks = page("failures.md").blocks();
    let shown: Vec<serde_json::Value> = blocks
        .iter()
        .filter(|block| block.language() == "json")
        .map(|block| serde_json::from_str(&block.text).unwrap())
        .collect();
    let context = ErrorContext::new("7632924a-8d8d-4d35-8a77-b57c4bb450af");
    let required = Precondition::RequiredHeader("Authorization".into());
    let function = Failure::FunctionError {
        detail: "An error occurred during JSON parsing".into(),
        title: "java.lang.RuntimeException".into(),
    };
    let errors = [
        SidecarError::from_precondition(&required, Point::PreProcessor),
        SidecarError::from_failure(&function, Point::PreProcessor),
    ];
    assert_eq!(shown.len(), errors.len());
    for (error, shown) in errors.iter().zip(shown) {
        let body = error.to_response(&context).into_body();
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&body).unwrap(),
            shown
        );
    }
}
