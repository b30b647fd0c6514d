//! Permits: the slices under a vendor's key, with one row of no slice to lock it by. They belong to
//! no workspace, for two may use one key.

use crate::{
    Lock, OnConflict, Record, Row, Scope, Session, SqlStore, Value, args,
    query::{find, insert},
    table,
};
use morket_core::{
    Error, ErrorKind, Result, Timestamp,
    job::{PermitClaim, Permits, Slice, Slices},
};
use std::{collections::BTreeSet, sync::Arc};

/// A slice under a key; the one numbered zero is the key's lock.
pub(super) struct PermitRow {
    key: [u8; 32],
    slice: Slice,
}

impl Record for PermitRow {
    const TABLE: &'static crate::Table = table!("permits", key ["key", "holder", "slice"], {
        key: Bytes, holder: Int, slice: Int, given: Int, ends_at: Int, lapses_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let Slice { holder, number, count, ends_at, lapses_at } = self.slice;
        args![self.key, holder.cast_signed(), number.cast_signed(), count, ends_at, lapses_at]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let key = row.hash()?;
        let (holder, number) = (row.int()?.cast_unsigned(), row.int()?.cast_unsigned());
        let (count, ends_at, lapses_at) = (row.small()?, row.time()?, row.time()?);
        Ok(Self { key, slice: Slice { holder, number, count, ends_at, lapses_at } })
    }
}

/// The row that is locked while anything under a key is decided.
fn lock_row(key: [u8; 32], lapses_at: Timestamp) -> PermitRow {
    let (holder, number, count) = (0, 0, 0);
    PermitRow { key, slice: Slice { holder, number, count, ends_at: lapses_at, lapses_at } }
}

/// How often a key that is swept away between two looks is looked for.
const TRIES: u32 = 5;

/// How many keys that nobody asks for any more are removed at once.
const SWEPT: u32 = 4;

type Keys = BTreeSet<[u8; 32]>;

pub(super) async fn claim(store: &SqlStore, claim: PermitClaim) -> Result<Permits> {
    claim.validate()?;
    let claim = Arc::new(claim);
    store
        .write(Scope::System, move |session| {
            let claim = claim.clone();
            Box::pin(async move { decide(session, &claim).await })
        })
        .await
}

async fn decide(session: &mut dyn Session, claim: &PermitClaim) -> Result<Permits> {
    let keys: Keys = claim.limits.iter().map(|it| it.key).collect();
    lock(session, &keys).await?;
    let wanted = keys.iter().map(|key| args![*key]).collect();
    let rows: Vec<PermitRow> = find(session, &["key"], wanted).await?;
    let mut before = Slices::new();
    for row in rows.into_iter().filter(|it| it.slice.number > 0) {
        before.entry(row.key).or_default().push(row.slice);
    }
    let (mut after, now) = (before.clone(), session.now());
    let permits = claim.decide(&mut after, now);
    for key in keys {
        let (before, after) = (before.remove(&key), after.remove(&key));
        write(session, key, &before.unwrap_or_default(), &after.unwrap_or_default()).await?;
    }
    // Once a batch: its slices are counted in the lower bytes.
    if claim.slice & 0xff_ffff == 1 {
        sweep(session).await?;
    }
    Ok(permits)
}

/// Lock keys, always in the same order. Of many at once that lock a new one, one inserts its row.
async fn lock(session: &mut dyn Session, keys: &Keys) -> Result<()> {
    let places: Vec<String> = (1..=keys.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "SELECT key FROM permits WHERE holder = 0 AND slice = 0 AND key IN ({}) ORDER BY key",
        places.join(", ")
    );
    for _ in 0..TRIES {
        let values = keys.iter().map(|key| Value::from(*key)).collect();
        if session.lock(sql.clone().into(), values, Lock::Wait).await?.len() == keys.len() {
            return Ok(());
        }
        let now = session.now();
        let rows: Vec<PermitRow> = keys.iter().map(|key| lock_row(*key, now)).collect();
        insert(session, &rows, OnConflict::Keep).await?;
    }
    let message = "too many at once ask for the first permits of a key";
    Err(Error::new(ErrorKind::StoreUnavailable, "job.claim_permits", message))
}

/// What changed under a key. What counts nowhere any more goes at once, and its lock goes last.
async fn write(
    session: &mut dyn Session,
    key: [u8; 32],
    before: &[Slice],
    after: &[Slice],
) -> Result<()> {
    let now = session.now();
    let stays = |it: &&Slice| after.iter().any(|new| id(new) == id(it));
    let (lapsed, gone): (Vec<&Slice>, Vec<&Slice>) =
        before.iter().filter(|it| !stays(it)).partition(|it| it.lapses_at <= now);
    if !lapsed.is_empty() {
        let sql = "DELETE FROM permits WHERE key = $1 AND slice <> 0 AND lapses_at <= $2";
        session.run(sql.into(), args![key, now]).await?;
    }
    for slice in gone {
        let sql = "DELETE FROM permits WHERE key = $1 AND holder = $2 AND slice = $3";
        let (holder, number) = (slice.holder.cast_signed(), slice.number.cast_signed());
        session.run(sql.into(), args![key, holder, number]).await?;
    }
    let changed = after.iter().filter(|it| !before.contains(it));
    let mut rows: Vec<PermitRow> = changed.map(|slice| PermitRow { key, slice: *slice }).collect();
    let last = after.iter().map(|it| it.lapses_at).max();
    rows.push(lock_row(key, last.unwrap_or(now).max(now)));
    insert(session, &rows, OnConflict::Replace).await.map(drop)
}

fn id(slice: &Slice) -> (u64, u64) {
    (slice.holder, slice.number)
}

/// Keys that nobody asks for any more go, a few at a time, if nobody holds them just now.
async fn sweep(session: &mut dyn Session) -> Result<()> {
    let sql = format!(
        "SELECT key FROM permits WHERE slice = 0 AND lapses_at <= $1 ORDER BY lapses_at \
         LIMIT {SWEPT}"
    );
    let now = session.now();
    for mut row in session.lock(sql.into(), args![now], Lock::Skip).await? {
        let sql = "DELETE FROM permits WHERE key = $1 AND lapses_at <= $2";
        session.run(sql.into(), args![row.hash()?, now]).await?;
    }
    Ok(())
}
