//! A database's schema, looked at and changed without opening it as a store.

use crate::{SystemClock, builder::Builder, builder::Choice};
use morket_core::{Error, ErrorKind, Result};
pub use morket_store_sql::migrate::Change;
use std::sync::Arc;

/// Where a database's schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The last migration that ran; zero where there is none.
    pub at: u32,
    /// Every migration of this release: its number and what it brings.
    pub known: Vec<(u32, &'static str)>,
}

impl Builder {
    /// Change the schema of the chosen database, or only look at it. Opening a store brings its
    /// schema up anyway; this is for whoever wants to see it before, or to go back.
    ///
    /// # Errors
    /// `Conflict` where going down would drop a ledger, an audit log or a vault that holds
    /// something; `SchemaMismatch` where a newer release made it; `Unsupported` for a store in
    /// memory, or of your own.
    pub async fn migrate(self, change: Change) -> Result<Schema> {
        let at = match self.store {
            #[cfg(feature = "sqlite")]
            Choice::Sqlite(options) => {
                let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
                morket_store_sqlite::Sqlite::migrate(&options, clock, change).await?
            }
            #[cfg(feature = "postgres")]
            Choice::Postgres(options) => {
                morket_store_postgres::Postgres::migrate(&options, change).await?
            }
            _ => {
                let message = "migrations are for SQLite and PostgreSQL";
                return Err(Error::new(ErrorKind::Unsupported, "store.migrate", message));
            }
        };
        let known = morket_store_sql::migrate::ALL.iter();
        Ok(Schema { at, known: known.map(|it| (it.number, it.name)).collect() })
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::Morket;

    #[tokio::test]
    async fn a_schema_is_seen_brought_up_and_down_but_not_with_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let change = |it| Morket::builder().sqlite(&path).migrate(it);
        assert_eq!(change(Change::Look).await.unwrap().at, 0);
        assert!(!path.exists(), "looking makes nothing");
        let up = change(Change::Up).await.unwrap();
        assert_eq!(Some(up.at), up.known.last().map(|it| it.0));
        let down = |to, destroy| change(Change::Down { to, destroy });
        assert_eq!(down(2, false).await.unwrap().at, 2);
        assert_eq!(change(Change::Look).await.unwrap().at, 2);
        let mk = Morket::builder().sqlite(&path).build().await.unwrap();
        mk.create_workspace("Acme").await.unwrap();
        drop(mk);
        let refused = down(0, false).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert!(refused.message().contains("audit log is not empty"), "{refused}");
        assert_eq!(down(0, true).await.unwrap().at, 0);
        let memory = Morket::builder().memory().migrate(Change::Look).await.unwrap_err();
        assert_eq!(memory.kind(), ErrorKind::Unsupported);
    }
}
