//! Master keys: what the operator keeps, and which versions of it still count.

use super::{KEY_BYTES, Key};
use crate::{Error, ErrorKind, Result, Secret};
use std::{collections::BTreeMap, fmt};
use zeroize::Zeroizing;

const HOW_TO_FIX: &str =
    "must be 64 hexadecimal characters (32 random bytes); make one with `openssl rand -hex 32`";

/// One version of the key that everything in the vault hangs on.
#[derive(Clone)]
pub struct MasterKey(Key);

impl MasterKey {
    /// A master key as the operator writes it: 64 hexadecimal characters.
    ///
    /// A key whose bytes are all equal is what a placeholder looks like, so it is refused.
    ///
    /// ```
    /// use morket_core::vault::MasterKey;
    ///
    /// let refused = MasterKey::parse(&"0".repeat(64)).unwrap_err();
    /// assert!(refused.message().starts_with("master_key: "));
    /// ```
    pub fn parse(hex: &str) -> Result<Self> {
        let bytes = Zeroizing::new(unhex(hex).ok_or_else(refused)?);
        Self::from_bytes(&bytes)
    }

    /// A master key from raw bytes: exactly 32, not all equal.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| refused())?;
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(refused());
        }
        Ok(Self(Secret::new(bytes)))
    }

    pub(super) fn key(&self) -> &Key {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn refused() -> Error {
    Error::invalid("vault.master_key", "master_key", HOW_TO_FIX)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    text.as_bytes().chunks(2).map(|pair| Some(digit(&pair[0])? << 4 | digit(&pair[1])?)).collect()
}

/// The master keys a process knows, by version.
///
/// New rows are wrapped under `current`; rows below `minimum` stay closed although their key may
/// still be at hand, which is how an old master is retired before it is forgotten.
#[derive(Clone)]
pub struct KeyRing {
    keys: BTreeMap<u32, MasterKey>,
    current: u32,
    minimum: u32,
}

impl KeyRing {
    /// A ring of numbered keys. `current` must be among them and not below `minimum`.
    pub fn new(
        keys: impl IntoIterator<Item = (u32, MasterKey)>,
        current: u32,
        minimum: u32,
    ) -> Result<Self> {
        let wrong = |problem: String| Err(Error::invalid("vault.ring", "master_key", problem));
        let mut ring = Self { keys: BTreeMap::new(), current, minimum };
        for (version, key) in keys {
            if ring.keys.insert(version, key).is_some() {
                return wrong(format!("version {version} is given twice"));
            }
        }
        if !ring.keys.contains_key(&current) {
            return wrong(format!("the current version {current} is not among the keys"));
        }
        if current < minimum {
            return wrong(format!("the current version {current} is below the minimum {minimum}"));
        }
        Ok(ring)
    }

    /// The version that new rows are wrapped under.
    pub fn current(&self) -> u32 {
        self.current
    }

    /// The lowest version that still opens anything.
    pub fn minimum(&self) -> u32 {
        self.minimum
    }

    /// The key of `version`, unless it is unknown or retired.
    pub fn get(&self, version: u32) -> Result<&MasterKey> {
        let unavailable = |why| {
            Error::new(ErrorKind::KeyUnavailable, "vault.ring", why).with("master_version", version)
        };
        if version < self.minimum {
            return Err(unavailable("this master key version is retired")
                .with("minimum_version", self.minimum));
        }
        self.keys.get(&version).ok_or_else(|| unavailable("this master key version is not here"))
    }
}

/// Version numbers only.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("versions", &self.keys.keys())
            .field("current", &self.current)
            .field("minimum", &self.minimum)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> MasterKey {
        MasterKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|i| seed.wrapping_add(i as u8)))
            .unwrap()
    }

    #[test]
    fn hexadecimal_is_read_in_both_cases() {
        let lower = MasterKey::parse(&"0aF9".repeat(16)).unwrap();
        assert_eq!(lower.key().expose()[..2], [0x0a, 0xf9]);
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("+1"), None);
    }

    #[test]
    fn a_ring_must_hold_its_current_key_once() {
        for (keys, current, minimum) in
            [(vec![1, 2], 3, 1), (vec![1, 2], 1, 2), (vec![1, 1], 1, 1), (vec![], 1, 1)]
        {
            let keys = keys.into_iter().map(|version| (version, key(3)));
            let error = KeyRing::new(keys, current, minimum).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Validation);
        }
    }

    #[test]
    fn debug_shows_versions_and_nothing_else() {
        let ring = KeyRing::new([(1, key(1)), (2, key(2))], 2, 1).unwrap();
        let shown = format!("{ring:?} {:?}", key(1));
        assert_eq!(shown, "KeyRing { versions: [1, 2], current: 2, minimum: 1 } [REDACTED]");
    }
}
