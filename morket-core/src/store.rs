//! The bundle of ports that a store offers.

use crate::{
    activity::ActivityStore,
    audit::AuditStore,
    idempotency::IdempotencyStore,
    identity::IdentityStore,
    job::JobStore,
    ledger::LedgerStore,
    outbox::OutboxStore,
    privacy::{ErasureStore, SuppressionStore},
    vault::CredentialStore,
    webhook::WebhookStore,
    workspace::{InvitationStore, WorkspaceStore},
};

/// Everything a store keeps. Whoever implements the ports has it for free.
pub trait Store:
    ActivityStore
    + AuditStore
    + CredentialStore
    + ErasureStore
    + IdempotencyStore
    + IdentityStore
    + InvitationStore
    + JobStore
    + LedgerStore
    + OutboxStore
    + SuppressionStore
    + WebhookStore
    + WorkspaceStore
{
}

impl<T> Store for T where
    T: ActivityStore
        + AuditStore
        + CredentialStore
        + ErasureStore
        + IdempotencyStore
        + IdentityStore
        + InvitationStore
        + JobStore
        + LedgerStore
        + OutboxStore
        + SuppressionStore
        + WebhookStore
        + WorkspaceStore
{
}

const _: Option<&dyn Store> = None;
