//! Of whom no answer came, and what the network said: for whoever wonders why nothing was found.
//! What it means for a call is decided elsewhere.

use super::worker::Worker;
use crate::{http::HttpFailure, name::ProviderSlug};
use std::{collections::BTreeMap, sync::PoisonError};

/// How often no answer came of a provider, since its worker began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unheard {
    /// How often.
    pub times: u64,
    /// What the network said the last time; no secret, and no more of an address than its host.
    pub why: String,
}

/// By provider.
pub(super) type Silence = BTreeMap<ProviderSlug, Unheard>;

impl Worker {
    /// Of whom no answer came.
    pub fn unheard(&self) -> BTreeMap<ProviderSlug, Unheard> {
        self.silence.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An exchange with a provider ended without an answer.
    pub(super) fn has_not_heard(&self, provider: &ProviderSlug, failure: &HttpFailure) {
        let mut silence = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        let it = silence.entry(provider.clone()).or_default();
        (it.times, it.why) = (it.times.saturating_add(1), failure.to_string());
    }
}
