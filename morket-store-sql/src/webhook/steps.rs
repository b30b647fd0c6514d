//! What a tenant does with its endpoints, each a step in some transaction. An endpoint's row is the
//! lock of its deliveries.

use super::rows::{DeliveryRow, WebhookRow};
use crate::{
    OnConflict, Session, args, audit, outbox,
    query::{insert, number, save, select, select_locked},
    store::live,
};
use morket_core::{
    DeliveryId, Result, Timestamp, WebhookId, WorkspaceId,
    audit::NewAudit,
    outbox::NewEvent,
    page::{Limit, Page},
    webhook::{
        Delivery, DeliveryState, DisabledCause, MAX_WEBHOOKS, NewWebhook, Report, SealedSecret,
        Ticket, Webhook, conclude, disable,
        refusal::{id_taken, no_delivery, no_webhook, outdated, too_many},
        replay, trial,
    },
};
use std::time::Duration;
use uuid::Uuid;

const ONE: &str = "WHERE workspace_id = $1 AND id = $2";

async fn locked(
    session: &mut dyn Session,
    operation: &'static str,
    workspace: WorkspaceId,
    id: WebhookId,
) -> Result<WebhookRow> {
    let found: Vec<WebhookRow> = select_locked(session, ONE, args![workspace, id]).await?;
    found.into_iter().next().ok_or_else(|| no_webhook(operation))
}

pub(super) async fn get(
    session: &mut dyn Session,
    operation: &'static str,
    workspace: WorkspaceId,
    id: WebhookId,
) -> Result<Webhook> {
    live(session, workspace).await?;
    let found: Vec<WebhookRow> = select(session, ONE, args![workspace, id]).await?;
    found.into_iter().next().map(|row| row.webhook).ok_or_else(|| no_webhook(operation))
}

pub(super) async fn list(
    session: &mut dyn Session,
    workspace: WorkspaceId,
) -> Result<Vec<Webhook>> {
    live(session, workspace).await?;
    let tail = "WHERE workspace_id = $1 ORDER BY id";
    let found: Vec<WebhookRow> = select(session, tail, args![workspace]).await?;
    Ok(found.into_iter().map(|row| row.webhook).collect())
}

pub(super) async fn create(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    new: NewWebhook,
    audit: NewAudit,
) -> Result<Webhook> {
    // The workspace's row makes those who create queue up, so that they count right.
    crate::workspace::lock(session, workspace).await?;
    let found: Vec<WebhookRow> = select(session, ONE, args![workspace, new.id]).await?;
    if let Some(WebhookRow { webhook, .. }) = found.into_iter().next() {
        return if new.made(&webhook) { Ok(webhook) } else { Err(id_taken()) };
    }
    let sql = "SELECT COUNT(*) FROM webhook_subscriptions WHERE workspace_id = $1";
    let count = number(session, sql, args![workspace]).await?;
    if usize::try_from(count).is_ok_and(|count| count >= MAX_WEBHOOKS) {
        return Err(too_many());
    }
    let webhook = new.created(session.now());
    let row = WebhookRow { workspace, webhook, served_at: Timestamp::default() };
    insert(session, std::slice::from_ref(&row), OnConflict::Fail).await?;
    audit::record(session, workspace, audit).await?;
    Ok(row.webhook)
}

pub(super) async fn delete(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: WebhookId,
    audit: NewAudit,
) -> Result<()> {
    live(session, workspace).await?;
    locked(session, "webhook.delete", workspace, id).await?;
    let sql = "DELETE FROM deliveries WHERE workspace_id = $1 AND webhook_id = $2";
    session.run(sql.into(), args![workspace, id]).await?;
    let sql = "DELETE FROM webhook_subscriptions WHERE workspace_id = $1 AND id = $2";
    session.run(sql.into(), args![workspace, id]).await?;
    audit::record(session, workspace, audit).await
}

/// Everything that waits for an endpoint that was switched off is dead.
async fn disable_all(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: WebhookId,
) -> Result<()> {
    let tail = "WHERE workspace_id = $1 AND webhook_id = $2 AND state = 1 ORDER BY id";
    let mut rows: Vec<DeliveryRow> = select_locked(session, tail, args![workspace, id]).await?;
    let now = session.now();
    rows.iter_mut().for_each(|row| disable(&mut row.delivery, now));
    save(session, &["state", "cause", "finished_at"], &rows).await.map(drop)
}

pub(super) async fn switch(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: WebhookId,
    on: bool,
    audit: NewAudit,
) -> Result<Webhook> {
    live(session, workspace).await?;
    let mut row = locked(session, "webhook.switch", workspace, id).await?;
    if row.webhook.disabled.is_none() == on {
        return Ok(row.webhook);
    }
    match on {
        true => row.webhook = row.webhook.enabled(),
        false => {
            row.webhook.disabled = Some((session.now(), DisabledCause::Asked));
            disable_all(session, workspace, id).await?;
        }
    }
    save(session, STATE, std::slice::from_ref(&row)).await?;
    audit::record(session, workspace, audit).await?;
    Ok(row.webhook)
}

const STATE: &[&str] = &["disabled_at", "disabled_cause", "failing_since"];

pub(super) async fn rotate(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: WebhookId,
    secret: SealedSecret,
    overlap: Duration,
    audit: NewAudit,
) -> Result<Webhook> {
    live(session, workspace).await?;
    let mut row = locked(session, "webhook.rotate", workspace, id).await?;
    if row.webhook.secrets.iter().any(|it| it.sealed == secret.sealed) {
        return Ok(row.webhook);
    }
    row.webhook = row.webhook.rotated(secret, overlap, session.now());
    save(session, &["secrets"], std::slice::from_ref(&row)).await?;
    audit::record(session, workspace, audit).await?;
    Ok(row.webhook)
}

pub(super) async fn attempt(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: WebhookId,
    event: NewEvent,
) -> Result<Delivery> {
    live(session, workspace).await?;
    let WebhookRow { webhook, .. } = locked(session, "webhook.test", workspace, id).await?;
    let delivery = trial(&webhook, workspace, event, session.now())?;
    let row = DeliveryRow::new(workspace, delivery);
    insert(session, std::slice::from_ref(&row), OnConflict::Keep).await?;
    let found: Vec<DeliveryRow> = select(session, ONE, args![workspace, row.delivery.id]).await?;
    Ok(found.into_iter().next().map_or(row.delivery, |found| found.delivery))
}

pub(super) async fn page(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: WebhookId,
    state: Option<DeliveryState>,
    after: Option<(Timestamp, DeliveryId)>,
    limit: Limit,
) -> Result<Page<Delivery>> {
    get(session, "webhook.deliveries", workspace, id).await?;
    // A state is between itself; all of them between the first and the last.
    let (first, last) = state.map_or((1, 3), |it| (it as i64, it as i64));
    let sql = "SELECT COUNT(*) FROM deliveries WHERE workspace_id = $1 AND webhook_id = $2 \
               AND state BETWEEN $3 AND $4";
    let total = number(session, sql, args![workspace, id, first, last]).await?;
    let (at, than) = after.unwrap_or((Timestamp::from_micros(i64::MAX), DeliveryId(Uuid::max())));
    let tail = "WHERE workspace_id = $1 AND webhook_id = $2 AND state BETWEEN $3 AND $4 \
                AND (created_at < $5 OR (created_at = $5 AND id < $6)) \
                ORDER BY created_at DESC, id DESC LIMIT $7";
    let values = args![workspace, id, first, last, at, than, limit.rows() + 1];
    let rows: Vec<DeliveryRow> = select(session, tail, values).await?;
    let rows = rows.into_iter().map(|row| row.delivery).collect();
    let total = u64::try_from(total).unwrap_or(0);
    Ok(Page::cut(rows, limit, total, |it: &Delivery| it.cursor(workspace)))
}

/// A delivery and its endpoint, locked in that order in which all lock: the endpoint first.
async fn delivery_of(
    session: &mut dyn Session,
    operation: &'static str,
    workspace: WorkspaceId,
    id: DeliveryId,
) -> Result<(WebhookRow, DeliveryRow)> {
    let found: Vec<DeliveryRow> = select(session, ONE, args![workspace, id]).await?;
    let missing = || no_delivery(operation);
    let webhook = found.first().ok_or_else(missing)?.delivery.webhook;
    let webhook = locked(session, operation, workspace, webhook).await?;
    let found: Vec<DeliveryRow> = select_locked(session, ONE, args![workspace, id]).await?;
    Ok((webhook, found.into_iter().next().ok_or_else(missing)?))
}

pub(super) async fn again(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: DeliveryId,
    audit: NewAudit,
) -> Result<Delivery> {
    live(session, workspace).await?;
    let (webhook, mut row) = delivery_of(session, "webhook.replay", workspace, id).await?;
    row.delivery = replay(&webhook.webhook, row.delivery, session.now())?;
    row.claimed_until = Timestamp::default();
    save(session, DeliveryRow::CHANGING, std::slice::from_ref(&row)).await?;
    audit::record(session, workspace, audit).await?;
    Ok(row.delivery)
}

pub(super) async fn record(
    session: &mut dyn Session,
    ticket: Ticket,
    report: &Report,
) -> Result<Delivery> {
    let Ticket { workspace, delivery, number } = ticket;
    const OPERATION: &str = "webhook.record_attempt";
    let (mut webhook, mut row) = delivery_of(session, OPERATION, workspace, delivery).await?;
    if row.ticket != number || row.claimed_until == Timestamp::default() {
        return Err(outdated());
    }
    row.claimed_until = Timestamp::default();
    let told = conclude(&mut webhook.webhook, &mut row.delivery, number, report, session.now());
    save(session, STATE, std::slice::from_ref(&webhook)).await?;
    save(session, DeliveryRow::CHANGING, std::slice::from_ref(&row)).await?;
    if let Some(event) = told {
        disable_all(session, workspace, webhook.webhook.id).await?;
        outbox::publish(session, workspace, &[event]).await?;
    }
    Ok(row.delivery)
}
