//! What request halves hand to the response halves of the same call.

use std::{collections::BTreeMap, fmt};

use lambda_sidecar_function::MAX_RELAY;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, value::RawValue};

use super::{
    json::entries,
    members::{Part, RELAY},
    text::whole_characters,
    wrong::{AnswerFault, wrong_type},
};

/// Members of a JSON object that request halves of a call hand to its response halves.
///
/// They do not leave the process but in the envelope of a response half with `expand-input: relay`, as its member
/// `relay`. `Debug` shows names, not values.
///
/// ```
/// use lambda_sidecar_core::Relay;
/// use serde_json::json;
///
/// let mut relay = Relay::new();
/// relay.insert("user", &json!({ "id": 7, "tier": "gold" }));
/// assert_eq!(relay.names().collect::<Vec<_>>(), ["user"]);
/// assert_eq!(format!("{relay:?}"), r#"{"user"}"#);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Relay {
    /// Each value as JSON. In the order of the names, so that equal relays are written alike.
    members: BTreeMap<Box<str>, Box<str>>,
}

impl Relay {
    /// How long the object may be as it stands in an answer, in bytes: 8,192.
    pub const MAX_LENGTH: usize = MAX_RELAY;

    /// Without members, which is as good as none.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a member. One of the same name is replaced.
    pub fn insert(&mut self, name: &str, value: &Value) {
        let value = value.to_string().into();
        self.members.insert(name.into(), value);
    }

    /// The names of the members, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(|name| &**name)
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Adds the members of a later one, which replace those of the same name.
    pub fn update(&mut self, later: &Self) {
        let later = later.members.iter();
        self.members
            .extend(later.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// Names and values, the values as JSON.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Reads the member of an answer.
    pub(super) fn read(object: &RawValue) -> Result<Self, AnswerFault> {
        let of = Part::Answer.path(&RELAY);
        if object.get().len() > Self::MAX_LENGTH {
            return Err(format!("`{of}` is longer than {} bytes", Self::MAX_LENGTH).into());
        }
        let entries = entries(object.get()).map_err(|_| wrong_type(of, "an object"))?;
        // Half an emoji in it would make the envelope unreadable for the function that gets it.
        let member = |(name, value): (_, &RawValue)| {
            let value = whole_characters(value.get());
            (Box::from(name), Box::from(value))
        };
        let members = entries.into_iter().map(member).collect();
        Ok(Self { members })
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// The object.
impl Serialize for Relay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;

        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        for (name, value) in self.members() {
            let value: &RawValue = serde_json::from_str(value).map_err(S::Error::custom)?;
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
