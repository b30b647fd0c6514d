//! Bugs to plant. Each changes what passes between the engine and the world in one way that a
//! careless engine or store would; the checks must find every one of them.

use super::store::Errand;
use morket_core::{
    Credits,
    engine::{Command, Event, Opening},
    job::{CallState, CellStatus, Closing, Settled, Settlement, StepOutcome},
    ledger::Op as Movement,
    name::step_key,
};

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutation {
    /// The ledger is charged when the answer comes, before it is settled.
    ChargeBeforeSettle,
    /// The store takes writes under an old fence.
    StaleFenceAccepted,
    /// Asking about a task submits it again.
    PollSubmitsAgain,
    /// Workers other than the first do not hear of a cancel.
    CancelIgnored,
    /// A verification whose verdict was settled is bought once more.
    VerificationReplayed,
    /// An answer from the cache is charged like a bought one.
    CachedHitCharged,
    /// A counter keeps the worst price of a call that cost less.
    CounterNotRestored,
    /// Calls leave without having been written down.
    MarkSkipped,
    /// Who takes over does not look at the calls that were sent.
    OrphansForgotten,
    /// A miss is charged.
    MissCharged,
    /// A call of unknown fate is written down as if it had cost nothing.
    UnknownForgotten,
    /// A cell is lost on the way to the store.
    CellDropped,
    /// A batch that was parked leaves its hold to nobody.
    HoldForgotten,
    /// A call that may have been billed is sent again though that is not safe.
    AmbiguousRepeated,
}

impl Mutation {
    /// Every one of them.
    pub const ALL: &'static [Self] = &[
        Self::ChargeBeforeSettle,
        Self::StaleFenceAccepted,
        Self::PollSubmitsAgain,
        Self::CancelIgnored,
        Self::VerificationReplayed,
        Self::CachedHitCharged,
        Self::CounterNotRestored,
        Self::MarkSkipped,
        Self::OrphansForgotten,
        Self::MissCharged,
        Self::UnknownForgotten,
        Self::CellDropped,
        Self::HoldForgotten,
        Self::AmbiguousRepeated,
    ];

    /// What a worker reads of the store when it takes a batch up.
    pub(super) fn opening(self, opening: &mut Opening) {
        match self {
            Self::OrphansForgotten => opening.calls.clear(),
            Self::CancelIgnored => opening.cancelled = false,
            _ => {}
        }
    }

    /// A command on its way out; `None` when it never gets there.
    pub(super) fn command(self, worker: usize, command: &mut Command) {
        match (self, command) {
            (Self::PollSubmitsAgain, Command::Send { task, .. }) => *task = None,
            (_, Command::Settle(settlement)) => self.settlement(settlement),
            _ => {}
        }
        let _ = worker;
    }

    fn settlement(self, settlement: &mut Settlement) {
        let job = settlement.lease.batch.job;
        let hold = settlement.items.iter().flat_map(|it| &it.money).find_map(|it| match it {
            Movement::Capture { hold, .. } => Some(*hold),
            _ => None,
        });
        for item in &mut settlement.items {
            match self {
                Self::CachedHitCharged | Self::MissCharged => {
                    let Some(hold) = hold else { continue };
                    let wanted = match self {
                        Self::MissCharged => StepOutcome::Miss,
                        _ => StepOutcome::Accepted,
                    };
                    let cached = item.call.is_none();
                    for step in &mut item.steps {
                        let fits = step.outcome == wanted && step.charge == Credits::ZERO;
                        if fits && (cached || self == Self::MissCharged) {
                            step.charge = Credits(1);
                            let key = step_key(job, step.index, &step.field, &step.provider);
                            item.money.push(Movement::Capture { hold, key, amount: Credits(1) });
                        }
                    }
                }
                Self::UnknownForgotten => {
                    if let Some(call) = &mut item.call
                        && call.state == CallState::Unknown
                    {
                        call.state = CallState::Settled;
                        call.spend = Default::default();
                        call.counters.clear();
                    }
                }
                Self::CounterNotRestored => {
                    if let Some(call) = &mut item.call {
                        for counter in &mut call.counters {
                            counter.amount = counter.amount.max(1_000);
                        }
                    }
                }
                Self::CellDropped => {
                    item.cells.retain(|it| it.status != CellStatus::NoResult);
                }
                _ => {}
            }
        }
        if let (Self::HoldForgotten, Some(Closing::Park { next_hold, .. })) =
            (self, &mut settlement.closing)
        {
            *next_hold = next_hold.map(|(id, amount)| (id, Credits(amount.0 + 1)));
        }
    }

    /// What the store is really asked.
    pub(super) fn errand(self, errand: &mut Errand, fence_now: Option<i64>) {
        if self != Self::StaleFenceAccepted {
            return;
        }
        let Some(now) = fence_now else { return };
        match errand {
            Errand::Fund(lease, ..) | Errand::Mark(lease, _) | Errand::Renew(lease, ..) => {
                lease.fence = now;
            }
            Errand::Settle(settlement) => settlement.lease.fence = now,
            Errand::Look(..) => {}
        }
    }

    /// Whether a command is answered without being carried out.
    pub(super) fn answers(self, errand: &Errand) -> Option<Event> {
        match (self, errand) {
            (Self::MarkSkipped, Errand::Mark(_, calls)) => {
                let ids = calls.iter().map(|it| it.id).collect();
                Some(Event::Marked(ids, Ok(calls.iter().map(|_| Ok(())).collect())))
            }
            _ => None,
        }
    }

    /// Whether an event reaches the engine.
    pub(super) fn hears(self, worker: usize, event: &Event) -> bool {
        !(self == Self::CancelIgnored && worker > 0 && matches!(event, Event::Cancel))
    }

    /// Whether a settlement was applied, for those who act on it twice.
    pub(super) fn applied(event: &Event) -> bool {
        matches!(event, Event::Settled(Ok(Settled::Applied { .. })))
    }
}
