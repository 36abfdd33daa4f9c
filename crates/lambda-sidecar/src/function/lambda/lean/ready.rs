//! One call: attempts at it, as the retry rule allows them.

use std::sync::{Arc, PoisonError, RwLock};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::box_error::BoxError;
use tokio::time::{sleep, timeout};

use super::{
    answer,
    clock::Clock,
    exchange::{AttemptError, Sent, Wire},
    parts::InvocationParts,
    sign::SigningKey,
    template::Template,
};
use crate::{
    Answer, Invocation, InvocationError,
    function::lambda::{
        clients::INVOKE_TIMEOUT,
        credentials::SharedCredentials,
        invoke_answer::InvokeAnswer,
        refused::Refusable as _,
        retry::{Attempted, MAX_ATTEMPTS, ROUNDS, was_not_taken},
        sdk_error::{credentials_error, invocation_error},
    },
};

/// A function that is ready to be called.
pub(super) struct ReadyFunction {
    pub(super) template: Template,
    pub(super) wire: Wire,
    pub(super) credentials: SharedCredentials,
    pub(super) clock: Clock,
    /// The key that the latest call was signed with.
    pub(super) key: RwLock<Option<Arc<SigningKey>>>,
}

impl ReadyFunction {
    pub(super) async fn call(&self, invocation: &Invocation) -> Result<Answer, InvocationError> {
        timeout(INVOKE_TIMEOUT, self.attempts(invocation))
            .await
            .unwrap_or_else(|_| Err(InvocationError::timeout()))
    }

    /// Attempts as the retry rule allows them, and one more with other credentials if AWS refuses those that it
    /// was sent. All in one loop: each future in another one costs every call its room.
    async fn attempts(&self, invocation: &Invocation) -> Result<Answer, InvocationError> {
        let attempted = Attempted::new(invocation);
        let mut parts = InvocationParts::new(invocation);
        let (mut attempt, mut round) = (1, 1);
        let mut has_replaced = false;
        loop {
            let credentials = self.credentials.get().await;
            let current = credentials.map_err(credentials_error)?;
            let sent = self
                .send(&parts, attempt, &current.credentials)
                .map_err(InvocationError::connect)?;
            let error = match self.answer(sent).await {
                Ok(answer) => return answer.into_answer(invocation.synchronicity()),
                Err(error) => error,
            };
            let pause = attempted.pause(attempt, &error);
            if let Some(pause) = pause.filter(|_| attempt < MAX_ATTEMPTS) {
                tracing::debug!(attempt, %error, "the function has not run: another attempt");
                sleep(pause).await;
                attempt += 1;
                continue;
            }
            if round < ROUNDS && was_not_taken(&error) {
                // A call of its own, as it is for the SDK.
                (parts, attempt) = (InvocationParts::new(invocation), 1);
                round += 1;
                continue;
            }
            let error = invocation_error(error);
            if error.is_refusal() && has_replaced {
                self.credentials.refused_again();
            } else if error.is_refusal() {
                has_replaced = Box::pin(self.credentials.replace(current.generation)).await;
                if has_replaced {
                    // A call of its own, as it is for the SDK.
                    (parts, attempt) = (InvocationParts::new(invocation), 1);
                    continue;
                }
            }
            return Err(error);
        }
    }

    fn send(
        &self,
        parts: &InvocationParts,
        attempt: u32,
        credentials: &Credentials,
    ) -> Result<Sent, BoxError> {
        let time = self.clock.timestamp();
        let key = self.key(credentials, &time)?;
        let token = credentials.session_token();
        let request = self.template.request(parts, attempt, time, &key, token)?;
        Ok(self.wire.send(request))
    }

    async fn answer(&self, sent: Sent) -> Result<InvokeAnswer, AttemptError> {
        let response = sent.answer().await?;
        if !response.status().is_success() {
            self.clock.learn(response.headers());
        }
        answer::read(response)
    }

    fn key(&self, credentials: &Credentials, time: &str) -> Result<Arc<SigningKey>, BoxError> {
        let kept = self.key.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = kept.as_ref().filter(|key| key.is_for(credentials, time)) {
            return Ok(Arc::clone(key));
        }
        drop(kept);
        let (region, service) = self.template.scope();
        let key = Arc::new(SigningKey::new(credentials, time, region, service)?);
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&key));
        Ok(key)
    }
}
