//! The setters for what a call's envelope holds.

use std::borrow::Borrow;

use super::SidecarBuilder;
use crate::{
    inputs::keys::InputsKey,
    sidecar::{Expand, PayloadCondition},
};

/// The parts of a call that go into the envelope, and those that must be there.
///
/// Lists take strings and typed names alike; [`Expand`] by value or by reference.
///
/// A list that is set must not be empty.
impl SidecarBuilder {
    /// Sends these request headers if present (`include-request-headers`). Default: none.
    pub fn include_request_headers(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::IncludeRequestHeaders, names)
    }

    /// Blocks calls in which one of these request headers is missing or empty, and sends them
    /// (`require-request-headers`). Default: none.
    pub fn require_request_headers(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::RequireRequestHeaders, names)
    }

    /// Never sends these request headers (`skip-request-headers`). Given alone, all others are
    /// sent; given with included or required ones, it wins over both. Default: none.
    pub fn skip_request_headers(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::SkipRequestHeaders, names)
    }

    /// Sends these response headers if present (`include-response-headers`), at
    /// `PostProcessor` only. Default: none.
    pub fn include_response_headers(
        self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        self.list(InputsKey::IncludeResponseHeaders, names)
    }

    /// Never sends these response headers (`skip-response-headers`), at `PostProcessor` only.
    /// Given alone, all others are sent; it wins over included ones. Default: none.
    pub fn skip_response_headers(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::SkipResponseHeaders, names)
    }

    /// Lets only functions set these request headers (`own-request-headers`), at `PreProcessor`
    /// only: the client's are removed before anything else happens. Default: none.
    ///
    /// A name stands for all its spellings: case does not matter, and `-`, `_` and `.` are equal.
    /// It can be no [protected header](crate::ProtectedHeaders), nor one that the same sidecar
    /// requires: it could never be there.
    pub fn own_request_headers(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::OwnRequestHeaders, names)
    }

    /// Lets only functions set these response headers (`own-response-headers`), at
    /// `PostProcessor` only: the backend's are removed when the response arrives. Default: none.
    ///
    /// Names are read as those of [`own_request_headers`](Self::own_request_headers) are.
    pub fn own_response_headers(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::OwnResponseHeaders, names)
    }

    /// Blocks calls of applications in which one of these attributes is not set or empty, and
    /// sends them (`require-eavs`). Names are case-sensitive. Default: none.
    pub fn require_eavs(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::RequireEavs, names)
    }

    /// Sends these attributes of the application if set (`include-eavs`). Default: none.
    pub fn include_eavs(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(InputsKey::IncludeEavs, names)
    }

    /// Blocks calls with package keys in which one of these attributes is not set or empty, and
    /// sends them (`require-packageKey-eavs`). Names are case-sensitive. Default: none.
    pub fn require_package_key_eavs(
        self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        self.list(InputsKey::RequirePackageKeyEavs, names)
    }

    /// Sends these attributes of the package key if set (`include-packageKey-eavs`).
    /// Default: none.
    pub fn include_package_key_eavs(
        self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        self.list(InputsKey::IncludePackageKeyEavs, names)
    }

    /// Sends these parts of the call (`expand-input`). [`Expand::ResponsePayload`] and
    /// [`Expand::Relay`] at `PostProcessor` only. Default: none, and then no body is touched.
    pub fn expand_input(self, parts: impl IntoIterator<Item = impl Borrow<Expand>>) -> Self {
        let words = parts.into_iter().map(|part| part.borrow().as_str());
        self.list(InputsKey::ExpandInput, words)
    }

    /// Sets how large a payload may be (`max-payload-size`), in KB of 1,024 bytes, from 1 to
    /// 1024. Default: 10.
    pub fn max_payload_size(mut self, kilobytes: u32) -> Self {
        self.draft.handling.max_payload_size = kilobytes;
        self
    }

    /// Sets what happens if a payload is larger (`max-payload-condition`). Default:
    /// [`PayloadCondition::Blocking`].
    ///
    /// With [`PayloadCondition::Filtering`] a client can keep its body from the function by making
    /// it large: the function is invoked, but does not see it.
    pub fn max_payload_condition(mut self, condition: PayloadCondition) -> Self {
        self.draft.handling.payload_condition = condition;
        self
    }

    /// Adds a value to `params` of the envelope (`sidecar-param-NAME`). Default: none.
    ///
    /// It is typed as in the text form: what reads `true`, `false` or as a JSON number without an
    /// exponent is one, everything else is a string.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Point, Sidecar};
    ///
    /// let sidecar = Sidecar::local(Point::PreProcessor, "authz")
    ///     .param("strict", true)
    ///     .param("limit", 1234)
    ///     .param("realm", "acme")
    ///     .build()?;
    /// assert_eq!(sidecar.params(), r#"{"strict":true,"limit":1234,"realm":"acme"}"#);
    /// # Ok::<(), lambda_sidecar_core::InputsError>(())
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "`param(\"x\", true)` reads best"
    )]
    pub fn param(mut self, name: impl AsRef<str>, value: impl ToString) -> Self {
        self.draft.set_param(name.as_ref(), &value.to_string());
        self
    }
}
