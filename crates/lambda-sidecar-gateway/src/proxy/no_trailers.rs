//! What the trailers of one message may not carry.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue,
    header::{CONNECTION, TRANSFER_ENCODING},
};
use lambda_sidecar::OwnedHeaders;

use super::hop_by_hop;

/// What is no trailer of this message, beside what is none of any.
#[derive(Debug, Default)]
pub(super) struct NoTrailers {
    /// Lines of `Connection`. What they name belongs to the connection, in trailers too (RFC 9110, section 7.6.1).
    connection: Vec<HeaderValue>,
    /// The header in which the gateway looks for the key, and the backend may.
    key: Option<Arc<OwnedHeaders>>,
}

impl NoTrailers {
    /// In a message with this head. HTTP/1 has trailers behind chunks alone, and HTTP/2 no `Connection`.
    pub(super) fn behind(head: &HeaderMap) -> Self {
        let connection = match head.contains_key(TRANSFER_ENCODING) {
            true => head.get_all(CONNECTION).iter().cloned().collect(),
            false => Vec::new(),
        };
        Self {
            connection,
            key: None,
        }
    }

    pub(super) fn forbid_key(&mut self, key: Arc<OwnedHeaders>) {
        self.key = Some(key);
    }

    pub(super) fn remove_from(&self, trailers: &mut HeaderMap) {
        hop_by_hop::remove_named(&self.connection, trailers);
        if let Some(key) = &self.key {
            key.remove_from(trailers);
        }
    }
}
