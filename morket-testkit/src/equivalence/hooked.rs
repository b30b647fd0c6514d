//! Calls about endpoints, and deliveries to them.

use super::{
    act::{Act, HOUR, Side, TTL, audit},
    scrub::seen,
};
use crate::webhook::sealed;
use morket_core::{
    DeliveryId,
    audit::Action,
    outbox::NewEvent,
    page::Limit,
    webhook::{Claimed, Delivery, DeliveryState, NewWebhook, Outcome, Report, Schedule, TEST_KIND},
};
use std::collections::BTreeSet;

/// The kinds of events that endpoints ask for.
const KINDS: [&str; 2] = ["job.completed", "credits.low"];

impl Side {
    pub(super) async fn hooks(&mut self, act: Act) -> String {
        let (store, id) = (self.subject.store.clone(), self.workspace(act));
        let hook = self.names.hooks[usize::from(act.place)][usize::from(act.other)];
        let event = self.names.events[usize::from(act.place)][usize::from(act.choice) % 3];
        match (act.kind, act.choice) {
            (60, 0..4) => {
                let kinds = KINDS[..1 + usize::from(act.choice) % 2].iter();
                let new = NewWebhook {
                    id: hook,
                    url: "https://hooks.example.com".to_owned(),
                    kinds: kinds.map(|it| (*it).to_owned()).collect::<BTreeSet<_>>(),
                    schedule: Schedule::ALL[usize::from(act.choice) / 2],
                    secret: sealed("first"),
                    created_by: None,
                };
                // What was before it is no news, and one of two clocks may stand still.
                seen(store.relay_events(1_000).await)
                    + &seen(store.create_webhook(id, new, audit(Action::WebhookCreated)).await)
            }
            (60, 4) if act.amount > 40 => {
                seen(store.delete_webhook(id, hook, audit(Action::WebhookDeleted)).await)
            }
            (60, _) => {
                let secret = sealed(&format!("rotated {}", act.amount / 20));
                let row = audit(Action::WebhookRotated);
                seen(store.rotate_webhook(id, hook, secret, HOUR * 5, row).await)
            }
            (61, 0..3) => {
                let kind = KINDS[usize::from(act.choice) % 2].to_owned();
                let payload = serde_json::json!({"n": act.amount});
                let new = vec![NewEvent { id: event, kind, payload }];
                seen(store.publish(id, new).await) + &seen(store.relay_events(1_000).await)
            }
            (61, 3) => {
                let on = act.amount < 40;
                seen(store.switch_webhook(id, hook, on, audit(Action::WebhookUpdated)).await)
            }
            (61, _) => {
                let payload = serde_json::json!({});
                let new = NewEvent { id: event, kind: TEST_KIND.to_owned(), payload };
                seen(store.try_webhook(id, hook, new).await)
            }
            (62, _) => self.carry(act).await,
            (_, 0) if act.amount > 40 => seen(store.prune_deliveries(HOUR * 12, 1_000).await),
            (_, 1) => {
                let delivery = self.out.get(&act.other).map(|it| it.ticket.delivery);
                let delivery = delivery.unwrap_or(DeliveryId(hook.0));
                let row = audit(Action::WebhookReplayed);
                seen(store.replay_delivery(id, delivery, row).await)
            }
            _ => {
                // In any order: two stores stamp what happens at once with different instants.
                let state = [None, Some(DeliveryState::Dead)][usize::from(act.choice) % 2];
                let page = store.deliveries(id, hook, state, None, Limit::new(100).unwrap());
                let rows = page.await.map(|page| sorted(page.rows));
                seen(store.webhooks(id).await) + &seen(rows)
            }
        }
    }

    /// Claim everything that is due, or report on one that was claimed.
    async fn carry(&mut self, act: Act) -> String {
        let store = self.subject.store.clone();
        if act.choice < 3 {
            let claimed = store.claim_deliveries(1_000, 1_000, TTL).await;
            let claimed = claimed.map(|mut all| {
                all.sort_by_key(|it| it.delivery.id);
                all
            });
            for (number, claimed) in (0..3).zip(claimed.iter().flatten()) {
                self.out.insert(number, Claimed::clone(claimed));
            }
            return seen(claimed);
        }
        let Some(claimed) = self.out.get(&act.other) else { return String::new() };
        let status = match act.amount {
            ..30 => 200,
            30..50 => 500,
            _ => 410,
        };
        seen(store.record_attempt(claimed.ticket, Report::of(Outcome::Status(status))).await)
    }
}

fn sorted(mut rows: Vec<Delivery>) -> Vec<Delivery> {
    rows.sort_by_key(|it| it.id);
    rows
}
