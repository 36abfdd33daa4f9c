//! The receipts of a call, left for whoever looks.

use std::{ops::Deref, sync::Arc};

use http::Extensions;
use lambda_sidecar_core::{CallContext, Relay, session::Receipt, session::Session};

use crate::relay::LeftRelay;

/// The receipts of one call, in the order in which its sidecars decided.
///
/// They are left in the extensions of the request, for the backend, and of the response, for access logs
/// and metrics further out. No client can forge them, and no backend in another process receives them.
///
/// ```
/// use lambda_sidecar::Receipts;
///
/// fn log(response: &http::Response<()>) {
///     for receipt in response.extensions().get::<Receipts>().into_iter().flatten() {
///         println!("{}: {}", receipt.function(), receipt.decision().as_str());
///     }
/// }
/// # log(&http::Response::new(()));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Receipts {
    // Request and response share them. They are few, so each that is added makes a new slice.
    kept: Arc<[Receipt]>,
    /// The call that they belong to, in a request: for the sidecars further in.
    context: Option<CallContext>,
    /// What the request halves of the call left, in a response: for the sidecars further out.
    relay: Option<Box<LeftRelay>>,
}

impl Receipts {
    /// Those of a call so far, with nothing for other sidecars.
    pub(crate) fn new(session: &Session) -> Self {
        Self {
            kept: Arc::clone(session.receipts()),
            context: None,
            relay: None,
        }
    }

    /// Those of a call so far, with what its request halves left for the sidecars further out.
    pub(crate) fn with_relay(session: &Session) -> Self {
        Self {
            relay: LeftRelay::from_session(session),
            ..Self::new(session)
        }
    }

    /// What request halves further in left for this call.
    pub(crate) fn relay_of(&self, session: &Session) -> Option<&Arc<Relay>> {
        self.relay.as_ref()?.of_call(session.message_id())
    }

    /// The context of the call, as the sidecars further out know it.
    pub(crate) fn context(&self) -> Option<&CallContext> {
        self.context.as_ref()
    }

    pub(crate) fn keep_context(&mut self, context: CallContext) {
        self.context = Some(context);
    }

    /// Adds what the request halves of the call left so far to the context that is kept for the sidecars further in.
    pub(crate) fn keep_relay(extensions: &mut Extensions, relay: &Arc<Relay>) {
        let kept = extensions.get_mut::<Self>();
        if let Some(context) = kept.and_then(|kept| kept.context.as_mut()) {
            context.set_relay(Some(Arc::clone(relay)));
        }
    }

    /// Adds these receipts to those of the sidecars further out, in the request.
    pub(crate) fn leave_in_request(self, extensions: &mut Extensions) {
        match extensions.get_mut::<Self>() {
            Some(earlier) if earlier.is_empty() => earlier.kept = self.kept,
            Some(earlier) => earlier.kept = earlier.iter().chain(&self).cloned().collect(),
            None => {
                extensions.insert(self);
            }
        }
    }

    /// Puts these receipts, of which the first `before` were made on the way in, around those that the
    /// sidecars further in left in the response.
    pub(crate) fn leave_in_response(mut self, before: usize, extensions: &mut Extensions) {
        if let Some(inner) = extensions.remove::<Self>() {
            let (before, after) = self.kept.split_at(before);
            self.kept = before.iter().chain(&inner).chain(after).cloned().collect();
            self.relay = self.relay.or(inner.relay);
        }
        extensions.insert(self);
    }
}

impl Deref for Receipts {
    type Target = [Receipt];

    fn deref(&self) -> &Self::Target {
        &self.kept
    }
}

impl<'a> IntoIterator for &'a Receipts {
    type Item = &'a Receipt;
    type IntoIter = std::slice::Iter<'a, Receipt>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.iter()
    }
}
