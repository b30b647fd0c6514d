//! Users, sessions and attempts.

use super::{MemoryStore, conflict};
use crate::{
    Result, SessionId, Timestamp, UserId,
    identity::{
        Admission, Attempts, HashChange, NewRefresh, NewSession, NewUser, PasswordHash,
        RefreshToken, Rotated, Rotation, Session, SessionStore, TokenHash, User, UserStore,
        lockout::WINDOW, refused, session::make_room,
    },
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use uuid::Uuid;

/// Everybody who may sign in, and how they did.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct People {
    users: BTreeMap<UserId, UserRow>,
    sessions: BTreeMap<SessionId, Session>,
    tokens: BTreeMap<[u8; 32], RefreshToken>,
    attempts: BTreeMap<String, Attempts>,
    revoked: BTreeMap<Uuid, Timestamp>,
}

#[cfg_attr(test, derive(Debug))]
struct UserRow {
    user: User,
    /// The hash of what it was created from, to know a repeat.
    made: [u8; 32],
}

impl People {
    fn create_user(&mut self, new: NewUser, now: Timestamp) -> Result<User> {
        let made = new.fingerprint();
        if let Some(row) = self.users.get(&new.id) {
            return if row.made == made { Ok(row.user.clone()) } else { Err(NewUser::id_taken()) };
        }
        if self.by_email(new.email.key()).is_some() {
            return Err(NewUser::email_taken());
        }
        let user = User::create(new, now);
        self.users.insert(user.id, UserRow { user: user.clone(), made });
        Ok(user)
    }

    pub(super) fn by_email(&self, key: &str) -> Option<&User> {
        self.users.values().map(|row| &row.user).find(|user| user.email.key() == key)
    }

    /// The user with this id.
    pub(super) fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id).map(|row| &row.user)
    }

    fn user_mut(&mut self, operation: &'static str, id: UserId) -> Result<&mut User> {
        let row = self.users.get_mut(&id).ok_or_else(|| User::unknown(operation))?;
        Ok(&mut row.user)
    }

    fn is_disabled(&self, id: UserId) -> bool {
        self.users.get(&id).is_none_or(|row| row.user.disabled_at.is_some())
    }

    fn of_user(&self, id: UserId) -> Vec<Session> {
        self.sessions.values().filter(|session| session.user == id).copied().collect()
    }

    fn end(&mut self, ids: &[SessionId], now: Timestamp) {
        for id in ids {
            if let Some(session) = self.sessions.get_mut(id) {
                session.ended_at.get_or_insert(now);
            }
        }
        let theirs = self.tokens.values_mut().filter(|token| ids.contains(&token.session));
        theirs.for_each(|token| _ = token.revoked_at.get_or_insert(now));
    }

    fn end_all(&mut self, user: UserId, now: Timestamp) -> u32 {
        let mut sessions = self.of_user(user);
        sessions.retain(|session| session.is_live(now));
        self.end(&sessions.iter().map(|session| session.id).collect::<Vec<_>>(), now);
        u32::try_from(sessions.len()).unwrap_or(u32::MAX)
    }

    fn open(&mut self, new: &NewSession, now: Timestamp) -> Result<Session> {
        let user = self.users.get(&new.user).map(|row| &row.user);
        if !user.is_some_and(|user| user.admits(new)) {
            return Err(refused("session.open"));
        }
        if self.sessions.contains_key(&new.id) {
            return Err(conflict("session.open", "id: it names another session"));
        }
        self.refuse_known(new.token.hash)?;
        let leaving = make_room(&self.of_user(new.user), now);
        self.end(&leaving, now);
        let (session, token) = Session::begin(new, now);
        self.sessions.insert(session.id, session);
        self.tokens.insert(*token.hash.as_bytes(), token);
        Ok(session)
    }

    fn refuse_known(&self, hash: TokenHash) -> Result<()> {
        match self.tokens.contains_key(hash.as_bytes()) {
            true => Err(conflict("session.token", "token: it was issued before")),
            false => Ok(()),
        }
    }

    fn rotate(
        &mut self,
        presented: TokenHash,
        next: NewRefresh,
        grace: Duration,
        now: Timestamp,
    ) -> Result<Rotated> {
        let Some(token) = self.tokens.get(presented.as_bytes()).cloned() else {
            return Ok(Rotated::Refused);
        };
        let (user, id) = (token.user, token.session);
        let first = self.tokens.values().find(|it| Some(it.id) == token.successor).cloned();
        let verdict = token.judge_within(grace, first.as_ref(), now);
        match verdict {
            Rotation::Replay => {
                self.end_all(user, now);
                return Ok(Rotated::Replayed { user });
            }
            Rotation::Expired | Rotation::Revoked => return Ok(Rotated::Refused),
            _ if self.is_disabled(user) => return Ok(Rotated::Refused),
            Rotation::Rotate | Rotation::Again => {}
        }
        self.refuse_known(next.hash)?;
        let newest = token.successor(next.id, next.hash, now, next.lifetime);
        if let Some(session) = self.sessions.get_mut(&id) {
            *session = session.refreshed(&newest);
        }
        let used = match first.filter(|_| verdict == Rotation::Again) {
            Some(lost) => lost.used(None, now),
            None => token.used(Some(newest.id), now),
        };
        self.tokens.insert(*used.hash.as_bytes(), used);
        self.tokens.insert(*newest.hash.as_bytes(), newest);
        Ok(Rotated::Rotated { user, session: id })
    }

    fn end_session(&mut self, presented: TokenHash, now: Timestamp) {
        let Some(token) = self.tokens.get(presented.as_bytes()) else { return };
        let (user, session) = (token.user, token.session);
        match token.judge(now) {
            Rotation::Replay => _ = self.end_all(user, now),
            _ => self.end(&[session], now),
        }
    }

    fn prune(&mut self, before: Timestamp, now: Timestamp) -> u32 {
        let before = before.min(now);
        let gone = |session: &Session| {
            session.family_end < before || session.ended_at.is_some_and(|at| at < before)
        };
        let gone: BTreeSet<SessionId> =
            self.sessions.values().filter(|session| gone(session)).map(|it| it.id).collect();
        self.sessions.retain(|id, _| !gone.contains(id));
        self.tokens.retain(|_, token| !gone.contains(&token.session));
        self.revoked.retain(|_, until| *until >= before);
        let idle = before.min(now.before(WINDOW));
        self.attempts.retain(|_, it| it.failures().iter().any(|failure| *failure >= idle));
        u32::try_from(gone.len()).unwrap_or(u32::MAX)
    }
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn create_user(&self, new: NewUser) -> Result<User> {
        new.validate()?;
        self.step(|state, now| state.people.create_user(new, now))
    }

    async fn user(&self, user: UserId) -> Result<User> {
        self.step(|state, _| state.people.user_mut("user.get", user).cloned())
    }

    async fn user_by_email(&self, key: &str) -> Result<Option<User>> {
        self.step(|state, _| Ok(state.people.by_email(key).cloned()))
    }

    async fn set_password_hash(
        &self,
        user: UserId,
        hash: PasswordHash,
        expected: Option<PasswordHash>,
        change: HashChange,
    ) -> Result<()> {
        self.step(|state, now| {
            let row = state.people.user_mut("user.set_password_hash", user)?;
            *row = row.clone().with_hash(hash, expected.as_ref(), change)?;
            if change == HashChange::Password {
                state.people.end_all(user, now);
            }
            Ok(())
        })
    }

    async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<()> {
        self.step(|state, now| {
            let row = state.people.user_mut("user.set_disabled", user)?;
            *row = row.clone().with_disabled(disabled, now);
            if disabled {
                state.people.end_all(user, now);
            }
            Ok(())
        })
    }

    async fn begin_attempt(&self, key: &str) -> Result<Admission> {
        self.step(|state, now| {
            Ok(state.people.attempts.entry(key.to_owned()).or_default().begin(now))
        })
    }

    async fn succeed_attempt(&self, key: &str) -> Result<()> {
        self.step(|state, _| {
            state.people.attempts.remove(key);
            Ok(())
        })
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn open_session(&self, new: NewSession) -> Result<Session> {
        self.step(|state, now| state.people.open(&new, now))
    }

    async fn rotate(
        &self,
        presented: TokenHash,
        successor: NewRefresh,
        grace: Duration,
    ) -> Result<Rotated> {
        self.step(|state, now| state.people.rotate(presented, successor, grace, now))
    }

    async fn end_session(&self, presented: TokenHash) -> Result<()> {
        self.step(|state, now| {
            state.people.end_session(presented, now);
            Ok(())
        })
    }

    async fn end_all(&self, user: UserId) -> Result<u32> {
        self.step(|state, now| Ok(state.people.end_all(user, now)))
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>> {
        self.step(|state, now| {
            let mut sessions = state.people.of_user(user);
            sessions.retain(|session| session.is_live(now));
            sessions.sort_by_key(|session| (session.started_at, session.id));
            Ok(sessions)
        })
    }

    async fn is_live(&self, user: UserId, session: SessionId, jti: Uuid) -> Result<bool> {
        self.step(|state, now| {
            let people = &state.people;
            let live = people.sessions.get(&session).is_some_and(|it| it.is_live(now));
            let own = people.sessions.get(&session).is_some_and(|it| it.user == user);
            Ok(live && own && !people.is_disabled(user) && !people.revoked.contains_key(&jti))
        })
    }

    async fn revoke_access(&self, jti: Uuid, expires_at: Timestamp) -> Result<()> {
        self.step(|state, _| {
            state.people.revoked.entry(jti).or_insert(expires_at);
            Ok(())
        })
    }

    async fn prune_sessions(&self, before: Timestamp) -> Result<u32> {
        self.step(|state, now| Ok(state.people.prune(before, now)))
    }
}
