//! From one store to another: from a file to a server, say, when there is more than one process.

use crate::Morket;
use morket_core::{Error, ErrorKind, Result};
use morket_store_sql::{Moved, SqlStore};
use tokio::io::{AsyncBufRead, AsyncWrite};

impl Morket {
    /// Write everything the store holds to `out`, as it is at one instant, while others go on.
    ///
    /// The lines are the same whichever database they come from, and a few hundred rows are in
    /// memory at a time. They are as secret as the database itself: they hold addresses and the
    /// hashes of passwords and tokens. Vendors' keys stay sealed in them, so whoever moves a store
    /// moves the vault's master keys by another way. A store in memory, or of your own, is
    /// `Unsupported`.
    ///
    /// ```
    /// # async fn example() -> morket::Result<()> {
    /// use morket::Morket;
    ///
    /// let old = Morket::builder().sqlite("morket.db").build().await?;
    /// let mut lines = Vec::new(); // or a file of tokio's
    /// old.export(&mut lines).await?;
    ///
    /// let new = Morket::builder().sqlite("other.db").build().await?; // or .postgres(url)
    /// let moved = new.import(&lines[..]).await?;
    /// println!("{} rows, {} ledgers verified", moved.rows, moved.verified);
    /// # Ok(()) }
    /// ```
    pub async fn export(&self, out: impl AsyncWrite + Send + Unpin) -> Result<Moved> {
        self.movable("store.export")?.export(out).await
    }

    /// Fill this store, which must be new, with what an export gave, and verify every ledger.
    ///
    /// # Errors
    /// Whatever is wrong, nothing is kept: put it right and import again. `Validation` names the
    /// line; `Conflict` says that the store holds something already; `SchemaMismatch` that the
    /// export is of another schema (let this release migrate its source, then export again);
    /// `Tampered` that a ledger's chain does not verify.
    ///
    /// Let nobody else write to the store meanwhile: on PostgreSQL they could.
    pub async fn import(&self, input: impl AsyncBufRead + Send + Unpin) -> Result<Moved> {
        self.movable("store.import")?.import(input).await
    }

    fn movable(&self, operation: &'static str) -> Result<&SqlStore> {
        let message = "this store is not one of tables; moving is for SQLite and PostgreSQL";
        let none = || Error::new(ErrorKind::Unsupported, operation, message);
        self.tables.as_ref().ok_or_else(none)
    }
}
