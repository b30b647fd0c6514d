//! Permits that a batch was given by the store, and what became of them. Pure: instants are
//! arguments, on the monotonic clock.

use crate::job::{Cool, PermitClaim, RateLimit, Returned, SPAN, Told};
use std::time::Duration;

/// How many claims a window has room for: more are asked for at once where more calls are made.
const CLAIMS: u32 = 20;

/// The longest that is waited for the sake of fewer claims.
const PAUSE: Duration = Duration::from_secs(3);

/// How many claims may come at once before they are spread.
const AT_ONCE: u32 = 10;

/// A permit that a call holds, and until when it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    slice: u64,
    /// Until then its call may leave.
    pub(super) until: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    number: u64,
    until: Duration,
    left: u32,
    /// How many calls hold one and have not left.
    out: u32,
    used: u32,
    last_used: Duration,
}

impl Held {
    /// Whether nothing of it will be used any more.
    fn is_spent(&self, now: Duration) -> bool {
        self.until < now || (self.left == 0 && self.out == 0)
    }
}

/// Permits under the same limits.
#[derive(Clone, Debug, Default)]
pub(super) struct Purse {
    limits: Vec<RateLimit>,
    slices: Vec<Held>,
    /// Asked for and not answered: its number, since when, and how long it lasts.
    asked: Option<(u64, Duration, Duration)>,
    /// When the claims so far would have been made had they been spread evenly.
    spread: Duration,
    /// Until when the store has no room: nobody asks before.
    shut: Duration,
    /// Until when the vendor wants to be left alone.
    cool: Option<Duration>,
    /// Until when the store knows that it does.
    cool_told: Option<Duration>,
}

/// By how much more than the store knows a vendor must want to be left alone to be worth telling:
/// what is on its way is throttled too.
const MUCH: Duration = Duration::from_secs(1);

impl Purse {
    /// The vendor throttled a call and wants to be left alone until then.
    pub(super) fn cool(&mut self, until: Duration) {
        self.cool = self.cool.max(Some(until));
    }

    /// Whether that is news to the other processes.
    pub(super) fn has_news(&self, now: Duration) -> bool {
        let known = self.cool_told.map_or(now, |it| it.saturating_add(MUCH).max(now));
        !self.limits.is_empty() && self.cool.is_some_and(|until| until > known)
    }

    /// What the others are told of it, under the narrowest of the limits: what else the vendor
    /// offers may be let through.
    fn news(&mut self, now: Duration) -> Option<Cool> {
        let until = self.cool.filter(|_| self.has_news(now))?;
        self.cool_told = Some(until);
        let key = self.limits.last()?.key;
        Some(Cool { key, lasts: until.saturating_sub(now) })
    }

    /// Whether the store was asked and has not answered.
    pub(super) fn is_waiting(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether there is a permit to use now.
    pub(super) fn has(&self, now: Duration) -> bool {
        self.slices.iter().any(|it| it.left > 0 && now <= it.until)
    }

    /// Until when there is none, if the store has said so.
    pub(super) fn is_shut(&self, now: Duration) -> Option<Duration> {
        Some(self.shut).filter(|until| *until > now)
    }

    /// There may be room by now.
    pub(super) fn open(&mut self) {
        self.shut = Duration::ZERO;
    }

    /// Take a permit.
    pub(super) fn take(&mut self, now: Duration) -> Option<Ticket> {
        let slice = self.slices.iter_mut().find(|it| it.left > 0 && now <= it.until)?;
        (slice.left, slice.out) = (slice.left - 1, slice.out + 1);
        Some(Ticket { slice: slice.number, until: slice.until })
    }

    fn slice(&mut self, ticket: Ticket) -> Option<&mut Held> {
        self.slices.iter_mut().find(|it| it.number == ticket.slice)
    }

    /// A call does not leave after all.
    pub(super) fn put_back(&mut self, ticket: Ticket) {
        if let Some(slice) = self.slice(ticket) {
            (slice.left, slice.out) = (slice.left + 1, slice.out.saturating_sub(1));
        }
    }

    /// A call has left.
    pub(super) fn spend(&mut self, ticket: Ticket, now: Duration) {
        if let Some(slice) = self.slice(ticket) {
            slice.out = slice.out.saturating_sub(1);
            (slice.used, slice.last_used) = (slice.used + 1, now);
        }
    }

    /// Ask for as many, and for a little more than that, so that not every call asks; and tell of
    /// what is spent.
    pub(super) fn claim(
        &mut self,
        (limits, told): (Vec<RateLimit>, Vec<Told>),
        (holder, slice): (u64, u64),
        wanted: u32,
        now: Duration,
    ) -> PermitClaim {
        let rates = || limits.iter().flat_map(|it| &it.rates);
        let ahead = rates().map(|it| (it.max / CLAIMS).saturating_sub(1)).min().unwrap_or(0);
        let span = SPAN.min(shortest(&limits));
        self.asked = Some((slice, now, span));
        self.spread = self.spread.max(now).saturating_add(pause(&limits));
        self.limits.clone_from(&limits);
        let (want, returned) = (wanted.saturating_add(ahead), self.give_back(now, false));
        let cool = self.news(now);
        PermitClaim { limits, holder, slice, want, span, returned, cool, told }
    }

    /// Tell of what is spent as soon as it is, where nothing more is wanted: until then it counts
    /// as if it were used at its end, and others wait for room that is there.
    pub(super) fn tell(
        &mut self,
        (holder, slice): (u64, u64),
        now: Duration,
    ) -> Option<PermitClaim> {
        if self.is_waiting() {
            return None;
        }
        let (returned, cool) = (self.give_back(now, false), self.news(now));
        if returned.is_empty() && cool.is_none() {
            return None;
        }
        let (limits, span) = (self.limits.clone(), SPAN.min(shortest(&self.limits)));
        self.asked = Some((slice, now, span));
        Some(PermitClaim { limits, holder, slice, want: 0, span, returned, cool, told: Vec::new() })
    }

    /// Give everything back, if there is anything.
    pub(super) fn close(
        &mut self,
        (holder, slice): (u64, u64),
        now: Duration,
    ) -> Option<PermitClaim> {
        let (returned, cool) = (self.give_back(now, true), self.news(now));
        if returned.is_empty() && cool.is_none() {
            return None;
        }
        let limits = std::mem::take(&mut self.limits);
        let span = SPAN.min(shortest(&limits));
        self.asked = Some((slice, now, span));
        Some(PermitClaim { limits, holder, slice, want: 0, span, returned, cool, told: Vec::new() })
    }

    fn give_back(&mut self, now: Duration, all: bool) -> Vec<Returned> {
        let (over, on): (Vec<Held>, Vec<Held>) =
            self.slices.iter().partition(|it| all || it.is_spent(now));
        self.slices = on;
        let told = |it: Held| Returned {
            slice: it.number,
            used: it.used,
            last_used_ago: now.saturating_sub(it.last_used),
        };
        over.into_iter().map(told).collect()
    }

    /// The store has given so many.
    pub(super) fn granted(&mut self, count: u32) {
        let Some((number, since, span)) = self.asked.take() else { return };
        if count > 0 {
            let until = since.saturating_add(span);
            let (left, last_used) = (count, since);
            self.slices.push(Held { number, until, left, out: 0, used: 0, last_used });
        }
    }

    /// The store gave none: when to ask again. Where room comes in small pieces, and was asked for
    /// often of late, they are waited for together.
    pub(super) fn refused(&mut self, wait: Duration, now: Duration) -> Duration {
        self.asked = None;
        let ahead = pause(&self.limits) * AT_ONCE;
        self.shut = now.saturating_add(wait).max(self.spread.saturating_sub(ahead));
        self.shut
    }

    /// The store did not answer, and never will.
    pub(super) fn failed(&mut self) {
        self.asked = None;
    }
}

/// How far claims are apart when they are spread.
fn pause(limits: &[RateLimit]) -> Duration {
    (shortest(limits) / CLAIMS).min(PAUSE)
}

fn shortest(limits: &[RateLimit]) -> Duration {
    limits.iter().flat_map(|it| &it.rates).map(|it| it.per).min().unwrap_or(SPAN)
}
