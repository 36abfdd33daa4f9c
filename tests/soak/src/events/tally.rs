//! What became of every event.

use std::collections::{BTreeMap, BTreeSet};

use super::{AT_ONCE, Ending, HeardEvents, QUEUE, function::SeenEvent};
use crate::report::Line;

/// All that is known of one run.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) ending: Ending,
    pub(super) exit: Option<i32>,
    /// The calls that their clients had an answer of.
    pub(super) answered: BTreeSet<u64>,
    pub(super) heard: HeardEvents,
    pub(super) function: BTreeMap<u64, SeenEvent>,
}

impl Tally {
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines = vec![self.met_with(), self.decided(), self.arrived(), self.lost()];
        if self.ending != Ending::Killed {
            lines.push(Line {
                what: "events: exit code 0 after SIGTERM",
                holds: self.exit == Some(0),
                how: format!("{:?}: {:?}", self.ending, self.exit),
            });
        }
        lines
    }

    fn queued(&self) -> impl Iterator<Item = u64> {
        let decided = self.heard.decided.iter();
        decided.filter(|(_, queued)| **queued).map(|(id, _)| *id)
    }

    fn is_accepted(&self, number: u64) -> bool {
        self.function.get(&number).is_some_and(|it| it.is_accepted)
    }

    fn met_with(&self) -> Line {
        let queued = self.queued().count();
        let dropped = self.heard.decided.len() - queued;
        let accepted = self.function.values().filter(|it| it.is_accepted).count();
        let failed = self.heard.failed;
        let is_failing = failed > 0 || self.ending == Ending::StoppedShort;
        Line {
            what: "events: everything was met with",
            holds: queued > 0 && dropped > 0 && accepted > 0 && is_failing,
            how: format!(
                "{:?}: {queued} queued, {dropped} dropped, {accepted} accepted, {failed} failed",
                self.ending
            ),
        }
    }

    /// A call that was answered has its line in the log. A killed gateway may have had no time for that: of each
    /// connection at most the last one lacks it.
    fn decided(&self) -> Line {
        let decided = &self.heard.decided;
        let without = self.answered.iter().filter(|id| !decided.contains_key(id));
        let without = without.count();
        let most = match self.ending {
            Ending::Killed => 24,
            _ => 0,
        };
        Line {
            what: "events: a decision for every call",
            holds: without <= most,
            how: format!("{:?}: {without} answered without one", self.ending),
        }
    }

    /// No event is sent that was not queued.
    fn arrived(&self) -> Line {
        let decided = |id: &&u64| match self.heard.decided.get(id) {
            Some(queued) => !queued,
            None => self.ending != Ending::Killed,
        };
        let strangers = self.function.keys().filter(decided).count();
        Line {
            what: "events: none sent but queued ones",
            holds: strangers == 0,
            how: format!("{:?}: {strangers}", self.ending),
        }
    }

    /// An event that was queued has arrived, or is counted as lost; or it was lost with the killed process, and of
    /// those there are no more than fit into it. What the gateway gave up may have arrived all the same, if the answer
    /// was on its way.
    fn lost(&self) -> Line {
        let missing = self.queued().filter(|id| !self.is_accepted(*id)).count();
        let counted = self.heard.failed + self.heard.expired + self.heard.left;
        let (room, holds) = (QUEUE + AT_ONCE, self.heard.left <= QUEUE + AT_ONCE);
        let holds = holds
            && match self.ending {
                Ending::Stopped => missing == counted && self.heard.left == 0,
                Ending::StoppedShort => {
                    self.heard.left > 0 && missing <= counted && counted <= missing + AT_ONCE
                }
                Ending::Killed => missing <= counted + room,
            };
        Line {
            what: "events: each is accounted for",
            holds,
            how: format!(
                "{:?}: {missing} did not arrive, {counted} counted as lost, {} of them left",
                self.ending, self.heard.left
            ),
        }
    }
}
