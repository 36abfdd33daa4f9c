//! Headers that only functions set.

use http::HeaderMap;

use crate::folded::{folded, is_spelling_of, remove_all};

/// The headers that only functions set: what anybody else sends under such a name is removed.
///
/// A name stands for every spelling that a lenient server reads as the same name: ASCII case does
/// not matter, and `-`, `_` and `.` are equal.
///
/// Names are folded once, when the value is made. An empty set allocates nothing.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use http::{HeaderMap, HeaderValue};
/// use lambda_sidecar::OwnedHeaders;
///
/// let owned = OwnedHeaders::new(["x-user"]);
/// assert!(owned.owns("X_User"));
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x.user", HeaderValue::from_static("mallory"));
/// headers.insert("x-user-agent", HeaderValue::from_static("curl"));
/// owned.remove_from(&mut headers);
/// assert_eq!(headers.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnedHeaders(Box<[Box<str>]>);

impl OwnedHeaders {
    /// The set of these names. Spellings of one name count once.
    pub fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut kept: Vec<Box<str>> = Vec::new();
        for name in names {
            let name: String = name.as_ref().chars().map(folded).collect();
            if kept.iter().all(|known| **known != *name) {
                kept.push(name.into());
            }
        }
        Self(kept.into())
    }

    /// Whether no header is owned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names in lower case and with `-` for `_` and `.`, in the order given.
    #[must_use]
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }

    /// Whether a header of this name, in any spelling, is owned.
    #[must_use]
    pub fn owns(&self, name: &str) -> bool {
        self.0.iter().any(|owned| is_spelling_of(owned, name))
    }

    /// Removes every line of every owned header.
    ///
    /// It looks at each name once. If there is nothing to remove, it allocates nothing. Trailers are
    /// headers too.
    pub fn remove_from<T>(&self, headers: &mut HeaderMap<T>) {
        if !self.is_empty() {
            remove_all(headers, |name| self.owns(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_separators_are_equal() {
        let owned = OwnedHeaders::new(["X_User-Id"]);
        for name in ["x-user-id", "X.USER.ID", "x_user_id", "x-User_iD"] {
            assert!(owned.owns(name), "{name}");
        }
        for name in [
            "",
            "xuserid",
            "x--user-id",
            "x-user-id-",
            "my-x-user-id",
            "x-user-ie",
        ] {
            assert!(!owned.owns(name), "{name}");
        }
    }

    #[test]
    fn only_ascii_is_folded() {
        assert!(!OwnedHeaders::new(["x-ſ"]).owns("x-s"));
        assert!(OwnedHeaders::new(["X-ſ"]).owns("x-ſ"));
    }

    #[test]
    fn names_are_kept_once_in_their_order() {
        let owned = OwnedHeaders::new(["X_B", "x-a", "x.b"]);
        assert!(owned.names().eq(["x-b", "x-a"]));
        assert_eq!(owned, OwnedHeaders::new(["x-b", "x-a"]));
    }

    #[test]
    fn an_empty_set_owns_nothing() {
        let owned = OwnedHeaders::default();
        assert!(owned.is_empty());
        assert!(!owned.owns(""));
        assert_eq!(owned, OwnedHeaders::new([""; 0]));
    }
}
