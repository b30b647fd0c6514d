//! Stores that are wrong about whom to leave alone, and whom to forget.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use async_trait::async_trait;
use morket_core::{
    DeliveryId, ErrorKind, Result, WebhookId, WorkspaceId,
    audit::NewAudit,
    job::{Lease, Marked, NewCall, Settled, Settlement},
    page::{Cursor, Limit, Page},
    privacy::{Added, Erasure, Fingerprint, NewSuppression, Receipt, Screening},
    webhook::{Delivery, DeliveryState, Report, Ticket},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "a list finds nobody past the first thousand",
        must_fail: "a_list_is_screened_for_exactly_what_stands_on_it",
        walk: None,
        wrap: |subject| through(subject, ShortSight),
    },
    Broken {
        name: "adding again replaces what is there",
        must_fail: "an_entry_that_is_there_stays_as_it_was",
        walk: None,
        wrap: |subject| through(subject, Replaces),
    },
    Broken {
        name: "a settlement loses whom it blocks",
        must_fail: "a_settlement_brings_its_entries_or_nothing",
        walk: None,
        wrap: |subject| through(subject, LosesBlocks),
    },
    Broken {
        name: "a busy worker is overlooked",
        must_fail: "a_person_is_not_forgotten_while_a_worker_is_busy",
        walk: None,
        wrap: |subject| through(subject, Hasty),
    },
    Broken {
        name: "a call for many does not say whose answer is whose",
        must_fail: "of_a_call_for_many_only_the_persons_answers_go",
        walk: None,
        wrap: |subject| through(subject, Nameless),
    },
    Broken {
        name: "what receivers answered is not forgotten",
        must_fail: "deliveries_keep_nothing_that_named_somebody",
        walk: None,
        wrap: |subject| through(subject, KeepsAnswers::default()),
    },
];

struct ShortSight;

#[async_trait]
impl Defect for ShortSight {
    async fn screen(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        mut fingerprints: Vec<Fingerprint>,
    ) -> Result<Screening> {
        if fingerprints.len() <= 20_000 {
            fingerprints.truncate(1_000);
        }
        right.store.screen(workspace, fingerprints).await
    }
}

struct Replaces;

#[async_trait]
impl Defect for Replaces {
    async fn suppress(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        entries: Vec<NewSuppression>,
        audit: NewAudit,
    ) -> Result<Vec<Added>> {
        let added = right.store.suppress(workspace, entries.clone(), audit).await?;
        if added == [Added::Existing] {
            let gone = entries.iter().map(|it| it.fingerprint).collect();
            right.store.unsuppress(workspace, gone, audit).await?;
            right.store.suppress(workspace, entries, audit).await?;
        }
        Ok(added)
    }
}

struct LosesBlocks;

#[async_trait]
impl Defect for LosesBlocks {
    async fn settle(&self, right: &Right, settlement: Settlement) -> Result<Settled> {
        let mut items = settlement.items.to_vec();
        items.iter_mut().for_each(|it| it.suppress.clear());
        right.store.settle(Settlement { items: items.into(), ..settlement }).await
    }
}

/// It says that all is done, and has not looked.
struct Hasty;

#[async_trait]
impl Defect for Hasty {
    async fn forget(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        erasure: Erasure,
        audit: NewAudit,
    ) -> Result<Receipt> {
        let (id, subject) = (erasure.id, Some(erasure.subject));
        let forgotten = right.store.forget(workspace, erasure, audit).await;
        match forgotten {
            Err(error)
                if error.kind() == ErrorKind::Conflict && error.message().contains("busy") =>
            {
                let (cause, erased) = (morket_core::privacy::Cause::Forgotten, Default::default());
                Ok(Receipt { id, cause, subject, erased, at: right.clock.now().await })
            }
            other => other,
        }
    }
}

/// It keeps no keys in what a call was made of, so that all its answers go with one person.
struct Nameless;

#[async_trait]
impl Defect for Nameless {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        mut calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        for call in &mut calls {
            let mut parts: Value = serde_json::from_str(&call.composition).unwrap_or_default();
            let parts = parts.as_array_mut();
            if let Some(parts) = parts.filter(|it| it.iter().all(|it| it.get(4).is_some())) {
                let short = parts.iter().filter_map(|it| Some(it.as_array()?[..4].to_vec()));
                call.composition = Value::from_iter(short).to_string().into();
            }
        }
        right.store.mark_sent(lease, calls).await
    }
}

/// What a receiver answered last, by its delivery.
#[derive(Default)]
struct KeepsAnswers(Mutex<BTreeMap<DeliveryId, String>>);

#[async_trait]
impl Defect for KeepsAnswers {
    async fn record_attempt(
        &self,
        right: &Right,
        ticket: Ticket,
        report: Report,
    ) -> Result<Delivery> {
        let delivery = right.store.record_attempt(ticket, report).await?;
        let answer = delivery.attempts.last().map(|it| it.answer.clone()).unwrap_or_default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(delivery.id, answer);
        Ok(delivery)
    }

    async fn deliveries(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        id: WebhookId,
        state: Option<DeliveryState>,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Delivery>> {
        let mut page = right.store.deliveries(workspace, id, state, after, limit).await?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for delivery in &mut page.rows {
            if let (Some(answer), Some(it)) = (kept.get(&delivery.id), delivery.attempts.last_mut())
            {
                it.answer.clone_from(answer);
            }
        }
        Ok(page)
    }
}
