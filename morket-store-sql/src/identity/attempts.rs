//! The attempts on an account: one row, locked while it is decided.

use super::rows::AttemptsRow;
use crate::{
    OnConflict, Session, args,
    query::{insert, save, select_locked},
};
use morket_core::{
    Error, ErrorKind, Result,
    identity::{Admission, Attempts, lockout},
};

/// How often a row that comes and goes between two looks is looked for.
const TRIES: u32 = 5;

pub(super) async fn begin(session: &mut dyn Session, account: [u8; 32]) -> Result<Admission> {
    let mut row = locked(session, account).await?;
    let admission = row.attempts.begin(session.now());
    save(session, &["failures", "last_at"], &[row]).await?;
    Ok(admission)
}

/// The row stays: to delete it would make others wait for one that goes. It is locked first, or an
/// attempt at the same time would move it away from under the update.
pub(super) async fn succeed(session: &mut dyn Session, account: [u8; 32]) -> Result<()> {
    let mut rows: Vec<AttemptsRow> =
        select_locked(session, "WHERE account = $1", args![account]).await?;
    rows.iter_mut().for_each(|row| row.attempts.succeed());
    save(session, &["failures", "last_at"], &rows).await.map(drop)
}

/// The account's row, there and locked. Of many at once one inserts it; only pruning deletes it.
async fn locked(session: &mut dyn Session, account: [u8; 32]) -> Result<AttemptsRow> {
    for _ in 0..TRIES {
        let none = AttemptsRow { account, attempts: Attempts::default() };
        insert(session, &[none], OnConflict::Keep).await?;
        let found = select_locked(session, "WHERE account = $1", args![account]).await?;
        if let Some(row) = found.into_iter().next() {
            return Ok(row);
        }
    }
    let message = "the account is pruned at this moment; try again";
    Err(Error::new(ErrorKind::StoreUnavailable, "user.begin_attempt", message))
}

/// Forget what stopped counting before `before`.
pub(super) async fn prune(session: &mut dyn Session, before: morket_core::Timestamp) -> Result<()> {
    let idle = before.min(session.now().before(lockout::WINDOW));
    let sql = "DELETE FROM login_attempts WHERE last_at < $1";
    session.run(sql.into(), args![idle]).await.map(drop)
}
