//! Endpoints as callers manage them: who may is proven before, secrets are shown once.

use super::{
    Delivery, DeliveryState, MAX_OVERLAP, NewWebhook, Schedule, SigningSecret, TEST_KIND, Webhook,
    WebhookStore,
};
use crate::{
    Clock, DeliveryId, Error, EventId, Result, Rng, Secret, WebhookId,
    audit::{Action, NewAudit},
    http::Http,
    outbox::NewEvent,
    page::{Cursor, Limit, Page},
    rbac::{Allowed, Operation},
    vault::Vault,
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// Endpoints of all workspaces.
///
/// Each method takes the proof that its caller may, and the tenant from that proof alone.
#[derive(Clone, Debug)]
pub struct Webhooks {
    store: Arc<dyn WebhookStore>,
    http: Arc<dyn Http>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

/// An endpoint with a new secret.
#[derive(Clone, Debug)]
pub struct Created {
    /// The endpoint.
    pub webhook: Webhook,
    /// Its secret, `whsec_…`: never shown again.
    pub secret: Secret<String>,
}

impl Webhooks {
    /// Over this store; `http` says which URLs may be reached at all.
    pub fn new(
        store: Arc<dyn WebhookStore>,
        http: Arc<dyn Http>,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        Self { store, http, vault, clock, rng }
    }

    /// Create an endpoint. Needs [`Operation::ManageWebhooks`].
    ///
    /// The URL is refused here if nothing would ever be sent to it: another scheme, a user name, an
    /// address that is not public. Where its name leads is judged at each attempt.
    pub async fn create(
        &self,
        allowed: Allowed,
        url: &str,
        kinds: impl IntoIterator<Item = impl Into<String>>,
        schedule: Schedule,
    ) -> Result<Created> {
        let workspace = allowed.tenant(Operation::ManageWebhooks)?;
        self.http
            .check(url)
            .map_err(|failure| Error::invalid("webhook.create", "callbackUrl", &failure.detail))?;
        let kinds: BTreeSet<String> = kinds.into_iter().map(Into::into).collect();
        let id = WebhookId::new(self.clock.now(), &*self.rng);
        let secret = SigningSecret::generate(&*self.rng);
        let sealed = self.vault.seal_webhook_secret(workspace, id, &secret).await?;
        let created_by = allowed.principal().user();
        let new =
            NewWebhook { id, url: url.to_owned(), kinds, schedule, secret: sealed, created_by };
        let audit = audit(allowed, Action::WebhookCreated, id);
        let webhook = self.store.create_webhook(workspace, new, audit).await?;
        Ok(Created { webhook, secret: secret.text() })
    }

    /// All endpoints. Needs [`Operation::ReadWebhooks`].
    pub async fn list(&self, allowed: Allowed) -> Result<Vec<Webhook>> {
        self.store.webhooks(allowed.tenant(Operation::ReadWebhooks)?).await
    }

    /// One endpoint. Needs [`Operation::ReadWebhooks`].
    pub async fn get(&self, allowed: Allowed, id: WebhookId) -> Result<Webhook> {
        self.store.webhook(allowed.tenant(Operation::ReadWebhooks)?, id).await
    }

    /// Remove an endpoint and its deliveries. Needs [`Operation::ManageWebhooks`].
    pub async fn delete(&self, allowed: Allowed, id: WebhookId) -> Result<()> {
        let workspace = allowed.tenant(Operation::ManageWebhooks)?;
        let audit = audit(allowed, Action::WebhookDeleted, id);
        self.store.delete_webhook(workspace, id, audit).await
    }

    /// Switch an endpoint on or off. Needs [`Operation::ManageWebhooks`].
    pub async fn switch(&self, allowed: Allowed, id: WebhookId, on: bool) -> Result<Webhook> {
        let workspace = allowed.tenant(Operation::ManageWebhooks)?;
        let audit = audit(allowed, Action::WebhookUpdated, id);
        self.store.switch_webhook(workspace, id, on, audit).await
    }

    /// Give an endpoint a new secret; for `overlap`, at most [`MAX_OVERLAP`], the one before signs
    /// too. Needs [`Operation::ManageWebhooks`].
    pub async fn rotate(
        &self,
        allowed: Allowed,
        id: WebhookId,
        overlap: Duration,
    ) -> Result<Created> {
        let workspace = allowed.tenant(Operation::ManageWebhooks)?;
        if overlap > MAX_OVERLAP {
            return Err(Error::invalid("webhook.rotate", "overlap", "must be at most 7 days"));
        }
        self.store.webhook(workspace, id).await?;
        let secret = SigningSecret::generate(&*self.rng);
        let sealed = self.vault.seal_webhook_secret(workspace, id, &secret).await?;
        let audit = audit(allowed, Action::WebhookRotated, id);
        let webhook = self.store.rotate_webhook(workspace, id, sealed, overlap, audit).await?;
        Ok(Created { webhook, secret: secret.text() })
    }

    /// Send an event of the kind [`TEST_KIND`] to this endpoint alone. Needs
    /// [`Operation::ManageWebhooks`].
    pub async fn test(&self, allowed: Allowed, id: WebhookId) -> Result<Delivery> {
        let workspace = allowed.tenant(Operation::ManageWebhooks)?;
        let event = NewEvent {
            id: EventId::new(self.clock.now(), &*self.rng),
            kind: TEST_KIND.to_owned(),
            payload: serde_json::json!({ "webhook": id }),
        };
        self.store.try_webhook(workspace, id, event).await
    }

    /// What was and is to be delivered to an endpoint, the newest first. Needs
    /// [`Operation::ReadWebhooks`].
    pub async fn deliveries(
        &self,
        allowed: Allowed,
        id: WebhookId,
        state: Option<DeliveryState>,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Delivery>> {
        let workspace = allowed.tenant(Operation::ReadWebhooks)?;
        self.store.deliveries(workspace, id, state, after, limit).await
    }

    /// Attempt a dead or delivered one again. Needs [`Operation::ManageWebhooks`].
    pub async fn replay(&self, allowed: Allowed, id: DeliveryId) -> Result<Delivery> {
        let workspace = allowed.tenant(Operation::ManageWebhooks)?;
        let audit = NewAudit::new(allowed.principal(), Action::WebhookReplayed, Some(id.0));
        self.store.replay_delivery(workspace, id, audit).await
    }
}

fn audit(allowed: Allowed, action: Action, id: WebhookId) -> NewAudit {
    NewAudit::new(allowed.principal(), action, Some(id.0))
}
