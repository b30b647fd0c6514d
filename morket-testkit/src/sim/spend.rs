//! What each call must count for, from what was written of it: its worst price while its fate is
//! open, and what its vendor billed once it is settled.

use super::{scene::Scene, store::at_once, vendor::Vendors};
use morket_core::{
    CallId, JobId,
    job::{
        CallResult, CallState, JobStore, NewCall, Scope, Settled, Settlement, SpendTotal, SpendUnit,
    },
    name::ProviderSlug,
};
use std::collections::BTreeMap;

#[derive(Debug)]
struct Counted {
    provider: ProviderSlug,
    worst: i64,
    state: CallState,
    /// What it cost is known, be it from somebody who lost the batch.
    told: bool,
}

/// Every call that was written down.
#[derive(Debug, Default)]
pub(super) struct Calls(BTreeMap<CallId, Counted>);

impl Calls {
    pub(super) fn marked(&mut self, call: &NewCall) {
        let (provider, worst) = (call.provider.clone(), call.worst.units.0);
        let state = CallState::Sent;
        self.0
            .entry(call.id)
            .and_modify(|it| {
                if it.state == CallState::Ready {
                    it.state = state;
                }
            })
            .or_insert(Counted { provider, worst, state, told: false });
    }

    /// Where a call stands, as it is written.
    pub(super) fn state(&self, call: CallId) -> Option<CallState> {
        self.0.get(&call).map(|it| it.state)
    }

    /// Whether nobody ever told what a call cost.
    pub(super) fn is_unknown(&self, call: CallId) -> bool {
        self.0.get(&call).is_some_and(|it| it.state == CallState::Unknown && !it.told)
    }

    /// Whether a call's fate is written.
    pub(super) fn is_decided(&self, call: CallId) -> bool {
        let state = self.0.get(&call).map(|it| it.state);
        matches!(state, Some(CallState::Settled | CallState::Unknown))
    }

    pub(super) fn settled(&mut self, settlement: &Settlement, settled: &Settled) {
        let told = |at: usize| settlement.items.get(at).and_then(|it| it.call.as_ref());
        match settled {
            Settled::Applied { items, .. } => {
                for (at, item) in items.iter().enumerate() {
                    if let Some(result) = told(at) {
                        self.told(result, item.is_ok());
                    }
                }
            }
            Settled::Stale { .. } => {
                let results = settlement.items.iter().filter_map(|it| it.call.as_ref());
                for result in results.filter(|it| it.state == CallState::Settled) {
                    let call = self.0.get_mut(&result.id);
                    if let Some(call) = call.filter(|it| it.state != CallState::Ready) {
                        call.told = true;
                    }
                }
            }
        }
    }

    /// Of a refused result only the spend is kept.
    fn told(&mut self, result: &CallResult, applied: bool) {
        let Some(call) = self.0.get_mut(&result.id) else { return };
        if call.state != CallState::Settled && (applied || result.state == CallState::Settled) {
            call.state = result.state;
            call.told |= result.state == CallState::Settled;
        }
    }

    /// What a provider's counter must show: no more, and no less.
    pub(super) fn due(&self, provider: &ProviderSlug, vendors: &Vendors) -> i64 {
        let calls = self.0.iter().filter(|(_, it)| it.provider == *provider);
        calls
            .map(|(id, it)| match it.state {
                CallState::Ready => 0,
                _ if it.told => vendors.billed(*id),
                _ => it.worst,
            })
            .sum()
    }

    /// A ceiling holds at every committed state.
    pub(super) fn over_ceiling(&self, scene: &Scene, job: JobId) -> Option<String> {
        let ceiling = scene.program(job).ceilings.first()?;
        let provider = ceiling.provider.clone()?;
        let counter = SpendTotal {
            scope: Scope::Job,
            job: Some(job),
            provider: Some(provider.clone()),
            day: None,
            unit: SpendUnit::Units,
        };
        let shown = at_once(scene.store.spent(scene.workspace, counter)).unwrap_or(0);
        let over = shown > ceiling.limit;
        over.then(|| format!("ceiling: {provider} shows {shown} of {}", ceiling.limit))
    }
}
