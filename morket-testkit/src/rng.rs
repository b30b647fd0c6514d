//! Randomness that can be replayed: one number names the whole run.

use morket_core::Rng;
use std::sync::atomic::{AtomicU64, Ordering};

/// What splitmix64 adds for each word: 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// splitmix64 behind the [`Rng`] port: good statistics, no secrecy, never for a build that ships.
///
/// Its state is one atomic counter, so threads that share it draw different words, and one thread
/// alone draws the same words every time.
///
/// ```
/// use morket_core::rng::random;
/// use morket_testkit::SeededRng;
///
/// let (one, two) = (SeededRng::new(7), SeededRng::new(7));
/// assert_eq!(random::<16>(&one), random::<16>(&two));
/// assert_ne!(random::<16>(&one), random::<16>(&SeededRng::new(8)));
/// ```
#[derive(Debug)]
pub struct SeededRng {
    state: AtomicU64,
}

impl SeededRng {
    /// The sequence that `seed` names.
    pub fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// The next word.
    pub fn next_u64(&self) -> u64 {
        let state = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_splitmix64() {
        let rng = SeededRng::new(1_234_567);
        let words = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(words.map(|_| rng.next_u64()), words);
    }

    #[test]
    fn odd_lengths_are_filled_to_the_last_byte() {
        for length in 0..40 {
            let mut bytes = vec![0; length];
            let rng = SeededRng::new(3);
            while bytes.contains(&0) {
                rng.fill(&mut bytes);
            }
        }
    }
}
