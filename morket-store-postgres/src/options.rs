//! How a PostgreSQL database is opened.

use morket_core::{Error, Result, Secret};
use sqlx::postgres::PgConnectOptions;
use std::{str::FromStr, time::Duration};

/// How to open a database.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database`; it may hold a password, so it never prints.
    pub url: Secret<String>,
    /// The schema all objects live in.
    pub schema: String,
    /// How many connections at most.
    pub connections: u32,
    /// How long a caller waits for a free connection.
    pub acquire_timeout: Duration,
    /// Whether a server that may lose acknowledged commits is accepted.
    pub allow_volatile: bool,
    /// Whether opening brings the schema up; the user then needs to own it.
    pub migrate: bool,
    /// The migration to stop at, for tests of older schemas.
    pub migrate_to: u32,
    /// Whether statements stay prepared; switch it off behind a pooler that cannot keep them.
    pub prepared: bool,
}

impl PostgresOptions {
    /// The schema `morket`, ten connections, durable or refused, schema brought up.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: Secret::new(url.into()),
            schema: "morket".to_owned(),
            connections: 10,
            acquire_timeout: Duration::from_secs(30),
            allow_volatile: false,
            migrate: true,
            migrate_to: u32::MAX,
            prepared: true,
        }
    }

    /// Refuse what could not be written into a statement as it is.
    pub(crate) fn validate(&self) -> Result<()> {
        let name = self.schema.as_bytes();
        let fits = (1..=63).contains(&name.len())
            && name.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            && !name[0].is_ascii_digit();
        if fits {
            return Ok(());
        }
        let problem = "must be 1 to 63 of a-z, 0-9 and _, not beginning with a digit";
        Err(Error::invalid("store.open", "schema", problem))
    }

    /// Which server it is, for people: nothing of who asks there.
    pub(crate) fn place(&self) -> Result<String> {
        let options = self.connect_options()?;
        Ok(match options.get_socket() {
            Some(folder) => format!("the database behind {}", folder.display()),
            None => format!("the database at {}:{}", options.get_host(), options.get_port()),
        })
    }

    pub(crate) fn connect_options(&self) -> Result<PgConnectOptions> {
        // What the parser says of a wrong URL may repeat the password: it is not passed on.
        let options = PgConnectOptions::from_str(self.url.expose()).map_err(|_| {
            Error::invalid("store.open", "url", "must be postgres://user@host:port/database")
        })?;
        let named = options.get_application_name().is_some();
        let options = if named { options } else { options.application_name("morket") };
        Ok(options.statement_cache_capacity(if self.prepared { 256 } else { 0 }))
    }
}
