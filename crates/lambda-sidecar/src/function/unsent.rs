//! Whether an error says that a request was never sent, or was refused unread.

use std::error::Error;

use h2::Reason;
use hyper_util::client::legacy;

use super::causes::causes;

/// Whether an error of an HTTP client says that the server cannot have begun with the request: there was no
/// connection, it closed before the request was written, or an HTTP/2 server said that it had not looked at the stream
/// (RFC 9113, sections 6.8 and 8.7). Only such a request can be sent again if it is not idempotent.
///
/// It knows the errors of hyper, of hyper-util's legacy client and of h2, whatever is around them, up to the response's
/// head; those of a response's body say nothing about that.
pub(super) fn is_unsent(error: &(dyn Error + 'static)) -> bool {
    unsent(error).is_some()
}

/// Whether an error of an HTTP client leaves it open whether the server has begun with the request. An error of another
/// kind does not: whoever says that there was no connection is believed.
pub(super) fn may_have_arrived(error: &(dyn Error + 'static)) -> bool {
    let is_of_client = |error: &(dyn Error + 'static)| {
        error.is::<legacy::Error>() || error.is::<hyper::Error>() || error.is::<h2::Error>()
    };
    causes(error).any(is_of_client) && !is_unsent(error)
}

/// Why a request was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsent {
    /// There was no connection.
    NoConnection,
    /// The connection that was there took no more requests. Another one will.
    NotTaken,
}

/// None if it may have been sent.
pub(super) fn unsent(error: &(dyn Error + 'static)) -> Option<Unsent> {
    for error in causes(error) {
        if let Some(error) = error.downcast_ref::<legacy::Error>()
            && error.is_connect()
        {
            return Some(Unsent::NoConnection);
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_canceled() {
                return Some(Unsent::NotTaken);
            }
            // It is about the request's body, and what is behind it comes from somewhere else.
            if error.is_user() {
                return None;
            }
        }
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return is_unread(error).then_some(Unsent::NotTaken);
        }
    }
    None
}

/// Whether the server says that it did not look at the stream. Those that it had begun with do not end by its GOAWAY.
fn is_unread(error: &h2::Error) -> bool {
    let is_refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    error.is_remote() && (error.is_go_away() || is_refused)
}
