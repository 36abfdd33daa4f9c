//! A function in the same process: a closure.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lambda_sidecar_core::{Answer, Point};
use pin_project_lite::pin_project;
use serde_json::Value;
use tower_service::Service;

use super::Invocation;

/// The envelope as a function in the same process reads it.
///
/// It is what a function elsewhere would get: what the sidecar's inputs do not select is not there.
///
/// ```
/// use lambda_sidecar::{Envelope, Modify, Verdict};
///
/// /// Takes the card number out of a response.
/// async fn redact(call: Envelope) -> Verdict {
///     let Some(mut order) = call.response_json() else {
///         return Verdict::Allow;
///     };
///     match order.as_object_mut().and_then(|members| members.remove("card")) {
///         Some(_) => Modify::new().json(&order).into(),
///         None => Verdict::Allow,
///     }
/// }
/// # let _ = lambda_sidecar::LocalFunction::new(redact);
/// ```
#[derive(Clone, PartialEq)]
pub struct Envelope(Value);

impl Envelope {
    /// Where in the call the function is asked. With both halves in one layer, this tells them apart.
    #[must_use]
    pub fn point(&self) -> Option<Point> {
        let named = self.0["point"].as_str()?;
        [Point::PreProcessor, Point::PostProcessor]
            .into_iter()
            .find(|point| point.as_str() == named)
    }

    /// The id of the call, the same at both points.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.0["masheryMessageId"].as_str()
    }

    /// The endpoint's id, where the application names an endpoint that has one.
    #[must_use]
    pub fn endpoint_id(&self) -> Option<&str> {
        self.0["endpointId"].as_str()
    }

    /// The key that the client called with, where the application knows it.
    #[must_use]
    pub fn package_key(&self) -> Option<&str> {
        self.0["packageKey"].as_str()
    }

    /// The method of the call in lower case, where the sidecar expands the operation or the routing.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        let verb = |member: &str| self.0[member]["httpVerb"].as_str();
        verb("operation").or_else(|| verb("routing"))
    }

    /// The path below the endpoint's public path, where the sidecar expands the operation.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0["operation"]["path"].as_str()
    }

    /// A request header that the sidecar selects, by its name in lower case. Several lines are joined.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0["request"]["headers"][name].as_str()
    }

    /// A response header that the sidecar selects, by its name in lower case.
    #[must_use]
    pub fn response_header(&self, name: &str) -> Option<&str> {
        self.0["response"]["headers"][name].as_str()
    }

    /// The status of the response, at `PostProcessor`.
    #[must_use]
    pub fn response_code(&self) -> Option<u16> {
        u16::try_from(self.0["response"]["code"].as_u64()?).ok()
    }

    /// The request's body, where the sidecar expands it and it travels as text.
    #[must_use]
    pub fn payload(&self) -> Option<&str> {
        text_payload(&self.0["request"])
    }

    /// The response's body, where the sidecar expands it and it travels as text.
    #[must_use]
    pub fn response_payload(&self) -> Option<&str> {
        text_payload(&self.0["response"])
    }

    /// The request's body as JSON: nothing where [`payload`](Self::payload) is nothing or no JSON.
    #[must_use]
    pub fn request_json(&self) -> Option<Value> {
        serde_json::from_str(self.payload()?).ok()
    }

    /// The response's body as JSON: nothing where [`response_payload`](Self::response_payload) is nothing or
    /// no JSON.
    #[must_use]
    pub fn response_json(&self) -> Option<Value> {
        serde_json::from_str(self.response_payload()?).ok()
    }

    /// A value of a `sidecar-param-NAME` line.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&Value> {
        self.0["params"].get(name)
    }

    /// An extended attribute value of the application.
    #[must_use]
    pub fn eav(&self, name: &str) -> Option<&str> {
        self.0["eavs"][name].as_str()
    }

    /// An extended attribute value of the package key.
    #[must_use]
    pub fn package_key_eav(&self, name: &str) -> Option<&str> {
        self.0["packageKeyEAVs"][name].as_str()
    }

    /// The whole envelope.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

fn text_payload(message: &Value) -> Option<&str> {
    message["payload"]
        .as_str()
        .filter(|_| message["payloadBase64Encoded"] == false)
}

/// Names the members that are there, not what they hold.
impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members = self
            .0
            .as_object()
            .into_iter()
            .flat_map(|object| object.keys());
        f.debug_tuple("Envelope")
            .field(&members.collect::<Vec<_>>())
            .finish()
    }
}

/// A function that is a closure: no AWS, no network.
///
/// It is told what a function elsewhere would be told, and its verdict is read as strictly.
///
/// ```
/// use http::StatusCode;
/// use lambda_sidecar::{Envelope, LocalFunction, Terminate, Verdict};
///
/// let authorize = LocalFunction::new(|call: Envelope| async move {
///     match call.header("authorization") {
///         Some(_) => Verdict::Allow,
///         None => Terminate::new(StatusCode::UNAUTHORIZED).message("who are you?").into(),
///     }
/// });
/// # let _ = authorize;
/// ```
///
/// # Cancellation
///
/// The closure's future is dropped with the call.
#[derive(Debug, Clone, Copy)]
pub struct LocalFunction<H> {
    handler: H,
}

impl<H> LocalFunction<H> {
    /// A function over a closure from [`Envelope`] to a [`Verdict`](crate::Verdict), a
    /// [`Modify`](crate::Modify) or a [`Terminate`](crate::Terminate), or to an [`Answer`] where it wants
    /// to fail as a function does.
    pub fn new<Fut>(handler: H) -> Self
    where
        H: FnMut(Envelope) -> Fut,
        Fut: Future<Output: Into<Answer>>,
    {
        Self { handler }
    }
}

impl<H, Fut> Service<Invocation> for LocalFunction<H>
where
    H: FnMut(Envelope) -> Fut,
    Fut: Future<Output: Into<Answer>>,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = LocalFuture<Fut>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        // What the layers write is JSON; a caller of its own may send what it likes.
        let envelope = serde_json::from_slice(&invocation.payload).unwrap_or_default();
        LocalFuture {
            handler: (self.handler)(Envelope(envelope)),
        }
    }
}

pin_project! {
    /// The answer of a [`LocalFunction`], to come.
    #[derive(Debug)]
    pub struct LocalFuture<Fut> {
        #[pin]
        handler: Fut,
    }
}

impl<Fut> Future for LocalFuture<Fut>
where
    Fut: Future<Output: Into<Answer>>,
{
    type Output = Result<Answer, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(self.project().handler.poll(cx));
        Poll::Ready(Ok(answer.into()))
    }
}
