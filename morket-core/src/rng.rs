//! The port that randomness comes through.

use std::fmt;

/// Where random bytes come from: the operating system in every build that ships, a seed in tests.
pub trait Rng: fmt::Debug + Send + Sync + 'static {
    /// Fill `bytes` with randomness fit for keys.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn random<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
