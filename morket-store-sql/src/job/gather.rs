//! What a settlement refers to, out of the database, with batch and account locked.

use super::{
    results::{StoredLookup, StoredStep},
    rows::{CallRow, StatusRow},
};
use crate::{Session, args, names::Book as Names, query::find};
use morket_core::{
    CallId, Result,
    job::{Answered, CounterKey, Lease, RecordStatus},
};
use std::collections::{BTreeMap, BTreeSet};

/// The calls of this job that the items speak of.
pub(super) async fn load_calls(
    session: &mut dyn Session,
    lease: &Lease,
    items: &[Answered],
    names: &Names,
) -> Result<BTreeMap<CallId, CallRow>> {
    let ids: BTreeSet<_> = items.iter().filter_map(|it| it.call.as_ref()).map(|it| it.id).collect();
    let keys = ids.iter().map(|id| args![lease.workspace, *id]).collect();
    let rows: Vec<CallRow> = find(session, &["workspace_id", "id"], keys).await?;
    let no = super::load::job_no(session, lease.workspace, lease.batch.job).await?;
    let ours = rows.into_iter().filter(|row| Some(row.job_no) == no).collect();
    let named = super::calls::named(session, ours, names).await?;
    Ok(named.into_iter().map(|row| (row.call.id, row)).collect())
}

/// The counters that those calls move, from what they were to what they become.
pub(super) fn counter_keys(
    lease: &Lease,
    items: &[Answered],
    calls: &BTreeMap<CallId, CallRow>,
) -> BTreeSet<CounterKey> {
    let results = items.iter().filter_map(|it| it.call.as_ref());
    let known = results.filter_map(|result| calls.get(&result.id).map(|row| (result, row)));
    known
        .flat_map(|(result, row)| {
            let both = row.call.counters.iter().chain(&result.counters);
            both.map(|it| {
                let call = &row.call;
                CounterKey::new(lease.batch.job, &call.provider, call.day, &it.scope, it.unit)
            })
        })
        .collect()
}

/// The steps that are there already.
pub(super) async fn load_steps(
    session: &mut dyn Session,
    job_no: i64,
    items: &[Answered],
    names: &Names,
) -> Result<BTreeMap<(u32, i64, i64), StoredStep>> {
    let mut keys = BTreeSet::new();
    for step in items.iter().flat_map(|it| &it.steps) {
        let (field, provider) =
            (names.number(step.field.as_str())?, names.number(step.provider.as_str())?);
        keys.insert((step.index, field, provider));
    }
    let keys =
        keys.into_iter().map(|(index, field, provider)| args![job_no, index, field, provider]);
    let by = &["job_no", "idx", "field", "provider"];
    let rows: Vec<StoredStep> = find(session, by, keys.collect()).await?;
    Ok(rows.into_iter().map(|row| (row.place(), row)).collect())
}

/// The statuses of the records that change theirs.
pub(super) async fn load_statuses(
    session: &mut dyn Session,
    job_no: i64,
    items: &[Answered],
) -> Result<BTreeMap<u32, RecordStatus>> {
    let indexes: BTreeSet<u32> = items.iter().flat_map(|it| &it.records).map(|it| it.0).collect();
    let keys = indexes.into_iter().map(|index| args![job_no, index]).collect();
    let rows: Vec<StatusRow> = find(session, &["job_no", "idx"], keys).await?;
    Ok(rows.into_iter().map(|row| (row.index, row.status)).collect())
}

/// A lookup that this very call brought before stays as it was: a repeat must not make it younger.
pub(super) async fn keep_first_calls(
    session: &mut dyn Session,
    lookups: BTreeMap<[u8; 32], StoredLookup>,
) -> Result<Vec<StoredLookup>> {
    let keys = lookups.values().map(|it| {
        let values = crate::Record::values(it);
        values.into_iter().take(2).collect()
    });
    let found: Vec<StoredLookup> = find(session, &["workspace_id", "key"], keys.collect()).await?;
    let there: BTreeMap<_, _> =
        found.into_iter().map(|it| (it.row.lookup.key, it.row.lookup.call)).collect();
    let fresh = |it: &StoredLookup| there.get(&it.row.lookup.key) != Some(&it.row.lookup.call);
    Ok(lookups.into_values().filter(fresh).collect())
}
