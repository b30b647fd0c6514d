//! Calls before their bytes leave, and the ceilings over what they may cost.

use super::{Desk, call, limited, provider, result};
use crate::{
    Subject,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind, VendorUnits,
    job::{Answered, CallState, Counter, NewCall, Scope, Spend, SpendTotal, SpendUnit},
};
use serde_json::json;
use std::time::Duration;

async fn total(desk: &Desk, scope: Scope, unit: SpendUnit) -> i64 {
    let day = desk.subject.clock.now().await.day();
    let counter = SpendTotal {
        scope,
        job: Some(desk.job),
        provider: Some(provider("hunter")),
        day: Some(day),
        unit,
    };
    desk.subject.store.spent(desk.workspace, counter).await.unwrap()
}

/// An item that tells what became of a call, and nothing else.
fn told(id: morket_core::CallId, state: CallState, usd: i64) -> Answered {
    Answered { call: Some(result(id, state, usd)), ..Answered::default() }
}

/// It alone: its neighbours go, and no counter moves for it.
pub(super) async fn p027_a_call_above_a_ceiling_is_not_written(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let ceiling = |amount| limited(Scope::Job, amount, Some(25));
    let mut both = ceiling(5);
    both.counters
        .insert(0, Counter { scope: Scope::Day, limit: Some(4), ..both.counters[0].clone() });
    let calls = vec![ceiling(15), ceiling(11), ceiling(10), both];
    let results = subject.store.mark_sent(lease, calls.clone()).await.unwrap();
    let kinds: Vec<_> =
        results.iter().map(|it| it.as_ref().err().map(morket_core::Error::kind)).collect();
    let over = Some(ErrorKind::OverBudget);
    assert_eq!(kinds, [None, over, None, over]);
    let open: Vec<_> =
        subject.store.open_calls(lease).await.unwrap().iter().map(|it| it.id).collect();
    assert_eq!(open.len(), 2);
    assert!(open.contains(&calls[0].id) && open.contains(&calls[2].id));
    assert_eq!((desk.spent().await, total(&desk, Scope::Day, SpendUnit::Usd).await), (25, 0));
}

/// Each worker sees room; together there is less.
pub(super) async fn p027_calls_at_once_stay_below_the_ceiling(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let desk = Desk::sealed(&subject, 1).await;
        let lease = desk.claim().await.lease;
        let sent = at_once(16, |_| {
            let (desk, call) = (desk.clone(), limited(Scope::Workspace, 10, Some(55)));
            async move { desk.try_mark(lease, call).await.is_ok() }
        });
        let sent = sent.await.into_iter().filter(|ok| *ok).count();
        let shown = total(&desk, Scope::Workspace, SpendUnit::Usd).await;
        assert_eq!((sent, shown), (5, 50), "round {round}");
    }
}

/// From the mark on at the worst, from the answer on as it was, and nothing when it was free.
pub(super) async fn counters_show_what_is_in_flight(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let (one, two) = (call(), call());
    desk.mark(lease, &[one.clone(), two.clone()]).await;
    assert_eq!(desk.spent().await, 20);
    desk.write(lease, vec![told(one.id, CallState::Settled, 7)]).await;
    assert_eq!(desk.spent().await, 17);
    desk.write(lease, vec![told(two.id, CallState::Ready, 0)]).await;
    assert_eq!(desk.spent().await, 7);
}

/// A row, a job, a day, a provider, a workspace; dollars and a vendor's own units.
pub(super) async fn every_scope_counts_for_itself(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    let lease = desk.claim().await.lease;
    let scopes = [Scope::Row(0), Scope::Job, Scope::Day, Scope::Provider, Scope::Workspace];
    let mut amount = 0;
    let mut new = call();
    new.worst = Spend { units: VendorUnits(9), usd: None };
    new.counters.clear();
    for unit in [SpendUnit::Usd, SpendUnit::Units] {
        for scope in scopes.clone() {
            amount += 1;
            new.counters.push(Counter { scope, unit, amount, limit: None });
        }
    }
    desk.mark(lease, std::slice::from_ref(&new)).await;
    for counter in new.counters {
        assert_eq!(total(&desk, counter.scope.clone(), counter.unit).await, counter.amount);
    }
    assert_eq!(total(&desk, Scope::Row(1), SpendUnit::Usd).await, 0);
}

/// No row is no spend.
pub(super) async fn a_counter_nobody_moved_shows_zero(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    for unit in [SpendUnit::Usd, SpendUnit::Units] {
        for scope in [Scope::Row(0), Scope::Job, Scope::Day, Scope::Provider, Scope::Workspace] {
            assert_eq!(total(&desk, scope, unit).await, 0);
        }
    }
}

/// Nobody's ceiling binds another.
pub(super) async fn p137_counters_are_those_of_their_workspace(subject: Subject) {
    let (ours, theirs) = (Desk::sealed(&subject, 1).await, Desk::sealed(&subject, 1).await);
    for desk in [&ours, &theirs] {
        let new = limited(Scope::Workspace, 10, Some(10));
        desk.mark(desk.claim().await.lease, &[new]).await;
    }
    let peek = Desk { workspace: subject.workspace(0).await, ..theirs };
    assert_eq!(total(&peek, Scope::Workspace, SpendUnit::Usd).await, 0);
}

/// Whoever lost the answer marks again; the bytes have not left yet.
pub(super) async fn marking_again_changes_nothing(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let new = limited(Scope::Job, 10, Some(15));
    desk.mark(lease, std::slice::from_ref(&new)).await;
    let before = subject.store.open_calls(lease).await.unwrap();
    desk.mark(lease, &[new]).await;
    assert_eq!(subject.store.open_calls(lease).await.unwrap(), before);
    assert_eq!((before[0].attempts, desk.spent().await), (1, 10));
}

/// Known unbilled: the same row and composition, once more at its worst.
pub(super) async fn a_ready_call_is_sent_again(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let new = call();
    desk.mark(lease, std::slice::from_ref(&new)).await;
    desk.write(lease, vec![told(new.id, CallState::Ready, 0)]).await;
    let ready = subject.store.open_calls(lease).await.unwrap();
    assert_eq!((ready[0].state, desk.spent().await), (CallState::Ready, 0));
    desk.mark(lease, std::slice::from_ref(&new)).await;
    let [again] = &subject.store.open_calls(lease).await.unwrap()[..] else {
        panic!("one row for one call");
    };
    assert_eq!((again.state, again.attempts), (CallState::Sent, 2));
    assert_eq!((again.spend, &again.composition), (new.worst, &new.composition));
    assert_eq!(desk.spent().await, 10);
}

/// Perhaps billed, and asked for again by whoever comes next: but not for ever.
pub(super) async fn how_often_a_call_left_is_kept(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let new = call();
    desk.mark(lease, std::slice::from_ref(&new)).await;
    for (left, kept) in [(2, 2), (3, 3), (1, 3)] {
        let mut told = told(new.id, CallState::Sent, 0);
        told.call.iter_mut().for_each(|it| it.attempts = left);
        desk.write(lease, vec![told]).await;
        let open = subject.store.open_calls(lease).await.unwrap();
        assert_eq!((open[0].state, open[0].attempts), (CallState::Sent, kept));
        assert_eq!((open[0].spend, desk.spent().await), (new.worst, 10));
    }
}

/// Its bytes would be billed twice, or were.
pub(super) async fn a_call_that_is_decided_is_not_sent_again(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    for (state, counted) in [(CallState::Settled, 3), (CallState::Unknown, 13)] {
        let new = call();
        desk.mark(lease, std::slice::from_ref(&new)).await;
        desk.write(lease, vec![told(new.id, state, 3)]).await;
        refused(desk.try_mark(lease, new).await, ErrorKind::Conflict);
        assert_eq!(desk.spent().await, counted);
    }
}

/// An id is an idempotency key at the vendor: it stands for the same bytes for ever.
pub(super) async fn another_composition_is_another_call(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let new = call();
    let other = NewCall { composition: json!({"rows": [1]}).to_string().into(), ..new.clone() };
    desk.mark(lease, std::slice::from_ref(&new)).await;
    refused(desk.try_mark(lease, other.clone()).await, ErrorKind::Conflict);
    desk.write(lease, vec![told(new.id, CallState::Ready, 0)]).await;
    refused(desk.try_mark(lease, other).await, ErrorKind::Conflict);
    assert_eq!(desk.spent().await, 0);
}

/// Whoever lost its lease sends nothing, ended or taken over.
pub(super) async fn p072_marking_under_an_old_fence_writes_nothing(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let old = desk.claim().await.lease;
    desk.outlast().await;
    let mark = || subject.store.mark_sent(old, vec![call()]);
    refused(mark().await, ErrorKind::StaleLease);
    let new = desk.claim().await.lease;
    refused(mark().await, ErrorKind::StaleLease);
    assert_eq!(subject.store.open_calls(new).await.unwrap(), []);
    assert_eq!(desk.spent().await, 0);
}

/// What a takeover must decide about, oldest first; of this batch alone.
pub(super) async fn open_calls_are_those_to_decide_about(subject: Subject) {
    let desk = Desk::sealed(&subject, 1_001).await;
    let (first, second) = (desk.claim().await.lease, desk.claim().await.lease);
    let calls: Vec<_> = (0..4).map(|_| call()).collect();
    for call in &calls {
        desk.mark(first, std::slice::from_ref(call)).await;
        subject.clock.advance(Duration::from_secs(1)).await;
    }
    desk.mark(second, &[call()]).await;
    let states = [CallState::Unknown, CallState::Settled, CallState::Ready];
    for (call, state) in calls.iter().zip(states) {
        desk.write(first, vec![told(call.id, state, 1)]).await;
    }
    desk.outlast().await;
    let mut taken = [desk.claim().await.lease, desk.claim().await.lease];
    taken.sort_by_key(|lease| lease.batch != first.batch);
    let open = subject.store.open_calls(taken[0]).await.unwrap();
    let open: Vec<_> = open.iter().map(|it| (it.id, it.state)).collect();
    let (unknown, ready, sent) = (CallState::Unknown, CallState::Ready, CallState::Sent);
    assert_eq!(open, [(calls[0].id, unknown), (calls[2].id, ready), (calls[3].id, sent)]);
    assert_eq!(subject.store.open_calls(taken[1]).await.unwrap().len(), 1);
}
