//! PostgreSQL as a driver of Morket's stores.
//!
//! A transaction's first round trip begins it and sets what row-level security needs: the role, the
//! tenant, the schema. All of it ends with the transaction, so a pooler in transaction mode works.

use crate::{
    error::{is_retryable, on_the_way, translate},
    options::PostgresOptions,
    schema::DIALECT,
    session::{PgSession, read_row},
};
use async_trait::async_trait;
use futures::FutureExt;
use morket_core::{Error, ErrorKind, Result, Timestamp};
use morket_store_sql::{Driver, Scope, Unit, migrate};
use sqlx::{
    AssertSqlSafe, Executor, PgPool, Postgres, Row,
    pool::PoolConnection,
    postgres::{PgPoolOptions, PgRow},
};
use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// How often a unit that a deadlock undid runs again.
const TRIES: u32 = 8;

/// The oldest server whose behaviour is known to fit.
const OLDEST_SERVER: i32 = 150_000;

#[derive(Clone, Debug)]
pub(crate) struct PgDriver {
    pool: PgPool,
    schema: String,
    /// Whether the roles exist and this user may act as them.
    guarded: bool,
}

/// A connection that is closed, not returned, unless its transaction ended in order.
struct Lent {
    connection: PoolConnection<Postgres>,
    clean: bool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.clean {
            self.connection.close_on_drop();
        }
    }
}

impl PgDriver {
    pub(crate) async fn open(options: &PostgresOptions) -> Result<Self> {
        let driver = Self::connect(options).await?;
        if options.migrate {
            driver.migrate_up(options.migrate_to).await?;
        }
        driver.check_schema().await?;
        let guarded = driver.may_act_as_roles().await?;
        Ok(Self { guarded, ..driver })
    }

    /// A server that may be used, whatever its schema.
    pub(crate) async fn connect(options: &PostgresOptions) -> Result<Self> {
        options.validate()?;
        let pool = PgPoolOptions::new()
            .max_connections(options.connections.max(1))
            .acquire_timeout(options.acquire_timeout)
            .idle_timeout(Duration::from_secs(300))
            // A dead connection shows in the first round trip: see `begun`.
            .test_before_acquire(false)
            .connect_lazy_with(options.connect_options()?);
        let driver = Self { pool, schema: options.schema.clone(), guarded: false };
        driver.check_server(options).await?;
        Ok(driver)
    }

    pub(crate) fn guarded(&self) -> bool {
        self.guarded
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }

    /// Refuse a server that is too old, or that may lose what it acknowledged.
    async fn check_server(&self, options: &PostgresOptions) -> Result<()> {
        let sql = "SELECT current_setting('server_version_num')::int, current_setting('fsync'), \
                   current_setting('full_page_writes'), current_setting('synchronous_commit')";
        let place = options.place()?;
        let row = sqlx::query(sql).fetch_one(&self.pool).await;
        let row = row.map_err(|error| on_the_way(error, &place))?;
        let text = |at: usize| row.try_get::<String, _>(at).map_err(translate);
        let version: i32 = row.try_get(0).map_err(translate)?;
        if version < OLDEST_SERVER {
            let message = format!("PostgreSQL 15 or newer is needed, this is {}", version / 10_000);
            return Err(Error::new(ErrorKind::Unsupported, "store.open", message));
        }
        let (fsync, pages, commit) = (text(1)?, text(2)?, text(3)?);
        let durable =
            fsync == "on" && pages == "on" && matches!(commit.as_str(), "on" | "remote_apply");
        if durable || options.allow_volatile {
            return Ok(());
        }
        let message = format!(
            "PostgreSQL runs with fsync={fsync}, full_page_writes={pages}, \
             synchronous_commit={commit}: it may lose acknowledged commits; set them to on, or \
             say allow_volatile"
        );
        Err(Error::new(ErrorKind::NotDurable, "store.open", message))
    }

    pub(crate) async fn migrate_up(&self, to: u32) -> Result<()> {
        let to = to.min(migrate::latest());
        let schema = self.schema.clone();
        self.as_owner(Arc::new(move |session| {
            let schema = schema.clone();
            Box::pin(async move {
                let here = migrate::version(session, &DIALECT).await?;
                if here < to {
                    let sql = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
                    session.run(sql.into(), Vec::new()).await?;
                }
                migrate::up(session, &DIALECT, to).await
            })
        }))
        .await
    }

    pub(crate) async fn migrate_down(&self, to: u32, destroy: bool) -> Result<()> {
        self.as_owner(Arc::new(move |session| {
            Box::pin(migrate::down(session, &DIALECT, to, destroy))
        }))
        .await
    }

    /// At which migration the schema is.
    pub(crate) async fn version(&self) -> Result<u32> {
        let found = Arc::new(AtomicU32::new(0));
        let into = found.clone();
        self.as_owner(Arc::new(move |session| {
            let into = into.clone();
            Box::pin(async move {
                into.store(migrate::version(session, &DIALECT).await?, Ordering::Relaxed);
                Ok(())
            })
        }))
        .await?;
        Ok(found.load(Ordering::Relaxed))
    }

    async fn check_schema(&self) -> Result<()> {
        self.as_owner(Arc::new(|session| Box::pin(migrate::check(session, &DIALECT)))).await
    }

    /// Run a unit as whoever connected, one at a time over all processes.
    async fn as_owner(&self, unit: Unit) -> Result<()> {
        let begin = format!(
            "BEGIN; SELECT pg_advisory_xact_lock(hashtext('morket migrations {0}')); \
             SELECT set_config('search_path', '{0}', true)",
            self.schema
        );
        let clock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us";
        self.transaction(&format!("{begin}; {clock}"), &unit, true).await
    }

    /// Whether the roles exist and this user is a member of both.
    async fn may_act_as_roles(&self) -> Result<bool> {
        let sql = "SELECT count(*) = 2 FROM pg_roles WHERE rolname IN \
                   ('morket_app', 'morket_system') AND pg_has_role(oid, 'MEMBER')";
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.map_err(translate)
    }

    /// The first round trip. Everything in it is ours or a UUID: nothing needs escaping. All our
    /// statements go by key: one plan fits all values, and it must not scan or join what was small
    /// when it was made.
    fn begin(&self, scope: Scope, write: bool) -> String {
        let (role, tenant) = match scope {
            Scope::Tenant(workspace) | Scope::Ledger(workspace) => {
                ("morket_app", workspace.to_string())
            }
            Scope::System => ("morket_system", String::new()),
        };
        let role = match self.guarded {
            true => format!("set_config('role', '{role}', true), "),
            false => String::new(),
        };
        let account = scope.account_query().map(|sql| format!("; {sql} FOR UPDATE"));
        let account = account.unwrap_or_default();
        let mode = if write { "" } else { " ISOLATION LEVEL REPEATABLE READ READ ONLY" };
        format!(
            "BEGIN{mode}; SELECT {role}set_config('search_path', '{schema}', true), \
             set_config('morket.workspace', '{tenant}', true), \
             set_config('enable_seqscan', 'off', true), \
             set_config('enable_hashjoin', 'off', true), \
             set_config('enable_mergejoin', 'off', true), \
             set_config('enable_material', 'off', true), \
             set_config('jit', 'off', true), \
             set_config('plan_cache_mode', 'force_generic_plan', true), \
             set_config('lock_timeout', '20s', true), \
             {schema}.now_us() AS now_us{account}",
            schema = self.schema
        )
    }

    /// A connection on which a transaction has begun, and what that brought. Idle connections may
    /// have died with their server: as long as nothing has begun, the next one is tried.
    async fn begun(&self, begin: &str) -> Result<(Lent, Vec<PgRow>)> {
        let mut tries = 0;
        loop {
            let connection = self.pool.acquire().await.map_err(translate)?;
            let mut lent = Lent { connection, clean: false };
            let sql = AssertSqlSafe(begin.to_owned());
            match sqlx::raw_sql(sql).fetch_all(&mut *lent.connection).await {
                Ok(rows) => return Ok((lent, rows)),
                Err(error) if tries < self.pool.options().get_max_connections() => {
                    let dead = matches!(&error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_));
                    let error = translate(error);
                    let ended = error.facts().iter().any(|(_, value)| value.starts_with("57P"));
                    if !dead && !ended {
                        return Err(error);
                    }
                    tries += 1;
                }
                Err(error) => return Err(translate(error)),
            }
        }
    }

    async fn transaction(&self, begin: &str, unit: &Unit, write: bool) -> Result<()> {
        let (mut lent, rows) = self.begun(begin).await?;
        let clock = rows.iter().position(|row| row.try_get_raw("now_us").is_ok());
        let clock = clock.ok_or_else(|| Error::internal("store.postgres", "no clock came back"))?;
        let now = Timestamp::from_micros(rows[clock].try_get("now_us").map_err(translate)?);
        let account = rows.get(clock + 1).map(read_row).transpose()?;
        let mut session = PgSession { connection: &mut lent.connection, now, account };
        let work = AssertUnwindSafe(unit(&mut session)).catch_unwind();
        let result = work.await;
        let result =
            result.unwrap_or_else(|_| Err(Error::internal("store.postgres", "a unit panicked")));
        let end = if write && result.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = lent.connection.execute(end).await.map_err(translate);
        lent.clean = ended.is_ok();
        result.and(ended.map(drop))
    }

    /// Run a unit to its end, again after a deadlock, on a task of its own: a caller that stops
    /// waiting leaves no transaction half-way.
    async fn run(&self, begin: String, unit: Unit, write: bool) -> Result<()> {
        let driver = self.clone();
        let task = tokio::spawn(async move {
            let mut tries = 1;
            loop {
                match driver.transaction(&begin, &unit, write).await {
                    Err(error) if is_retryable(&error) && tries < TRIES => tries += 1,
                    other => return other,
                }
            }
        });
        task.await.unwrap_or_else(|error| {
            let message = "the runtime stopped before the database answered";
            Err(Error::new(ErrorKind::StoreUnavailable, "store.postgres", message).caused_by(error))
        })
    }
}

#[async_trait]
impl Driver for PgDriver {
    async fn write(&self, scope: Scope, unit: Unit) -> Result<()> {
        self.run(self.begin(scope, true), unit, true).await
    }

    async fn read(&self, scope: Scope, unit: Unit) -> Result<()> {
        self.run(self.begin(scope, false), unit, false).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
