//! Who is asking: passwords, tokens, sessions and the lock that stops guessing.
//!
//! What decides here remembers nothing: time and randomness are arguments, rows come from a
//! [`UserStore`] and a [`SessionStore`] and go back to them. [`Auth`] puts it together. One
//! sign-in, from the first byte to the last:
//!
//! 1. [`EmailAddress`] brings what was typed into the one form that accounts are found by.
//! 2. [`Attempts::begin`] counts the attempt *before* the password is looked at, so that many
//!    guesses at once are still at most five.
//! 3. [`password::verify`] runs inside a [`HashGate`]: as many hashes at once as there are cores,
//!    so that a flood of logins cannot starve the rest. For an address that nobody has,
//!    [`password::verify_nobody`] takes the same time.
//! 4. [`Attempts::succeed`], then a [`SessionId`](crate::SessionId) with a refresh [`Token`] (only
//!    its [`TokenHash`] is stored) and an access token from [`AccessTokens::issue`].
//! 5. Later: [`AccessTokens::verify`] on each request, [`RefreshToken::judge`] on each refresh.
//!
//! What stores keep (users, sessions, hashes) is always here; what makes hashes and signs tokens
//! needs the feature `identity`, because its C code is slow to build.
//!
//! Whatever is wrong, a client reads the same sentence: unknown address, wrong password, locked,
//! disabled, forged, expired and revoked all look alike.

#[cfg(feature = "identity")]
pub mod access;
#[cfg(feature = "identity")]
pub mod config;
pub mod email;
#[cfg(feature = "identity")]
pub mod gate;
#[cfg(feature = "identity")]
mod guessable;
pub mod lockout;
#[cfg(feature = "identity")]
pub mod password;
#[cfg(feature = "identity")]
pub mod service;
pub mod session;
#[cfg(feature = "identity")]
pub mod signing;
pub mod store;
pub mod token;
pub mod user;

#[cfg(feature = "identity")]
pub use access::{AccessClaims, AccessTokens, IssuedAccess};
#[cfg(feature = "identity")]
pub use config::AuthConfig;
pub use email::EmailAddress;
#[cfg(feature = "identity")]
pub use gate::{HashGate, Spawn};
pub use lockout::{Admission, Attempts};
#[cfg(feature = "identity")]
pub use password::{Password, Verdict};
#[cfg(feature = "identity")]
pub use service::{Auth, Tokens};
pub use session::{NewRefresh, NewSession, RefreshToken, Rotation, Session};
#[cfg(feature = "identity")]
pub use signing::{SigningKey, SigningKeys};
pub use store::{IdentityStore, Rotated, SessionStore, UserStore};
pub use token::{Token, TokenHash, TokenKind};
pub use user::{HashChange, NewUser, PasswordHash, User};

use crate::{Error, ErrorKind};

/// The one refusal of this module: it never says what was wrong.
pub fn refused(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unauthenticated, operation, "not signed in, or no longer")
}
