//! Jumps of the wall clock, between any two steps of a walk over ledger, leases and lapses.
//!
//! Memory and SQLite live by their host's wall clock, and a lease says until when by that clock.
//! So a jump forwards past its end does end a lease while its worker still works, and a jump back
//! keeps it the longer. What holds, however the clock jumps, is what this walk asks:
//!
//! - A lease is never given to another, nor refused to its holder, while the store's clock shows
//!   less than its end; and under no clock do two fences write.
//! - No step is charged twice, and no capture refunded twice: who works and what was paid is told
//!   apart by fences and keys, never by time.
//! - A hold lapses once, and not while the store's clock shows less than its time.
//! - Balance and chain are those of the entries, and the ledger's answers those of the plain model,
//!   which knows no time.

use crate::{
    ManualClock, Subject, block_on, fresh,
    job::{Desk, TTL, answer},
    ledger::{
        Purse, capture, grant, hold,
        model::{Model, Told},
        refund, void,
    },
    random::check_all,
};
use morket_core::{
    Clock, Credits, ErrorKind, HoldId, Timestamp,
    job::{ClaimFilter, Lease},
    ledger::{Entry, EntryKind, Op},
};
use proptest::{collection::vec, prelude::*};
use std::{collections::BTreeSet, future::Future, sync::Arc, time::Duration};

const YEAR: i64 = 365 * 86_400;

/// How long a batch must have no lease before its hold lapses.
const VACANCY: Duration = Duration::from_secs(86_400);

#[derive(Clone, Copy, Debug)]
enum Act {
    /// The wall clock shows another instant: so many seconds from the beginning.
    Jump(i64),
    /// Time passes.
    Pass(u64),
    Post(u8, u8, u8, i64),
    /// A hold that lapses so many seconds from now.
    Lend(u64),
    Claim(usize),
    Renew(usize),
    Fund(usize),
    Settle(usize, u32),
    Lapse,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let seconds = || {
        let size = prop_oneof![1..60_i64, 60..86_400_i64, 86_400..YEAR, YEAR..=10 * YEAR];
        (size, any::<bool>()).prop_map(|(size, back)| if back { -size } else { size })
    };
    let worker = || 0..2_usize;
    let act = prop_oneof![
        4 => seconds().prop_map(Act::Jump),
        2 => (1..1_000_u64).prop_map(Act::Pass),
        4 => (0..8_u8, 0..3_u8, 0..3_u8, 1..40_i64).prop_map(|(a, b, c, d)| Act::Post(a, b, c, d)),
        1 => (1..200_000_u64).prop_map(Act::Lend),
        4 => worker().prop_map(Act::Claim),
        2 => worker().prop_map(Act::Renew),
        2 => worker().prop_map(Act::Fund),
        5 => (worker(), 0..3_u32).prop_map(|(worker, index)| Act::Settle(worker, index)),
        2 => Just(Act::Lapse),
    ];
    vec(act, 1..50)
}

/// A hold that may lapse: by its own time, or with its batch.
struct Lent {
    id: HoldId,
    lapses_at: Option<Timestamp>,
    open: bool,
}

struct Walk {
    clock: Arc<ManualClock>,
    start: Timestamp,
    purse: Purse,
    model: Model,
    holds: [HoldId; 3],
    desk: Desk,
    /// The last lease of each of two workers.
    leases: [Option<Lease>; 2],
    newest: Option<Lease>,
    lent: Vec<Lent>,
}

/// Panics unless all of it holds over what `make` gives, on the clock beside it.
pub fn check<F>(make: impl FnOnce() -> F)
where
    F: Future<Output = (Subject, Arc<ManualClock>)>,
{
    block_on(async {
        let (subject, clock) = make().await;
        let start = Clock::now(&*clock);
        check_all(&subject, acts(), |acts| {
            let (subject, clock) = (subject.clone(), clock.clone());
            async move {
                clock.set(start);
                let mut walk = Walk::begin(&subject, clock).await;
                for act in acts {
                    walk.act(act).await;
                }
                walk.end().await;
            }
        })
        .await;
    });
}

impl Walk {
    async fn begin(subject: &Subject, clock: Arc<ManualClock>) -> Self {
        let purse = Purse::with(subject, 200).await;
        let holds = [(); 3].map(|()| fresh());
        let paid = [hold(holds[0], 60), capture(holds[0], "k0", 10), capture(holds[0], "k1", 5)];
        purse.done(paid.clone()).await;
        let mut model = Model::default();
        model.post(&[grant("opening", 200)]);
        model.post(&paid);
        Self {
            start: Clock::now(&*clock),
            clock,
            purse,
            model,
            holds,
            desk: Desk::sealed(subject, 3).await,
            leases: [None; 2],
            newest: None,
            lent: Vec::new(),
        }
    }

    fn now(&self) -> Timestamp {
        Clock::now(&*self.clock)
    }

    /// Whether this lease must count now.
    fn counts(&self, lease: Lease) -> bool {
        self.newest.is_some_and(|it| it.fence == lease.fence && self.now() < it.until)
    }

    async fn act(&mut self, act: Act) {
        match act {
            Act::Jump(seconds) => {
                let by = Duration::from_secs(seconds.unsigned_abs());
                let to = if seconds < 0 { self.start.before(by) } else { self.start.after(by) };
                self.clock.set(to);
            }
            Act::Pass(seconds) => self.clock.advance(Duration::from_secs(seconds)),
            Act::Post(kind, name, other, amount) => self.post(kind, name, other, amount).await,
            Act::Lend(seconds) => self.lend(seconds).await,
            Act::Claim(worker) => self.claim(worker).await,
            Act::Lapse => self.lapse().await,
            Act::Renew(worker) => {
                let Some(lease) = self.leases[worker] else { return };
                let due = self.counts(lease);
                let renewed = self.desk.subject.store.renew_lease(lease, TTL).await.ok();
                assert_eq!(renewed.is_some(), due, "{lease:?} at {}", self.now());
                if let Some(lease) = renewed {
                    (self.leases[worker], self.newest) = (Some(lease), Some(lease));
                }
            }
            Act::Fund(worker) => {
                let Some(lease) = self.leases[worker] else { return };
                let (id, due) = (fresh(), self.counts(lease));
                let funded = self.desk.fund(lease, id, &[5, 5, 5]).await;
                let stale = |it: &morket_core::Error| it.kind() == ErrorKind::StaleLease;
                assert_eq!(!funded.as_ref().is_err_and(stale), due, "{lease:?}: {funded:?}");
                if funded.is_ok() {
                    // A refill takes the place of the batch's hold before.
                    let before = self.lent.iter_mut().filter(|it| it.lapses_at.is_none());
                    before.for_each(|it| it.open = false);
                    self.lent.push(Lent { id, lapses_at: None, open: true });
                }
            }
            Act::Settle(worker, index) => {
                let Some(lease) = self.leases[worker] else { return };
                let due = self.counts(lease);
                let batch = self.lent.iter().rev().find(|it| it.lapses_at.is_none());
                let Some(hold) = batch.map(|it| it.id) else { return };
                let item = self.desk.charge(answer(index, None), hold, 5);
                let settled = self.desk.settle(lease, vec![item], None).await.unwrap();
                assert_eq!(settled.applied().is_ok(), due, "{lease:?} at {}", self.now());
            }
        }
    }

    async fn post(&mut self, kind: u8, name: u8, other: u8, amount: i64) {
        let (id, key) = (self.holds[usize::from(other)], format!("k{name}"));
        let op = match kind {
            0 => grant(&key, amount),
            1..=2 => hold(id, amount),
            3..=4 => capture(id, &key, amount),
            5 => void(id),
            _ => refund(&format!("{key}-{kind}"), &format!("k{other}")),
        };
        let told = Told::from(self.purse.post(op.clone()).await);
        assert_eq!(vec![told], self.model.post(std::slice::from_ref(&op)), "{op:?}");
    }

    async fn lend(&mut self, seconds: u64) {
        let (id, at) = (fresh(), self.now().after(Duration::from_secs(seconds)));
        let op = Op::Hold { id, amount: Credits(3), batch: None, lapses_at: Some(at) };
        let desk = &self.desk;
        if desk.subject.store.post(desk.workspace, vec![op]).await.unwrap().remove(0).is_ok() {
            self.lent.push(Lent { id, lapses_at: Some(at), open: true });
        }
    }

    async fn claim(&mut self, worker: usize) {
        let filter = ClaimFilter::Job(self.desk.job);
        let claimed = self.desk.subject.store.claim_batch("worker", TTL, filter).await.unwrap();
        let free = self.newest.is_none_or(|it| it.until <= self.now());
        assert_eq!(claimed.is_some(), free, "{:?} at {}", self.newest, self.now());
        let Some(claimed) = claimed else { return };
        assert!(self.newest.is_none_or(|it| it.fence < claimed.lease.fence));
        assert_eq!(claimed.lease.until, self.now().after(TTL));
        (self.leases[worker], self.newest) = (Some(claimed.lease), Some(claimed.lease));
    }

    /// What lapses now was due by the store's clock, and what lapsed before stays closed.
    async fn lapse(&mut self) {
        let (store, now) = (self.desk.subject.store.clone(), self.now());
        store.lapse_holds(1_000).await.unwrap();
        let vacant = self.newest.is_some_and(|it| it.until.after(VACANCY) <= now);
        for lent in &mut self.lent {
            let is_open = store.hold(self.desk.workspace, lent.id).await.unwrap().is_open();
            let due = lent.lapses_at.map_or(vacant, |at| at <= now);
            assert_eq!(is_open, lent.open && !due, "{:?} at {now}", lent.lapses_at);
            lent.open = is_open;
        }
    }

    async fn end(self) {
        let desk = Purse { subject: self.desk.subject.clone(), workspace: self.desk.workspace };
        for purse in [&desk, &self.purse] {
            let entries = purse.entries(100).await;
            paid_once(&entries);
            let account = purse.account().await;
            let sum = Credits::sum(entries.iter().map(|it| it.amount)).unwrap();
            assert_eq!(account.balance, sum);
            assert!(Credits::ZERO <= account.held && account.held <= account.balance);
            purse.subject.store.verify_chain(purse.workspace).await.unwrap();
        }
        let (balance, held) = self.purse.stands().await;
        assert_eq!((balance, held), (self.model.balance(), self.model.held()));
        let mut rest = Vec::new();
        for lent in &self.lent {
            let hold = self.desk.subject.store.hold(self.desk.workspace, lent.id).await.unwrap();
            rest.extend(hold.is_open().then(|| hold.rest()));
        }
        assert_eq!(Credits::sum(rest).unwrap(), desk.account().await.held);
    }
}

/// Each key is captured once, and each capture refunded at most once.
fn paid_once(entries: &[Entry]) {
    let (mut captured, mut refunded) = (BTreeSet::new(), BTreeSet::new());
    for entry in entries {
        match entry.kind {
            EntryKind::Capture => assert!(captured.insert(&entry.key), "{} twice", entry.key),
            EntryKind::Refund => assert!(refunded.insert(&entry.of), "{:?} twice", entry.of),
            _ => {}
        }
    }
}
