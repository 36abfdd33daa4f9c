//! Values of parameters, headers and queries.

use std::{collections::BTreeMap, fmt, mem, slice};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
    ser,
};

/// The value of a `sidecar-param-NAME`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(untagged))]
pub enum Param {
    /// A text; also what looks like a number but is not written as JSON writes one, such as `007`.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number, from -2^63 to 2^64-1.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::integer"))]
    Integer(i128),
    /// A decimal.
    Decimal(f64),
}

impl Param {
    /// The text, where it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, where it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, where it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, whole or not, as near as a double holds it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "what the documentation says")]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Decimal(number) => Some(*number),
            _ => None,
        }
    }
}

/// As it was configured, a decimal apart: `1.50` is shown as `1.5`.
impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{number}"),
        }
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<bool> for Param {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Param {
    fn from(number: i64) -> Self {
        Self::Integer(number.into())
    }
}

impl From<f64> for Param {
    fn from(number: f64) -> Self {
        Self::Decimal(number)
    }
}

impl Serialize for Param {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Integer(number) => {
                if let Ok(number) = i64::try_from(*number) {
                    serializer.serialize_i64(number)
                } else if let Ok(number) = u64::try_from(*number) {
                    serializer.serialize_u64(number)
                } else {
                    Err(ser::Error::custom("a whole number of more than 64 bits"))
                }
            }
            Self::Decimal(number) => serializer.serialize_f64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for Param {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl Visitor<'_> for Any {
            type Value = Param;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number or a boolean")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Param, E> {
                Ok(text.into())
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Param, E> {
                Ok(value.into())
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Param, E> {
                Ok(number.into())
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Param, E> {
                Ok(Param::Integer(number.into()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Param, E> {
                Ok(number.into())
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// One text, or several under the same name.
///
/// A repeated header is joined to one text by the sidecar, `set-cookie` alone is several; a name that
/// stands twice in a query is several.
///
/// Its `Debug` shows how many they are, not what they say.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
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
        Names(&self.0).fmt(f)
    }
}

/// Shows the names of a map, not its values.
pub(super) struct Names<'a, V>(pub(super) &'a BTreeMap<String, V>);

impl<V> fmt::Debug for Names<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_param_keeps_its_type() {
        for (json, param) in [
            (r#""007""#, Param::from("007")),
            ("true", true.into()),
            ("-5", (-5).into()),
            ("9223372036854775808", Param::Integer(1 << 63)),
            ("18446744073709551615", Param::Integer(u64::MAX.into())),
            ("-9223372036854775808", i64::MIN.into()),
            ("1.5", 1.5.into()),
        ] {
            assert_eq!(serde_json::from_str::<Param>(json).unwrap(), param);
            assert_eq!(serde_json::to_string(&param).unwrap(), json);
        }
        for json in ["null", "{}", "[]"] {
            assert!(serde_json::from_str::<Param>(json).is_err(), "{json}");
        }
        assert!(serde_json::to_string(&Param::Integer(1 << 64)).is_err());
    }

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
