//! Just enough of AWS Lambda, STS and Parameter Store to run the examples without an account.
//!
//! It is the tests' own server with functions and one role in it. Of what a request says of its caller it checks the external
//! id alone, no signatures.

mod functions;

use std::{
    io,
    net::TcpListener,
    sync::mpsc::{self, Receiver, Sender},
};

use lambda_sidecar_test_support::scripted::{Answer, Leg, Received, Reply, ScriptedAws};
use serde_json::{Value, json};

/// The secret that Parameter Store holds and the role's trust policy asks for.
const EXTERNAL_ID: &str = "known-to-both-accounts";

/// The access key that STS gives out.
const ASSUMED_KEY: &str = "ASIAROLE";

/// A stand-in under way in a thread of its own. It ends when it is dropped.
#[derive(Debug)]
pub struct StandIn {
    _aws: ScriptedAws,
    url: String,
    lines: Receiver<String>,
}

impl StandIn {
    /// Starts one at this address; port 0 for one that the system chooses.
    ///
    /// # Errors
    ///
    /// The address is taken.
    pub fn start(address: &str) -> io::Result<Self> {
        let aws = ScriptedAws::on(TcpListener::bind(address)?);
        let (lines, received) = mpsc::channel();
        aws.decide(move |request| Reply::answer(&answer(request, &lines)));
        Ok(Self {
            url: aws.endpoint(),
            _aws: aws,
            lines: received,
        })
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

fn answer(request: &Received, lines: &Sender<String>) -> Answer {
    match request.leg() {
        Leg::Lambda => lambda(request, lines),
        Leg::Sts => assume_role(request, lines),
        Leg::ParameterStore => parameter(request, lines),
    }
}

/// `Invoke`: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
fn lambda(request: &Received, lines: &Sender<String>) -> Answer {
    let arn = request.path.split('/').nth(3).unwrap_or_default();
    let arn = arn.replace("%3A", ":");
    let name = arn.split(':').nth(6).unwrap_or(&arn);
    let Ok(envelope) = serde_json::from_slice::<Value>(&request.body) else {
        return Answer::exception(400, "InvalidRequestContentException");
    };
    let point = envelope["point"].as_str().unwrap_or("no point");
    let with = signer(request);
    let _ = lines.send(format!("lambda: {name} at {point}, with {with}"));
    match functions::call(name, &envelope) {
        Some(verdict) => {
            Answer::verdict(verdict.to_string()).header("x-amz-executed-version", "$LATEST")
        }
        None => Answer::exception(404, "ResourceNotFoundException"),
    }
}

/// `GetParameter`: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>
fn parameter(request: &Received, lines: &Sender<String>) -> Answer {
    let question: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let name = question["Name"].as_str().unwrap_or_default();
    let with = signer(request);
    let _ = lines.send(format!("parameter store: {name}, with {with}"));
    let parameter = json!({ "Name": name, "Type": "SecureString", "Value": EXTERNAL_ID });
    Answer::new(200, json!({ "Parameter": parameter }).to_string())
}

/// `AssumeRole`: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
fn assume_role(request: &Received, lines: &Sender<String>) -> Answer {
    let field = |name| {
        let found = form_urlencoded::parse(&request.body).find(|(field, _)| field == name);
        found.map(|(_, value)| value).unwrap_or_default()
    };
    let (role, session) = (field("RoleArn"), field("RoleSessionName"));
    let seconds = field("DurationSeconds");
    let with = signer(request);
    let _ = lines.send(format!(
        "sts: {role} as {session} for {seconds} seconds, with {with}"
    ));
    if field("ExternalId") != EXTERNAL_ID {
        let error = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
        return Answer::new(403, error);
    }
    let credentials = format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{ASSUMED_KEY}</AccessKeyId>\
         <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
         <Expiration>2099-12-31T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    Answer::new(200, credentials).header("content-type", "text/xml")
}

/// The access key that a request is signed with.
fn signer(request: &Received) -> &str {
    match request.access_key_id() {
        "" => "no credentials",
        key => key,
    }
}
