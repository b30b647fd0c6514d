//! Single flight and the watch over a lease, against models of them.

use morket_core::engine::{
    flight::{Flights, Joined},
    lease::Watch,
};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

type Key = [u8; 32];

fn key(n: u8) -> Key {
    [n; 32]
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Join(u8, u8),
    Land(u8, u8),
    HandOver(u8, u8),
    Leave(u8, u8),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let one = (0..4_u8, 0..3_u8, 0..7_u8).prop_map(|(kind, key, who)| match kind {
        0 => Act::Join(key, who),
        1 => Act::Land(key, who),
        2 => Act::HandOver(key, who),
        _ => Act::Leave(key, who),
    });
    prop::collection::vec(one, 0..300)
}

/// A queue for each key: who stands first leads.
#[derive(Default)]
struct Naive {
    queues: BTreeMap<u8, Vec<u8>>,
}

impl Naive {
    fn leads(&self, key: u8, who: u8) -> bool {
        self.queues.get(&key).and_then(|it| it.first()) == Some(&who)
    }

    fn join(&mut self, key: u8, who: u8) -> Joined {
        let queue = self.queues.entry(key).or_default();
        if !queue.contains(&who) {
            queue.push(who);
        }
        if queue[0] == who { Joined::Lead } else { Joined::Wait }
    }

    fn land(&mut self, key: u8, who: u8) -> Vec<u8> {
        match self.leads(key, who) {
            true => self.queues.remove(&key).unwrap_or_default().split_off(1),
            false => Vec::new(),
        }
    }

    /// The new leader, when there is one.
    fn leave(&mut self, key: u8, who: u8) -> Option<u8> {
        let led = self.leads(key, who);
        let queue = self.queues.get_mut(&key)?;
        queue.retain(|it| *it != who);
        let next = queue.first().copied();
        self.queues.retain(|_, it| !it.is_empty());
        next.filter(|_| led)
    }
}

proptest! {
    #[test]
    fn one_leads_and_the_others_wait_in_line(acts in acts()) {
        // method: model
        let (mut flights, mut naive) = (Flights::<u8>::default(), Naive::default());
        for act in acts {
            match act {
                Act::Join(it, who) => {
                    prop_assert_eq!(flights.join(key(it), who), naive.join(it, who));
                }
                Act::Land(it, who) => {
                    prop_assert_eq!(flights.land(&key(it), who), naive.land(it, who));
                }
                // Who hands over without leading changes nothing.
                Act::HandOver(it, who) => {
                    let expected =
                        if naive.leads(it, who) { naive.leave(it, who) } else { None };
                    prop_assert_eq!(flights.hand_over(&key(it), who), expected);
                }
                Act::Leave(it, who) => {
                    prop_assert_eq!(flights.leave(&key(it), who), naive.leave(it, who));
                }
            }
            prop_assert_eq!(flights.len(), naive.queues.len());
            prop_assert_eq!(flights.is_empty(), naive.queues.is_empty());
        }
    }

    #[test]
    fn everybody_who_waits_is_told_once_or_leads(
        joins in prop::collection::vec(0..40_u8, 1..60), ends in prop::collection::vec(0..3_u8, 60),
    ) {
        // method: property
        let mut flights = Flights::<u8>::default();
        let (mut leader, mut waiting) = (None, BTreeSet::new());
        for who in joins {
            match flights.join(key(0), who) {
                Joined::Lead => prop_assert_eq!(*leader.get_or_insert(who), who),
                Joined::Wait => {
                    waiting.insert(who);
                }
            }
        }
        let mut ends = ends.into_iter();
        while let Some(who) = leader {
            let next = match ends.next() {
                Some(0) => {
                    for told in flights.land(&key(0), who) {
                        prop_assert!(waiting.remove(&told), "{} was told twice", told);
                    }
                    None
                }
                Some(1) => flights.hand_over(&key(0), who),
                _ => flights.leave(&key(0), who),
            };
            if let Some(next) = next {
                prop_assert!(waiting.remove(&next), "{} leads twice", next);
            }
            leader = next;
        }
        prop_assert!(waiting.is_empty(), "{:?} wait for ever", waiting);
        prop_assert!(flights.is_empty());
    }

    #[test]
    fn nothing_is_dispatched_when_two_thirds_of_a_lease_have_passed(
        ttl in 3_u64..100_000,
        renewals in prop::collection::vec((0_u64..50_000, 0_u64..30_000), 0..20),
    ) {
        // method: model
        let ms = Duration::from_millis;
        let mut watch = Watch::new(ms(0), ms(ttl));
        let (mut asked, mut now) = (0, 0);
        for (wait, answer) in renewals {
            let asked_at = now + wait;
            now = asked_at + answer;
            // Until the answer is there, the old lease is all that is known.
            prop_assert_eq!(watch.may_dispatch(ms(now)), now * 3 < asked * 3 + ttl * 2);
            watch.renewed(ms(asked_at));
            asked = asked.max(asked_at);
            prop_assert_eq!(watch.may_dispatch(ms(now)), now * 3 < asked * 3 + ttl * 2);
            prop_assert!(watch.renew_at() < ms(asked) + ms(ttl) * 2 / 3);
            // An answer that was overtaken by a later one shortens nothing.
            watch.renewed(ms(asked_at / 2));
            prop_assert_eq!(watch, Watch::new(ms(asked), ms(ttl)));
        }
    }
}
