//! What comes of taking turns: the samples of each round, and medians of what is made of them.

use std::time::Duration;

/// How long and how often contenders run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rounds: usize,
    /// Of one contender in one round.
    pub(crate) turn: Duration,
    /// Before each turn, not measured.
    pub(crate) warm_up: Duration,
}

impl Pace {
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        turn: Duration::from_millis(200),
        warm_up: Duration::from_millis(50),
    };
    pub(crate) const FULL: Self = Self {
        rounds: 7,
        turn: Duration::from_millis(1_000),
        warm_up: Duration::from_millis(200),
    };
}

/// One turn of one contender.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Microseconds of CPU a call.
    pub(crate) cpu: f64,
    /// Allocations a call, where they can be counted.
    pub(crate) allocations: f64,
    pub(crate) calls_per_second: f64,
}

/// The samples of every round, in the order of the contenders.
#[derive(Debug, Default)]
pub(crate) struct Rounds(pub(crate) Vec<Vec<Sample>>);

impl Rounds {
    /// The median over the rounds of what is made of each of them.
    pub(crate) fn median(&self, of: impl Fn(&[Sample]) -> f64) -> f64 {
        median(self.0.iter().map(|round| of(round)).collect())
    }

    pub(crate) fn cpu(&self, contender: usize) -> f64 {
        self.median(|round| round[contender].cpu)
    }

    pub(crate) fn allocations(&self, contender: usize) -> f64 {
        self.median(|round| round[contender].allocations)
    }

    pub(crate) fn rate(&self, contender: usize) -> f64 {
        self.median(|round| round[contender].calls_per_second)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert!((median(vec![9.0, 1.0, 3.0]) - 3.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_ratio_is_made_in_each_round_before_the_median() {
        let sample = |cpu| Sample {
            cpu,
            allocations: 0.0,
            calls_per_second: 0.0,
        };
        // The machine was slow in the second round, for both of them.
        let rounds = Rounds(vec![
            vec![sample(2.0), sample(1.0)],
            vec![sample(20.0), sample(10.0)],
            vec![sample(2.0), sample(1.0)],
        ]);
        let ratio = rounds.median(|round| round[0].cpu / round[1].cpu);
        assert!((ratio - 2.0).abs() < f64::EPSILON);
    }
}
