//! Stores that are wrong about users, their sessions and the attempts on their passwords.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use async_trait::async_trait;
use morket_core::{
    Result, SessionId, Timestamp, UserId,
    identity::{
        Admission, NewRefresh, NewSession, Rotated, Session, TokenHash, User, lockout::WINDOW,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use uuid::Uuid;

const MODEL: &str = "p104_p105_p107_p108_p110_p111_sessions_follow_the_model";

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "a replay of an expired token ends no session",
        must_fail: "p105_a_replay_ends_every_session_of_its_user",
        walk: Some(MODEL),
        wrap: |subject| through(subject, ForgivesOldReplays::default()),
    },
    Broken {
        name: "a logout forgets which tokens were used",
        must_fail: "p105_a_replay_is_noticed_after_a_logout",
        walk: Some(MODEL),
        wrap: |subject| through(subject, ForgetsOnLogout::default()),
    },
    Broken {
        name: "a logout with a used token ends its session alone",
        must_fail: "p105_a_logout_with_a_used_token_is_a_replay",
        walk: Some(MODEL),
        wrap: |subject| through(subject, LogsOutAlone::default()),
    },
    Broken {
        name: "a session counts for whoever names it",
        must_fail: "a_session_belongs_to_its_user",
        walk: None,
        wrap: |subject| through(subject, ForgetsOwners::default()),
    },
    Broken {
        name: "a second revocation takes the first one back",
        must_fail: "p100_a_revoked_access_token_is_refused_alone",
        walk: None,
        wrap: |subject| through(subject, TogglesRevocations::default()),
    },
    Broken {
        name: "whoever goes on knocking stays locked out",
        must_fail: "p125_a_lock_ends_by_itself_and_leaves_sessions",
        walk: None,
        wrap: |subject| through(subject, CountsKnocks::default()),
    },
    Broken {
        name: "a user is disabled anew by every call",
        must_fail: "disabling_again_changes_nothing",
        walk: None,
        wrap: |subject| through(subject, DisablesAnew),
    },
];

/// What is known of a token: whose, and until when it works.
#[derive(Clone, Copy)]
struct Seen {
    user: UserId,
    session: SessionId,
    until: Timestamp,
    successor: Option<TokenHash>,
}

/// Tokens by what is stored of them.
#[derive(Default)]
struct Tokens(Mutex<BTreeMap<[u8; 32], Seen>>, AtomicBool);

impl Tokens {
    /// Whether lost answers are made good here: what is wrong with log-outs shows without that.
    fn is_graceful(&self) -> bool {
        self.1.load(Ordering::Relaxed)
    }

    fn of(&self, token: TokenHash) -> Option<Seen> {
        self.0.lock().unwrap().get(token.as_bytes()).copied()
    }

    async fn open(&self, right: &Right, new: NewSession) -> Result<Session> {
        let opened = right.store.open_session(new).await?;
        self.note(right, new.user, new.id, new.token).await;
        Ok(opened)
    }

    async fn rotate(
        &self,
        right: &Right,
        presented: TokenHash,
        next: NewRefresh,
        grace: Duration,
    ) -> Result<Rotated> {
        self.1.fetch_or(!grace.is_zero(), Ordering::Relaxed);
        let rotated = right.store.rotate(presented, next, grace).await?;
        if let Rotated::Rotated { user, session } = rotated {
            self.note(right, user, session, next).await;
            if let Some(it) = self.0.lock().unwrap().get_mut(presented.as_bytes()) {
                it.successor = Some(next.hash);
            }
        }
        Ok(rotated)
    }

    async fn note(&self, right: &Right, user: UserId, session: SessionId, token: NewRefresh) {
        let until = right.clock.now().await.after(token.lifetime);
        let seen = Seen { user, session, until, successor: None };
        self.0.lock().unwrap().insert(*token.hash.as_bytes(), seen);
    }
}

#[derive(Default)]
struct ForgivesOldReplays(Tokens);

#[async_trait]
impl Defect for ForgivesOldReplays {
    async fn open_session(&self, right: &Right, new: NewSession) -> Result<Session> {
        self.0.open(right, new).await
    }

    async fn rotate(
        &self,
        right: &Right,
        presented: TokenHash,
        next: NewRefresh,
        grace: Duration,
    ) -> Result<Rotated> {
        let now = right.clock.now().await;
        match self.0.of(presented) {
            Some(Seen { successor: Some(_), until, user, .. }) if until <= now => {
                Ok(Rotated::Replayed { user })
            }
            _ => self.0.rotate(right, presented, next, grace).await,
        }
    }
}

/// Tokens, and the sessions that were ended by one of theirs.
#[derive(Default)]
struct ForgetsOnLogout(Tokens, Mutex<BTreeSet<SessionId>>);

#[async_trait]
impl Defect for ForgetsOnLogout {
    async fn open_session(&self, right: &Right, new: NewSession) -> Result<Session> {
        self.0.open(right, new).await
    }

    async fn rotate(
        &self,
        right: &Right,
        presented: TokenHash,
        next: NewRefresh,
        grace: Duration,
    ) -> Result<Rotated> {
        let seen = self.0.of(presented);
        let forgets = grace.is_zero() && !self.0.is_graceful();
        if forgets && seen.is_some_and(|it| self.1.lock().unwrap().contains(&it.session)) {
            return Ok(Rotated::Refused);
        }
        self.0.rotate(right, presented, next, grace).await
    }

    async fn end_session(&self, right: &Right, presented: TokenHash) -> Result<()> {
        if let Some(Seen { session, successor: None, .. }) = self.0.of(presented)
            && !self.0.is_graceful()
        {
            self.1.lock().unwrap().insert(session);
        }
        right.store.end_session(presented).await
    }
}

#[derive(Default)]
struct LogsOutAlone(Tokens);

#[async_trait]
impl Defect for LogsOutAlone {
    async fn open_session(&self, right: &Right, new: NewSession) -> Result<Session> {
        self.0.open(right, new).await
    }

    async fn rotate(
        &self,
        right: &Right,
        presented: TokenHash,
        next: NewRefresh,
        grace: Duration,
    ) -> Result<Rotated> {
        self.0.rotate(right, presented, next, grace).await
    }

    async fn end_session(&self, right: &Right, presented: TokenHash) -> Result<()> {
        let mut newest = presented;
        while !self.0.is_graceful()
            && let Some(Seen { successor: Some(next), .. }) = self.0.of(newest)
        {
            newest = next;
        }
        right.store.end_session(newest).await
    }
}

/// Whose session is whose.
#[derive(Default)]
struct ForgetsOwners(Mutex<BTreeMap<SessionId, UserId>>);

#[async_trait]
impl Defect for ForgetsOwners {
    async fn open_session(&self, right: &Right, new: NewSession) -> Result<Session> {
        let opened = right.store.open_session(new).await?;
        self.0.lock().unwrap().insert(new.id, new.user);
        Ok(opened)
    }

    async fn is_live(
        &self,
        right: &Right,
        user: UserId,
        session: SessionId,
        jti: Uuid,
    ) -> Result<bool> {
        let owner = self.0.lock().unwrap().get(&session).copied().unwrap_or(user);
        right.store.is_live(owner, session, jti).await
    }
}

/// Revoked once, or twice.
#[derive(Default)]
struct TogglesRevocations(Mutex<BTreeMap<Uuid, bool>>);

#[async_trait]
impl Defect for TogglesRevocations {
    async fn revoke_access(&self, right: &Right, jti: Uuid, expires_at: Timestamp) -> Result<()> {
        self.0.lock().unwrap().entry(jti).and_modify(|twice| *twice = true).or_insert(false);
        right.store.revoke_access(jti, expires_at).await
    }

    async fn is_live(
        &self,
        right: &Right,
        user: UserId,
        session: SessionId,
        jti: Uuid,
    ) -> Result<bool> {
        let twice = self.0.lock().unwrap().get(&jti).copied().unwrap_or(false);
        let jti = if twice { crate::fresh() } else { jti };
        right.store.is_live(user, session, jti).await
    }
}

/// How often a locked account was tried in vain, and when last.
#[derive(Default)]
struct CountsKnocks(Mutex<BTreeMap<String, (u32, Timestamp)>>);

#[async_trait]
impl Defect for CountsKnocks {
    async fn begin_attempt(&self, right: &Right, key: &str) -> Result<Admission> {
        let now = right.clock.now().await;
        let knocks = self.0.lock().unwrap().get(key).copied();
        if let Some((10.., last)) = knocks
            && now < last.after(WINDOW)
        {
            return Ok(Admission::Locked { until: last.after(WINDOW) });
        }
        let admission = right.store.begin_attempt(key).await?;
        if let Admission::Locked { .. } = admission {
            let (count, _) = knocks.unwrap_or_default();
            self.0.lock().unwrap().insert(key.to_owned(), (count + 1, now));
        }
        Ok(admission)
    }
}

struct DisablesAnew;

#[async_trait]
impl Defect for DisablesAnew {
    async fn set_disabled(&self, right: &Right, user: UserId, disabled: bool) -> Result<()> {
        let User { disabled_at, .. } = right.store.user(user).await?;
        if disabled && disabled_at.is_some() {
            right.store.set_disabled(user, false).await?;
        }
        right.store.set_disabled(user, disabled).await
    }
}
