//! Domain, ports and in-memory adapters of Morket.
//!
//! Decisions are functions of data; effects live behind the ports. This crate names no driver, no
//! socket, no wall clock and no dice: see ARCHITECTURE.md for what holds it to that.

pub mod accept;
pub mod access;
pub mod activity;
pub mod audit;
pub mod engine;
pub mod error;
pub mod field;
pub mod http;
pub mod id;
pub mod idempotency;
pub mod identity;
pub mod job;
pub mod ledger;
pub mod memory;
pub mod money;
pub mod name;
pub mod outbox;
pub mod page;
pub mod plan;
pub mod privacy;
pub mod provider;
pub mod rbac;
pub mod rng;
pub mod secret;
pub mod store;
pub mod time;
pub mod vault;
pub mod webhook;
pub mod workspace;

pub use access::Access;
pub use error::{Disposition, Error, ErrorKind, Result};
pub use id::{
    CallId, CredentialId, DeliveryId, ErasureId, EventId, HoldId, InvitationId, JobId, SessionId,
    TokenId, UserId, WebhookId, WorkspaceId,
};
pub use money::{Credits, MicroUsd, VendorUnits};
pub use rng::Rng;
pub use secret::Secret;
pub use store::Store;
pub use time::{Clock, Timestamp};
