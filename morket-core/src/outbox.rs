//! What others must be told: written in the transaction of the change that caused it, or not at
//! all; read by relays that claim, deliver, and acknowledge. Delivery is at least once.

use crate::{EventId, Result, Timestamp, WorkspaceId};
use async_trait::async_trait;
use std::{fmt, time::Duration};

/// Something to tell, before it is stored. The id is its identity for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its identity: the same id is stored once.
    pub id: EventId,
    /// What happened, e.g. `job.completed`.
    pub kind: String,
    /// Ids and numbers that tell more; never a person's data.
    pub payload: serde_json::Value,
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Its identity.
    pub id: EventId,
    /// What happened.
    pub kind: String,
    /// Ids and numbers that tell more.
    pub payload: serde_json::Value,
    /// When, by the store's clock.
    pub at: Timestamp,
    /// How often it was claimed.
    pub attempts: u32,
}

/// Reading events out of the store, across workspaces.
///
/// Claiming marks rows, so that an event whose transaction committed late is never passed over, as
/// a cursor over serial numbers would.
#[async_trait]
pub trait OutboxStore: fmt::Debug + Send + Sync + 'static {
    /// Store events of their own, caused by nothing but the caller.
    ///
    /// # Behavior
    /// - An id that is there already is left as it is.
    async fn publish(&self, workspace: WorkspaceId, events: Vec<NewEvent>) -> Result<()>;

    /// A workspace's events, oldest first, delivered ones too.
    ///
    /// # Behavior
    /// - Only this workspace's events are there.
    async fn events(&self, workspace: WorkspaceId) -> Result<Vec<Event>>;

    /// Take up to `limit` undelivered events for `lease`; the oldest first.
    ///
    /// # Behavior
    /// - No event is given to two relays while the first one's lease runs.
    /// - An event that was not acknowledged comes again when the lease has ended.
    /// - An acknowledged event never comes again.
    /// - An event of a step that failed is never there.
    async fn claim_events(&self, limit: u32, lease: Duration) -> Result<Vec<Event>>;

    /// These were delivered.
    ///
    /// # Behavior
    /// - A repeat, or an unknown id, changes nothing.
    async fn ack_events(&self, ids: Vec<EventId>) -> Result<()>;
}

const _: Option<&dyn OutboxStore> = None;
