//! The in-memory adapter of every port: for tests, and for embedding where nothing must outlive
//! the process. It is also the model that the databases are compared with, so it is written to be
//! plainly right: maps behind one lock, and each method locks, decides, and only then writes.

mod audit;
mod batch;
mod build;
mod call;
mod cancel;
mod credential;
mod erase;
mod idempotency;
mod identity;
mod invitation;
mod job;
mod lapse;
mod lease;
mod ledger;
mod outbox;
mod privacy;
mod recall;
mod settle;
#[cfg(test)]
mod tests;
mod webhook;
mod workspace;

use crate::{
    CallId, Clock, Error, ErrorKind, InvitationId, JobId, Result, Timestamp, WebhookId,
    WorkspaceId,
    activity::ActivityRow,
    audit::{AuditRow, NewAudit},
    job::{CounterKey, LookupRow, Moves, Slices},
    ledger::Book,
    page::{Cursor, Limit, Page},
    workspace::{Member, NewWorkspace, Workspace},
};
use batch::JobRow;
use call::CallRow;
use idempotency::Requests;
use ledger::Ledger;
use outbox::Outbox;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

/// Every port, in memory. Its clock is the store's clock. Share it through an [`Arc`].
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl MemoryStore {
    /// A store with nothing in it.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// One atomic step at one instant. What `decide` refuses it must not have begun to write.
    fn step<T>(&self, decide: impl FnOnce(&mut State, Timestamp) -> Result<T>) -> Result<T> {
        let mut state = self
            .state
            .lock()
            .map_err(|_| Error::internal("memory.lock", "a step panicked and may be half-done"))?;
        let now = self.clock.now();
        decide(&mut state, now)
    }
}

/// What it holds is people's data and belongs in no log.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

/// Everything there is.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
struct State {
    tenants: BTreeMap<WorkspaceId, Tenant>,
    graves: BTreeMap<WorkspaceId, Grave>,
    /// Ids of jobs, calls and events are their workspace's own: nobody sees another's.
    jobs: BTreeMap<(WorkspaceId, JobId), JobRow>,
    calls: BTreeMap<(WorkspaceId, CallId), CallRow>,
    outbox: Outbox,
    /// Permits of vendors, whosever key it is.
    permits: Slices,
    requests: Requests,
    people: identity::People,
    deliveries: webhook::Deliveries,
}

/// A workspace that is there, with what goes when it goes, apart from its jobs and events.
#[cfg_attr(test, derive(Debug))]
struct Tenant {
    /// As it was asked for, to tell a repeat from another.
    created: NewWorkspace,
    workspace: Workspace,
    members: BTreeMap<crate::UserId, Member>,
    ledger: Ledger,
    audit: Vec<AuditRow>,
    activity: Vec<ActivityRow>,
    lookups: BTreeMap<[u8; 32], LookupRow>,
    /// Whom they are about.
    entities: recall::Entities,
    /// Which call asked a key last.
    flights: BTreeMap<[u8; 32], CallId>,
    counters: Moves,
    safe: credential::Safe,
    invitations: BTreeMap<InvitationId, invitation::Row>,
    privacy: privacy::Shelf,
    webhooks: BTreeMap<WebhookId, webhook::Row>,
}

/// What stays of a deleted workspace.
#[cfg_attr(test, derive(Debug))]
struct Grave {
    /// Entries and closed holds: kept, though no port shows them any more.
    _ledger: Ledger,
    audit: Vec<AuditRow>,
}

impl State {
    fn tenant(&self, operation: &'static str, id: WorkspaceId) -> Result<&Tenant> {
        self.tenants.get(&id).ok_or_else(|| not_found(operation, "workspace: not found"))
    }

    fn tenant_mut(&mut self, operation: &'static str, id: WorkspaceId) -> Result<&mut Tenant> {
        self.tenants.get_mut(&id).ok_or_else(|| not_found(operation, "workspace: not found"))
    }

    /// Write what a book decided, and what others must be told of it.
    fn commit(&mut self, workspace: WorkspaceId, book: Book, now: Timestamp) {
        if let Some(tenant) = self.tenants.get_mut(&workspace) {
            let events = tenant.ledger.write(book.into_changes());
            self.outbox.put(workspace, events, now);
        }
    }
}

impl Tenant {
    fn note(&mut self, audit: NewAudit, now: Timestamp) {
        let seq = next_seq(self.audit.len());
        self.audit.push(AuditRow { seq, audit, at: now });
    }

    /// What a counter shows; nobody's shows zero.
    fn shown(&self, counter: &CounterKey) -> i64 {
        self.counters.get(counter).copied().unwrap_or(0)
    }

    /// Move counters that were decided about before; never below zero, whatever was lost before.
    fn count(&mut self, moves: impl IntoIterator<Item = (CounterKey, i64)>) {
        for (key, by) in moves {
            let counter = self.counters.entry(key).or_insert(0);
            *counter = counter.saturating_add(by).max(0);
        }
    }
}

/// The number after `len` rows that are numbered from 1.
fn next_seq(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX).saturating_add(1)
}

/// The number a listing goes on after, if it does not begin.
fn after_number(
    after: Option<&Cursor>,
    listing: &str,
    workspace: WorkspaceId,
) -> Result<Option<i64>> {
    after.map(|cursor| cursor.number(listing, workspace)).transpose()
}

/// A page of rows that are numbered by `seq`.
fn numbered_page<T>(
    rows: impl Iterator<Item = T>,
    limit: Limit,
    total: usize,
    (listing, workspace): (&str, WorkspaceId),
    seq: impl Fn(&T) -> i64,
) -> Page<T> {
    let rows = rows.take(limit.rows() as usize + 1).collect();
    Page::cut(rows, limit, total as u64, |row| {
        Cursor::new(listing, workspace, &seq(row).to_be_bytes())
    })
}

fn not_found(operation: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::NotFound, operation, message)
}

fn conflict(operation: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::Conflict, operation, message)
}
