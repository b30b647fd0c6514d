//! Stores that are wrong about deliveries.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use async_trait::async_trait;
use morket_core::{
    Credits, DeliveryId, ErrorKind, HoldId, Result, WebhookId, WorkspaceId,
    audit::{Action, NewAudit},
    job::{Funded, Lease},
    outbox::NewEvent,
    page::{Cursor, Limit, Page},
    rbac::Principal,
    webhook::{Delivery, DeliveryState, NewWebhook, Outcome, Report, Ticket, Webhook},
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "an endpoint is read without its tenant",
        must_fail: "p137_endpoints_are_those_of_their_workspace",
        walk: None,
        wrap: |subject| through(subject, ReadsForeignEndpoints::default()),
    },
    Broken {
        name: "a courier that lost its claim is believed",
        must_fail: "an_outdated_ticket_counts_no_more",
        walk: None,
        wrap: |subject| through(subject, BelievesAll),
    },
    Broken {
        name: "a listing of deliveries ends with its first page",
        must_fail: "the_pages_of_a_listing_are_all_deliveries",
        walk: None,
        wrap: |subject| through(subject, OnePage),
    },
    Broken {
        name: "a replay switches its endpoint on",
        must_fail: "p184_a_dead_letter_is_replayed_from_the_beginning",
        walk: None,
        wrap: |subject| through(subject, WakesEndpoints),
    },
    Broken {
        name: "what could not be signed is an attempt that failed",
        must_fail: "p187_what_cannot_be_signed_counts_against_nobody",
        walk: None,
        wrap: |subject| through(subject, BlamesReceivers),
    },
    Broken {
        name: "a refused batch is told of all the same",
        must_fail: "p185_what_is_refused_is_told_to_nobody",
        walk: None,
        wrap: |subject| through(subject, TellsAnyway),
    },
    Broken {
        name: "what has just ended is forgotten too",
        must_fail: "only_what_has_ended_is_forgotten",
        walk: None,
        wrap: |subject| through(subject, ForgetsEarly),
    },
];

/// Whose an endpoint is, by its id alone.
#[derive(Default)]
struct ReadsForeignEndpoints(Mutex<BTreeMap<WebhookId, WorkspaceId>>);

#[async_trait]
impl Defect for ReadsForeignEndpoints {
    async fn create_webhook(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        new: NewWebhook,
        audit: NewAudit,
    ) -> Result<Webhook> {
        let made = right.store.create_webhook(workspace, new, audit).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(made.id, workspace);
        Ok(made)
    }

    async fn webhook(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        id: WebhookId,
    ) -> Result<Webhook> {
        right.store.workspace(workspace).await?;
        let owner = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
        right.store.webhook(owner.unwrap_or(workspace), id).await
    }
}

struct BelievesAll;

#[async_trait]
impl Defect for BelievesAll {
    async fn record_attempt(
        &self,
        right: &Right,
        ticket: Ticket,
        report: Report,
    ) -> Result<Delivery> {
        let mut number = ticket.number;
        loop {
            let told = Ticket { number, ..ticket };
            match right.store.record_attempt(told, report.clone()).await {
                Err(error) if error.kind() == ErrorKind::StaleLease && number < 9 => number += 1,
                other => return other,
            }
        }
    }
}

struct OnePage;

#[async_trait]
impl Defect for OnePage {
    async fn deliveries(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        id: WebhookId,
        state: Option<DeliveryState>,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Delivery>> {
        let page = right.store.deliveries(workspace, id, state, after, limit).await?;
        Ok(Page { next: None, ..page })
    }
}

struct WakesEndpoints;

#[async_trait]
impl Defect for WakesEndpoints {
    async fn replay_delivery(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        id: DeliveryId,
        audit: NewAudit,
    ) -> Result<Delivery> {
        for hook in right.store.webhooks(workspace).await.unwrap_or_default() {
            let row = NewAudit::new(Principal::Embedder, Action::WebhookUpdated, Some(hook.id.0));
            right.store.switch_webhook(workspace, hook.id, true, row).await?;
        }
        right.store.replay_delivery(workspace, id, audit).await
    }
}

struct ForgetsEarly;

#[async_trait]
impl Defect for ForgetsEarly {
    async fn prune_deliveries(&self, right: &Right, keep: Duration, limit: u32) -> Result<u32> {
        right.store.prune_deliveries(keep / 2, limit).await
    }
}

struct BlamesReceivers;

#[async_trait]
impl Defect for BlamesReceivers {
    async fn record_attempt(
        &self,
        right: &Right,
        ticket: Ticket,
        report: Report,
    ) -> Result<Delivery> {
        let outcome = match report.outcome {
            Outcome::Unsigned => Outcome::Broken,
            other => other,
        };
        right.store.record_attempt(ticket, Report { outcome, ..report }).await
    }
}

/// It tells that money was set aside, also where it was refused.
struct TellsAnyway;

#[async_trait]
impl Defect for TellsAnyway {
    async fn fund_batch(
        &self,
        right: &Right,
        lease: Lease,
        hold: HoldId,
        prices: Vec<Credits>,
    ) -> Result<Funded> {
        let funded = right.store.fund_batch(lease, hold, prices).await;
        if funded.as_ref().is_err_and(|it| it.kind() != ErrorKind::StaleLease) {
            let payload = serde_json::json!({ "hold": hold });
            let event = NewEvent { id: crate::fresh(), kind: "note".into(), payload };
            right.store.publish(lease.workspace, vec![event]).await?;
        }
        funded
    }
}
