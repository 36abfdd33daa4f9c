//! Choices that the same seed repeats.

/// `SplitMix64`: small, and the same on every machine and in every release.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The choices that belong to one thing. They depend on nothing that other things chose.
    pub(crate) fn of(seed: u64, what: &str) -> Self {
        const FNV: u64 = 0x0000_0100_0000_01b3;
        let mixed = what
            .bytes()
            .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(FNV)
            });
        Self(mixed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `least` to one less than `end`.
    pub(crate) fn between(&mut self, least: u64, end: u64) -> u64 {
        least + self.next() % (end - least).max(1)
    }

    /// Yes in so many of a thousand cases.
    pub(crate) fn per_mille(&mut self, cases: u64) -> bool {
        self.between(0, 1000) < cases
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = self.between(0, from.len() as u64);
        from.get(usize::try_from(at).unwrap_or_default()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_repeats_its_choices_and_another_does_not() {
        let choices = |seed, what| -> Vec<u64> {
            let mut dice = Dice::of(seed, what);
            (0..8).map(|_| dice.between(0, 1000)).collect()
        };
        assert_eq!(choices(7, "call 1"), choices(7, "call 1"));
        assert_ne!(choices(7, "call 1"), choices(7, "call 2"));
        assert_ne!(choices(7, "call 1"), choices(8, "call 1"));
    }
}
