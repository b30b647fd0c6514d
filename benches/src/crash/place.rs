//! Where a campaign's data is, and how a process is told.

use anyhow::{Context, bail};
use morket::{
    SystemClock,
    postgres::{Postgres, PostgresOptions},
    sqlite::{Sqlite, SqliteOptions},
};
use morket_store_sql::{SqlStore, crash::CrashDriver};
use std::{path::PathBuf, sync::Arc};

/// A store of its own.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file.
    Sqlite {
        /// Its path.
        file: PathBuf,
        /// Whether the machine may lose it: enough where processes die, not machines.
        volatile: bool,
    },
    /// A schema.
    Postgres {
        /// The server.
        url: String,
        /// The schema.
        schema: String,
        /// Whether the server may be one that forgets.
        volatile: bool,
    },
}

impl Place {
    /// As arguments of a child.
    pub fn args(&self) -> Vec<String> {
        let (mut args, volatile) = match self {
            Self::Sqlite { file, volatile } => {
                (vec!["--file".to_owned(), file.display().to_string()], volatile)
            }
            Self::Postgres { url, schema, volatile } => {
                let args = ["--url", url, "--schema", schema].map(str::to_owned).to_vec();
                (args, volatile)
            }
        };
        if *volatile {
            args.push("--volatile".to_owned());
        }
        args
    }

    /// Out of a child's arguments.
    pub fn parse(args: &[String]) -> anyhow::Result<Self> {
        let value = |name: &str| super::value(args, name);
        let volatile = args.iter().any(|arg| arg == "--volatile");
        match (value("--file"), value("--url"), value("--schema")) {
            (Some(file), None, None) => Ok(Self::Sqlite { file: file.into(), volatile }),
            (None, Some(url), Some(schema)) => Ok(Self::Postgres { url, schema, volatile }),
            _ => bail!("which store? --file F, or --url U --schema S"),
        }
    }

    /// Open the store, with a crash point at every boundary.
    pub async fn open(&self) -> anyhow::Result<SqlStore> {
        let driver = match self {
            Self::Sqlite { file, volatile } => {
                let mut options = SqliteOptions::new(file);
                if *volatile {
                    options = options.volatile();
                }
                let clock = Arc::new(SystemClock::new());
                Sqlite::open(options, clock).await.context("opening the file")?.driver()
            }
            Self::Postgres { url, schema, volatile } => {
                let mut options = PostgresOptions::new(url.as_str());
                options.schema.clone_from(schema);
                options.allow_volatile = *volatile;
                Postgres::open(options).await.context("opening the database")?.driver()
            }
        };
        Ok(SqlStore::new(CrashDriver::new(driver)))
    }
}
