//! The ledger port: rows in, [`Book`] decides, rows out.

mod batcher;
pub(crate) mod book;
mod post;
mod rows;

pub(crate) use batcher::Batcher;

use crate::{
    Record, Scope, Session, SqlStore, args,
    query::{find, select},
    store::no_workspace,
};
use async_trait::async_trait;
use morket_core::{
    Error, ErrorKind, HoldId, Result, WorkspaceId,
    ledger::{Account, Chain, Entry, Hold, LedgerStore, Op, Receipt, Recharge, StatementPage},
    page::{Cursor, Limit, Page},
};

/// Tables that are declared whole.
pub(crate) static TABLES: &[&crate::Table] = &[Entry::TABLE, Hold::TABLE];

/// How many entries are read at once when a chain is verified.
const CHUNK: i64 = 10_000;

#[async_trait]
impl LedgerStore for SqlStore {
    async fn post(&self, workspace: WorkspaceId, ops: Vec<Op>) -> Result<Vec<Result<Receipt>>> {
        batcher::enqueue(self, workspace, ops).await
    }

    async fn account(&self, workspace: WorkspaceId) -> Result<Account> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(book::account(session, workspace))
        })
        .await
    }

    async fn hold(&self, workspace: WorkspaceId, hold: HoldId) -> Result<Hold> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                book::account(session, workspace).await?;
                let keys = vec![args![workspace, hold]];
                let found = find(session, &["workspace_id", "id"], keys).await?;
                found.into_iter().next().ok_or_else(|| {
                    Error::new(ErrorKind::NotFound, "ledger.hold", "hold: no such hold")
                        .with("hold", hold)
                })
            })
        })
        .await
    }

    async fn statement(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<StatementPage> {
        let after = after.map(|it| it.number("statement", workspace)).transpose()?.unwrap_or(0);
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                let account = book::account(session, workspace).await?;
                let rows = entries(session, workspace, after, i64::from(limit.rows()) + 1).await?;
                let total = u64::try_from(account.seq).unwrap_or(0);
                let cursor =
                    |last: &Entry| Cursor::new("statement", workspace, &last.seq.to_be_bytes());
                Ok(Page::cut(rows, limit, total, cursor))
            })
        })
        .await
    }

    async fn set_recharge(&self, workspace: WorkspaceId, recharge: Option<Recharge>) -> Result<()> {
        Recharge::validate(recharge)?;
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                let sql = "UPDATE accounts SET recharge_threshold = $2, recharge_amount = $3 \
                           WHERE workspace_id = $1 AND closed = 0";
                let (threshold, amount) =
                    (recharge.map(|it| it.threshold), recharge.map(|it| it.amount));
                match session.run(sql.into(), args![workspace, threshold, amount]).await? {
                    0 => Err(no_workspace("ledger.set_recharge")),
                    _ => Ok(()),
                }
            })
        })
        .await
    }

    async fn verify_chain(&self, workspace: WorkspaceId) -> Result<u64> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                let account = book::account(session, workspace).await?;
                chain(session, &account).await
            })
        })
        .await
    }
}

/// Verify an account's chain, a chunk at a time; how many entries it has.
pub(crate) async fn chain(session: &mut dyn Session, account: &Account) -> Result<u64> {
    let mut chain = Chain::begin(account.workspace);
    loop {
        let chunk = entries(session, account.workspace, chain.seq(), CHUNK).await?;
        if chunk.is_empty() {
            break;
        }
        chunk.iter().try_for_each(|entry| chain.follow(entry))?;
    }
    chain.end(account)?;
    Ok(u64::try_from(chain.seq()).unwrap_or(0))
}

async fn entries(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>> {
    let tail = "WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    select(session, tail, args![workspace, after, limit]).await
}
