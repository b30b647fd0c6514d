//! Telling others over HTTP what happened: who is told ([`Webhook`]), with which proof
//! ([`sign`]), when it is tried again ([`Schedule`]), and what becomes of what nobody took.
//!
//! Events come from the [outbox](crate::outbox). A relay makes a [`Delivery`] of each event for
//! each endpoint that wants its kind, once; a [`Courier`] attempts deliveries until one answer is
//! a 2xx or the schedule is over. What came of an attempt is decided by [`conclude`], a pure
//! function that every store calls.

mod conclude;
mod courier;
mod delivery;
mod endpoint;
mod envelope;
mod schedule;
mod secret;
mod service;
mod sign;
mod store;

pub use conclude::{DISABLE_AFTER, UNSIGNED_WAIT, conclude, disable, replay};
pub use courier::{Carried, Courier, CourierOptions};
pub use delivery::{
    ANSWER_KEPT, Attempt, Claimed, DeathCause, Delivery, DeliveryState, Outcome, Report, Ticket,
};
pub use endpoint::{DisabledCause, MAX_WEBHOOKS, NewWebhook, Webhook, delivery_for, trial};
pub use envelope::{EVENT_KINDS, TEST_KIND, body, kind_told};
pub use schedule::{Jitter, Schedule};
pub use secret::{MAX_OVERLAP, SealedSecret, SigningSecret};
pub use service::{Created, Webhooks};
pub use sign::{SignatureHeaders, TOLERANCE, sign, verify, verify_plain};
pub use store::{Relayed, WebhookStore, refusal};
