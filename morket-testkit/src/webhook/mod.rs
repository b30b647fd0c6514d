//! The promises of [`WebhookStore`](morket_core::webhook::WebhookStore).

mod carrying;
mod ending;
mod managing;
mod race;

use crate::{Subject, fresh};
use morket_core::{
    DeliveryId, EventId, Timestamp, WebhookId, WorkspaceId,
    audit::{Action, AuditRow, NewAudit},
    outbox::NewEvent,
    page::Limit,
    rbac::Principal,
    webhook::{
        Claimed, Delivery, DeliveryState, NewWebhook, Outcome, Report, Schedule, SealedSecret,
        Webhook,
    },
};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

cases! {
    ($)
    /// Every promise of the webhook port, as tests over what `$make` gives.
    webhook_suite;
    managing {
        an_endpoint_reads_as_it_was_made,
        creating_again_changes_nothing,
        an_endpoint_without_a_known_kind_is_refused,
        there_are_so_many_endpoints_and_no_more,
        p137_endpoints_are_those_of_their_workspace,
        an_absent_workspace_has_no_endpoints,
        a_removed_endpoint_is_gone_with_its_deliveries,
        switching_leaves_one_audit_row_and_a_repeat_none,
        p181_while_an_overlap_lasts_both_secrets_sign,
        rotating_again_with_the_same_secret_changes_nothing,
        p142_endpoints_go_with_their_workspace,
    }
    carrying {
        an_event_is_delivered_to_whoever_asked_for_its_kind,
        p137_an_event_is_told_to_nobody_elses_endpoint,
        nothing_from_before_an_endpoint_is_told_to_it,
        whoever_claims_events_finds_those_that_were_relayed,
        relaying_again_makes_nothing_new,
        a_claimed_delivery_is_given_to_nobody_else,
        an_endpoint_has_no_more_out_than_it_may,
        p188_endpoints_take_turns,
        a_delivery_comes_again_when_its_lease_has_ended,
        p184_what_comes_while_an_endpoint_is_off_is_a_dead_letter,
        a_trial_is_for_one_endpoint_whatever_it_asked_for,
    }
    ending {
        a_success_ends_a_delivery,
        p183_a_failure_waits_as_the_schedule_says,
        p184_after_the_last_attempt_it_is_a_dead_letter,
        p182_body_and_ids_stay_the_same_over_all_attempts,
        p186_gone_switches_the_endpoint_off,
        p187_failing_for_120_hours_switches_the_endpoint_off,
        an_outdated_ticket_counts_no_more,
        what_is_gone_cannot_be_reported,
        p184_a_dead_letter_is_replayed_from_the_beginning,
        what_waits_is_not_replayed,
        the_pages_of_a_listing_are_all_deliveries,
        only_what_has_ended_is_forgotten,
        p187_what_cannot_be_signed_counts_against_nobody,
    }
    race {
        p184_of_many_relays_each_event_is_delivered_once,
        of_many_couriers_one_gets_a_delivery,
        an_endpoints_bound_holds_for_many_couriers,
        p184_what_is_switched_off_meanwhile_does_not_wait,
    }
}

const LEASE: Duration = Duration::from_secs(120);
const KIND: &str = "job.completed";

fn audit(action: Action, id: Uuid) -> NewAudit {
    NewAudit::new(Principal::Embedder, action, Some(id))
}

/// What stands for a sealed secret: stores do not look into it.
pub(crate) fn sealed(text: &str) -> SealedSecret {
    SealedSecret { sealed: text.into(), data_key_version: 1, since: None, until: None }
}

/// An endpoint to create, for [`KIND`].
pub(crate) fn endpoint(schedule: Schedule) -> NewWebhook {
    let id: WebhookId = fresh();
    NewWebhook {
        id,
        url: "https://hooks.example.com/in?ä=1".to_owned(),
        kinds: BTreeSet::from([KIND.to_owned()]),
        schedule,
        secret: sealed(&format!("first of {id}")),
        created_by: None,
    }
}

/// A workspace with an endpoint.
#[derive(Clone)]
struct House {
    subject: Subject,
    workspace: WorkspaceId,
    hook: WebhookId,
}

impl House {
    async fn new(subject: &Subject) -> Self {
        let workspace = subject.workspace(0).await;
        let house = Self { subject: subject.clone(), workspace, hook: fresh() };
        let hook = house.add(endpoint(Schedule::Standard)).await.id;
        Self { hook, ..house }
    }

    async fn add(&self, new: NewWebhook) -> Webhook {
        let audit = audit(Action::WebhookCreated, new.id.0);
        self.subject.store.create_webhook(self.workspace, new, audit).await.unwrap()
    }

    async fn hook(&self) -> Webhook {
        self.subject.store.webhook(self.workspace, self.hook).await.unwrap()
    }

    async fn switch(&self, on: bool) -> Webhook {
        let audit = audit(Action::WebhookUpdated, self.hook.0);
        self.subject.store.switch_webhook(self.workspace, self.hook, on, audit).await.unwrap()
    }

    /// Something happens, and is relayed.
    async fn told(&self, n: usize) -> Vec<EventId> {
        let ids = self.happens(n).await;
        self.relay().await;
        ids
    }

    async fn happens(&self, n: usize) -> Vec<EventId> {
        let mut ids = Vec::new();
        for number in 0..n {
            self.subject.clock.advance(Duration::from_millis(1)).await;
            let payload = json!({"n": number, "name": "Ægir \u{1f41f}"});
            let event = NewEvent { id: fresh(), kind: KIND.into(), payload };
            ids.push(event.id);
            self.subject.store.publish(self.workspace, vec![event]).await.unwrap();
        }
        ids
    }

    async fn relay(&self) -> u32 {
        self.subject.store.relay_events(1_000).await.unwrap().deliveries
    }

    async fn claim(&self, limit: u32, per_endpoint: u32) -> Vec<Claimed> {
        self.subject.store.claim_deliveries(limit, per_endpoint, LEASE).await.unwrap()
    }

    /// Claim the one that is due.
    async fn one(&self) -> Claimed {
        let mut claimed = self.claim(1, 1).await;
        assert_eq!(claimed.len(), 1);
        claimed.remove(0)
    }

    async fn report(&self, claimed: &Claimed, outcome: Outcome) -> Delivery {
        let report = Report::of(outcome);
        self.subject.store.record_attempt(claimed.ticket, report).await.unwrap()
    }

    async fn deliveries(&self, state: Option<DeliveryState>) -> Vec<Delivery> {
        let limit = Limit::new(100).unwrap();
        let page = self.subject.store.deliveries(self.workspace, self.hook, state, None, limit);
        page.await.unwrap().rows
    }

    async fn count(&self, state: DeliveryState) -> usize {
        self.deliveries(Some(state)).await.len()
    }

    async fn replay(&self, id: DeliveryId) -> morket_core::Result<Delivery> {
        let audit = audit(Action::WebhookReplayed, id.0);
        self.subject.store.replay_delivery(self.workspace, id, audit).await
    }

    async fn now(&self) -> Timestamp {
        self.subject.clock.now().await
    }

    async fn log(&self) -> Vec<AuditRow> {
        let page = self.subject.store.audit_log(self.workspace, None, Limit::new(100).unwrap());
        page.await.unwrap().rows
    }
}

/// The events of what was claimed.
fn events(claimed: &[Claimed]) -> Vec<EventId> {
    claimed.iter().map(|it| it.delivery.event).collect()
}
