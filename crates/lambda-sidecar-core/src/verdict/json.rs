//! Objects of a function's answer, split into members without copying them.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The known members of an object, in the order of the names asked for.
pub(super) struct Members<'n, 'de, const N: usize> {
    names: &'n [&'n str; N],
    found: [Found<'de>; N],
    /// Whether there is a member that is not known.
    unknown: bool,
}

#[derive(Clone, Copy)]
enum Found<'de> {
    Nothing,
    Once(&'de RawValue),
    /// Which of the two is meant would be a guess.
    Twice,
}

/// A member that counts stands twice; its name.
pub(super) struct Doubled<'n>(pub(super) &'n str);

impl<'n, 'de, const N: usize> Members<'n, 'de, N> {
    /// Splits a whole JSON text, which must be an object.
    pub(super) fn read(json: &'de str, names: &'n [&'n str; N]) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let members = MembersSeed(names).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(members)
    }

    /// The first of these members that is there: a name goes before its aliases. One that is `null` counts
    /// as absent. What stands behind the one that is found is not looked at.
    pub(super) fn first(&self, names: &[&str]) -> Result<Option<&'de RawValue>, Doubled<'n>> {
        for name in names {
            for (known, found) in self.names.iter().zip(self.found) {
                match found {
                    Found::Once(value) if known == name && value.get() != "null" => {
                        return Ok(Some(value));
                    }
                    Found::Twice if known == name => return Err(Doubled(known)),
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    /// Whether the object has members but none that is known.
    pub(super) fn only_unknown(&self) -> bool {
        let is_absent = |found: &Found<'_>| match found {
            Found::Nothing => true,
            Found::Once(value) => value.get() == "null",
            Found::Twice => false,
        };
        self.unknown && self.found.iter().all(is_absent)
    }
}

struct MembersSeed<'n, const N: usize>(&'n [&'n str; N]);

impl<'n, 'de, const N: usize> DeserializeSeed<'de> for MembersSeed<'n, N> {
    type Value = Members<'n, 'de, N>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'n, 'de, const N: usize> Visitor<'de> for MembersSeed<'n, N> {
    type Value = Members<'n, 'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [Found::Nothing; N];
        let mut unknown = false;
        while let Some(known) = map.next_key_seed(Place(self.0))? {
            match known {
                None => {
                    map.next_value::<IgnoredAny>()?;
                    unknown = true;
                }
                Some(at) => {
                    let value = map.next_value()?;
                    found[at] = match found[at] {
                        Found::Nothing => Found::Once(value),
                        Found::Once(_) | Found::Twice => Found::Twice,
                    };
                }
            }
        }
        Ok(Members {
            names: self.0,
            found,
            unknown,
        })
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
