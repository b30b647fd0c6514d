//! Building a job, reading it, and forgetting what was never sealed.

use super::{State, batch::JobRow, conflict};
use crate::{
    Error, ErrorKind, JobId, Result, Timestamp, WorkspaceId,
    job::{BATCH, Job, NewJob},
    ledger::Metering,
    page::{Cursor, Limit, Page},
};
use serde_json::Value;
use std::ops::Range;

impl State {
    pub(super) fn open_job(
        &mut self,
        workspace: WorkspaceId,
        new: NewJob,
        now: Timestamp,
    ) -> Result<()> {
        new.validate()?;
        self.tenant("job.open", workspace)?;
        let base = new.base.and_then(|id| self.jobs.get(&(workspace, id)));
        new.check_base(base.map(|row| &row.job))?;
        if let Some(row) = self.jobs.get(&(workspace, new.id)) {
            if row.asked() == new {
                return Ok(());
            }
            return Err(conflict("job.open", "job: this id names another job").with("job", new.id));
        }
        self.jobs.insert((workspace, new.id), JobRow::open(workspace, new, now));
        Ok(())
    }

    pub(super) fn append_records(
        &mut self,
        workspace: WorkspaceId,
        id: JobId,
        first: u32,
        records: Vec<Value>,
    ) -> Result<u32> {
        let operation = "job.append";
        if records.is_empty() || records.len() > BATCH as usize {
            return Err(Error::invalid(operation, "records", "must be 1 to 1000"));
        }
        let row = self.job_of(operation, workspace, id)?;
        if row.is_sealed() {
            return Err(conflict(operation, "job: it is sealed").with("job", id));
        }
        let count = row.len();
        if first > count {
            let error = Error::invalid(operation, "first", "gap");
            return Err(error.with("first", first).with("count", count));
        }
        if first < count {
            let there = row.records[first as usize..].iter().map(|record| &record.input);
            if there.take(records.len()).eq(&records) {
                return Ok(count);
            }
            return Err(conflict(operation, "records: other ones stand there").with("job", id));
        }
        if u32::try_from(records.len()).ok().and_then(|more| count.checked_add(more)).is_none() {
            return Err(Error::invalid(operation, "records", "too many to count"));
        }
        let row = self.jobs.get_mut(&(workspace, id)).expect("it was found above");
        row.append(records);
        Ok(row.len())
    }

    pub(super) fn seal_job(
        &mut self,
        workspace: WorkspaceId,
        id: JobId,
        total: u32,
        now: Timestamp,
    ) -> Result<Job> {
        let operation = "job.seal";
        if total == 0 {
            return Err(Error::invalid(operation, "total", "must be above zero"));
        }
        let row = self.job_of(operation, workspace, id)?;
        if row.is_sealed() {
            if row.job.counts.total == total {
                return Ok(row.view());
            }
            return Err(conflict(operation, "job: it was sealed with another total"));
        }
        let account = &self.tenant(operation, workspace)?.ledger.account;
        let worst = row.job.worst_case;
        if worst.is_positive() && account.metering == Metering::Unmetered {
            return Err(conflict(operation, "workspace: it is unmetered and has no credits"));
        }
        if total != row.len() {
            let problem = format!("it says {total}, and {} were appended", row.len());
            return Err(Error::invalid(operation, "total", problem));
        }
        let available = account.available();
        if worst > available {
            let message = format!("{worst} credits are needed, {available} are available");
            return Err(Error::new(ErrorKind::InsufficientCredits, operation, message)
                .with("required", worst)
                .with("available", available));
        }
        let row = self.jobs.get_mut(&(workspace, id)).expect("it was found above");
        row.seal(now);
        Ok(row.view())
    }

    pub(super) fn jobs_page(
        &self,
        workspace: WorkspaceId,
        after: Option<Place>,
        limit: Limit,
    ) -> Result<Page<Job>> {
        self.tenant("job.jobs", workspace)?;
        let mine = self.jobs.values().filter(|row| row.job.workspace == workspace);
        let mut sealed: Vec<_> = mine.filter_map(|row| Some((place(&row.job)?, row))).collect();
        sealed.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        let total = sealed.len() as u64;
        let rest = sealed.iter().filter(|(place, _)| after.is_none_or(|after| *place < after));
        let rows = rest.take(limit.rows() as usize + 1).map(|(_, row)| row.view()).collect();
        Ok(Page::cut(rows, limit, total, |job| {
            Cursor::new("jobs", workspace, &place(job).map(key).unwrap_or_default())
        }))
    }

    /// Something of each record of `range`, in input order.
    pub(super) fn of_records<T>(
        &self,
        (operation, workspace, id): (&'static str, WorkspaceId, JobId),
        range: Range<u32>,
        of: impl Fn(u32, &super::batch::RecordRow) -> Vec<T>,
    ) -> Result<Vec<T>> {
        let row = self.sealed(operation, workspace, id)?;
        let end = range.end.min(row.len());
        let mine = range.start.min(end)..end;
        Ok(mine.flat_map(|index| of(index, &row.records[index as usize])).collect())
    }

    pub(super) fn collect_unsealed(&mut self, before: Timestamp) -> u32 {
        let count = self.jobs.len();
        self.jobs.retain(|_, row| row.is_sealed() || row.job.created_at >= before);
        u32::try_from(count - self.jobs.len()).unwrap_or(u32::MAX)
    }
}

/// A sealed job's place in the listing.
pub(super) type Place = (Timestamp, JobId);

fn place(job: &Job) -> Option<Place> {
    Some((job.sealed_at?, job.id))
}

/// A place as a cursor's key.
fn key((sealed_at, id): Place) -> Vec<u8> {
    [&sealed_at.micros().to_be_bytes()[..], id.0.as_bytes()].concat()
}

/// The place a cursor names.
pub(super) fn place_of(cursor: &Cursor, workspace: WorkspaceId) -> Result<Place> {
    let key = cursor.key("jobs", workspace)?;
    let refused = || Error::invalid("page", "cursor", "it was not made by this listing");
    let (sealed_at, id) = key.split_at_checked(8).ok_or_else(refused)?;
    let sealed_at = sealed_at.try_into().map_err(|_| refused())?;
    let id = uuid::Uuid::from_slice(id).map_err(|_| refused())?;
    Ok((Timestamp::from_micros(i64::from_be_bytes(sealed_at)), JobId(id)))
}
