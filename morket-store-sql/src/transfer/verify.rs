//! The last step of an import: every ledger, from its first entry to its head.

use crate::{Record, Session, args, ledger};
use morket_core::{Result, ledger::Account};
use uuid::Uuid;

/// Accounts that are read at once.
const CHUNK: i64 = 500;

/// Verify every account's chain, those of deleted workspaces too; how many there are.
pub(super) async fn every_chain(session: &mut dyn Session) -> Result<u64> {
    let (mut verified, mut after) = (0, Uuid::nil());
    loop {
        let sql = format!(
            "SELECT {} FROM accounts WHERE workspace_id > $1 ORDER BY workspace_id LIMIT $2",
            Account::TABLE.column_list()
        );
        let rows = session.rows(sql.into(), args![after, CHUNK]).await?;
        if rows.is_empty() {
            return Ok(verified);
        }
        for mut row in rows {
            let account = Account::read(&mut row)?;
            after = account.workspace.0;
            let found = ledger::chain(session, &account).await;
            found.map_err(|error| error.with("workspace", account.workspace))?;
            verified += 1;
        }
    }
}
