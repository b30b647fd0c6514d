//! What deliveries hold of somebody who is forgotten.

use super::rows::{DeliveryRow, WebhookRow};
use crate::{
    Session, args,
    query::{save, select, select_locked},
};
use morket_core::{
    Result, Timestamp, WorkspaceId,
    privacy::{Search, redact_delivery},
};
use uuid::Uuid;

/// Rows that are in memory at once.
const PAGE: u32 = 500;

/// Deliveries that name somebody keep nothing of it; how many there were. Endpoints are locked
/// first, as all do who change deliveries. Whoever is sending one has nothing to report any more:
/// its receiver's answer may repeat the name.
pub(crate) async fn forget(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    search: &Search,
) -> Result<u32> {
    let tail = "WHERE workspace_id = $1 ORDER BY id";
    let hooks: Vec<WebhookRow> = select_locked(session, tail, args![workspace]).await?;
    let (mut touched, mut after) = (0, Uuid::nil());
    loop {
        let tail = "WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3";
        let values = args![workspace, after, PAGE];
        let mut rows: Vec<DeliveryRow> = match hooks.is_empty() {
            true => Vec::new(),
            false => select(session, tail, values).await?,
        };
        let Some(last) = rows.last() else { return Ok(touched) };
        after = last.delivery.id.0;
        rows.retain_mut(|row| redact_delivery(search, &mut row.delivery));
        rows.iter_mut().for_each(|row| row.claimed_until = Timestamp::default());
        save(session, &["body", "attempts", "claimed_until"], &rows).await?;
        touched += u32::try_from(rows.len()).unwrap_or(u32::MAX);
    }
}
