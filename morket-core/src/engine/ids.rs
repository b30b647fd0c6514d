//! Ids without dice: drawn from a seed that came with the batch, so that a run can be replayed.

use crate::{CallId, HoldId, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A sequence of ids that follows from its seed.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    seed: [u8; 16],
    drawn: u64,
}

impl Ids {
    pub(super) fn new(seed: [u8; 16]) -> Self {
        Self { seed, drawn: 0 }
    }

    pub(super) fn call(&mut self, now: Timestamp) -> CallId {
        CallId(self.uuid(now))
    }

    pub(super) fn hold(&mut self, now: Timestamp) -> HoldId {
        HoldId(self.uuid(now))
    }

    /// A throw of the dice: 0 to 255.
    pub(super) fn dice(&mut self) -> u8 {
        self.draw()[0]
    }

    fn uuid(&mut self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&self.draw()[..10]);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        let digest = Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes());
        digest.finalize().into()
    }
}
