//! Endpoints and deliveries as rows.

use crate::{Record, Row, Table, Value, args, table};
use morket_core::{
    DeliveryId, Error, EventId, Result, Timestamp, UserId, WebhookId, WorkspaceId,
    webhook::{DeathCause, Delivery, DeliveryState, DisabledCause, Schedule, Ticket, Webhook},
};
use serde::{Serialize, de::DeserializeOwned};

/// An endpoint with what only its table shows.
pub(super) struct WebhookRow {
    pub(super) workspace: WorkspaceId,
    pub(super) webhook: Webhook,
    pub(super) served_at: Timestamp,
}

impl Record for WebhookRow {
    const TABLE: &'static Table = table!("webhook_subscriptions", key ["workspace_id", "id"], {
        workspace_id: Uuid, id: Uuid, url: Text, kinds: Text, schedule: Int, secrets: Text,
        created_by: Uuid, created_at: Int, disabled_at: Int, disabled_cause: Int,
        failing_since: Int, served_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let it = &self.webhook;
        args![
            self.workspace,
            it.id,
            it.url.as_str(),
            written(&it.kinds),
            it.schedule as u8,
            written(&it.secrets),
            it.created_by,
            it.created_at,
            it.disabled.map(|(at, _)| at),
            it.disabled.map(|(_, cause)| cause as u8),
            it.failing_since,
            self.served_at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, id) = (WorkspaceId(row.uuid()?), WebhookId(row.uuid()?));
        let (url, kinds) = (row.text()?, parsed(&row.text()?)?);
        let schedule = row.one_of(Schedule::from_number)?;
        let secrets = parsed(&row.text()?)?;
        let (created_by, created_at) = (row.maybe_uuid()?.map(UserId), row.time()?);
        let disabled = match (row.maybe_time()?, row.maybe_int()?) {
            (Some(at), Some(cause)) => Some((at, known(cause, DisabledCause::from_number)?)),
            _ => None,
        };
        let webhook = Webhook {
            id,
            url,
            kinds,
            schedule,
            secrets,
            created_by,
            created_at,
            disabled,
            failing_since: row.maybe_time()?,
        };
        Ok(Self { workspace, webhook, served_at: row.time()? })
    }
}

/// A delivery with what only its table shows.
pub(super) struct DeliveryRow {
    pub(super) workspace: WorkspaceId,
    pub(super) delivery: Delivery,
    /// Until when a courier has it; zero when none does.
    pub(super) claimed_until: Timestamp,
    pub(super) ticket: u32,
}

impl DeliveryRow {
    pub(super) fn new(workspace: WorkspaceId, delivery: Delivery) -> Self {
        Self { workspace, delivery, claimed_until: Timestamp::default(), ticket: 0 }
    }

    /// The right that its last claim gave.
    pub(super) fn ticket(&self) -> Ticket {
        Ticket { workspace: self.workspace, delivery: self.delivery.id, number: self.ticket }
    }

    /// Everything that an attempt may change.
    pub(super) const CHANGING: &'static [&'static str] = &[
        "state",
        "cause",
        "made",
        "next_at",
        "finished_at",
        "attempts",
        "claimed_until",
        "ticket",
    ];
}

impl Record for DeliveryRow {
    const TABLE: &'static Table = table!("deliveries", key ["workspace_id", "id"], {
        workspace_id: Uuid, id: Uuid, webhook_id: Uuid, event_id: Uuid, kind: Text, body: Text,
        state: Int, cause: Int, made: Int, next_at: Int, created_at: Int, finished_at: Int,
        attempts: Text, claimed_until: Int, ticket: Int,
    });

    fn values(&self) -> Vec<Value> {
        let it = &self.delivery;
        args![
            self.workspace,
            it.id,
            it.webhook,
            it.event,
            it.kind.as_str(),
            it.body.as_str(),
            it.state as u8,
            it.cause.map(|cause| cause as u8),
            it.made,
            it.next_at,
            it.created_at,
            it.finished_at,
            written(&it.attempts),
            self.claimed_until,
            self.ticket,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, id) = (WorkspaceId(row.uuid()?), DeliveryId(row.uuid()?));
        let (webhook, event) = (WebhookId(row.uuid()?), EventId(row.uuid()?));
        let (kind, body) = (row.text()?, row.text()?);
        let state = row.one_of(DeliveryState::from_number)?;
        let cause = row.maybe_int()?.map(|it| known(it, DeathCause::from_number)).transpose()?;
        let delivery = Delivery {
            id,
            webhook,
            event,
            kind,
            body,
            state,
            cause,
            made: row.small()?,
            next_at: row.time()?,
            created_at: row.time()?,
            finished_at: row.maybe_time()?,
            attempts: parsed(&row.text()?)?,
        };
        Ok(Self { workspace, delivery, claimed_until: row.time()?, ticket: row.small()? })
    }
}

fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers can be written")
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        Error::internal("webhook.row", "a column is not what was written").caused_by(error)
    })
}

fn known<T>(number: i64, from_number: fn(i64) -> Option<T>) -> Result<T> {
    let unknown = || Error::internal("webhook.row", "an unknown number").with("number", number);
    from_number(number).ok_or_else(unknown)
}
