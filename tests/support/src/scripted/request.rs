//! What a scripted far end was sent.

use bytes::Bytes;
use http::Request;
use tokio::io::{self, AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use super::Leg;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// The bytes of the request line and the headers, with the empty line.
    pub(super) head: Bytes,
    /// The path, without a query.
    pub path: String,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Received {
    /// Reads the next request; `None` where the client closed the connection instead.
    pub async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Self>> {
        let Some(head) = read_head(stream).await? else {
            return Ok(None);
        };
        let mut request = Self::parse(head);
        let length = request.header("content-length");
        let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        request.body = body.into();
        Ok(Some(request))
    }

    fn parse(head: Bytes) -> Self {
        let text = String::from_utf8_lossy(&head);
        let mut lines = text.lines();
        let target = lines.next().and_then(|line| line.split(' ').nth(1));
        let path = target.and_then(|target| target.split('?').next());
        let path = path.unwrap_or_default().to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self {
            path,
            headers,
            body: Bytes::new(),
            head,
        }
    }

    /// The method, and the target with its query, as they came.
    pub fn request_line(&self) -> (&str, &str) {
        let text = std::str::from_utf8(&self.head).unwrap_or_default();
        let mut parts = text.split(' ');
        let (method, target) = (parts.next(), parts.next());
        (method.unwrap_or_default(), target.unwrap_or_default())
    }

    /// As a server of another kind has it.
    pub fn to_http(&self) -> Request<Bytes> {
        let text = String::from_utf8_lossy(&self.head);
        let mut request_line = text.split(' ');
        let method = request_line.next().unwrap_or_default();
        let target = request_line.next().unwrap_or_default();
        let request = Request::builder().method(method).uri(target);
        let headers = self.headers.iter();
        let request = headers.fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        let request = request.body(self.body.clone());
        request.expect("it was sent as HTTP")
    }

    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|header| header.0 == name)
            .map(|header| header.1.as_str())
    }

    /// All headers, by their names in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Which of AWS's services is asked.
    pub fn leg(&self) -> Leg {
        if self.path.contains("/2015-03-31/functions/") {
            Leg::Lambda
        } else if self.header("x-amz-target").is_some() {
            Leg::ParameterStore
        } else {
            Leg::Sts
        }
    }

    /// What the SDK gives all attempts of one call.
    pub fn invocation_id(&self) -> &str {
        self.header("amz-sdk-invocation-id").unwrap_or_default()
    }

    /// Which attempt of its call it is, from 1.
    pub fn attempt(&self) -> u32 {
        let request = self.header("amz-sdk-request").unwrap_or_default();
        let attempt = request
            .split("; ")
            .find_map(|part| part.strip_prefix("attempt="));
        attempt.and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// The access key that signed it.
    pub fn access_key_id(&self) -> &str {
        let authorization = self.header("authorization").unwrap_or_default();
        let credential = authorization.split_once("Credential=");
        let key = credential.and_then(|(_, rest)| rest.split('/').next());
        key.unwrap_or_default()
    }
}

/// Line by line: a thousand clients share the machine with this server.
pub(super) async fn read_head(
    stream: &mut (impl AsyncBufRead + Unpin),
) -> io::Result<Option<Bytes>> {
    let mut head = Vec::with_capacity(2048);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_until(b'\n', &mut head).await {
            Ok(1..) => {}
            // The end, or a connection that was reset, between two requests.
            Ok(0) | Err(_) if head.is_empty() => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(head.into()))
}
