//! Users, sessions, tokens and attempts as rows.

use crate::{Record, Row, Value, args, table};
use morket_core::{
    Error, Result, SessionId, Timestamp, TokenId, UserId,
    identity::{Attempts, EmailAddress, PasswordHash, RefreshToken, Session, TokenHash, User},
};

/// A user with what only its table shows.
pub(crate) struct UserRow {
    pub(crate) user: User,
    /// The hash of what it was created from, to know a repeat.
    pub(super) made: [u8; 32],
}

impl Record for UserRow {
    const TABLE: &'static crate::Table = table!("users", key ["id"], {
        id: Uuid, email_key: Text, email: Text, name: Text, password_hash: Text,
        password_version: Int, made: Bytes, created_at: Int, disabled_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let it = &self.user;
        args![
            it.id,
            it.email.key(),
            it.email.written(),
            it.name.as_str(),
            it.password_hash.as_str(),
            it.password_version,
            self.made,
            it.created_at,
            it.disabled_at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (id, key, written) = (UserId(row.uuid()?), row.text()?, row.text()?);
        let (name, password_hash) = (row.text()?, PasswordHash::stored(row.text()?));
        let (password_version, made) = (row.int()?, row.hash()?);
        let user = User {
            id,
            email: EmailAddress::stored(written, key),
            name,
            password_hash,
            password_version,
            created_at: row.time()?,
            disabled_at: row.maybe_time()?,
        };
        Ok(Self { user, made })
    }
}

/// A session; the newtype is what the orphan rule asks for.
pub(super) struct SessionRow(pub(super) Session);

impl Record for SessionRow {
    const TABLE: &'static crate::Table = table!("sessions", key ["id"], {
        id: Uuid, user_id: Uuid, started_at: Int, refreshed_at: Int, expires_at: Int,
        family_end: Int, ended_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let it = &self.0;
        args![
            it.id,
            it.user,
            it.started_at,
            it.refreshed_at,
            it.expires_at,
            it.family_end,
            it.ended_at
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        Ok(Self(Session {
            id: SessionId(row.uuid()?),
            user: UserId(row.uuid()?),
            started_at: row.time()?,
            refreshed_at: row.time()?,
            expires_at: row.time()?,
            family_end: row.time()?,
            ended_at: row.maybe_time()?,
        }))
    }
}

/// A refresh token without what its session's row says for all of them.
pub(super) struct TokenRow {
    id: TokenId,
    pub(super) session: SessionId,
    hash: TokenHash,
    issued_at: Timestamp,
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
    successor: Option<TokenId>,
}

impl TokenRow {
    pub(super) fn of(token: &RefreshToken) -> Self {
        Self {
            id: token.id,
            session: token.session,
            hash: token.hash,
            issued_at: token.issued_at,
            expires_at: token.expires_at,
            used_at: token.used_at,
            successor: token.successor,
        }
    }

    /// The whole token, as core judges it.
    pub(super) fn whole(self, session: &Session) -> RefreshToken {
        RefreshToken {
            id: self.id,
            session: session.id,
            user: session.user,
            hash: self.hash,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            family_end: session.family_end,
            used_at: self.used_at,
            successor: self.successor,
            revoked_at: session.ended_at,
        }
    }
}

impl Record for TokenRow {
    const TABLE: &'static crate::Table = table!("refresh_tokens", key ["id"], {
        id: Uuid, session_id: Uuid, hash: Bytes, issued_at: Int, expires_at: Int, used_at: Int,
        successor: Uuid,
    });

    fn values(&self) -> Vec<Value> {
        let hash = *self.hash.as_bytes();
        args![
            self.id,
            self.session,
            hash,
            self.issued_at,
            self.expires_at,
            self.used_at,
            self.successor,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        Ok(Self {
            id: TokenId(row.uuid()?),
            session: SessionId(row.uuid()?),
            hash: TokenHash::from_bytes(row.hash()?),
            issued_at: row.time()?,
            expires_at: row.time()?,
            used_at: row.maybe_time()?,
            successor: row.maybe_uuid()?.map(TokenId),
        })
    }
}

/// The attempts on one account, by the hash of its address's key.
pub(super) struct AttemptsRow {
    pub(super) account: [u8; 32],
    pub(super) attempts: Attempts,
}

impl Record for AttemptsRow {
    const TABLE: &'static crate::Table = table!("login_attempts", key ["account"], {
        account: Bytes, failures: Text, last_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let failures = self.attempts.failures();
        let instants: Vec<i64> = failures.iter().map(|at| at.micros()).collect();
        let last = failures.last().copied().unwrap_or_default();
        args![self.account, serde_json::Value::from(instants).to_string(), last]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (account, failures) = (row.hash()?, row.json()?);
        let _last_at = row.time()?;
        let instants: Vec<i64> = serde_json::from_value(failures)
            .map_err(|error| Error::internal("store.row", "attempts").caused_by(error))?;
        let failures = instants.into_iter().map(Timestamp::from_micros).collect();
        Ok(Self { account, attempts: Attempts::from_failures(failures) })
    }
}
