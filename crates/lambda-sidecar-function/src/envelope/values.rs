//! Texts under one name.

use std::{collections::BTreeMap, fmt, mem, slice};

use serde::{Deserialize, Serialize};

/// One text, or several under the same name.
///
/// A repeated header is joined to one text by the sidecar, `set-cookie` alone is several; a name that
/// stands twice in a query is several.
///
/// Its `Debug` shows how many they are, not what they say.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
#[non_exhaustive]
pub enum Values {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Values {
    /// The first of them.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.iter().next()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::One(text) => slice::from_ref(text),
            Self::Several(texts) => texts,
        };
        texts.iter().map(String::as_str)
    }

    pub(crate) fn push(&mut self, text: String) {
        match self {
            Self::One(first) => *self = Self::Several(vec![mem::take(first), text]),
            Self::Several(texts) => texts.push(text),
        }
    }
}

impl From<&str> for Values {
    fn from(text: &str) -> Self {
        Self::One(text.into())
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values", self.iter().count())
    }
}

/// Shows the names of a map, not its values.
pub(super) struct NamesOnly<'a, V>(pub(super) &'a BTreeMap<String, V>);

impl<V> fmt::Debug for NamesOnly<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
