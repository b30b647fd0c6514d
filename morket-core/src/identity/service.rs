//! Sign-in as a whole: it brings ports, clock, dice and hashes together and decides nothing itself.

use super::{
    AccessClaims, AccessTokens, Admission, EmailAddress, HashChange, HashGate, IdentityStore,
    NewRefresh, NewSession, NewUser, Password, PasswordHash, Rotated, Spawn, Token, TokenKind,
    User, Verdict, password, refused,
};
use crate::{
    Clock, Error, ErrorKind, Result, Rng, Secret, SessionId, TokenId, UserId, rbac::Principal,
};
use std::{sync::Arc, time::Duration};

/// What a client gets for signing in or refreshing.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Shown with every request.
    pub access: Secret<String>,
    /// Exchanged once for the next pair.
    pub refresh: Secret<String>,
    /// How long the access token is good.
    pub expires_in: Duration,
    /// Who signed in.
    pub user: UserId,
    /// The session they belong to.
    pub session: SessionId,
}

/// Signs people in and says who is asking. Cheap to clone.
///
/// Whatever is wrong with a sign-in, the caller gets the same error after the same work: one
/// attempt counted, one look-up, one password verified. Whether the account is there, locked or
/// disabled cannot be told from it.
#[derive(Clone, Debug)]
pub struct Auth {
    store: Arc<dyn IdentityStore>,
    access: AccessTokens,
    gate: HashGate,
    spawn: Arc<dyn Spawn>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Auth {
    /// Sign-in over these ports. All clones and all services of a process share one `gate`.
    pub fn new(
        store: Arc<dyn IdentityStore>,
        access: AccessTokens,
        gate: HashGate,
        spawn: Arc<dyn Spawn>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        Self { store, access, gate, spawn, clock, rng }
    }

    /// The same with other signing keys or lifetimes.
    #[must_use]
    pub fn with_access(self, access: AccessTokens) -> Self {
        Self { access, ..self }
    }

    /// Create a user and sign it in. An address that has an account is `Conflict`.
    pub async fn register(
        &self,
        email: &str,
        name: &str,
        password: impl Into<Secret<String>>,
    ) -> Result<Tokens> {
        let email = EmailAddress::parse(email)?;
        let password = Password::chosen(password, &own_words(&email, name))?;
        let id = UserId::new(self.clock.now(), &*self.rng);
        let unhashed = PasswordHash::stored("");
        let new = NewUser { id, email, name: name.trim().to_owned(), password_hash: unhashed };
        new.validate()?;
        let password_hash = self.hash(password).await?;
        let user = self.store.create_user(NewUser { password_hash, ..new }).await?;
        self.open(&user).await
    }

    /// Sign in.
    pub async fn login(&self, email: &str, password: impl Into<Secret<String>>) -> Result<Tokens> {
        let password = Password::presented(password);
        let found = match EmailAddress::parse(email) {
            Ok(email) => self.admit(&email).await?,
            Err(_) => None,
        };
        let user = self.proven(found, password.clone(), "identity.login").await?;
        self.store.succeed_attempt(user.email.key()).await?;
        let opened = self.open(&user).await;
        opened.map_err(|error| same_refusal(error, "identity.login"))
    }

    /// Exchange a refresh token. One that was used before ends every session of its user, unless
    /// [`refresh_grace`](super::AuthConfig::refresh_grace) makes good a response that got lost.
    pub async fn refresh(&self, token: &str) -> Result<Tokens> {
        let refuse = || refused("identity.refresh");
        let presented = Token::parse(TokenKind::Refresh, token).map_err(|_| refuse())?;
        let (successor, row) = self.next_refresh();
        match self.store.rotate(presented.hash(), row, self.access.refresh_grace()).await? {
            Rotated::Rotated { user, session } => self.tokens(user, session, &successor),
            Rotated::Replayed { user } => {
                tracing::warn!(%user, "a refresh token came twice: every session ended");
                Err(refuse())
            }
            Rotated::Refused => Err(refuse()),
        }
    }

    /// End the session of a refresh token; what is none of ours ends nothing, and nobody is told.
    pub async fn logout(&self, token: &str) -> Result<()> {
        match Token::parse(TokenKind::Refresh, token) {
            Ok(presented) => self.store.end_session(presented.hash()).await,
            Err(_) => Ok(()),
        }
    }

    /// Who shows this access token. The store is asked every time: when it cannot answer, nobody
    /// is signed in.
    pub async fn authenticate(&self, access: &str) -> Result<Principal> {
        let claims = self.claims(access).await?;
        Ok(Principal::User(claims.user))
    }

    /// The same, with all that the token says.
    pub async fn claims(&self, access: &str) -> Result<AccessClaims> {
        let operation = "identity.authenticate";
        let claims = self.access.verify(access, self.clock.now());
        let claims = claims.map_err(|error| same_refusal(error, operation))?;
        match self.store.is_live(claims.user, claims.session, claims.jti).await? {
            true => Ok(claims),
            false => Err(refused(operation)),
        }
    }

    /// Refuse one access token from now on; its session goes on.
    pub async fn revoke(&self, access: &str) -> Result<()> {
        let claims = self.claims(access).await?;
        self.store.revoke_access(claims.jti, claims.expires_at).await
    }

    /// Change a password, knowing the old one: a wrong one counts as a failed sign-in. Every
    /// session ends.
    pub async fn change_password(
        &self,
        user: UserId,
        old: impl Into<Secret<String>>,
        new: impl Into<Secret<String>>,
    ) -> Result<()> {
        let operation = "identity.change_password";
        let User { email, name, .. } = self.store.user(user).await?;
        let new = Password::chosen(new, &own_words(&email, &name))?;
        let old = Password::presented(old);
        let found = self.admit(&email).await?;
        let user = self.proven(found, old, operation).await?;
        self.store.succeed_attempt(user.email.key()).await?;
        let hash = self.hash(new).await?;
        let expected = Some(user.password_hash);
        self.store.set_password_hash(user.id, hash, expected, HashChange::Password).await
    }

    /// Disable a user: every session ends, no sign-in succeeds.
    pub async fn disable(&self, user: UserId) -> Result<()> {
        self.store.set_disabled(user, true).await
    }

    /// Let a user sign in again.
    pub async fn enable(&self, user: UserId) -> Result<()> {
        self.store.set_disabled(user, false).await
    }

    /// Count an attempt, then look the account up; both also when the answer is settled already.
    async fn admit(&self, email: &EmailAddress) -> Result<Option<User>> {
        let admission = self.store.begin_attempt(email.key()).await?;
        let found = self.store.user_by_email(email.key()).await?;
        Ok(found.filter(|_| admission == Admission::Allowed))
    }

    /// The user, if the password is its own. Exactly one password is verified, nobody's if need be.
    async fn proven(
        &self,
        found: Option<User>,
        password: Password,
        operation: &'static str,
    ) -> Result<User> {
        let stored = found.as_ref().map(|user| user.password_hash.clone());
        let shown = password.clone();
        let check = move || match stored {
            Some(hash) => password::verify(&shown, hash.as_str()),
            None => password::verify_nobody(&shown),
        };
        let verdict = self.gate.run(&*self.spawn, check).await?;
        let user = found.filter(|user| verdict.ok && user.disabled_at.is_none());
        let user = user.ok_or_else(|| refused(operation))?;
        self.upgraded(user, password, verdict).await
    }

    /// The user with a hash at today's cost. Of several sign-ins at once the first replaces it.
    async fn upgraded(&self, user: User, password: Password, verdict: Verdict) -> Result<User> {
        if !verdict.needs_upgrade {
            return Ok(user);
        }
        let hash = self.hash(password).await?;
        let old = Some(user.password_hash.clone());
        let upgrade = HashChange::Upgrade;
        match self.store.set_password_hash(user.id, hash.clone(), old, upgrade).await {
            Ok(()) => Ok(User { password_hash: hash, ..user }),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(user),
            Err(error) => Err(error),
        }
    }

    async fn hash(&self, password: Password) -> Result<PasswordHash> {
        let rng = self.rng.clone();
        self.gate.run(&*self.spawn, move || password::hash(&password, &*rng)).await?
    }

    async fn open(&self, user: &User) -> Result<Tokens> {
        let (refresh, token) = self.next_refresh();
        let new = NewSession {
            id: SessionId::new(self.clock.now(), &*self.rng),
            user: user.id,
            password_version: user.password_version,
            token,
            family_lifetime: self.access.family_lifetime(),
        };
        let session = self.store.open_session(new).await?;
        self.tokens(user.id, session.id, &refresh)
    }

    fn next_refresh(&self) -> (Token, NewRefresh) {
        let token = Token::issue(TokenKind::Refresh, &*self.rng);
        let id = TokenId::new(self.clock.now(), &*self.rng);
        let row = NewRefresh { id, hash: token.hash(), lifetime: self.access.refresh_lifetime() };
        (token, row)
    }

    fn tokens(&self, user: UserId, session: SessionId, refresh: &Token) -> Result<Tokens> {
        let now = self.clock.now();
        let issued = self.access.issue(user, session, now, &*self.rng)?;
        Ok(Tokens {
            access: issued.token,
            refresh: Secret::new(refresh.expose().to_owned()),
            expires_in: issued.claims.expires_at.since(now),
            user,
            session,
        })
    }
}

/// What somebody who knows a person would try in its password: both sides of the address, but not
/// the domain's last label, and the name.
fn own_words<'a>(email: &'a EmailAddress, name: &'a str) -> [&'a str; 3] {
    let (local, host) = email.key().split_once('@').unwrap_or_default();
    [local, host.rsplit_once('.').map_or(host, |(rest, _)| rest), name]
}

/// One refusal for all reasons: which step said no is not to be told either.
fn same_refusal(error: Error, operation: &'static str) -> Error {
    match error.kind() {
        ErrorKind::Unauthenticated => refused(operation),
        _ => error,
    }
}

const _: fn() = || {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Auth>();
};
