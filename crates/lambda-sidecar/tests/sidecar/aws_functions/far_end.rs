//! A scripted far end: Lambda, STS and Parameter Store at one address, each request counted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
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

/// What the far end does with a request.
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
    Gated(watch::Receiver<bool>, Box<Reply>),
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
    pub(crate) fn when(self, open: &watch::Receiver<bool>) -> Self {
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
}

/// Holds answers back until it is opened.
pub(crate) struct Gate(watch::Sender<bool>);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(watch::channel(false).0)
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }

    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }
}

/// Ends when it is dropped.
pub(crate) struct FarEnd {
    pub(crate) url: String,
    state: Arc<State>,
    server: tokio::task::JoinHandle<()>,
}

type Script = Box<dyn FnMut(&Seen) -> Reply + Send>;

struct State {
    seen: watch::Sender<Vec<Seen>>,
    connections: watch::Sender<usize>,
    sent: watch::Sender<usize>,
    script: Mutex<Script>,
}

impl FarEnd {
    /// A scripted far end; the script says what is done with each request, in order of arrival.
    pub(crate) async fn scripted(script: impl FnMut(&Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            seen: watch::Sender::new(Vec::new()),
            connections: watch::Sender::new(0),
            sent: watch::Sender::new(0),
            script: Mutex::new(Box::new(script)),
        });
        let serving = Arc::clone(&state);
        let server = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                serving.connections.send_modify(|count| *count += 1);
                let state = Arc::clone(&serving);
                connections.spawn(async move { serve(socket, &state).await });
            }
        });
        Self { url, state, server }
    }

    /// A scripted far end that does the same with every request to Lambda, and grants what the role
    /// `sidecar` needs.
    pub(crate) async fn lambda(mut reply: impl FnMut() -> Reply + Send + 'static) -> Self {
        Self::scripted(move |seen| match seen.service {
            Service::Lambda => reply(),
            Service::Ssm => Reply::parameter("external-id-1"),
            Service::Sts => Reply::credentials("ASSUMED", in_an_hour()),
        })
        .await
    }

    pub(crate) fn seen(&self, service: Service) -> Vec<Seen> {
        let mut seen = self.state.seen.borrow().clone();
        seen.retain(|seen| seen.service == service);
        seen
    }

    pub(crate) fn count(&self, service: Service) -> usize {
        self.seen(service).len()
    }

    /// Waits until that many requests have come for the service.
    pub(crate) async fn wait_for(&self, service: Service, count: usize) {
        let mut seen = self.state.seen.subscribe();
        let enough =
            |seen: &Vec<Seen>| seen.iter().filter(|seen| seen.service == service).count() >= count;
        seen.wait_for(enough).await.unwrap();
    }

    pub(crate) fn connections(&self) -> usize {
        *self.state.connections.borrow()
    }

    /// How many bytes of a body without end were taken.
    pub(crate) fn sent(&self) -> usize {
        *self.state.sent.borrow()
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

impl Drop for FarEnd {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) fn in_an_hour() -> SystemTime {
    SystemTime::now() + std::time::Duration::from_secs(3600)
}

/// An address at which nothing listens.
pub(crate) async fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn serve(mut socket: TcpStream, state: &State) {
    while let Some(seen) = read(&mut socket).await {
        // Counted before the script decides: what the script sees has been seen.
        state.seen.send_modify(|all| all.push(seen.clone()));
        let reply = (state.script.lock().unwrap())(&seen);
        if !act(&mut socket, state, reply).await {
            return;
        }
    }
}

/// Does what the reply says; whether the connection is still of use.
async fn act(socket: &mut TcpStream, state: &State, reply: Reply) -> bool {
    match reply {
        Reply::Answer(status, headers, body) => {
            let mut text = format!(
                "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n",
                body.len()
            );
            for (name, value) in headers {
                text += &format!("{name}: {value}\r\n");
            }
            let text = format!("{text}\r\n{body}");
            socket.write_all(text.as_bytes()).await.is_ok()
        }
        Reply::Close => false,
        Reply::Reset => {
            socket.set_zero_linger().unwrap();
            false
        }
        Reply::BreakOff(length) => {
            let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{{");
            socket.write_all(text.as_bytes()).await.unwrap();
            false
        }
        Reply::Announce(length) => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            socket.write_all(head.as_bytes()).await.unwrap();
            let _ = socket.read(&mut [0]).await;
            false
        }
        Reply::Endless => {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            socket.write_all(head).await.unwrap();
            let mut chunk = b"10000\r\n".to_vec();
            chunk.extend([b' '; 65_536]);
            chunk.extend(b"\r\n");
            while socket.write_all(&chunk).await.is_ok() {
                state.sent.send_modify(|sent| *sent += chunk.len());
            }
            false
        }
        Reply::Gated(mut gate, reply) => {
            gate.wait_for(|open| *open).await.unwrap();
            Box::pin(act(socket, state, *reply)).await
        }
    }
}

async fn read(socket: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut request_line = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (request_line.next()?, request_line.next()?);
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + 4 + length {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let service = match headers.get("x-amz-target").map(String::as_str) {
        Some("AmazonSSM.GetParameter") => Service::Ssm,
        _ if target.contains("/2015-03-31/functions/") => Service::Lambda,
        _ => Service::Sts,
    };
    let body = String::from_utf8(bytes[end + 4..].to_vec()).unwrap();
    Some(Seen {
        service,
        method,
        target,
        headers,
        body,
    })
}
