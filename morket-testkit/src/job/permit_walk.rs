//! Holders that ask, use, tell and die as they like: whatever they do, no window is exceeded.

use crate::{Subject, random::check_all};
use morket_core::job::{PermitClaim, Permits, Rate, RateLimit, Returned};
use proptest::{collection::vec, prelude::*};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Something that a holder does, or that happens to it.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// It asks for so many, and tells of what it has used up.
    Claim(u32),
    /// It sends a request, if it may.
    Use,
    /// It gives everything back.
    Close,
    /// It forgets all that it was given.
    Die,
    /// So many milliseconds pass.
    Pass(u64),
}

fn deeds() -> impl Strategy<Value = Vec<(u64, Deed)>> {
    let deed = prop_oneof![
        3 => (1..6_u32).prop_map(Deed::Claim),
        6 => Just(Deed::Use),
        1 => Just(Deed::Close),
        1 => Just(Deed::Die),
        3 => (1..3_000_u64).prop_map(Deed::Pass),
    ];
    vec((1..4_u64, deed), 1..60)
}

const RATES: [Rate; 2] =
    [Rate { max: 3, per: Duration::from_secs(2) }, Rate { max: 4, per: Duration::from_secs(10) }];

/// What a holder was given: its number, until when, how many, how many used, and when last.
#[derive(Clone, Copy, Debug)]
struct Held {
    number: u64,
    until: Duration,
    given: u32,
    used: u32,
    last: Duration,
}

/// One key, its holders, and every request that was sent.
struct Walk {
    subject: Subject,
    key: [u8; 32],
    now: Duration,
    numbers: u64,
    held: BTreeMap<u64, Vec<Held>>,
    sent: Vec<Duration>,
}

impl Walk {
    async fn ask(&mut self, holder: u64, want: u32, all: bool) {
        self.numbers += 1;
        let held = self.held.entry(holder).or_default();
        let now = self.now;
        let over = |it: &Held| all || it.until < now || it.used == it.given;
        let told = held.iter().copied().filter(over).map(|it| Returned {
            slice: it.number,
            used: it.used,
            last_used_ago: now - it.last,
        });
        let (returned, span) = (told.collect(), Duration::from_secs(2));
        held.retain(|it| !over(it));
        let limits = vec![RateLimit { key: self.key, rates: RATES.to_vec() }];
        let slice = self.numbers;
        let (cool, told) = (None, Vec::new());
        let claim = PermitClaim { limits, holder, slice, want, span, returned, cool, told };
        if let Permits::Granted(given) = self.subject.store.claim_permits(claim).await.unwrap() {
            let until = now + span;
            held.push(Held { number: slice, until, given, used: 0, last: now });
        }
    }

    fn send(&mut self, holder: u64) {
        let now = self.now;
        let held = self.held.entry(holder).or_default();
        let may = held.iter_mut().find(|it| it.used < it.given && now <= it.until);
        if let Some(slice) = may {
            (slice.used, slice.last) = (slice.used + 1, now);
            self.sent.push(now);
        }
    }

    async fn step(&mut self, (holder, deed): (u64, Deed)) {
        match deed {
            Deed::Claim(want) => self.ask(holder, want, false).await,
            Deed::Use => self.send(holder),
            Deed::Close => self.ask(holder, 0, true).await,
            Deed::Die => drop(self.held.remove(&holder)),
            Deed::Pass(millis) => {
                let by = Duration::from_millis(millis);
                self.subject.clock.advance(by).await;
                self.now += by;
            }
        }
    }

    /// In any span of a window's length no more was sent than it lets through.
    fn check(&self) {
        for (rate, first) in RATES.iter().flat_map(|it| self.sent.iter().map(move |at| (it, at))) {
            let within = |at: &&Duration| *at >= first && **at <= *first + rate.per;
            let sent = self.sent.iter().filter(within).count();
            assert!(sent <= rate.max as usize, "{sent} within {:?} of {first:?}", rate.per);
        }
    }
}

/// Holders that tell what they used, holders that die, and claims at every instant between.
pub(super) async fn no_window_is_ever_exceeded(subject: Subject) {
    // method: model
    static KEYS: AtomicU64 = AtomicU64::new(1);
    subject.clock.hold_still().await;
    let subject = &subject;
    check_all(subject, deeds(), |deeds| async move {
        let mut key = [9; 32];
        key[..8].copy_from_slice(&KEYS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let (held, sent) = (BTreeMap::new(), Vec::new());
        let subject = subject.clone();
        let mut walk = Walk { subject, key, now: Duration::ZERO, numbers: 0, held, sent };
        for deed in deeds {
            walk.step(deed).await;
        }
        walk.check();
    })
    .await;
}
