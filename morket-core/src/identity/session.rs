//! Refresh tokens: each works once, and one that comes back is a theft.

use super::TokenHash;
use crate::{SessionId, Timestamp, TokenId, UserId};
use std::time::Duration;

/// Sessions one user may have at a time.
pub const MAX_SESSIONS: usize = 10;

/// The longest time in which a lost response is made good.
pub const MAX_GRACE: Duration = Duration::from_secs(10);

/// One refresh token as a store keeps it. All tokens of a session form a family.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    /// Its own id.
    pub id: TokenId,
    /// The family: one sign-in on one device.
    pub session: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// What is stored of the token itself.
    pub hash: TokenHash,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it stops working, used or not.
    pub expires_at: Timestamp,
    /// When the family ends, however often it is refreshed.
    pub family_end: Timestamp,
    /// When it was exchanged for its successor.
    pub used_at: Option<Timestamp>,
    /// What it was exchanged for first.
    pub successor: Option<TokenId>,
    /// When its session was ended (logout, eviction, a replay).
    pub revoked_at: Option<Timestamp>,
}

/// A refresh token to store. The store's clock says from when it counts.
#[derive(Clone, Copy, Debug)]
pub struct NewRefresh {
    /// Its own id.
    pub id: TokenId,
    /// What is stored of it.
    pub hash: TokenHash,
    /// How long it works.
    pub lifetime: Duration,
}

/// A sign-in to store: the family and its first token.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    /// The family.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// Which password was verified: it may have been changed since.
    pub password_version: i64,
    /// The first token.
    pub token: NewRefresh,
    /// How long the family may be refreshed.
    pub family_lifetime: Duration,
}

/// A family of refresh tokens as a store keeps it: one sign-in on one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// When.
    pub started_at: Timestamp,
    /// When its newest token was made.
    pub refreshed_at: Timestamp,
    /// When its newest token stops working.
    pub expires_at: Timestamp,
    /// When it ends, however often it is refreshed.
    pub family_end: Timestamp,
    /// When it was ended before that (logout, eviction, a replay, a new password).
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// The session that begins at `now`, with its first token.
    pub fn begin(new: &NewSession, now: Timestamp) -> (Self, RefreshToken) {
        let family_end = now.after(new.family_lifetime);
        let token = RefreshToken {
            id: new.token.id,
            session: new.id,
            user: new.user,
            hash: new.token.hash,
            issued_at: now,
            expires_at: now.after(new.token.lifetime).min(family_end),
            family_end,
            used_at: None,
            successor: None,
            revoked_at: None,
        };
        let session = Self {
            id: new.id,
            user: new.user,
            started_at: now,
            refreshed_at: now,
            expires_at: token.expires_at,
            family_end,
            ended_at: None,
        };
        (session, token)
    }

    /// The session after its newest token became this one.
    #[must_use]
    pub fn refreshed(self, newest: &RefreshToken) -> Self {
        Self { refreshed_at: newest.issued_at, expires_at: newest.expires_at, ..self }
    }

    /// Whether access tokens of it count at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.family_end
    }

    /// Whether it has a refresh token that works at `now`.
    pub fn is_refreshable(&self, now: Timestamp) -> bool {
        self.is_live(now) && now < self.expires_at
    }
}

/// Which of a user's sessions end so that one more may begin at `now`.
///
/// The one that begins is never among them, whatever the clock says of the others.
pub fn make_room(sessions: &[Session], now: Timestamp) -> Vec<SessionId> {
    let active = sessions.iter().filter(|session| session.is_refreshable(now));
    let starts: Vec<_> = active.map(|session| (session.id, session.started_at)).collect();
    evict(&starts, MAX_SESSIONS - 1)
}

/// What to do with a refresh token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Mark it used and issue its successor, in one step of the store.
    Rotate,
    /// The same once more, because the response with its successor may have been lost: that
    /// successor, which nobody has shown yet, then counts as used.
    Again,
    /// It was used before: end every session of the user.
    Replay,
    /// Refuse: it is past its end or its family's.
    Expired,
    /// Refuse: its session was ended.
    Revoked,
}

impl RefreshToken {
    /// What presenting this token at `now` means.
    ///
    /// Used comes first: a stolen token is a stolen token, also when it has expired or its session
    /// was ended in the meantime.
    pub fn judge(&self, now: Timestamp) -> Rotation {
        if self.used_at.is_some() {
            Rotation::Replay
        } else if self.revoked_at.is_some() {
            Rotation::Revoked
        } else if now >= self.expires_at || now >= self.family_end {
            Rotation::Expired
        } else {
            Rotation::Rotate
        }
    }

    /// The same, where a response may get lost: a token that was used at most `grace` ago (never
    /// more than [`MAX_GRACE`]) is exchanged a second time, as long as nobody has shown the
    /// `successor` that it got first.
    ///
    /// Only one of two successors ever works. Whoever has the other one (a thief who was quicker,
    /// or slower) shows a used token, which ends every session as ever; and so does a third
    /// exchange.
    pub fn judge_within(
        &self,
        grace: Duration,
        successor: Option<&Self>,
        now: Timestamp,
    ) -> Rotation {
        let (verdict, grace) = (self.judge(now), grace.min(MAX_GRACE));
        // A store may read its clock before it waits for the one that used the token first, so that
        // use may lie ahead; not further, however the clock was set.
        let fresh = self.used_at.is_some_and(|at| now.since(at).max(at.since(now)) < grace);
        let lost = successor
            .is_some_and(|it| self.successor == Some(it.id) && it.judge(now) == Rotation::Rotate);
        match verdict {
            Rotation::Replay if fresh && lost => Rotation::Again,
            verdict => verdict,
        }
    }

    /// This token after it was used, with the successor it got first.
    #[must_use]
    pub fn used(self, successor: Option<TokenId>, now: Timestamp) -> Self {
        Self { used_at: Some(now), successor, ..self }
    }

    /// The token that takes this one's place: same family, never past the family's end.
    #[must_use]
    pub fn successor(
        &self,
        id: TokenId,
        hash: TokenHash,
        now: Timestamp,
        lifetime: Duration,
    ) -> Self {
        Self {
            id,
            hash,
            issued_at: now,
            expires_at: now.after(lifetime).min(self.family_end),
            used_at: None,
            successor: None,
            revoked_at: None,
            ..*self
        }
    }
}

/// Which of a user's `sessions` (id and start) to end so that at most `limit` are left: the oldest
/// first.
pub fn evict(sessions: &[(SessionId, Timestamp)], limit: usize) -> Vec<SessionId> {
    let mut by_age = sessions.to_vec();
    by_age.sort_unstable_by_key(|(id, started_at)| (*started_at, *id));
    by_age.truncate(sessions.len().saturating_sub(limit));
    by_age.into_iter().map(|(id, _)| id).collect()
}
