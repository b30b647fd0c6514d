//! Values that must never be seen: they print as `[REDACTED]` and zero themselves when dropped.

use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What stands where a secret would.
pub const REDACTED: &str = "[REDACTED]";

/// A value that cannot be printed, logged or serialised by accident.
///
/// ```
/// use morket_core::Secret;
///
/// let key = Secret::new("sk_live_1234".to_owned());
/// assert_eq!(format!("{key} {key:?}"), "[REDACTED] [REDACTED]");
/// assert_eq!(key.expose(), "sk_live_1234");
/// ```
#[derive(Clone, ZeroizeOnDrop)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Hide `value` from now on.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Look at it. The one word to search for when auditing where secrets go.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Equal or not, lengths first, then in constant time.
    pub fn same_as(&self, other: &[u8]) -> bool {
        same_bytes(self.0.as_ref(), other)
    }
}

/// Equal or not: lengths first, then every byte in constant time.
pub fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && bool::from(left.ct_eq(right))
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T: Zeroize> serde::Serialize for Secret<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}
