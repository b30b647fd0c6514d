//! Looking through everything a workspace keeps, a page at a time, for what names somebody.

use crate::{Session, args};
use morket_core::{
    CallId, JobId, Result, WorkspaceId,
    job::JobState,
    privacy::{Named, Search, erased_composition, named, without},
};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Rows that are in memory at once.
pub(super) const PAGE: i64 = 500;

/// Records by the number of their job and their place in it.
pub(super) type Places = BTreeSet<(i64, u32)>;

/// A job as far as erasing is concerned.
pub(super) struct JobPlace {
    pub(super) no: i64,
    pub(super) id: JobId,
    /// It was sealed and has not ended.
    pub(super) open: bool,
}

pub(super) async fn jobs(session: &mut dyn Session, of: WorkspaceId) -> Result<Vec<JobPlace>> {
    let sql = "SELECT no, id, state, sealed_at FROM jobs WHERE workspace_id = $1 ORDER BY id";
    let rows = session.rows(sql.into(), args![of]).await?;
    let place = |mut row: crate::Row| {
        let (no, id) = (row.int()?, JobId(row.uuid()?));
        let state = row.one_of(JobState::from_number)?;
        Ok(JobPlace { no, id, open: row.maybe_int()?.is_some() && !state.is_terminal() })
    };
    rows.into_iter().map(place).collect()
}

/// What was found to name somebody.
#[derive(Default)]
pub(super) struct Finds {
    /// Records that are about them.
    pub(super) about: Places,
    /// What stays of cells in which they stand by mistake.
    pub(super) mistakes: BTreeMap<(i64, u32, i64), Option<Json>>,
}

impl Finds {
    /// The inputs and cells of a job.
    pub(super) async fn look(
        &mut self,
        session: &mut dyn Session,
        job: i64,
        search: &Search,
    ) -> Result<()> {
        let mut next = 0;
        loop {
            let sql = "SELECT idx, input FROM job_records WHERE job_no = $1 AND idx >= $2 \
                       ORDER BY idx LIMIT $3";
            let rows = session.rows(sql.into(), args![job, next, PAGE]).await?;
            let Some(_) = rows.last() else { break };
            for mut row in rows {
                let index = row.small()?;
                next = i64::from(index) + 1;
                if search.is_in(&row.json()?) {
                    self.about.insert((job, index));
                }
            }
        }
        self.look_at_cells(session, job, search).await
    }

    async fn look_at_cells(
        &mut self,
        session: &mut dyn Session,
        job: i64,
        search: &Search,
    ) -> Result<()> {
        let (mut index, mut field) = (0_u32, i64::MIN);
        loop {
            let sql = "SELECT idx, field, value, detail FROM cells \
                       WHERE job_no = $1 AND (idx, field) > ($2, $3) \
                       AND (value IS NOT NULL OR detail IS NOT NULL) \
                       ORDER BY idx, field LIMIT $4";
            let rows = session.rows(sql.into(), args![job, index, field, PAGE]).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for mut row in rows {
                (index, field) = (row.small()?, row.int()?);
                let (value, detail) = (row.maybe_json()?, row.maybe_json()?);
                match named(search, value.as_ref(), detail.as_ref()) {
                    Named::Yes => drop(self.about.insert((job, index))),
                    Named::ByMistake => {
                        let left = detail.and_then(|it| without(search, &it));
                        self.mistakes.insert((job, index, field), left);
                    }
                    Named::No => {}
                }
            }
        }
    }

    /// The jobs in which something was found.
    pub(super) fn jobs(&self) -> BTreeSet<i64> {
        let by_mistake = self.mistakes.keys().map(|it| it.0);
        self.about.iter().map(|it| it.0).chain(by_mistake).collect()
    }
}

/// A call of which something is to go.
pub(super) struct CallFind {
    pub(super) id: CallId,
    pub(super) job: i64,
    /// What is left of its composition, if that changes.
    pub(super) left: Option<Json>,
    /// The records it was erased for.
    pub(super) records: BTreeSet<u32>,
}

/// The calls that name somebody, or that asked about one of these records.
pub(super) async fn calls(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    search: &Search,
    places: &Places,
) -> Result<Vec<CallFind>> {
    let (mut found, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let sql = "SELECT id, job_no, composition FROM calls \
                   WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3";
        let rows = session.rows(sql.into(), args![workspace, after, PAGE]).await?;
        if rows.is_empty() {
            return Ok(found);
        }
        for mut row in rows {
            after = row.uuid()?;
            let (job, composition) = (row.int()?, row.json()?);
            let here = |index| places.contains(&(job, index));
            let Some((left, records)) = erased_composition(Some(search), &composition, &here)
            else {
                continue;
            };
            let left = (left != composition).then_some(left);
            found.push(CallFind { id: CallId(after), job, left, records });
        }
    }
}

/// The ids of events that name somebody.
pub(super) async fn events(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    search: &Search,
) -> Result<Vec<Uuid>> {
    let (mut found, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let sql = "SELECT id, payload FROM outbox WHERE workspace_id = $1 AND id > $2 \
                   ORDER BY id LIMIT $3";
        let rows = session.rows(sql.into(), args![workspace, after, PAGE]).await?;
        if rows.is_empty() {
            return Ok(found);
        }
        for mut row in rows {
            after = row.uuid()?;
            if search.is_in(&row.json()?) {
                found.push(after);
            }
        }
    }
}

/// The numbers of the feed's lines that name somebody.
pub(super) async fn lines(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    search: &Search,
) -> Result<Vec<i64>> {
    let (mut found, mut after) = (Vec::new(), i64::MIN);
    loop {
        let sql = "SELECT seq, detail FROM activity WHERE workspace_id = $1 AND seq > $2 \
                   ORDER BY seq LIMIT $3";
        let rows = session.rows(sql.into(), args![workspace, after, PAGE]).await?;
        if rows.is_empty() {
            return Ok(found);
        }
        for mut row in rows {
            after = row.int()?;
            if search.is_in(&row.json()?) {
                found.push(after);
            }
        }
    }
}
