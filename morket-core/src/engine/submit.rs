//! A job comes to be: opened, filled in batches, sealed. Until then nobody sees it.

use crate::{
    Error, Result, Store, WorkspaceId,
    job::{BATCH, Job, NewJob},
};
use serde_json::Value;

/// Open a job, append these records in input order, and seal it. A repeat with the same content
/// changes nothing.
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
        total = store.append_records(workspace, id, total, batch).await?;
    }
    if total == 0 {
        return Err(Error::invalid("job.submit", "records", "there is not a single one"));
    }
    store.seal_job(workspace, id, total).await
}
