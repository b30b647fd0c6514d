//! The rate governor: several windows at once, kept exactly. Pure: instants are arguments, on the
//! monotonic clock.
//!
//! A permit is a place in time. Who asks gets the next instant at which every window has room, so
//! nobody polls and nobody overtakes. A vendor counts when calls arrive, not when they leave, so
//! windows are kept a little longer than the vendor's.

use crate::{
    job::{Rate, kept},
    provider::{LimitHint, Window},
};
use std::{collections::VecDeque, time::Duration};

/// How far ahead permits are given; beyond it a caller waits without one.
pub const HORIZON: Duration = Duration::from_secs(5);

/// The shortest and the longest wait after a throttled call that does not say how long.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

#[derive(Clone, Debug)]
struct Kept {
    max: usize,
    per: Duration,
    given: VecDeque<Duration>,
    /// When the vendor last said how many it holds: that counts more than what was thought.
    told: Option<Duration>,
    /// Room that it told of begins where the last place was given: nobody overtakes, and what is
    /// not remembered of before fits.
    from: Duration,
}

impl Kept {
    fn room_at(&self) -> Duration {
        let room = match self.given.len() >= self.max {
            true => self.given[self.given.len() - self.max].saturating_add(kept(self.per)),
            false => Duration::ZERO,
        };
        room.max(self.from)
    }

    /// The vendor says how many it holds: its latest word counts. Whether that is more than before.
    fn tell(&mut self, now: Duration, max: usize) -> bool {
        let wider = max > self.max;
        if wider {
            self.from = self.given.back().copied().unwrap_or_default();
        }
        (self.max, self.told) = (max, Some(now));
        wider
    }

    /// Twice as many are remembered as count: of those that count some may be given back.
    fn give(&mut self, at: Duration) {
        self.given.push_back(at);
        while self.given.len() > self.max.saturating_mul(2) {
            self.given.pop_front();
        }
    }

    fn take_back(&mut self, at: Duration) {
        if let Some(place) = self.given.iter().rposition(|it| *it == at) {
            self.given.remove(place);
        }
    }
}

/// A place in time, or none near enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The call may leave at this instant.
    At(Duration),
    /// Nothing was given; ask again then.
    NotBefore(Duration),
}

/// The limits of one credential, or of one of its endpoints.
#[derive(Clone, Debug, Default)]
pub struct Governor {
    windows: Vec<Kept>,
    blocked_until: Duration,
    throttled: u32,
}

impl Governor {
    /// A governor that keeps these windows.
    pub fn new(windows: impl IntoIterator<Item = Window>) -> Self {
        let mut governor = Self::default();
        governor.add(windows);
        governor
    }

    /// Keep these windows too; of one length the tighter one is kept, unless the vendor has told
    /// how many calls it holds.
    pub fn add(&mut self, windows: impl IntoIterator<Item = Window>) {
        for window in windows {
            let max = window.max as usize;
            let known = self.window(window.per, max);
            if known.told.is_none() {
                known.max = known.max.min(max);
            }
        }
    }

    /// The window of this length; one that was not known holds so many.
    fn window(&mut self, per: Duration, max: usize) -> &mut Kept {
        let at = self.windows.iter().position(|it| it.per == per).unwrap_or_else(|| {
            // What has left already counts in a window that was learned late.
            let known = self.windows.iter().map(|it| &it.given).max_by_key(|it| it.len());
            let given = known.cloned().unwrap_or_default();
            let (told, from) = (None, Duration::ZERO);
            self.windows.push(Kept { max, per, given, told, from });
            self.windows.len() - 1
        });
        &mut self.windows[at]
    }

    /// Its windows, as other processes are told of them: what a header makes up is not among them.
    pub fn rates(&self) -> impl Iterator<Item = Rate> + '_ {
        let max = |it: &Kept| u32::try_from(it.max).unwrap_or(u32::MAX);
        let rates = self.windows.iter().map(move |it| Rate { max: max(it), per: it.per });
        rates.filter(|it| it.max > 0 && !it.per.is_zero()).take(Rate::MOST)
    }

    /// The first instant with room in every window.
    pub fn free_at(&self, now: Duration) -> Duration {
        let room = self.windows.iter().map(Kept::room_at);
        room.fold(now.max(self.blocked_until), Duration::max)
    }

    /// Take the place at `at`, which [`free_at`](Self::free_at) found.
    pub fn take(&mut self, at: Duration) {
        for window in &mut self.windows {
            window.give(at);
        }
    }

    /// The call that had the place at `at` did not leave: another may have it.
    pub fn give_back(&mut self, at: Duration) {
        for window in &mut self.windows {
            window.take_back(at);
        }
    }

    /// The vendor throttled a call: nothing more leaves for as long as it says, or for ever longer
    /// when it does not.
    pub fn throttled(&mut self, now: Duration, retry_after: Option<Duration>) -> Duration {
        let backoff = BACKOFF.0 * 2_u32.pow(self.throttled.min(6));
        self.throttled = self.throttled.saturating_add(1);
        let wait = retry_after.unwrap_or(backoff.min(BACKOFF.1));
        self.blocked_until = self.blocked_until.max(now.saturating_add(wait));
        self.blocked_until
    }

    /// A call was let through.
    pub fn served(&mut self) {
        self.throttled = 0;
    }

    /// What of them the vendor has told, and when.
    pub fn told(&self) -> impl Iterator<Item = (Rate, Duration)> + '_ {
        let max = |it: &Kept| u32::try_from(it.max).unwrap_or(u32::MAX);
        let told = self
            .windows
            .iter()
            .filter_map(move |it| Some((Rate { max: max(it), per: it.per }, it.told?)));
        told.filter(|(it, _)| it.can_be_told()).take(Rate::MOST / 2)
    }

    /// What a header told. A window holds what the vendor says; an empty one blocks. Whether there
    /// is more room than was thought.
    pub fn learn(&mut self, now: Duration, hint: LimitHint) -> bool {
        if let (Some(0), Some(resets)) = (hint.left, hint.resets_in) {
            self.blocked_until = self.blocked_until.max(now.saturating_add(resets));
        }
        let max = hint.max.filter(|max| *max > 0).map(|it| it as usize);
        max.is_some_and(|max| self.window(hint.per, max).tell(now, max))
    }
}

/// One place in several governors at once: those of the credential and of the endpoint.
pub fn reserve(governors: &mut [&mut Governor], now: Duration) -> Slot {
    let at = governors.iter().map(|it| it.free_at(now)).fold(now, Duration::max);
    if at > now + HORIZON {
        return Slot::NotBefore(at);
    }
    for governor in governors {
        governor.take(at);
    }
    Slot::At(at)
}
