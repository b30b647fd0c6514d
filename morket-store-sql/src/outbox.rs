//! The outbox port: events are rows of the transaction that caused them.

use crate::{
    Lock, OnConflict, Row, Rows, Scope, Session, SqlStore, args, query::Writes, store::live, table,
};
use async_trait::async_trait;
use morket_core::{
    EventId, Result, Timestamp, WorkspaceId,
    outbox::{Event, NewEvent, OutboxStore},
};
use std::{sync::Arc, time::Duration};

static OUTBOX: &crate::Table = table!("outbox", key ["workspace_id", "id"], {
    workspace_id: Uuid, id: Uuid, kind: Text, payload: Text, at: Int, attempts: Int,
    claimed_until: Int, relayed_at: Int,
});

const COLUMNS: &str = "workspace_id, id, kind, payload, at, attempts";

/// Store events in the middle of some transaction; one that is there stays as it is.
pub(crate) async fn publish(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    events: &[NewEvent],
) -> Result<()> {
    let mut writes = Writes::default();
    collect(&mut writes, workspace, events, session.now());
    writes.send(session).await
}

/// The writes that store events, to go out with others.
pub(crate) fn collect(
    writes: &mut Writes,
    workspace: WorkspaceId,
    events: &[NewEvent],
    now: Timestamp,
) {
    let row = |event: &NewEvent| {
        let (kind, payload) = (event.kind.as_str(), event.payload.to_string());
        args![workspace, event.id, kind, payload, now, 0_i64, 0_i64, None::<i64>]
    };
    let rows: Vec<_> = events.iter().map(row).collect();
    writes.insert_rows(OUTBOX, Rows::new(rows), OnConflict::Keep);
}

/// Events that no relay has looked at, the oldest first; from now on one has.
pub(crate) async fn relay(session: &mut dyn Session, limit: u32) -> Result<Vec<Event>> {
    let sql =
        format!("SELECT {COLUMNS} FROM outbox WHERE relayed_at IS NULL ORDER BY seq LIMIT $1");
    let rows = session.lock(sql.into(), args![limit], Lock::Skip).await?;
    let events = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    let now = session.now();
    let relayed = events.iter().map(|event| args![event.workspace, event.id, now]).collect();
    session.update(OUTBOX, &["relayed_at"], relayed).await?;
    Ok(events)
}

fn read(mut row: Row) -> Result<Event> {
    Ok(Event {
        workspace: WorkspaceId(row.uuid()?),
        id: EventId(row.uuid()?),
        kind: row.text()?,
        payload: row.json()?,
        at: row.time()?,
        attempts: row.small()?,
    })
}

#[async_trait]
impl OutboxStore for SqlStore {
    async fn publish(&self, workspace: WorkspaceId, events: Vec<NewEvent>) -> Result<()> {
        let events = Arc::new(events);
        self.write(Scope::Tenant(workspace), move |session| {
            let events = events.clone();
            Box::pin(async move {
                live(session, workspace).await?;
                publish(session, workspace, &events).await
            })
        })
        .await
    }

    async fn events(&self, workspace: WorkspaceId) -> Result<Vec<Event>> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                live(session, workspace).await?;
                let sql =
                    format!("SELECT {COLUMNS} FROM outbox WHERE workspace_id = $1 ORDER BY seq");
                let rows = session.rows(sql.into(), args![workspace]).await?;
                rows.into_iter().map(read).collect()
            })
        })
        .await
    }

    async fn claim_events(&self, limit: u32, lease: Duration) -> Result<Vec<Event>> {
        self.write(Scope::System, move |session| {
            Box::pin(async move {
                let now = session.now();
                let sql = format!(
                    "SELECT {COLUMNS} FROM outbox WHERE acked_at IS NULL AND claimed_until <= $1 \
                     ORDER BY seq LIMIT $2"
                );
                let rows = session.lock(sql.into(), args![now, limit], Lock::Skip).await?;
                let mut events = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
                events.iter_mut().for_each(|event| event.attempts += 1);
                let until = now + lease;
                let claimed =
                    |event: &Event| args![event.workspace, event.id, event.attempts, until];
                let rows = events.iter().map(claimed).collect();
                session.update(OUTBOX, &["attempts", "claimed_until"], rows).await?;
                Ok(events)
            })
        })
        .await
    }

    async fn ack_events(&self, ids: Vec<EventId>) -> Result<()> {
        let ids = Arc::new(ids);
        self.write(Scope::System, move |session| {
            let ids = ids.clone();
            Box::pin(async move {
                let now = session.now();
                for id in ids.iter() {
                    let sql = "UPDATE outbox SET acked_at = $2 WHERE id = $1 AND acked_at IS NULL";
                    session.run(sql.into(), args![*id, now]).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
