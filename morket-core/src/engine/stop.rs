//! How what runs is asked to let go, from anywhere.

use super::event::Event;
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// How a runner is told to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wish {
    #[default]
    GoOn,
    Drain,
    Cancel,
}

/// How what runs gets on, for whoever watches it.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    decided: AtomicU64,
    on_the_wire: AtomicUsize,
}

/// A request that is on the wire, until this is dropped.
#[derive(Debug)]
pub(super) struct OnTheWire(Arc<Pulse>);

impl Drop for OnTheWire {
    fn drop(&mut self) {
        self.0.on_the_wire.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pulse {
    pub(super) fn sends(self: &Arc<Self>) -> OnTheWire {
        self.on_the_wire.fetch_add(1, Ordering::Relaxed);
        OnTheWire(self.clone())
    }

    /// So many steps were written down.
    pub(super) fn decides(&self, steps: usize) {
        self.decided.fetch_add(u64::try_from(steps).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// How long nothing has been got on with: neither was anything decided, nor did anybody wait for an
/// answer. Waiting between two questions counts, however often a vendor says "again in a second".
#[derive(Debug)]
pub(super) struct Idle {
    pulse: Arc<Pulse>,
    decided: u64,
    looked: Duration,
    so_far: Duration,
}

impl Idle {
    pub(super) fn new(stop: &Stop, now: Duration) -> Self {
        let pulse = stop.pulse.clone();
        let decided = pulse.decided.load(Ordering::Relaxed);
        Self { pulse, decided, looked: now, so_far: Duration::ZERO }
    }

    /// How long it has been by now. To be asked often: what is seen now held since the last look.
    pub(super) fn by(&mut self, now: Duration) -> Duration {
        let decided = self.pulse.decided.load(Ordering::Relaxed);
        let passed = now.saturating_sub(self.looked);
        self.looked = now;
        if decided != self.decided {
            (self.decided, self.so_far) = (decided, Duration::ZERO);
        } else if self.pulse.on_the_wire.load(Ordering::Relaxed) == 0 {
            self.so_far = self.so_far.saturating_add(passed);
        }
        self.so_far
    }
}

/// A way to ask what runs to let go, from anywhere.
#[derive(Clone, Debug)]
pub struct Stop {
    wish: Arc<watch::Sender<Wish>>,
    /// Its own, and those of all it stands below.
    seen: Vec<watch::Receiver<Wish>>,
    pub(super) pulse: Arc<Pulse>,
}

impl Default for Stop {
    fn default() -> Self {
        let (wish, seen) = watch::channel(Wish::GoOn);
        Self { wish: Arc::new(wish), seen: vec![seen], pulse: Arc::default() }
    }
}

impl Stop {
    /// Finish what is in flight, begin nothing, give batches back.
    pub fn drain(&self) {
        self.wish.send_replace(Wish::Drain);
    }

    /// The job was cancelled.
    pub fn cancel(&self) {
        self.wish.send_replace(Wish::Cancel);
    }

    /// Whether anybody asked for anything.
    pub fn is_asked(&self) -> bool {
        self.seen.iter().any(|it| *it.borrow() != Wish::GoOn)
    }

    /// A way to ask for less: whoever heeds it heeds this one too.
    pub(super) fn below(&self) -> Self {
        let mut below = Self::default();
        below.seen.extend(self.seen.iter().cloned());
        below.pulse = self.pulse.clone();
        below
    }

    pub(crate) async fn changed(&mut self) -> Event {
        let mut each: FuturesUnordered<_> = self.seen.iter_mut().map(wished).collect();
        match each.next().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}

/// What is wished for here, once somebody wishes for anything.
async fn wished(seen: &mut watch::Receiver<Wish>) -> Event {
    loop {
        if seen.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        match *seen.borrow_and_update() {
            Wish::GoOn => {}
            Wish::Drain => return Event::Drain,
            Wish::Cancel => return Event::Cancel,
        }
    }
}
