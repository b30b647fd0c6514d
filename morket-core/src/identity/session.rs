//! Refresh tokens: each works once, and one that comes back is a theft.

use super::TokenHash;
use crate::{SessionId, Timestamp, TokenId, UserId};
use std::time::Duration;

/// Sessions one user may have at a time.
pub const MAX_SESSIONS: usize = 10;

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
    /// When its session was ended (logout, eviction, a replay).
    pub revoked_at: Option<Timestamp>,
}

/// What to do with a refresh token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Mark it used and issue its successor, in one step of the store.
    Rotate,
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
            revoked_at: None,
            ..*self
        }
    }
}

/// Which of a user's `sessions` (id and start) to end so that at most `limit` are left: the oldest
/// first. The session that is being opened is among them.
pub fn evict(sessions: &[(SessionId, Timestamp)], limit: usize) -> Vec<SessionId> {
    let mut by_age = sessions.to_vec();
    by_age.sort_unstable_by_key(|(id, started_at)| (*started_at, *id));
    by_age.truncate(sessions.len().saturating_sub(limit));
    by_age.into_iter().map(|(id, _)| id).collect()
}
