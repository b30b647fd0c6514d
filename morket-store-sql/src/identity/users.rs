//! The user port: one row per user, locked while it is changed.

use super::{attempts, rows::UserRow, sessions::end_all};
use crate::{
    OnConflict, Scope, Session, SqlStore, args,
    query::{insert, save, select, select_locked},
};
use async_trait::async_trait;
use morket_core::{
    Result, UserId,
    identity::{Admission, HashChange, NewUser, PasswordHash, User, UserStore, lockout},
};
use std::sync::Arc;

/// The user, its row locked until the transaction ends.
pub(super) async fn locked(session: &mut dyn Session, user: UserId) -> Result<Option<UserRow>> {
    Ok(select_locked(session, "WHERE id = $1", args![user]).await?.into_iter().next())
}

async fn create(session: &mut dyn Session, new: NewUser) -> Result<User> {
    let (id, made) = (new.id, new.fingerprint());
    let row = UserRow { made, user: User::create(new, session.now()) };
    if insert(session, std::slice::from_ref(&row), OnConflict::Keep).await? == 1 {
        return Ok(row.user);
    }
    let found: Vec<UserRow> = select(session, "WHERE id = $1", args![id]).await?;
    match found.into_iter().next() {
        Some(found) if found.made == made => Ok(found.user),
        Some(_) => Err(NewUser::id_taken()),
        None => Err(NewUser::email_taken()),
    }
}

const CHANGES: &[&str] = &["password_hash", "password_version", "disabled_at"];

#[async_trait]
impl UserStore for SqlStore {
    async fn create_user(&self, new: NewUser) -> Result<User> {
        new.validate()?;
        let new = Arc::new(new);
        self.write(Scope::System, move |session| Box::pin(create(session, NewUser::clone(&new))))
            .await
    }

    async fn user(&self, user: UserId) -> Result<User> {
        self.read(Scope::System, move |session| {
            Box::pin(async move {
                let found: Vec<UserRow> = select(session, "WHERE id = $1", args![user]).await?;
                let found = found.into_iter().next().map(|row| row.user);
                found.ok_or_else(|| User::unknown("user.get"))
            })
        })
        .await
    }

    async fn user_by_email(&self, key: &str) -> Result<Option<User>> {
        let key: Arc<str> = key.into();
        self.read(Scope::System, move |session| {
            let key = key.clone();
            Box::pin(async move {
                let tail = "WHERE email_key = $1";
                let found: Vec<UserRow> = select(session, tail, args![&*key]).await?;
                Ok(found.into_iter().next().map(|row| row.user))
            })
        })
        .await
    }

    async fn set_password_hash(
        &self,
        user: UserId,
        hash: PasswordHash,
        expected: Option<PasswordHash>,
        change: HashChange,
    ) -> Result<()> {
        let hashes = Arc::new((hash, expected));
        self.write(Scope::System, move |session| {
            let hashes = hashes.clone();
            Box::pin(async move {
                let operation = "user.set_password_hash";
                let mut row =
                    locked(session, user).await?.ok_or_else(|| User::unknown(operation))?;
                let (hash, expected) = (hashes.0.clone(), hashes.1.as_ref());
                row.user = row.user.with_hash(hash, expected, change)?;
                save(session, CHANGES, &[row]).await?;
                if change == HashChange::Password {
                    end_all(session, user).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<()> {
        self.write(Scope::System, move |session| {
            Box::pin(async move {
                let found = locked(session, user).await?;
                let mut row = found.ok_or_else(|| User::unknown("user.set_disabled"))?;
                row.user = row.user.with_disabled(disabled, session.now());
                save(session, CHANGES, &[row]).await?;
                if disabled {
                    end_all(session, user).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn begin_attempt(&self, key: &str) -> Result<Admission> {
        let account = lockout::account(key);
        self.write(Scope::System, move |session| Box::pin(attempts::begin(session, account))).await
    }

    async fn succeed_attempt(&self, key: &str) -> Result<()> {
        let account = lockout::account(key);
        self.write(Scope::System, move |session| Box::pin(attempts::succeed(session, account)))
            .await
    }
}
