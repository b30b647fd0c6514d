//! The webhook port.

mod carry;
mod forget;
mod rows;
mod steps;

use crate::{Record, Scope, SqlStore, Table};
use async_trait::async_trait;
pub(crate) use forget::forget;
use morket_core::{
    DeliveryId, Result, WebhookId, WorkspaceId,
    audit::NewAudit,
    outbox::NewEvent,
    page::{Cursor, Limit, Page},
    webhook::{
        Claimed, Delivery, DeliveryState, NewWebhook, Relayed, Report, SealedSecret, Ticket,
        Webhook, WebhookStore,
    },
};
use rows::{DeliveryRow, WebhookRow};
use std::{sync::Arc, time::Duration};

pub(crate) const TABLES: &[&Table] = &[WebhookRow::TABLE, DeliveryRow::TABLE];

#[async_trait]
impl WebhookStore for SqlStore {
    async fn create_webhook(
        &self,
        workspace: WorkspaceId,
        new: NewWebhook,
        audit: NewAudit,
    ) -> Result<Webhook> {
        new.validate()?;
        let new = Arc::new(new);
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::create(session, workspace, (*new).clone(), audit))
        })
        .await
    }

    async fn webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::get(session, "webhook.get", workspace, id))
        })
        .await
    }

    async fn webhooks(&self, workspace: WorkspaceId) -> Result<Vec<Webhook>> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::list(session, workspace))
        })
        .await
    }

    async fn delete_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        audit: NewAudit,
    ) -> Result<()> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::delete(session, workspace, id, audit))
        })
        .await
    }

    async fn switch_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        on: bool,
        audit: NewAudit,
    ) -> Result<Webhook> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::switch(session, workspace, id, on, audit))
        })
        .await
    }

    async fn rotate_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        secret: SealedSecret,
        overlap: Duration,
        audit: NewAudit,
    ) -> Result<Webhook> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::rotate(session, workspace, id, secret.clone(), overlap, audit))
        })
        .await
    }

    async fn try_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        event: NewEvent,
    ) -> Result<Delivery> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::attempt(session, workspace, id, event.clone()))
        })
        .await
    }

    async fn deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        state: Option<DeliveryState>,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Delivery>> {
        let after = Delivery::place_of(after.as_ref(), workspace)?;
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::page(session, workspace, id, state, after, limit))
        })
        .await
    }

    async fn replay_delivery(
        &self,
        workspace: WorkspaceId,
        id: DeliveryId,
        audit: NewAudit,
    ) -> Result<Delivery> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::again(session, workspace, id, audit))
        })
        .await
    }

    async fn relay_events(&self, limit: u32) -> Result<Relayed> {
        self.write(Scope::System, move |session| Box::pin(carry::relay(session, limit))).await
    }

    async fn claim_deliveries(
        &self,
        limit: u32,
        per_endpoint: u32,
        lease: Duration,
    ) -> Result<Vec<Claimed>> {
        self.write(Scope::System, move |session| {
            Box::pin(carry::claim(session, limit, per_endpoint, lease))
        })
        .await
    }

    async fn record_attempt(&self, ticket: Ticket, report: Report) -> Result<Delivery> {
        let report = Arc::new(report);
        self.write(Scope::Tenant(ticket.workspace), move |session| {
            let report = report.clone();
            Box::pin(async move { steps::record(session, ticket, &report).await })
        })
        .await
    }

    async fn prune_deliveries(&self, keep: Duration, limit: u32) -> Result<u32> {
        self.write(Scope::System, move |session| Box::pin(carry::prune(session, keep, limit))).await
    }
}
