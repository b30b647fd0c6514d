//! What was refused or rolled back is told to nobody.

use super::{
    act::{self, HOUR, Side, TTL},
    acts,
};
use crate::{Subject, random::check_within};
use futures::future::BoxFuture;
use morket_core::{EventId, WorkspaceId};
use std::collections::BTreeSet;

/// Makes every transaction fail that has something to tell, until it is told to let them pass.
pub type Veto<'a> = &'a (dyn Fn(bool) -> BoxFuture<'static, ()> + Sync);

/// A veto of a store in which nothing fails but what is refused.
pub fn no_veto(_: bool) -> BoxFuture<'static, ()> {
    Box::pin(async {})
}

/// A sequence is long, and most of it must stay for anything to happen.
const SHRINKS: u32 = 100;

type Told = BTreeSet<(WorkspaceId, EventId)>;

async fn events(side: &Side) -> Told {
    let mut told = Told::new();
    for workspace in side.names.workspaces {
        let events = side.subject.store.events(workspace).await.unwrap_or_default();
        told.extend(events.into_iter().map(|it| (workspace, it.id)));
    }
    told
}

/// Panics if a call that failed left an event, or if a courier is given one that no call that
/// succeeded has made.
pub async fn no_phantoms(subject: &Subject, veto: Veto<'_>) {
    check_within(subject, SHRINKS, acts(), |acts| async move {
        let mut side = Side::new(subject, &act::Names::default());
        let (mut before, mut tried) = (Told::new(), Told::new());
        for act in act::PRELUDE.iter().copied().chain(acts) {
            // What is looked at is what one call leaves; a third of them fail at their end.
            let vetoed = act.amount % 3 == 0;
            if vetoed {
                veto(true).await;
            }
            let answer = side.act(act).await;
            if vetoed {
                veto(false).await;
            }
            let after = events(&side).await;
            if answer.starts_with("Err(") || answer.starts_with("Ok(Stale") {
                let new: Vec<_> = after.difference(&before).collect();
                assert!(new.is_empty(), "{act:?} failed with {answer} and told of {new:?}");
            } else if act.kind == 61 && act.choice > 3 {
                let event = side.names.events[usize::from(act.place)][usize::from(act.choice) % 3];
                tried.insert((side.workspace(act), event));
            }
            before = after;
        }
        let store = &subject.store;
        subject.clock.advance(HOUR * 24).await;
        store.relay_events(1_000).await.unwrap();
        let claimed = store.claim_deliveries(1_000, 1_000, TTL).await.unwrap();
        for it in claimed {
            let (workspace, event) = (it.ticket.workspace, it.delivery.event);
            if side.names.workspaces.contains(&workspace) {
                let known = [&before, &tried].iter().any(|it| it.contains(&(workspace, event)));
                assert!(known, "{event} is delivered, and nothing has happened");
            }
        }
    })
    .await;
}
