//! What can happen to a batch, and what it can ask to be done.

use super::{
    base::Base,
    gates::{GateIx, Waiter},
    guard::Guard,
};
use crate::{
    CallId, Credits, Error, HoldId, Result, Timestamp,
    http::HttpFailure,
    job::{
        Call, CellRow, Claimed, Flight, Funded, Lease, LookupRow, Marked, NewCall, PermitClaim,
        Permits, Record, Settled, Settlement, Sought, StepRow, Waited,
    },
    name::ProviderSlug,
    plan::{OpIx, Program},
    privacy::{Fingerprint, Screening},
    provider::{Inputs, Parsed},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// An instant, on both clocks: the wall's for what is stored, the monotonic for what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock.
    pub wall: Timestamp,
    /// The monotonic clock.
    pub mono: Duration,
}

/// A batch with everything that was stored about it.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The right to work on it.
    pub claimed: Claimed,
    /// When the claim was asked for, on the monotonic clock.
    pub claimed_at: Duration,
    /// How long the lease lasts.
    pub ttl: Duration,
    /// The compiled plan.
    pub program: Arc<Program>,
    /// For each operation of the program, the gate it passes; none where no key is set.
    pub gates: Vec<Option<GateIx>>,
    /// The batch's number in this process.
    pub number: u64,
    /// What ids are drawn from.
    pub seed: [u8; 16],
    /// What lookup keys begin with: workspace and environment.
    pub realm: Vec<u8>,
    /// Whether the workspace pays in credits.
    pub metered: bool,
    /// Whether the job is being cancelled already.
    pub cancelled: bool,
    /// Its records.
    pub records: Vec<Record>,
    /// Their cells.
    pub cells: Vec<CellRow>,
    /// Their steps.
    pub steps: Vec<StepRow>,
    /// What its job's base holds of them.
    pub base: Option<Base>,
    /// Whom it leaves alone.
    pub guard: Guard,
    /// The calls that are not settled.
    pub calls: Vec<Call>,
    /// What it waited for.
    pub waiting: Waiting,
    /// How it goes about.
    pub tuning: Tuning,
}

/// What is known of lost providers when a batch begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// What it waited for, and goes on waiting for unless it turns out to be there.
    pub before: Vec<Waited>,
    /// Which of them are surely not there yet: nobody asks them.
    pub still: BTreeSet<String>,
    /// Of which providers it costs nothing to find out.
    pub free: BTreeSet<ProviderSlug>,
    /// Until then nobody counts as gone, on the monotonic clock: the store was away until lately,
    /// and whoever was cut off from it, too, may be about to come back.
    pub patient_until: Option<Duration>,
}

/// How a batch goes about its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// The most asks in flight at once.
    pub in_flight: usize,
    /// The most answers that wait for a settlement.
    pub settle_at: usize,
    /// The longest an answer waits for it.
    pub settle_after: Duration,
    /// Waits longer than this park the batch.
    pub park_beyond: Duration,
    /// How long tasks are polled after a cancel.
    pub polls_after_cancel: Duration,
    /// How long a breaker that opened keeps calls away.
    pub cooldown: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            in_flight: 64,
            settle_at: 64,
            settle_after: Duration::from_millis(10),
            park_beyond: Duration::from_secs(5),
            polls_after_cancel: Duration::from_secs(60),
            cooldown: super::breaker::COOLDOWN,
        }
    }
}

/// What can happen.
#[derive(Debug)]
pub enum Event {
    /// Time passed, or everything that had happened was told.
    Tick,
    /// What came of [`Command::Fund`].
    Funded(Result<Funded>),
    /// What came of [`Command::Look`]: one each, in order.
    Looked(Vec<usize>, Result<Vec<Option<LookupRow>>>),
    /// What came of [`Command::Mark`]: one each, in order.
    Marked(Vec<CallId>, Result<Vec<Result<Marked>>>),
    /// What came of [`Command::Watch`]: those of the keys that were ever asked, in order.
    Watched(Vec<usize>, Result<Vec<Flight>>),
    /// What came of [`Command::Send`].
    Answered(CallId, Box<Result<Parsed, HttpFailure>>),
    /// What came of [`Command::Permits`], asked for this purse.
    Permitted(usize, Result<Permits>),
    /// What came of [`Command::Settle`].
    Settled(Result<Settled>),
    /// What came of [`Command::Screen`], asked about these.
    Screened(Vec<Fingerprint>, Result<Screening>),
    /// What came of [`Command::Renew`], asked for at that instant.
    Renewed(Duration, Result<Lease>),
    /// What another batch found out, for an ask of this one.
    Told(usize, Told),
    /// Some vendor is there again: those that wait for one may ask at once.
    Recovered,
    /// The job is to stop.
    Cancel,
    /// This process is to let go: what is in flight is finished, nothing is begun.
    Drain,
}

/// What is to be done. Every command but the last two is answered by one event.
#[derive(Debug)]
pub enum Command {
    /// Set credits aside.
    Fund(HoldId, Vec<Credits>),
    /// Look for stored answers to what these asks would ask.
    Look(Vec<usize>, Vec<Sought>),
    /// Write calls down before their bytes leave.
    Mark(Vec<NewCall>),
    /// See what has become of what others ask under these keys, for these asks.
    Watch(Vec<usize>, Vec<[u8; 32]>),
    /// Ask for permits, and tell what became of those before, for this purse.
    Permits(usize, PermitClaim),
    /// Send a call, or ask about its task.
    Send {
        /// Which call.
        call: CallId,
        /// Which operation.
        op: OpIx,
        /// What it is about.
        records: Arc<[Inputs]>,
        /// The task to ask about.
        task: Option<String>,
    },
    /// Write down what was learned.
    Settle(Box<Settlement>),
    /// Ask the suppression list about these.
    Screen(Vec<Fingerprint>),
    /// Keep the lease.
    Renew(Lease, Duration),
    /// Tell another batch of this process.
    Tell(Waiter, Told),
    /// The batch is over, for this worker.
    End(Ended),
}

/// What the one who asked found out, for those who waited.
#[derive(Clone, Debug)]
pub enum Told {
    /// The leader's own answer.
    Found(Arc<super::batch::Landed>),
    /// It came to nothing: ask yourself.
    Lead,
}

/// How a batch ended for its worker.
#[derive(Debug, PartialEq)]
pub enum Ended {
    /// Every record has come to an end.
    Done {
        /// Whether the job ended with it.
        finished: bool,
    },
    /// It waits.
    Parked {
        /// For so long, or until woken.
        wake_in: Option<Duration>,
        /// For what.
        on: Vec<String>,
    },
    /// It was given back.
    Released,
    /// Somebody else has it.
    Lost,
    /// A step of the store failed, for good or for longer than the batch's lease lasts.
    Broken(Error),
}
