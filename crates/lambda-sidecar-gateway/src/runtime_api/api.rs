//! The Runtime API of one process.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use lambda_sidecar::Answer;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use uuid::Uuid;

use super::Question;

/// An invocation whose clock runs.
pub(super) struct Begun {
    pub(super) id: String,
    pub(super) question: Question,
    pub(super) deadline: SystemTime,
}

/// What the process says.
#[derive(Debug)]
pub(super) enum Said {
    Response(Bytes),
    Error(Bytes),
    InitError(Bytes),
}

/// The Runtime API as one process sees it; it ends with this value.
#[derive(Debug)]
pub(super) struct Api {
    address: SocketAddr,
    asked: mpsc::Sender<Begun>,
    said: mpsc::UnboundedReceiver<Said>,
    server: JoinHandle<()>,
}

impl Api {
    /// # Errors
    ///
    /// When no port can be had.
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (asked, questions) = mpsc::channel(1);
        let (sender, said) = mpsc::unbounded_channel();
        let process = Arc::new(Process {
            questions: tokio::sync::Mutex::new(questions),
            current: Mutex::default(),
            said: sender,
        });
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router(process)).await {
                tracing::error!(%error, "the Runtime API stopped");
            }
        });
        Ok(Self {
            address,
            asked,
            said,
            server,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands an invocation to the process as soon as it asks for one.
    pub(super) async fn ask(&self, begun: Begun) {
        // Nobody takes it where the process has ended, which its caller sees.
        let _ = self.asked.send(begun).await;
    }

    /// What the process says next.
    pub(super) async fn said(&mut self) -> Option<Said> {
        self.said.recv().await
    }

    /// What the process has said already.
    pub(super) fn has_said(&mut self) -> Option<Said> {
        self.said.try_recv().ok()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What the handlers share.
struct Process {
    questions: tokio::sync::Mutex<mpsc::Receiver<Begun>>,
    /// The id of the invocation under way.
    current: Mutex<Option<String>>,
    said: mpsc::UnboundedSender<Said>,
}

impl Process {
    fn current(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what was said of this invocation, once.
    fn answer(&self, id: &str, said: Said) -> Response {
        let mut current = self.current();
        if current.as_deref() != Some(id) {
            return refused("InvalidRequestID", "no such invocation is under way");
        }
        *current = None;
        self.accept(said)
    }

    fn accept(&self, said: Said) -> Response {
        let _ = self.said.send(said);
        (StatusCode::ACCEPTED, r#"{"status":"OK"}"#).into_response()
    }
}

fn router(process: Arc<Process>) -> Router {
    const INVOCATION: &str = "/2018-06-01/runtime/invocation";
    Router::new()
        .route(&format!("{INVOCATION}/next"), get(next))
        .route(&format!("{INVOCATION}/{{id}}/response"), post(response))
        .route(&format!("{INVOCATION}/{{id}}/error"), post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(Answer::MAX_PAYLOAD))
        .with_state(process)
}

async fn next(State(process): State<Arc<Process>>) -> Response {
    let Some(begun) = process.questions.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let Some(headers) = headers(&begun) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    *process.current() = Some(begun.id);
    (headers, begun.question.payload).into_response()
}

async fn response(
    State(process): State<Arc<Process>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    process.answer(&id, Said::Response(body))
}

async fn error(
    State(process): State<Arc<Process>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    process.answer(&id, Said::Error(body))
}

async fn init_error(State(process): State<Arc<Process>>, body: Bytes) -> Response {
    process.accept(Said::InitError(body))
}

fn refused(kind: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errorType": kind, "errorMessage": message });
    (StatusCode::BAD_REQUEST, body.to_string()).into_response()
}

/// The invocation's headers; none where a value cannot stand in one.
fn headers(begun: &Begun) -> Option<HeaderMap> {
    let question = &begun.question;
    let deadline = begun.deadline.duration_since(UNIX_EPOCH).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let trace = Uuid::new_v4().simple().to_string();
    let trace = format!("Root=1-{:08x}-{};Sampled=0", now.as_secs(), &trace[..24]);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("lambda-runtime-aws-request-id", Some(begun.id.clone())),
        (
            "lambda-runtime-deadline-ms",
            Some(deadline.as_millis().to_string()),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            Some(question.function_arn.clone()),
        ),
        (
            "lambda-runtime-client-context",
            question.client_context.clone(),
        ),
        ("lambda-runtime-trace-id", Some(trace)),
    ] {
        if let Some(value) = value {
            headers.insert(name, HeaderValue::try_from(value).ok()?);
        }
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;

    /// What the process is told after an answer of this length.
    async fn status(api: &Api, length: usize) -> String {
        let mut stream = TcpStream::connect(api.address()).await.unwrap();
        let head = "HTTP/1.1\r\nhost: a\r\n";
        let next = format!("GET /2018-06-01/runtime/invocation/next {head}\r\n");
        stream.write_all(next.as_bytes()).await.unwrap();
        let mut answer = [0; 1024];
        assert!(stream.read(&mut answer).await.unwrap() > 0);
        let path = "/2018-06-01/runtime/invocation/id/response";
        let head = format!("POST {path} {head}content-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // One that is too long is refused while it is being sent.
        let _ = stream.write_all(&vec![b' '; length]).await;
        let read = stream.read(&mut answer).await.unwrap();
        let text = String::from_utf8_lossy(&answer[..read]);
        text.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn a_function_may_answer_as_much_as_is_taken_from_aws_and_no_more() {
        for (length, expected) in [
            (Answer::MAX_PAYLOAD, "202"),
            (Answer::MAX_PAYLOAD + 1, "413"),
        ] {
            let api = Api::start().await.unwrap();
            let question = Question {
                payload: Bytes::new(),
                function_arn: "f".into(),
                client_context: None,
                time: Duration::from_secs(5),
            };
            api.ask(Begun {
                id: "id".into(),
                question,
                deadline: SystemTime::now(),
            })
            .await;
            assert_eq!(status(&api, length).await, expected, "{length} bytes");
        }
    }
}
