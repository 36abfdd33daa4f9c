//! Objects of a function's answer, split into members without copying them.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::members::VerdictMember;

/// The known members of an object, in the order of the given names.
pub(super) struct KnownMembers<'n, 'de, const N: usize> {
    names: &'n [&'n str; N],
    found: [Occurrence<'de>; N],
    /// Whether there is a member that is not known.
    unknown: bool,
}

#[derive(Clone, Copy)]
enum Occurrence<'de> {
    Nothing,
    Once(&'de RawValue),
    /// Which of the two is meant would be a guess.
    Twice,
}

/// A member that counts stands twice; its name.
pub(super) struct Doubled<'n>(pub(super) &'n str);

impl<'n, 'de, const N: usize> KnownMembers<'n, 'de, N> {
    /// Splits a whole JSON text, which must be an object.
    pub(super) fn read(json: &'de str, names: &'n [&'n str; N]) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let members = KnownMembersSeed(names).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(members)
    }

    /// A member, under its name or else under its first alias that is there. One that is `null` counts as
    /// absent. Names behind the one that is found are not looked at.
    pub(super) fn first(
        &self,
        member: &VerdictMember,
    ) -> Result<Option<&'de RawValue>, Doubled<'n>> {
        for name in member.names() {
            if let Some(value) = self.named(name)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// The member of this very name, unless it is `null`.
    pub(super) fn named(&self, name: &str) -> Result<Option<&'de RawValue>, Doubled<'n>> {
        let at = self.names.iter().position(|known| *known == name);
        match at.map(|at| (self.names[at], self.found[at])) {
            Some((_, Occurrence::Once(value))) if value.get() != "null" => Ok(Some(value)),
            Some((known, Occurrence::Twice)) => Err(Doubled(known)),
            _ => Ok(None),
        }
    }

    /// Whether the object has members but none that is known.
    pub(super) fn only_unknown(&self) -> bool {
        let is_absent = |found: &Occurrence<'_>| match found {
            Occurrence::Nothing => true,
            Occurrence::Once(value) => value.get() == "null",
            Occurrence::Twice => false,
        };
        self.unknown && self.found.iter().all(is_absent)
    }
}

struct KnownMembersSeed<'n, const N: usize>(&'n [&'n str; N]);

impl<'n, 'de, const N: usize> DeserializeSeed<'de> for KnownMembersSeed<'n, N> {
    type Value = KnownMembers<'n, 'de, N>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'n, 'de, const N: usize> Visitor<'de> for KnownMembersSeed<'n, N> {
    type Value = KnownMembers<'n, 'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [Occurrence::Nothing; N];
        let mut unknown = false;
        while let Some(known) = map.next_key_seed(NamePosition(self.0))? {
            match known {
                None => {
                    map.next_value::<IgnoredAny>()?;
                    unknown = true;
                }
                Some(at) => {
                    let value = map.next_value()?;
                    found[at] = match found[at] {
                        Occurrence::Nothing => Occurrence::Once(value),
                        Occurrence::Once(_) | Occurrence::Twice => Occurrence::Twice,
                    };
                }
            }
        }
        Ok(KnownMembers {
            names: self.0,
            found,
            unknown,
        })
    }
}

/// Reads a key as its place among the known names.
struct NamePosition<'n, const N: usize>(&'n [&'n str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for NamePosition<'_, N> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<const N: usize> Visitor<'_> for NamePosition<'_, N> {
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
            while let Some(ObjectKey(key)) = map.next_key()? {
                entries.push((key, map.next_value()?));
            }
            Ok(entries)
        }
    }

    serde_json::Deserializer::from_str(json.get()).deserialize_map(Entries(PhantomData))
}

#[derive(serde::Deserialize)]
struct ObjectKey<'a>(#[serde(borrow)] Cow<'a, str>);
