//! What a sidecar is to be, before anything is checked.

use std::collections::BTreeMap;

use super::keys::InputsKey;
use crate::{Point, sidecar::Handling};

/// Plain data. The text reader and the typed builder both fill it; the validation alone judges it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) point: Point,
    /// The name of a function without AWS.
    pub(super) local: Option<String>,
    /// The values of all keys that hold one piece of text; each concerns AWS.
    pub(super) texts: BTreeMap<InputsKey, String>,
    /// The items of all keys that hold a list, trimmed and none of them empty.
    pub(super) lists: BTreeMap<InputsKey, Vec<String>>,
    /// NAME and text, in the order given.
    pub(super) params: Vec<(String, String)>,
    pub(super) handling: Handling,
}

impl Draft {
    pub(super) fn new(point: Point) -> Self {
        Self {
            point,
            local: None,
            texts: BTreeMap::new(),
            lists: BTreeMap::new(),
            params: Vec::new(),
            handling: Handling::DEFAULT,
        }
    }

    pub(super) fn set_text(&mut self, key: InputsKey, text: &str) {
        self.texts.insert(key, text.trim().to_owned());
    }

    pub(super) fn set_list(
        &mut self,
        key: InputsKey,
        items: impl IntoIterator<Item = impl AsRef<str>>,
    ) {
        let trimmed = items
            .into_iter()
            .map(|item| item.as_ref().trim().to_owned())
            .filter(|item| !item.is_empty());
        self.lists.insert(key, trimmed.collect());
    }

    pub(super) fn set_param(&mut self, name: &str, text: &str) {
        let (name, text) = (name.trim(), text.trim().to_owned());
        match self.params.iter_mut().find(|(given, _)| given == name) {
            Some((_, value)) => *value = text,
            None => self.params.push((name.to_owned(), text)),
        }
    }
}
