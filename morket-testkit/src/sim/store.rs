//! The store as a worker meets it: commands are carried out some time after they were given, and
//! the answer may be lost though the work was done.

use futures::FutureExt;
use morket_core::{
    Result,
    engine::{Command, Event},
    job::{JobStore, Lease, LookupRow},
    memory::MemoryStore,
};
use std::{collections::BTreeMap, time::Duration};

/// A future of the store in memory is ready at once.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the store in memory waits for nobody")
}

/// A command for the store that can be given again.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    Fund(Lease, morket_core::HoldId, Vec<morket_core::Credits>),
    Look(morket_core::WorkspaceId, Vec<usize>, Vec<[u8; 32]>),
    Mark(Lease, Vec<morket_core::job::NewCall>),
    Settle(Box<morket_core::job::Settlement>),
    Renew(Lease, Duration, Duration),
}

impl Errand {
    /// The errand of a command; other commands are given back.
    pub(super) fn of(command: Command, lease: Lease, mono: Duration) -> Result<Self, Command> {
        Ok(match command {
            Command::Fund(hold, prices) => Self::Fund(lease, hold, prices),
            Command::Look(asks, keys) => Self::Look(lease.workspace, asks, keys),
            Command::Mark(calls) => Self::Mark(lease, calls),
            Command::Settle(settlement) => Self::Settle(settlement),
            Command::Renew(lease, ttl) => Self::Renew(lease, ttl, mono),
            other => return Err(other),
        })
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Fund(..) => "fund",
            Self::Look(..) => "look",
            Self::Mark(..) => "mark",
            Self::Settle(_) => "settle",
            Self::Renew(..) => "renew",
        }
    }

    /// Carry it out.
    pub(super) fn run(&self, store: &MemoryStore) -> Event {
        match self.clone() {
            Self::Fund(lease, hold, prices) => {
                Event::Funded(at_once(store.fund_batch(lease, hold, prices)))
            }
            Self::Look(workspace, asks, keys) => {
                let found = at_once(store.lookups(workspace, keys.clone())).map(|rows| {
                    let by_key: BTreeMap<_, LookupRow> =
                        rows.into_iter().map(|row| (row.lookup.key, row)).collect();
                    keys.iter().map(|key| by_key.get(key).cloned()).collect()
                });
                Event::Looked(asks, found)
            }
            Self::Mark(lease, calls) => {
                let ids = calls.iter().map(|it| it.id).collect();
                Event::Marked(ids, at_once(store.mark_sent(lease, calls)))
            }
            Self::Settle(settlement) => Event::Settled(at_once(store.settle(*settlement))),
            Self::Renew(lease, ttl, asked_at) => {
                Event::Renewed(asked_at, at_once(store.renew_lease(lease, ttl)))
            }
        }
    }
}
