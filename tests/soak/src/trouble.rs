//! When something around the gateway was out of order, for calls of that time.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A backend ended its connections and refused new ones.
    Backend,
    /// AWS Lambda did.
    FarEnd,
    /// STS or Parameter Store refused.
    Credentials,
    /// A connection was reset after a complete answer.
    StrayReset,
}

/// What was out of order while a call was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Trouble {
    pub(crate) backend: bool,
    pub(crate) far_end: bool,
    pub(crate) credentials: bool,
    pub(crate) stray_reset: bool,
}

#[derive(Debug)]
struct Window {
    kind: Kind,
    from: Instant,
    /// None: it still is.
    until: Option<Instant>,
}

#[derive(Debug, Default)]
pub(crate) struct Troubles(Mutex<Vec<Window>>);

/// A machine under load is late to notice that something is in order again.
const SLACK: Duration = Duration::from_millis(500);

impl Troubles {
    fn windows(&self) -> MutexGuard<'_, Vec<Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(&self, kind: Kind) {
        self.windows().push(Window {
            kind,
            from: Instant::now(),
            until: None,
        });
    }

    pub(crate) fn end(&self, kind: Kind) {
        let mut windows = self.windows();
        let open = windows
            .iter_mut()
            .filter(|window| window.kind == kind && window.until.is_none());
        open.for_each(|window| window.until = Some(Instant::now() + SLACK));
    }

    /// Something that is over after so long.
    pub(crate) fn brief(&self, kind: Kind, lasts: Duration) {
        let from = Instant::now();
        self.windows().push(Window {
            kind,
            from,
            until: Some(from + lasts),
        });
    }

    /// What was out of order at any time between these two.
    pub(crate) fn between(&self, from: Instant, until: Instant) -> Trouble {
        let mut trouble = Trouble::default();
        for window in self.windows().iter() {
            let overlaps = window.from <= until && window.until.is_none_or(|end| end >= from);
            let which = match window.kind {
                Kind::Backend => &mut trouble.backend,
                Kind::FarEnd => &mut trouble.far_end,
                Kind::Credentials => &mut trouble.credentials,
                Kind::StrayReset => &mut trouble.stray_reset,
            };
            *which |= overlaps;
        }
        trouble
    }

    /// Forgets what was over that long ago.
    pub(crate) fn forget(&self, age: Duration) {
        let is_recent = |window: &Window| window.until.is_none_or(|end| end.elapsed() < age);
        self.windows().retain(is_recent);
    }
}
