//! Headers, as the envelope shows them.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::values::{NamesOnly, Values};

/// The headers that the sidecar's configuration has sent; names in lower case.
///
/// Its `Debug` shows names, not values.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Headers(BTreeMap<String, Values>);

impl Headers {
    /// The value of a header, its name in any case; of several the first.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values(name)?.first()
    }

    /// All values of a header, its name in any case.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).into_iter().flat_map(Values::iter)
    }

    fn values(&self, name: &str) -> Option<&Values> {
        self.0.get(&name.to_ascii_lowercase())
    }

    /// Names and values of all.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Values)> {
        self.0.iter().map(|(name, values)| (name.as_str(), values))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a header, for the tests of a function.
    pub fn insert(&mut self, name: &str, values: impl Into<Values>) {
        self.0.insert(name.to_ascii_lowercase(), values.into());
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        NamesOnly(&self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_in_any_case_and_may_have_several_values() {
        let headers: Headers =
            serde_json::from_str(r#"{"x-a":"1, 2","set-cookie":["a","b"],"x-none":[]}"#).unwrap();
        assert_eq!(headers.get("X-A"), Some("1, 2"));
        assert_eq!(headers.get("Set-Cookie"), Some("a"));
        assert_eq!(
            headers.get_all("SET-COOKIE").collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert_eq!(headers.get("x-none"), None);
        assert_eq!(headers.get("x-b"), None);
        assert_eq!(headers.get_all("x-b").count(), 0);
    }
}
