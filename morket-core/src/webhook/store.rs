//! The port that keeps endpoints and deliveries.

use super::{Claimed, Delivery, DeliveryState, NewWebhook, Report, SealedSecret, Ticket, Webhook};
use crate::{
    DeliveryId, Error, ErrorKind, Result, WebhookId, WorkspaceId,
    audit::NewAudit,
    outbox::NewEvent,
    page::{Cursor, Limit, Page},
};
use async_trait::async_trait;
use std::{fmt, time::Duration};

/// What a relay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relayed {
    /// Events that were looked at, and are not looked at again.
    pub events: u32,
    /// Deliveries that were made of them.
    pub deliveries: u32,
}

/// Where endpoints and deliveries live. Each method is one atomic step, its audit row included.
///
/// Relaying, claiming and pruning cross tenants: they are for the courier, never for a tenant.
#[async_trait]
pub trait WebhookStore: fmt::Debug + Send + Sync + 'static {
    /// Create an endpoint.
    ///
    /// # Behavior
    /// - A repeat with the same content changes nothing and writes no audit row.
    /// - An id that names another endpoint of this workspace is `Conflict`.
    /// - No kinds, or one that is not known, is `Validation`.
    /// - More than [`MAX_WEBHOOKS`](super::MAX_WEBHOOKS) in a workspace are `Conflict`.
    async fn create_webhook(
        &self,
        workspace: WorkspaceId,
        new: NewWebhook,
        audit: NewAudit,
    ) -> Result<Webhook>;

    /// One endpoint.
    ///
    /// # Behavior
    /// - An unknown or another workspace's id is `NotFound`.
    async fn webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook>;

    /// All endpoints of a workspace, by id.
    ///
    /// # Behavior
    /// - Only this workspace's are there; of an unknown or deleted one it is `NotFound`.
    async fn webhooks(&self, workspace: WorkspaceId) -> Result<Vec<Webhook>>;

    /// Remove an endpoint with all its deliveries.
    ///
    /// # Behavior
    /// - Afterwards it is `NotFound`, for a second removal too, which writes no audit row.
    /// - Nothing of it is claimed again.
    async fn delete_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        audit: NewAudit,
    ) -> Result<()>;

    /// Switch an endpoint on or off.
    ///
    /// # Behavior
    /// - Switched off, all that waited for it are dead letters, and what comes meanwhile too.
    /// - Switched on, its record is clean; dead letters stay until they are replayed.
    /// - As it is already changes nothing and writes no audit row.
    async fn switch_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        on: bool,
        audit: NewAudit,
    ) -> Result<Webhook>;

    /// Sign with another secret from now on, and with the one before for `overlap` more.
    ///
    /// # Behavior
    /// - While the overlap lasts both sign; afterwards the new one alone.
    /// - A repeat with the same secret changes nothing and writes no audit row.
    async fn rotate_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        secret: SealedSecret,
        overlap: Duration,
        audit: NewAudit,
    ) -> Result<Webhook>;

    /// Make a delivery of an event that is for this endpoint alone and stands in no outbox: to try
    /// it out.
    ///
    /// # Behavior
    /// - It need not be of a kind that the endpoint asked for.
    /// - An endpoint that is switched off is `Conflict`.
    /// - A repeat changes nothing.
    async fn try_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        event: NewEvent,
    ) -> Result<Delivery>;

    /// A page of an endpoint's deliveries, the newest first; only those in `state`, if one is
    /// given.
    ///
    /// # Behavior
    /// - The pages together are all of them, each once.
    /// - An unknown or another workspace's endpoint is `NotFound`.
    async fn deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        state: Option<DeliveryState>,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Delivery>>;

    /// Attempt once more what was delivered or is dead, by the rules of
    /// [`replay`](super::replay()).
    ///
    /// # Behavior
    /// - It is due at once, and the whole schedule is before it.
    /// - What still waits is `Conflict`, and so is an endpoint that is switched off.
    /// - An unknown or another workspace's id is `NotFound`.
    async fn replay_delivery(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
        audit: NewAudit,
    ) -> Result<Delivery>;

    /// Make deliveries of up to `limit` events that no relay has looked at, the oldest first.
    ///
    /// # Behavior
    /// - Of an event and an endpoint there is one delivery, however many relays there are.
    /// - An event and its deliveries are relayed together or not at all.
    /// - An endpoint is told of nothing that was before it, nor of another workspace's.
    /// - Whoever claims events from the outbox finds them all the same.
    async fn relay_events(&self, limit: u32) -> Result<Relayed>;

    /// Take up to `limit` deliveries that are due for `lease`, whose endpoints wait longest.
    ///
    /// # Behavior
    /// - No delivery is given to two couriers while the first one's lease runs.
    /// - Of one endpoint no more than `per_endpoint` are out at once, whoever has them.
    /// - Endpoints take turns: one with many deliveries does not keep others from theirs.
    /// - Only secrets that still sign are there.
    async fn claim_deliveries(
        &self,
        limit: u32,
        per_endpoint: u32,
        lease: Duration,
    ) -> Result<Vec<Claimed>>;

    /// Say what came of an attempt, by the rules of [`conclude`](super::conclude()).
    ///
    /// # Behavior
    /// - A ticket that another claim has outdated, or that was used, is `StaleLease` and changes
    ///   nothing.
    /// - Of an endpoint that is switched off by it no delivery waits any more, and an event tells.
    /// - What is gone is `NotFound`.
    async fn record_attempt(&self, ticket: Ticket, report: Report) -> Result<Delivery>;

    /// Forget up to `limit` deliveries that came to their end longer ago than `keep`, by the
    /// store's clock; how many.
    ///
    /// # Behavior
    /// - What waits is never forgotten, nor what is replayed meanwhile.
    async fn prune_deliveries(&self, keep: Duration, limit: u32) -> Result<u32>;
}

const _: Option<&dyn WebhookStore> = None;

/// The refusals that every adapter words alike.
pub mod refusal {
    use super::{Error, ErrorKind};

    /// An endpoint that is not there, or another's.
    pub fn no_webhook(operation: &'static str) -> Error {
        Error::new(ErrorKind::NotFound, operation, "webhook: not found")
    }

    /// A delivery that is not there, or another's.
    pub fn no_delivery(operation: &'static str) -> Error {
        Error::new(ErrorKind::NotFound, operation, "delivery: not found")
    }

    /// An id that names another endpoint.
    pub fn id_taken() -> Error {
        Error::new(ErrorKind::Conflict, "webhook.create", "this id names another webhook")
    }

    /// As many as there may be.
    pub fn too_many() -> Error {
        let message = format!("a workspace has at most {} webhooks", super::super::MAX_WEBHOOKS);
        Error::new(ErrorKind::Conflict, "webhook.create", message)
    }

    /// An endpoint that is switched off.
    pub fn switched_off() -> Error {
        let message = "the endpoint is switched off; switch it on first";
        Error::new(ErrorKind::Conflict, "webhook.test", message)
    }

    /// A ticket that counts no more.
    pub fn outdated() -> Error {
        let message = "another courier has this delivery now";
        Error::new(ErrorKind::StaleLease, "webhook.record_attempt", message)
    }
}
