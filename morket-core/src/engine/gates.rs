//! What all batches of a process share: breakers, governors, lost providers and flights. Pure.

use super::{
    breaker::{Breaker, Permit, Signal, Verdict},
    flight::Flights,
    governor::{Governor, Slot, reserve},
};
use crate::{
    job::{RateLimit, Told},
    provider::{LimitHint, LimitScope, Operation, OutcomeKind, Window},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, time::Duration};

/// A provider and credential, by its place among the gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GateIx(usize);

/// An ask of some batch of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Waiter {
    /// The batch's number in this process.
    pub batch: u64,
    /// The ask's number in the batch.
    pub ask: usize,
}

/// Whether a call may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// Now.
    Go(Permit),
    /// The breaker is open until then.
    Open(Duration),
}

#[derive(Debug, Default)]
struct Gate {
    name: String,
    breaker: Breaker,
    shared: Governor,
    endpoints: BTreeMap<String, Governor>,
    lost: Option<(OutcomeKind, Duration)>,
    /// It was lost, and nothing has spoken for it since.
    bad: bool,
}

/// What all batches of a process share.
#[derive(Debug)]
pub struct Gates {
    cooldown: Duration,
    names: BTreeMap<String, GateIx>,
    gates: Vec<Gate>,
    holder: Option<u64>,
    pub(super) flights: Flights<Waiter>,
    /// A breaker closed since this was last asked for.
    recovered: bool,
}

/// How long a provider that was found lost is not asked again by batches that begin.
const LOST_FOR: Duration = Duration::from_secs(30);

impl Default for Gates {
    fn default() -> Self {
        Self::new(super::breaker::COOLDOWN)
    }
}

impl Gates {
    /// None yet; their breakers will stay open for so long.
    pub fn new(cooldown: Duration) -> Self {
        let (names, gates, flights) = (BTreeMap::new(), Vec::new(), Flights::default());
        Self { cooldown, names, gates, holder: None, flights, recovered: false }
    }

    /// By what number this process asks for permits: that of the first batch it opened.
    pub(super) fn holder(&mut self, batch: u64) -> u64 {
        *self.holder.get_or_insert(batch)
    }

    /// The gate of a provider and credential: `name` tells them apart without telling the key.
    pub fn enter(&mut self, name: &str, operation: &Operation) -> GateIx {
        let next = GateIx(self.gates.len());
        let ix = *self.names.entry(name.to_owned()).or_insert(next);
        if ix == next {
            let breaker = Breaker::new(self.cooldown);
            let name = name.to_owned();
            self.gates.push(Gate { name, breaker, ..Gate::default() });
        }
        let of = |scope: LimitScope| -> Vec<Window> {
            operation.windows.iter().filter(|it| it.scope == scope).copied().collect()
        };
        let gate = &mut self.gates[ix.0];
        gate.shared.add(of(LimitScope::Credential));
        let endpoint = || Governor::new(of(LimitScope::Endpoint));
        gate.endpoints.entry(operation.name.clone()).or_insert_with(endpoint);
        ix
    }

    fn gate(&mut self, ix: GateIx) -> &mut Gate {
        &mut self.gates[ix.0]
    }

    pub(super) fn slot(&mut self, ix: GateIx, operation: &str, now: Duration) -> Slot {
        let gate = self.gate(ix);
        let mut both = vec![&mut gate.shared];
        both.extend(gate.endpoints.get_mut(operation));
        reserve(&mut both, now)
    }

    /// A call did not leave at the place it had.
    pub(super) fn give_back(&mut self, ix: GateIx, operation: &str, at: Duration) {
        let gate = self.gate(ix);
        gate.shared.give_back(at);
        if let Some(endpoint) = gate.endpoints.get_mut(operation) {
            endpoint.give_back(at);
        }
    }

    /// Whether there are limits of all that passes a gate, and of this endpoint alone.
    pub(super) fn has_limits(&self, ix: GateIx, operation: &str) -> (bool, bool) {
        let gate = &self.gates[ix.0];
        let endpoint = gate.endpoints.get(operation);
        let has = |it: &Governor| it.rates().next().is_some();
        (has(&gate.shared), endpoint.is_some_and(has))
    }

    /// The limits of a gate, and of an endpoint, as other processes know them too.
    pub(super) fn limits(&self, ix: GateIx, endpoint: Option<&str>) -> Vec<RateLimit> {
        let gate = &self.gates[ix.0];
        let own = endpoint.and_then(|it| Some((it, gate.endpoints.get(it)?)));
        let both = [("", &gate.shared)].into_iter().chain(own);
        let limits = both.map(|(endpoint, governor)| RateLimit {
            key: limit_key(&gate.name, endpoint),
            rates: governor.rates().collect(),
        });
        limits.filter(|it| !it.rates.is_empty()).collect()
    }

    /// What the vendor has told of those limits.
    pub(super) fn told(&self, ix: GateIx, endpoint: Option<&str>, now: Duration) -> Vec<Told> {
        let gate = &self.gates[ix.0];
        let own = endpoint.and_then(|it| Some((it, gate.endpoints.get(it)?)));
        let both = [("", &gate.shared)].into_iter().chain(own);
        let told = both.flat_map(|(endpoint, governor)| {
            let key = limit_key(&gate.name, endpoint);
            governor.told().map(move |(rate, at)| Told { key, rate, ago: now.saturating_sub(at) })
        });
        told.collect()
    }

    pub(super) fn pass(&mut self, ix: GateIx, now: Duration) -> Pass {
        match self.gate(ix).breaker.can_call(now) {
            Verdict::Go(permit) => Pass::Go(permit),
            Verdict::Wait(until) => Pass::Open(until),
        }
    }

    pub(super) fn record(&mut self, ix: GateIx, permit: Permit, signal: Signal, now: Duration) {
        let gate = self.gate(ix);
        gate.bad &= signal != Signal::Success;
        let tripped = gate.breaker.is_tripped();
        gate.breaker.record(permit, signal, now);
        self.recovered |= tripped && !self.gate(ix).breaker.is_tripped();
    }

    pub(super) fn throttled(
        &mut self,
        ix: GateIx,
        operation: &str,
        now: Duration,
        retry_after: Option<Duration>,
    ) -> Duration {
        let gate = self.gate(ix);
        match gate.endpoints.get_mut(operation) {
            Some(endpoint) => endpoint.throttled(now, retry_after),
            None => gate.shared.throttled(now, retry_after),
        }
    }

    /// A call was let through, and its headers told this. Whether there is more room than was
    /// thought.
    pub(super) fn served(
        &mut self,
        ix: GateIx,
        operation: &str,
        now: Duration,
        hints: &[LimitHint],
    ) -> bool {
        let Gate { shared, endpoints, .. } = self.gate(ix);
        let mut endpoint = endpoints.get_mut(operation);
        if let Some(endpoint) = &mut endpoint {
            endpoint.served();
        }
        // Whoever counts by the endpoint tells of the endpoint; and only there is it known what has
        // left already.
        let own = endpoint.filter(|it| it.rates().next().is_some());
        let told = own.unwrap_or(shared);
        hints.iter().map(|hint| told.learn(now, *hint)).filter(|wider| *wider).count() > 0
    }

    /// The key is bad or the account is empty: found out once, for all.
    pub(super) fn lose(&mut self, ix: GateIx, cause: OutcomeKind, now: Duration) {
        let gate = self.gate(ix);
        (gate.lost, gate.bad) = (Some((cause, now)), true);
    }

    /// Whether a vendor has come back since this was last asked: those that wait for it are told.
    pub(super) fn has_recovered(&mut self) -> bool {
        std::mem::take(&mut self.recovered)
    }

    /// Whether this process found it lost, and nothing has spoken for it since.
    pub(super) fn is_bad(&self, ix: GateIx) -> bool {
        self.gates[ix.0].bad
    }

    /// Why the provider is lost, if it is.
    pub(super) fn lost(&self, ix: GateIx) -> Option<OutcomeKind> {
        self.gates[ix.0].lost.map(|(cause, _)| cause)
    }

    /// A batch begins: what was lost some time ago is tried once more.
    pub fn try_again(&mut self, ix: GateIx, now: Duration) {
        let gate = self.gate(ix);
        gate.lost = gate.lost.filter(|(_, since)| now < *since + LOST_FOR);
    }

    /// The account is well again: whoever waited goes on.
    pub fn restore(&mut self, name: &str) {
        if let Some(ix) = self.names.get(name).copied() {
            self.is_well(ix);
        }
    }

    pub(super) fn is_well(&mut self, ix: GateIx) {
        let gate = self.gate(ix);
        (gate.lost, gate.bad) = (None, false);
    }

    /// Somebody thinks that it is worth another try: nobody counts as lost any more.
    pub(super) fn try_all_again(&mut self) {
        self.gates.iter_mut().for_each(|it| (it.lost, it.bad) = (None, false));
    }
}

/// What a limit is known by in the store, which is told neither vendor nor key.
fn limit_key(gate: &str, endpoint: &str) -> [u8; 32] {
    let hash = Sha256::new().chain_update("permits\0").chain_update(gate);
    hash.chain_update("\0").chain_update(endpoint).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Kind;

    /// So many calls a minute, counted by the endpoint or over all of them.
    fn operation(scope: LimitScope) -> Operation {
        let per = Duration::from_secs(60);
        let windows = vec![Window { max: 2, per, scope }];
        Operation { windows, ..Operation::new("find", Kind::Person) }
    }

    #[test]
    fn what_left_before_a_header_told_of_a_window_counts_in_it() {
        let hour = Duration::from_secs(3_600);
        let hint = LimitHint { per: hour, max: Some(3), left: None, resets_in: None };
        for scope in [LimitScope::Endpoint, LimitScope::Credential] {
            let (mut gates, operation) = (Gates::default(), operation(scope));
            let gate = gates.enter("vendor", &operation);
            let slot = |gates: &mut Gates, at: u64| {
                gates.slot(gate, &operation.name, Duration::from_secs(at))
            };
            assert_eq!([slot(&mut gates, 0), slot(&mut gates, 0)], [Slot::At(Duration::ZERO); 2]);
            gates.served(gate, &operation.name, Duration::ZERO, &[hint]);
            assert_eq!(slot(&mut gates, 100), Slot::At(Duration::from_secs(100)));
            let Slot::NotBefore(at) = slot(&mut gates, 200) else { panic!("{scope:?}") };
            assert!(at >= hour, "{scope:?}: {at:?}");
        }
    }
}
