//! How often one key may seal: random nonces of 96 bits are safe for 2^32 messages, not for ever.

use crate::{Error, ErrorKind, Result};

/// Counts the seals of one key and refuses before their number makes a repeated nonce likely.
///
/// At 2^32 random nonces the chance that two are equal passes 2^-32, the bound NIST SP 800-38D
/// sets. A process that shares a key takes a block from the store's counter with
/// [`spend`](Self::spend) and uses it up alone; what it does not use is lost, which is harmless.
///
/// ```
/// use morket_core::vault::SealBudget;
///
/// let mut budget = SealBudget::resume(SealBudget::LIMIT - 1);
/// assert!(budget.spend(1).is_ok());
/// assert!(budget.spend(1).is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealBudget {
    used: u64,
}

impl SealBudget {
    /// Seals that one key may make: the last count before 2^32.
    pub const LIMIT: u64 = (1 << 32) - 1;

    /// A key that has sealed `used` times before.
    pub fn resume(used: u64) -> Self {
        Self { used }
    }

    /// Seals made so far.
    pub fn used(self) -> u64 {
        self.used
    }

    /// Take `seals` more, or none: the key has to be replaced then.
    pub fn spend(&mut self, seals: u64) -> Result<()> {
        match self.used.checked_add(seals) {
            Some(used) if used <= Self::LIMIT => self.used = used,
            _ => {
                let why = "this data key has sealed as often as is safe; rotate it";
                return Err(Error::new(ErrorKind::KeyUnavailable, "vault.seal", why)
                    .with("used", self.used));
            }
        }
        Ok(())
    }
}
