//! A vendor's rate in all processes together: permits, given out in slices.
//!
//! A slice is a number of permits that one batch may use within a few seconds of having asked. The
//! store counts it in every window from then on until it has ended and the window has passed. Who
//! says what became of a slice makes it smaller and ends it sooner; who says nothing lets it
//! lapse. Only spans cross the port, so no two clocks have to agree.

use crate::{Error, Result, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The longest a slice lasts.
pub const SPAN: Duration = Duration::from_secs(5);

/// How long somebody is reckoned with who held permits, or was refused, and has not come back.
pub const REMEMBERED: Duration = Duration::from_secs(3);

/// How much longer than any slice one may seem to last before a clock must have gone back: those
/// who wait for a lock have read theirs before.
const SLACK: Duration = Duration::from_secs(60);

/// By how much a window is kept longer than the vendor's, who counts when calls arrive, not when
/// they leave: a fiftieth, at most a quarter second.
pub(crate) fn kept(per: Duration) -> Duration {
    per.saturating_add((per / 50).min(Duration::from_millis(250)))
}

/// The longest that a vendor is left alone because it said so to one process: after that somebody
/// asks again.
pub const COOLEST: Duration = Duration::from_secs(3_600);

/// The least that what a vendor told of a window is remembered when nobody hears it again.
pub const TOLD: Duration = Duration::from_secs(3_600);

/// Whose slices say what a vendor told: nobody's. The first says until when it is to be left alone,
/// any other how many calls a window holds; its number is the window's length in milliseconds.
const NOBODY: u64 = u64::MAX;

/// The number of the slice that says until when a vendor is to be left alone.
const COOL: u64 = 1;

/// So many calls in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub max: u32,
    /// In how long.
    pub per: Duration,
}

/// What is limited, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// A hash of the vendor, its address, the key, and the endpoint where that has its own limit.
    pub key: [u8; 32],
    /// Its windows.
    pub rates: Vec<Rate>,
}

/// What became of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned {
    /// Its number.
    pub slice: u64,
    /// How many of its permits were used.
    pub used: u32,
    /// How long before the claim that says so the last one was.
    pub last_used_ago: Duration,
}

/// A vendor asked to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cool {
    /// Under which of a claim's keys.
    pub key: [u8; 32],
    /// For how long from the claim on that says so.
    pub lasts: Duration,
}

/// How many calls a window holds, as the vendor said itself: that counts for all who ask under the
/// key, whatever they thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Under which of a claim's keys.
    pub key: [u8; 32],
    /// What it said.
    pub rate: Rate,
    /// How long before the claim it said so: of several words the latest counts.
    pub ago: Duration,
}

/// Asks for permits, and tells what became of those before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermitClaim {
    /// What a permit must count under: all of them.
    pub limits: Vec<RateLimit>,
    /// Who asks.
    pub holder: u64,
    /// The number of the slice among the holder's: a repeat is a repeat.
    pub slice: u64,
    /// How many are wanted; none, when there is only something to tell.
    pub want: u32,
    /// How long after having asked the holder may use them.
    pub span: Duration,
    /// Slices that the holder will use no more.
    pub returned: Vec<Returned>,
    /// What the vendor asked for, when it throttled a call.
    pub cool: Option<Cool>,
    /// What it told of its windows.
    pub told: Vec<Told>,
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permits {
    /// So many may be used.
    Granted(u32),
    /// None; there is room after so long.
    NotBefore(Duration),
}

/// A slice as a store keeps it, under one limit. One of no permits remembers who was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Who holds it.
    pub holder: u64,
    /// Its number among the holder's.
    pub number: u64,
    /// How many permits.
    pub count: u32,
    /// Until when they are used; of a refusal, until when there was no room.
    pub ends_at: Timestamp,
    /// When it counts nowhere any more.
    pub lapses_at: Timestamp,
}

impl Slice {
    fn counts(&self, rate: Rate, at: Timestamp) -> bool {
        !self.is_word() && self.ends_at.after(kept(rate.per)) > at
    }

    /// Whether its holder is still reckoned with.
    fn is_present(&self, at: Timestamp) -> bool {
        !self.is_word() && self.ends_at.after(REMEMBERED) > at
    }

    /// Whether it says that the vendor is to be left alone.
    fn is_cool(&self) -> bool {
        self.is_word() && self.number == COOL
    }

    /// Whether it says what the vendor told.
    fn is_word(&self) -> bool {
        self.holder == NOBODY
    }

    /// What the vendor told of a window, if it says that.
    fn told(&self) -> Option<Rate> {
        let told = self.is_word() && self.number != COOL;
        told.then(|| Rate { max: self.count, per: Duration::from_millis(self.number) })
    }

    fn end(&mut self, at: Timestamp) {
        if at < self.ends_at {
            self.lapses_at = self.lapses_at.before(self.ends_at.since(at));
            self.ends_at = at;
        }
    }
}

impl RateLimit {
    fn is_odd(&self) -> bool {
        !(1..=Rate::MOST).contains(&self.rates.len())
    }

    /// The same with what the vendor told in the place of what was thought.
    fn as_told(&self, slices: &[Slice], at: Timestamp) -> Self {
        let told = slices.iter().filter(|it| it.lapses_at > at).filter_map(Slice::told);
        let mut rates = self.rates.clone();
        for rate in told {
            match rates.iter_mut().find(|it| it.per == rate.per) {
                Some(known) => *known = rate,
                None => rates.push(rate),
            }
        }
        Self { key: self.key, rates }
    }

    fn longest(&self) -> Duration {
        self.rates.iter().map(|it| kept(it.per)).max().unwrap_or_default()
    }

    fn is_full(&self, slices: &[Slice], at: Timestamp) -> bool {
        self.rates.iter().any(|rate| rate.counted(slices, at, |_| true) >= rate.max)
    }

    /// How many a holder may be given. Beside others nobody is given more at once than its share;
    /// while one of them waits for room, nobody has more than that.
    fn room(&self, slices: &[Slice], holder: u64, at: Timestamp) -> u32 {
        if slices.iter().any(|it| it.is_cool() && it.ends_at > at) {
            return 0;
        }
        let present = || slices.iter().filter(|it| it.holder != holder && it.is_present(at));
        let others: BTreeSet<u64> = present().map(|it| it.holder).collect();
        let holders = u32::try_from(others.len()).unwrap_or(u32::MAX).saturating_add(1);
        let somebody_waits = present().any(|it| it.count == 0);
        let room = |rate: &Rate| {
            let share = (rate.max / holders).max(1);
            let left = rate.max.saturating_sub(rate.counted(slices, at, |_| true));
            if !somebody_waits {
                return left.min(share);
            }
            let open = |holder: u64| {
                share.saturating_sub(rate.counted(slices, at, |it| it.holder == holder))
            };
            // Its own share, or what would be left if all others had theirs.
            let theirs = others.iter().fold(0_u32, |sum, it| sum.saturating_add(open(*it)));
            left.min(share).min(open(holder).max(left.saturating_sub(theirs)))
        };
        self.rates.iter().map(room).min().unwrap_or(u32::MAX)
    }

    /// Every instant at which there may be more room than before.
    fn turns<'a>(&'a self, slices: &'a [Slice]) -> impl Iterator<Item = Timestamp> + 'a {
        slices.iter().filter(|it| it.told().is_none()).flat_map(|slice| {
            let ends = self.rates.iter().map(|rate| slice.ends_at.after(kept(rate.per)));
            let cool = slice.is_cool().then_some(slice.ends_at);
            ends.chain([slice.ends_at.after(REMEMBERED)]).chain(cool)
        })
    }
}

impl Rate {
    /// The most windows of one limit.
    pub const MOST: usize = 16;

    /// Whether a vendor's word on it is passed on: a window has a second to a year, and whole
    /// milliseconds.
    pub(crate) fn can_be_told(self) -> bool {
        let usual = Duration::from_secs(1)..=Duration::from_secs(366 * 86_400);
        let whole = self.per.subsec_nanos().is_multiple_of(1_000_000);
        self.max > 0 && usual.contains(&self.per) && whole
    }

    fn counted(&self, slices: &[Slice], at: Timestamp, whose: impl Fn(&Slice) -> bool) -> u32 {
        let counting = slices.iter().filter(|it| whose(it) && it.counts(*self, at));
        counting.fold(0, |sum, it| sum.saturating_add(it.count))
    }
}

/// Slices by the key that they count under.
pub type Slices = BTreeMap<[u8; 32], Vec<Slice>>;

impl PermitClaim {
    /// Refuse what no store should see.
    pub fn validate(&self) -> Result<()> {
        let wrong = |field: &'static str, what: &'static str| {
            Err(Error::invalid("job.claim_permits", field, what))
        };
        let rates = || self.limits.iter().flat_map(|it| &it.rates);
        if !(1..=8).contains(&self.limits.len()) || self.limits.iter().any(|it| it.is_odd()) {
            return wrong("limits", "must be 1 to 8, of 1 to 16 windows each");
        }
        let keys: BTreeSet<_> = self.limits.iter().map(|it| it.key).collect();
        if keys.len() != self.limits.len() {
            return wrong("limits", "must be of different keys");
        }
        if rates().any(|it| it.max == 0 || it.per.is_zero()) {
            return wrong("limits", "must let something through");
        }
        let shortest = rates().map(|it| it.per).min().unwrap_or_default();
        if self.span.is_zero() || self.span > SPAN.min(shortest) {
            return wrong("span", "must be positive, and no longer than a window or 5 s");
        }
        if self.slice == 0 || self.returned.len() > 1_000 {
            return wrong("slice", "must be numbered from 1, and return at most 1,000 others");
        }
        if self.holder == NOBODY {
            return wrong("holder", "must be somebody");
        }
        if self.cool.is_some_and(|it| !keys.contains(&it.key) || it.lasts.is_zero()) {
            return wrong("cool", "must be under a key of the claim, and last");
        }
        let sane = |it: &Told| keys.contains(&it.key) && it.rate.can_be_told();
        if self.told.len() > Rate::MOST || !self.told.iter().all(sane) {
            return wrong(
                "told",
                "must be at most 16 windows, a second to a year long, under its keys",
            );
        }
        Ok(())
    }

    /// What a store answers and what it keeps from then on, of what it has under these keys.
    pub fn decide(&self, kept: &mut Slices, now: Timestamp) -> Permits {
        self.learn(kept, now);
        let slices = |it: &RateLimit| kept.get(&it.key).map_or(&[][..], Vec::as_slice);
        let limits = self.limits.iter().map(|it| it.as_told(slices(it), now)).collect();
        Self { limits, ..self.clone() }.decide_as_told(kept, now)
    }

    /// Of each window the vendor's latest word is kept, whoever heard it.
    fn learn(&self, kept: &mut Slices, now: Timestamp) {
        for Told { key, rate, ago } in &self.told {
            let number = u64::try_from(rate.per.as_millis()).unwrap_or(u64::MAX);
            let at = now.before(*ago);
            let (lapses_at, ends_at) = (at.after(TOLD.max(self::kept(rate.per))), at);
            let word = Slice { holder: NOBODY, number, count: rate.max, ends_at, lapses_at };
            let slices = kept.entry(*key).or_default();
            match slices.iter_mut().find(|it| (it.holder, it.number) == (NOBODY, number)) {
                Some(before) if before.ends_at > at => {}
                Some(before) => *before = word,
                None => slices.push(word),
            }
        }
    }

    fn decide_as_told(&self, kept: &mut Slices, now: Timestamp) -> Permits {
        for limit in &self.limits {
            let slices = kept.entry(limit.key).or_default();
            self.take_back(limit, slices, now);
            slices.retain(|it| it.lapses_at > now);
        }
        self.leave_alone(kept, now);
        if let Some(count) = self.granted_before(kept) {
            return Permits::Granted(count);
        }
        if self.want == 0 {
            return Permits::Granted(0);
        }
        for limit in &self.limits {
            // Whoever comes again waits no more.
            let waits = |it: &Slice| it.holder == self.holder && it.count == 0;
            kept.entry(limit.key).or_default().retain(|it| !waits(it));
        }
        match self.room(kept, now).min(self.want) {
            0 => self.refuse(kept, now),
            count => self.grant(kept, now, count),
        }
    }

    /// The vendor is left alone by everybody for as long as it asked one for, or another.
    fn leave_alone(&self, kept: &mut Slices, now: Timestamp) {
        let Some(Cool { key, lasts }) = self.cool else { return };
        let slices = kept.entry(key).or_default();
        let until = now.after(lasts.min(COOLEST));
        match slices.iter_mut().find(|it| it.is_cool()) {
            Some(cool) => {
                cool.ends_at = cool.ends_at.max(until);
                cool.lapses_at = cool.ends_at;
            }
            None => {
                let (holder, number, count) = (NOBODY, COOL, 0);
                slices.push(Slice { holder, number, count, ends_at: until, lapses_at: until });
            }
        }
    }

    fn granted_before(&self, kept: &Slices) -> Option<u32> {
        let slices = kept.get(&self.limits.first()?.key)?;
        let ours = |it: &&Slice| (it.holder, it.number) == (self.holder, self.slice);
        slices.iter().find(ours).map(|it| it.count).filter(|count| *count > 0)
    }

    /// What was not used is there for others at once. It is believed only that less was used, and
    /// sooner, than was given.
    fn take_back(&self, limit: &RateLimit, slices: &mut Vec<Slice>, now: Timestamp) {
        for told in &self.returned {
            let ours = |it: &Slice| (it.holder, it.number) == (self.holder, told.slice);
            if told.used == 0 {
                slices.retain(|it| !ours(it));
            }
            for slice in slices.iter_mut().filter(|it| ours(it)) {
                slice.count = slice.count.min(told.used);
                slice.end(now.before(told.last_used_ago));
            }
        }
        for slice in slices {
            let most = match slice.count {
                _ if slice.is_word() => COOLEST,
                0 => SPAN + limit.longest(),
                _ => SPAN,
            };
            slice.end(now.after(most + SLACK));
        }
    }

    fn room(&self, kept: &Slices, at: Timestamp) -> u32 {
        let of = |limit: &RateLimit| limit.room(&kept[&limit.key], self.holder, at);
        self.limits.iter().map(of).min().unwrap_or(0)
    }

    fn grant(&self, kept: &mut Slices, now: Timestamp, count: u32) -> Permits {
        let ends_at = now.after(self.span);
        for limit in &self.limits {
            let lapses_at = ends_at.after(limit.longest().max(REMEMBERED));
            self.keep(kept, limit, Slice { count, ends_at, lapses_at, ..self.blank(now) });
        }
        Permits::Granted(count)
    }

    /// Whoever is refused for want of room is remembered, so that there is some when it comes back.
    fn refuse(&self, kept: &mut Slices, now: Timestamp) -> Permits {
        let limits = self.limits.iter();
        let mut turns: Vec<Timestamp> =
            limits.flat_map(|it| it.turns(&kept[&it.key])).filter(|at| *at > now).collect();
        turns.sort_unstable();
        // As long as nobody is given anything there is ever more room.
        let first = turns.partition_point(|at| self.room(kept, *at) == 0);
        let at = turns.get(first).copied().unwrap_or(now.after(SPAN));
        let lapses_at = at.after(REMEMBERED);
        for limit in &self.limits {
            if limit.is_full(&kept[&limit.key], now) {
                let refusal = Slice { ends_at: at, lapses_at, ..self.blank(now) };
                self.keep(kept, limit, refusal);
            }
        }
        Permits::NotBefore(at.since(now))
    }

    fn keep(&self, kept: &mut Slices, limit: &RateLimit, slice: Slice) {
        kept.entry(limit.key).or_default().push(slice);
    }

    fn blank(&self, now: Timestamp) -> Slice {
        let (holder, number) = (self.holder, self.slice);
        Slice { holder, number, count: 0, ends_at: now, lapses_at: now }
    }
}
