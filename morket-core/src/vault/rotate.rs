//! Replacing the master key, one data key at a time, while everything goes on.

use super::{KeyPlace, Vault, WrappedKey};
use crate::{
    Error, ErrorKind, Result,
    audit::{Action, NewAudit},
    rbac::Principal,
};

/// What became of a walk over all data keys.
#[derive(Debug, Default)]
pub struct Rotation {
    /// Keys that this walk wrapped anew.
    pub rewrapped: u64,
    /// Keys that another walk wrapped first, or whose workspace was deleted meanwhile.
    pub passed: u64,
    /// Keys that could not be wrapped anew. They are as they were; a later walk meets them again.
    pub failures: Vec<KeyFailure>,
}

/// A data key that stays under its old master, and why.
#[derive(Debug)]
pub struct KeyFailure {
    /// Which key.
    pub key: KeyPlace,
    /// Why.
    pub error: Error,
}

impl Vault {
    /// Wrap every data key that is below the ring's current master version under it, `page` of them
    /// read at a time. For the operator; no credential is touched or opened.
    ///
    /// Each key is one step, so a walk may be killed anywhere and begun again, and two walks at
    /// once share the work. Once every process has the new ring and a walk reports no failure,
    /// the old master may go. An error of the store ends the walk; what was done stays done.
    pub async fn rewrap_all(&self, page: u32) -> Result<Rotation> {
        let current = self.ring().current();
        let mut rotation = Rotation::default();
        let mut after = None;
        loop {
            let keys = self.store.data_keys_below(current, after, page.max(1)).await?;
            let Some(last) = keys.last() else { return Ok(rotation) };
            after = Some(last.place());
            for key in keys {
                match self.rewrap(&key).await {
                    Ok(true) => rotation.rewrapped += 1,
                    Ok(false) => rotation.passed += 1,
                    Err(error) if error.kind() == ErrorKind::NotFound => rotation.passed += 1,
                    Err(error) if is_of_this_key(&error) => {
                        rotation.failures.push(KeyFailure { key: key.place(), error });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }

    async fn rewrap(&self, key: &WrappedKey) -> Result<bool> {
        let anew = key.rewrap(&self.ring(), &*self.rng)?;
        if anew == *key {
            return Ok(false);
        }
        let audit = NewAudit::new(Principal::Embedder, Action::KeyRewrapped, None);
        self.store.rewrap_data_key(key.workspace, key.master_version, anew, audit).await
    }
}

fn is_of_this_key(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::KeyUnavailable | ErrorKind::Tampered | ErrorKind::Validation)
}
