//! Endpoints and deliveries.

use super::{MemoryStore, State, Tenant};
use crate::{
    DeliveryId, Result, Timestamp, WebhookId, WorkspaceId,
    audit::NewAudit,
    outbox::NewEvent,
    page::{Cursor, Limit, Page},
    privacy::{Search, redact_delivery},
    webhook::{
        Claimed, Delivery, DeliveryState, DisabledCause, MAX_WEBHOOKS, NewWebhook, Relayed, Report,
        SealedSecret, Ticket, Webhook, WebhookStore, conclude, delivery_for, disable,
        refusal::{id_taken, no_delivery, no_webhook, outdated, too_many},
        replay, trial,
    },
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

/// An endpoint, and when a courier last looked after it.
#[cfg_attr(test, derive(Debug))]
pub(super) struct Row {
    webhook: Webhook,
    served_at: Timestamp,
}

/// A delivery with what only its store knows.
#[cfg_attr(test, derive(Debug))]
struct DeliveryRow {
    delivery: Delivery,
    claimed_until: Timestamp,
    ticket: u32,
}

impl DeliveryRow {
    fn new(delivery: Delivery) -> Self {
        Self { delivery, claimed_until: Timestamp::default(), ticket: 0 }
    }

    fn waits(&self) -> bool {
        self.delivery.state == DeliveryState::Waiting
    }

    /// A courier has it.
    fn is_out(&self, now: Timestamp) -> bool {
        self.waits() && self.claimed_until > now
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.waits() && self.claimed_until <= now && self.delivery.next_at <= now
    }
}

/// All workspaces' deliveries.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Deliveries(BTreeMap<(WorkspaceId, DeliveryId), DeliveryRow>);

impl Deliveries {
    /// Forget a workspace's deliveries.
    pub(super) fn remove(&mut self, workspace: WorkspaceId) {
        self.0.retain(|(owner, _), _| *owner != workspace);
    }

    /// Deliveries that name somebody keep nothing of it; how many there were. Whoever is sending
    /// one has nothing to report any more: its receiver's answer may repeat the name.
    pub(super) fn redact(&mut self, workspace: WorkspaceId, search: &Search) -> u32 {
        let mine = self.0.iter_mut().filter(|((owner, _), _)| *owner == workspace);
        let naming = mine.map(|it| it.1).filter_map(|row| {
            redact_delivery(search, &mut row.delivery)
                .then(|| row.claimed_until = Timestamp::default())
        });
        u32::try_from(naming.count()).unwrap_or(u32::MAX)
    }

    fn of(
        &mut self,
        workspace: WorkspaceId,
        id: WebhookId,
    ) -> impl Iterator<Item = &mut DeliveryRow> {
        let mine = self.0.iter_mut().filter(move |((owner, _), _)| *owner == workspace);
        mine.map(|(_, row)| row).filter(move |row| row.delivery.webhook == id)
    }
}

impl Tenant {
    fn hook(&self, operation: &'static str, id: WebhookId) -> Result<&Webhook> {
        self.webhooks.get(&id).map(|row| &row.webhook).ok_or_else(|| no_webhook(operation))
    }

    fn put_hook(&mut self, webhook: &Webhook) {
        if let Some(row) = self.webhooks.get_mut(&webhook.id) {
            row.webhook = webhook.clone();
        }
    }

    fn create_webhook(
        &mut self,
        new: NewWebhook,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<Webhook> {
        if let Some(Row { webhook, .. }) = self.webhooks.get(&new.id) {
            return if new.made(webhook) { Ok(webhook.clone()) } else { Err(id_taken()) };
        }
        if self.webhooks.len() >= MAX_WEBHOOKS {
            return Err(too_many());
        }
        let webhook = new.created(now);
        let row = Row { webhook: webhook.clone(), served_at: Timestamp::default() };
        self.webhooks.insert(webhook.id, row);
        self.note(audit, now);
        Ok(webhook)
    }
}

impl State {
    /// Everything that waits for an endpoint that was switched off is dead.
    fn disable_all(&mut self, workspace: WorkspaceId, id: WebhookId, now: Timestamp) {
        let all = self.deliveries.of(workspace, id);
        all.for_each(|row| disable(&mut row.delivery, now));
    }

    fn switch(
        &mut self,
        workspace: WorkspaceId,
        id: WebhookId,
        on: bool,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<Webhook> {
        let tenant = self.tenant_mut("webhook.switch", workspace)?;
        let mut webhook = tenant.hook("webhook.switch", id)?.clone();
        if webhook.disabled.is_none() == on {
            return Ok(webhook);
        }
        match on {
            true => webhook = webhook.enabled(),
            false => webhook.disabled = Some((now, DisabledCause::Asked)),
        }
        tenant.put_hook(&webhook);
        tenant.note(audit, now);
        if !on {
            self.disable_all(workspace, id, now);
        }
        Ok(webhook)
    }

    fn relay(&mut self, limit: u32, now: Timestamp) -> Relayed {
        let events = self.outbox.relay(limit);
        let mut relayed =
            Relayed { events: u32::try_from(events.len()).unwrap_or(0), deliveries: 0 };
        for event in events {
            let Some(tenant) = self.tenants.get(&event.workspace) else { continue };
            for row in tenant.webhooks.values() {
                if let Some(delivery) = delivery_for(&row.webhook, &event, now) {
                    let place = (event.workspace, delivery.id);
                    if let Entry::Vacant(free) = self.deliveries.0.entry(place) {
                        free.insert(DeliveryRow::new(delivery));
                        relayed.deliveries += 1;
                    }
                }
            }
        }
        relayed
    }

    fn claim_deliveries(
        &mut self,
        limit: u32,
        per_endpoint: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Vec<Claimed> {
        let mut turns: Vec<_> = Vec::new();
        for (workspace, tenant) in &self.tenants {
            let on = tenant.webhooks.values().filter(|row| row.webhook.disabled.is_none());
            turns.extend(on.map(|row| (row.served_at, row.webhook.id, *workspace)));
        }
        turns.sort_unstable();
        let mut claimed = Vec::new();
        for (_, id, workspace) in turns {
            let room = limit as usize - claimed.len();
            claimed.extend(self.claim_of(workspace, id, room, per_endpoint as usize, lease, now));
        }
        claimed
    }

    fn claim_of(
        &mut self,
        workspace: WorkspaceId,
        id: WebhookId,
        room: usize,
        per_endpoint: usize,
        lease: Duration,
        now: Timestamp,
    ) -> Vec<Claimed> {
        let Some(tenant) = self.tenants.get_mut(&workspace) else { return Vec::new() };
        let Some(hook) = tenant.webhooks.get_mut(&id) else { return Vec::new() };
        let out = self.deliveries.of(workspace, id).filter(|row| row.is_out(now)).count();
        let mut due: Vec<_> =
            self.deliveries.of(workspace, id).filter(|row| row.is_due(now)).collect();
        due.sort_unstable_by_key(|row| (row.delivery.next_at, row.delivery.id));
        let room = room.min(per_endpoint.saturating_sub(out));
        if room > 0 && !due.is_empty() {
            hook.served_at = now;
        }
        let take = |row: &mut DeliveryRow| {
            row.claimed_until = now.after(lease);
            row.ticket = row.ticket.saturating_add(1);
            Claimed {
                ticket: Ticket { workspace, delivery: row.delivery.id, number: row.ticket },
                url: hook.webhook.url.clone(),
                schedule: hook.webhook.schedule,
                secrets: hook.webhook.signing(now),
                delivery: row.delivery.clone(),
            }
        };
        due.into_iter().take(room).map(take).collect()
    }

    fn record(&mut self, ticket: Ticket, report: &Report, now: Timestamp) -> Result<Delivery> {
        const OPERATION: &str = "webhook.record_attempt";
        let Ticket { workspace, delivery, number } = ticket;
        self.tenant(OPERATION, workspace)?;
        let row = self.deliveries.0.get_mut(&(workspace, delivery));
        let row = row.ok_or_else(|| no_delivery(OPERATION))?;
        if row.ticket != number || row.claimed_until == Timestamp::default() {
            return Err(outdated());
        }
        let tenant = self.tenants.get_mut(&workspace).ok_or_else(|| no_webhook(OPERATION))?;
        let mut webhook = tenant.hook(OPERATION, row.delivery.webhook)?.clone();
        row.claimed_until = Timestamp::default();
        let told = conclude(&mut webhook, &mut row.delivery, number, report, now);
        let concluded = row.delivery.clone();
        tenant.put_hook(&webhook);
        if let Some(event) = told {
            self.disable_all(workspace, webhook.id, now);
            self.outbox.put(workspace, [event], now);
        }
        Ok(concluded)
    }
}

#[async_trait]
impl WebhookStore for MemoryStore {
    async fn create_webhook(
        &self,
        workspace: WorkspaceId,
        new: NewWebhook,
        audit: NewAudit,
    ) -> Result<Webhook> {
        new.validate()?;
        self.step(|state, now| {
            state.tenant_mut("webhook.create", workspace)?.create_webhook(new, audit, now)
        })
    }

    async fn webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook> {
        self.step(|state, _| {
            state.tenant("webhook.get", workspace)?.hook("webhook.get", id).cloned()
        })
    }

    async fn webhooks(&self, workspace: WorkspaceId) -> Result<Vec<Webhook>> {
        self.step(|state, _| {
            let tenant = state.tenant("webhook.list", workspace)?;
            Ok(tenant.webhooks.values().map(|row| row.webhook.clone()).collect())
        })
    }

    async fn delete_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        audit: NewAudit,
    ) -> Result<()> {
        self.step(|state, now| {
            let tenant = state.tenant_mut("webhook.delete", workspace)?;
            tenant.webhooks.remove(&id).ok_or_else(|| no_webhook("webhook.delete"))?;
            tenant.note(audit, now);
            state
                .deliveries
                .0
                .retain(|(owner, _), row| *owner != workspace || row.delivery.webhook != id);
            Ok(())
        })
    }

    async fn switch_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        on: bool,
        audit: NewAudit,
    ) -> Result<Webhook> {
        self.step(|state, now| state.switch(workspace, id, on, audit, now))
    }

    async fn rotate_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        secret: SealedSecret,
        overlap: Duration,
        audit: NewAudit,
    ) -> Result<Webhook> {
        self.step(|state, now| {
            let tenant = state.tenant_mut("webhook.rotate", workspace)?;
            let found = tenant.hook("webhook.rotate", id)?;
            if found.secrets.iter().any(|it| it.sealed == secret.sealed) {
                return Ok(found.clone());
            }
            let webhook = found.clone().rotated(secret, overlap, now);
            tenant.put_hook(&webhook);
            tenant.note(audit, now);
            Ok(webhook)
        })
    }

    async fn try_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        event: NewEvent,
    ) -> Result<Delivery> {
        self.step(|state, now| {
            let webhook = state.tenant("webhook.test", workspace)?.hook("webhook.test", id)?;
            let delivery = trial(webhook, workspace, event, now)?;
            let place = (workspace, delivery.id);
            let row = state.deliveries.0.entry(place).or_insert_with(|| DeliveryRow::new(delivery));
            Ok(row.delivery.clone())
        })
    }

    async fn deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        wanted: Option<DeliveryState>,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Delivery>> {
        let after = Delivery::place_of(after.as_ref(), workspace)?;
        self.step(|state, _| {
            state.tenant("webhook.deliveries", workspace)?.hook("webhook.deliveries", id)?;
            let all = state.deliveries.of(workspace, id).map(|row| &row.delivery);
            let mut all: Vec<_> =
                all.filter(|it| wanted.is_none_or(|wanted| it.state == wanted)).cloned().collect();
            let total = all.len() as u64;
            all.sort_unstable_by_key(|it| std::cmp::Reverse(it.place()));
            all.retain(|it| after.is_none_or(|after| it.place() < after));
            all.truncate(limit.rows() as usize + 1);
            Ok(Page::cut(all, limit, total, |it| it.cursor(workspace)))
        })
    }

    async fn replay_delivery(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
        audit: NewAudit,
    ) -> Result<Delivery> {
        self.step(|state, now| {
            let tenant = state.tenant("webhook.replay", workspace)?;
            let row = state.deliveries.0.get(&(workspace, id));
            let row = row.ok_or_else(|| no_delivery("webhook.replay"))?;
            let webhook = tenant.hook("webhook.replay", row.delivery.webhook)?;
            let again = replay(webhook, row.delivery.clone(), now)?;
            if let Some(row) = state.deliveries.0.get_mut(&(workspace, id)) {
                row.delivery = again.clone();
                row.claimed_until = Timestamp::default();
            }
            state.tenant_mut("webhook.replay", workspace)?.note(audit, now);
            Ok(again)
        })
    }

    async fn relay_events(&self, limit: u32) -> Result<Relayed> {
        self.step(|state, now| Ok(state.relay(limit, now)))
    }

    async fn claim_deliveries(
        &self,
        limit: u32,
        per_endpoint: u32,
        lease: Duration,
    ) -> Result<Vec<Claimed>> {
        self.step(|state, now| Ok(state.claim_deliveries(limit, per_endpoint, lease, now)))
    }

    async fn record_attempt(&self, ticket: Ticket, report: Report) -> Result<Delivery> {
        self.step(|state, now| state.record(ticket, &report, now))
    }

    async fn prune_deliveries(&self, keep: Duration, limit: u32) -> Result<u32> {
        self.step(|state, now| {
            let before = now.before(keep);
            let ended = |row: &DeliveryRow| row.delivery.finished_at.is_some_and(|at| at < before);
            let old = state.deliveries.0.iter().filter(|(_, row)| ended(row));
            let old: Vec<_> = old.map(|(place, _)| *place).take(limit as usize).collect();
            old.iter().for_each(|place| drop(state.deliveries.0.remove(place)));
            Ok(u32::try_from(old.len()).unwrap_or(u32::MAX))
        })
    }
}
