//! What the tests here have a scripted AWS do, and what they saw of its requests.

use std::{collections::HashMap, time::SystemTime};

use lambda_sidecar_test_support::scripted::{
    Answer, Gate as Open, Leg, Received, RefusedPort, Reply as Scripted, ScriptedAws,
};

/// Which service a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    Lambda,
    Sts,
    Ssm,
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) service: Service,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Service {
    fn leg(self) -> Leg {
        match self {
            Self::Lambda => Leg::Lambda,
            Self::Sts => Leg::Sts,
            Self::Ssm => Leg::ParameterStore,
        }
    }
}

impl From<&Received> for Seen {
    fn from(request: &Received) -> Self {
        let (method, target) = request.request_line();
        Self {
            service: match request.leg() {
                Leg::Lambda => Service::Lambda,
                Leg::Sts => Service::Sts,
                Leg::ParameterStore => Service::Ssm,
            },
            method: method.to_owned(),
            target: target.to_owned(),
            headers: request.headers().iter().cloned().collect(),
            body: String::from_utf8(request.body.to_vec()).unwrap(),
        }
    }
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The credential scope of the signature: access key and region.
    pub(crate) fn signed(&self) -> (&str, &str) {
        let authorization = self.header("authorization").unwrap();
        let (_, credential) = authorization.split_once("Credential=").unwrap();
        let mut parts = credential.split('/');
        (parts.next().unwrap(), parts.nth(1).unwrap())
    }
}

/// What it does with a request.
pub(crate) enum Reply {
    /// Status, headers, body.
    Answer(u16, Vec<(String, String)>, String),
    /// Closes the connection without an answer.
    Close,
    /// Resets the connection.
    Reset,
    /// Announces this many bytes, sends fewer, closes.
    BreakOff(usize),
    /// Announces this many bytes, and waits for the caller to give up.
    Announce(usize),
    /// Sends chunks without end, as many as are taken.
    Endless,
    /// Answers thus when the gate is open.
    Gated(Open, Box<Reply>),
}

impl Reply {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::Answer(200, Vec::new(), body.into())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Answer(status, Vec::new(), String::new())
    }

    pub(crate) fn exception(status: u16, code: &str) -> Self {
        let body = format!(r#"{{"__type":"{code}","message":"about account 123456789012"}}"#);
        Self::ok(body)
            .with_status(status)
            .with_header("x-amzn-errortype", code)
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer(_, headers, _) = &mut self {
            headers.push((name.into(), value.into()));
        }
        self
    }

    pub(crate) fn with_status(mut self, new: u16) -> Self {
        if let Self::Answer(status, ..) = &mut self {
            *status = new;
        }
        self
    }

    /// This reply, as soon as the gate is open.
    pub(crate) fn when(self, open: &Open) -> Self {
        Self::Gated(open.clone(), Box::new(self))
    }

    pub(crate) fn parameter(value: &str) -> Self {
        Self::ok(format!(
            r#"{{"Parameter":{{"Name":"/acme/prod/trustKey","Type":"SecureString","Value":"{value}"}}}}"#
        ))
    }

    pub(crate) fn credentials(key: &str, expiry: SystemTime) -> Self {
        let expiry = aws_smithy_types::DateTime::from(expiry);
        let expiry = expiry
            .fmt(aws_smithy_types::date_time::Format::DateTime)
            .unwrap();
        Self::ok(format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>assumed-secret</SecretAccessKey>\
             <SessionToken>assumed-token</SessionToken><Expiration>{expiry}</Expiration>\
             </Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ))
    }

    pub(crate) fn sts_error(code: &str, message: &str) -> Self {
        Self::ok(format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        ))
        .with_status(403)
    }

    /// The same for the server.
    fn scripted(self) -> Scripted {
        match self {
            Self::Answer(status, headers, body) => {
                let mut answer = Answer::new(status, body);
                for (name, value) in headers {
                    answer = answer.header(&name, &value);
                }
                Scripted::answer(&answer)
            }
            Self::Close => Scripted::close_before(),
            Self::Reset => Scripted::reset_before(),
            Self::BreakOff(length) => {
                Scripted::shorter_than_announced(&Answer::verdict("{"), length - 1)
            }
            Self::Announce(length) => Scripted::announces(length),
            Self::Endless => Scripted::endless(),
            Self::Gated(gate, reply) => reply.scripted().behind(&gate),
        }
    }
}

/// Holds answers back until it is opened.
pub(crate) struct Gate(Open);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Open::default())
    }

    pub(crate) fn subscribe(&self) -> Open {
        self.0.clone()
    }

    pub(crate) fn open(&self) {
        self.0.open();
    }
}

/// A scripted AWS. It ends when it is dropped.
pub(crate) struct FarEnd {
    pub(crate) url: String,
    aws: ScriptedAws,
}

impl FarEnd {
    /// The script says what is done with each request, in order of arrival.
    #[expect(
        clippy::unused_async,
        reason = "it starts as a server of this runtime would"
    )]
    pub(crate) async fn scripted(mut script: impl FnMut(&Seen) -> Reply + Send + 'static) -> Self {
        let decide = move |request: &Received| script(&Seen::from(request)).scripted();
        let aws = ScriptedAws::deciding(decide).any_payload();
        Self {
            url: aws.endpoint(),
            aws,
        }
    }

    /// The same is done with every request to Lambda, and what the role `sidecar` needs is granted.
    pub(crate) async fn lambda(mut reply: impl FnMut() -> Reply + Send + 'static) -> Self {
        Self::scripted(move |seen| match seen.service {
            Service::Lambda => reply(),
            Service::Ssm => Reply::parameter("external-id-1"),
            Service::Sts => Reply::credentials("ASSUMED", in_an_hour()),
        })
        .await
    }

    pub(crate) fn seen(&self, service: Service) -> Vec<Seen> {
        let received = self.aws.received(service.leg());
        received.iter().map(Seen::from).collect()
    }

    pub(crate) fn count(&self, service: Service) -> usize {
        self.aws.count(service.leg())
    }

    /// Waits until that many requests have come for the service.
    pub(crate) async fn wait_for(&self, service: Service, count: usize) {
        self.aws.until_received(service.leg(), count).await;
    }

    pub(crate) fn connections(&self) -> usize {
        self.aws.connections()
    }

    /// How many bytes were taken.
    pub(crate) fn sent(&self) -> usize {
        usize::try_from(self.aws.bytes_sent()).unwrap()
    }

    /// How many of each service have come.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        (
            self.count(Service::Ssm),
            self.count(Service::Sts),
            self.count(Service::Lambda),
        )
    }
}

pub(crate) fn in_an_hour() -> SystemTime {
    SystemTime::now() + std::time::Duration::from_secs(3600)
}

/// An address at which nothing listens.
pub(crate) async fn closed() -> String {
    RefusedPort::take().endpoint()
}
