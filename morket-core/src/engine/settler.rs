//! When answers are written down: together, but none waits long. Pure.

use crate::job::Answered;
use std::time::Duration;

/// Answers that wait to be written.
#[derive(Debug)]
pub(super) struct Settler {
    at_most: usize,
    wait: Duration,
    waiting: Vec<Answered>,
    since: Option<Duration>,
    busy: bool,
    /// How many answers ever came, how many are being written, and how many are written.
    came: u64,
    leaving: u64,
    written: u64,
}

impl Settler {
    pub(super) fn new(at_most: usize, wait: Duration) -> Self {
        let (at_most, waiting) = (at_most.max(1), Vec::new());
        Self { at_most, wait, waiting, since: None, busy: false, came: 0, leaving: 0, written: 0 }
    }

    /// One more; its number, by which to ask whether it is written.
    pub(super) fn push(&mut self, item: Answered, now: Duration) -> u64 {
        self.since.get_or_insert(now);
        self.waiting.push(item);
        self.came += 1;
        self.came
    }

    /// Whether everything up to this number is durable.
    pub(super) fn has_written(&self, number: u64) -> bool {
        number <= self.written
    }

    /// What is to be written now. `hurry` when nothing is gained by waiting.
    pub(super) fn take(&mut self, now: Duration, hurry: bool) -> Option<Vec<Answered>> {
        let since = self.since?;
        let due = hurry || self.waiting.len() >= self.at_most || now >= since + self.wait;
        if self.busy || !due {
            return None;
        }
        let rest = self.waiting.split_off(self.waiting.len().min(self.at_most));
        let items = std::mem::replace(&mut self.waiting, rest);
        self.since = (!self.waiting.is_empty()).then_some(since);
        (self.busy, self.leaving) = (true, items.len() as u64);
        Some(items)
    }

    pub(super) fn written(&mut self) {
        self.busy = false;
        self.written += std::mem::take(&mut self.leaving);
    }

    pub(super) fn due_at(&self) -> Option<Duration> {
        self.since.filter(|_| !self.busy).map(|since| since + self.wait)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    pub(super) fn is_idle(&self) -> bool {
        !self.busy && self.waiting.is_empty()
    }

    /// A settlement that ends the batch is under way.
    pub(super) fn occupy(&mut self) {
        self.busy = true;
    }

    pub(super) fn take_all(&mut self) -> Vec<Answered> {
        self.since = None;
        std::mem::take(&mut self.waiting)
    }
}
