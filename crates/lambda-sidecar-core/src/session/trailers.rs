//! What the trailers of a message may not carry, once its sidecars have decided.

use std::{iter, mem, sync::Arc};

use http::{HeaderMap, HeaderName};

use super::{Route, Session, Side};
use crate::{
    Modify,
    folded::{are_spellings_of_one, remove_all},
    is_forbidden_trailer,
    verdict::AddedHeaders,
};

/// What the trailers of one message may not carry: what its sidecars own, set or dropped, and what may never
/// be a trailer ([`is_forbidden_trailer`]). All spellings of a name count.
///
/// A host gives the rules to whatever passes the message's body on. Making and moving them allocates nothing,
/// unless a verdict changes the headers of the message. The default forbids only what may never be a
/// trailer.
#[derive(Debug, Clone, Default)]
pub struct TrailerRules {
    /// None: nothing is owned.
    owners: Option<(Arc<Route>, Side)>,
    /// Behind a pointer: every body on its way holds these rules, and few verdicts change headers.
    changed: Option<Box<ChangedHeaders>>,
}

/// Moved out of a verdict, so that keeping them costs nothing.
#[derive(Debug, Clone)]
struct ChangedHeaders {
    dropped: Vec<HeaderName>,
    set: AddedHeaders,
    /// Of the verdict before.
    earlier: Option<Box<Self>>,
}

impl TrailerRules {
    pub(super) fn new(route: &Arc<Route>, side: Side) -> Self {
        let owns = !route.owned_headers(side).is_empty();
        Self {
            owners: owns.then(|| (Arc::clone(route), side)),
            changed: None,
        }
    }

    /// These changes were made to the message's headers.
    pub(super) fn changed(&mut self, changes: Modify) {
        let Modify {
            drop_headers: dropped,
            add_headers: set,
            ..
        } = changes;
        if !dropped.is_empty() || !set.0.is_empty() {
            let earlier = self.changed.take();
            self.changed = Some(Box::new(ChangedHeaders {
                dropped,
                set,
                earlier,
            }));
        }
    }

    /// Whether these are the default's: they forbid only what may never be a trailer.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.owners.is_none() && self.changed.is_none()
    }

    /// Whether the trailers may not carry a field of this name.
    #[must_use]
    pub fn forbid(&self, name: &str) -> bool {
        let is_owned = |(route, side): &(Arc<Route>, Side)| route.owned_headers(*side).owns(name);
        is_forbidden_trailer(name)
            || self.owners.as_ref().is_some_and(is_owned)
            || self.changes().any(|changed| changed.names(name))
    }

    fn changes(&self) -> impl Iterator<Item = &ChangedHeaders> {
        iter::successors(self.changed.as_deref(), |changed| {
            changed.earlier.as_deref()
        })
    }

    /// Removes from trailers what they may not carry.
    pub fn remove_from(&self, trailers: &mut HeaderMap) {
        remove_all(trailers, |name| self.forbid(name));
    }
}

impl ChangedHeaders {
    fn names(&self, name: &str) -> bool {
        let set = self.set.0.iter().map(|(set, _)| set);
        self.dropped
            .iter()
            .chain(set)
            .any(|changed| are_spellings_of_one(changed.as_str(), name))
    }
}

impl Session {
    /// What the trailers of the message that the last step passes on may not carry: those of the request after
    /// [`Step::CallBackend`](super::Step::CallBackend), those of the response after
    /// [`Step::Respond`](super::Step::Respond). They are moved out, so a host asks once a step.
    #[must_use]
    pub fn take_trailer_rules(&mut self) -> TrailerRules {
        mem::take(&mut self.trailers)
    }
}
