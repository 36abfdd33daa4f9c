//! What request halves leave in a response, for the response halves of layers further out.

use std::sync::Arc;

use lambda_sidecar_core::{MessageId, Relay, session::Session};

/// What the request halves of a call have left, beside the call's id: a response can be one of another call, kept by
/// something between two layers, and nothing of another call may be read.
#[derive(Debug, Clone)]
pub(crate) struct LeftRelay {
    message_id: MessageId,
    relay: Arc<Relay>,
}

impl LeftRelay {
    /// What a call has left, if it has left something. Boxed: few calls do.
    pub(crate) fn from_session(session: &Session) -> Option<Box<Self>> {
        let relay = session.relay()?;
        Some(Box::new(Self {
            message_id: session.message_id().clone(),
            relay: Arc::clone(relay),
        }))
    }

    /// What was left in the call of this id.
    pub(crate) fn of_call(&self, message_id: &MessageId) -> Option<&Arc<Relay>> {
        (self.message_id == *message_id).then_some(&self.relay)
    }
}
