//! What couriers do across tenants: relay, claim, forget.

use super::rows::{DeliveryRow, WebhookRow};
use crate::{
    Lock, OnConflict, Record, Session, args, outbox,
    query::{insert, number, save, select_locked},
};
use morket_core::{
    Result, WorkspaceId,
    outbox::Event,
    webhook::{Claimed, Relayed, delivery_for},
};
use std::{collections::BTreeMap, time::Duration};

/// Deliveries of events that no relay has looked at. Endpoints are locked, so that none is switched
/// off in between and left with a delivery that nobody attempts.
pub(super) async fn relay(session: &mut dyn Session, limit: u32) -> Result<Relayed> {
    let mut events: BTreeMap<WorkspaceId, Vec<Event>> = BTreeMap::new();
    let mut relayed = Relayed::default();
    for event in outbox::relay(session, limit).await? {
        relayed.events += 1;
        events.entry(event.workspace).or_default().push(event);
    }
    let now = session.now();
    for (workspace, events) in events {
        let tail = "WHERE workspace_id = $1 ORDER BY id";
        let webhooks: Vec<WebhookRow> = select_locked(session, tail, args![workspace]).await?;
        let mut made = Vec::new();
        for WebhookRow { webhook, .. } in &webhooks {
            let told = events.iter().filter_map(|event| delivery_for(webhook, event, now));
            made.extend(told.map(|it| DeliveryRow::new(workspace, it)));
        }
        let written = insert(session, &made, OnConflict::Keep).await?;
        relayed.deliveries += u32::try_from(written).unwrap_or(u32::MAX);
    }
    Ok(relayed)
}

/// Endpoints take turns: those that were looked after longest ago come first. Another courier's
/// are passed over.
pub(super) async fn claim(
    session: &mut dyn Session,
    limit: u32,
    per_endpoint: u32,
    lease: Duration,
) -> Result<Vec<Claimed>> {
    let now = session.now();
    let sql = format!(
        "SELECT {} FROM webhook_subscriptions WHERE disabled_at IS NULL \
         AND (workspace_id, id) IN (SELECT workspace_id, webhook_id FROM deliveries \
         WHERE state = 1 AND next_at <= $1 AND claimed_until <= $1) \
         AND $2 > (SELECT COUNT(*) FROM deliveries AS taken WHERE taken.state = 1 \
         AND taken.claimed_until > $1 AND taken.workspace_id = webhook_subscriptions.workspace_id \
         AND taken.webhook_id = webhook_subscriptions.id) \
         ORDER BY served_at, id LIMIT $3",
        WebhookRow::TABLE.column_list()
    );
    let values = args![now, per_endpoint, limit];
    let mut turns = Vec::new();
    for mut row in session.lock(sql.into(), values, Lock::Skip).await? {
        turns.push(WebhookRow::read(&mut row)?);
    }
    let (mut claimed, mut served) = (Vec::new(), Vec::new());
    for mut turn in turns {
        let room = limit.saturating_sub(u32::try_from(claimed.len()).unwrap_or(u32::MAX));
        let rows = claim_of(session, &turn, room, per_endpoint, lease).await?;
        if rows.is_empty() {
            continue;
        }
        claimed.extend(rows.into_iter().map(|row| Claimed {
            ticket: row.ticket(),
            url: turn.webhook.url.clone(),
            schedule: turn.webhook.schedule,
            secrets: turn.webhook.signing(now),
            delivery: row.delivery,
        }));
        turn.served_at = now;
        served.push(turn);
    }
    save(session, &["served_at"], &served).await?;
    Ok(claimed)
}

/// What of a locked endpoint may go out now. How many are out is counted anew: another courier may
/// have taken some before the lock was had.
async fn claim_of(
    session: &mut dyn Session,
    turn: &WebhookRow,
    room: u32,
    per_endpoint: u32,
    lease: Duration,
) -> Result<Vec<DeliveryRow>> {
    let (workspace, id, now) = (turn.workspace, turn.webhook.id, session.now());
    let sql = "SELECT COUNT(*) FROM deliveries WHERE workspace_id = $1 AND webhook_id = $2 \
               AND state = 1 AND claimed_until > $3";
    let out = number(session, sql, args![workspace, id, now]).await?;
    let room = i64::from(room).min(i64::from(per_endpoint) - out).max(0);
    let tail = "WHERE workspace_id = $1 AND webhook_id = $2 AND state = 1 AND next_at <= $3 \
                AND claimed_until <= $3 ORDER BY next_at, id LIMIT $4";
    let mut rows: Vec<DeliveryRow> =
        select_locked(session, tail, args![workspace, id, now, room]).await?;
    for row in &mut rows {
        row.claimed_until = now + lease;
        row.ticket = row.ticket.saturating_add(1);
    }
    save(session, &["claimed_until", "ticket"], &rows).await?;
    Ok(rows)
}

/// What ended longer ago than `keep` goes. Whether it did is asked of the row that is deleted too:
/// a server that waited for somebody else's change looks at the row anew, and not into the list.
pub(super) async fn prune(session: &mut dyn Session, keep: Duration, limit: u32) -> Result<u32> {
    let before = session.now().before(keep);
    let sql = "DELETE FROM deliveries WHERE finished_at < $1 AND (workspace_id, id) IN \
               (SELECT workspace_id, id FROM deliveries WHERE finished_at < $1 LIMIT $2)";
    let gone = session.run(sql.into(), args![before, limit]).await?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}
