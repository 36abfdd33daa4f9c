//! Objects of a function's answer, split into members without copying them.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{members::VerdictMember, text::text};

/// The known members of an object, in the order of the given names. One that is `null` counts as absent.
pub(super) struct KnownMembers<'n, 'de, const N: usize> {
    names: &'n [&'n str; N],
    found: [Occurrence<'de>; N],
    /// Whether there is a member that is not known.
    unknown: bool,
    /// Whether one of those is nearly the first of the names.
    misspelt: bool,
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

    /// A member, under its name or else under its first alias that is there. Names behind the one that is
    /// found are not looked at.
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

    /// The member of this very name.
    pub(super) fn named(&self, name: &str) -> Result<Option<&'de RawValue>, Doubled<'n>> {
        let at = self.names.iter().position(|known| *known == name);
        match at.map(|at| (self.names[at], self.found[at])) {
            Some((_, Occurrence::Once(value))) => Ok(Some(value)),
            Some((known, Occurrence::Twice)) => Err(Doubled(known)),
            Some((_, Occurrence::Nothing)) | None => Ok(None),
        }
    }

    /// Whether a member that is not known is nearly the first of the names: the same in another case, or but
    /// for two letters.
    pub(super) fn has_misspelt_first(&self) -> bool {
        self.misspelt
    }

    /// Whether one of the names from this place on is there.
    pub(super) fn has_from(&self, first: usize) -> bool {
        let mut behind = self.found.iter().skip(first);
        behind.any(|found| !matches!(found, Occurrence::Nothing))
    }

    /// Whether the object has members but none that is known.
    pub(super) fn only_unknown(&self) -> bool {
        let is_absent = |found: &Occurrence<'_>| matches!(found, Occurrence::Nothing);
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
        let mut members = KnownMembers {
            names: self.0,
            found: [Occurrence::Nothing; N],
            unknown: false,
            misspelt: false,
        };
        while let Some(key) = map.next_key::<&RawValue>()? {
            let key = key_text(key)?;
            match self.0.iter().position(|name| *name == key) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                    members.unknown = true;
                    members.misspelt |= self.0.first().is_some_and(|name| is_nearly(name, &key));
                }
                Some(at) => {
                    let value: &RawValue = map.next_value()?;
                    members.found[at] = match members.found[at] {
                        found if value.get() == "null" => found,
                        Occurrence::Nothing => Occurrence::Once(value),
                        Occurrence::Once(_) | Occurrence::Twice => Occurrence::Twice,
                    };
                }
            }
        }
        Ok(members)
    }
}

/// A key is always a string.
fn key_text<E: serde::de::Error>(key: &RawValue) -> Result<Cow<'_, str>, E> {
    text(key).ok_or_else(|| E::custom("a key that is no string"))
}

/// Whether a key is this name but for its case and up to two letters.
fn is_nearly(name: &str, key: &str) -> bool {
    const LETTERS: usize = 2;
    // Comparing costs the product of the lengths, so what is too long is not compared.
    let difference = key
        .chars()
        .take(name.len() + LETTERS + 1)
        .count()
        .abs_diff(name.len());
    difference <= LETTERS && strsim::levenshtein(name, &key.to_ascii_lowercase()) <= LETTERS
}

/// The entries of an object whose keys are not known beforehand, in their order.
pub(super) fn entries(json: &str) -> Result<Vec<(Cow<'_, str>, &RawValue)>, serde_json::Error> {
    struct Entries<'de>(PhantomData<&'de ()>);

    impl<'de> Visitor<'de> for Entries<'de> {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(4));
            while let Some(key) = map.next_key::<&RawValue>()? {
                entries.push((key_text(key)?, map.next_value()?));
            }
            Ok(entries)
        }
    }

    serde_json::Deserializer::from_str(json).deserialize_map(Entries(PhantomData))
}
