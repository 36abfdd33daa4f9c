//! The server's limits that no configuration changes.

use std::time::Duration;

/// How long a connection may take until its first request is there: as long as the server gives the headers
/// of any later request.
pub(super) const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// How long the server accepts nothing after an error such as too many open files.
pub(super) const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);
