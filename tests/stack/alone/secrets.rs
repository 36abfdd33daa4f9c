//! Secrets stay where they belong: no log level shows them, and no answer, receipt or error does.
//!
//! One test alone in its program, because it listens to all that the process logs.

#![allow(
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use base64_simd::STANDARD;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use lambda_sidecar::Functions;
use lambda_sidecar_test_support::scripted::{
    Answer, EXTERNAL_ID, Leg, Reply, SECRET_KEY, SESSION_TOKEN, ScriptedAws,
};
use lambda_sidecar_tests::{
    config::sdk_config_for,
    failures::layer,
    inputs::Inputs,
    route::{Called, call, over_each_transport},
};
use tracing::level_filters::LevelFilter;

/// All that is logged, at every level.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        log
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// STS says this in its error.
fn refusal(code: &str, message: &str, request_id: &str) -> Answer {
    let xml = format!(
        "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
        in_xml(code),
        in_xml(message),
        in_xml(request_id)
    );
    Answer::new(400, xml).header("content-type", "text/xml")
}

/// STS repeats what it was sent, in whatever form and place.
fn refusals() -> Vec<Answer> {
    let mut all = vec![
        refusal(EXTERNAL_ID, "no", "1"),
        refusal("AccessDenied", "no", EXTERNAL_ID),
    ];
    for said in encodings(EXTERNAL_ID)
        .into_iter()
        .chain([EXTERNAL_ID[..12].to_owned()])
    {
        let value = format!("1 validation error detected: Value '{said}' at 'externalId'");
        let user = format!(
            "User: arn:aws:iam::123456789012:user/{said} is not authorized to perform: sts:AssumeRole on resource: \
             arn:aws:iam::123456789012:role/r"
        );
        all.push(refusal("ValidationError", &value, "1"));
        all.push(refusal("AccessDenied", &user, "1"));
    }
    all
}

#[tokio::test]
async fn no_log_level_and_no_answer_shows_a_secret() {
    let log = Log::listen();
    let far_end = ScriptedAws::start();
    let short_lived = Reply::credentials(Duration::from_secs(1));
    let mut replies = vec![
        short_lived,
        Reply::reset_in_the_middle(&refusal("ValidationError", EXTERNAL_ID, "1")),
    ];
    replies.extend(refusals().iter().map(Reply::answer));
    for reply in replies {
        far_end.script(Leg::Sts, [reply]);
        let functions = Functions::new(&sdk_config_for(&far_end).await);
        for functions in over_each_transport(&functions) {
            let inputs =
                Inputs::scripted_with_role().with("include-request-headers", "authorization");
            let inputs = inputs.with("expand-input", "requestPayload");
            let sidecar = inputs.timeout(10_000).pre();
            let warmed_up = functions.warm_up(&sidecar).await;
            let called = call(&layer(&functions, sidecar), request()).await;
            for text in [
                format!("{warmed_up:?}"),
                shown(&called),
                format!("{functions:?}"),
            ] {
                shows_no_secret(&text);
            }
        }
    }
    far_end.work_again();
    calls_that_cannot_be_sent(&far_end).await;
    let log = log.text();
    assert!(
        log.contains("the function call failed"),
        "the log is listened to"
    );
    log.lines().for_each(shows_no_secret);
}

/// What the client sends: its token, and a word of its body that stands in the envelope too.
const BEARER: &str = "bearer+token/of=the client";
const WORD: &str = "a word <of> the client's body & more";

/// A call as a client sees it; the backend was sent what is secret.
fn shown(called: &Called) -> String {
    format!("{called:?}").replace(&format!("{:?}", called.backend), "")
}

fn request() -> Request<Full<Bytes>> {
    let request = Request::post("/orders").header("authorization", format!("Bearer {BEARER}"));
    let request = request.body(Full::from(WORD));
    request.expect("the request is right")
}

/// A secret in every form in which a program may write it. Of base64, which depends on what stands before, it is the
/// part that is the same.
fn encodings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex = |separator: &str| {
        let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.join(separator)
    };
    let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
    let escaped = |keep: fn(u8) -> bool, blank: &str| {
        let characters = bytes.iter().map(|byte| match byte {
            b' ' => blank.to_owned(),
            byte if keep(*byte) => char::from(*byte).to_string(),
            byte => format!("%{byte:02X}"),
        });
        characters.collect::<String>()
    };
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let json = serde_json::to_string(secret).expect("text is JSON");
    let mut all = vec![
        secret.to_owned(),
        json[1..json.len() - 1].to_owned(),
        format!("{secret:?}").trim_matches('"').to_owned(),
        escaped(unreserved, "%20"),
        escaped(unreserved, "+"),
        escaped(unreserved, "%20").to_lowercase(),
        hex(""),
        hex("").to_uppercase(),
        hex(" "),
        numbers.join(", "),
        in_xml(secret),
        secret
            .chars()
            .map(|c| format!("&#{};", u32::from(c)))
            .collect(),
    ];
    for before in 0..3 {
        let text = [&vec![b'x'; before][..], bytes].concat();
        let base64 = STANDARD.encode_to_string(text);
        // Three bytes are four characters; the first and the last group know of their neighbours.
        all.push(base64[4..base64.len() / 4 * 4 - 4].to_owned());
    }
    all
}

fn in_xml(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

fn shows_no_secret(text: &str) {
    let secrets = [
        EXTERNAL_ID,
        SECRET_KEY,
        SESSION_TOKEN,
        BEARER,
        WORD,
        PASSWORD,
        KEY,
    ];
    let part = &EXTERNAL_ID[..12];
    for secret in secrets.into_iter().chain([part]) {
        for encoded in encodings(secret) {
            assert!(!text.contains(&encoded), "{secret} as {encoded} in {text}");
        }
    }
}

/// What an endpoint's address has before its host, and in its query.
const PASSWORD: &str = "the-password-of-an-endpoint";
const KEY: &str = "the-key-in-a-query";

/// Endpoints that are none, or that nothing listens at.
const ENDPOINTS: [&str; 7] = [
    "http://user:the-password-of-an-endpoint@127.0.0.1:1/?key=the-key-in-a-query",
    "http://user:the-password-of-an-endpoint@127.0.0.1:99999/?key=the-key-in-a-query",
    "localhost:9100",
    "localhost",
    "http://",
    "ftp://localhost:9100",
    "http://127.0.0.1:1",
];

async fn with_endpoint(aws: &ScriptedAws, endpoint: &str) -> SdkConfig {
    let config = sdk_config_for(aws).await.into_builder();
    config.endpoint_url(endpoint).build()
}

/// An endpoint override for one service.
#[derive(Debug)]
struct Override(&'static str, &'static str);

impl LoadServiceConfig for Override {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_it = key.service_id() == self.0 && key.env() == "AWS_ENDPOINT_URL";
        is_it.then(|| self.1.to_owned())
    }
}

async fn with_override(aws: &ScriptedAws, service: &'static str, url: &'static str) -> SdkConfig {
    let config = sdk_config_for(aws).await.into_builder();
    config.service_config(Override(service, url)).build()
}

/// A request that cannot be sent is in the SDK's error, headers and body and all.
async fn calls_that_cannot_be_sent(aws: &ScriptedAws) {
    let mut configs = Vec::new();
    for endpoint in ENDPOINTS {
        configs.push(with_endpoint(aws, endpoint).await);
        for service in ["Lambda", "STS", "SSM"] {
            configs.push(with_override(aws, service, endpoint).await);
        }
    }
    for config in configs {
        for functions in over_each_transport(&Functions::new(&config)) {
            for inputs in [Inputs::scripted(), Inputs::scripted_with_role()] {
                let inputs = inputs.with("include-request-headers", "authorization");
                let inputs = inputs.with("expand-input", "requestPayload");
                let called = call(&layer(&functions, inputs.timeout(5_000).pre()), request()).await;
                shows_no_secret(&shown(&called));
            }
        }
    }
}
