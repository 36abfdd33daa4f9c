//! The settings of a layer.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use lambda_sidecar_core::{ErrorContext, ProtectedHeaders, SidecarError};

/// The time of a call for which no layer and no context names one: 60 seconds.
pub(crate) const DEFAULT_ENDPOINT_TIMEOUT: Duration = Duration::from_secs(60);

type ErrorFormat = dyn Fn(&SidecarError, &ErrorContext<'_>) -> Response<Bytes> + Send + Sync;

#[derive(Clone, Default)]
pub(crate) struct Settings {
    /// None is not the default time: it must not shorten the time that somebody named.
    pub(crate) endpoint_timeout: Option<Duration>,
    pub(crate) protected: ProtectedHeaders,
    pub(crate) error_type_base: Option<Arc<str>>,
    pub(crate) error_format: Option<Arc<ErrorFormat>>,
    pub(crate) exception_text: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("endpoint_timeout", &self.endpoint_timeout)
            .field("protected", &self.protected)
            .field("error_type_base", &self.error_type_base)
            .field("error_format", &self.error_format.is_some())
            .field("exception_text", &self.exception_text)
            .finish()
    }
}
