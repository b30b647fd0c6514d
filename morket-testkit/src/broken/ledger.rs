//! Ledgers with one thing wrong.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use crate::fresh;
use async_trait::async_trait;
use morket_core::{
    Credits, ErrorKind, HoldId, Result, WorkspaceId,
    ledger::{Hold, Key, LedgerExt, Op, Receipt},
};
use std::{collections::BTreeMap, sync::Mutex};

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "a hold is read without its tenant",
        must_fail: "p130_a_foreign_hold_is_not_found",
        walk: None,
        wrap: |subject| through(subject, ReadsForeignHolds::default()),
    },
    Broken {
        name: "a hold is moved without its tenant",
        must_fail: "a_foreign_hold_cannot_be_moved",
        walk: Some("p058_conservation"),
        wrap: |subject| through(subject, MovesForeignHolds::default()),
    },
    Broken {
        name: "a second refund under another key",
        must_fail: "p054_one_capture_is_refunded_once_by_many_at_once",
        walk: Some("every_walk_matches_the_model"),
        wrap: |subject| through(subject, RefundsTwice),
    },
    Broken {
        name: "large refunds give back half",
        must_fail: "p045_refund_equals_debit",
        walk: None,
        wrap: |subject| through(subject, RefundsHalf),
    },
    Broken {
        name: "a key is captured again from another hold",
        must_fail: "a_key_is_captured_once_whatever_the_hold",
        walk: Some("every_walk_matches_the_model"),
        wrap: |subject| through(subject, CapturesAgain::default()),
    },
    Broken {
        name: "a capture above its hold takes what is there",
        must_fail: "p052_a_capture_stays_within_its_hold",
        walk: Some("every_walk_matches_the_model"),
        wrap: |subject| through(subject, CapturesAbove),
    },
];

/// Who opened a hold, by its id alone.
#[derive(Default)]
struct Owners(Mutex<BTreeMap<HoldId, WorkspaceId>>);

impl Owners {
    fn note(&self, workspace: WorkspaceId, ops: &[Op]) {
        for op in ops {
            if let Op::Hold { id, .. } = op {
                self.0.lock().unwrap().entry(*id).or_insert(workspace);
            }
        }
    }

    fn of(&self, hold: HoldId) -> Option<WorkspaceId> {
        self.0.lock().unwrap().get(&hold).copied()
    }
}

/// A call whose movements are judged one at a time, by a post that knows only one.
async fn whole(
    right: &Right,
    workspace: WorkspaceId,
    ops: Vec<Op>,
) -> Result<Vec<Result<Receipt>>> {
    right.store.post(workspace, ops).await
}

/// Whether it was refused as `kind`.
fn is<T>(result: &Result<T>, kind: ErrorKind) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == kind)
}

#[derive(Default)]
struct ReadsForeignHolds(Owners);

#[async_trait]
impl Defect for ReadsForeignHolds {
    async fn post(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        ops: Vec<Op>,
    ) -> Result<Vec<Result<Receipt>>> {
        self.0.note(workspace, &ops);
        whole(right, workspace, ops).await
    }

    async fn hold(&self, right: &Right, workspace: WorkspaceId, hold: HoldId) -> Result<Hold> {
        let owner = self.0.of(hold).unwrap_or(workspace);
        match right.store.hold(workspace, hold).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                right.store.hold(owner, hold).await
            }
            other => other,
        }
    }
}

#[derive(Default)]
struct MovesForeignHolds(Owners);

#[async_trait]
impl Defect for MovesForeignHolds {
    async fn post(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        ops: Vec<Op>,
    ) -> Result<Vec<Result<Receipt>>> {
        let mut results = whole(right, workspace, ops.clone()).await?;
        self.0.note(workspace, &ops);
        for (op, result) in ops.into_iter().zip(&mut results) {
            let (Op::Capture { hold, .. } | Op::Void { hold }) = &op else { continue };
            if let (true, Some(owner)) = (is(result, ErrorKind::NotFound), self.0.of(*hold)) {
                *result = right.store.post_one(owner, op).await;
            }
        }
        Ok(results)
    }
}

struct RefundsTwice;

#[async_trait]
impl Defect for RefundsTwice {
    async fn post(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        ops: Vec<Op>,
    ) -> Result<Vec<Result<Receipt>>> {
        let mut results = whole(right, workspace, ops.clone()).await?;
        for (op, result) in ops.iter().zip(&mut results) {
            let Op::Refund { key, .. } = op else { continue };
            let again = result.as_ref().is_err_and(|it| it.message().contains("refunded before"));
            if again {
                let credit = credit(&format!("again-{key}"), 1);
                *result = right.store.post_one(workspace, credit).await;
            }
        }
        Ok(results)
    }
}

/// A grant that no case asked for.
fn credit(key: &str, amount: i64) -> Op {
    crate::ledger::grant(key, amount)
}

struct RefundsHalf;

#[async_trait]
impl Defect for RefundsHalf {
    async fn post(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        ops: Vec<Op>,
    ) -> Result<Vec<Result<Receipt>>> {
        let results = whole(right, workspace, ops.clone()).await?;
        for (op, result) in ops.iter().zip(&results) {
            let Op::Refund { key, .. } = op else { continue };
            let amount = result.as_ref().ok().and_then(Receipt::entry).map_or(0, |it| it.amount.0);
            if (400..1_000).contains(&amount) {
                let hold: HoldId = fresh();
                right.store.set_aside(workspace, hold, Credits(amount / 2)).await?;
                let kept: Key = format!("kept-{key}").parse()?;
                right.store.capture(workspace, hold, kept, Credits(amount / 2)).await?;
            }
        }
        Ok(results)
    }
}

/// Which hold paid for a key first.
#[derive(Default)]
struct CapturesAgain(Mutex<BTreeMap<(WorkspaceId, Key), HoldId>>);

#[async_trait]
impl Defect for CapturesAgain {
    async fn post(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        mut ops: Vec<Op>,
    ) -> Result<Vec<Result<Receipt>>> {
        for op in &mut ops {
            let Op::Capture { hold, key, .. } = op else { continue };
            let mut first = self.0.lock().unwrap();
            if *first.entry((workspace, key.clone())).or_insert(*hold) != *hold {
                *key = format!("{key}-again").parse()?;
            }
        }
        whole(right, workspace, ops).await
    }
}

struct CapturesAbove;

#[async_trait]
impl Defect for CapturesAbove {
    async fn post(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        ops: Vec<Op>,
    ) -> Result<Vec<Result<Receipt>>> {
        let mut results = whole(right, workspace, ops.clone()).await?;
        for (op, result) in ops.into_iter().zip(&mut results) {
            let Op::Capture { hold, key, amount } = op else { continue };
            if !is(result, ErrorKind::Validation) || !amount.is_positive() {
                continue;
            }
            let rest = right.store.hold(workspace, hold).await?.rest();
            if rest.is_positive() {
                *result = right.store.capture(workspace, hold, key, rest).await.map(Receipt::Entry);
            }
        }
        Ok(results)
    }
}
