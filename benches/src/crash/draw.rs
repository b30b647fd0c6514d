//! Everything random, from a seed: what is done, under which names, and when it is killed.

use uuid::Uuid;

/// A generator that is the same on every machine.
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// One for each path of numbers.
    pub fn new(path: &[u64]) -> Self {
        let mut draw = Self(0);
        for part in path {
            draw.0 ^= *part;
            draw.0 = draw.number();
        }
        draw
    }

    /// 64 random bits.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number() % end.max(1)
    }

    /// An id.
    pub fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.number().to_be_bytes());
        bytes[8..].copy_from_slice(&self.number().to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The id of the one call for a record: whoever takes the job over asks under the same name.
pub fn call_of(job: Uuid, index: u32) -> Uuid {
    let (high, low) = job.as_u64_pair();
    Draw::new(&[high, low, u64::from(index)]).uuid()
}
