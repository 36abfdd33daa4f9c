//! The transports send the same and make the same of what they get.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use aws_credential_types::{
    Credentials, credential_fn::provide_credentials_fn, provider::SharedCredentialsProvider,
};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{DateTime, body::SdkBody, date_time::Format};
use lambda_sidecar::{Answer, Functions, Invocation, InvocationError, Sidecar, Transport};
use proptest::prelude::*;
use tower_service::Service as _;

use crate::aws_functions::{
    ManualClock, config,
    far_end::{FarEnd, Reply, Seen, Service},
    invocation, log_line, own, sidecar,
};

const BOTH: [Transport; 2] = [Transport::Sdk, Transport::Lean];

fn over(transport: Transport, config: &SdkConfig) -> Functions {
    Functions::new(config).transport(transport)
}

/// The request of each transport.
async fn requests(
    path: &str,
    config: impl Fn(&str) -> SdkConfig,
    invocation: &Invocation,
) -> [(Seen, String); 2] {
    let mut both = Vec::new();
    for transport in BOTH {
        let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
        let functions = over(transport, &config(&format!("{}{path}", far_end.url)));
        functions.clone().call(invocation.clone()).await.unwrap();
        both.push((far_end.seen(Service::Lambda).remove(0), far_end.url.clone()));
    }
    both.try_into().unwrap()
}

/// What has to be equal: everything but what is of one moment, or names the address.
fn lasting(seen: &Seen) -> BTreeMap<&str, &str> {
    let of_the_moment = [
        "authorization",
        "x-amz-date",
        "amz-sdk-invocation-id",
        "host",
    ];
    let headers = seen.headers.iter();
    headers
        .map(|(name, value)| (&**name, &**value))
        .map(|(name, value)| match of_the_moment.contains(&name) {
            true => (name, ""),
            false => (name, value),
        })
        .collect()
}

/// The `authorization` header that the `aws-sigv4` crate gives to this request.
fn signature(seen: &Seen, url: &str, credentials: Credentials) -> String {
    let given = seen.header("authorization").unwrap();
    let (_, names) = given.split_once("SignedHeaders=").unwrap();
    let names = names.split(',').next().unwrap();
    // The crate adds these itself.
    let added = ["host", "x-amz-date", "x-amz-security-token"];
    let headers = names
        .split(';')
        .filter(|name| !added.contains(name))
        .map(|name| (name, seen.header(name).unwrap()));
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(seen.signed().1)
        .name("lambda")
        .time(date(seen))
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let uri = format!("{url}{}", seen.target);
    let body = SignableBody::Bytes(seen.body.as_bytes());
    let request = SignableRequest::new(&seen.method, uri, headers, body).unwrap();
    let signature = sign(request, &parameters).unwrap().signature().to_owned();
    let (scope, _) = given.split_once("SignedHeaders=").unwrap();
    format!("{scope}SignedHeaders={names}, Signature={signature}")
}

fn date(seen: &Seen) -> SystemTime {
    let date = seen.header("x-amz-date").unwrap();
    let mut text = date.to_owned();
    for at in [13, 11, 6, 4] {
        text.insert(at, if at > 8 { ':' } else { '-' });
    }
    let date = DateTime::from_str(&text, Format::DateTime).unwrap();
    date.try_into().unwrap()
}

fn with_payload(mut invocation: Invocation, payload: &str) -> Invocation {
    invocation.payload = payload.to_owned().into();
    invocation
}

#[tokio::test]
async fn both_send_the_same_request() {
    let token = || Credentials::new("KEY", "secret", Some("a/token+of=it".into()), None, "test");
    let plain = || Credentials::new("KEY", "secret", None, None, "test");
    let mut traced = invocation(&own(""));
    traced.traceparent = Some(
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            .parse()
            .unwrap(),
    );
    let cases: [(&str, Credentials, Invocation); 6] = [
        ("", plain(), invocation(&own(""))),
        ("", token(), invocation(&own("synchronicity: event"))),
        ("", plain(), traced),
        ("", plain(), with_payload(invocation(&own("")), "")),
        (
            "/a/b",
            token(),
            with_payload(invocation(&own("")), &"ü".repeat(100_000)),
        ),
        ("/a//b/../c%20d/", plain(), invocation(&own(""))),
    ];
    for (path, credentials, invocation) in cases {
        let config = |url: &str| {
            config(url)
                .credentials_provider(SharedCredentialsProvider::new(credentials.clone()))
                .build()
        };
        let both = requests(path, config, &invocation).await;
        for (seen, url) in &both {
            let expected = signature(seen, url, credentials.clone());
            assert_eq!(seen.header("authorization"), Some(&*expected), "{path}");
        }
        let [(sdk, _), (lean, _)] = &both;
        assert_eq!(lean.method, sdk.method);
        assert_eq!(lean.target, sdk.target);
        assert_eq!(lean.body, sdk.body);
        assert_eq!(lasting(lean), lasting(sdk), "{path}");
    }
}

#[tokio::test]
async fn both_count_the_attempts() {
    for transport in BOTH {
        let far_end = FarEnd::lambda(|| Reply::status(429)).await;
        let functions = over(transport, &config(&far_end.url).build());
        let _ = functions.clone().call(invocation(&own(""))).await;
        let seen = far_end.seen(Service::Lambda);
        let attempts: Vec<_> = seen
            .iter()
            .map(|seen| seen.header("amz-sdk-request").unwrap())
            .collect();
        let expected = ["attempt=1; max=3", "attempt=2; max=3", "attempt=3; max=3"];
        assert_eq!(attempts, expected, "{transport:?}");
    }
}

fn outcome(result: Result<Answer, InvocationError>) -> Result<Answer, (String, String)> {
    result.map_err(|error| {
        (
            format!("{:?}, {:?}", error.class(), error.code()),
            log_line(&error),
        )
    })
}

#[tokio::test]
async fn both_make_the_same_of_an_answer() {
    type Way = (&'static str, fn() -> Reply);
    let ways: [Way; 16] = [
        ("plain", || Reply::ok("{}")),
        ("empty", || Reply::ok("")),
        ("204", || Reply::status(204)),
        ("299", || Reply::ok("{}").with_status(299)),
        ("a version twice", || {
            Reply::ok("{}")
                .with_header("x-amz-executed-version", "7")
                .with_header("x-amz-executed-version", "8")
        }),
        ("a function error twice", || {
            Reply::ok("{}")
                .with_header("x-amz-function-error", "A")
                .with_header("x-amz-function-error", "B")
        }),
        ("code in the header with name space and address", || {
            Reply::ok("{}")
                .with_status(400)
                .with_header("x-amzn-errortype", "ns#Odd:http://amazon.com/")
        }),
        ("code in the body", || {
            Reply::ok(r#"{"code":"Odd","message":"m"}"#).with_status(400)
        }),
        ("type in the body", || {
            Reply::ok(r#"{"__type":"ns#Odd","Message":"m"}"#).with_status(500)
        }),
        ("code and type", || {
            Reply::ok(r#"{"code":"Code","__type":"Type"}"#).with_status(500)
        }),
        ("body that is no JSON", || {
            Reply::ok("<html>")
                .with_status(502)
                .with_header("x-amzn-errortype", "Odd")
        }),
        ("body that is no object", || {
            Reply::ok("[]").with_status(502)
        }),
        ("throttled in words", || {
            Reply::exception(400, "ThrottlingException")
        }),
        ("throttled", || {
            Reply::exception(429, "TooManyRequestsException")
        }),
        ("redirected", || {
            Reply::status(302).with_header("location", "http://127.0.0.1:1/")
        }),
        ("too large", || Reply::Announce(6_291_557)),
    ];
    for (what, way) in ways {
        let mut outcomes = Vec::new();
        for transport in BOTH {
            let far_end = FarEnd::lambda(way).await;
            let functions = over(transport, &config(&far_end.url).build());
            let result = functions.clone().call(invocation(&own(""))).await;
            outcomes.push((outcome(result), far_end.count(Service::Lambda)));
        }
        assert_eq!(outcomes[1], outcomes[0], "{what}");
    }
}

#[tokio::test]
async fn both_make_the_same_of_a_connection_that_breaks() {
    let ways: [fn() -> Reply; 3] = [|| Reply::Close, || Reply::Reset, || Reply::BreakOff(100)];
    for way in ways {
        let mut outcomes = Vec::new();
        for transport in BOTH {
            let far_end = FarEnd::lambda(way).await;
            let functions = over(transport, &config(&far_end.url).build());
            let error = functions
                .clone()
                .call(invocation(&own("")))
                .await
                .unwrap_err();
            outcomes.push((
                error.class(),
                error.to_string(),
                far_end.count(Service::Lambda),
            ));
        }
        assert_eq!(outcomes[1], outcomes[0]);
    }
}

#[tokio::test]
async fn after_a_refusal_for_the_time_both_sign_with_the_far_ends_time() {
    for transport in BOTH {
        let far_end = FarEnd::lambda(|| {
            Reply::exception(403, "InvalidSignatureException")
                .with_header("date", "Thu, 01 Jan 2015 00:00:00 GMT")
        })
        .await;
        let functions = over(transport, &config(&far_end.url).build());
        for _ in 0..2 {
            let _ = functions.clone().call(invocation(&own(""))).await;
        }
        let seen = far_end.seen(Service::Lambda);
        assert!(
            !seen[0]
                .header("x-amz-date")
                .unwrap()
                .starts_with("20150101")
        );
        assert!(
            seen[1]
                .header("x-amz-date")
                .unwrap()
                .starts_with("20150101"),
            "{transport:?}"
        );
        let credentials = Credentials::new("BASEKEY", "base-secret", None, None, "test");
        let expected = signature(&seen[1], &far_end.url, credentials);
        assert_eq!(seen[1].header("authorization"), Some(&*expected));
    }
}

/// A scripted client that answers everything, and keeps the addresses that were called.
#[derive(Debug, Clone, Default)]
struct Addresses(Arc<Mutex<Vec<String>>>);

impl HttpClient for Addresses {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Addresses {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.lock().unwrap().push(request.uri().to_owned());
        let answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}"));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

#[tokio::test]
async fn both_call_the_same_endpoint() {
    let regions = [
        ("aws", "us-east-1"),
        ("aws", "eu-west-3"),
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
    ];
    for ((partition, region), fips, dual) in regions.iter().flat_map(|region| {
        [(false, false), (true, false), (false, true), (true, true)]
            .map(|(fips, dual)| (region, fips, dual))
    }) {
        let sidecar = Sidecar::pre(&format!(
            "region: {region}
             functionARN: arn:{partition}:lambda:{region}:123456789012:function:authz
             useAssumeRole: false"
        ));
        let invocation = invocation(&Arc::new(sidecar.unwrap()));
        let addresses = Addresses::default();
        for transport in BOTH {
            let mut config = config("")
                .http_client(addresses.clone())
                .use_fips(fips)
                .use_dual_stack(dual);
            config.set_endpoint_url(None);
            over(transport, &config.build())
                .call(invocation.clone())
                .await
                .unwrap();
        }
        let addresses = addresses.0.lock().unwrap();
        assert!(addresses[0].starts_with("https://lambda"), "{addresses:?}");
        assert_eq!(addresses[1], addresses[0]);
    }
}

#[tokio::test]
async fn both_refuse_an_endpoint_that_cannot_be() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let mut outcomes = Vec::new();
    for transport in BOTH {
        let functions = over(transport, &config(&far_end.url).use_fips(true).build());
        outcomes.push(outcome(functions.clone().call(invocation(&own(""))).await));
    }
    assert!(outcomes[0].is_err());
    assert_eq!(outcomes[1], outcomes[0]);
    assert_eq!(far_end.connections(), 0);
}

/// Credentials for ten minutes, others at every refresh; and the secrets of all.
fn rotating(
    clock: &ManualClock,
) -> (
    SharedCredentialsProvider,
    Arc<Mutex<HashMap<String, Credentials>>>,
) {
    let all = Arc::new(Mutex::new(HashMap::new()));
    let (clock, given) = (clock.clone(), Arc::clone(&all));
    let provider = provide_credentials_fn(move || {
        let mut given = given.lock().unwrap();
        let at = given.len();
        let expiry = *clock.0.lock().unwrap() + Duration::from_secs(600);
        let token = (at % 3 > 0).then(|| format!("token-{at}"));
        let credentials = Credentials::new(
            format!("KEY{at}"),
            format!("secret-{at}"),
            token,
            Some(expiry),
            "test",
        );
        given.insert(format!("KEY{at}"), credentials.clone());
        async { Ok(credentials) }
    });
    (SharedCredentialsProvider::new(provider), all)
}

async fn every_call_is_signed_as_the_crate_signs(start: u64, calls: Vec<(u64, String, String)>) {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let clock = ManualClock(Arc::new(Mutex::new(
        SystemTime::UNIX_EPOCH + Duration::from_secs(start),
    )));
    let (provider, credentials) = rotating(&clock);
    let config = config(&far_end.url)
        .time_source(clock.source())
        .credentials_provider(provider)
        .build();
    let mut functions = over(Transport::Lean, &config);
    for (pause, name, payload) in calls {
        clock.advance(Duration::from_secs(pause));
        let sidecar = sidecar("useAssumeRole: false")
            .to_string()
            .replace("authz", &name);
        let invocation = invocation(&Arc::new(Sidecar::pre(&sidecar).unwrap()));
        functions
            .call(with_payload(invocation, &payload))
            .await
            .unwrap();
        let seen = far_end.seen(Service::Lambda).pop().unwrap();
        assert_eq!(date(&seen), *clock.0.lock().unwrap());
        let key = credentials.lock().unwrap()[seen.signed().0].clone();
        assert_eq!(seen.header("x-amz-security-token"), key.session_token());
        let expected = signature(&seen, &far_end.url, key);
        assert_eq!(seen.header("authorization"), Some(&*expected));
    }
}

#[tokio::test]
async fn signatures_are_right_across_midnight_and_a_change_of_credentials() {
    let call = |pause: u64| (pause, "authz".to_owned(), "{}".to_owned());
    // 2026-03-01T00:00:00Z less ten seconds.
    let calls = [call(0), call(5), call(4), call(1), call(3600), call(86_400)];
    every_call_is_signed_as_the_crate_signs(1_772_323_190, calls.to_vec()).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn signatures_are_those_of_the_aws_sigv4_crate(
        start in 0_u64..4_102_444_800,
        calls in prop::collection::vec((0_u64..100_000, "[a-zA-Z0-9_-]{1,20}", ".{0,200}"), 1..6),
    ) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(every_call_is_signed_as_the_crate_signs(start, calls));
    }
}
