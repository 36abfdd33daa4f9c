//! Which calls concern a sidecar: a scope, compiled once and asked for each call without an allocation.
//!
//! Whatever is not certain counts as in scope: a call that is left out is one that no function sees.

mod codes;
mod headers;
mod path;
mod pattern;

use http::{HeaderMap, Method, StatusCode};

use self::path::CallPath;
pub(crate) use self::{codes::Codes, headers::HeaderTest, pattern::PathPattern};

/// What a call has to be like for a sidecar to be concerned. The empty scope takes in every call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Scope {
    pub(crate) methods: Rules<Method>,
    pub(crate) paths: Rules<PathPattern>,
    pub(crate) request_headers: Rules<HeaderTest>,
    pub(crate) response_codes: Rules<Codes>,
    pub(crate) response_headers: Rules<HeaderTest>,
}

/// What the `when-` and the `unless-` key of one thing say. The items of a key are alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules<T> {
    /// Empty: the key is not given.
    pub(crate) when: Box<[T]>,
    pub(crate) unless: Box<[T]>,
}

impl<T> Default for Rules<T> {
    fn default() -> Self {
        Self {
            when: Box::default(),
            unless: Box::default(),
        }
    }
}

impl<T> Rules<T> {
    fn is_empty(&self) -> bool {
        self.when.is_empty() && self.unless.is_empty()
    }

    fn take_in(&self, may_be: impl Fn(&T) -> bool, is_for_certain: impl Fn(&T) -> bool) -> bool {
        (self.when.is_empty() || self.when.iter().any(may_be))
            && !self.unless.iter().any(is_for_certain)
    }
}

impl Scope {
    /// Whether a call with this request is in scope, as far as the request tells. `path` is `operation.path`.
    pub(crate) fn takes_in_request(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> bool {
        // A lenient server takes `post` for POST.
        let may_be = |of: &Method| of.as_str().eq_ignore_ascii_case(method.as_str());
        self.methods.take_in(may_be, |of| of == method)
            && self.takes_in_path(path)
            && take_in_headers(&self.request_headers, headers)
    }

    fn takes_in_path(&self, path: &str) -> bool {
        if self.paths.is_empty() {
            return true;
        }
        let path = CallPath::new(path);
        let may_be = |pattern: &PathPattern| path.may_match(pattern);
        self.paths
            .take_in(may_be, |pattern| path.matches_for_certain(pattern))
    }

    /// Whether a call with this response is in scope, as far as the response tells.
    pub(crate) fn takes_in_response(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let is = |codes: &Codes| codes.contain(status);
        self.response_codes.take_in(is, is) && take_in_headers(&self.response_headers, headers)
    }

    /// Whether the request alone does not tell.
    pub(crate) fn depends_on_response(&self) -> bool {
        !self.response_codes.is_empty() || !self.response_headers.is_empty()
    }
}

fn take_in_headers(rules: &Rules<HeaderTest>, headers: &HeaderMap) -> bool {
    rules.take_in(
        |test| test.may_hold(headers),
        |test| test.holds_for_certain(headers),
    )
}
