//! People of whom an answer was kept when somebody looked: they are not asked about again, whatever
//! else the question says. It goes by what answers say, and by nobody's hashes.

use super::store::{Errand, Sending};
use morket_core::{
    CallId, JobId,
    job::{Answered, Lease, LookupRow, NewCall},
    name::FieldName,
    plan::Program,
    provider::Answer,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

type Key = [u8; 32];

/// What a vendor has told of somebody, by their name.
type Told = BTreeMap<(String, String), BTreeSet<FieldName>>;

/// A record of a call: what was kept of anybody when it was looked for, and what is wanted of it.
type Record = (Option<Told>, BTreeSet<FieldName>);

/// What is kept, and who looked when.
#[derive(Debug, Default)]
pub(super) struct Known {
    told: Told,
    /// What was kept when a batch last looked for this, and found nothing.
    looked: BTreeMap<(JobId, i64, Key), Told>,
    /// The same, for each record of a call that was marked then.
    marked: BTreeMap<CallId, Vec<Record>>,
}

fn holder(lease: &Lease) -> (JobId, i64) {
    (lease.batch.job, lease.fence)
}

impl Known {
    /// An answer is kept.
    pub(super) fn settled(&mut self, item: &Answered) {
        for lookup in &item.lookups {
            let Some(answer) = &lookup.answer else { continue };
            let Ok(answer) = serde_json::from_value::<Answer>(answer.clone()) else { continue };
            let Some(name) = answer.identity.full_name.clone() else { continue };
            let told = self.told.entry((lookup.provider.to_string(), name)).or_default();
            told.extend(answer.values.iter().map(|(name, _)| name.clone()));
        }
    }

    /// Somebody looked.
    pub(super) fn looked(&mut self, errand: &Errand, found: &[Option<LookupRow>]) {
        let Errand::Look(lease, _, sought) = errand else { return };
        let (job, fence) = holder(lease);
        for (it, row) in sought.iter().zip(found) {
            let place = (job, fence, it.key);
            match row {
                Some(_) => drop(self.looked.remove(&place)),
                None => drop(self.looked.insert(place, self.told.clone())),
            }
        }
    }

    /// A call is written down.
    pub(super) fn marked(&mut self, errand: &Errand, call: &NewCall) {
        let Errand::Mark(lease, _) = errand else { return };
        let (job, fence) = holder(lease);
        let parts: Value = serde_json::from_str(&call.composition).unwrap_or_default();
        let parts = parts.as_array().into_iter().flatten();
        let records = parts.zip(&call.wanted).map(|(part, wanted)| {
            let fields = part.get(1).and_then(Value::as_array).into_iter().flatten();
            let fields = fields.filter_map(Value::as_str).filter_map(|it| FieldName::new(it).ok());
            let verifies = part.get(3).is_some_and(Value::is_u64);
            let told = self.looked.get(&(job, fence, wanted.key)).filter(|_| !verifies);
            (told.cloned(), fields.collect())
        });
        let records = records.collect();
        self.marked.entry(call.id).or_insert(records);
    }

    /// A call leaves for the first time.
    pub(super) fn sent(&self, program: &Program, sending: &Sending) -> Vec<String> {
        let provider = program.op(sending.op).provider.to_string();
        let marked = self.marked.get(&sending.call).into_iter().flatten();
        let known = marked.zip(sending.records.iter()).filter_map(|((told, fields), record)| {
            let name = record.text("full_name")?.to_owned();
            let told = told.as_ref()?.get(&(provider.clone(), name.clone()))?;
            let wanted = fields.iter().any(|it| told.contains(it));
            wanted.then(|| format!("known: {} asks {provider} about {name} again", sending.call))
        });
        known.collect()
    }
}
