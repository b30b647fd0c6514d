//! Writing down what was learned: whole items, once, under a lease that holds.

use super::{Desk, answer, answered, call, provider, result};
use crate::{Subject, fresh, outbox::event, subject::refused};
use morket_core::{
    CallId, Credits, ErrorKind, HoldId,
    job::{
        Answered, CallState, Closing, Lease, LookupAge, LookupWrite, RecordStatus, Settled,
        StepOutcome,
    },
    ledger::{Op, Receipt},
};
use serde_json::json;
use std::time::Duration;

fn lookup(key: u8, call: CallId, expires_at: morket_core::Timestamp) -> LookupWrite {
    let answer = key.is_multiple_of(2).then(|| json!({"key": key}));
    LookupWrite { key: [key; 32], provider: provider("hunter"), call, answer, expires_at }
}

/// A desk whose worker has money and one call in flight.
struct Work {
    desk: Desk,
    lease: Lease,
    hold: HoldId,
    call: CallId,
}

impl Work {
    async fn begun(subject: &Subject) -> Self {
        let desk = Desk::sealed(subject, 3).await;
        let lease = desk.claim().await.lease;
        let hold = desk.funded(lease, 50).await;
        let new = call();
        desk.mark(lease, std::slice::from_ref(&new)).await;
        Self { desk, lease, hold, call: new.id }
    }

    /// An answer that touches everything an answer can touch.
    async fn full(&self, index: u32, amount: i64) -> Answered {
        let now = self.desk.subject.clock.now().await;
        let mut item = self.desk.charge(answer(index, Some(self.call)), self.hold, amount);
        item.call = Some(result(self.call, CallState::Settled, 7));
        item.lookups = vec![lookup(index as u8 + 2, self.call, now + Duration::from_secs(3_600))];
        item.events = vec![event(&format!("step.{index}"))];
        item
    }

    /// Everything the store shows of the job, as text.
    async fn dump(&self) -> String {
        let Self { desk, lease, hold, .. } = self;
        let store = &desk.subject.store;
        let (id, job) = (desk.workspace, desk.job);
        let keys = (0..9).map(|key| [key; 32]).collect();
        let told = (
            (store.job(id, job).await, store.records(id, job, 0..9).await),
            (store.cells(id, job, 0..9).await, store.steps(id, job, 0..9).await),
            (store.account(id).await, store.hold(id, *hold).await, desk.spent().await),
            (store.lookups(id, keys).await, store.events(id).await),
            store.open_calls(*lease).await.map_err(|error| error.kind()),
        );
        format!("{told:#?}")
    }
}

/// Call, step, cell, record, charge, spend, counter, lookup, event: all of them, at once.
pub(super) async fn an_item_is_written_whole(subject: Subject) {
    let work = Work::begun(&subject).await;
    let (store, desk) = (&subject.store, &work.desk);
    let item = work.full(1, 20).await;
    let receipts = desk.applied(work.lease, vec![item.clone()], None).await.0.remove(0).unwrap();
    let entry = receipts[0].entry().unwrap();
    assert_eq!((entry.amount, entry.hold, receipts.len()), (Credits(-20), Some(work.hold), 1));
    let (id, job) = (desk.workspace, desk.job);
    let steps = store.steps(id, job, 0..3).await.unwrap();
    assert_eq!(steps.into_iter().map(|it| it.step).collect::<Vec<_>>(), item.steps);
    let cells = store.cells(id, job, 0..3).await.unwrap();
    assert_eq!(cells.into_iter().map(|it| it.cell).collect::<Vec<_>>(), item.cells);
    assert_eq!(desk.statuses().await[1], RecordStatus::Success);
    assert_eq!((desk.money().await, desk.spent().await), ((980, 30), 7));
    let kept = store.lookups(id, vec![item.lookups[0].key]).await.unwrap();
    assert_eq!(kept.into_iter().map(|it| it.lookup).collect::<Vec<_>>(), item.lookups);
    let events = store.events(id).await.unwrap();
    assert_eq!(events.iter().map(|it| it.id).collect::<Vec<_>>(), [item.events[0].id]);
    assert_eq!(store.open_calls(work.lease).await.unwrap(), []);
}

/// One thing that cannot be written, and none of the others is.
pub(super) async fn a_refused_item_leaves_nothing_of_itself(subject: Subject) {
    let work = Work::begun(&subject).await;
    let mut item = work.full(1, 51).await;
    item.call = None;
    let before = work.dump().await;
    let result = work.desk.applied(work.lease, vec![item], None).await.0.remove(0);
    refused(result, ErrorKind::Validation);
    assert_eq!(work.dump().await, before);
}

/// Before it and behind it.
pub(super) async fn a_refused_item_does_not_touch_its_neighbours(subject: Subject) {
    let work = Work::begun(&subject).await;
    let desk = &work.desk;
    let charged = |index, amount| desk.charge(answer(index, None), work.hold, amount);
    let items = vec![charged(0, 10), charged(1, 41), charged(2, 40)];
    let (results, closed) = desk.applied(work.lease, items, None).await;
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(closed, None);
    let (done, open) = (RecordStatus::Success, RecordStatus::Pending);
    assert_eq!(desk.statuses().await, [done, open, done]);
    assert_eq!(desk.money().await, (950, 0));
}

/// The vendor bills what it bills, whatever became of the answer.
pub(super) async fn the_spend_of_a_refused_item_is_kept(subject: Subject) {
    let work = Work::begun(&subject).await;
    let item = work.full(1, 51).await;
    let result = work.desk.applied(work.lease, vec![item], None).await.0.remove(0);
    refused(result, ErrorKind::Validation);
    assert_eq!(work.desk.spent().await, 7);
    assert_eq!(subject.store.open_calls(work.lease).await.unwrap(), []);
}

/// Whoever lost the answer settles again.
pub(super) async fn settling_again_changes_nothing_and_gives_the_same_receipts(subject: Subject) {
    let work = Work::begun(&subject).await;
    let items = vec![work.full(1, 20).await, answered([(2, RecordStatus::Failed)])];
    let receipts = |results: Vec<morket_core::job::ItemResult>| -> Vec<Vec<Receipt>> {
        results.into_iter().map(Result::unwrap).collect()
    };
    let first = receipts(work.desk.applied(work.lease, items.clone(), None).await.0);
    let before = work.dump().await;
    let again = receipts(work.desk.applied(work.lease, items, None).await.0);
    assert_eq!((again, work.dump().await), (first, before));
}

/// Each step happens once: a second verdict or another call is a mistake.
pub(super) async fn p035_a_step_that_is_there_is_not_decided_again(subject: Subject) {
    let work = Work::begun(&subject).await;
    let item = answer(0, Some(work.call));
    work.desk.write(work.lease, vec![item.clone()]).await;
    let before = work.dump().await;
    let (mut verdict, mut caller) = (item.clone(), item);
    verdict.steps[0].outcome = StepOutcome::Rejected;
    caller.steps[0].call = Some(fresh());
    for other in [verdict, caller] {
        let result = work.desk.applied(work.lease, vec![other], None).await.0.remove(0);
        refused(result, ErrorKind::Conflict);
    }
    assert_eq!(work.dump().await, before);
}

/// Outside its batch, twice the same step, money that does not add up, money that does not settle.
pub(super) async fn an_item_that_contradicts_itself_is_refused(subject: Subject) {
    let work = Work::begun(&subject).await;
    let before = work.dump().await;
    let mut twice = answer(0, None);
    twice.steps.push(twice.steps[0].clone());
    let mut charged = answer(0, None);
    charged.steps[0].charge = Credits(5);
    let mut opened = answer(0, None);
    opened.money = vec![Op::Void { hold: work.hold }];
    let outside = answered([(3, RecordStatus::Success)]);
    for bad in [twice, charged, opened, outside, answer(3, None)] {
        let result = work.desk.applied(work.lease, vec![bad], None).await.0.remove(0);
        refused(result, ErrorKind::Validation);
    }
    assert_eq!(work.dump().await, before);
}

/// Settle everything under a lease that no longer counts; what must be left of it is the spend.
async fn late(work: &Work) {
    let mut items = vec![work.full(0, 10).await, answer(1, None)];
    items[1].records = vec![(1, RecordStatus::Success)];
    let settled = work.desk.settle(work.lease, items, Some(Closing::Done)).await.unwrap();
    assert!(matches!(settled, Settled::Stale { spend_recorded: 1 }), "{settled:?}");
    let (store, id, job) = (&work.desk.subject.store, work.desk.workspace, work.desk.job);
    assert_eq!(work.desk.statuses().await, [RecordStatus::Pending; 3]);
    assert_eq!(store.cells(id, job, 0..3).await.unwrap(), []);
    assert_eq!(store.steps(id, job, 0..3).await.unwrap(), []);
    assert_eq!(store.lookups(id, vec![[2; 32]]).await.unwrap(), []);
    assert_eq!(store.events(id).await.unwrap(), []);
    assert_eq!((work.desk.money().await, work.desk.spent().await), ((1_000, 50), 7));
}

/// Another worker holds the batch; the vendor was paid all the same.
pub(super) async fn p072_an_old_fence_writes_nothing_but_spend(subject: Subject) {
    let work = Work::begun(&subject).await;
    work.desk.outlast().await;
    let new = work.desk.claim().await.lease;
    late(&work).await;
    let open = subject.store.open_calls(new).await.unwrap();
    let [call] = open.as_slice() else { panic!("the takeover must see that it left: {open:?}") };
    assert_eq!((call.id, call.state), (work.call, CallState::Sent));
}

/// Nobody has taken the batch yet, but somebody may at any instant.
pub(super) async fn p072_a_lease_that_ended_writes_nothing_but_spend(subject: Subject) {
    let work = Work::begun(&subject).await;
    work.desk.outlast().await;
    late(&work).await;
    assert!(work.desk.try_claim().await.is_some());
}

/// It may have been billed; until somebody knows, the ceilings count it as if it had been.
pub(super) async fn an_unknown_call_keeps_its_worst_price_counted(subject: Subject) {
    let Work { desk, lease, call, .. } = Work::begun(&subject).await;
    let told =
        |state, usd| Answered { call: Some(result(call, state, usd)), ..Answered::default() };
    desk.write(lease, vec![told(CallState::Unknown, 2)]).await;
    assert_eq!(desk.spent().await, 10);
    desk.outlast().await;
    let settled = desk.settle(lease, vec![told(CallState::Settled, 4)], None).await.unwrap();
    assert!(matches!(settled, Settled::Stale { spend_recorded: 1 }));
    assert_eq!(desk.spent().await, 4, "replaced, not added");
    desk.settle(lease, vec![told(CallState::Settled, 9)], None).await.unwrap();
    assert_eq!(desk.spent().await, 4, "a call's spend is recorded once");
}

/// A later look may know better.
pub(super) async fn what_was_settled_last_stands_in_the_cell(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    desk.write(lease, vec![answer(0, None)]).await;
    let mut later = answer(0, None);
    later.steps.clear();
    later.cells[0].value = Some(json!("better@example.com"));
    later.cells[0].reason = Some("verified".into());
    desk.write(lease, vec![later.clone()]).await;
    let cells = subject.store.cells(desk.workspace, desk.job, 0..1).await.unwrap();
    assert_eq!(cells.into_iter().map(|it| it.cell).collect::<Vec<_>>(), later.cells);
    assert_eq!(subject.store.steps(desk.workspace, desk.job, 0..1).await.unwrap().len(), 1);
}

/// After every settlement, whatever way a record goes.
pub(super) async fn p067_counts_are_those_of_the_records(subject: Subject) {
    use RecordStatus::{Failed, Skipped, Success};
    let desk = Desk::sealed(&subject, 4).await;
    let lease = desk.claim().await.lease;
    for records in [
        vec![(0, Success), (1, Failed)],
        vec![(2, Skipped)],
        vec![(1, Success)],
        vec![(3, Failed)],
        vec![(0, Failed), (0, Skipped)],
    ] {
        desk.write(lease, vec![answered(records)]).await;
        let (counts, statuses) = (desk.job().await.counts, desk.statuses().await);
        let of = |status| statuses.iter().filter(|it| **it == status).count() as u32;
        assert_eq!((counts.total, counts.cancelled), (4, 0));
        assert_eq!(
            (counts.success, counts.failed, counts.skipped),
            (of(Success), of(Failed), of(Skipped)),
            "{statuses:?}"
        );
    }
}

/// A vendor that takes its time is asked again by whoever holds the batch then.
pub(super) async fn a_task_to_poll_is_kept_with_its_call(subject: Subject) {
    let Work { desk, lease, call, .. } = Work::begun(&subject).await;
    let mut told = result(call, CallState::Sent, 0);
    told.attempts = 0;
    let none = Answered { call: Some(told.clone()), ..Answered::default() };
    refused(desk.applied(lease, vec![none], None).await.0.remove(0), ErrorKind::Validation);
    told.task = Some("task-9".into());
    desk.write(lease, vec![Answered { call: Some(told), ..Answered::default() }]).await;
    desk.outlast().await;
    let open = subject.store.open_calls(desk.claim().await.lease).await.unwrap();
    assert_eq!((open[0].state, open[0].task.as_deref()), (CallState::Sent, Some("task-9")));
    assert_eq!(desk.spent().await, 10);
}

/// Answers and misses; a key without one is left out; a newer answer takes the older's place.
pub(super) async fn lookups_come_in_the_order_of_the_keys_that_have_one(subject: Subject) {
    let Work { desk, lease, call, .. } = Work::begun(&subject).await;
    let later = subject.clock.now().await + Duration::from_secs(3_600);
    let keep = |keys: &[u8]| Answered {
        lookups: keys.iter().map(|key| lookup(*key, call, later)).collect(),
        ..Answered::default()
    };
    desk.write(lease, vec![keep(&[1, 2]), keep(&[3])]).await;
    let second = super::call();
    desk.mark(lease, std::slice::from_ref(&second)).await;
    let mut newer = keep(&[2]);
    (newer.lookups[0].answer, newer.lookups[0].call) = (Some(json!("newer")), second.id);
    desk.write(lease, vec![newer.clone()]).await;
    let keys = vec![[3; 32], [9; 32], [2; 32], [1; 32]];
    let found = subject.store.lookups(desk.workspace, keys).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|it| it.lookup).collect();
    let newer = newer.lookups.remove(0);
    assert_eq!(found, [lookup(3, call, later), newer, lookup(1, call, later)]);
}

/// What is too old is bought again.
pub(super) async fn an_expired_lookup_is_not_there(subject: Subject) {
    let Work { desk, lease, call, .. } = Work::begun(&subject).await;
    let now = subject.clock.now().await;
    let (soon, late) = (now + Duration::from_secs(60), now + Duration::from_secs(3_600));
    let lookups = vec![lookup(1, call, soon), lookup(2, call, late)];
    desk.write(lease, vec![Answered { lookups, ..Answered::default() }]).await;
    subject.clock.advance(Duration::from_secs(61)).await;
    let found = subject.store.lookups(desk.workspace, vec![[1; 32], [2; 32]]).await.unwrap();
    assert_eq!(found.iter().map(|it| it.lookup.key).collect::<Vec<_>>(), [[2; 32]]);
}

/// Who wants to know what a plan would reuse is told of what is too old, too.
pub(super) async fn an_expired_lookup_tells_its_age(subject: Subject) {
    let Work { desk, lease, call, .. } = Work::begun(&subject).await;
    let now = subject.clock.now().await;
    let (soon, late) = (now + Duration::from_secs(60), now + Duration::from_secs(3_600));
    let lookups = vec![lookup(1, call, soon), lookup(2, call, late)];
    desk.write(lease, vec![Answered { lookups, ..Answered::default() }]).await;
    let kept = subject.store.lookups(desk.workspace, vec![[1; 32], [2; 32]]).await.unwrap();
    let ages = async || {
        let keys = vec![[3; 32], [2; 32], [1; 32]];
        subject.store.lookup_ages(desk.workspace, keys).await.unwrap()
    };
    let told = |row: usize, expired| LookupAge::of(&kept[row], expired);
    assert_eq!(ages().await, [told(1, false), told(0, false)]);
    subject.clock.advance(Duration::from_secs(61)).await;
    assert_eq!(ages().await, [told(1, false), told(0, true)]);
    let other = subject.workspace(0).await;
    assert_eq!(subject.store.lookup_ages(other, vec![[1; 32]]).await.unwrap(), []);
}

/// What one has bought, another has not.
pub(super) async fn p137_lookups_are_those_of_their_workspace(subject: Subject) {
    let Work { desk, lease, call, .. } = Work::begun(&subject).await;
    let late = subject.clock.now().await + Duration::from_secs(3_600);
    let lookups = vec![lookup(1, call, late)];
    desk.write(lease, vec![Answered { lookups, ..Answered::default() }]).await;
    let other = subject.workspace(0).await;
    assert_eq!(subject.store.lookups(other, vec![[1; 32]]).await.unwrap(), []);
}
