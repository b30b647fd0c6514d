//! One call of a sequence, made to one store.

use super::{
    people::People,
    scrub::{kind, seen},
    work::sought,
};
use crate::{Subject, fresh, job, ledger, subject::created};
use morket_core::{
    CallId, Credits, EventId, HoldId, InvitationId, JobId, UserId, WebhookId, WorkspaceId,
    activity::NewActivity,
    audit::{Action, NewAudit},
    idempotency::{Begun, Scope as RequestScope, Ticket},
    job::{Dispatch, Lease, NewJob, Scope, SpendTotal, SpendUnit, Wake},
    ledger::{Op, Recharge},
    outbox::NewEvent,
    page::Limit,
    rbac::{Actor, MemberChange, Role},
    webhook::Claimed,
    workspace::{NewWorkspace, WorkspaceChange},
};
use serde_json::json;
use std::{collections::BTreeMap, ops::Range, time::Duration};
use uuid::Uuid;

/// A call in small numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Act {
    pub(super) kind: u8,
    /// Which workspace, and which of its jobs.
    pub(super) place: u8,
    /// Which other thing: a user, a job, a hold, a key.
    pub(super) other: u8,
    /// Which of several shapes.
    pub(super) choice: u8,
    pub(super) amount: i64,
}

/// How many kinds of calls there are.
pub(super) const KINDS: u8 = 64;

/// The kinds that work on a job.
pub(super) const WORK: Range<u8> = 15..20;

/// The kinds about users and sessions.
pub(super) const PEOPLE: Range<u8> = 34..43;

/// The kinds about data keys and credentials.
pub(super) const VAULT: Range<u8> = 43..49;

/// The kinds about endpoints and deliveries.
pub(super) const HOOKS: Range<u8> = 60..64;

/// The kinds that move credits.
pub(super) const MONEY: Range<u8> = 5..9;

/// A call of the prelude.
const fn act(kind: u8, place: u8) -> Act {
    Act { kind, place, other: 0, choice: 0, amount: 50 }
}

/// Two workspaces with credits and a job each, and somebody invited, so that a random call finds
/// something.
pub(super) const PRELUDE: &[Act] = &[
    act(0, 0),
    act(0, 1),
    act(5, 0),
    act(5, 1),
    act(12, 0),
    act(13, 0),
    act(14, 0),
    act(12, 1),
    act(13, 1),
    act(14, 1),
    act(15, 0),
    act(15, 1),
    act(34, 0),
    act(35, 0),
    act(43, 0),
    act(45, 0),
    act(54, 0),
    Act { other: 1, ..act(54, 0) },
    Act { other: 1, ..act(49, 0) },
    act(60, 0),
    act(61, 0),
];

pub(super) const TTL: Duration = Duration::from_secs(600);
pub(super) const HOUR: Duration = Duration::from_secs(3_600);

/// What things are called in one sequence, on both sides.
#[derive(Clone)]
pub(super) struct Names {
    pub(super) workspaces: [WorkspaceId; 3],
    pub(super) users: [UserId; 3],
    pub(super) invitations: [[InvitationId; 6]; 3],
    jobs: [[JobId; 3]; 3],
    pub(super) holds: [HoldId; 6],
    pub(super) calls: [[CallId; 6]; 3],
    pub(super) events: [[EventId; 3]; 3],
    pub(super) hooks: [[WebhookId; 3]; 3],
    pub(super) scope: String,
    pub(super) people: People,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            workspaces: [(); 3].map(|()| fresh()),
            users: [(); 3].map(|()| fresh()),
            invitations: [(); 3].map(|()| [(); 6].map(|()| fresh())),
            jobs: [(); 3].map(|()| [(); 3].map(|()| fresh())),
            holds: [(); 6].map(|()| fresh()),
            calls: [(); 3].map(|()| [(); 6].map(|()| fresh())),
            events: [(); 3].map(|()| [(); 3].map(|()| fresh())),
            hooks: [(); 3].map(|()| [(); 3].map(|()| fresh())),
            scope: Uuid::simple(fresh()).to_string(),
            people: People::default(),
        }
    }
}

/// One store, and what it gave that later calls need.
pub(super) struct Side {
    pub(super) subject: Subject,
    pub(super) names: Names,
    pub(super) leases: BTreeMap<JobId, Lease>,
    tickets: BTreeMap<u8, Ticket>,
    /// Deliveries that were claimed.
    pub(super) out: BTreeMap<u8, Claimed>,
}

impl Side {
    pub(super) fn new(subject: &Subject, names: &Names) -> Self {
        let (subject, names) = (subject.clone(), names.clone());
        let (leases, tickets, out) = Default::default();
        Self { subject, names, leases, tickets, out }
    }

    /// Make the call; what the store answers, as text.
    pub(super) async fn act(&mut self, act: Act) -> String {
        match act.kind {
            0..=4 => self.workspaces(act).await,
            5..=11 => self.ledger(act).await,
            12..=14 | 20..=22 => self.jobs(act).await,
            15..=19 => self.work(act).await,
            23..=25 => self.time(act).await,
            26..=28 => self.outbox(act).await,
            29..=31 => self.requests(act).await,
            32 | 33 => self.logs(act).await,
            34..=42 => self.people(act).await,
            43..=48 => self.vault(act).await,
            55..=59 => self.privacy(act).await,
            60.. => self.hooks(act).await,
            _ => self.invitees(act).await,
        }
    }

    pub(super) fn workspace(&self, act: Act) -> WorkspaceId {
        self.names.workspaces[usize::from(act.place)]
    }

    /// A job of the act's workspace; now and then another workspace's.
    pub(super) fn job(&self, act: Act) -> JobId {
        let place = if act.choice == 5 { (act.place + 1) % 3 } else { act.place };
        self.names.jobs[usize::from(place)][usize::from(act.other) / 2]
    }

    async fn workspaces(&self, act: Act) -> String {
        let (store, id) = (&self.subject.store, self.workspace(act));
        let user = self.names.users[usize::from(act.other)];
        let name = ["Acme", "Acme", "Café", "", "acme", "Other"][usize::from(act.choice)];
        match act.kind {
            0 => {
                let new = NewWorkspace { owner: Some(user), ..NewWorkspace::embedded(id, "Acme") };
                let new = if act.choice < 4 { new.prepaid() } else { new };
                seen(store.create_workspace(new, created()).await)
            }
            1 => {
                let settings = (act.choice > 2).then(|| json!({"n": act.amount}));
                let change = WorkspaceChange { name: Some(name.into()), settings };
                seen(store.update_workspace(id, change, audit(Action::WorkspaceUpdated)).await)
            }
            // Rarely, because little is left to compare afterwards.
            2 if act.amount > 50 => {
                seen(store.delete_workspace(id, audit(Action::WorkspaceDeleted)).await)
            }
            3 => {
                let actor = match act.amount {
                    ..30 => Actor::Embedder,
                    _ => Actor::User(self.names.users[usize::from(act.choice) % 3]),
                };
                let role = Role::ALL[usize::from(act.choice) % 5];
                let change = match act.amount % 3 {
                    0 => MemberChange::Add(role),
                    1 => MemberChange::SetRole(role),
                    _ => MemberChange::Remove,
                };
                let row = audit(Action::MemberRoleSet);
                seen(store.change_member(id, actor, user, change, row).await)
            }
            _ => [
                seen(store.workspace(id).await),
                seen(store.members(id).await),
                seen(store.role_of(id, user).await),
                seen(store.workspaces_of(user).await),
            ]
            .join("\n"),
        }
    }

    fn op(&self, act: Act) -> Op {
        let hold = self.names.holds[usize::from(act.other)];
        let (key, of) = (format!("k{}", act.other), format!("k{}", act.choice));
        match act.choice {
            0 => ledger::grant(&key, act.amount),
            1 => ledger::hold(hold, act.amount),
            2 => ledger::capture(hold, &key, act.amount),
            3 => ledger::void(hold),
            4 => ledger::refund(&of, &key),
            _ => ledger::expire(&key, "k0", act.amount / 5),
        }
    }

    async fn ledger(&self, act: Act) -> String {
        let (store, id) = (&self.subject.store, self.workspace(act));
        let hold = self.names.holds[usize::from(act.other)];
        match act.kind {
            5..=8 => {
                let next = Act { choice: (act.choice + 1) % 6, amount: act.amount / 2, ..act };
                let posted = store.post(id, vec![self.op(act), self.op(next)]).await;
                seen(posted.map(|results| results.into_iter().map(kind).collect::<Vec<_>>()))
            }
            9 => {
                let (threshold, amount) = (Credits(act.amount), Credits(act.amount - 5));
                let recharge = (act.choice > 0).then_some(Recharge { threshold, amount });
                seen(store.set_recharge(id, recharge).await)
            }
            10 => seen(store.hold(id, hold).await),
            _ => [
                seen(store.account(id).await),
                seen(store.statement(id, None, Limit::new(3).unwrap()).await),
                seen(store.verify_chain(id).await),
            ]
            .join("\n"),
        }
    }

    async fn jobs(&self, act: Act) -> String {
        let (store, id, job) = (&self.subject.store, self.workspace(act), self.job(act));
        match act.kind {
            // A job's id belongs to one workspace: its pool is that workspace's own.
            12 => {
                let other = u8::try_from(act.amount.rem_euclid(6)).unwrap_or(0);
                let base = (act.choice > 3).then(|| self.job(Act { choice: 0, other, ..act }));
                let new = new_job(self.job(Act { choice: 0, ..act }), act);
                seen(store.open_job(id, NewJob { base, ..new }).await)
            }
            13 => {
                let first = u32::from(act.choice) % 3;
                let records = (first..3).map(|index| json!({"n": index})).collect();
                seen(store.append_records(id, job, first, records).await)
            }
            14 => seen(store.seal_job(id, job, 3).await),
            20 => seen(store.cancel_job(id, job).await),
            21 => {
                let which = match act.choice {
                    0..=2 => Wake::Job(self.job(Act { choice: 0, ..act })),
                    _ => Wake::Cause("key".into()),
                };
                seen(store.wake(id, which).await)
            }
            _ => [
                seen(store.job(id, job).await),
                seen(store.jobs(id, None, Limit::new(2).unwrap()).await),
                seen(store.left_for(id, vec![job]).await.map(|it| it[0].is_some())),
                seen(store.records(id, job, 0..3).await),
                seen(store.cells(id, job, 0..3).await),
                seen(store.steps(id, job, 0..3).await),
                seen(store.lookups(id, vec![[0; 32], [1; 32]]).await),
                seen(store.lookup_ages(id, vec![[0; 32], [1; 32]]).await),
                seen(store.recall(id, [0, 1].map(sought).to_vec()).await),
                self.spent(id, job).await,
                self.permits(act).await,
            ]
            .join("\n"),
        }
    }

    async fn spent(&self, workspace: WorkspaceId, job: JobId) -> String {
        let mut text = String::new();
        for scope in [Scope::Job, Scope::Provider, Scope::Workspace, Scope::Row(0)] {
            let (provider, unit) = (Some(job::provider("hunter")), SpendUnit::Usd);
            let total = SpendTotal { scope, job: Some(job), provider, day: None, unit };
            text += &seen(self.subject.store.spent(workspace, total).await);
        }
        text
    }

    async fn time(&self, act: Act) -> String {
        let (store, clock) = (&self.subject.store, &self.subject.clock);
        match act.kind {
            23 => {
                clock.advance(HOUR * (u32::from(act.choice) * 5)).await;
                String::new()
            }
            24 => seen(store.lapse_holds(1_000).await),
            _ => seen(store.collect_unsealed(clock.now().await.before(HOUR * 3)).await),
        }
    }

    async fn outbox(&self, act: Act) -> String {
        let (store, workspace) = (&self.subject.store, self.workspace(act));
        let id = self.names.events[usize::from(act.place)][usize::from(act.other)];
        match act.kind {
            26 => {
                let payload = json!({"n": act.amount});
                let event = NewEvent { id, kind: "test".into(), payload };
                seen(store.publish(workspace, vec![event]).await)
            }
            27 => seen(store.claim_events(1_000, TTL).await),
            _ => seen(store.ack_events(vec![id]).await) + &seen(store.events(workspace).await),
        }
    }

    async fn requests(&mut self, act: Act) -> String {
        let store = self.subject.store.clone();
        let scope = RequestScope::new([self.names.scope.as_str(), "POST"]);
        let (key, body) = (format!("key-{}", act.other), [act.choice / 4; 32]);
        let ticket = self.tickets.get(&act.other).copied();
        match (act.kind, ticket) {
            (29, _) => {
                let begun = store.begin(&scope, &key, body, TTL).await;
                if let Ok(Begun::Run(ticket)) = &begun {
                    self.tickets.insert(act.other, *ticket);
                }
                seen(begun)
            }
            (30, Some(ticket)) if act.choice < 3 => {
                seen(store.finish(&scope, &key, ticket, vec![act.choice]).await)
            }
            (30, Some(ticket)) => seen(store.renew(&scope, &key, ticket, TTL).await),
            (31, Some(ticket)) if act.choice < 2 => seen(store.abandon(&scope, &key, ticket).await),
            (31, _) if act.choice > 3 => {
                let before = self.subject.clock.now().await.before(HOUR * 12);
                seen(store.prune_idempotency(before).await)
            }
            _ => String::new(),
        }
    }

    async fn logs(&self, act: Act) -> String {
        let (store, id) = (&self.subject.store, self.workspace(act));
        let detail = json!({"n": act.amount});
        let line = NewActivity { actor: None, kind: "test".into(), detail };
        match (act.kind, act.choice) {
            (32, 0..3) => seen(store.audit(id, audit(Action::CredentialRead)).await),
            (32, _) => seen(store.audit_log(id, None, Limit::new(3).unwrap()).await),
            (_, 0..3) => seen(store.record_activity(id, line).await),
            _ => seen(store.activity(id, None, Limit::new(2).unwrap()).await),
        }
    }
}

pub(super) fn audit(action: Action) -> NewAudit {
    NewAudit { actor: None, action, object: None }
}

fn new_job(id: JobId, act: Act) -> NewJob {
    let dispatch = if act.amount < 40 { Dispatch::Attended } else { Dispatch::Queued };
    let worst_case = Credits(i64::from(act.choice) * 10);
    NewJob { id, dispatch, worst_case, ..job::Desk::new_job() }
}
