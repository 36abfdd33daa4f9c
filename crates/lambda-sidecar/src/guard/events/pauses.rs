//! How long an event waits until it is sent again.

use std::time::Duration;

/// An event that did not arrive is sent again until it is this old.
const OLDEST: Duration = Duration::from_secs(60);
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// The pauses of one event: each is twice the one before.
#[derive(Debug)]
pub(super) struct Pauses {
    next: Duration,
}

impl Pauses {
    pub(super) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The next pause of an event of this age. The last one ends when the event is too old; none: it is too old now.
    pub(super) fn next(&mut self, age: Duration) -> Option<Duration> {
        let left = OLDEST.checked_sub(age).filter(|left| !left.is_zero())?;
        let pause = self.next.min(left);
        self.next = (self.next * 2).min(LONGEST);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_half_a_minute_until_the_event_is_a_minute_old() {
        let (mut pauses, mut age) = (Pauses::new(), Duration::ZERO);
        let mut all = Vec::new();
        while let Some(pause) = pauses.next(age) {
            all.push(pause.as_secs_f64());
            age += pause;
        }
        assert_eq!(all, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 28.5]);
        assert_eq!(age, OLDEST);
        // One that does not age is tried on.
        let last = (0..3).map(|_| pauses.next(Duration::ZERO));
        assert!(last.eq([Some(LONGEST); 3]));
    }
}
