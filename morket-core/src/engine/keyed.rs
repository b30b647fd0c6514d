//! What a process keeps for each key at a vendor.

use crate::{Secret, plan::Op};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How many are kept before those that nobody uses are let go.
const MANY: usize = 1024;

/// One of these for each vendor, address and key. The keys themselves are not kept.
#[derive(Debug)]
pub(super) struct Keyed<T>(Mutex<BTreeMap<[u8; 32], Arc<T>>>);

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Default> Keyed<T> {
    /// The one of this key at this operation's vendor.
    pub(super) fn of(&self, op: &Op, key: &Secret<String>) -> Arc<T> {
        let mut digest = Sha256::new();
        for part in [op.provider.as_str(), &op.base_url, key.expose()] {
            digest.update(Sha256::digest(part.as_bytes()));
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MANY {
            all.retain(|_, it| Arc::strong_count(it) > 1);
        }
        all.entry(digest.finalize().into()).or_default().clone()
    }
}
