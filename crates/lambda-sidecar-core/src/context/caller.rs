//! The caller: application, package key and access token.

use std::{collections::BTreeMap, fmt};

/// The application that calls, with its extended attribute values (EAVs).
///
/// ```
/// let application = lambda_sidecar_core::Application::new([("tier", "gold")]);
/// assert_eq!(format!("{application:?}"), r#"Application { eavs: ["tier"] }"#);
/// ```
#[derive(Clone, Default)]
pub struct Application {
    pub(crate) eavs: BTreeMap<String, String>,
}

impl Application {
    /// An application with these attribute values; names are case-sensitive.
    pub fn new<N, V>(eavs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self { eavs: owned(eavs) }
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.eavs.keys().collect();
        f.debug_struct("Application").field("eavs", &names).finish()
    }
}

/// A package key with its extended attribute values (EAVs).
///
/// ```
/// let key = lambda_sidecar_core::PackageKey::new("abc123", [("plan", "trial")]);
/// assert_eq!(format!("{key:?}"), r#"PackageKey { eavs: ["plan"], .. }"#);
/// ```
#[derive(Clone, Default)]
pub struct PackageKey {
    pub(crate) key: String,
    pub(crate) eavs: BTreeMap<String, String>,
}

impl PackageKey {
    /// A package key with these attribute values; names are case-sensitive.
    pub fn new<N, V>(key: impl Into<String>, eavs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self {
            key: key.into(),
            eavs: owned(eavs),
        }
    }
}

impl fmt::Debug for PackageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.eavs.keys().collect();
        f.debug_struct("PackageKey")
            .field("eavs", &names)
            .finish_non_exhaustive()
    }
}

fn owned<N: Into<String>, V: Into<String>>(
    pairs: impl IntoIterator<Item = (N, V)>,
) -> BTreeMap<String, String> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// The contents of an access token, in the words of the envelope. Sidecars whose `expand-input` names
/// `token` send it.
///
/// ```
/// use lambda_sidecar_core::{CallContext, Token};
///
/// let token = Token::new().scope("orders:read").grant_type("CC");
/// let context = CallContext::new().token(token);
/// # assert!(context.token.is_some());
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Token {
    /// The scope.
    pub scope: Option<String>,
    /// Whatever the issuer stored of the user.
    pub user_context: Option<String>,
    /// How the token was granted, `CC` for instance.
    pub grant_type: Option<String>,
    /// When it expires, as RFC 3339 writes it.
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
