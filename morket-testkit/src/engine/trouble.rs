//! A store that is away for a while, or slow to hand out work.

use super::TokioClock;
use crate::{
    StoreClock,
    broken::{Defect, Right, Through},
};
use async_trait::async_trait;
use morket_core::{Error, ErrorKind, Result, Store, Timestamp};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// What ails a store. Nothing, at first.
#[derive(Clone, Default)]
pub struct Trouble(Arc<Ailing>);

#[derive(Default)]
struct Ailing {
    away: AtomicBool,
    slow: Mutex<Duration>,
}

impl Trouble {
    /// The store with this trouble; `clock` is its own.
    pub fn of(&self, store: Arc<dyn Store>, clock: Arc<TokioClock>) -> Arc<dyn Store> {
        Arc::new(Through::new(Right { store, clock }, self.clone()))
    }

    /// From now on every step fails, or none does.
    pub fn is_away(&self, away: bool) {
        self.0.away.store(away, Ordering::SeqCst);
    }

    /// From now on it takes so long to find a batch that nobody has.
    pub fn claims_take(&self, long: Duration) {
        *self.0.slow.lock().unwrap_or_else(PoisonError::into_inner) = long;
    }
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trouble")
    }
}

#[async_trait]
impl Defect for Trouble {
    async fn before(&self, method: &'static str) -> Result<()> {
        let slow = *self.0.slow.lock().unwrap_or_else(PoisonError::into_inner);
        if method == "claim_batch" && !slow.is_zero() {
            tokio::time::sleep_until(tokio::time::Instant::now() + slow).await;
        }
        match self.0.away.load(Ordering::SeqCst) {
            true => Err(Error::new(ErrorKind::StoreUnavailable, "trouble", "it was stopped")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl StoreClock for TokioClock {
    async fn advance(&self, by: Duration) {
        self.skip(by);
    }

    async fn now(&self) -> Timestamp {
        morket_core::Clock::now(self)
    }
}
