//! What a call asks, nobody else asks meanwhile.

use super::{Desk, call, result};
use crate::{Subject, subject::at_once};
use morket_core::{
    CallId,
    job::{
        ABANDONED, Answered, CallResult, CallState, Closing, Dispatch, Flight, FlightState, LEFT,
        Lease, LookupWrite, Marked, NewCall, NewJob, Spend, Wanted,
    },
};
use serde_json::json;
use std::time::Duration;

const KEY: [u8; 32] = [7; 32];

const ASKED: FlightState = FlightState::Asked { wait: Duration::ZERO };

/// A call that asks for these keys.
fn asking(keys: &[u8]) -> NewCall {
    let wanted = keys.iter().map(|key| Wanted { key: [*key; 32], seen: None });
    NewCall { wanted: wanted.collect(), ..call() }
}

/// Two jobs of one workspace, each with a lease.
async fn two(subject: &Subject) -> ((Desk, Lease), (Desk, Lease)) {
    let one = Desk::sealed(subject, 1).await;
    let other = Desk::sealed_in(subject, one.workspace, Desk::new_job(), 1).await;
    let (first, second) = (one.claim().await.lease, other.claim().await.lease);
    ((one, first), (other, second))
}

/// Who stands in the way.
async fn taken(desk: &Desk, lease: Lease, call: NewCall) -> Vec<(CallId, FlightState)> {
    match desk.try_mark(lease, call).await.unwrap() {
        Marked::Sent => Vec::new(),
        Marked::Taken(flights) => flights.into_iter().map(|it| (it.call, it.state)).collect(),
    }
}

async fn seen(desk: &Desk) -> Vec<FlightState> {
    let flights = desk.subject.store.flights(desk.workspace, vec![KEY]).await.unwrap();
    flights.into_iter().map(|it| it.state).collect()
}

/// What became of a call, and what it found under [`KEY`].
async fn end(desk: &Desk, lease: Lease, told: CallResult, found: bool) {
    let lookup = LookupWrite {
        key: KEY,
        provider: super::provider("hunter"),
        call: told.id,
        answer: Some(json!({"n": 1})),
        expires_at: desk.subject.clock.now().await + Duration::from_secs(3_600),
    };
    let lookups = if found { vec![lookup] } else { Vec::new() };
    desk.write(lease, vec![Answered { call: Some(told), lookups, ..Answered::default() }]).await;
}

/// That it was not billed.
fn free(id: CallId, state: CallState) -> CallResult {
    CallResult { spend: Spend::default(), ..result(id, state, 0) }
}

/// Nothing of it is written, and its neighbours go.
pub(super) async fn what_another_batch_asks_is_taken(subject: Subject) {
    let ((one, first), (other, second)) = two(&subject).await;
    let leader = asking(&[1, 7]);
    one.mark(first, std::slice::from_ref(&leader)).await;
    let calls = vec![asking(&[7, 8]), asking(&[9]), call()];
    let marked = subject.store.mark_sent(second, calls.clone()).await.unwrap();
    let marked: Vec<Marked> = marked.into_iter().map(Result::unwrap).collect();
    let flight = Flight { key: KEY, call: leader.id, state: ASKED };
    assert_eq!(marked, [Marked::Taken(vec![flight]), Marked::Sent, Marked::Sent]);
    let open = subject.store.open_calls(second).await.unwrap();
    let open: Vec<CallId> = open.into_iter().map(|it| it.id).collect();
    assert!(open.len() == 2 && !open.contains(&calls[0].id));
    assert_eq!(other.spent().await, 20);
    assert_eq!(seen(&one).await, [ASKED]);
    // Whoever asked first asks again as before.
    one.mark(first, &[leader]).await;
}

/// It would be paid for twice, and nobody looked since.
pub(super) async fn what_was_answered_since_is_taken(subject: Subject) {
    let ((one, first), (other, second)) = two(&subject).await;
    let leader = asking(&[7]);
    one.mark(first, std::slice::from_ref(&leader)).await;
    end(&one, first, result(leader.id, CallState::Settled, 5), true).await;
    let answered = [(leader.id, FlightState::Answered)];
    assert_eq!(taken(&other, second, asking(&[7])).await, answered);
    assert_eq!(taken(&one, first, asking(&[7])).await, answered);
    let mut again = asking(&[7]);
    again.wanted[0].seen = Some(leader.id);
    other.mark(second, &[again]).await;
}

/// Whatever it came to: nobody has to release it.
pub(super) async fn what_a_call_asked_is_free_when_it_is_over(subject: Subject) {
    for state in [CallState::Settled, CallState::Unknown, CallState::Ready] {
        let ((one, first), (other, second)) = two(&subject).await;
        let leader = asking(&[7]);
        one.mark(first, std::slice::from_ref(&leader)).await;
        assert_eq!(taken(&other, second, asking(&[7])).await, [(leader.id, ASKED)]);
        end(&one, first, free(leader.id, state), false).await;
        other.mark(second, &[asking(&[7])]).await;
        // And now it is the other's.
        if state == CallState::Ready {
            assert_eq!(taken(&one, first, leader).await.len(), 1);
        }
    }
    cancelled(&subject).await;
}

/// What it asks stays asked while it sleeps; others know for how long.
pub(super) async fn a_parked_batch_keeps_what_it_asks(subject: Subject) {
    let ((one, first), (other, second)) = two(&subject).await;
    let leader = asking(&[7]);
    one.mark(first, std::slice::from_ref(&leader)).await;
    let nap = ABANDONED * 3;
    one.park(first, Some(nap), "hunter:task").await;
    let asleep = FlightState::Asked { wait: nap };
    assert!(matches!(seen(&one).await[..], [FlightState::Asked { wait }]
        if wait <= nap && wait + Duration::from_secs(60) > nap));
    assert_eq!(taken(&other, second, asking(&[7])).await.len(), 1);
    subject.clock.advance(nap + Duration::from_secs(1)).await;
    assert_ne!(seen(&one).await, [asleep]);
    let awake = one.claim().await.lease;
    let second = other.claim().await.lease;
    assert_eq!(taken(&other, second, asking(&[7])).await, [(leader.id, ASKED)]);
    end(&one, awake, free(leader.id, CallState::Settled), false).await;
    other.mark(second, &[asking(&[7])]).await;
}

/// Whoever takes a batch over asks what it asked.
pub(super) async fn a_takeover_keeps_what_was_asked(subject: Subject) {
    let ((one, first), (other, _)) = two(&subject).await;
    let leader = asking(&[7]);
    one.mark(first, std::slice::from_ref(&leader)).await;
    one.outlast().await;
    let second = other.claim().await.lease;
    assert_eq!(taken(&other, second, asking(&[7])).await, [(leader.id, ASKED)]);
    let mine = one.claim().await.lease;
    assert_eq!(taken(&other, second, asking(&[7])).await, [(leader.id, ASKED)]);
    one.mark(mine, &[leader]).await;
}

/// Nobody waits for a worker that does not come.
pub(super) async fn a_batch_that_is_left_frees_what_it_asked(subject: Subject) {
    let ((one, first), (other, _)) = two(&subject).await;
    one.mark(first, &[asking(&[7])]).await;
    one.outlast().await;
    subject.clock.advance(ABANDONED).await;
    let second = other.claim().await.lease;
    assert_eq!(seen(&one).await, [FlightState::Over]);
    other.mark(second, &[asking(&[7])]).await;
    assert_eq!(seen(&one).await, [ASKED]);
}

/// No worker comes for it: who waits is told soon, and nobody asks it beside whoever comes back.
pub(super) async fn what_an_attended_job_left_nobody_waits_for(subject: Subject) {
    for (dispatch, state) in [(Dispatch::Attended, FlightState::Left), (Dispatch::Queued, ASKED)] {
        let workspace = subject.workspace(1_000).await;
        let new = NewJob { dispatch, ..Desk::new_job() };
        let one = Desk::sealed_in(&subject, workspace, new, 1).await;
        let other = Desk::sealed_in(&subject, workspace, Desk::new_job(), 1).await;
        let leader = asking(&[7]);
        one.mark(one.claim().await.lease, std::slice::from_ref(&leader)).await;
        // It may have been frozen, or cut off.
        one.outlast().await;
        assert_eq!(seen(&one).await, [ASKED], "{dispatch:?}");
        subject.clock.advance(LEFT).await;
        let second = other.claim().await.lease;
        assert_eq!(seen(&one).await, [state], "{dispatch:?}");
        assert_eq!(taken(&other, second, asking(&[7])).await, [(leader.id, state)]);
        // Whoever comes back for it goes on with it.
        let mine = one.claim().await.lease;
        assert_eq!(seen(&one).await, [ASKED], "{dispatch:?}");
        assert_eq!(taken(&other, second, asking(&[7])).await, [(leader.id, ASKED)]);
        end(&one, mine, free(leader.id, CallState::Settled), false).await;
        other.mark(second, &[asking(&[7])]).await;
    }
}

/// A job that was stopped asks nothing any more.
async fn cancelled(subject: &Subject) {
    let ((one, first), (other, second)) = two(subject).await;
    one.mark(first, &[asking(&[7])]).await;
    subject.store.cancel_job(one.workspace, one.job).await.unwrap();
    assert_eq!(taken(&other, second, asking(&[7])).await.len(), 1, "its worker is at work");
    one.applied(first, vec![], Some(Closing::Release)).await;
    // Who waits for it is told that nobody will know; who comes fresh may ask.
    assert_eq!(seen(&one).await, [FlightState::Unknown]);
    other.mark(second, &[asking(&[7])]).await;
}

/// It knows its own calls, and would wait for ever.
pub(super) async fn a_batch_does_not_wait_for_itself(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    desk.mark(lease, &[asking(&[7]), asking(&[7])]).await;
    desk.mark(lease, &[asking(&[7, 7])]).await;
}

/// What became of it, for those who wait.
pub(super) async fn flights_tell_how_they_ended(subject: Subject) {
    let rows = [
        (CallState::Settled, true, true, FlightState::Over),
        (CallState::Settled, true, false, FlightState::Unknown),
        (CallState::Settled, false, false, FlightState::Over),
        (CallState::Unknown, true, false, FlightState::Unknown),
        (CallState::Ready, false, false, FlightState::Over),
    ];
    for (at, (told, billed, found, state)) in rows.into_iter().enumerate() {
        let desk = Desk::sealed(&subject, 1).await;
        let lease = desk.claim().await.lease;
        assert_eq!(seen(&desk).await, []);
        let leader = asking(&[7]);
        desk.mark(lease, std::slice::from_ref(&leader)).await;
        let told = if billed { result(leader.id, told, 5) } else { free(leader.id, told) };
        end(&desk, lease, told, found).await;
        assert_eq!(seen(&desk).await, [state], "row {at}");
    }
}

/// Two workspaces never wait for each other.
pub(super) async fn p137_flights_are_those_of_their_workspace(subject: Subject) {
    for _ in 0..2 {
        let desk = Desk::sealed(&subject, 1).await;
        assert_eq!(seen(&desk).await, []);
        desk.mark(desk.claim().await.lease, &[asking(&[7])]).await;
    }
}

/// All see that nobody asks; one does.
pub(super) async fn one_of_many_batches_asks(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let workspace = subject.workspace(0).await;
        let mut desks = Vec::new();
        for _ in 0..8 {
            let desk = Desk::sealed_in(&subject, workspace, Desk::new_job(), 1).await;
            let lease = desk.claim().await.lease;
            desks.push((desk, lease));
        }
        let sent = at_once(desks.len(), |number| {
            let (desk, lease) = desks[number].clone();
            async move { desk.try_mark(lease, asking(&[7])).await.unwrap().is_sent() }
        });
        let sent = sent.await.into_iter().filter(|it| *it).count();
        assert_eq!(sent, 1, "round {round}");
    }
}

/// Whoever comes next goes on counting where the last one stopped.
pub(super) async fn p022_a_call_knows_how_often_it_left(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let mut new = call();
    for left in [2, 2, 3] {
        desk.mark(lease, std::slice::from_ref(&new)).await;
        let attempts = |open: Vec<morket_core::job::Call>| open[0].attempts;
        let open = || subject.store.open_calls(lease);
        assert_eq!(attempts(open().await.unwrap()), new.attempts + 1);
        let told = CallResult { attempts: left, ..free(new.id, CallState::Ready) };
        end(&desk, lease, told, false).await;
        assert_eq!(attempts(open().await.unwrap()), left);
        new.attempts = left;
    }
}
