//! The session port. What is decided is core's; here it is decided with the user's row locked.

use super::{
    attempts,
    rows::{SessionRow, TokenRow},
    users,
};
use crate::{
    OnConflict, Scope, Session as Transaction, SqlStore, args,
    query::{insert, save, select},
};
use async_trait::async_trait;
use morket_core::{
    Result, SessionId, Timestamp, UserId,
    identity::{
        NewRefresh, NewSession, RefreshToken, Rotated, Rotation, Session, SessionStore, TokenHash,
        refused, session::make_room,
    },
};
use std::time::Duration;
use uuid::Uuid;

/// The sessions of a user that nobody ended, oldest first.
async fn open_ones(at: &mut dyn Transaction, user: UserId) -> Result<Vec<Session>> {
    let tail = "WHERE user_id = $1 AND ended_at IS NULL ORDER BY started_at, id";
    let rows: Vec<SessionRow> = select(at, tail, args![user]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

async fn end(at: &mut dyn Transaction, mut sessions: Vec<Session>) -> Result<()> {
    let now = at.now();
    sessions.iter_mut().for_each(|session| session.ended_at = Some(now));
    let rows: Vec<SessionRow> = sessions.into_iter().map(SessionRow).collect();
    save(at, &["ended_at"], &rows).await.map(drop)
}

/// End every session of a user whose row is locked; how many were live.
pub(super) async fn end_all(at: &mut dyn Transaction, user: UserId) -> Result<u32> {
    let (sessions, now) = (open_ones(at, user).await?, at.now());
    let live = sessions.iter().filter(|session| session.is_live(now)).count();
    end(at, sessions).await?;
    Ok(u32::try_from(live).unwrap_or(u32::MAX))
}

async fn open(at: &mut dyn Transaction, new: NewSession) -> Result<Session> {
    let found = users::locked(at, new.user).await?;
    if !found.is_some_and(|row| row.user.admits(&new)) {
        return Err(refused("session.open"));
    }
    let mut leaving = open_ones(at, new.user).await?;
    let gone = make_room(&leaving, at.now());
    leaving.retain(|session| gone.contains(&session.id));
    end(at, leaving).await?;
    let (session, token) = Session::begin(&new, at.now());
    insert(at, &[SessionRow(session)], OnConflict::Fail).await?;
    insert(at, &[TokenRow::of(&token)], OnConflict::Fail).await?;
    Ok(session)
}

/// A presented token with its session, read after the user's row was locked, and whether that user
/// is disabled.
async fn presented(
    at: &mut dyn Transaction,
    hash: TokenHash,
) -> Result<Option<(RefreshToken, Session, bool)>> {
    let sql = "SELECT s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id \
               WHERE t.hash = $1";
    let Some(mut row) = at.rows(sql.into(), args![*hash.as_bytes()]).await?.pop() else {
        return Ok(None);
    };
    let Some(owner) = users::locked(at, UserId(row.uuid()?)).await? else { return Ok(None) };
    // Read again: what was seen before the lock may be what another has changed since.
    let tokens: Vec<TokenRow> = select(at, "WHERE hash = $1", args![*hash.as_bytes()]).await?;
    let Some(token) = tokens.into_iter().next() else { return Ok(None) };
    let sessions: Vec<SessionRow> = select(at, "WHERE id = $1", args![token.session]).await?;
    let Some(SessionRow(session)) = sessions.into_iter().next() else { return Ok(None) };
    Ok(Some((token.whole(&session), session, owner.user.disabled_at.is_some())))
}

/// The token that another was exchanged for first.
async fn first_successor(
    at: &mut dyn Transaction,
    token: &RefreshToken,
    session: &Session,
) -> Result<Option<RefreshToken>> {
    let Some(id) = token.successor else { return Ok(None) };
    let found: Vec<TokenRow> = select(at, "WHERE id = $1", args![id]).await?;
    Ok(found.into_iter().next().map(|row| row.whole(session)))
}

async fn rotate(
    at: &mut dyn Transaction,
    hash: TokenHash,
    next: NewRefresh,
    grace: Duration,
) -> Result<Rotated> {
    let Some((token, session, disabled)) = presented(at, hash).await? else {
        return Ok(Rotated::Refused);
    };
    let (user, now) = (token.user, at.now());
    let first = first_successor(at, &token, &session).await?;
    let verdict = token.judge_within(grace, first.as_ref(), now);
    match verdict {
        Rotation::Replay => {
            end_all(at, user).await?;
            return Ok(Rotated::Replayed { user });
        }
        Rotation::Expired | Rotation::Revoked => return Ok(Rotated::Refused),
        _ if disabled => return Ok(Rotated::Refused),
        Rotation::Rotate | Rotation::Again => {}
    }
    let newest = token.successor(next.id, next.hash, now, next.lifetime);
    let used = match first.filter(|_| verdict == Rotation::Again) {
        Some(lost) => lost.used(None, now),
        None => token.used(Some(newest.id), now),
    };
    save(at, &["used_at", "successor"], &[TokenRow::of(&used)]).await?;
    insert(at, &[TokenRow::of(&newest)], OnConflict::Fail).await?;
    save(at, &["refreshed_at", "expires_at"], &[SessionRow(session.refreshed(&newest))]).await?;
    Ok(Rotated::Rotated { user, session: session.id })
}

async fn log_out(at: &mut dyn Transaction, hash: TokenHash) -> Result<()> {
    let Some((token, session, _)) = presented(at, hash).await? else { return Ok(()) };
    match token.judge(at.now()) {
        Rotation::Replay => end_all(at, token.user).await.map(drop),
        _ if session.ended_at.is_none() => end(at, vec![session]).await,
        _ => Ok(()),
    }
}

async fn prune(at: &mut dyn Transaction, before: Timestamp) -> Result<u32> {
    let before = before.min(at.now());
    attempts::prune(at, before).await?;
    let sql = "DELETE FROM revoked_access WHERE expires_at < $1";
    at.run(sql.into(), args![before]).await?;
    let sql = "DELETE FROM refresh_tokens WHERE session_id IN \
               (SELECT id FROM sessions WHERE ended_at < $1 OR family_end < $1)";
    at.run(sql.into(), args![before]).await?;
    let sql = "DELETE FROM sessions WHERE ended_at < $1 OR family_end < $1";
    let gone = at.run(sql.into(), args![before]).await?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}

#[async_trait]
impl SessionStore for SqlStore {
    async fn open_session(&self, new: NewSession) -> Result<Session> {
        self.write(Scope::System, move |at| Box::pin(open(at, new))).await
    }

    async fn rotate(
        &self,
        presented: TokenHash,
        successor: NewRefresh,
        grace: Duration,
    ) -> Result<Rotated> {
        self.write(Scope::System, move |at| Box::pin(rotate(at, presented, successor, grace))).await
    }

    async fn end_session(&self, presented: TokenHash) -> Result<()> {
        self.write(Scope::System, move |at| Box::pin(log_out(at, presented))).await
    }

    async fn end_all(&self, user: UserId) -> Result<u32> {
        self.write(Scope::System, move |at| {
            Box::pin(async move {
                match users::locked(at, user).await? {
                    Some(_) => end_all(at, user).await,
                    None => Ok(0),
                }
            })
        })
        .await
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>> {
        self.read(Scope::System, move |at| {
            Box::pin(async move {
                let (mut sessions, now) = (open_ones(at, user).await?, at.now());
                sessions.retain(|session| session.is_live(now));
                Ok(sessions)
            })
        })
        .await
    }

    async fn is_live(&self, user: UserId, session: SessionId, jti: Uuid) -> Result<bool> {
        self.read(Scope::System, move |at| {
            Box::pin(async move {
                let sql = "SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id \
                           WHERE s.id = $1 AND s.user_id = $2 AND s.ended_at IS NULL \
                           AND s.family_end > $3 AND u.disabled_at IS NULL \
                           AND NOT EXISTS (SELECT 1 FROM revoked_access WHERE jti = $4)";
                let values = args![session, user, at.now(), jti];
                Ok(!at.rows(sql.into(), values).await?.is_empty())
            })
        })
        .await
    }

    async fn revoke_access(&self, jti: Uuid, expires_at: Timestamp) -> Result<()> {
        self.write(Scope::System, move |at| {
            Box::pin(async move {
                let sql = "INSERT INTO revoked_access (jti, expires_at) VALUES ($1, $2) \
                           ON CONFLICT DO NOTHING";
                at.run(sql.into(), args![jti, expires_at]).await.map(drop)
            })
        })
        .await
    }

    async fn prune_sessions(&self, before: Timestamp) -> Result<u32> {
        self.write(Scope::System, move |at| Box::pin(prune(at, before))).await
    }
}
