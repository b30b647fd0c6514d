//! Chance, from a seed.

use std::time::Duration;

/// splitmix64.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed ^ 0x6d6f_726b_6574)
    }

    pub(super) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.word() % n.max(1)
    }

    /// True so many times in a hundred.
    pub(super) fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }

    pub(super) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_micros(1_000 * from + self.below(1_000 * (to - from).max(1)))
    }

    pub(super) fn bytes16(&mut self) -> [u8; 16] {
        let (a, b) = (self.word(), self.word());
        (u128::from(a) << 64 | u128::from(b)).to_be_bytes()
    }
}

/// A number that follows from these and from nothing else: faults are keyed by what is asked, never
/// by when it arrives.
pub(super) fn keyed(seed: u64, parts: &[&str]) -> u64 {
    let mut state = seed ^ 0xcbf2_9ce4_8422_2325;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    Dice::new(state).word()
}
