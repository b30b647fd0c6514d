//! Calls to vendors, from *marked before send* to *billed* or *nobody knows*, and what they cost.

use super::{CounterKey, flight::Wanted, state::numbered};
use crate::{
    CallId, Error, ErrorKind, JobId, MicroUsd, Result, Timestamp, VendorUnits, name::ProviderSlug,
};
use std::{collections::BTreeMap, fmt, sync::Arc};

numbered! {
    /// Where a call stands. The number is what stores keep.
    CallState {
        /// Known unbilled: it may be sent again, same row, same composition.
        Ready = 1,
        /// Its bytes may have left.
        Sent = 2,
        /// Its fate is known and written.
        Settled = 3,
        /// Nobody knows whether it was billed; its worst price stays counted.
        Unknown = 4,
    }
}

impl CallState {
    /// Whether what a vendor billed for a call in this state is still to be recorded when the
    /// answer that tells it is refused. Under an old fence, a call that is ready again belongs to
    /// its new holder.
    pub const fn owes_spend(self, held: bool) -> bool {
        match self {
            Self::Sent | Self::Unknown => true,
            Self::Ready => held,
            Self::Settled => false,
        }
    }
}

/// What a call costs, in the vendor's unit and, where the user's price is known, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spend {
    /// In thousandths of the vendor's unit.
    pub units: VendorUnits,
    /// In millionths of a dollar.
    pub usd: Option<MicroUsd>,
}

/// What a ceiling binds.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One record of the call's job.
    Row(u32),
    /// The call's job.
    Job,
    /// The day the call was marked sent: UTC, by the store's clock.
    Day,
    /// The call's provider, over all jobs.
    Provider,
    /// The whole workspace.
    Workspace,
}

impl Scope {
    /// The ceiling's name, as refusals carry it in their fact `scope`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Row(_) => "row",
            Self::Job => "job",
            Self::Day => "day",
            Self::Provider => "provider",
            Self::Workspace => "workspace",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(index) => write!(f, "row {index}"),
            other => f.write_str(other.word()),
        }
    }
}

numbered! {
    /// What a counter counts. The number is what stores keep.
    SpendUnit {
        /// Millionths of a dollar.
        Usd = 1,
        /// Thousandths of the provider's own unit.
        Units = 2,
    }
}

/// A call's part in one spend counter.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// What is counted over.
    pub scope: Scope,
    /// In which unit.
    pub unit: SpendUnit,
    /// How much of it this call adds.
    pub amount: i64,
    /// The most the counter may show, if there is a ceiling.
    pub limit: Option<i64>,
}

/// A call about to be sent: written down before its bytes leave.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall {
    /// Its id, and its idempotency key at the vendor.
    pub id: CallId,
    /// Who is asked.
    pub provider: ProviderSlug,
    /// Which operation.
    pub operation: String,
    /// The records and fields it serves, as JSON: the same on every attempt. Never read by the
    /// store.
    pub composition: Arc<str>,
    /// The worst it can cost.
    pub worst: Spend,
    /// The counters it moves, at their worst.
    pub counters: Vec<Counter>,
    /// What it asks, where an answer may be kept for others.
    pub wanted: Vec<Wanted>,
    /// How often its bytes left before, throttled answers aside.
    pub attempts: u32,
}

impl NewCall {
    /// The keys of the counters it moves.
    pub fn counter_keys(&self, job: JobId, day: i64) -> Vec<CounterKey> {
        let key = |it: &Counter| CounterKey::new(job, &self.provider, day, &it.scope, it.unit);
        self.counters.iter().map(key).collect()
    }

    /// Refuse a call that would pass a ceiling, from what the counters show now. A call that is
    /// sent again stands at zero meanwhile, so all it adds is its worst.
    pub fn within_limits(
        &self,
        job: JobId,
        day: i64,
        shown: impl Fn(&CounterKey) -> i64,
    ) -> Result<()> {
        let mut adds: Moves = BTreeMap::new();
        for (counter, key) in self.counters.iter().zip(self.counter_keys(job, day)) {
            if counter.amount < 0 {
                let problem = "must not be negative";
                return Err(Error::invalid("job.mark_sent", "counters.amount", problem));
            }
            let added = adds.entry(key.clone()).or_insert(0);
            *added = added.saturating_add(counter.amount);
            let needed = shown(&key).saturating_add(*added);
            if let Some(limit) = counter.limit.filter(|limit| needed > *limit) {
                let scope = &counter.scope;
                let message = format!("{scope}: {needed} would pass the ceiling of {limit}");
                return Err(Error::new(ErrorKind::OverBudget, "job.mark_sent", message)
                    .with("scope", scope.word())
                    .with("call", self.id));
            }
        }
        Ok(())
    }

    /// The error of a call whose id names another one.
    pub fn taken(id: CallId) -> Error {
        let message = "call: this id names another call, or one that is settled";
        Error::new(ErrorKind::Conflict, "job.mark_sent", message).with("call", id)
    }
}

/// A call as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// Who was asked.
    pub provider: ProviderSlug,
    /// Which operation.
    pub operation: String,
    /// The records and fields it serves, as JSON.
    pub composition: Arc<str>,
    /// Where it stands.
    pub state: CallState,
    /// How often its bytes may have left, throttled answers aside.
    pub attempts: u32,
    /// What it cost, or the worst it can cost while that is open.
    pub spend: Spend,
    /// The fence under which it was last marked sent.
    pub fence: i64,
    /// When it was last marked sent.
    pub sent_at: Timestamp,
    /// The day it was last marked sent, for the day's counter.
    pub day: i64,
    /// The counters it moved, as they stand.
    pub counters: Vec<Counter>,
    /// A vendor's task to poll, once there is one.
    pub task: Option<String>,
}

/// By how much counters move.
pub type Moves = BTreeMap<CounterKey, i64>;

impl Call {
    /// What marking `new` as sent makes of the row that is there; `None` when it is marked
    /// already. Pure; every adapter calls it with the row locked.
    pub fn mark_sent(
        before: Option<&Self>,
        new: &NewCall,
        fence: i64,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let attempts = match before {
            Some(it) if !it.is_made_of(new) => return Err(NewCall::taken(new.id)),
            Some(it) if it.state == CallState::Sent => return Ok(None),
            Some(it) if it.state != CallState::Ready => return Err(NewCall::taken(new.id)),
            _ => before.map_or(0, |it| it.attempts).max(new.attempts).saturating_add(1),
        };
        Ok(Some(Self {
            id: new.id,
            provider: new.provider.clone(),
            operation: new.operation.clone(),
            composition: new.composition.clone(),
            state: CallState::Sent,
            attempts,
            spend: new.worst,
            fence,
            sent_at: now,
            day: now.day(),
            counters: new.counters.clone(),
            task: before.and_then(|it| it.task.clone()),
        }))
    }

    fn is_made_of(&self, new: &NewCall) -> bool {
        (&self.provider, &self.operation, &self.composition)
            == (&new.provider, &new.operation, &new.composition)
    }

    /// By how much each counter moves when this call takes the place of `before`.
    pub fn moved_since(&self, before: Option<&Self>, job: JobId) -> Moves {
        let mut moved = before.map(|it| it.moves_to(job, &[])).unwrap_or_default();
        let nothing = Self { counters: Vec::new(), ..self.clone() };
        for (key, by) in nothing.moves_to(job, &self.counters) {
            let sum = moved.entry(key).or_insert(0_i64);
            *sum = sum.saturating_add(by);
        }
        moved.retain(|_, by| *by != 0);
        moved
    }

    /// What a result makes of this call, and by how much each counter moves. Pure; every adapter
    /// calls it with the row locked. `job` is the call's job.
    ///
    /// What is settled stays as it was settled: the spend of a call is recorded once, whoever
    /// comes to tell it a second time. An unknown amount is replaced, never added to.
    pub fn apply(&self, job: JobId, result: &CallResult) -> Result<(Self, Moves)> {
        let mut after = self.clone();
        match (self.state, result.state) {
            (CallState::Settled, CallState::Settled | CallState::Unknown | CallState::Sent)
            | (CallState::Unknown, CallState::Unknown) => {}
            (CallState::Sent | CallState::Unknown | CallState::Ready, CallState::Settled) => {
                after.spend = result.spend;
                after.counters.clone_from(&result.counters);
                after.attempts = self.attempts.max(result.attempts);
            }
            (CallState::Sent | CallState::Ready, CallState::Ready) => {
                after.spend = Spend::default();
                after.counters.clear();
                after.attempts = result.attempts;
            }
            // How often it left is not forgotten, or nobody would ever give it up.
            (CallState::Sent, CallState::Sent | CallState::Unknown) => {
                after.attempts = self.attempts.max(result.attempts);
            }
            (before, _) => {
                let message =
                    format!("call: it is {before:?} and cannot become {:?}", result.state);
                return Err(
                    Error::new(ErrorKind::Conflict, "job.settle", message).with("call", self.id)
                );
            }
        }
        if self.state != CallState::Settled {
            after.state = result.state;
            after.task = result.task.clone().or_else(|| self.task.clone());
        }
        let moved = self.moves_to(job, &after.counters);
        Ok((after, moved))
    }

    /// What a result makes of this call that comes from somebody who lost the batch: its spend is
    /// known now, but its answer is lost. As long as nobody has decided about it, it stays among
    /// the calls that are open, or whoever takes over would think that it never left.
    pub fn apply_late(&self, job: JobId, result: &CallResult) -> Result<(Self, Moves)> {
        let (mut after, moved) = self.apply(job, result)?;
        if self.state == CallState::Sent {
            after.state = CallState::Sent;
        }
        Ok((after, moved))
    }

    /// By how much each counter moves when this call's part becomes `counters`.
    pub fn moves_to(&self, job: JobId, counters: &[Counter]) -> Moves {
        let key = |it: &Counter| CounterKey::new(job, &self.provider, self.day, &it.scope, it.unit);
        let mut moved = BTreeMap::new();
        for counter in &self.counters {
            let by = moved.entry(key(counter)).or_insert(0_i64);
            *by = by.saturating_sub(counter.amount);
        }
        for counter in counters {
            let by = moved.entry(key(counter)).or_insert(0_i64);
            *by = by.saturating_add(counter.amount);
        }
        moved.retain(|_, by| *by != 0);
        moved
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallResult {
    /// Which call.
    pub id: CallId,
    /// Where it stands now: `Ready`, `Settled` or `Unknown`; `Sent` to note a task to poll, or how
    /// often it left.
    pub state: CallState,
    /// What it cost. For `Unknown` and `Sent` the worst stays counted, whatever is said here.
    pub spend: Spend,
    /// The counters as they must end up, in any order; those left out end at zero.
    pub counters: Vec<Counter>,
    /// A vendor's task to poll.
    pub task: Option<String>,
    /// How often its bytes left, throttled answers aside: kept of a call that may leave again.
    pub attempts: u32,
}
