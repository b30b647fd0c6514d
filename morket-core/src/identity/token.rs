//! Opaque tokens: 256 random bits that say what they are for. Only a hash of them is stored.

use super::refused;
use crate::{Result, Rng, Secret, rng::random, secret::same_bytes};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

const RANDOM_BYTES: usize = 32;

/// What a token may be used for. A token of one kind is never accepted as another.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenKind {
    /// Exchanged once for the next pair of tokens.
    Refresh,
    /// Lets someone join a workspace.
    Invitation,
    /// A program's key to the HTTP interface.
    Service,
}

impl TokenKind {
    /// Every kind there is.
    pub const ALL: &'static [Self] = &[Self::Refresh, Self::Invitation, Self::Service];

    /// How a token of this kind begins, so that people and secret scanners recognise it.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "mrt_",
            Self::Invitation => "mit_",
            Self::Service => "msk_",
        }
    }
}

/// A token, to be shown to its owner once.
///
/// ```
/// use morket_core::identity::{Token, TokenKind};
///
/// # #[derive(Debug)] struct Dice;
/// # impl morket_core::Rng for Dice { fn fill(&self, bytes: &mut [u8]) { bytes.fill(7) } }
/// let token = Token::issue(TokenKind::Refresh, &Dice);
/// let shown = Token::parse(TokenKind::Refresh, token.expose()).unwrap();
/// assert!(shown.hash().matches(&token.hash()));
/// assert!(Token::parse(TokenKind::Service, token.expose()).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Token {
    kind: TokenKind,
    text: Secret<String>,
}

impl Token {
    /// A new token.
    pub fn issue(kind: TokenKind, rng: &dyn Rng) -> Self {
        let bytes = Zeroizing::new(random::<RANDOM_BYTES>(rng));
        let mut text = String::with_capacity(64);
        text.push_str(kind.prefix());
        URL_SAFE_NO_PAD.encode_string(*bytes, &mut text);
        Self { kind, text: Secret::new(text) }
    }

    /// Read what a client shows, if it has the form of a token of this kind.
    pub fn parse(kind: TokenKind, text: &str) -> Result<Self> {
        let body = text.strip_prefix(kind.prefix());
        let bytes = body.and_then(|body| URL_SAFE_NO_PAD.decode(body).ok()).map(Zeroizing::new);
        match bytes {
            Some(bytes) if bytes.len() == RANDOM_BYTES => {
                Ok(Self { kind, text: Secret::new(text.to_owned()) })
            }
            _ => Err(refused("identity.token")),
        }
    }

    /// What it is for.
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The text its owner keeps.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// What the store keeps. It covers the prefix, so hashes of two kinds never meet.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.expose()).into())
    }
}

/// SHA-256 of a token. Unsalted: 256 random bits cannot be guessed, and it has to be looked up.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// A hash read back from a store.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What a store writes and looks up by.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Equal or not, in constant time; there is no `==` to use by mistake.
    pub fn matches(&self, other: &Self) -> bool {
        same_bytes(&self.0, &other.0)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}
