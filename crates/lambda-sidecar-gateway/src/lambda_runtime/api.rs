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
    extract::{DefaultBodyLimit, Path, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use lambda_sidecar::Answer;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use uuid::Uuid;

use super::invocation::RuntimeInvocation;

/// An invocation whose clock runs.
pub(super) struct StartedInvocation {
    pub(super) id: String,
    pub(super) invocation: RuntimeInvocation,
    pub(super) deadline: SystemTime,
}

/// What the process posts.
#[derive(Debug)]
pub(super) enum ProcessMessage {
    Response(Bytes),
    Error(Bytes),
    InitError(Bytes),
}

/// The Runtime API as one process sees it; it ends with this value.
#[derive(Debug)]
pub(super) struct Api {
    address: SocketAddr,
    invocations: mpsc::Sender<StartedInvocation>,
    messages: mpsc::UnboundedReceiver<ProcessMessage>,
    server: JoinHandle<()>,
}

impl Api {
    /// # Errors
    ///
    /// When no port can be had.
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (invocations, waiting) = mpsc::channel(1);
        let (sender, messages) = mpsc::unbounded_channel();
        let process = Arc::new(Process {
            waiting: tokio::sync::Mutex::new(waiting),
            current: Mutex::default(),
            messages: sender,
        });
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router(process)).await {
                tracing::error!(%error, "the Runtime API stopped");
            }
        });
        Ok(Self {
            address,
            invocations,
            messages,
            server,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands an invocation to the process as soon as it is ready for one.
    pub(super) async fn hand_over(&self, started: StartedInvocation) {
        // Nobody takes it if the process has ended, which its caller sees.
        let _ = self.invocations.send(started).await;
    }

    /// The process's next message.
    pub(super) async fn message(&mut self) -> Option<ProcessMessage> {
        self.messages.recv().await
    }

    /// A message that is here already.
    pub(super) fn last_message(&mut self) -> Option<ProcessMessage> {
        self.messages.try_recv().ok()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What the handlers share.
struct Process {
    waiting: tokio::sync::Mutex<mpsc::Receiver<StartedInvocation>>,
    /// The id of the invocation under way.
    current: Mutex<Option<String>>,
    messages: mpsc::UnboundedSender<ProcessMessage>,
}

impl Process {
    fn current(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over the message about this invocation, once.
    fn answer(&self, id: &str, message: ProcessMessage) -> Response {
        let mut current = self.current();
        if current.as_deref() != Some(id) {
            return refused("InvalidRequestID", "no such invocation is under way");
        }
        *current = None;
        self.accept(message)
    }

    fn accept(&self, message: ProcessMessage) -> Response {
        let _ = self.messages.send(message);
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
    let Some(started) = process.waiting.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let Some(headers) = headers(&started) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    *process.current() = Some(started.id);
    (headers, started.invocation.payload).into_response()
}

async fn response(
    State(process): State<Arc<Process>>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match body {
        Ok(body) => process.answer(&id, ProcessMessage::Response(body)),
        Err(rejected) => {
            if rejected.status() == StatusCode::PAYLOAD_TOO_LARGE {
                process.answer(&id, ProcessMessage::Error(too_large()));
            }
            rejected.into_response()
        }
    }
}

/// What Lambda makes of an answer that is larger than it takes.
fn too_large() -> Bytes {
    let most = Answer::MAX_PAYLOAD;
    let message =
        format!("Response payload size exceeded maximum allowed payload size ({most} bytes).");
    let error = serde_json::json!({
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": message,
    });
    Bytes::from(error.to_string())
}

async fn error(
    State(process): State<Arc<Process>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    process.answer(&id, ProcessMessage::Error(body))
}

async fn init_error(State(process): State<Arc<Process>>, body: Bytes) -> Response {
    process.accept(ProcessMessage::InitError(body))
}

fn refused(kind: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errorType": kind, "errorMessage": message });
    (StatusCode::BAD_REQUEST, body.to_string()).into_response()
}

/// The invocation's headers; none if a value cannot stand in one.
fn headers(started: &StartedInvocation) -> Option<HeaderMap> {
    let invocation = &started.invocation;
    let deadline = started.deadline.duration_since(UNIX_EPOCH).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let trace = Uuid::new_v4().simple().to_string();
    let trace = format!("Root=1-{:08x}-{};Sampled=0", now.as_secs(), &trace[..24]);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("lambda-runtime-aws-request-id", Some(started.id.clone())),
        (
            "lambda-runtime-deadline-ms",
            Some(deadline.as_millis().to_string()),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            Some(invocation.function_arn.clone()),
        ),
        (
            "lambda-runtime-client-context",
            invocation.client_context.clone(),
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
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    /// The status that a process gets for a message of this length.
    async fn status(length: usize) -> StatusCode {
        let (_invocations, waiting) = mpsc::channel(1);
        let (messages, _received) = mpsc::unbounded_channel();
        let process = Arc::new(Process {
            waiting: tokio::sync::Mutex::new(waiting),
            current: Mutex::default(),
            messages,
        });
        let request = Request::post("/2018-06-01/runtime/init/error");
        let request = request.body(Body::from(vec![b' '; length])).unwrap();
        let response = router(process).oneshot(request).await;
        response.unwrap().status()
    }

    #[tokio::test]
    async fn a_function_may_answer_as_much_as_with_lambda() {
        assert_eq!(status(Answer::MAX_PAYLOAD).await, StatusCode::ACCEPTED);
        assert_eq!(
            status(Answer::MAX_PAYLOAD + 1).await,
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }
}
