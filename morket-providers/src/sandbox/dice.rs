//! Dice that fall the same way whenever the same question is asked.

use std::time::Duration;

/// How often something happens, in parts of a million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

impl Rate {
    /// Never.
    pub const NEVER: Self = Self(0);
    /// Each time.
    pub const ALWAYS: Self = Self(1_000_000);

    /// `share` times in a hundred.
    pub const fn percent(share: u32) -> Self {
        Self::per_mille(share.saturating_mul(10))
    }

    /// `share` times in a thousand.
    pub const fn per_mille(share: u32) -> Self {
        let parts = share.saturating_mul(1_000);
        Self(if parts > 1_000_000 { 1_000_000 } else { parts })
    }

    /// In parts of a million.
    pub const fn per_million(self) -> u32 {
        self.0
    }
}

/// A pure source of chance: the same seed and question give the same roll.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dice {
    seed: u64,
}

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The roll for a question, told apart from others by its name and each of its parts.
    pub(crate) fn roll(self, question: &str, parts: &[&str]) -> Roll {
        let start = mix(self.seed) ^ digest(question.as_bytes());
        Roll(mix(parts.iter().fold(start, |state, part| mix(state ^ digest(part.as_bytes())))))
    }
}

/// One roll; everything asked of it is the same each time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Roll(u64);

impl Roll {
    /// A number below `limit`; zero when there is none.
    pub(crate) fn below(self, limit: u64) -> u64 {
        let scaled = u128::from(self.0) * u128::from(limit);
        u64::try_from(scaled >> 64).unwrap_or(0)
    }

    /// Whether what has this rate happens.
    pub(crate) fn happens(self, rate: Rate) -> bool {
        self.below(1_000_000) < u64::from(rate.0)
    }

    /// An index below `length`.
    pub(crate) fn index(self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// One of a list that is never empty.
    pub(crate) fn pick<T: Copy>(self, list: &[T]) -> T {
        list[self.index(list.len())]
    }

    /// A span up to `limit`.
    pub(crate) fn span(self, limit: Duration) -> Duration {
        let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.below(micros.saturating_add(1)))
    }

    /// A roll of its own for another aspect of the same question.
    pub(crate) fn aspect(self, number: u64) -> Self {
        Self(mix(self.0 ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// All its bits.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }
}

/// A number for some bytes (FNV-1a), good enough once mixed.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    mix(bytes.iter().fold(0xcbf2_9ce4_8422_2325, step) ^ bytes.len() as u64)
}

/// Spreads each bit over all others (the finishing steps of SplitMix64).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_depends_on_seed_question_and_each_part() {
        let roll = |seed, question: &str, parts: &[&str]| Dice::new(seed).roll(question, parts).0;
        let first = roll(1, "a", &["x", "yz"]);
        assert_eq!(first, roll(1, "a", &["x", "yz"]));
        let others = [
            roll(2, "a", &["x", "yz"]),
            roll(1, "b", &["x", "yz"]),
            roll(1, "a", &["xy", "z"]),
            roll(1, "a", &["x", "yz", ""]),
        ];
        assert!(!others.contains(&first));
    }

    #[test]
    fn rates_are_kept() {
        let dice = Dice::new(7);
        for percent in [0, 4, 8, 50, 100] {
            let happens =
                |n: &u32| dice.roll("coin", &[&n.to_string()]).happens(Rate::percent(percent));
            let share = (0..20_000).filter(happens).count().abs_diff(200 * percent as usize);
            assert!(share < 300, "{percent} %: off by {share} of 20000");
        }
    }
}
