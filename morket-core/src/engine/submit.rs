//! A job comes to be: opened, filled in batches, sealed. Until then nobody sees it.

use crate::{
    Error, ErrorKind, JobId, Result, Store, WorkspaceId,
    job::{BATCH, Job, NewJob},
};
use serde_json::Value;

/// Open a job, append these records in input order, and seal it. A repeat with the same content
/// changes nothing, whether the first came to its end or not.
pub async fn submit(
    store: &dyn Store,
    workspace: WorkspaceId,
    new: NewJob,
    records: impl IntoIterator<Item = Value>,
) -> Result<Job> {
    let id = new.id;
    store.open_job(workspace, new).await?;
    let mut records = records.into_iter();
    let mut total = 0_u32;
    loop {
        let batch: Vec<Value> = records.by_ref().take(BATCH as usize).collect();
        if batch.is_empty() {
            break;
        }
        match store.append_records(workspace, id, total, batch.clone()).await {
            Ok(so_far) => total = so_far,
            // A sealed job takes no more, not even what it has: whoever lost the answer asks again.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                total = are_there(store, workspace, id, total, &batch).await?.ok_or(error)?;
            }
            Err(error) => return Err(error),
        }
    }
    if total == 0 {
        return Err(Error::invalid("job.submit", "records", "there is not a single one"));
    }
    store.seal_job(workspace, id, total).await
}

/// How many records a sealed job has up to the end of these, if it has them from `first` on.
async fn are_there(
    store: &dyn Store,
    workspace: WorkspaceId,
    job: JobId,
    first: u32,
    batch: &[Value],
) -> Result<Option<u32>> {
    let last = first.saturating_add(u32::try_from(batch.len()).unwrap_or(u32::MAX));
    match store.records(workspace, job, first..last).await {
        Ok(stored) => {
            let same = stored.iter().map(|it| &it.input).eq(batch);
            Ok(same.then_some(last))
        }
        // It is not sealed: these are simply others than before.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
