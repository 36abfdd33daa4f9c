//! The setters for which calls concern a sidecar.

use super::SidecarBuilder;
use crate::inputs::keys::InputsKey;

/// Which calls concern the sidecar. Default: all.
///
/// The function is invoked if every `when` list that is set has an item that matches, and no `unless` list has one.
/// Any other call is [skipped](crate::Decision::Skipped): no condition is checked, no body is read, nothing is sent. In
/// doubt a call is in scope. A request half looks at the request at its turn, as changed so far; a response half at the
/// request as it came in, and at the response at its turn.
impl SidecarBuilder {
    /// Only calls with one of these methods, in any case (`when-methods`).
    pub fn when_methods(self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::WhenMethods, methods)
    }

    /// No calls with one of these methods, written just so (`unless-methods`).
    pub fn unless_methods(self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::UnlessMethods, methods)
    }

    /// Only calls whose `operation.path` one of these patterns may match (`when-paths`): `*` stands for any
    /// characters but `/`, `**` for any, all else for itself.
    ///
    /// A path is read as it was sent, decoded, and without parameters of segments. A path that a backend may take for
    /// another one (`..`, `//`, a backslash, a broken escape) matches every pattern.
    pub fn when_paths(self, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::WhenPaths, patterns)
    }

    /// No calls whose `operation.path` one of these patterns matches in every reading (`unless-paths`).
    pub fn unless_paths(self, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::UnlessPaths, patterns)
    }

    /// Only calls whose request has one of these headers (`when-request-headers`): `name` (not empty) or
    /// `name=value`. The name counts in every spelling, as those of
    /// [`own_request_headers`](Self::own_request_headers) do, and a value in any line or member of a list.
    pub fn when_request_headers(self, headers: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::WhenRequestHeaders, headers)
    }

    /// No calls whose request has one of these headers (`unless-request-headers`), under just this name, and in
    /// every line of it.
    ///
    /// <div class="warning">A client chooses its headers. [Own](Self::own_request_headers) those that leave a function
    /// out.</div>
    pub fn unless_request_headers(
        self,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        self.list(InputsKey::UnlessRequestHeaders, headers)
    }

    /// Only responses with one of these codes, at `PostProcessor` only (`when-response-codes`): `404`, `5xx`,
    /// `200-299`.
    pub fn when_response_codes(self, codes: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::WhenResponseCodes, codes)
    }

    /// No responses with one of these codes, at `PostProcessor` only (`unless-response-codes`).
    pub fn unless_response_codes(self, codes: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::UnlessResponseCodes, codes)
    }

    /// Only responses with one of these headers, at `PostProcessor` only (`when-response-headers`), read as
    /// [those of requests](Self::when_request_headers).
    pub fn when_response_headers(self, headers: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::WhenResponseHeaders, headers)
    }

    /// No responses with one of these headers, at `PostProcessor` only (`unless-response-headers`), read as
    /// [those of requests](Self::unless_request_headers).
    pub fn unless_response_headers(
        self,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        self.list(InputsKey::UnlessResponseHeaders, headers)
    }
}
