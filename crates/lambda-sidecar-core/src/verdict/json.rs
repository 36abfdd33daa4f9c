//! Objects of a function's answer, split into members without copying them.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The known members of an object, in the order of the names asked for. One that is `null` counts as
/// absent.
pub(super) struct Members<'de, const N: usize> {
    pub(super) values: [Option<&'de RawValue>; N],
    /// Whether there is a member that is not known.
    pub(super) unknown: bool,
}

impl<'de, const N: usize> Members<'de, N> {
    /// Splits a whole JSON text, which must be an object. A known member that stands twice is an error:
    /// which of the two is meant would be a guess.
    pub(super) fn read(json: &'de [u8], names: &[&str; N]) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let members = MembersSeed(names).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(members)
    }

    /// Whether the object has members but none that is known.
    pub(super) fn only_unknown(&self) -> bool {
        self.unknown && self.values.iter().all(Option::is_none)
    }
}

struct MembersSeed<'n, const N: usize>(&'n [&'n str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for MembersSeed<'_, N> {
    type Value = Members<'de, N>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for MembersSeed<'_, N> {
    type Value = Members<'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values: [Option<&'de RawValue>; N] = [None; N];
        let mut unknown = false;
        while let Some(known) = map.next_key_seed(Place(self.0))? {
            let Some(at) = known else {
                map.next_value::<IgnoredAny>()?;
                unknown = true;
                continue;
            };
            if values[at].replace(map.next_value()?).is_some() {
                return Err(A::Error::custom(format_args!(
                    "`{}` stands twice",
                    self.0[at]
                )));
            }
        }
        let values = values.map(|value| value.filter(|value| value.get() != "null"));
        Ok(Members { values, unknown })
    }
}

/// Reads a key as its place among the known names.
struct Place<'n, const N: usize>(&'n [&'n str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Place<'_, N> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<const N: usize> Visitor<'_> for Place<'_, N> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|name| *name == key))
    }
}

/// The entries of an object whose keys are not known beforehand, in their order.
pub(super) fn entries(
    json: &RawValue,
) -> Result<Vec<(Cow<'_, str>, &RawValue)>, serde_json::Error> {
    struct Entries<'de>(PhantomData<&'de ()>);

    impl<'de> Visitor<'de> for Entries<'de> {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(4));
            while let Some(Key(key)) = map.next_key()? {
                entries.push((key, map.next_value()?));
            }
            Ok(entries)
        }
    }

    serde_json::Deserializer::from_str(json.get()).deserialize_map(Entries(PhantomData))
}

#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
