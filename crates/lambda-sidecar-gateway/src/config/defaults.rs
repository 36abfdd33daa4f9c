//! What a file that says nothing gets.

use std::time::Duration;

use http::HeaderName;

/// How long calls in flight have after a signal that stops the gateway.
pub(super) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a call to an endpoint may take, sidecars and backend together.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// The header that holds a package key.
pub(super) const KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");

/// The query parameter that holds a package key.
pub(super) const KEY_QUERY: &str = "api_key";
