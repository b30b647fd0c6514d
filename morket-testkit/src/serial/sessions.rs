//! Sessions of one user, the tokens that keep them going, and the attempts on the password.

use super::order::{Desk, Sequential};
use crate::{
    Subject, fresh,
    identity::{Person, allowed, hash, token},
};
use morket_core::{
    ErrorKind, Result, SessionId,
    identity::{HashChange, NewRefresh, NewSession, Rotated, TokenHash, lockout::MAX_FAILURES},
};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Sessions are named by their place among those a history knows, and so are tokens.
#[derive(Clone, Debug)]
pub(super) enum Asks {
    /// A session, its first token.
    Open(usize, usize),
    /// A token, its successor.
    Rotate(usize, usize),
    LogOut(usize),
    EndAll,
    IsLive(usize),
    Listed,
    ChangePassword,
    Disable(bool),
    Attempt,
    Succeed,
}

#[derive(Debug, PartialEq)]
pub(super) enum Tells {
    Done,
    Refused(ErrorKind),
    /// The session it belongs to.
    Rotated(usize),
    Replayed,
    Worthless,
    Ended(u32),
    Is(bool),
    Listed(BTreeSet<usize>),
}

/// What can be begun, and what is looked at in the end with tokens that nobody else names.
const SESSIONS: usize = 4;
const TOKENS: usize = 6;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Token {
    session: usize,
    used: bool,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Model {
    disabled: bool,
    password_changed: bool,
    failures: usize,
    /// Whether each is live.
    sessions: BTreeMap<usize, bool>,
    tokens: BTreeMap<usize, Token>,
}

impl Model {
    fn end_all(&mut self) -> u32 {
        let live = self.sessions.values_mut().filter(|live| **live);
        live.map(|live| *live = false).count() as u32
    }

    fn open(&mut self, session: usize, token: usize) -> Tells {
        if self.disabled || self.password_changed {
            return Tells::Refused(ErrorKind::Unauthenticated);
        }
        if self.sessions.contains_key(&session) || self.tokens.contains_key(&token) {
            return Tells::Refused(ErrorKind::Conflict);
        }
        self.sessions.insert(session, true);
        self.tokens.insert(token, Token { session, used: false });
        Tells::Done
    }

    fn rotate(&mut self, presented: usize, successor: usize) -> Tells {
        let Some(Token { session, used }) = self.tokens.get(&presented).cloned() else {
            return Tells::Worthless;
        };
        if used {
            self.end_all();
            return Tells::Replayed;
        }
        if !self.sessions[&session] {
            return Tells::Worthless;
        }
        if self.tokens.contains_key(&successor) {
            return Tells::Refused(ErrorKind::Conflict);
        }
        self.tokens.insert(presented, Token { session, used: true });
        self.tokens.insert(successor, Token { session, used: false });
        Tells::Rotated(session)
    }

    fn log_out(&mut self, presented: usize) {
        match self.tokens.get(&presented).cloned() {
            Some(Token { used: true, .. }) => _ = self.end_all(),
            Some(Token { session, .. }) => _ = self.sessions.insert(session, false),
            None => {}
        }
    }

    fn attempt(&mut self) -> bool {
        let allowed = self.failures < MAX_FAILURES;
        self.failures += usize::from(allowed);
        allowed
    }

    fn listed(&self) -> BTreeSet<usize> {
        self.sessions.iter().filter(|(_, live)| **live).map(|(session, _)| *session).collect()
    }

    /// What has no answer but that it was done.
    fn does(&mut self, call: &Asks) {
        match call {
            Asks::LogOut(presented) => self.log_out(*presented),
            Asks::Succeed => self.failures = 0,
            Asks::ChangePassword => self.password_changed = true,
            Asks::Disable(disabled) => self.disabled = *disabled,
            _ => {}
        }
        if matches!(call, Asks::ChangePassword | Asks::Disable(true)) {
            self.end_all();
        }
    }
}

impl Sequential for Model {
    type Call = Asks;
    type Answer = Tells;

    fn after(&self, call: &Asks, answer: &Tells) -> Option<Self> {
        let mut next = self.clone();
        let due = match *call {
            Asks::Open(session, token) => next.open(session, token),
            Asks::Rotate(presented, successor) => next.rotate(presented, successor),
            Asks::EndAll => Tells::Ended(next.end_all()),
            Asks::IsLive(session) => {
                Tells::Is(self.sessions.get(&session).copied().unwrap_or(false))
            }
            Asks::Listed => Tells::Listed(self.listed()),
            Asks::Attempt => Tells::Is(next.attempt()),
            ref other => {
                next.does(other);
                Tells::Done
            }
        };
        (due == *answer).then_some(next)
    }
}

#[derive(Clone)]
pub(super) struct Devices {
    person: Person,
    sessions: Vec<SessionId>,
    tokens: Vec<TokenHash>,
}

impl Devices {
    fn refresh(&self, token: usize) -> NewRefresh {
        NewRefresh { hash: self.tokens[token], ..crate::identity::refresh() }
    }

    async fn open(&self, session: usize, token: usize) -> Result<()> {
        let (id, token) = (self.sessions[session], self.refresh(token));
        self.person.open(NewSession { id, token, ..self.person.next_session() }).await.map(drop)
    }

    fn place(&self, session: SessionId) -> usize {
        self.sessions.iter().position(|it| *it == session).unwrap()
    }

    async fn ask(&self, call: Asks) -> Result<Tells> {
        let (store, user) = (&self.person.subject.store, self.person.user.id);
        match call {
            Asks::Open(session, token) => self.open(session, token).await?,
            Asks::Rotate(presented, successor) => {
                let (presented, successor) = (self.tokens[presented], self.refresh(successor));
                return Ok(match store.rotate(presented, successor, Duration::ZERO).await? {
                    Rotated::Rotated { session, .. } => Tells::Rotated(self.place(session)),
                    Rotated::Replayed { .. } => Tells::Replayed,
                    Rotated::Refused => Tells::Worthless,
                });
            }
            Asks::LogOut(presented) => store.end_session(self.tokens[presented]).await?,
            Asks::EndAll => return store.end_all(user).await.map(Tells::Ended),
            Asks::IsLive(session) => {
                return store.is_live(user, self.sessions[session], fresh()).await.map(Tells::Is);
            }
            Asks::Listed => {
                let listed = self.person.sessions().await.into_iter();
                return Ok(Tells::Listed(listed.map(|it| self.place(it)).collect()));
            }
            Asks::ChangePassword => {
                let change = HashChange::Password;
                store.set_password_hash(user, hash("another"), None, change).await?;
            }
            Asks::Disable(disabled) => store.set_disabled(user, disabled).await?,
            Asks::Attempt => {
                let key = self.person.user.email.key();
                return Ok(Tells::Is(allowed(&self.person.subject, key).await));
            }
            Asks::Succeed => store.succeed_attempt(self.person.user.email.key()).await?,
        }
        Ok(Tells::Done)
    }
}

impl Desk for Devices {
    type Model = Model;

    async fn make(&mut self, call: Asks) -> Tells {
        self.ask(call).await.unwrap_or_else(|error| Tells::Refused(error.kind()))
    }

    /// Which sessions are left, then what each token is worth.
    fn look() -> Vec<Asks> {
        let rotate = (0..TOKENS).map(|token| Asks::Rotate(token, TOKENS + token));
        [Asks::Listed].into_iter().chain(rotate).collect()
    }
}

pub(super) fn calls() -> impl Strategy<Value = Asks> {
    let (session, token) = (|| 0..SESSIONS, || 0..TOKENS);
    // The first tokens are known, the others are mostly successors.
    let known = prop_oneof![3 => 0..2_usize, 1 => token()];
    prop_oneof![
        2 => (session(), token()).prop_map(|(session, token)| Asks::Open(session, token)),
        6 => (known, token()).prop_map(|(token, successor)| Asks::Rotate(token, successor)),
        1 => token().prop_map(Asks::LogOut),
        1 => Just(Asks::EndAll),
        2 => session().prop_map(Asks::IsLive),
        1 => Just(Asks::Listed),
        1 => Just(Asks::ChangePassword),
        1 => any::<bool>().prop_map(Asks::Disable),
        4 => Just(Asks::Attempt),
        1 => Just(Asks::Succeed),
    ]
}

/// Two sessions with a token each, and three attempts that failed.
pub(super) async fn open(subject: Subject) -> (Devices, Model) {
    let person = Person::new(&subject).await;
    let sessions = (0..SESSIONS).map(|_| fresh()).collect();
    let tokens = (0..2 * TOKENS).map(|_| token()).collect();
    let devices = Devices { person, sessions, tokens };
    let mut model = Model {
        disabled: false,
        password_changed: false,
        failures: 0,
        sessions: BTreeMap::new(),
        tokens: BTreeMap::new(),
    };
    for place in 0..2 {
        devices.open(place, place).await.unwrap();
        model.open(place, place);
    }
    for _ in 0..3 {
        assert!(allowed(&subject, devices.person.user.email.key()).await && model.attempt());
    }
    (devices, model)
}
