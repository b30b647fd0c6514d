//! The idempotency port: one row per scope and key, locked while it is decided.

use crate::{
    Lock, OnConflict, Record, Row, Scope as Whose, Session, SqlStore, Value, args,
    query::{insert, save},
    table,
};
use async_trait::async_trait;
use morket_core::{
    Result, Timestamp,
    idempotency::{Begun, IdempotencyStore, Request, Scope, Ticket},
};
use std::{sync::Arc, time::Duration};

/// A request under its scope and key.
struct Keyed {
    scope: String,
    key: String,
    request: Request,
}

impl Record for Keyed {
    const TABLE: &'static crate::Table = table!("idempotency_keys", key ["scope", "key"], {
        scope: Text, key: Text, body: Bytes, began_at: Int, lease_until: Int, ticket: Int,
        answer: Bytes,
    });

    fn values(&self) -> Vec<Value> {
        let it = &self.request;
        args![
            self.scope.as_str(),
            self.key.as_str(),
            it.body,
            it.began_at,
            it.lease_until,
            it.ticket.0,
            it.answer.clone(),
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (scope, key, body) = (row.text()?, row.text()?, row.hash()?);
        let (began_at, lease_until) = (row.time()?, row.time()?);
        let (ticket, answer) = (Ticket(row.int()?), row.maybe_bytes()?);
        let request = Request { body, began_at, lease_until, ticket, answer };
        Ok(Self { scope, key, request })
    }
}

/// Tables that are declared whole.
pub(crate) static TABLES: &[&crate::Table] = &[Keyed::TABLE];

const ALL: &[&str] = &["body", "began_at", "lease_until", "ticket", "answer"];

async fn locked(session: &mut dyn Session, scope: &str, key: &str) -> Result<Option<Request>> {
    let table = Keyed::TABLE;
    let sql =
        format!("SELECT {} FROM {} WHERE scope = $1 AND key = $2", table.column_list(), table.name);
    let found = session.lock(sql.into(), args![scope, key], Lock::Wait).await?.pop();
    found.map(|mut row| Keyed::read(&mut row).map(|it| it.request)).transpose()
}

async fn store(session: &mut dyn Session, scope: &str, key: &str, request: Request) -> Result<()> {
    let row = Keyed { scope: scope.to_owned(), key: key.to_owned(), request };
    save(session, ALL, &[row]).await.map(drop)
}

/// How often a request that is abandoned between two looks is looked for.
const TRIES: u32 = 5;

/// `None` when `fresh` was inserted, else the row that stands, locked. Of many at once one inserts;
/// the others meet its row when it has committed, or find that it was abandoned meanwhile.
async fn first_or_found(
    session: &mut dyn Session,
    scope: &str,
    key: &str,
    fresh: &Request,
) -> Result<Option<Request>> {
    for _ in 0..TRIES {
        let request = fresh.clone();
        let row = Keyed { scope: scope.to_owned(), key: key.to_owned(), request };
        if insert(session, &[row], OnConflict::Keep).await? == 1 {
            return Ok(None);
        }
        if let Some(found) = locked(session, scope, key).await? {
            return Ok(Some(found));
        }
    }
    Err(Request::contended())
}

impl SqlStore {
    /// Change a request with its row locked, by one of core's decisions.
    async fn with_request<F>(&self, scope: &Scope, key: &str, decide: F) -> Result<()>
    where
        F: Fn(Option<Request>, Timestamp) -> Result<Option<Request>> + Send + Sync + 'static,
    {
        let place = Arc::new((scope.as_str().to_owned(), key.to_owned()));
        let decide = Arc::new(decide);
        self.write(Whose::System, move |session| {
            let (place, decide) = (place.clone(), decide.clone());
            Box::pin(async move {
                let (scope, key) = (&place.0, &place.1);
                let now = session.now();
                let found = locked(session, scope, key).await?;
                let before = found.is_some();
                match decide(found, now)? {
                    Some(request) => store(session, scope, key, request).await,
                    None if before => {
                        let sql = "DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2";
                        let values = args![scope.as_str(), key.as_str()];
                        session.run(sql.into(), values).await.map(drop)
                    }
                    None => Ok(()),
                }
            })
        })
        .await
    }
}

#[async_trait]
impl IdempotencyStore for SqlStore {
    async fn begin(
        &self,
        scope: &Scope,
        key: &str,
        body: [u8; 32],
        lease: Duration,
    ) -> Result<Begun> {
        Request::check_key(key)?;
        let place = Arc::new((scope.as_str().to_owned(), key.to_owned()));
        self.write(Whose::System, move |session| {
            let place = place.clone();
            Box::pin(async move {
                let (scope, key) = (&place.0, &place.1);
                let now = session.now();
                let fresh = Request::first(body, now, lease);
                let Some(found) = first_or_found(session, scope, key, &fresh).await? else {
                    return Ok(Begun::Run(fresh.ticket));
                };
                let (begun, request) = found.begin_again(body, now, lease)?;
                if let Some(request) = request {
                    store(session, scope, key, request).await?;
                }
                Ok(begun)
            })
        })
        .await
    }

    async fn renew(&self, scope: &Scope, key: &str, ticket: Ticket, lease: Duration) -> Result<()> {
        self.with_request(scope, key, move |found, now| {
            Request::renewed(found, ticket, now, lease).map(Some)
        })
        .await
    }

    async fn finish(
        &self,
        scope: &Scope,
        key: &str,
        ticket: Ticket,
        answer: Vec<u8>,
    ) -> Result<()> {
        self.with_request(scope, key, move |found, _| {
            Request::finished(found, ticket, &answer).map(Some)
        })
        .await
    }

    async fn abandon(&self, scope: &Scope, key: &str, ticket: Ticket) -> Result<()> {
        self.with_request(scope, key, move |found, _| Ok(Request::abandoned(found, ticket))).await
    }

    async fn prune_idempotency(&self, before: Timestamp) -> Result<u32> {
        self.write(Whose::System, move |session| {
            Box::pin(async move {
                let now = session.now();
                let sql = "DELETE FROM idempotency_keys WHERE began_at < $1 \
                           AND (answer IS NOT NULL OR lease_until <= $2)";
                let gone = session.run(sql.into(), args![before, now]).await?;
                Ok(u32::try_from(gone).unwrap_or(u32::MAX))
            })
        })
        .await
    }
}
