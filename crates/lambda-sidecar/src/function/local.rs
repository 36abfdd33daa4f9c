//! A function in the same process: a closure.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lambda_sidecar_core::Answer;
use lambda_sidecar_function::{Envelope, Modify, Reply, Terminate, Verdict};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::Invocation;
use crate::BoxError;

/// A function that is a closure: no AWS, no network.
///
/// It gets the [`Envelope`] that a function on AWS Lambda would get, and the sidecar reads its verdict as
/// strictly. Envelope and verdict are the types of the crate `lambda-sidecar-function`, so a handler moves
/// from here to AWS Lambda unchanged: there it is `lambda_sidecar_function::run(answer)`.
///
/// ```
/// use lambda_sidecar::{Envelope, LocalFunction, Modify, Terminate, StatusCode, Verdict, VerdictError};
///
/// async fn answer(envelope: Envelope) -> Result<Verdict, VerdictError> {
///     let Some(tier) = envelope.eav("tier") else {
///         return Ok(Terminate::new(StatusCode::FORBIDDEN).message("no tier").into());
///     };
///     Ok(Modify::new().header("x-tier", tier)?.into())
/// }
///
/// let function = LocalFunction::new(answer);
/// # let _ = function;
/// ```
///
/// A closure that cannot fail returns its verdict as it is:
///
/// ```
/// use lambda_sidecar::{Envelope, LocalFunction, StatusCode, Terminate, Verdict};
///
/// let authorize = LocalFunction::new(|call: Envelope| async move {
///     match call.header("Authorization") {
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
    /// A function over a closure from [`Envelope`] to anything that is an answer: see [`IntoAnswer`].
    pub fn new<Fut>(handler: H) -> Self
    where
        H: FnMut(Envelope) -> Fut,
        Fut: Future<Output: IntoAnswer>,
    {
        Self { handler }
    }
}

/// What a closure may return.
///
/// - A [`Verdict`], a [`Modify`] or a [`Terminate`], or a [`Reply`], which relays something beside it.
/// - A `Result` of one of these. Its error becomes a function error, as if AWS Lambda had reported it: the
///   type is the error's type without its path (`Error` if it is boxed), the message its `Display`.
/// - An [`Answer`], to answer what no verdict says.
pub trait IntoAnswer {
    /// The answer as AWS Lambda would give it.
    fn into_answer(self) -> Answer;
}

impl IntoAnswer for Answer {
    fn into_answer(self) -> Answer {
        self
    }
}

impl IntoAnswer for Verdict {
    fn into_answer(self) -> Answer {
        Reply::from(self).into_answer()
    }
}

impl IntoAnswer for Reply {
    fn into_answer(self) -> Answer {
        match serde_json::to_vec(&self) {
            Ok(json) => Answer::ok(json),
            Err(error) => function_error(error),
        }
    }
}

impl IntoAnswer for Modify {
    fn into_answer(self) -> Answer {
        Verdict::from(self).into_answer()
    }
}

impl IntoAnswer for Terminate {
    fn into_answer(self) -> Answer {
        Verdict::from(self).into_answer()
    }
}

impl<T, E> IntoAnswer for Result<T, E>
where
    T: IntoAnswer,
    E: Into<BoxError>,
{
    fn into_answer(self) -> Answer {
        self.map_or_else(function_error, T::into_answer)
    }
}

fn function_error<E: Into<BoxError>>(error: E) -> Answer {
    let path = std::any::type_name::<E>();
    let path = path.split('<').next().unwrap_or_default();
    let name = path.rsplit("::").next().unwrap_or_default();
    let name = if name == "Box" { "Error" } else { name };
    Answer::error(name, &error.into().to_string())
}

impl<H, Fut> Service<Invocation> for LocalFunction<H>
where
    H: FnMut(Envelope) -> Fut,
    Fut: Future<Output: IntoAnswer>,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = LocalFuture<Fut>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        // The layers write envelopes; a caller of its own may send what it likes.
        match serde_json::from_slice(&invocation.payload) {
            Ok(envelope) => LocalFuture {
                handler: Some((self.handler)(envelope)),
            },
            Err(_) => LocalFuture { handler: None },
        }
    }
}

pin_project! {
    /// The answer of a [`LocalFunction`], to come.
    #[derive(Debug)]
    pub struct LocalFuture<Fut> {
        // Without one the payload was no envelope.
        #[pin]
        handler: Option<Fut>,
    }
}

impl<Fut> Future for LocalFuture<Fut>
where
    Fut: Future<Output: IntoAnswer>,
{
    type Output = Result<Answer, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = match self.project().handler.as_pin_mut() {
            Some(handler) => ready!(handler.poll(cx)).into_answer(),
            None => Answer::error("InvalidEnvelope", "the payload is no envelope"),
        };
        Poll::Ready(Ok(answer))
    }
}

#[cfg(test)]
mod tests {
    use std::{error::Error, fmt};

    use lambda_sidecar_core::AnswerResult;
    use lambda_sidecar_function::VerdictError;
    use serde_json::{Value, json};

    use super::*;

    /// What AWS Lambda would report of a handler that returned this error.
    fn reported<E: Into<BoxError>>(error: E) -> Value {
        let answer = Err::<Verdict, E>(error).into_answer();
        assert_eq!(answer.result, AnswerResult::Failed("Unhandled".into()));
        serde_json::from_slice(&answer.payload).unwrap()
    }

    #[derive(Debug)]
    struct Broken<T>(T);

    impl<T: fmt::Debug> fmt::Display for Broken<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the database is slow")
        }
    }

    impl<T: fmt::Debug> Error for Broken<T> {}

    #[test]
    fn an_error_is_reported_under_the_name_of_its_type() {
        let message = "status 199 is not within 200 to 599";
        assert_eq!(
            reported(VerdictError::Status(199)),
            json!({ "errorType": "VerdictError", "errorMessage": message })
        );
        assert_eq!(
            reported(Broken(vec![fmt::Error])),
            json!({ "errorType": "Broken", "errorMessage": "the database is slow" })
        );
        assert_eq!(
            reported(BoxError::from("no such table")),
            json!({ "errorType": "Error", "errorMessage": "no such table" })
        );
    }

    #[test]
    fn a_verdict_is_answered_as_the_json_that_a_function_elsewhere_writes() {
        let modify = Modify::new().header("x-tier", "gold");
        let answer = modify.into_answer();
        assert_eq!(
            answer,
            Answer::ok(r#"{"modify":{"addHeaders":{"x-tier":"gold"}}}"#)
        );
        assert_eq!(Verdict::Allow.into_answer(), Answer::ok("{}"));
    }
}
