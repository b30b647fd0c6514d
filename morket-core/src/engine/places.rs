//! Who has a place in a runner, and who makes way for a newcomer. Pure.
//!
//! As long as a place is free, the store says whose turn it is. When all are taken, a job that
//! nobody has begun, of a workspace that nobody works for, gets one all the same: the workspace
//! with the most places gives up the one it has had for longest. Its batch begins nothing more,
//! and is given back when what it has on the way has landed.

use super::stop::Stop;
use crate::{WorkspaceId, job::ClaimFilter};

#[derive(Debug)]
struct Place {
    number: u64,
    workspace: WorkspaceId,
    stop: Stop,
    leaves: bool,
}

/// The places of a runner.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    next: u64,
    /// The one that was taken first comes first.
    taken: Vec<Place>,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self { most, next: 0, taken: Vec::new() }
    }

    fn staying(&self) -> impl Iterator<Item = &Place> {
        self.taken.iter().filter(|it| !it.leaves)
    }

    fn is_full(&self) -> bool {
        self.staying().count() >= self.most
    }

    /// Which batches there is room for: any, newcomers, or none. Those that leave are never more
    /// than those that stay, so that what is held in memory has a bound.
    pub(super) fn wanted(&self, filter: ClaimFilter) -> Option<ClaimFilter> {
        match self.is_full() {
            false if self.taken.len() < 2 * self.most => Some(filter),
            true if self.taken.len() < 2 * self.most => filter.newcomers(),
            _ => None,
        }
    }

    /// A batch of this workspace was claimed: its number here, and how it is told to stop. If there
    /// was no place, another one makes way.
    pub(super) fn take(&mut self, workspace: WorkspaceId, stop: &Stop) -> (u64, Stop) {
        if self.is_full() {
            self.make_way();
        }
        self.next += 1;
        let (number, stop) = (self.next, stop.below());
        self.taken.push(Place { number, workspace, stop: stop.clone(), leaves: false });
        (number, stop)
    }

    fn make_way(&mut self) {
        let has = |whose| self.staying().filter(|it| it.workspace == whose).count();
        let most = self.staying().map(|it| has(it.workspace)).max();
        let first = self.staying().find(|it| Some(has(it.workspace)) == most);
        let Some(number) = first.map(|it| it.number) else { return };
        for place in self.taken.iter_mut().filter(|it| it.number == number) {
            place.leaves = true;
            place.stop.drain();
        }
    }

    /// A batch is over for this runner.
    pub(super) fn leave(&mut self, number: u64) {
        self.taken.retain(|it| it.number != number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// Claims by these workspaces in order: who is asked to leave, by number.
    fn check(most: usize, claims: &[u128], leaving: &[u64], wanted: Option<ClaimFilter>) {
        let mut places = Places::new(most);
        for workspace in claims {
            places.take(WorkspaceId(Uuid::from_u128(*workspace)), &Stop::default());
        }
        let left: Vec<u64> =
            places.taken.iter().filter(|it| it.stop.is_asked()).map(|it| it.number).collect();
        assert_eq!((left.as_slice(), places.wanted(ClaimFilter::Queued)), (leaving, wanted));
    }

    #[test]
    fn p082_the_greediest_makes_way_with_what_it_has_had_for_longest() {
        // method: exhaustive
        let newcomers = Some(ClaimFilter::Newcomers { attended: false });
        check(2, &[], &[], Some(ClaimFilter::Queued));
        check(2, &[1], &[], Some(ClaimFilter::Queued));
        check(2, &[1, 1], &[], newcomers);
        check(2, &[1, 1, 2], &[1], newcomers);
        check(2, &[1, 1, 2, 3], &[1, 2], None);
        check(3, &[1, 2, 2, 3], &[2], newcomers);
        check(3, &[1, 2, 2, 3, 4], &[1, 2], newcomers);
        check(1, &[1, 2], &[1], None);
        check(1, &[1], &[], newcomers);
    }
}
