//! Reading jobs and their results.

use super::{
    load::{sealed_job, shown},
    results::{StoredCell, StoredLookup, StoredStep},
    rows::JobRow,
};
use crate::{
    Scope, Session, SqlStore, args,
    query::{find, number, select},
    store::live,
};
use morket_core::{
    JobId, Result, Timestamp, WorkspaceId,
    job::{
        self, CellRow, CounterKey, Job, JobState, LookupAge, LookupRow, Record, RecordStatus,
        SpendTotal, StepRow,
    },
    name::ProviderSlug,
    page::{Cursor, Limit, Page},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
    time::Duration,
};
use uuid::Uuid;

pub(super) async fn job(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    job: JobId,
) -> Result<Job> {
    live(session, workspace).await?;
    let row = sealed_job(session, workspace, job).await?;
    shown(session, row).await
}

/// The place of a job in the listing: when it was sealed, then its id.
fn place(cursor: &Cursor, workspace: WorkspaceId) -> Result<(i64, Uuid)> {
    let key = cursor.key("jobs", workspace)?;
    let place = key.split_at_checked(8).and_then(|(at, id)| {
        Some((i64::from_be_bytes(at.try_into().ok()?), Uuid::from_slice(id).ok()?))
    });
    place.ok_or_else(|| {
        morket_core::Error::invalid("page", "cursor", "it was not made by this listing")
    })
}

fn cursor_after(job: &Job) -> Cursor {
    let mut key = job.sealed_at.unwrap_or_default().micros().to_be_bytes().to_vec();
    key.extend_from_slice(job.id.0.as_bytes());
    Cursor::new("jobs", job.workspace, &key)
}

pub(super) async fn jobs(
    store: &SqlStore,
    workspace: WorkspaceId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Job>> {
    let after = after.map(|cursor| place(&cursor, workspace)).transpose()?;
    store
        .read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                live(session, workspace).await?;
                let sql = "SELECT COUNT(*) FROM jobs WHERE workspace_id = $1 \
                           AND sealed_at IS NOT NULL";
                let total = number(session, sql, args![workspace]).await?;
                let (at, id) = after.unwrap_or((i64::MAX, Uuid::max()));
                let sql = format!(
                    "SELECT {} FROM jobs WHERE workspace_id = $1 AND sealed_at IS NOT NULL \
                     AND (sealed_at < $2 OR (sealed_at = $2 AND id < $3)) \
                     ORDER BY sealed_at DESC, id DESC LIMIT $4",
                    JobRow::COLUMNS
                );
                let values = args![workspace, at, id, limit.rows() + 1];
                let mut found = Vec::new();
                for mut row in session.rows(sql.into(), values).await? {
                    found.push(shown(session, JobRow::read(&mut row)?).await?);
                }
                Ok(Page::cut(found, limit, u64::try_from(total).unwrap_or(0), cursor_after))
            })
        })
        .await
}

/// From when on nobody works on a job: never where a batch waits to be woken.
const VACANT: &str = "SELECT j.state, \
        MAX(CASE WHEN b.state = 3 AND b.wake_at IS NULL THEN $3 ELSE b.vacant_since END) \
    FROM jobs j JOIN batches b ON b.job_no = j.no \
    WHERE j.workspace_id = $1 AND j.id = $2 GROUP BY j.state";

pub(super) async fn left_for(
    store: &SqlStore,
    workspace: WorkspaceId,
    jobs: Vec<JobId>,
) -> Result<Vec<Option<Duration>>> {
    let jobs: Arc<[JobId]> = jobs.into();
    store
        .read(Scope::Tenant(workspace), move |session| {
            let jobs = jobs.clone();
            Box::pin(async move {
                live(session, workspace).await?;
                let now = session.now();
                let mut left = Vec::with_capacity(jobs.len());
                for job in jobs.iter() {
                    let values = args![workspace, *job, i64::MAX];
                    let mut rows = session.rows(VACANT.into(), values).await?;
                    left.push(match rows.first_mut() {
                        Some(row) => {
                            job::left_for(row.one_of(JobState::from_number)?, [row.time()?], now)
                        }
                        None => None,
                    });
                }
                Ok(left)
            })
        })
        .await
}

pub(super) async fn records(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    job: JobId,
    range: Range<u32>,
) -> Result<Vec<Record>> {
    live(session, workspace).await?;
    let job = sealed_job(session, workspace, job).await?;
    let sql = "SELECT idx, input, status FROM job_records \
               WHERE job_no = $1 AND idx >= $2 AND idx < $3 ORDER BY idx";
    let rows = session.rows(sql.into(), args![job.no, range.start, range.end]).await?;
    rows.into_iter()
        .map(|mut row| {
            let (index, input) = (row.small()?, row.json()?);
            Ok(Record { index, input, status: row.one_of(RecordStatus::from_number)? })
        })
        .collect()
}

const RANGE: &str = "WHERE job_no = $1 AND idx >= $2 AND idx < $3 ORDER BY idx";

/// What a table holds of these records of a sealed job.
async fn of_records<R: crate::Record + 'static>(
    store: &SqlStore,
    workspace: WorkspaceId,
    job: JobId,
    range: Range<u32>,
) -> Result<Vec<R>> {
    store
        .read(Scope::Tenant(workspace), move |session| {
            let range = range.clone();
            Box::pin(async move {
                live(session, workspace).await?;
                let job = sealed_job(session, workspace, job).await?;
                select(session, RANGE, args![job.no, range.start, range.end]).await
            })
        })
        .await
}

pub(super) async fn cells(
    store: &SqlStore,
    workspace: WorkspaceId,
    job: JobId,
    range: Range<u32>,
) -> Result<Vec<CellRow>> {
    let stored: Vec<StoredCell> = of_records(store, workspace, job, range).await?;
    let names = store.names_for(stored.iter().flat_map(StoredCell::numbers)).await?;
    let cells = stored.into_iter().map(|it| it.shown(&names));
    let mut cells = cells.collect::<Result<Vec<_>>>()?;
    cells.sort_by(|a, b| (a.cell.index, &a.cell.field).cmp(&(b.cell.index, &b.cell.field)));
    Ok(cells)
}

pub(super) async fn steps(
    store: &SqlStore,
    workspace: WorkspaceId,
    job: JobId,
    range: Range<u32>,
) -> Result<Vec<StepRow>> {
    let stored: Vec<StoredStep> = of_records(store, workspace, job, range).await?;
    let names = store.names_for(stored.iter().flat_map(|it| [it.field, it.provider])).await?;
    let steps = stored.into_iter().map(|it| it.shown(&names));
    let mut steps = steps.collect::<Result<Vec<_>>>()?;
    steps.sort_by(|a, b| {
        let key =
            |row: &StepRow| (row.step.index, row.step.field.clone(), row.step.provider.clone());
        key(a).cmp(&key(b))
    });
    Ok(steps)
}

pub(super) async fn lookups(
    store: &SqlStore,
    workspace: WorkspaceId,
    keys: Vec<[u8; 32]>,
) -> Result<Vec<LookupRow>> {
    let (now, mut stored) = kept(store, workspace, &keys).await?;
    stored.retain(|it| it.row.lookup.expires_at > now);
    let names = store.names_for(stored.iter().map(|it| it.provider)).await?;
    let shown = stored.into_iter().map(|it| Ok((it.row.lookup.key, it.shown(&names)?)));
    let shown = shown.collect::<Result<BTreeMap<_, _>>>()?;
    Ok(keys.iter().filter_map(|key| shown.get(key).cloned()).collect())
}

pub(super) async fn lookup_ages(
    store: &SqlStore,
    workspace: WorkspaceId,
    keys: Vec<[u8; 32]>,
) -> Result<Vec<LookupAge>> {
    let (now, stored) = kept(store, workspace, &keys).await?;
    let age = |it: &StoredLookup| LookupAge::of(&it.row, it.row.lookup.expires_at <= now);
    let ages: BTreeMap<_, _> = stored.iter().map(|it| (it.row.lookup.key, age(it))).collect();
    Ok(keys.iter().filter_map(|key| ages.get(key).copied()).collect())
}

/// What is kept under these keys, expired or not, and what the store's clock says.
async fn kept(
    store: &SqlStore,
    workspace: WorkspaceId,
    keys: &[[u8; 32]],
) -> Result<(Timestamp, Vec<StoredLookup>)> {
    let wanted = Arc::new(keys.iter().copied().collect::<BTreeSet<_>>());
    store
        .read(Scope::Tenant(workspace), move |session| {
            let wanted = wanted.clone();
            Box::pin(async move {
                live(session, workspace).await?;
                let keys = wanted.iter().map(|key| args![workspace, *key]).collect();
                Ok((session.now(), find(session, &["workspace_id", "key"], keys).await?))
            })
        })
        .await
}

pub(super) async fn spent(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    counter: &SpendTotal,
) -> Result<i64> {
    live(session, workspace).await?;
    let job = counter.job.unwrap_or(JobId(Uuid::nil()));
    let provider = match &counter.provider {
        Some(provider) => provider.clone(),
        None => ProviderSlug::new("none")?,
    };
    let day = counter.day.unwrap_or(0);
    let key = CounterKey::new(job, &provider, day, &counter.scope, counter.unit);
    let sql = "SELECT amount FROM spend_counters WHERE workspace_id = $1 AND key = $2";
    number(session, sql, args![workspace, key.to_string()]).await
}
