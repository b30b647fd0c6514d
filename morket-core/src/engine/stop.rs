//! How what runs is asked to let go, from anywhere.

use super::event::Event;
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::sync::Arc;
use tokio::sync::watch;

/// How a runner is told to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wish {
    #[default]
    GoOn,
    Drain,
    Cancel,
}

/// A way to ask what runs to let go, from anywhere.
#[derive(Clone, Debug)]
pub struct Stop {
    wish: Arc<watch::Sender<Wish>>,
    /// Its own, and those of all it stands below.
    seen: Vec<watch::Receiver<Wish>>,
}

impl Default for Stop {
    fn default() -> Self {
        let (wish, seen) = watch::channel(Wish::GoOn);
        Self { wish: Arc::new(wish), seen: vec![seen] }
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
