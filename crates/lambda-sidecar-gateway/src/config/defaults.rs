//! What a file that says nothing gets.

use std::time::Duration;

use http::HeaderName;
use lambda_sidecar::VerdictCache;

/// How long calls in flight have after a signal that stops the gateway.
pub(super) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a call to an endpoint may take, sidecars and backend together.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// The headers or trailers of one message, in units of 1,024 bytes.
pub(super) const MAX_HEADERS_KB: u32 = 64;

/// What the verdicts that are kept may take.
pub(super) const CACHE_BYTES: u64 = VerdictCache::DEFAULT_MAX_BYTES;

/// How long a client may take no piece of its answer.
pub(super) const BODY_IDLE: Duration = Duration::from_secs(60);

/// The header that holds a package key.
pub(super) const KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");

/// The query parameter that holds a package key.
pub(super) const KEY_QUERY: &str = "api_key";
