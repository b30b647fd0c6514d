//! Origins by their text, so that a URL of a known origin need not be taken apart again.

use crate::{connect::Connector, egress::Target, origin::Origin};
use morket_core::http::HttpFailure;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// How many origins are remembered.
const MOST: usize = 1024;

/// The origins of one client.
#[derive(Default)]
pub(crate) struct Pool(RwLock<HashMap<Box<str>, Arc<Origin>>>);

impl Pool {
    /// The origin of this text, checked when it was first seen.
    pub(crate) fn origin(
        &self,
        text: &str,
        connector: &Connector,
        idle_limit: Duration,
    ) -> Result<Arc<Origin>, HttpFailure> {
        if let Some(origin) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(origin.clone());
        }
        let origin = Arc::new(Origin::new(Target::parse(text)?, connector)?);
        let mut origins = self.0.write().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut origins, idle_limit);
        Ok(origins.entry(text.into()).or_insert(origin).clone())
    }

    /// Let go of every connection that has been unused for too long. Asked at each dial: so what is
    /// kept never outlives its time by more than the next dial, and no task has to watch it.
    pub(crate) fn sweep(&self, idle_limit: Duration) {
        for origin in self.0.read().unwrap_or_else(PoisonError::into_inner).values() {
            origin.sweep(idle_limit);
        }
    }
}

/// Those without a connection go first, then any that nobody is using.
fn make_room(origins: &mut HashMap<Box<str>, Arc<Origin>>, idle_limit: Duration) {
    if origins.len() >= MOST {
        origins.retain(|_, origin| origin.sweep(idle_limit) || Arc::strong_count(origin) > 1);
    }
    if origins.len() >= MOST {
        origins.retain(|_, origin| Arc::strong_count(origin) > 1);
    }
}
