//! Just enough of AWS Lambda, STS and Parameter Store to run the examples without an account.
//!
//! Of what a request says of its caller it checks the external id alone, no signatures. For tests of the library itself there are real
//! stand-ins; this one is small enough to be read.

mod functions;

use std::{
    io,
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The secret that Parameter Store holds and the role's trust policy asks for.
const EXTERNAL_ID: &str = "known-to-both-accounts";

/// The access key that STS gives out.
const ASSUMED_KEY: &str = "ASIAROLE";

/// A stand-in under way in a thread of its own. It runs as long as the process.
#[derive(Debug)]
pub struct StandIn {
    url: String,
    lines: Receiver<String>,
}

impl StandIn {
    /// Starts one at this address; port 0 for one that the system chooses.
    ///
    /// # Errors
    ///
    /// The address is taken, or there is no run time to be had.
    pub fn start(address: &str) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let url = format!("http://{}", listener.local_addr()?);
        let (sender, lines) = mpsc::channel();
        let router = router(sender);
        thread::spawn(move || runtime.block_on(async { axum::serve(listener, router).await }));
        Ok(Self { url, lines })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it is asked, a line for each request.
    #[must_use]
    pub fn lines(&self) -> &Receiver<String> {
        &self.lines
    }

    /// The environment of a process that takes it for AWS.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, &str); 7] {
        [
            ("AWS_ENDPOINT_URL", &self.url),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAPROCESS"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
    }
}

fn router(lines: Sender<String>) -> Router {
    Router::new()
        .route("/", post(sts_or_parameter_store))
        .route("/2015-03-31/functions/{arn}/invocations", post(lambda))
        .with_state(lines)
}

/// `Invoke`: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
async fn lambda(
    State(lines): State<Sender<String>>,
    Path(arn): Path<String>,
    headers: HeaderMap,
    envelope: Bytes,
) -> Response {
    let name = arn.split(':').nth(6).unwrap_or(&arn);
    let Ok(envelope) = serde_json::from_slice::<Value>(&envelope) else {
        return exception(StatusCode::BAD_REQUEST, "InvalidRequestContentException");
    };
    let point = envelope["point"].as_str().unwrap_or("no point");
    let _ = lines.send(format!(
        "lambda: {name} at {point}, with {}",
        signer(&headers)
    ));
    match functions::call(name, &envelope) {
        Some(verdict) => {
            let version = [("x-amz-executed-version", "$LATEST")];
            (version, verdict.to_string()).into_response()
        }
        None => exception(StatusCode::NOT_FOUND, "ResourceNotFoundException"),
    }
}

fn exception(status: StatusCode, code: &'static str) -> Response {
    (status, [("x-amzn-errortype", code)], "{}").into_response()
}

async fn sts_or_parameter_store(
    State(lines): State<Sender<String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let with = signer(&headers);
    if headers.contains_key("x-amz-target") {
        let question: Value = serde_json::from_slice(&body).unwrap_or_default();
        let name = question["Name"].as_str().unwrap_or_default();
        let _ = lines.send(format!("parameter store: {name}, with {with}"));
        let parameter = json!({ "Name": name, "Type": "SecureString", "Value": EXTERNAL_ID });
        return json!({ "Parameter": parameter })
            .to_string()
            .into_response();
    }
    assume_role(&lines, &with, &body)
}

/// `AssumeRole`: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
fn assume_role(lines: &Sender<String>, with: &str, body: &[u8]) -> Response {
    let field = |name| {
        let found = form_urlencoded::parse(body).find(|(field, _)| field == name);
        found.map(|(_, value)| value).unwrap_or_default()
    };
    let (role, session) = (field("RoleArn"), field("RoleSessionName"));
    let seconds = field("DurationSeconds");
    let _ = lines.send(format!(
        "sts: {role} as {session} for {seconds} seconds, with {with}"
    ));
    if field("ExternalId") != EXTERNAL_ID {
        let error = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
        return (StatusCode::FORBIDDEN, error).into_response();
    }
    let xml = [(CONTENT_TYPE, "text/xml")];
    let credentials = format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{ASSUMED_KEY}</AccessKeyId>\
         <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
         <Expiration>2099-12-31T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    (xml, credentials).into_response()
}

/// The access key that a request is signed with.
fn signer(headers: &HeaderMap) -> String {
    let authorization = headers.get("authorization");
    let authorization = authorization.and_then(|value| value.to_str().ok());
    authorization
        .and_then(|value| value.split_once("Credential="))
        .and_then(|(_, credential)| credential.split_once('/'))
        .map_or_else(|| "no credentials".into(), |(key, _)| key.into())
}
