//! A policy server as the function: `{"input": ENVELOPE}` is posted to it, and it answers `{"result": true}`.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Uri, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use lambda_sidecar::{
    Answer, BoxError, IntoAnswer as _, Invocation, InvocationError, StatusCode, Terminate, Verdict,
};
use serde_json::Value;
use tower::Service;

/// More than this is no answer of a policy server.
const MAX_ANSWER: usize = 64 * 1024;

/// Asks a policy server. Clones share its connections.
#[derive(Debug, Clone)]
pub(crate) struct PolicyServer {
    client: Client<HttpConnector, Full<Bytes>>,
    uri: Uri,
}

impl PolicyServer {
    pub(crate) fn new(uri: Uri) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, uri }
    }

    async fn ask(self, invocation: Invocation) -> Result<Answer, InvocationError> {
        let question = [b"{\"input\":", &*invocation.payload, b"}"].concat();
        let request = Request::post(self.uri)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(question))
            .map_err(InvocationError::connect)?;
        let response = self.client.request(request).await;
        let response = response.map_err(InvocationError::connect)?;
        match response.status() {
            http::StatusCode::OK => {}
            http::StatusCode::SERVICE_UNAVAILABLE | http::StatusCode::TOO_MANY_REQUESTS => {
                return Err(InvocationError::throttled("PolicyServerBusy", "it said so"));
            }
            other => return Err(InvocationError::service(other.as_u16(), None, "it said so")),
        }
        let answer = Limited::new(response.into_body(), MAX_ANSWER).collect();
        let answer = answer
            .await
            .map_err(InvocationError::wrong_answer)?
            .to_bytes();
        let verdict = verdict(&answer).map_err(InvocationError::wrong_answer)?;
        Ok(verdict.into_answer())
    }
}

/// What the answer means for the call. What is not a clear yes or no is an error, never a yes.
fn verdict(answer: &[u8]) -> Result<Verdict, BoxError> {
    match serde_json::from_slice::<Value>(answer)?["result"] {
        Value::Bool(true) => Ok(Verdict::Allow),
        Value::Bool(false) => Ok(Terminate::new(StatusCode::FORBIDDEN)
            .message("the policy says no\n")
            .into()),
        _ => Err("the answer has no result".into()),
    }
}

impl Service<Invocation> for PolicyServer {
    type Response = Answer;
    type Error = InvocationError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, InvocationError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), InvocationError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        Box::pin(self.clone().ask(invocation))
    }
}
