//! Values of the parameters of a sidecar.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
    ser,
};

/// The value of a `sidecar-param-NAME`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(untagged))]
#[non_exhaustive]
pub enum Param {
    /// A text; also what looks like a number but is not written as JSON writes one, such as `007`.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number, from -2^63 to 2^64-1.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "crate::schema_rules::integer")
    )]
    Integer(i128),
    /// A decimal.
    Decimal(f64),
}

impl Param {
    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, if it is one.
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
}
