//! The breaker beside a plain model of it.
#![allow(clippy::unwrap_used, reason = "tests")]

use lambda_sidecar_core::{Point, Sidecar};
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::time::advance;

use super::*;

const OPEN_FOR: u64 = 5;

#[derive(Debug, Clone, Copy)]
enum Deed {
    /// A call comes.
    Comes,
    /// One of those under way ends, or its caller leaves.
    Ends(usize, CallEnd),
    Leaves(usize),
    /// So many seconds pass.
    Passes(u64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let end = select(vec![
        CallEnd::Failure,
        CallEnd::Failure,
        CallEnd::Other,
        CallEnd::NotMade,
    ]);
    let deed = prop_oneof![
        3 => Just(Deed::Comes),
        3 => (0..4_usize, end).prop_map(|(at, end)| Deed::Ends(at, end)),
        1 => (0..4_usize).prop_map(Deed::Leaves),
        1 => (0..=OPEN_FOR).prop_map(Deed::Passes),
    ];
    vec(deed, 0..80)
}

/// What is known without any state but a list of what happened.
#[derive(Default)]
struct Model {
    now: u64,
    failures: usize,
    /// The ends that count, since the breaker was closed last: whether each was a failure.
    ends: Vec<bool>,
    /// When it was opened, while it is.
    opened: Option<u64>,
    /// The call that tries.
    tries: Option<usize>,
}

impl Model {
    /// Whether call number `id` is made; else how many seconds are left.
    fn comes(&mut self, id: usize) -> Result<(), u64> {
        match (self.opened, self.tries) {
            (None, _) => Ok(()),
            (Some(_), Some(_)) => Err(0),
            (Some(opened), None) if opened + OPEN_FOR > self.now => {
                Err(opened + OPEN_FOR - self.now)
            }
            (Some(_), None) => {
                self.tries = Some(id);
                Ok(())
            }
        }
    }

    fn ends(&mut self, id: usize, end: CallEnd) {
        if self.tries == Some(id) {
            self.tries = None;
            match end {
                CallEnd::Failure => self.opened = Some(self.now),
                CallEnd::Other => (self.opened, self.ends) = (None, Vec::new()),
                CallEnd::NotMade => {}
            }
        } else if self.opened.is_none() && end != CallEnd::NotMade {
            self.ends.push(end == CallEnd::Failure);
            let last = self.ends.iter().rev().take_while(|failed| **failed);
            if last.count() >= self.failures {
                self.opened = Some(self.now);
            }
        }
    }
}

async fn check(failures: u32, deeds: Vec<Deed>) -> Result<(), TestCaseError> {
    let sidecar = Sidecar::local(Point::PreProcessor, "f");
    let sidecar = sidecar.breaker_failures(failures).build().unwrap();
    let observer = GuardObserver::new(&Arc::new(sidecar));
    let breaker = Arc::new(Breaker::new(
        failures,
        Duration::from_secs(OPEN_FOR),
        observer,
    ));
    let mut model = Model {
        failures: failures as usize,
        ..Model::default()
    };
    let mut under_way: Vec<(usize, Pass)> = Vec::new();
    for (id, deed) in deeds.into_iter().enumerate() {
        match deed {
            Deed::Comes => {
                let admitted = breaker.admit();
                let expected = model.comes(id).map_err(Duration::from_secs);
                prop_assert_eq!(admitted.as_ref().err(), expected.as_ref().err());
                under_way.extend(admitted.ok().map(|pass| (id, pass)));
            }
            Deed::Ends(at, end) if at < under_way.len() => {
                let (id, pass) = under_way.swap_remove(at);
                pass.ended(end);
                model.ends(id, end);
            }
            Deed::Leaves(at) if at < under_way.len() => {
                let (id, pass) = under_way.swap_remove(at);
                drop(pass);
                model.ends(id, CallEnd::NotMade);
            }
            Deed::Ends(..) | Deed::Leaves(_) => {}
            Deed::Passes(seconds) => {
                advance(Duration::from_secs(seconds)).await;
                model.now += seconds;
            }
        }
        let is_open = !matches!(breaker.history().state, State::Closed { .. });
        prop_assert_eq!(is_open, model.opened.is_some());
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_breaker_does_what_its_model_does(failures in 1_u32..4, deeds in deeds()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(check(failures, deeds))?;
    }
}
