//! Who has a place in a runner, and who makes way for a newcomer. Pure.
//!
//! As long as a place is free, the store says whose turn it is. When all are taken, a job that
//! nobody has begun, of a workspace that nobody works for, gets one all the same: the workspace
//! with the most places gives up the one it has had for longest. Its batch begins nothing more,
//! and is given back when what it has on the way has landed.

use super::stop::Stop;
use crate::{WorkspaceId, job::ClaimFilter};
use std::time::Duration;

/// How long whoever has a place keeps it, whoever comes.
const SLICE: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Place {
    number: u64,
    workspace: WorkspaceId,
    since: Duration,
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

    /// Whether more could come before any of these is over. Those that leave are never more than
    /// those that stay, so that what is held in memory has a bound.
    pub(super) fn may_come(&self, filter: ClaimFilter) -> bool {
        let room = self.taken.len() < 2 * self.most;
        room && (!self.is_full() || filter.newcomers().is_some())
    }

    /// Which batches there is room for now: any, newcomers, or none.
    pub(super) fn wanted(&self, filter: ClaimFilter, now: Duration) -> Option<ClaimFilter> {
        let wanted = match self.is_full() {
            false => Some(filter),
            true => self.who_makes_way(now).and(filter.newcomers()),
        };
        wanted.filter(|_| self.may_come(filter))
    }

    /// A batch of this workspace was claimed: its number here, and how it is told to stop. If there
    /// was no place, another one makes way.
    pub(super) fn take(
        &mut self,
        workspace: WorkspaceId,
        now: Duration,
        stop: &Stop,
    ) -> (u64, Stop) {
        let leaves = self.who_makes_way(now).filter(|_| self.is_full());
        for place in self.taken.iter_mut().filter(|it| Some(it.number) == leaves) {
            place.leaves = true;
            place.stop.drain();
        }
        self.next += 1;
        let (number, stop) = (self.next, stop.below());
        let place = Place { number, workspace, since: now, stop: stop.clone(), leaves: false };
        self.taken.push(place);
        (number, stop)
    }

    fn who_makes_way(&self, now: Duration) -> Option<u64> {
        let old = || self.staying().filter(|it| now >= it.since + SLICE);
        let has = |whose| self.staying().filter(|it| it.workspace == whose).count();
        let most = old().map(|it| has(it.workspace)).max()?;
        old().find(|it| has(it.workspace) == most).map(|it| it.number)
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

    /// Claims by these workspaces, each after so many milliseconds: who is asked to leave, by
    /// number, and what may come at once.
    fn check(most: usize, claims: &[(u128, u64)], leaving: &[u64], wanted: Option<ClaimFilter>) {
        let (mut places, mut now) = (Places::new(most), Duration::ZERO);
        for (workspace, after) in claims {
            now += Duration::from_millis(*after);
            places.take(WorkspaceId(Uuid::from_u128(*workspace)), now, &Stop::default());
        }
        let left: Vec<u64> =
            places.taken.iter().filter(|it| it.stop.is_asked()).map(|it| it.number).collect();
        assert_eq!((left.as_slice(), places.wanted(ClaimFilter::Queued, now)), (leaving, wanted));
    }

    #[test]
    fn p082_the_greediest_makes_way_with_what_it_has_had_for_longest() {
        // method: exhaustive
        let newcomers = Some(ClaimFilter::Newcomers { attended: false });
        check(2, &[], &[], Some(ClaimFilter::Queued));
        check(2, &[(1, 0)], &[], Some(ClaimFilter::Queued));
        check(2, &[(1, 0), (1, 0)], &[], None);
        check(2, &[(1, 0), (1, 1_000)], &[], newcomers);
        check(2, &[(1, 0), (1, 0), (2, 1_000)], &[1], newcomers);
        check(2, &[(1, 0), (1, 0), (2, 1_000), (3, 0)], &[1, 2], None);
        check(3, &[(1, 0), (2, 0), (2, 0), (3, 1_000)], &[2], newcomers);
        check(3, &[(1, 0), (2, 0), (2, 0), (3, 1_000), (4, 0)], &[1, 2], newcomers);
        check(1, &[(1, 0), (2, 1_000)], &[1], None);
        check(2, &[(1, 0), (1, 0), (2, 1_000), (3, 0), (4, 999)], &[1, 2], None);
    }
}
