//! Closing holds that nobody will come back for.

use super::State;
use crate::{HoldId, Result, Timestamp, WorkspaceId, job::BatchId, ledger::Hold};
use std::time::Duration;

/// How long a batch may be without a worker before its hold lapses.
const VACANCY: Duration = Duration::from_secs(24 * 60 * 60);

impl State {
    pub(super) fn lapse_holds(&mut self, limit: u32, now: Timestamp) -> Result<u32> {
        let holds = self.tenants.values().flat_map(|tenant| tenant.ledger.holds.values());
        let left = holds.filter(|hold| hold.is_open() && self.is_left(hold, now));
        let mut left: Vec<_> =
            left.map(|hold| (hold.opened_at, hold.id, hold.workspace, hold.batch)).collect();
        left.sort_by_key(|(opened_at, id, ..)| (*opened_at, *id));
        left.truncate(limit as usize);
        for (_, id, workspace, batch) in &left {
            self.lapse(*workspace, *id, *batch, now)?;
        }
        Ok(u32::try_from(left.len()).unwrap_or(u32::MAX))
    }

    /// Whether nobody will come back for an open hold.
    fn is_left(&self, hold: &Hold, now: Timestamp) -> bool {
        let Some(id) = hold.batch else {
            return hold.lapses_at.is_some_and(|at| at <= now);
        };
        let live = self.jobs.get(&(hold.workspace, id.job));
        let live = live.filter(|row| !row.job.state.is_terminal());
        let batch = live.and_then(|row| row.batch(id.number));
        batch.is_none_or(|batch| batch.vacant_since <= now.before(VACANCY))
    }

    fn lapse(
        &mut self,
        workspace: WorkspaceId,
        id: HoldId,
        batch: Option<BatchId>,
        now: Timestamp,
    ) -> Result<()> {
        let mut book = self.tenant("job.lapse_holds", workspace)?.ledger.book_of_holds([id], now);
        book.lapse(id)?;
        self.commit(workspace, book, now);
        let batch = batch.and_then(|it| self.batch_mut(workspace, it).ok());
        if let Some(batch) = batch.filter(|batch| batch.hold == Some(id)) {
            batch.hold = None;
        }
        Ok(())
    }
}
