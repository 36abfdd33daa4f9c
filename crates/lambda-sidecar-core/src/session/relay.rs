//! What the request halves of a call leave for its response halves.

use std::sync::Arc;

use super::Session;
use crate::{MessageId, Relay};

impl Session {
    /// What the request halves of the call have left for its response halves so far; `None` if nothing. A host hands it
    /// to the sessions of the same call further in, in their [`CallContext`](crate::CallContext), and to those further out.
    #[must_use]
    pub fn relay(&self) -> Option<&Arc<Relay>> {
        self.facts.context.relay()
    }

    /// Takes in what request halves of the same call further in have left, as of a request half of its own: a later
    /// member replaces an earlier one of the same name.
    pub fn take_in_relay(&mut self, later: &Arc<Relay>) {
        match &mut self.facts.context.relay {
            Some(relay) => Arc::make_mut(relay).update(later),
            none => *none = Some(Arc::clone(later)),
        }
    }

    /// The id of the call.
    #[must_use]
    pub fn message_id(&self) -> &MessageId {
        &self.facts.message_id
    }
}
