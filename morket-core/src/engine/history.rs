//! How vendors have fared for a workspace: counted from the steps of its newest jobs, a bounded
//! number of them, when somebody asks.

use crate::{
    Result, Store, WorkspaceId,
    job::{Job, StepOutcome, StepRow},
    name::{FieldName, ProviderSlug},
    page::Limit,
    plan::{Op, Plan, Program},
};
use std::collections::{BTreeMap, BTreeSet};

/// The most jobs that are looked at, newest first.
const JOBS: u32 = 20;

/// The most records of all of them together.
const RECORDS: u32 = 2_000;

/// One, in parts of a million: shares are counted so.
pub(super) const WHOLE: u64 = 1_000_000;

/// What is known of a share: with 95 in 100 it lies between these, in parts of a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Share {
    /// At least.
    pub low: u64,
    /// At most.
    pub high: u64,
}

impl Share {
    /// What `hits` of `all` tell, after Wilson; nothing, where there is nothing to count.
    ///
    /// ```
    /// use morket_core::engine::Share;
    ///
    /// let half = Share::of(50, 100).unwrap();
    /// assert_eq!((half.low / 10_000, half.high / 10_000), (40, 59));
    /// assert_eq!(Share::of(0, 0), None);
    /// ```
    pub fn of(hits: u64, all: u64) -> Option<Self> {
        if all == 0 {
            return None;
        }
        let (n, k) = (u128::from(all), u128::from(hits.min(all)));
        // With z = 1.96: (2k + z² ± z √(z² + 4k(n−k)/n)) / 2(n + z²), times 10,000 twice over.
        let root = (1_475_789_056 + 1_536_640_000 * k * (n - k) / n).isqrt();
        let (middle, below) = (20_000 * k + 38_416, 20_000 * n + 76_832);
        let whole = u128::from(WHOLE);
        let low = middle.saturating_sub(root + 1) * whole / below;
        let high = ((middle + root + 1) * whole).div_ceil(below).min(whole);
        let low = if k == 0 { 0 } else { low };
        let high = if k == n { whole } else { high };
        Some(Self {
            low: u64::try_from(low).unwrap_or(0),
            high: u64::try_from(high).unwrap_or(WHOLE),
        })
    }
}

/// How one vendor has fared with one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Fared {
    /// How often it was asked, and said something: a failure of either side says nothing.
    pub asked: u64,
    /// How often it had an answer.
    pub answered: u64,
    /// How often that was taken.
    pub accepted: u64,
}

/// How vendors have fared, by field.
#[derive(Clone, Debug, Default)]
pub(super) struct History(BTreeMap<(FieldName, ProviderSlug), Fared>);

impl History {
    /// Of everybody whom a program may ask: newest jobs first, and the first records of each.
    pub(super) async fn read(
        store: &dyn Store,
        workspace: WorkspaceId,
        program: &Program,
    ) -> Result<Self> {
        let mut history = Self::default();
        let mut left = RECORDS;
        for job in store.jobs(workspace, None, Limit::new(JOBS)?).await?.rows {
            let records = job.counts.total.min(left);
            if records == 0 {
                break;
            }
            left -= records;
            let steps = store.steps(workspace, job.id, 0..records).await?;
            history.add(program, &job, &steps);
        }
        Ok(history)
    }

    fn add(&mut self, program: &Program, job: &Job, steps: &[StepRow]) {
        let plan: Option<Plan> = serde_json::from_value(job.plan.clone()).ok();
        let mut seen = BTreeSet::new();
        for StepRow { step, .. } in steps {
            let Some(op) = asked(program, &step.field, &step.provider) else { continue };
            let same = plan.as_ref().is_none_or(|it| may_ask(it, &step.field, op));
            let Some(call) = step.call.filter(|call| same && job.made(*call)) else { continue };
            // A twin's answer is no second trial.
            if op.operation.bulk == 1 && !seen.insert((step.field.clone(), call)) {
                continue;
            }
            let (answered, accepted) = match step.outcome {
                StepOutcome::Accepted => (1, 1),
                StepOutcome::Rejected => (1, 0),
                StepOutcome::Miss | StepOutcome::InvalidInput => (0, 0),
                _ => continue,
            };
            let place = (step.field.clone(), step.provider.clone());
            let it = self.0.entry(place).or_default();
            it.asked += 1;
            it.answered += answered;
            it.accepted += accepted;
        }
    }

    /// How a vendor has fared with a field.
    pub(super) fn of(&self, field: &FieldName, provider: &ProviderSlug) -> Fared {
        self.0.get(&(field.clone(), provider.clone())).copied().unwrap_or_default()
    }
}

/// The operation by which a program asks this provider for this field.
fn asked<'a>(program: &'a Program, field: &FieldName, provider: &ProviderSlug) -> Option<&'a Op> {
    let chain = program.chains.iter().find(|it| program.field(it.field).name == *field)?;
    chain.steps.iter().map(|it| program.op(*it)).find(|it| it.provider == *provider)
}

/// Whether an earlier plan may have asked by the same operation: it names it, or no other.
fn may_ask(plan: &Plan, field: &FieldName, op: &Op) -> bool {
    let steps = plan.waterfalls.get(field).map(|it| it.steps.as_slice()).unwrap_or_default();
    let provider = format!("{}/", op.provider);
    let other = |it: &&String| it.starts_with(&provider) && **it != op.name();
    !steps.iter().any(|it| other(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_as_wide_as_little_is_known() {
        for (hits, all, low, high) in [
            (0, 1, 0, 79),
            (1, 1, 20, 100),
            (0, 10, 0, 27),
            (5, 10, 23, 76),
            (10, 10, 72, 100),
            (50, 100, 40, 59),
            (600, 1_000, 56, 62),
            (999_000, 1_000_000, 99, 99),
            (7, 5, 56, 100),
        ] {
            let share = Share::of(hits, all).unwrap();
            assert_eq!((share.low / 10_000, share.high / 10_000), (low, high), "{hits}/{all}");
        }
        assert_eq!(Share::of(0, 0), None);
    }

    #[test]
    fn an_interval_holds_its_share_and_shrinks() {
        // method: exhaustive
        for all in 1..200 {
            for hits in 0..=all {
                let (one, ten) = (Share::of(hits, all).unwrap(), Share::of(hits * 10, all * 10));
                let (ten, share) = (ten.unwrap(), hits * WHOLE / all);
                assert!(one.low <= share && share <= one.high, "{hits}/{all}: {one:?}");
                assert!(ten.high - ten.low <= one.high - one.low, "{hits}/{all}: {ten:?}");
            }
        }
    }
}
