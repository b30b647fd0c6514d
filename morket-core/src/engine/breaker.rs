//! The circuit breaker: ten calls remembered, five faults open it, a minute later one probe. Pure:
//! instants are arguments, on the monotonic clock.

use crate::provider::OutcomeKind;
use std::{collections::VecDeque, time::Duration};

/// How many calls it remembers.
pub const WINDOW: usize = 10;

/// How many faults among them open it.
pub const FAULTS: usize = 5;

/// How long it stays open unless it is said otherwise.
pub const COOLDOWN: Duration = Duration::from_secs(60);

/// How long a probe may take before another one is let through.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(60);

/// How soon those who wait for a probe ask again.
pub const PROBE_LOOK: Duration = Duration::from_secs(1);

/// What a call's outcome says of its vendor's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It answered.
    Success,
    /// It failed.
    Fault,
    /// It answered about our request, key or allowance.
    Neutral,
    /// The call was given up by us.
    Cancelled,
}

impl Signal {
    /// What an outcome says. Every outcome says exactly one thing.
    pub const fn of(outcome: OutcomeKind) -> Self {
        match outcome {
            OutcomeKind::Answer | OutcomeKind::Miss | OutcomeKind::Pending => Self::Success,
            OutcomeKind::Transient | OutcomeKind::Unknown => Self::Fault,
            OutcomeKind::InvalidInput
            | OutcomeKind::LegalBlock
            | OutcomeKind::AuthFailed
            | OutcomeKind::PlanLacks
            | OutcomeKind::OutOfCredits
            | OutcomeKind::RateLimited => Self::Neutral,
        }
    }
}

/// The right to make one call; given back with the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    epoch: u64,
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes; bring the permit back.
    Go(Permit),
    /// Not before this instant.
    Wait(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open { since: Duration },
    HalfOpen { probe_since: Option<Duration> },
}

/// One breaker, for one provider and credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    state: State,
    cooldown: Duration,
    recent: VecDeque<bool>,
    /// Raised whenever the state changes, so that a late result of another time is not counted.
    epoch: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new(COOLDOWN)
    }
}

impl Breaker {
    /// A closed one that stays open for so long when it opens.
    pub fn new(cooldown: Duration) -> Self {
        let recent = VecDeque::with_capacity(WINDOW);
        Self { state: State::Closed, cooldown, recent, epoch: 0 }
    }

    /// Whether a call may be made now.
    pub fn can_call(&mut self, now: Duration) -> Verdict {
        match self.state {
            State::Closed => Verdict::Go(self.permit()),
            State::Open { since } if now < since + self.cooldown => {
                Verdict::Wait(since + self.cooldown)
            }
            State::Open { .. } => {
                self.enter(State::HalfOpen { probe_since: Some(now) });
                Verdict::Go(self.permit())
            }
            State::HalfOpen { probe_since: Some(since) } if now < since + PROBE_TIMEOUT => {
                // Its answer may come at any moment, and then the others need not wait longer.
                Verdict::Wait((since + PROBE_TIMEOUT).min(now + PROBE_LOOK))
            }
            State::HalfOpen { .. } => {
                self.enter(State::HalfOpen { probe_since: Some(now) });
                Verdict::Go(self.permit())
            }
        }
    }

    /// What a permitted call came to.
    pub fn record(&mut self, permit: Permit, signal: Signal, now: Duration) {
        if permit.epoch != self.epoch {
            return;
        }
        match (self.state, signal) {
            (State::Closed, Signal::Success | Signal::Fault) => {
                self.remember(signal == Signal::Fault);
                if self.recent.iter().filter(|fault| **fault).count() >= FAULTS {
                    self.enter(State::Open { since: now });
                }
            }
            (State::HalfOpen { .. }, Signal::Success) => self.enter(State::Closed),
            (State::HalfOpen { .. }, Signal::Fault) => self.enter(State::Open { since: now }),
            (State::HalfOpen { .. }, Signal::Neutral | Signal::Cancelled) => {
                self.state = State::HalfOpen { probe_since: None };
            }
            (State::Closed | State::Open { .. }, _) => {}
        }
    }

    /// As good as new.
    pub fn reset(&mut self) {
        self.enter(State::Closed);
    }

    /// Whether calls are kept away, or only a probe let through.
    pub fn is_tripped(&self) -> bool {
        self.state != State::Closed
    }

    /// How many calls it remembers.
    pub fn remembered(&self) -> usize {
        self.recent.len()
    }

    fn permit(&self) -> Permit {
        Permit { epoch: self.epoch }
    }

    fn remember(&mut self, fault: bool) {
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(fault);
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
        self.recent.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_for_a_probe_asks_again_soon() {
        let at = Duration::from_millis;
        let mut breaker = Breaker::new(at(500));
        for _ in 0..FAULTS {
            let Verdict::Go(permit) = breaker.can_call(at(0)) else { panic!("it is closed") };
            breaker.record(permit, Signal::Fault, at(0));
        }
        assert_eq!(breaker.can_call(at(499)), Verdict::Wait(at(500)));
        let Verdict::Go(probe) = breaker.can_call(at(500)) else { panic!("a probe may leave") };
        assert_eq!(breaker.can_call(at(501)), Verdict::Wait(at(1_501)));
        assert_eq!(
            breaker.can_call(at(60_400)),
            Verdict::Wait(at(60_500)),
            "a probe that is stuck"
        );
        breaker.record(probe, Signal::Success, at(700));
        assert!(matches!(breaker.can_call(at(1_501)), Verdict::Go(_)));
    }
}
