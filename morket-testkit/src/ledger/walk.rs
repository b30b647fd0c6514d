//! Random walks: up to sixty movements over few keys, holds and amounts, so that repeats,
//! conflicts and shortages are the rule; then what must hold of every ledger is asked of this one.

use super::{
    Purse, capture, expire, grant, hold, key,
    model::{Model, Told},
    refund, void,
};
use crate::{Subject, fresh, random::check_all};
use morket_core::{
    Credits, HoldId,
    ledger::{Account, Credit, Entry, EntryKind, Hold, Op, verify_chain},
};
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;

/// A movement in small numbers: which kind, which key, which other, how many.
type Sign = (u8, u8, u8, i64);

fn amounts() -> impl Strategy<Value = i64> {
    prop_oneof![
        20 => 1..40_i64,
        1 => -1..=0_i64,
        2 => (i64::MAX - 20)..=i64::MAX,
        1 => Just(i64::MAX / 2),
    ]
}

/// Calls of one to four movements.
fn walks() -> impl Strategy<Value = Vec<Vec<Sign>>> {
    vec(vec((0..14_u8, 0..5_u8, 0..5_u8, amounts()), 1..=4), 1..=15)
}

fn op(holds: &[HoldId], (kind, name, other, amount): Sign) -> Op {
    let id = holds[usize::from(other) % holds.len()];
    let name = format!("k{name}");
    match kind {
        0 | 1 => grant(&name, amount),
        2 => Op::Credit { kind: Credit::Purchase, key: key(&name), amount: Credits(amount) },
        3..=5 => hold(id, amount),
        6..=8 => capture(id, &name, amount),
        9 => void(id),
        10..=12 => refund(&name, &format!("k{other}")),
        _ => expire(&name, &format!("k{other}"), amount),
    }
}

/// One call of a walk, and how the account stood after it.
#[derive(Debug)]
struct Step {
    ops: Vec<Op>,
    told: Vec<Told>,
    account: Account,
}

/// A walk that came to its end.
#[derive(Debug)]
struct Trace {
    steps: Vec<Step>,
    account: Account,
    entries: Vec<Entry>,
    holds: Vec<Hold>,
    /// A neighbour with the same keys and hold ids, before and after.
    neighbour: [(Account, Vec<Entry>); 2],
}

async fn walk(subject: &Subject, calls: Vec<Vec<Sign>>) -> Trace {
    let ids: Vec<HoldId> = (0..4).map(|_| fresh()).collect();
    let next_door = Purse::with(subject, 500).await;
    next_door.done([hold(ids[0], 30), capture(ids[0], "k0", 10), grant("k1", 5)]).await;
    let before = (next_door.account().await, next_door.entries(100).await);

    let purse = Purse::with(subject, 100).await;
    let mut steps = Vec::new();
    for call in calls {
        let ops: Vec<_> = call.into_iter().map(|sign| op(&ids, sign)).collect();
        let results = subject.store.post(purse.workspace, ops.clone()).await.unwrap();
        let told = results.into_iter().map(Told::from).collect();
        steps.push(Step { ops, told, account: purse.account().await });
    }
    let mut holds = Vec::new();
    for id in ids {
        holds.extend(subject.store.hold(purse.workspace, id).await.ok());
    }
    let neighbour = [before, (next_door.account().await, next_door.entries(100).await)];
    let (account, entries) = (purse.account().await, purse.entries(7).await);
    Trace { steps, account, entries, holds, neighbour }
}

/// Walk, and ask `check` about where it led.
async fn each(subject: &Subject, check: impl Fn(&Trace)) {
    check_all(subject, walks(), |calls| async {
        check(&walk(subject, calls).await);
    })
    .await;
}

/// Σ of `entries` of one kind that take back the entry called `of`.
fn taken_back(trace: &Trace, kind: EntryKind, of: &Entry) -> Vec<i64> {
    let of = Some(&of.key);
    let backs = trace.entries.iter().filter(|it| it.kind == kind && it.of.as_ref() == of);
    backs.map(|it| it.amount.0).collect()
}

fn captures(trace: &Trace) -> impl Iterator<Item = &Entry> {
    trace.entries.iter().filter(|it| it.kind == EntryKind::Capture)
}

/// A step was paid for or it was not; nothing lies between.
pub(super) async fn p046_per_key_net(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        for paid in captures(trace) {
            let back: i64 = taken_back(trace, EntryKind::Refund, paid).iter().sum();
            let net = paid.amount.0 + back;
            assert!(net == 0 || net == paid.amount.0, "{}: {net}", paid.key);
            assert_eq!(captures(trace).filter(|it| it.key == paid.key).count(), 1);
        }
    })
    .await;
}

/// The balance is the sum of all entries, and every entry says what it was then.
pub(super) async fn p047_balance(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        let mut balance = 0;
        for (number, entry) in trace.entries.iter().enumerate() {
            balance += entry.amount.0;
            assert_eq!((entry.seq, entry.balance_after.0), (number as i64 + 1, balance));
        }
        assert_eq!(
            (trace.account.balance.0, trace.account.seq),
            (balance, trace.entries.len() as i64)
        );
    })
    .await;
}

/// At no committed state is more set aside than there is.
pub(super) async fn p049_never_negative(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        for Step { account, .. } in &trace.steps {
            assert!(Credits::ZERO <= account.held && account.held <= account.balance);
        }
        let open = trace.holds.iter().filter(|it| it.is_open()).map(Hold::rest);
        assert_eq!(Credits::sum(open).unwrap(), trace.account.held);
    })
    .await;
}

/// What was captured from a hold is what its captures say, and never more than was held.
pub(super) async fn p052_capture_bound(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        for hold in &trace.holds {
            let paid = captures(trace).filter(|it| it.hold == Some(hold.id));
            let paid: i64 = paid.map(|it| -it.amount.0).sum();
            assert_eq!(paid, hold.captured.0);
            assert!((0..=hold.amount.0).contains(&paid), "{hold:?}");
        }
    })
    .await;
}

/// No capture gives back more than it took.
pub(super) async fn p054_refund_bound(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        for paid in captures(trace) {
            let back = taken_back(trace, EntryKind::Refund, paid);
            assert!(back.len() <= 1 && back.iter().sum::<i64>() <= -paid.amount.0, "{back:?}");
        }
    })
    .await;
}

/// What one side gets the other gives: the workspace, the grants, the revenue, the expired.
pub(super) async fn p055_double_entry(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        let mut sides = BTreeMap::new();
        for entry in &trace.entries {
            *sides.entry(entry.kind.contra()).or_insert(0_i128) -= i128::from(entry.amount.0);
            let takes = matches!(entry.kind, EntryKind::Capture | EntryKind::Expire);
            assert_eq!(entry.amount.0 < 0, takes, "{entry:?}");
        }
        let other_sides: i128 = sides.values().sum();
        assert_eq!(other_sides + i128::from(trace.account.balance.0), 0);
    })
    .await;
}

/// Near the largest amount, too, a refusal leaves the account as it was.
pub(super) async fn p057_integers(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        let sum: i128 = trace.entries.iter().map(|it| i128::from(it.amount.0)).sum();
        assert_eq!(sum, i128::from(trace.account.balance.0));
        for pair in trace.steps.windows(2) {
            let refused = pair[1].told.iter().all(|it| matches!(it, Told::Refused(_)));
            assert!(!refused || pair[0].account == pair[1].account, "{:?}", pair[1]);
        }
    })
    .await;
}

/// A neighbour with the same keys and hold ids has what it had.
pub(super) async fn p058_conservation(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        let [before, after] = &trace.neighbour;
        assert_eq!(before, after);
    })
    .await;
}

/// Every walk's statement is complete, chained and sums to the balance.
pub(super) async fn p063_statement(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        verify_chain(&trace.account, &trace.entries).unwrap();
        let amounts = trace.entries.iter().map(|it| it.amount);
        assert_eq!(Credits::sum(amounts).unwrap(), trace.account.balance);
    })
    .await;
}

/// Every answer and every account is the one the plain model gives.
pub(super) async fn every_walk_matches_the_model(subject: Subject) {
    // method: model
    each(&subject, |trace| {
        let mut model = Model::default();
        model.post(&[grant("opening", 100)]);
        for Step { ops, told, account } in &trace.steps {
            assert_eq!(*told, model.post(ops), "{ops:?}");
            assert_eq!((account.balance.0, account.held.0), (model.balance(), model.held()));
        }
    })
    .await;
}
