//! What tasks asked at once, and the search for an order in which one alone would be told the same.

use crate::subject::at_once;
use std::{
    collections::HashSet,
    fmt::Debug,
    future::Future,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What a store should answer when one call comes after the other.
pub(super) trait Sequential: Clone + Eq + Hash {
    /// What is asked.
    type Call: Clone + Debug + Send + Sync + 'static;
    /// What is told.
    type Answer: Debug + Send + 'static;

    /// How it stands after the call; `None` when this answer cannot be given now.
    fn after(&self, call: &Self::Call, answer: &Self::Answer) -> Option<Self>;
}

/// One task at a store: it makes calls, and may remember what it was told.
pub(super) trait Desk: Clone + Send + Sync + 'static {
    /// What it should be told.
    type Model: Sequential;

    /// Make a call.
    fn make(&mut self, call: Call<Self>) -> impl Future<Output = Answer<Self>> + Send;

    /// What is asked when all others are done.
    fn look() -> Vec<Call<Self>>;
}

pub(super) type Call<D> = <<D as Desk>::Model as Sequential>::Call;
pub(super) type Answer<D> = <<D as Desk>::Model as Sequential>::Answer;

/// A call from its beginning to its end; instants are numbers that grow.
#[derive(Clone, Debug)]
pub(super) struct Event<C, A> {
    call: C,
    answer: A,
    began: u64,
    ended: u64,
}

/// What each task asked and was told.
pub(super) type History<C, A> = Vec<Vec<Event<C, A>>>;

/// Let every task of the plan make its calls, all beginning at once; then look.
pub(super) async fn record<D: Desk>(
    desk: &D,
    plan: Vec<Vec<Call<D>>>,
) -> History<Call<D>, Answer<D>> {
    let clock = Arc::new(AtomicU64::new(0));
    let tasks =
        at_once(plan.len(), |task| make_all(desk.clone(), plan[task].clone(), clock.clone()));
    let mut history = tasks.await;
    history.push(make_all(desk.clone(), D::look(), clock).await);
    history
}

async fn make_all<D: Desk>(
    mut desk: D,
    calls: Vec<Call<D>>,
    clock: Arc<AtomicU64>,
) -> Vec<Event<Call<D>, Answer<D>>> {
    let tick = || clock.fetch_add(1, Ordering::SeqCst);
    let mut events = Vec::new();
    for call in calls {
        let began = tick();
        let answer = desk.make(call.clone()).await;
        events.push(Event { call, answer, began, ended: tick() });
    }
    events
}

/// Whether there is an order of all calls in which each answer is right, and in which no call comes
/// before one that had ended when it began.
///
/// A state that was met before with the same calls behind it is not looked at again, so the search
/// ends soon also where there is no such order.
pub(super) fn is_explained<M: Sequential>(
    start: M,
    history: &[Vec<Event<M::Call, M::Answer>>],
) -> bool {
    let mut met = HashSet::new();
    let mut open = vec![(vec![0; history.len()], start)];
    while let Some((places, state)) = open.pop() {
        if !met.insert((places.clone(), state.clone())) {
            continue;
        }
        let heads = || history.iter().zip(&places).map(|(task, place)| task.get(*place));
        let Some(first_end) = heads().flatten().map(|event| event.ended).min() else {
            return true;
        };
        for (task, head) in heads().enumerate() {
            let Some(event) = head.filter(|event| event.began < first_end) else { continue };
            if let Some(after) = state.after(&event.call, &event.answer) {
                let mut places = places.clone();
                places[task] += 1;
                open.push((places, after));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number that is written and read.
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Register(u8);

    #[derive(Clone, Copy, Debug)]
    enum Does {
        Write,
        Read,
    }
    use Does::{Read, Write};

    impl Sequential for Register {
        type Call = Does;
        type Answer = u8;

        fn after(&self, call: &Does, answer: &u8) -> Option<Self> {
            match call {
                Write => Some(Self(*answer)),
                Read => (self.0 == *answer).then(|| self.clone()),
            }
        }
    }

    /// Each task's calls: what, which number, from when to when.
    fn check(tasks: &[&[(Does, u8, u64, u64)]], expected: bool) {
        let event = |&(call, answer, began, ended): &(Does, u8, u64, u64)| Event {
            call,
            answer,
            began,
            ended,
        };
        let history: Vec<Vec<_>> =
            tasks.iter().map(|task| task.iter().map(event).collect()).collect();
        assert_eq!(is_explained(Register(0), &history), expected, "{history:?}");
    }

    #[test]
    fn a_history_is_explained_or_it_is_not() {
        check(&[], true);
        check(&[&[(Write, 1, 0, 1), (Read, 1, 2, 3)]], true);
        check(&[&[(Write, 1, 0, 1), (Read, 0, 2, 3)]], false);
        // While a write is under way a reader may see what was, or what will be.
        check(&[&[(Write, 1, 0, 9)], &[(Read, 0, 1, 2), (Read, 1, 3, 4)]], true);
        check(&[&[(Write, 1, 0, 9)], &[(Read, 1, 1, 2), (Read, 0, 3, 4)]], false);
        // Once it has ended nobody may see what was.
        check(&[&[(Write, 1, 0, 1)], &[(Read, 0, 2, 3)]], false);
        // Two readers must see two writes in one order.
        let writes: [&[_]; 2] = [&[(Write, 1, 0, 9)], &[(Write, 2, 0, 9)]];
        let one: &[_] = &[(Read, 1, 1, 2), (Read, 2, 3, 4)];
        let other: &[_] = &[(Read, 2, 1, 2), (Read, 1, 3, 4)];
        check(&[writes[0], writes[1], one, one], true);
        check(&[writes[0], writes[1], one, other], false);
    }
}
