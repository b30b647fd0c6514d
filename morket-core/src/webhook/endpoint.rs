//! Who is told: an endpoint with its URL, the kinds it asked for and the secrets it knows.

use super::{
    EVENT_KINDS, Schedule, SealedSecret, TEST_KIND, body, conclude::dead_on_arrival,
    delivery::Delivery, kind_told, refusal,
};
use crate::{
    DeliveryId, Error, Result, Timestamp, UserId, WebhookId, WorkspaceId,
    outbox::{Event, NewEvent},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, time::Duration};

/// How many endpoints a workspace has at most.
pub const MAX_WEBHOOKS: usize = 100;

/// The longest URL.
const MAX_URL: usize = 2_048;

/// Why an endpoint is switched off. The number is what stores keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DisabledCause {
    /// Somebody did it.
    Asked = 1,
    /// It answered 410.
    Gone = 2,
    /// It failed for too long without one success.
    Failing = 3,
}

/// How many secrets sign at once; beyond that the oldest goes before its time.
const MOST_SECRETS: usize = 5;

impl DisabledCause {
    /// The cause with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Asked, Self::Gone, Self::Failing].into_iter().find(|it| *it as i64 == number)
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// An endpoint to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWebhook {
    /// Its id, made by the caller.
    pub id: WebhookId,
    /// Where to send.
    pub url: String,
    /// What it wants to be told.
    pub kinds: BTreeSet<String>,
    /// How often it is tried.
    pub schedule: Schedule,
    /// What is signed with.
    pub secret: SealedSecret,
    /// Who asked for it.
    pub created_by: Option<UserId>,
}

impl NewWebhook {
    /// Refuse what no store may keep. Whether the URL may be reached, the network says.
    pub fn validate(&self) -> Result<()> {
        let wrong =
            |field: &str, problem: String| Err(Error::invalid("webhook.create", field, problem));
        if self.url.len() > MAX_URL {
            return wrong("callbackUrl", format!("must be at most {MAX_URL} characters"));
        }
        if self.kinds.is_empty() {
            return wrong("eventTypes", "name at least one".to_owned());
        }
        for kind in &self.kinds {
            if !EVENT_KINDS.iter().any(|(known, _)| known == kind) {
                let known: Vec<_> = EVENT_KINDS.iter().map(|(known, _)| *known).collect();
                let kind: String = kind.chars().take(60).collect();
                let known = known.join(", ");
                return wrong("eventTypes", format!("`{kind}` is none of {known}"));
            }
        }
        Ok(())
    }

    /// As it stands at first.
    pub fn created(self, now: Timestamp) -> Webhook {
        Webhook {
            id: self.id,
            url: self.url,
            kinds: self.kinds,
            schedule: self.schedule,
            secrets: vec![SealedSecret { since: Some(now), until: None, ..self.secret }],
            created_by: self.created_by,
            created_at: now,
            disabled: None,
            failing_since: None,
        }
    }

    /// Whether this, or a call before, made that endpoint.
    pub fn made(&self, found: &Webhook) -> bool {
        let same_secret = found.secrets.iter().any(|it| it.sealed == self.secret.sealed);
        self.url == found.url
            && self.kinds == found.kinds
            && self.schedule == found.schedule
            && self.created_by == found.created_by
            && same_secret
    }
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where to send.
    pub url: String,
    /// What it wants to be told.
    pub kinds: BTreeSet<String>,
    /// How often it is tried.
    pub schedule: Schedule,
    /// What is signed with, the oldest first.
    pub secrets: Vec<SealedSecret>,
    /// Who asked for it; `None` is the embedding process.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// Since when and why it is switched off, if it is.
    pub disabled: Option<(Timestamp, DisabledCause)>,
    /// Since when every attempt failed, if the last one did.
    pub failing_since: Option<Timestamp>,
}

impl Webhook {
    /// Whether an event of this kind, from then, is for it: nobody is told of what was before it
    /// came.
    pub fn wants(&self, kind: &str, at: Timestamp) -> bool {
        self.kinds.contains(kind) && at >= self.created_at
    }

    /// The secrets that sign at this instant, the oldest first.
    pub fn signing(&self, now: Timestamp) -> Vec<SealedSecret> {
        self.secrets.iter().filter(|it| it.signs(now)).cloned().collect()
    }

    /// With another secret from now on. The one before signs beside it for `overlap`; those that
    /// have ceased are forgotten.
    #[must_use]
    pub fn rotated(mut self, secret: SealedSecret, overlap: Duration, now: Timestamp) -> Self {
        let end = now.after(overlap);
        for old in &mut self.secrets {
            old.until = Some(old.until.map_or(end, |until| until.min(end)));
        }
        self.secrets.retain(|it| it.signs(now));
        // Every attempt is signed with all of them: the header has to stay one that is taken.
        let spare = (self.secrets.len() + 1).saturating_sub(MOST_SECRETS);
        self.secrets.drain(..spare);
        self.secrets.push(SealedSecret { since: Some(now), until: None, ..secret });
        self
    }

    /// Switched on, with a clean record.
    #[must_use]
    pub fn enabled(self) -> Self {
        Self { disabled: None, failing_since: None, ..self }
    }
}

/// The delivery of this event to this endpoint, if it is to be told. The id follows from both, so
/// that it can never be two. What comes while an endpoint is switched off is a dead letter at once.
pub fn delivery_for(webhook: &Webhook, event: &Event, now: Timestamp) -> Option<Delivery> {
    let kind = match event.kind.as_str() {
        TEST_KIND => TEST_KIND,
        kind => kind_told(kind).filter(|kind| webhook.wants(kind, event.at))?,
    };
    let mut bytes = [0; 16];
    let hash = Sha256::new().chain_update(b"delivery").chain_update(webhook.id.0.as_bytes());
    bytes.copy_from_slice(&hash.chain_update(event.id.0.as_bytes()).finalize()[..16]);
    let id = DeliveryId(uuid::Builder::from_custom_bytes(bytes).into_uuid());
    let mut delivery = Delivery::new(id, webhook.id, event.id, kind, body(event, kind), now);
    // Due in the order in which things happened.
    delivery.next_at = event.at.min(now);
    Some(match webhook.disabled {
        Some(_) => dead_on_arrival(delivery, now),
        None => delivery,
    })
}

/// The delivery of an event that is for this endpoint alone and stands in no outbox.
pub fn trial(
    webhook: &Webhook,
    workspace: WorkspaceId,
    event: NewEvent,
    now: Timestamp,
) -> Result<Delivery> {
    if webhook.disabled.is_some() {
        return Err(refusal::switched_off());
    }
    if event.kind != TEST_KIND {
        return Err(Error::invalid("webhook.test", "kind", format!("must be {TEST_KIND}")));
    }
    let NewEvent { id, kind, payload } = event;
    let event = Event { workspace, id, kind, payload, at: now, attempts: 0 };
    delivery_for(webhook, &event, now).ok_or_else(|| refusal::no_delivery("webhook.test"))
}
