//! The caller: application, package key and access token.

use std::{collections::BTreeMap, fmt};

/// The application that calls, with its extended attribute values (EAVs).
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// let application = lambda_sidecar::Application::new([("tier", "gold")]);
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
/// # use lambda_sidecar_core as lambda_sidecar;
/// let key = lambda_sidecar::PackageKey::new("abc123", [("plan", "trial")]);
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
