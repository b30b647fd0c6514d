//! Flights: which call asked a lookup key last. Whether it still does, that call and its batch say,
//! so that nothing has to be released.

use super::{
    results::StoredLookup,
    rows::{ATTENDED, BatchRow, BatchState, CallRow},
};
use crate::{Record, Row, Scope, Session, SqlStore, Value, args, query::find, store::live, table};
use morket_core::{
    CallId, Result, Timestamp, WorkspaceId,
    job::{Asker, CallState, Flight, FlightState, NewCall},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The last call under a key.
pub(super) struct FlightRow {
    pub(super) workspace: WorkspaceId,
    pub(super) key: [u8; 32],
    pub(super) call: CallId,
}

impl Record for FlightRow {
    const TABLE: &'static crate::Table = table!("flights", key ["workspace_id", "key"], {
        workspace_id: Uuid, key: Bytes, call_id: Uuid,
    });

    fn values(&self) -> Vec<Value> {
        args![self.workspace, self.key, self.call]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let workspace = WorkspaceId(row.uuid()?);
        Ok(Self { workspace, key: row.hash()?, call: CallId(row.uuid()?) })
    }
}

/// A batch: its job's number and its own.
type Place = (i64, u32);

/// Flights as a transaction finds them.
#[derive(Default)]
pub(super) struct Flights {
    found: BTreeMap<[u8; 32], (Place, Flight)>,
    /// Keys whose call is settled, and was billed.
    billed: BTreeSet<[u8; 32]>,
    /// Whose answer is kept, where a flight is over.
    stored: BTreeMap<[u8; 32], CallId>,
}

impl Flights {
    /// Those under these keys, with what became of them. One more look-up where nobody ever asked.
    pub(super) async fn load(
        session: &mut dyn Session,
        workspace: WorkspaceId,
        keys: BTreeSet<[u8; 32]>,
    ) -> Result<Self> {
        let keys = keys.into_iter().map(|key| args![workspace, key]).collect();
        let rows: Vec<FlightRow> = find(session, &["workspace_id", "key"], keys).await?;
        let ids: BTreeSet<CallId> = rows.iter().map(|it| it.call).collect();
        let ids = ids.into_iter().map(|id| args![workspace, id]).collect();
        let calls: Vec<CallRow> = find(session, &["workspace_id", "id"], ids).await?;
        let calls: BTreeMap<CallId, CallRow> =
            calls.into_iter().map(|it| (it.call.id, it)).collect();
        let batches = batches_of(session, calls.values()).await?;
        let now = session.now();
        let attended = attended_of(session, batches.values(), now).await?;
        let mut billed = BTreeSet::new();
        let found = rows.into_iter().filter_map(|row| {
            let call = calls.get(&row.call)?;
            if call.call.state == CallState::Settled && call.call.spend.units.0 > 0 {
                billed.insert(row.key);
            }
            let place = (call.job_no, call.batch);
            let mut asker = asker(call, batches.get(&place), now);
            asker.attended = attended.contains(&call.job_no);
            Some((row.key, (place, asker.flight(row.key, now))))
        });
        let found = found.collect();
        Ok(Self { found, billed, stored: BTreeMap::new() })
    }

    /// Whose answers are kept under those that are over; the account is locked.
    pub(super) async fn load_answers(
        &mut self,
        session: &mut dyn Session,
        workspace: WorkspaceId,
    ) -> Result<()> {
        let over = |it: &&Flight| !matches!(it.state, FlightState::Asked { .. });
        let over = self.found.values().map(|(_, flight)| flight).filter(over);
        let keys = over.map(|it| args![workspace, it.key]).collect();
        let rows: Vec<StoredLookup> = find(session, &["workspace_id", "key"], keys).await?;
        let now = session.now();
        let kept = rows.iter().map(|it| &it.row.lookup).filter(|it| it.expires_at > now);
        self.stored = kept.map(|it| (it.key, it.call)).collect();
        Ok(())
    }

    /// Calls that were billed, and whose answer is not kept: as good as unknown.
    async fn tell_lost(&mut self, session: &mut dyn Session, workspace: WorkspaceId) -> Result<()> {
        let keys = self.billed.iter().map(|key| args![workspace, *key]).collect();
        let rows: Vec<StoredLookup> = find(session, &["workspace_id", "key"], keys).await?;
        let kept: BTreeMap<_, _> =
            rows.iter().map(|it| (it.row.lookup.key, it.row.lookup.call)).collect();
        for key in &self.billed {
            if let Some((_, flight)) = self.found.get_mut(key)
                && kept.get(key) != Some(&flight.call)
            {
                flight.state = FlightState::Unknown;
            }
        }
        Ok(())
    }

    /// What of a call others ask, or have asked since it looked.
    pub(super) fn in_the_way(&self, new: &NewCall, here: Place) -> Vec<Flight> {
        let flight = |key: &[u8; 32]| {
            let (place, flight) = self.found.get(key)?;
            Some(if *place == here { flight.of_ours() } else { *flight })
        };
        new.in_the_way(flight, |key| self.stored.get(key).copied())
    }
}

/// The batches of calls that may still be under way.
async fn batches_of(
    session: &mut dyn Session,
    calls: impl Iterator<Item = &CallRow>,
) -> Result<BTreeMap<Place, BatchRow>> {
    let sent = calls.filter(|it| it.call.state == CallState::Sent);
    let places: BTreeSet<Place> = sent.map(|it| (it.job_no, it.batch)).collect();
    let places = places.into_iter().map(|(job_no, batch)| args![job_no, batch]).collect();
    let rows: Vec<BatchRow> = find(session, &["job_no", "number"], places).await?;
    Ok(rows.into_iter().map(|it| ((it.job_no, it.number), it)).collect())
}

/// Which of these batches' jobs are attended; of those whose worker is at work it is not asked.
async fn attended_of(
    session: &mut dyn Session,
    batches: impl Iterator<Item = &BatchRow>,
    now: Timestamp,
) -> Result<BTreeSet<i64>> {
    let vacant = batches.filter(|it| it.vacant_since <= now);
    let numbers: BTreeSet<i64> = vacant.map(|it| it.job_no).collect();
    let mut attended = BTreeSet::new();
    for no in numbers {
        let sql = "SELECT 1 FROM jobs WHERE no = $1 AND dispatch = $2";
        if !session.rows(sql.into(), args![no, ATTENDED]).await?.is_empty() {
            attended.insert(no);
        }
    }
    Ok(attended)
}

fn asker(call: &CallRow, batch: Option<&BatchRow>, now: Timestamp) -> Asker {
    Asker {
        call: call.call.id,
        state: call.call.state,
        lost: false,
        open: batch.is_some_and(|it| it.state != BatchState::Done),
        attended: false,
        wake_at: batch.filter(|it| it.state == BatchState::Parked).and_then(|it| it.wake_at),
        vacant_since: batch.map_or(now, |it| it.vacant_since),
    }
}

pub(super) async fn read(
    store: &SqlStore,
    workspace: WorkspaceId,
    keys: Vec<[u8; 32]>,
) -> Result<Vec<Flight>> {
    let wanted = Arc::new(keys.iter().copied().collect::<BTreeSet<_>>());
    let flights = store
        .read(Scope::Tenant(workspace), move |session| {
            let wanted = wanted.clone();
            Box::pin(async move {
                live(session, workspace).await?;
                let mut flights = Flights::load(session, workspace, (*wanted).clone()).await?;
                flights.tell_lost(session, workspace).await?;
                Ok(flights)
            })
        })
        .await?;
    Ok(keys.iter().filter_map(|key| flights.found.get(key).map(|it| it.1)).collect())
}
