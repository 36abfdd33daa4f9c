//! HTTP/1.1 at the far end, by hand: what is to break must not be mended by a library.

use std::io;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::{
    action::{Action, FUNCTION_SAYS, THROTTLED},
    content::{replaced, stopped},
    endpoints::MARK,
};

pub(crate) type Stream = BufReader<TcpStream>;

/// An invocation as it arrived.
#[derive(Debug)]
pub(crate) struct Request {
    path: String,
    headers: Vec<(String, String)>,
    pub(crate) envelope: Value,
}

impl Request {
    /// Reads the next one; none where the gateway closed the connection.
    pub(crate) async fn read(stream: &mut Stream) -> io::Result<Option<Self>> {
        let mut head = Vec::with_capacity(2048);
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) if head.is_empty() => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let text = String::from_utf8_lossy(&head);
        let mut lines = text.lines();
        let path = lines.next().and_then(|line| line.split(' ').nth(1));
        let path = path.unwrap_or_default().to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut request = Self {
            path,
            headers,
            envelope: Value::Null,
        };
        let length = request.header("content-length").parse().unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        request.envelope = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Some(request))
    }

    /// A header, empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|header| header.0 == name);
        found.map_or("", |header| &header.1)
    }

    /// The last part of the function's ARN.
    pub(crate) fn function(&self) -> &str {
        let arn = self.path.split('/').nth(3).unwrap_or_default();
        let arn = arn.rsplit_once("%3A").map_or(arn, |(_, name)| name);
        arn.rsplit_once(':').map_or(arn, |(_, name)| name)
    }

    pub(crate) fn is_event(&self) -> bool {
        self.header("x-amz-invocation-type") == "Event"
    }

    /// Which attempt of its call it is, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        let parts = self.header("amz-sdk-request").split("; ");
        let mut attempts = parts.filter_map(|part| part.strip_prefix("attempt="));
        let attempt = attempts.next().and_then(|number| number.parse().ok());
        attempt.unwrap_or(0)
    }

    /// The access key that signed it.
    pub(crate) fn access_key(&self) -> &str {
        let credential = self.header("authorization").split_once("Credential=");
        let key = credential.and_then(|(_, rest)| rest.split('/').next());
        key.unwrap_or_default()
    }
}

/// The bytes that are sent for this action, if any.
pub(crate) fn bytes(action: Action, id: u64, function: &str, event: bool) -> Vec<u8> {
    let success = if event { 202 } else { 200 };
    let marked = serde_json::json!({ format!("{MARK}{function}"): id });
    let ok = |body: &str| answer(success, "", body);
    match action {
        // To an event Lambda answers that it was taken, and nothing else.
        Action::Allow | Action::AllowInTime | Action::AllowThenReset | Action::TooLate if event => {
            ok("")
        }
        Action::Allow | Action::AllowInTime | Action::AllowThenReset | Action::TooLate => ok("{}"),
        Action::ModifyHeaders => {
            ok(&serde_json::json!({"modify": {"addHeaders": marked}}).to_string())
        }
        Action::ModifyBody => ok(&serde_json::json!({"modify": {
            "addHeaders": marked, "json": replaced(id, function), "completeWithCode": 203,
        }})
        .to_string()),
        Action::Terminate(code) => ok(&serde_json::json!({"terminate": {
            "code": code, "message": stopped(id, function),
        }})
        .to_string()),
        Action::Nothing => ok(""),
        Action::Null => ok("null"),
        Action::NotJson => ok("<html>"),
        Action::Misspelt => ok(r#"{"Terminate":{"code":403}}"#),
        Action::NoCode => ok(r#"{"terminate":{"message":"no"}}"#),
        Action::FunctionError => answer(
            200,
            "x-amz-function-error: Unhandled\r\n",
            &serde_json::json!({"errorMessage": FUNCTION_SAYS, "errorType": "No"}).to_string(),
        ),
        Action::Throttle => exception(429, THROTTLED),
        Action::Exception(status, code) => exception(status, code),
        Action::Status(status) => answer(status, "", ""),
        Action::Garbage => b"220 mail.example ESMTP\r\n".to_vec(),
        Action::Half => b"HTTP/1.1 200 OK\r\nconte".to_vec(),
        Action::Short => b"HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{\"modify\"".to_vec(),
        Action::HeadersOnly => b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n".to_vec(),
        Action::Reset | Action::Close | Action::Never => Vec::new(),
    }
}

fn exception(status: u16, code: &str) -> Vec<u8> {
    let headers = format!("x-amzn-errortype: {code}\r\nretry-after: 1\r\n");
    answer(status, &headers, r#"{"message":"as scripted"}"#)
}

fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into()
}

pub(crate) async fn send(stream: &mut Stream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Waits until the gateway has closed the connection.
pub(crate) async fn given_up(stream: &mut Stream) {
    let mut unasked = [0; 64];
    while stream
        .read(&mut unasked)
        .await
        .is_ok_and(|length| length > 0)
    {}
}
