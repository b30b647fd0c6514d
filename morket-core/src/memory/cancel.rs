//! Stopping jobs, and waking what waits.

use super::{
    State,
    batch::{BatchState, JobRow},
};
use crate::{
    HoldId, JobId, Result, Timestamp, WorkspaceId,
    job::{Cancelling, Wake},
    ledger::Op,
};

impl State {
    pub(super) fn cancel_job(
        &mut self,
        workspace: WorkspaceId,
        id: JobId,
        now: Timestamp,
    ) -> Result<Cancelling> {
        let row = self.sealed("job.cancel", workspace, id)?;
        if row.job.state.is_terminal() {
            return Ok(Cancelling { job: row.view(), leased: 0 });
        }
        let ledger = &self.tenant("job.cancel", workspace)?.ledger;
        let vacant = row.vacant(now);
        let open: Vec<HoldId> =
            vacant.iter().filter_map(|&at| row.batches[at].open_hold(ledger)).collect();
        let mut book = ledger.book_of_holds(open.iter().copied(), now);
        for hold in open {
            book.apply(&Op::Void { hold })?;
        }
        let row = self.jobs.get_mut(&(workspace, id)).expect("it was found above");
        row.job.cancel_requested_at.get_or_insert(now);
        for at in vacant {
            row.cancel_records(at);
            row.batches[at].fence += 1;
            row.batches[at].end(now);
        }
        let event = row.finish(now);
        let leased = row.batches.iter().filter(|batch| batch.is_leased(now)).count();
        let cancelling =
            Cancelling { job: row.view(), leased: u32::try_from(leased).unwrap_or(u32::MAX) };
        self.commit(workspace, book, now);
        self.outbox.put(workspace, event, now);
        Ok(cancelling)
    }

    pub(super) fn wake(
        &mut self,
        workspace: WorkspaceId,
        which: &Wake,
        now: Timestamp,
    ) -> Result<u32> {
        match which {
            Wake::Job(id) => drop(self.sealed("job.wake", workspace, *id)?),
            Wake::Cause(_) => drop(self.tenant("job.wake", workspace)?),
        }
        let mine = self.jobs.values_mut().filter(|row| row.job.workspace == workspace);
        let mut woken = 0;
        for row in mine {
            let job = row.job.id;
            for batch in &mut row.batches {
                let BatchState::Parked { .. } = &batch.state else { continue };
                let meant = match which {
                    Wake::Job(id) => *id == job,
                    Wake::Cause(cause) => batch.waited.iter().any(|it| it.on == *cause),
                };
                if meant {
                    (batch.state, batch.vacant_since) = (BatchState::Ready, now);
                    batch.waited.clear();
                    woken += 1;
                }
            }
        }
        Ok(woken)
    }
}

impl JobRow {
    /// The batches that nobody holds and that are not done.
    fn vacant(&self, now: Timestamp) -> Vec<usize> {
        let batches = self.batches.iter().enumerate();
        let vacant = batches.filter(|(_, batch)| !batch.is_done() && !batch.is_leased(now));
        vacant.map(|(number, _)| number).collect()
    }
}
