//! Stores that check, let others go first, and then write: right whenever nobody else is there.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use crate::fresh;
use async_trait::async_trait;
use morket_core::{
    Error, ErrorKind, Result, UserId, WorkspaceId,
    audit::NewAudit,
    job::{Lease, Marked, NewCall, Scope, SpendTotal},
    ledger::{LedgerExt, Op, Receipt},
    rbac::{Actor, MemberChange, Role},
    workspace::{Member, MemberChanged, NewWorkspace, Workspace, slug_base},
};
use std::{collections::BTreeSet, sync::Mutex};
use tokio::task::yield_now;
use uuid::Uuid;

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "a hold is decided from a stale balance",
        must_fail: "p050_concurrent_debits",
        walk: Some("p276_a_serial_order_explains_the_ledger"),
        wrap: |subject| through(subject, StaleBalance),
    },
    Broken {
        name: "the last owner is counted before the change",
        must_fail: "p132_one_owner_stays_when_all_leave_at_once",
        walk: Some("p276_a_serial_order_explains_members"),
        wrap: |subject| through(subject, StaleOwners::default()),
    },
    Broken {
        name: "a slug is looked up before it is taken",
        must_fail: "p136_slugs_of_many_at_once_are_their_own",
        walk: None,
        wrap: |subject| through(subject, StaleSlugs),
    },
    Broken {
        name: "a ceiling is read before the counter moves",
        must_fail: "p027_calls_at_once_stay_below_the_ceiling",
        walk: None,
        wrap: |subject| through(subject, StaleCounters),
    },
];

/// Let the others go first.
pub(super) async fn dawdle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

struct StaleBalance;

#[async_trait]
impl Defect for StaleBalance {
    async fn post(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        ops: Vec<Op>,
    ) -> Result<Vec<Result<Receipt>>> {
        let [Op::Hold { amount, .. }] = ops[..] else {
            return right.store.post(workspace, ops).await;
        };
        let covered = amount <= right.store.account(workspace).await?.available();
        dawdle().await;
        let result = right.store.post_one(workspace, ops[0].clone()).await;
        let short = |it: &Error| it.kind() == ErrorKind::InsufficientCredits;
        if !covered || !result.as_ref().is_err_and(short) {
            return Ok(vec![result]);
        }
        let key = format!("overdraft-{}", Uuid::simple(fresh()));
        let credit = crate::ledger::grant(&key, amount.0);
        right
            .store
            .post(workspace, vec![credit, ops[0].clone()])
            .await
            .map(|mut it| it.split_off(1))
    }
}

/// Who went though it was the last owner.
#[derive(Default)]
struct StaleOwners(Mutex<BTreeSet<(WorkspaceId, UserId)>>);

#[async_trait]
impl Defect for StaleOwners {
    async fn members(&self, right: &Right, workspace: WorkspaceId) -> Result<Vec<Member>> {
        let mut members = right.store.members(workspace).await?;
        let gone = self.0.lock().unwrap();
        members.retain(|member| !gone.contains(&(workspace, member.user)));
        Ok(members)
    }

    async fn change_member(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        actor: Actor,
        user: UserId,
        change: MemberChange,
        audit: NewAudit,
    ) -> Result<MemberChanged> {
        let before = right.store.members(workspace).await.unwrap_or_default();
        let owners = before.iter().filter(|member| member.role == Role::Owner).count();
        dawdle().await;
        let result = right.store.change_member(workspace, actor, user, change, audit).await;
        let last = result.as_ref().is_err_and(|error| error.message().contains("last owner"));
        if owners < 2 || !last {
            return result;
        }
        self.0.lock().unwrap().insert((workspace, user));
        Ok(MemberChanged { before: Some(Role::Owner), now: None })
    }
}

struct StaleSlugs;

#[async_trait]
impl Defect for StaleSlugs {
    async fn create_workspace(
        &self,
        right: &Right,
        new: NewWorkspace,
        audit: NewAudit,
    ) -> Result<Workspace> {
        let slug = slug_base(&new.name);
        let free = right.store.workspace_by_slug(&slug).await.is_err();
        dawdle().await;
        let made = right.store.create_workspace(new, audit).await?;
        Ok(if free { Workspace { slug, ..made } } else { made })
    }
}

struct StaleCounters;

#[async_trait]
impl Defect for StaleCounters {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        mut calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        for counter in calls.iter_mut().flat_map(|call| &mut call.counters) {
            let (Scope::Workspace, Some(limit)) = (&counter.scope, counter.limit) else { continue };
            let (scope, unit) = (Scope::Workspace, counter.unit);
            let total = SpendTotal { scope, job: None, provider: None, day: None, unit };
            let spent = right.store.spent(lease.workspace, total).await?;
            if spent + counter.amount <= limit {
                counter.limit = None;
            }
        }
        dawdle().await;
        right.store.mark_sent(lease, calls).await
    }
}
