//! Batches at work.

use morket_core::Timestamp;
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// How long results are kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);

/// All batches that were accepted, and how often each content was.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Tasks {
    tasks: BTreeMap<String, Task>,
    submissions: HashMap<u64, u32>,
}

/// One batch.
#[derive(Debug)]
pub(super) struct Task {
    /// Each contact as it will be sent back.
    pub(super) results: Vec<Value>,
    /// Each as it was sent.
    pub(super) sent: Vec<Value>,
    ready_at: Timestamp,
    kept_until: Timestamp,
    polls_left: u32,
}

impl Tasks {
    /// How often this content has been submitted, this time included.
    pub(super) fn count(&mut self, content: u64) -> u32 {
        let count = self.submissions.entry(content).or_default();
        *count += 1;
        *count
    }

    pub(super) fn add(
        &mut self,
        id: String,
        (results, sent): (Vec<Value>, Vec<Value>),
        polls: u32,
        (now, after): (Timestamp, Duration),
    ) {
        let task = Task {
            results,
            sent,
            ready_at: now.after(after),
            kept_until: now.after(after).after(KEPT),
            polls_left: polls,
        };
        self.tasks.insert(id, task);
    }

    /// Asks for a batch: itself and whether it is ready; none for what is not known any more.
    pub(super) fn poll(&mut self, id: &str, now: Timestamp) -> Option<(&Task, bool)> {
        let task = self.tasks.get_mut(id).filter(|task| now < task.kept_until)?;
        let ready = task.polls_left == 0 && now >= task.ready_at;
        task.polls_left = task.polls_left.saturating_sub(1);
        Some((task, ready))
    }
}
