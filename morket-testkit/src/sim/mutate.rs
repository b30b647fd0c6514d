//! Bugs to plant. Each changes what passes between the engine and the world in one way that a
//! careless engine or store would; the checks must find every one of them.

use super::{
    scene::Scene,
    store::{Errand, Sending, at_once},
};
use morket_core::{
    Credits, HoldId,
    engine::{Event, Opening},
    http::HttpFailure,
    job::{
        Answered, CallState, CellSource, CellStatus, Closing, FlightState, JobStore, Marked,
        Settled, Settlement, StepOutcome,
    },
    ledger::{LedgerStore, Op as Movement},
    name::step_key,
    plan::{Op, Program},
    provider::{Inputs, Outcome, Parsed, Returned, Verdicts},
};
use std::sync::Arc;
use uuid::Uuid;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutation {
    /// The ledger is charged when the answer comes, before it is settled.
    ChargeBeforeSettle,
    /// The store takes writes under an old fence.
    StaleFenceAccepted,
    /// Asking about a task submits it again.
    PollSubmitsAgain,
    /// A cancel returns at once, and who holds a lease does not hear of it.
    CancelIgnored,
    /// A verification is sent again when nobody heard that its verdict was written.
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
    /// The hold of a batch that parks stays open beside the next one.
    HoldForgotten,
    /// A call that may have been billed is sent again though that is not safe.
    AmbiguousRepeated,
    /// A call that failed is sent again at once, and as long as it fails.
    RetriedForever,
    /// Nobody looks whom an answer is about.
    WrongPersonTaken,
    /// Who takes over asks vendors in another order.
    OrderForgotten,
    /// Calls are written down without their ceilings.
    CeilingIgnored,
    /// The store does not say that somebody else asks the same.
    TwinIgnored,
    /// Nobody looks for answers that came since a call was composed.
    AnswerOverlooked,
    /// Nobody looks for answers to other questions about the same person.
    OthersOverlooked,
    /// Who waited for a call of unknown fate asks the same again.
    UnknownAskedAgain,
    /// How often a call left is not written down.
    AttemptsForgotten,
    /// Who takes a batch up does not look at the suppression list.
    ListIgnored,
    /// A worker is given permits as if it were alone.
    OthersForgotten,
    /// What is found is not compared with the suppression list.
    FindsNotScreened,
    /// What is taken over from a sample is charged.
    CopyCharged,
    /// What a sample found is asked for again.
    SampleAskedAgain,
    /// What nobody knows of a sample is asked again.
    SampleUnknownForgotten,
    /// What is taken over from a sample does not say what was asked for it.
    CopyUnexplained,
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
        Self::RetriedForever,
        Self::WrongPersonTaken,
        Self::OrderForgotten,
        Self::CeilingIgnored,
        Self::TwinIgnored,
        Self::AnswerOverlooked,
        Self::OthersOverlooked,
        Self::UnknownAskedAgain,
        Self::AttemptsForgotten,
        Self::ListIgnored,
        Self::FindsNotScreened,
        Self::OthersForgotten,
        Self::CopyCharged,
        Self::SampleAskedAgain,
        Self::SampleUnknownForgotten,
        Self::CopyUnexplained,
    ];

    /// With what the violation begins that gives this bug away.
    pub const fn breaks(self) -> &'static [&'static str] {
        match self {
            Self::ChargeBeforeSettle => &["b: nobody's", "b: net"],
            Self::StaleFenceAccepted => &["twice", "after accept", "replay"],
            Self::PollSubmitsAgain => &["tasks"],
            Self::CancelIgnored => &["cancel"],
            Self::VerificationReplayed => &["replay"],
            Self::CachedHitCharged => &["b: charged"],
            Self::CounterNotRestored | Self::UnknownForgotten => &["spend"],
            Self::MarkSkipped => &["mark"],
            Self::OrphansForgotten => &["twice"],
            Self::MissCharged => &["b: not accepted"],
            Self::CellDropped => &["a"],
            Self::HoldForgotten => &["d"],
            Self::AmbiguousRepeated => &["repeat"],
            Self::RetriedForever | Self::AttemptsForgotten => &["attempts"],
            Self::WrongPersonTaken => &["person"],
            Self::OrderForgotten => &["order"],
            Self::CeilingIgnored => &["ceiling"],
            Self::TwinIgnored | Self::AnswerOverlooked => &["bought"],
            Self::OthersOverlooked => &["known"],
            Self::UnknownAskedAgain => &["unknown"],
            Self::ListIgnored | Self::FindsNotScreened => &["suppressed"],
            Self::OthersForgotten => &["rate"],
            Self::CopyCharged => &["b: charged for a call of somebody else"],
            Self::SampleAskedAgain | Self::SampleUnknownForgotten | Self::CopyUnexplained => {
                &["sampled"]
            }
        }
    }

    /// What a worker reads of the store when it takes a batch up.
    pub(super) fn opening(self, opening: &mut Opening) {
        match self {
            Self::OrphansForgotten => opening.calls.clear(),
            Self::CancelIgnored => opening.cancelled = false,
            Self::ListIgnored => opening.guard.screening.listed.clear(),
            Self::SampleAskedAgain | Self::SampleUnknownForgotten => self.base(opening),
            Self::FindsNotScreened => opening.guard.screening.empty = true,
            Self::OrderForgotten if opening.claimed.lease.fence > 1 => {
                let mut program = Program::clone(&opening.program);
                for chain in &mut program.chains {
                    chain.steps.reverse();
                }
                opening.program = Arc::new(program);
            }
            _ => {}
        }
    }

    /// What it reads of the base of the batch's job.
    fn base(self, opening: &mut Opening) {
        let held = opening.base.iter_mut().flat_map(|it| it.records.values_mut());
        for record in held.map(Arc::make_mut) {
            match self {
                Self::SampleAskedAgain => {
                    record.cells.retain(|it| it.cell.status != CellStatus::Found);
                }
                _ => record.steps.retain(|it| it.step.outcome != StepOutcome::Ambiguous),
            }
        }
    }

    /// A command on its way to the store.
    pub(super) fn given(self, errand: &mut Errand, scene: &Scene) {
        match errand {
            Errand::Settle(settlement) => {
                self.settlement(settlement, scene);
                if self == Self::ChargeBeforeSettle {
                    let money = settlement.items.iter().flat_map(|it| &it.money);
                    let captures = money.filter(|it| matches!(it, Movement::Capture { .. }));
                    let captures = captures.cloned().collect();
                    let _ = at_once(scene.store.post(scene.workspace, captures));
                }
            }
            Errand::Look(_, _, sought) if self == Self::OthersOverlooked => {
                sought.iter_mut().for_each(|it| it.about.clear());
            }
            Errand::Mark(_, calls) if self == Self::CeilingIgnored => {
                for counter in calls.iter_mut().flat_map(|it| &mut it.counters) {
                    counter.limit = None;
                }
            }
            _ => {}
        }
    }

    fn settlement(self, settlement: &mut Settlement, scene: &Scene) {
        match self {
            Self::CachedHitCharged => overcharge(settlement, scene, StepOutcome::Accepted),
            Self::MissCharged => overcharge(settlement, scene, StepOutcome::Miss),
            Self::CopyCharged => charge_copies(settlement, scene),
            Self::CopyUnexplained => {
                let items = Arc::make_mut(&mut settlement.items).iter_mut();
                items.filter(|it| has_copies(it)).for_each(|it| it.steps.clear());
            }
            _ => {}
        }
        for item in Arc::make_mut(&mut settlement.items) {
            match (self, &mut item.call) {
                (Self::UnknownForgotten, Some(call)) if call.state == CallState::Unknown => {
                    call.state = CallState::Settled;
                    call.spend = Default::default();
                    call.counters.clear();
                }
                (Self::AttemptsForgotten, Some(call)) => call.attempts = 0,
                (Self::CounterNotRestored, Some(call)) => {
                    for counter in &mut call.counters {
                        counter.amount = counter.amount.max(1_000);
                    }
                }
                (Self::CellDropped, _) => {
                    item.cells.retain(|it| it.status != CellStatus::NoResult);
                }
                _ => {}
            }
        }
    }

    /// What the store does not look at when it marks calls, or gives permits.
    pub(super) fn marks(self, errand: &mut Errand, scene: &Scene) {
        if let (Self::OthersForgotten, Errand::Permits(_, _, claim)) = (self, &mut *errand) {
            for limit in &mut claim.limits {
                limit.key[..8].copy_from_slice(&claim.holder.to_be_bytes());
            }
        }
        let Errand::Mark(lease, calls) = errand else { return };
        for wanted in calls.iter_mut().flat_map(|it| &mut it.wanted) {
            match self {
                Self::AnswerOverlooked => {
                    let kept = at_once(scene.store.lookups(lease.workspace, vec![wanted.key]));
                    wanted.seen = kept.ok().and_then(|it| Some(it.first()?.lookup.call));
                }
                // A key of its own for each call: nobody asks the same.
                Self::TwinIgnored => wanted.key = dice_of(wanted.key, lease.batch.job.0),
                _ => {}
            }
        }
    }

    /// What the store answers instead.
    pub(super) fn says(self, event: &mut Event) {
        let Event::Watched(_, Ok(flights)) = event else { return };
        for flight in flights.iter_mut().filter(|it| it.state == FlightState::Unknown) {
            if self == Self::UnknownAskedAgain {
                flight.state = FlightState::Over;
            }
        }
    }

    /// What else the store does, having done this.
    pub(super) fn done(self, errand: &Errand, event: &Event, scene: &Scene, id: [u8; 16]) {
        let (Errand::Settle(it), Event::Settled(Ok(Settled::Applied { .. }))) = (errand, event)
        else {
            return;
        };
        if let (Self::HoldForgotten, Some(Closing::Park { next_hold: Some((_, amount)), .. })) =
            (self, &it.closing)
        {
            let id = HoldId(Uuid::from_bytes(id));
            let hold = Movement::Hold { id, amount: *amount, batch: None, lapses_at: None };
            let _ = at_once(scene.store.post(scene.workspace, vec![hold]));
        }
    }

    /// Whether the store does without fences.
    pub(super) fn is_unfenced(self) -> bool {
        self == Self::StaleFenceAccepted
    }

    /// Whether a command is answered without being carried out.
    pub(super) fn answers(self, errand: &Errand) -> Option<Event> {
        match (self, errand) {
            (Self::MarkSkipped, Errand::Mark(_, calls)) => {
                let ids = calls.iter().map(|it| it.id).collect();
                Some(Event::Marked(ids, Ok(calls.iter().map(|_| Ok(Marked::Sent)).collect())))
            }
            _ => None,
        }
    }

    /// Whether an event reaches the engine.
    pub(super) fn hears(self, event: &Event) -> bool {
        !(self == Self::CancelIgnored && matches!(event, Event::Cancel))
    }

    /// Whether a call is sent once more before anybody hears of its answer.
    pub(super) fn sends_again(self, op: &Op, sending: &Sending, word: &str) -> bool {
        let first = sending.task.is_none();
        match self {
            Self::AmbiguousRepeated => {
                first && !op.operation.retry_on_ambiguous && matches!(word, "lost" | "garbage")
            }
            Self::RetriedForever => first && matches!(word, "transient" | "unsent"),
            _ => false,
        }
    }

    /// What the engine understands of an answer.
    pub(super) fn heard(self, answer: &mut Result<Parsed, HttpFailure>, records: &[Inputs]) {
        let (Self::WrongPersonTaken, Ok(parsed)) = (self, answer) else { return };
        let outcomes = match &mut parsed.verdicts {
            Verdicts::All(outcome) => std::slice::from_mut(outcome),
            Verdicts::Each(outcomes) => outcomes.as_mut_slice(),
        };
        for (outcome, asked) in outcomes.iter_mut().zip(records) {
            if let Outcome::Answer(answer) = outcome {
                let full_name = asked.text("full_name").map(str::to_owned);
                answer.identity = Returned { full_name, ..Returned::default() };
            }
        }
    }
}

/// The key as another job would have it.
fn dice_of(mut key: [u8; 32], job: Uuid) -> [u8; 32] {
    key.iter_mut().zip(job.as_bytes()).for_each(|(byte, other)| *byte ^= other);
    key
}

/// Whether it holds what is taken over from a sample.
fn has_copies(item: &Answered) -> bool {
    item.cells.iter().any(|it| it.source == Some(CellSource::Sample))
}

/// Charge what is taken over from a sample, under a hold for each.
fn charge_copies(settlement: &mut Settlement, scene: &Scene) {
    let job = settlement.lease.batch.job;
    for item in Arc::make_mut(&mut settlement.items).iter_mut().filter(|it| has_copies(it)) {
        for step in item.steps.iter_mut().filter(|it| it.outcome == StepOutcome::Accepted) {
            let op = scene.ops().iter().find(|it| it.provider == step.provider);
            let (Some(amount), Some(call)) = (op.map(|it| it.price), step.call) else { continue };
            let id = HoldId(Uuid::from_u64_pair(call.0.as_u64_pair().1, step.index.into()));
            let hold = Movement::Hold { id, amount, batch: None, lapses_at: None };
            let _ = at_once(scene.store.post(scene.workspace, vec![hold]));
            step.charge = amount;
            let key = step_key(job, step.index, &step.field, &step.provider);
            item.money.push(Movement::Capture { hold: id, key, amount });
        }
    }
}

/// Charge steps of this kind that cost nothing: of accepted ones only those without a call.
fn overcharge(settlement: &mut Settlement, scene: &Scene, wanted: StepOutcome) {
    let job = settlement.lease.batch.job;
    let hold = settlement.items.iter().flat_map(|it| &it.money).find_map(|it| match it {
        Movement::Capture { hold, .. } => Some(*hold),
        _ => None,
    });
    let Some(hold) = hold else { return };
    for item in Arc::make_mut(&mut settlement.items) {
        if item.call.is_some() && wanted == StepOutcome::Accepted {
            continue;
        }
        for step in &mut item.steps {
            if step.outcome != wanted || step.charge != Credits::ZERO {
                continue;
            }
            let op = scene.ops().iter().find(|it| it.provider == step.provider);
            let Some(amount) = op.map(|it| it.price) else { continue };
            step.charge = amount;
            let key = step_key(job, step.index, &step.field, &step.provider);
            item.money.push(Movement::Capture { hold, key, amount });
        }
    }
}
