//! The store as a worker meets it: commands are carried out some time after they were given, and
//! the answer may be lost though the work was done.

use futures::FutureExt;
use morket_core::{
    CallId, Credits, HoldId,
    engine::{Command, Event},
    job::{BatchId, JobStore, Lease, NewCall, PermitClaim, Settlement, Sought},
    memory::MemoryStore,
    plan::OpIx,
    privacy::{Fingerprint, SuppressionStore},
    provider::Inputs,
};
use std::{sync::Arc, time::Duration};

/// A future of the store in memory is ready at once.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the store in memory waits for nobody")
}

/// A request on its way to a vendor.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sending {
    pub(super) call: CallId,
    pub(super) op: OpIx,
    pub(super) records: Arc<[Inputs]>,
    pub(super) task: Option<String>,
}

/// A command for the store that can be given again.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    Fund(Lease, HoldId, Vec<Credits>),
    Look(Lease, Vec<usize>, Vec<Sought>),
    Mark(Lease, Vec<NewCall>),
    Watch(Lease, Vec<usize>, Vec<[u8; 32]>),
    Permits(Lease, usize, PermitClaim),
    Settle(Box<Settlement>),
    Renew(Lease, Duration, Duration),
    Screen(Lease, Vec<Fingerprint>),
}

impl Errand {
    /// The errand of a command, if it is for the store.
    pub(super) fn of(command: Command, lease: Lease, mono: Duration) -> Option<Self> {
        Some(match command {
            Command::Fund(hold, prices) => Self::Fund(lease, hold, prices),
            Command::Look(asks, sought) => Self::Look(lease, asks, sought),
            Command::Mark(calls) => Self::Mark(lease, calls),
            Command::Watch(asks, keys) => Self::Watch(lease, asks, keys),
            Command::Permits(purse, claim) => Self::Permits(lease, purse, claim),
            Command::Settle(settlement) => Self::Settle(settlement),
            Command::Renew(lease, ttl) => Self::Renew(lease, ttl, mono),
            Command::Screen(names) => Self::Screen(lease, names),
            Command::Send { .. } | Command::Tell(..) | Command::End(_) => return None,
        })
    }

    fn lease(&mut self) -> &mut Lease {
        match self {
            Self::Fund(lease, ..)
            | Self::Look(lease, ..)
            | Self::Mark(lease, _)
            | Self::Watch(lease, ..)
            | Self::Permits(lease, ..)
            | Self::Screen(lease, _)
            | Self::Renew(lease, ..) => lease,
            Self::Settle(settlement) => &mut settlement.lease,
        }
    }

    /// The batch it is about.
    pub(super) fn batch(&self) -> BatchId {
        match self {
            Self::Fund(lease, ..)
            | Self::Look(lease, ..)
            | Self::Mark(lease, _)
            | Self::Watch(lease, ..)
            | Self::Permits(lease, ..)
            | Self::Screen(lease, _)
            | Self::Renew(lease, ..) => lease.batch,
            Self::Settle(settlement) => settlement.lease.batch,
        }
    }

    /// The same under another fence.
    pub(super) fn refence(&mut self, fence: i64) {
        self.lease().fence = fence;
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Fund(..) => "fund",
            Self::Look(..) => "look",
            Self::Mark(..) => "mark",
            Self::Watch(..) => "watch",
            Self::Permits(..) => "permits",
            Self::Settle(_) => "settle",
            Self::Renew(..) => "renew",
            Self::Screen(..) => "screen",
        }
    }

    /// Carry it out.
    pub(super) fn run(&self, store: &MemoryStore) -> Event {
        match self.clone() {
            Self::Fund(lease, hold, prices) => {
                Event::Funded(at_once(store.fund_batch(lease, hold, prices)))
            }
            Self::Look(lease, asks, sought) => {
                Event::Looked(asks, at_once(store.recall(lease.workspace, sought)))
            }
            Self::Mark(lease, calls) => {
                let ids = calls.iter().map(|it| it.id).collect();
                Event::Marked(ids, at_once(store.mark_sent(lease, calls)))
            }
            Self::Watch(lease, asks, keys) => {
                Event::Watched(asks, at_once(store.flights(lease.workspace, keys)))
            }
            Self::Permits(_, purse, claim) => {
                Event::Permitted(purse, at_once(store.claim_permits(claim)))
            }
            Self::Settle(settlement) => Event::Settled(at_once(store.settle(*settlement))),
            Self::Screen(lease, names) => {
                let listed = at_once(store.screen(lease.workspace, names.clone()));
                Event::Screened(names, listed)
            }
            Self::Renew(lease, ttl, asked_at) => {
                Event::Renewed(asked_at, at_once(store.renew_lease(lease, ttl)))
            }
        }
    }
}
