//! How many names are looked up at once.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// More names are not looked up at once. Each takes a few sockets, however many calls wait for it, so that those
/// who wait for a silent name server take nothing from others.
pub(super) const MOST: usize = 256;

/// The names that are being looked up, and by how many.
#[derive(Default)]
pub(super) struct NamesUnderWay(Mutex<HashMap<Box<str>, usize>>);

impl NamesUnderWay {
    /// None if too many other names are being looked up.
    pub(super) fn begin<'a>(&'a self, name: &'a str) -> Option<LookUp<'a>> {
        let mut names = self.names();
        if let Some(count) = names.get_mut(name) {
            *count += 1;
        } else if names.len() < MOST {
            names.insert(name.into(), 1);
        } else {
            return None;
        }
        Some(LookUp {
            under_way: self,
            name,
        })
    }

    fn names(&self) -> MutexGuard<'_, HashMap<Box<str>, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One look-up, until it is dropped.
pub(super) struct LookUp<'a> {
    under_way: &'a NamesUnderWay,
    name: &'a str,
}

impl Drop for LookUp<'_> {
    fn drop(&mut self) {
        let mut names = self.under_way.names();
        match names.get_mut(self.name) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(names.remove(self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_and_not_who_waits_for_them() {
        let under_way = NamesUnderWay::default();
        let names: Vec<_> = (0..MOST).map(|nth| format!("{nth}.test")).collect();
        let mut begun: Vec<_> = names.iter().map(|name| under_way.begin(name)).collect();
        assert!(begun.iter().all(Option::is_some));
        assert!(under_way.begin("another.test").is_none());
        let second = under_way.begin("0.test");
        assert!(second.is_some());
        drop(begun.swap_remove(0));
        assert!(under_way.begin("another.test").is_none());
        drop(second);
        assert!(under_way.begin("another.test").is_some());
        begun.clear();
        assert!(under_way.names().is_empty());
    }
}
