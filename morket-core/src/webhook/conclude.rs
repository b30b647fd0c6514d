//! What becomes of a delivery and its endpoint after an attempt. Pure; every store calls it.

use super::{DeathCause, Delivery, DeliveryState, DisabledCause, Outcome, Report, Webhook};
use crate::{Error, ErrorKind, EventId, Result, Timestamp, outbox::NewEvent};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long an endpoint may fail without one success before it is switched off.
pub const DISABLE_AFTER: Duration = Duration::from_secs(120 * 3_600);

/// How long a delivery waits that could not be signed.
pub const UNSIGNED_WAIT: Duration = Duration::from_secs(60);

/// Take in what came of an attempt, that of this claim of the delivery; what others must be told,
/// if the endpoint was switched off by it. Its other deliveries are then to be
/// [disabled](disable) too.
pub fn conclude(
    webhook: &mut Webhook,
    delivery: &mut Delivery,
    claim: u32,
    report: &Report,
    now: Timestamp,
) -> Option<NewEvent> {
    if report.outcome == Outcome::Unsigned {
        // Nothing was sent: it is no failure of the receiver's, and uses up none of its attempts.
        delivery.note_unsigned(report, now);
        if delivery.state == DeliveryState::Waiting {
            delivery.next_at = now.after(report.jitter.of(UNSIGNED_WAIT));
        }
        return None;
    }
    delivery.note(report, now);
    if report.outcome.is_success() {
        webhook.failing_since = None;
        end(delivery, DeliveryState::Delivered, None, now);
        return None;
    }
    let since = *webhook.failing_since.get_or_insert(now);
    let gone = report.outcome == Outcome::Status(410);
    let over = now.since(since) >= DISABLE_AFTER;
    let switched_off = webhook.disabled.is_none() && (gone || over);
    if switched_off {
        let cause = if gone { DisabledCause::Gone } else { DisabledCause::Failing };
        webhook.disabled = Some((now, cause));
    }
    if delivery.state == DeliveryState::Waiting {
        fail(webhook, delivery, report, now);
    }
    switched_off.then(|| disabled_event(webhook, delivery, claim))
}

/// After a failure: wait, or be dead.
fn fail(webhook: &Webhook, delivery: &mut Delivery, report: &Report, now: Timestamp) {
    let slow_down = matches!(report.outcome, Outcome::Status(429 | 503));
    let asked = report.retry_after.filter(|_| slow_down);
    let cause = match webhook.disabled {
        Some(_) if report.outcome == Outcome::Status(410) => DeathCause::Gone,
        Some(_) => DeathCause::Disabled,
        None => match webhook.schedule.wait(delivery.made, report.jitter, asked) {
            Some(wait) => {
                delivery.next_at = now.after(wait);
                return;
            }
            None => DeathCause::Exhausted,
        },
    };
    end(delivery, DeliveryState::Dead, Some(cause), now);
}

fn end(delivery: &mut Delivery, state: DeliveryState, cause: Option<DeathCause>, now: Timestamp) {
    delivery.state = state;
    delivery.cause = cause;
    delivery.finished_at = Some(now);
}

/// A delivery that waits for an endpoint which is switched off is a dead letter from now on.
pub fn disable(delivery: &mut Delivery, now: Timestamp) {
    if delivery.state == DeliveryState::Waiting {
        end(delivery, DeliveryState::Dead, Some(DeathCause::Disabled), now);
    }
}

pub(super) fn dead_on_arrival(mut delivery: Delivery, now: Timestamp) -> Delivery {
    disable(&mut delivery, now);
    delivery
}

/// Attempt a delivery that came to its end once more, from the beginning of the schedule. Its id
/// and body stay, so the receiver can tell that it had it before.
pub fn replay(webhook: &Webhook, mut delivery: Delivery, now: Timestamp) -> Result<Delivery> {
    let refused = |message: &str| Err(Error::new(ErrorKind::Conflict, "webhook.replay", message));
    if webhook.disabled.is_some() {
        return refused("the endpoint is switched off; switch it on first");
    }
    if delivery.state == DeliveryState::Waiting {
        return refused("it is still being attempted");
    }
    delivery.state = DeliveryState::Waiting;
    (delivery.cause, delivery.finished_at) = (None, None);
    (delivery.made, delivery.next_at) = (0, now);
    Ok(delivery)
}

/// What others are told when an endpoint is switched off by its failures. The id follows from the
/// attempt that did it, of which there is one.
fn disabled_event(webhook: &Webhook, delivery: &Delivery, claim: u32) -> NewEvent {
    let mut bytes = [0; 16];
    let hash = Sha256::new().chain_update(b"webhook_disabled");
    let hash = hash.chain_update(delivery.id.0.as_bytes()).chain_update(claim.to_be_bytes());
    bytes.copy_from_slice(&hash.finalize()[..16]);
    let cause = webhook.disabled.map(|(_, cause)| cause.as_str());
    NewEvent {
        id: EventId(uuid::Builder::from_custom_bytes(bytes).into_uuid()),
        kind: "webhook.disabled".into(),
        payload: serde_json::json!({ "webhook": webhook.id, "cause": cause }),
    }
}
