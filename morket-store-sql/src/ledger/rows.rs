//! Accounts, entries and holds as rows.

use crate::{Record, Row, Value, args, table};
use morket_core::{
    Credits, Error, HoldId, JobId, Result, WorkspaceId,
    job::BatchId,
    ledger::{Account, Entry, EntryKind, Hold, HoldState, Key, Metering, Recharge},
};

impl Record for Account {
    const TABLE: &'static crate::Table = table!("accounts", key ["workspace_id"], {
        workspace_id: Uuid, metering: Int, balance: Int, held: Int, seq: Int, head: Bytes,
        recharge_threshold: Int, recharge_amount: Int, recharges: Int,
    });

    fn values(&self) -> Vec<Value> {
        let recharge = self.recharge;
        args![
            self.workspace,
            self.metering == Metering::Prepaid,
            self.balance,
            self.held,
            self.seq,
            self.head,
            recharge.map(|it| it.threshold),
            recharge.map(|it| it.amount),
            self.recharges,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        Ok(Self {
            workspace: WorkspaceId(row.uuid()?),
            metering: if row.flag()? { Metering::Prepaid } else { Metering::Unmetered },
            balance: Credits(row.int()?),
            held: Credits(row.int()?),
            seq: row.int()?,
            head: row.hash()?,
            recharge: recharge(row.maybe_int()?, row.maybe_int()?),
            recharges: row.int()?,
        })
    }
}

fn recharge(threshold: Option<i64>, amount: Option<i64>) -> Option<Recharge> {
    Some(Recharge { threshold: Credits(threshold?), amount: Credits(amount?) })
}

impl Record for Entry {
    const TABLE: &'static crate::Table = table!("ledger_entries", key ["workspace_id", "seq"], {
        workspace_id: Uuid, seq: Int, kind: Int, key: Text, amount: Int, balance_after: Int,
        contra: Int, hold_id: Uuid, of_key: Text, at: Int, prev: Bytes, hash: Bytes,
    });

    fn values(&self) -> Vec<Value> {
        args![
            self.workspace,
            self.seq,
            self.kind as u8,
            self.key.as_str(),
            self.amount,
            self.balance_after,
            self.kind.contra() as u8,
            self.hold,
            self.of.as_ref().map(Key::as_str),
            self.at,
            self.prev,
            self.hash,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, seq) = (WorkspaceId(row.uuid()?), row.int()?);
        let kind = row.one_of(EntryKind::from_number)?;
        let key = stored_key(row.text()?)?;
        let (amount, balance_after) = (Credits(row.int()?), Credits(row.int()?));
        let contra = row.int()?;
        // A changed contra changes what the books say, so it must break the chain like any byte.
        if contra != kind.contra() as i64 {
            return Err(Error::from(morket_core::ledger::ChainBreak {
                seq,
                problem: "its contra account was changed",
            }));
        }
        Ok(Self {
            workspace,
            seq,
            kind,
            key,
            amount,
            balance_after,
            hold: row.maybe_uuid()?.map(HoldId),
            of: row.maybe_text()?.map(stored_key).transpose()?,
            at: row.time()?,
            prev: row.hash()?,
            hash: row.hash()?,
        })
    }
}

fn stored_key(text: String) -> Result<Key> {
    Key::new(text).map_err(|error| Error::internal("store.row", "a stored key").caused_by(error))
}

impl Record for Hold {
    const TABLE: &'static crate::Table = table!("holds", key ["workspace_id", "id"], {
        workspace_id: Uuid, id: Uuid, amount: Int, captured: Int, state: Int, job_id: Uuid,
        batch: Int, lapses_at: Int, opened_at: Int, closed_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        args![
            self.workspace,
            self.id,
            self.amount,
            self.captured,
            self.state as u8,
            self.batch.map(|it| it.job),
            self.batch.map(|it| it.number),
            self.lapses_at,
            self.opened_at,
            self.closed_at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, id) = (WorkspaceId(row.uuid()?), HoldId(row.uuid()?));
        let (amount, captured) = (Credits(row.int()?), Credits(row.int()?));
        let state = row.one_of(HoldState::from_number)?;
        let (job, number) = (row.maybe_uuid()?, row.maybe_int()?);
        let batch = job.zip(number).map(|(job, number)| BatchId {
            job: JobId(job),
            number: u32::try_from(number).unwrap_or(u32::MAX),
        });
        let (lapses_at, opened_at) = (row.maybe_time()?, row.time()?);
        let closed_at = row.maybe_time()?;
        Ok(Self { id, workspace, amount, captured, state, batch, lapses_at, opened_at, closed_at })
    }
}
