//! What several batches ask of one vendor: it is asked once at a time, and not again when it is
//! answered.

use super::{spend::Calls, store::Errand};
use morket_core::{
    CallId, JobId,
    job::{Answered, CallState, Flight, FlightState, Lease, Marked, NewCall},
};
use std::collections::{BTreeMap, BTreeSet};

type Key = [u8; 32];

/// A call as it was when it was marked.
#[derive(Debug)]
struct Asked {
    job: JobId,
    /// What it asks, and whose answer to that was stored by then.
    keys: Vec<(Key, Option<CallId>)>,
}

/// Who asks what.
#[derive(Debug, Default)]
pub(super) struct Twins {
    asked: BTreeMap<CallId, Asked>,
    /// The call that last left under a key.
    last: BTreeMap<Key, CallId>,
    /// Whose answer is stored.
    answered: BTreeMap<Key, CallId>,
    /// Calls that were refused for another's sake.
    refused: BTreeSet<CallId>,
    /// Which call a batch waits for, by its job and fence.
    waited: BTreeMap<(JobId, i64, Key), CallId>,
}

fn holder(errand: &Errand) -> Option<(JobId, i64)> {
    let of = |lease: &Lease| (lease.batch.job, lease.fence);
    match errand {
        Errand::Mark(lease, _) | Errand::Watch(lease, ..) => Some(of(lease)),
        _ => None,
    }
}

impl Twins {
    /// The store has written a call down, or said that others ask the same.
    pub(super) fn marked(
        &mut self,
        errand: &Errand,
        call: &NewCall,
        marked: &Marked,
        calls: &Calls,
    ) -> Vec<String> {
        let Some((job, fence)) = holder(errand) else { return Vec::new() };
        if let Marked::Taken(flights) = marked {
            self.refused.insert(call.id);
            self.watched(errand, flights);
            return Vec::new();
        }
        let stored = |key: &Key| self.answered.get(key).copied();
        let keys = call.wanted.iter().map(|it| (it.key, stored(&it.key)));
        let keys: Vec<_> = keys.filter(|(_, by)| *by != Some(call.id)).collect();
        let mut wrong = Vec::new();
        for (key, _) in &keys {
            let waited = self.waited.remove(&(job, fence, *key));
            // Of a refusal that was lost on the way nobody knows.
            let heard = !self.refused.contains(&call.id);
            if heard && waited.is_some_and(|it| calls.is_unknown(it)) {
                let other = waited.map(|it| it.to_string()).unwrap_or_default();
                wrong.push(format!("unknown: {} asks what {other} may have got", call.id));
            }
        }
        self.asked.entry(call.id).or_insert(Asked { job, keys });
        wrong
    }

    /// A call is not to be: a refusal that was lost on the way is forgotten with it.
    pub(super) fn dropped(&mut self, errand: &Errand, call: &NewCall) {
        let Some((job, fence)) = holder(errand) else { return };
        if self.refused.contains(&call.id) {
            for wanted in &call.wanted {
                self.waited.remove(&(job, fence, wanted.key));
            }
        }
    }

    /// A batch has heard how the calls stand that it waits for.
    pub(super) fn watched(&mut self, errand: &Errand, flights: &[Flight]) {
        let Some((job, fence)) = holder(errand) else { return };
        for flight in flights {
            let place = (job, fence, flight.key);
            if matches!(flight.state, FlightState::Asked { .. }) {
                self.waited.insert(place, flight.call);
            } else if self.waited.get(&place) != Some(&flight.call) {
                // Somebody has asked it again since, and to no avail.
                self.waited.remove(&place);
            }
        }
    }

    pub(super) fn settled(&mut self, item: &Answered) {
        self.answered.extend(item.lookups.iter().map(|it| (it.key, it.call)));
    }

    /// A call leaves for the first time; whoever wants no kept answers asks again on purpose.
    pub(super) fn sent(
        &mut self,
        (job, cached): (JobId, bool),
        call: CallId,
        calls: &Calls,
        ended: impl Fn(JobId) -> bool,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let Some(asked) = self.asked.get(&call) else { return wrong };
        for (key, stored) in &asked.keys {
            if let Some(other) = stored.filter(|_| cached) {
                wrong.push(format!("bought: {call} asks what {other} has answered"));
            }
            let Some(other) = self.last.insert(*key, call).filter(|it| *it != call) else {
                continue;
            };
            let theirs = self.asked.get(&other).map(|it| it.job);
            let theirs = theirs.filter(|it| *it != job && !ended(*it));
            if theirs.is_some() && calls.state(other) == Some(CallState::Sent) {
                wrong.push(format!("bought: {call} asks what {other} is asking"));
            }
        }
        wrong
    }
}
