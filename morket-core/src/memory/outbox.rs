//! What others must be told.

use super::MemoryStore;
use crate::{
    EventId, Result, Timestamp, WorkspaceId,
    outbox::{Event, NewEvent, OutboxStore},
    privacy::{Search, erased_payload},
};
use async_trait::async_trait;
use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

/// All workspaces' events, in the order they came.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Outbox {
    rows: Vec<EventRow>,
    ids: BTreeSet<(WorkspaceId, EventId)>,
}

#[cfg_attr(test, derive(Debug))]
struct EventRow {
    event: Event,
    claimed_until: Option<Timestamp>,
    acknowledged: bool,
    relayed: bool,
}

impl EventRow {
    fn is_due(&self, now: Timestamp) -> bool {
        !self.acknowledged && self.claimed_until.is_none_or(|until| until <= now)
    }
}

impl Outbox {
    /// Store events; an id that is there is left as it is.
    pub(super) fn put(
        &mut self,
        workspace: WorkspaceId,
        events: impl IntoIterator<Item = NewEvent>,
        now: Timestamp,
    ) {
        for NewEvent { id, kind, payload } in events {
            if self.ids.insert((workspace, id)) {
                let event = Event { workspace, id, kind, payload, at: now, attempts: 0 };
                self.rows.push(EventRow {
                    event,
                    claimed_until: None,
                    acknowledged: false,
                    relayed: false,
                });
            }
        }
    }

    /// Forget a workspace's events.
    pub(super) fn remove(&mut self, workspace: WorkspaceId) {
        self.ids.retain(|(owner, _)| *owner != workspace);
        self.rows.retain(|row| row.event.workspace != workspace);
    }

    /// Events that name somebody keep nothing of it; how many there were.
    pub(super) fn redact(&mut self, workspace: WorkspaceId, search: &Search) -> u32 {
        let mine = self.rows.iter_mut().map(|row| &mut row.event);
        let naming = mine.filter(|it| it.workspace == workspace && search.is_in(&it.payload));
        let redacted = naming.map(|it| it.payload = erased_payload()).count();
        u32::try_from(redacted).unwrap_or(u32::MAX)
    }

    /// A workspace's events in the order they came.
    pub(super) fn of(&self, workspace: WorkspaceId) -> Vec<Event> {
        let mine = self.rows.iter().filter(|row| row.event.workspace == workspace);
        mine.map(|row| row.event.clone()).collect()
    }

    /// Events that no relay has looked at, the oldest first; they are looked at now.
    pub(super) fn relay(&mut self, limit: u32) -> Vec<Event> {
        let new = self.rows.iter_mut().filter(|row| !row.relayed).take(limit as usize);
        let take = |row: &mut EventRow| {
            row.relayed = true;
            row.event.clone()
        };
        new.map(take).collect()
    }

    fn claim(&mut self, limit: u32, lease: Duration, now: Timestamp) -> Vec<Event> {
        let due = self.rows.iter_mut().filter(|row| row.is_due(now));
        let take = |row: &mut EventRow| {
            row.claimed_until = Some(now.after(lease));
            row.event.attempts = row.event.attempts.saturating_add(1);
            row.event.clone()
        };
        due.take(limit as usize).map(take).collect()
    }
}

#[async_trait]
impl OutboxStore for MemoryStore {
    async fn publish(&self, workspace: WorkspaceId, events: Vec<NewEvent>) -> Result<()> {
        self.step(|state, now| {
            state.tenant("outbox.publish", workspace)?;
            state.outbox.put(workspace, events, now);
            Ok(())
        })
    }

    async fn events(&self, workspace: WorkspaceId) -> Result<Vec<Event>> {
        self.step(|state, _| {
            state.tenant("outbox.events", workspace)?;
            Ok(state.outbox.of(workspace))
        })
    }

    async fn claim_events(&self, limit: u32, lease: Duration) -> Result<Vec<Event>> {
        self.step(|state, now| Ok(state.outbox.claim(limit, lease, now)))
    }

    async fn ack_events(&self, ids: Vec<EventId>) -> Result<()> {
        let ids: HashSet<_> = ids.into_iter().collect();
        self.step(|state, _| {
            let rows = state.outbox.rows.iter_mut();
            rows.filter(|row| ids.contains(&row.event.id)).for_each(|row| row.acknowledged = true);
            Ok(())
        })
    }
}
