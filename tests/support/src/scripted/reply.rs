//! What a scripted far end does with a request.

use std::{fmt::Write, time::Duration};

use bytes::Bytes;
use http::StatusCode;
use tokio::sync::watch;

/// What is done with one request, step by step.
#[derive(Debug, Clone)]
pub struct Reply(pub(super) Vec<Step>);

#[derive(Debug, Clone)]
pub(super) enum Step {
    Send(Bytes),
    OneByteASecond(Bytes),
    /// Chunks, as many as are taken.
    Endless,
    /// Nothing more, until the client gives up.
    Silence,
    /// The connection ends as an interrupted one does.
    Reset,
    /// The connection ends as a finished one does.
    Close,
    /// Credentials of a role that live that long.
    Credentials(Duration),
    /// Nothing for that long.
    Pause(Duration),
    /// Nothing before the gate is open.
    Gate(Gate),
    /// Another server answers, with credentials that seem to live that long.
    Forward(String, Option<Duration>),
}

/// A response that is right in itself.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: String,
    body: Bytes,
}

/// What holds replies back until it is opened.
#[derive(Debug, Clone, Default)]
pub struct Gate(watch::Sender<bool>);

impl Gate {
    /// Lets all go that wait and will come.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn wait(&self) {
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

impl Answer {
    /// A response without headers of its own.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: String::new(),
            body: body.into(),
        }
    }

    /// What a function answered.
    pub fn verdict(json: impl Into<Bytes>) -> Self {
        Self::new(200, json)
    }

    /// How AWS reports an exception, by status and code.
    pub fn exception(status: u16, code: &str) -> Self {
        Self::new(
            status,
            format!(r#"{{"message":"the far end says {code}"}}"#),
        )
        .header("x-amzn-errortype", code)
    }

    /// One header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.headers, "{name}: {value}\r\n");
        self
    }

    /// With the usual phrase: a client keeps one of its own, which costs it allocations that tests count.
    fn status_line(&self) -> String {
        let usual = StatusCode::from_u16(self.status).ok();
        let phrase = usual.and_then(|status| status.canonical_reason());
        format!(
            "HTTP/1.1 {} {}\r\n",
            self.status,
            phrase.unwrap_or("Scripted")
        )
    }

    /// Status line and headers, which announce so many bytes.
    fn head(&self, length: usize) -> Bytes {
        let (first, headers) = (self.status_line(), &self.headers);
        format!("{first}content-length: {length}\r\n{headers}\r\n").into()
    }

    fn bytes(&self, announced: usize, sent: &[u8]) -> Bytes {
        [&self.head(announced), sent].concat().into()
    }

    pub(super) fn whole(&self) -> Bytes {
        self.bytes(self.body.len(), &self.body)
    }
}

impl Reply {
    /// The answer, as it should be.
    pub fn answer(answer: &Answer) -> Self {
        Self(vec![Step::Send(answer.whole())])
    }

    /// A verdict, as a function would answer it.
    pub fn verdict(json: impl Into<Bytes>) -> Self {
        Self::answer(&Answer::verdict(json))
    }

    /// An exception, as AWS would answer it.
    pub fn exception(status: u16, code: &str) -> Self {
        Self::answer(&Answer::exception(status, code))
    }

    /// The request is read and the connection reset.
    pub fn reset_before() -> Self {
        Self(vec![Step::Reset])
    }

    /// The request is read and the connection closed.
    pub fn close_before() -> Self {
        Self(vec![Step::Close])
    }

    /// Half of the body is sent, then the connection is reset.
    pub fn reset_in_the_middle(answer: &Answer) -> Self {
        let half = answer.body.slice(..answer.body.len() / 2);
        let bytes = answer.bytes(answer.body.len(), &half);
        Self(vec![Step::Send(bytes), Step::Reset])
    }

    /// The answer is complete, then the connection is reset although it is kept alive.
    pub fn reset_after(answer: &Answer) -> Self {
        Self(vec![Step::Send(answer.whole()), Step::Reset])
    }

    /// The answer is complete, the connection is kept alive, and reset once the gate is open.
    pub fn reset_later(answer: &Answer, gate: &Gate) -> Self {
        let answer = Step::Send(answer.whole());
        Self(vec![answer, Step::Gate(gate.clone()), Step::Reset])
    }

    /// The same with an end as a finished connection has it.
    pub fn close_later(answer: &Answer, gate: &Gate) -> Self {
        let answer = Step::Send(answer.whole());
        Self(vec![answer, Step::Gate(gate.clone()), Step::Close])
    }

    /// The headers announce a body that never comes.
    pub fn headers_then_silence(answer: &Answer) -> Self {
        let head = answer.head(answer.body.len());
        Self(vec![Step::Send(head), Step::Silence])
    }

    /// The headers announce so many bytes, none of which comes.
    pub fn announces(length: usize) -> Self {
        let head = Answer::verdict("").head(length);
        Self(vec![Step::Send(head), Step::Silence])
    }

    /// A body that has no end.
    pub fn endless() -> Self {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        Self(vec![Step::Send(head.into()), Step::Endless])
    }

    /// The headers announce a body, and the connection is closed.
    pub fn headers_then_close(answer: &Answer) -> Self {
        let head = answer.head(answer.body.len());
        Self(vec![Step::Send(head), Step::Close])
    }

    /// So many bytes less than announced, then the connection is closed.
    pub fn shorter_than_announced(answer: &Answer, by: usize) -> Self {
        let bytes = answer.bytes(answer.body.len() + by, &answer.body);
        Self(vec![Step::Send(bytes), Step::Close])
    }

    /// Bytes after the announced end of the body, on a connection that is kept alive.
    pub fn longer_than_announced(answer: &Answer, surplus: &[u8]) -> Self {
        let body = [&answer.body, surplus].concat();
        Self(vec![Step::Send(answer.bytes(answer.body.len(), &body))])
    }

    /// The request is read; nothing comes.
    pub fn never() -> Self {
        Self(vec![Step::Silence])
    }

    /// The headers at once, the body one byte a second.
    pub fn one_byte_a_second(answer: &Answer) -> Self {
        let head = answer.head(answer.body.len());
        Self(vec![
            Step::Send(head),
            Step::OneByteASecond(answer.body.clone()),
        ])
    }

    /// These bytes, which need not be HTTP, then the connection is closed.
    pub fn raw(bytes: &'static str) -> Self {
        Self(vec![Step::Send(bytes.into()), Step::Close])
    }

    /// These bytes, then the connection is reset.
    pub fn broken_off(bytes: &'static str) -> Self {
        Self(vec![Step::Send(bytes.into()), Step::Reset])
    }

    /// The same answer without its length; the connection is closed where it ends.
    pub fn without_length(answer: &Answer) -> Self {
        let head = format!("{}{}\r\n", answer.status_line(), answer.headers);
        let body = answer.body.clone();
        Self(vec![Step::Send(head.into()), Step::Send(body), Step::Close])
    }

    /// The same answer in chunks, although its headers announce a length too; chunks win.
    pub fn in_chunks_against_the_length(answer: &Answer, announced: usize) -> Self {
        let head = answer
            .clone()
            .header("transfer-encoding", "chunked")
            .head(announced);
        let length = format!("{:x}\r\n", answer.body.len());
        let steps = [
            head,
            length.into(),
            answer.body.clone(),
            "\r\n0\r\n\r\n".into(),
        ];
        Self(steps.into_iter().map(Step::Send).collect())
    }

    /// The same reply, after that long.
    #[must_use]
    pub fn after(mut self, pause: Duration) -> Self {
        self.0.insert(0, Step::Pause(pause));
        self
    }

    /// The same reply, not before the gate is open.
    #[must_use]
    pub fn behind(mut self, gate: &Gate) -> Self {
        self.0.insert(0, Step::Gate(gate.clone()));
        self
    }

    /// Credentials of an assumed role that live that long; a new access key with each answer.
    pub fn credentials(lifetime: Duration) -> Self {
        Self(vec![Step::Credentials(lifetime)])
    }

    /// What the server there answers.
    pub fn forward(endpoint: &str) -> Self {
        Self::forwarded(endpoint, None)
    }

    /// The credentials that the server there answers, with a lifetime that is shorter than the
    /// shortest AWS has.
    pub fn forward_short_lived(endpoint: &str, lifetime: Duration) -> Self {
        Self::forwarded(endpoint, Some(lifetime))
    }

    fn forwarded(endpoint: &str, lifetime: Option<Duration>) -> Self {
        let address = endpoint.trim_start_matches("http://").to_owned();
        Self(vec![Step::Forward(address, lifetime), Step::Close])
    }
}
