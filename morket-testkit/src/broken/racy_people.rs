//! Stores that check and write apart where people sign in and requests begin.

use super::{
    Broken,
    defect::{Defect, Right, through},
    racy::dawdle,
};
use async_trait::async_trait;
use morket_core::{
    Error, ErrorKind, Result,
    idempotency::{Begun, Scope, Ticket},
    identity::{Admission, Attempts, NewRefresh, Rotated, TokenHash},
};
use std::{collections::BTreeMap, sync::Mutex, time::Duration};

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "a refresh token is looked at before it is used up",
        must_fail: "p106_of_many_uses_one_wins",
        walk: Some("p276_a_serial_order_explains_sessions"),
        wrap: |subject| through(subject, StaleTokens::default()),
    },
    Broken {
        name: "attempts are looked at before they are counted",
        must_fail: "p123_of_many_guesses_five_are_looked_at",
        walk: Some("p276_a_serial_order_explains_sessions"),
        wrap: |subject| through(subject, StaleAttempts::default()),
    },
    Broken {
        name: "a request is looked up before it begins",
        must_fail: "p038_of_many_at_once_one_runs",
        walk: Some("p276_a_serial_order_explains_requests"),
        wrap: |subject| through(subject, StaleRequests::default()),
    },
];

/// What became of the tokens that were used up.
#[derive(Default)]
struct StaleTokens(Mutex<BTreeMap<[u8; 32], Rotated>>);

#[async_trait]
impl Defect for StaleTokens {
    async fn rotate(
        &self,
        right: &Right,
        presented: TokenHash,
        successor: NewRefresh,
        grace: Duration,
    ) -> Result<Rotated> {
        if !grace.is_zero() {
            return right.store.rotate(presented, successor, grace).await;
        }
        let used = || self.0.lock().unwrap().get(presented.as_bytes()).copied();
        let was_used = used().is_some();
        dawdle().await;
        if let (false, Some(rotated)) = (was_used, used()) {
            return Ok(rotated);
        }
        let rotated = right.store.rotate(presented, successor, grace).await?;
        if matches!(rotated, Rotated::Rotated { .. }) {
            self.0.lock().unwrap().insert(*presented.as_bytes(), rotated);
        }
        Ok(rotated)
    }
}

/// The same attempts that the right store counts.
#[derive(Default)]
struct StaleAttempts(Mutex<BTreeMap<String, Attempts>>);

#[async_trait]
impl Defect for StaleAttempts {
    async fn begin_attempt(&self, right: &Right, key: &str) -> Result<Admission> {
        let now = right.clock.now().await;
        let seen = self.0.lock().unwrap().entry(key.to_owned()).or_default().decide(now);
        dawdle().await;
        right.store.begin_attempt(key).await?;
        self.0.lock().unwrap().entry(key.to_owned()).or_default().begin(now);
        Ok(seen)
    }

    async fn succeed_attempt(&self, right: &Right, key: &str) -> Result<()> {
        self.0.lock().unwrap().remove(key);
        right.store.succeed_attempt(key).await
    }
}

/// The ticket of each request that began.
#[derive(Default)]
struct StaleRequests(Mutex<BTreeMap<(Scope, String), Ticket>>);

#[async_trait]
impl Defect for StaleRequests {
    async fn begin(
        &self,
        right: &Right,
        scope: &Scope,
        key: &str,
        body: [u8; 32],
        lease: Duration,
    ) -> Result<Begun> {
        let name = (scope.clone(), key.to_owned());
        let was_there = self.0.lock().unwrap().contains_key(&name);
        dawdle().await;
        let begun = right.store.begin(scope, key, body, lease).await;
        let running = |it: &Error| it.kind() == ErrorKind::InProgress;
        let mut all = self.0.lock().unwrap();
        match (&begun, all.get(&name)) {
            (Ok(Begun::Run(ticket)), _) => _ = all.insert(name, *ticket),
            (Err(error), Some(ticket)) if !was_there && running(error) => {
                return Ok(Begun::Run(*ticket));
            }
            _ => {}
        }
        begun
    }
}
