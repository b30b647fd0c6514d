//! The ports that keep users, their sessions and the attempts on their passwords.
//!
//! They are the authority on who is signed in: a cache may answer sooner, never otherwise. The
//! store's clock decides, so that all processes agree on when a token ends.

use super::{
    Admission, HashChange, NewRefresh, NewSession, NewUser, PasswordHash, Session, TokenHash, User,
};
use crate::{Result, SessionId, Timestamp, UserId};
use async_trait::async_trait;
use std::{fmt, time::Duration};
use uuid::Uuid;

/// Where users live, and who may look at their passwords. Each method is one atomic step.
#[async_trait]
pub trait UserStore: fmt::Debug + Send + Sync + 'static {
    /// Create a user.
    ///
    /// # Behavior
    /// - A repeat with the same content changes nothing and gets the user as it stands.
    /// - An id that names another user is `Conflict`.
    /// - An address whose key another user has is `Conflict`, also when many ask at once.
    /// - An empty name is `Validation`.
    async fn create_user(&self, new: NewUser) -> Result<User>;

    /// One user.
    ///
    /// # Behavior
    /// - An unknown one is `NotFound`.
    async fn user(&self, user: UserId) -> Result<User>;

    /// The user whose address has this key.
    ///
    /// # Behavior
    /// - Every spelling with the same key finds the same user, as it was written at first.
    /// - Of an unknown key it is `None`.
    async fn user_by_email(&self, key: &str) -> Result<Option<User>>;

    /// Replace the hash of a user's password.
    ///
    /// # Behavior
    /// - If the hash is no longer the `expected` one it is `Conflict`, and nothing changes.
    /// - An upgrade leaves sessions and the password's version as they are.
    /// - Another password ends every session in the same step.
    /// - Afterwards no session begins that was verified with an older password.
    /// - An unknown user is `NotFound`.
    async fn set_password_hash(
        &self,
        user: UserId,
        hash: PasswordHash,
        expected: Option<PasswordHash>,
        change: HashChange,
    ) -> Result<()>;

    /// Disable a user, or enable it again.
    ///
    /// # Behavior
    /// - Disabling ends every session in the same step; enabling brings none back.
    /// - A repeat changes nothing.
    /// - An unknown user is `NotFound`.
    async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<()>;

    /// Ask to look at a password, by the rules of [`Attempts`](super::Attempts): counted as failed
    /// until [`succeed_attempt`](Self::succeed_attempt).
    ///
    /// # Behavior
    /// - Of many at once at most five are allowed in a window.
    /// - A refused attempt is not counted: the lock ends by itself.
    /// - A key that nobody has is counted in the same way.
    /// - Another key's attempts do not matter.
    /// - Sessions do not notice.
    async fn begin_attempt(&self, key: &str) -> Result<Admission>;

    /// The password was right: count from none.
    ///
    /// # Behavior
    /// - The next five attempts are allowed.
    /// - Of a key that was never tried it changes nothing.
    async fn succeed_attempt(&self, key: &str) -> Result<()>;
}

/// What became of a refresh token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// It was used up, and its successor took its place.
    Rotated {
        /// Whose it is.
        user: UserId,
        /// The family it belongs to.
        session: SessionId,
    },
    /// It had been used before: every session of the user has ended.
    Replayed {
        /// Whose it was.
        user: UserId,
    },
    /// It is unknown, past its end, its session was ended or its user is disabled.
    Refused,
}

/// Where sessions live. Each method is one atomic step.
#[async_trait]
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// Begin a session with its first refresh token.
    ///
    /// # Behavior
    /// - At most ten of a user's sessions can be refreshed; the oldest end in the same step.
    /// - The one that begins is never the one that ends.
    /// - A disabled or unknown user, or a password that was changed meanwhile, is
    ///   `Unauthenticated`, and nothing begins.
    /// - An id or a hash that is there already is `Conflict`.
    async fn open_session(&self, new: NewSession) -> Result<Session>;

    /// Exchange the refresh token with this hash for its successor, by
    /// [`RefreshToken::judge`](super::RefreshToken::judge).
    ///
    /// # Behavior
    /// - It works once; of many uses at once exactly one wins, and the others are replays.
    /// - A replay ends every session of the user in the same step, and of nobody else.
    /// - A token past its end or its family's is refused, and ends nothing.
    /// - The successor never outlives the family.
    /// - A token of a session that was ended, or of a disabled user, is refused.
    /// - A successor whose hash is there already is `Conflict`, and nothing changes.
    /// - Within `grace` of its use, never more than ten seconds, a token whose successor nobody has
    ///   shown is exchanged once more; that first successor then counts as used.
    async fn rotate(
        &self,
        presented: TokenHash,
        successor: NewRefresh,
        grace: Duration,
    ) -> Result<Rotated>;

    /// End the session that the refresh token with this hash belongs to.
    ///
    /// # Behavior
    /// - Afterwards none of its refresh and access tokens counts; other sessions go on.
    /// - A used token is a replay here too: every session of the user ends.
    /// - An unknown token changes nothing, and neither does a repeat.
    async fn end_session(&self, presented: TokenHash) -> Result<()>;

    /// End every session of a user; how many were live.
    ///
    /// # Behavior
    /// - Nobody else's end.
    async fn end_all(&self, user: UserId) -> Result<u32>;

    /// The live sessions of a user, oldest first.
    ///
    /// # Behavior
    /// - Ended ones and those past their family's end are not there.
    async fn sessions(&self, user: UserId) -> Result<Vec<Session>>;

    /// Whether an access token of this user, session and id counts now.
    ///
    /// # Behavior
    /// - Only while the session is live, belongs to this user, and the user is not disabled.
    /// - Not when its id was revoked.
    /// - Never for what the store does not know.
    async fn is_live(&self, user: UserId, session: SessionId, jti: Uuid) -> Result<bool>;

    /// Refuse one access token, which would end by itself at `expires_at`.
    ///
    /// # Behavior
    /// - The session's other access tokens go on.
    /// - A repeat changes nothing.
    async fn revoke_access(&self, jti: Uuid, expires_at: Timestamp) -> Result<()>;

    /// Remove what no longer matters and ended before `before`: sessions with their tokens,
    /// attempts, revocations. How many sessions went.
    ///
    /// A token of a removed session is refused, but no longer known as a replay: leave sessions
    /// for as long as replays shall be noticed.
    ///
    /// # Behavior
    /// - Live sessions, attempts that may still lock and revocations that still count stay, however
    ///   late `before` is.
    async fn prune_sessions(&self, before: Timestamp) -> Result<u32>;
}

/// Users and sessions together: what [`Auth`](super::Auth) needs. Whoever implements both has it.
pub trait IdentityStore: UserStore + SessionStore {}

impl<T: UserStore + SessionStore> IdentityStore for T {}

const _: Option<&dyn UserStore> = None;
const _: Option<&dyn SessionStore> = None;
const _: Option<&dyn IdentityStore> = None;
