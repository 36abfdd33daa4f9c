//! The server's limits that no configuration changes.

use std::time::Duration;

/// How long a connection may take until its first request is there: as long as the server gives the headers
/// of any later request.
pub(super) const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// How many calls an HTTP/2 connection may have under way.
pub(super) const STREAMS: u32 = 200;

/// How much of an upload over HTTP/2 is taken from a client before it is wanted.
pub(super) const STREAM_WINDOW: u32 = 128 * 1024;

/// Room for what all the streams of a connection may send unread, so that no upload waits for another: 25 MB.
pub(super) const CONNECTION_WINDOW: u32 = STREAMS * STREAM_WINDOW;

/// How much of an answer the server holds for an HTTP/2 stream.
pub(super) const SEND_BUFFER: usize = 256 * 1024;

/// How long the server accepts nothing after an error such as too many open files.
pub(super) const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);
