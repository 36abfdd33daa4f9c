//! What is known of a call beside its messages: operation, token and routing.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{Values, values::NamesOnly};

/// The call as the client made it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Operation {
    /// The method, in lower case.
    pub http_verb: String,
    /// The path below the endpoint's public path, starting with `/`, not decoded.
    pub path: String,
    /// Names and values of the query, decoded as a form is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Values>,
    /// The public URI as the client called it.
    pub uri: String,
}

impl Operation {
    /// A call of this method (any case) and path, for the tests of a function.
    #[must_use]
    pub fn new(http_verb: &str, path: impl Into<String>) -> Self {
        let path = path.into();
        Self {
            http_verb: http_verb.to_ascii_lowercase(),
            query: BTreeMap::new(),
            uri: path.clone(),
            path,
        }
    }
}

/// Shows the names of the query, not its values; nor the URI, which holds them.
impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("http_verb", &self.http_verb)
            .field("path", &self.path)
            .field("query", &NamesOnly(&self.query))
            .finish_non_exhaustive()
    }
}

/// What the access token says.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Token {
    /// The scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whatever the issuer stored of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_context: Option<String>,
    /// How the token was granted, `CC` for instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// When it expires, as RFC 3339 writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

impl Token {
    /// A token that says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the scope.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Sets whatever the issuer stored of the user.
    #[must_use]
    pub fn user_context(mut self, user_context: impl Into<String>) -> Self {
        self.user_context = Some(user_context.into());
        self
    }

    /// Sets how the token was granted, `CC` for instance.
    #[must_use]
    pub fn grant_type(mut self, grant_type: impl Into<String>) -> Self {
        self.grant_type = Some(grant_type.into());
        self
    }

    /// Sets when the token expires, as RFC 3339 writes it: `2020-03-24T13:48:09Z`.
    #[must_use]
    pub fn expires(mut self, expires: impl Into<String>) -> Self {
        self.expires = Some(expires.into());
        self
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("grant_type", &self.grant_type)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Where the request would be sent.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Routing {
    /// The method, in lower case.
    pub http_verb: String,
    /// The URI at the backend.
    pub uri: String,
}

/// The URI is not shown: it holds the query.
impl fmt::Debug for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routing")
            .field("http_verb", &self.http_verb)
            .finish_non_exhaustive()
    }
}
