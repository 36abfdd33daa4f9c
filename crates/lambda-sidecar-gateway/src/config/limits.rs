//! The limits of the file.

use std::time::Duration;

use super::{defaults, reader::Table};

/// What a connection may hold and for how long. Read at the start: a reload does not change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of the headers or trailers of one message over HTTP/2, as RFC 9113 6.5.2 counts them, and of the
    /// head of a backend's answer over HTTP/1.
    pub(crate) max_headers: u32,
    /// How long a client may take no piece of its answer.
    pub(crate) body_idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_headers: defaults::MAX_HEADERS_KB * 1024,
            body_idle: defaults::BODY_IDLE,
        }
    }
}

pub(super) fn read(mut table: Table<'_, '_>) -> Limits {
    let max_headers = table.integer("max_header_kb", 8, 1024);
    let max_headers = max_headers.and_then(|kb| u32::try_from(kb).ok());
    let body_idle = table.milliseconds("body_idle_timeout_ms", 1);
    table.finish();
    Limits {
        max_headers: max_headers.unwrap_or(defaults::MAX_HEADERS_KB) * 1024,
        body_idle: body_idle.unwrap_or(defaults::BODY_IDLE),
    }
}
