//! The circuit breaker against a naive model of it: every short history, many long ones, and every
//! interleaving of a few callers.

use morket_core::{
    engine::breaker::{
        Breaker, COOLDOWN, FAULTS, PROBE_LOOK, PROBE_TIMEOUT, Permit, Signal, Verdict, WINDOW,
    },
    provider::OutcomeKind,
};
use proptest::prelude::*;
use std::time::Duration;

const SIGNALS: [Signal; 4] = [Signal::Success, Signal::Fault, Signal::Neutral, Signal::Cancelled];
const BLINK: Duration = Duration::from_nanos(1);

/// What the breaker should be, written as plainly as its description.
#[derive(Clone, Debug, PartialEq)]
enum Naive {
    Closed { told: Vec<bool> },
    Open { since: Duration },
    HalfOpen { probe: Option<Duration> },
}

/// The model, the breaker, and the calls that were let through and have not been told of.
#[derive(Clone, Debug)]
struct Bench {
    now: Duration,
    breaker: Breaker,
    naive: Naive,
    /// With each permit, whether the model still cares for it.
    calls: Vec<(Permit, bool)>,
}

/// Something that happens to a breaker.
#[derive(Clone, Copy, Debug)]
enum Act {
    Call,
    /// The n-th call under way comes to an end.
    End(usize, Signal),
    Wait(Duration),
    Reset,
}

impl Bench {
    fn new() -> Self {
        let (now, breaker) = (Duration::from_secs(1), Breaker::default());
        Self { now, breaker, naive: Naive::Closed { told: Vec::new() }, calls: Vec::new() }
    }

    fn becomes(&mut self, next: Naive) {
        self.naive = next;
        self.calls.iter_mut().for_each(|call| call.1 = false);
    }

    /// Until when the model keeps a caller away; `None` lets it through.
    fn naive_call(&mut self) -> Option<Duration> {
        let until = match &self.naive {
            Naive::Closed { .. } => return None,
            Naive::Open { since } => *since + COOLDOWN,
            Naive::HalfOpen { probe: Some(since) } => *since + PROBE_TIMEOUT,
            Naive::HalfOpen { probe: None } => Duration::ZERO,
        };
        if self.now < until {
            // Who waits for a probe looks again soon: it may have ended well.
            let probing = matches!(self.naive, Naive::HalfOpen { .. });
            let soon = self.now + PROBE_LOOK;
            return Some(if probing { until.min(soon) } else { until });
        }
        self.becomes(Naive::HalfOpen { probe: Some(self.now) });
        None
    }

    fn naive_end(&mut self, counts: bool, signal: Signal) {
        match (&mut self.naive, signal) {
            _ if !counts => {}
            (Naive::Closed { told }, Signal::Success | Signal::Fault) => {
                told.push(signal == Signal::Fault);
                let recent = told.iter().rev().take(WINDOW);
                if recent.filter(|fault| **fault).count() >= FAULTS {
                    self.becomes(Naive::Open { since: self.now });
                }
            }
            (Naive::HalfOpen { .. }, Signal::Success) => {
                self.becomes(Naive::Closed { told: Vec::new() });
            }
            (Naive::HalfOpen { .. }, Signal::Fault) => {
                self.becomes(Naive::Open { since: self.now });
            }
            (Naive::HalfOpen { probe }, _) => *probe = None,
            _ => {}
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Wait(span) => self.now += span,
            Act::Reset => {
                self.breaker.reset();
                self.becomes(Naive::Closed { told: Vec::new() });
            }
            Act::Call => match (self.breaker.can_call(self.now), self.naive_call()) {
                (Verdict::Go(permit), None) => self.calls.push((permit, true)),
                (Verdict::Wait(until), Some(expected)) => assert_eq!(until, expected, "{self:?}"),
                (verdict, expected) => panic!("{verdict:?} is not {expected:?}: {self:?}"),
            },
            Act::End(at, signal) => {
                if self.calls.is_empty() {
                    return;
                }
                let (permit, counts) = self.calls.remove(at % self.calls.len());
                self.breaker.record(permit, signal, self.now);
                self.naive_end(counts, signal);
            }
        }
        self.agree();
    }

    fn agree(&self) {
        let told = match &self.naive {
            Naive::Closed { told } => told.len().min(WINDOW),
            _ => 0,
        };
        assert_eq!(self.breaker.remembered(), told, "{self:?}");
        let closed = matches!(self.naive, Naive::Closed { .. });
        assert_eq!(self.breaker.is_tripped(), !closed, "{self:?}");
    }

    /// One call from its beginning to its end, if it is let through.
    fn call(&mut self, signal: Signal) {
        self.act(Act::Call);
        self.act(Act::End(0, signal));
    }
}

fn spans() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(BLINK),
        Just(COOLDOWN - BLINK),
        Just(COOLDOWN),
        (0_u64..90_000).prop_map(Duration::from_millis),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => Just(Act::Call),
        3 => any::<usize>().prop_map(|at| Act::End(at, Signal::Fault)),
        3 => (any::<usize>(), 0..4_usize).prop_map(|(at, it)| Act::End(at, SIGNALS[it])),
        2 => spans().prop_map(Act::Wait),
        1 => Just(Act::Reset),
    ];
    prop::collection::vec(act, 0..200)
}

/// Every sequence of `length` of these signals, each told to a bench of its own.
fn every(bench: &Bench, signals: &[Signal], length: usize, check: &mut impl FnMut(&Bench)) {
    check(bench);
    if length == 0 {
        return;
    }
    for signal in signals {
        let mut next = bench.clone();
        next.call(*signal);
        every(&next, signals, length - 1, check);
    }
}

/// A breaker that has just opened.
fn opened() -> Bench {
    let mut bench = Bench::new();
    (0..FAULTS).for_each(|_| bench.call(Signal::Fault));
    assert!(bench.breaker.is_tripped());
    bench
}

/// A breaker whose cooldown is over.
fn cooled() -> Bench {
    let mut bench = opened();
    bench.act(Act::Wait(COOLDOWN));
    bench
}

proptest! {
    #[test]
    fn p001_two_breakers_told_the_same_agree_at_every_prefix(acts in acts()) {
        // method: model
        let (mut one, mut two) = (Bench::new(), Bench::new());
        for act in acts {
            one.act(act);
            two.act(act);
            prop_assert_eq!(&one.breaker, &two.breaker);
        }
    }

    #[test]
    fn p002_nothing_is_let_through_while_it_is_open(
        acts in acts(), waits in prop::collection::vec(spans(), 1..9),
    ) {
        // method: property
        let mut bench = Bench::new();
        for act in acts {
            bench.act(act);
            let Naive::Open { since } = bench.naive else { continue };
            for wait in &waits {
                let at = since + (*wait).min(COOLDOWN - BLINK);
                let verdict = bench.breaker.clone().can_call(at);
                prop_assert_eq!(verdict, Verdict::Wait(since + COOLDOWN));
            }
        }
    }

    #[test]
    fn p003_it_never_remembers_more_than_its_window(acts in acts()) {
        // method: property
        let mut bench = Bench::new();
        for act in acts {
            bench.act(act);
            prop_assert!(bench.breaker.remembered() <= WINDOW);
        }
    }

    #[test]
    fn p012_only_the_time_that_passed_counts(acts in acts(), jump in 0_u64..1 << 40) {
        // method: property
        // The one clock it sees is the monotonic one, and of that the differences alone.
        let (mut one, mut two) = (Bench::new(), Bench::new());
        two.now += Duration::from_millis(jump);
        for act in acts {
            one.act(act);
            two.act(act);
            prop_assert_eq!(one.breaker.is_tripped(), two.breaker.is_tripped());
            prop_assert_eq!(one.breaker.remembered(), two.breaker.remembered());
            prop_assert_eq!(one.calls.len(), two.calls.len());
        }
    }

    #[test]
    fn p013_after_a_reset_it_is_as_good_as_new(before in acts(), after in acts()) {
        // method: model
        let (mut used, mut fresh) = (Bench::new(), Bench::new());
        before.into_iter().for_each(|act| used.act(act));
        used.act(Act::Reset);
        fresh.now = used.now;
        // Calls from before the reset may still come back: they count for nothing.
        let mut old = std::mem::take(&mut used.calls);
        for act in after {
            if let Some((permit, _)) = old.pop() {
                used.breaker.record(permit, Signal::Fault, used.now);
            }
            used.act(act);
            fresh.act(act);
            prop_assert_eq!(used.breaker.is_tripped(), fresh.breaker.is_tripped());
            prop_assert_eq!(used.breaker.remembered(), fresh.breaker.remembered());
            prop_assert_eq!(used.calls.len(), fresh.calls.len());
        }
    }
}

#[test]
fn p004_it_opens_at_the_fifth_fault_of_ten_and_not_before() {
    // method: exhaustive
    let signals = [Signal::Success, Signal::Fault];
    let mut seen = 0_u32;
    every(&Bench::new(), &signals, 14, &mut |_| seen += 1);
    assert_eq!(seen, (1 << 15) - 1);
    // With neutral and cancelled ones between them, which count for nothing.
    every(&Bench::new(), &SIGNALS, 8, &mut |_| seen += 1);
    let mut bench = Bench::new();
    for _ in 0..FAULTS - 1 {
        bench.call(Signal::Fault);
    }
    (0..40).for_each(|_| bench.call(Signal::Neutral));
    assert!(!bench.breaker.is_tripped());
    bench.call(Signal::Fault);
    assert!(bench.breaker.is_tripped());
}

#[test]
fn p005_the_first_call_after_the_cooldown_is_let_through() {
    // method: exhaustive
    for late in [Duration::ZERO, BLINK, Duration::from_secs(1), Duration::from_secs(1 << 32)] {
        let mut bench = opened();
        bench.act(Act::Wait(COOLDOWN - BLINK));
        bench.act(Act::Call);
        assert!(bench.calls.is_empty());
        bench.act(Act::Wait(BLINK + late));
        bench.act(Act::Call);
        assert_eq!(bench.calls.len(), 1);
        assert_eq!(bench.naive, Naive::HalfOpen { probe: Some(bench.now) });
        assert!(bench.breaker.is_tripped());
    }
}

#[test]
fn p006_the_probe_decides() {
    // method: exhaustive
    let mut closed = cooled();
    closed.call(Signal::Success);
    assert!(!closed.breaker.is_tripped());
    assert_eq!(closed.breaker.remembered(), 0);
    // It starts from nothing: it takes all five again.
    (1..FAULTS).for_each(|_| closed.call(Signal::Fault));
    assert!(!closed.breaker.is_tripped());
    let mut open = cooled();
    open.call(Signal::Fault);
    let again = open.breaker.can_call(open.now + COOLDOWN - BLINK);
    assert_eq!(again, Verdict::Wait(open.now + COOLDOWN));
    assert!(matches!(open.breaker.can_call(open.now + COOLDOWN), Verdict::Go(_)));
}

/// Every order in which callers can ask and end, each ending in every way.
fn interleave(bench: &Bench, at: [u8; 3], probes: &[usize], check: &mut impl FnMut(&[usize])) {
    check(probes);
    for who in 0..at.len() {
        let mut next = bench.clone();
        let mut after = at;
        after[who] += 1;
        match at[who] {
            0 => {
                let half_open = next.breaker.is_tripped();
                let before = next.calls.len();
                next.act(Act::Call);
                let let_through = next.calls.len() > before;
                let mut probes = probes.to_vec();
                match let_through {
                    true if half_open => probes.push(who),
                    true => {}
                    false => after[who] = 2,
                }
                interleave(&next, after, &probes, check);
            }
            1 if probes == [who] => {
                for signal in SIGNALS {
                    let mut next = next.clone();
                    next.act(Act::End(0, signal));
                    interleave(&next, after, &[], check);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn p007_one_probe_at_a_time_whoever_asks_when() {
    // method: exhaustive
    let mut histories = 0_u32;
    interleave(&cooled(), [0; 3], &[], &mut |probes| {
        assert!(probes.len() <= 1, "{probes:?}");
        histories += 1;
    });
    assert!(histories > 50, "{histories}");
    // However many ask, one is let through until its outcome is told.
    for callers in 1..20 {
        let mut bench = cooled();
        (0..callers).for_each(|_| bench.act(Act::Call));
        assert_eq!(bench.calls.len(), 1);
    }
}

#[test]
fn p008_a_probe_that_tells_nothing_does_not_block_for_ever() {
    // method: exhaustive
    for signal in [Signal::Neutral, Signal::Cancelled] {
        let mut bench = cooled();
        bench.call(signal);
        // The place is free at once, for the next one.
        bench.act(Act::Call);
        assert_eq!(bench.calls.len(), 1, "{signal:?}");
    }
    for late in SIGNALS {
        let mut bench = cooled();
        bench.act(Act::Call);
        bench.act(Act::Wait(PROBE_TIMEOUT - BLINK));
        bench.act(Act::Call);
        assert_eq!(bench.calls.len(), 1);
        bench.act(Act::Wait(BLINK));
        bench.act(Act::Call);
        assert_eq!(bench.calls.len(), 2);
        // What the forgotten probe comes to in the end changes nothing.
        let before = bench.breaker.clone();
        bench.act(Act::End(0, late));
        assert_eq!(bench.breaker, before, "{late:?}");
        bench.act(Act::End(0, Signal::Success));
        assert!(!bench.breaker.is_tripped());
    }
}

#[test]
fn p010_results_of_another_time_change_nothing() {
    // method: exhaustive
    // Let through while it was closed; told while it is open, half open, closed again, reset.
    let stages: [&[Act]; 4] = [
        &[],
        &[Act::Wait(COOLDOWN), Act::Call],
        &[Act::Wait(COOLDOWN), Act::Call, Act::End(FAULTS, Signal::Success)],
        &[Act::Reset],
    ];
    for stage in stages {
        for signal in SIGNALS {
            let mut bench = Bench::new();
            (0..FAULTS * 2).for_each(|_| bench.act(Act::Call));
            (0..FAULTS).for_each(|_| bench.act(Act::End(0, Signal::Fault)));
            stage.iter().for_each(|act| bench.act(*act));
            let before = bench.breaker.clone();
            for _ in 0..FAULTS {
                bench.act(Act::Wait(Duration::from_secs(7)));
                bench.act(Act::End(0, signal));
            }
            assert_eq!(bench.breaker, before, "{stage:?} {signal:?}");
        }
    }
}

#[test]
fn p011_every_outcome_says_exactly_one_thing() {
    // method: exhaustive
    for outcome in OutcomeKind::ALL {
        let expected = match outcome {
            OutcomeKind::Answer | OutcomeKind::Miss | OutcomeKind::Pending => Signal::Success,
            OutcomeKind::Transient | OutcomeKind::Unknown => Signal::Fault,
            // About our request, our key, our allowance: the vendor is well.
            _ => Signal::Neutral,
        };
        assert_eq!(Signal::of(*outcome), expected, "{outcome:?}");
        let mut bench = Bench::new();
        (0..FAULTS * 2).for_each(|_| bench.call(Signal::of(*outcome)));
        assert_eq!(bench.breaker.is_tripped(), expected == Signal::Fault, "{outcome:?}");
    }
}
