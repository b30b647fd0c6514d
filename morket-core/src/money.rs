//! Two units that never mix: [`Credits`] are what a tenant is charged, [`MicroUsd`] what a vendor
//! bills. Both are integers with checked arithmetic; there is no float on the path.

use crate::{Error, ErrorKind, Result};
use std::fmt;

macro_rules! amounts {
    ($($(#[$doc:meta])* $name:ident, $per_unit:literal, $digits:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// `units` whole units; stays at the largest amount instead of overflowing.
            pub const fn whole(units: i64) -> Self {
                Self(units.saturating_mul($per_unit))
            }

            /// The sum, or an error that changes nothing.
            pub fn plus(self, other: Self) -> Result<Self> {
                self.0.checked_add(other.0).map(Self).ok_or_else(|| overflow(stringify!($name)))
            }

            /// The difference, or an error that changes nothing.
            pub fn minus(self, other: Self) -> Result<Self> {
                self.0.checked_sub(other.0).map(Self).ok_or_else(|| overflow(stringify!($name)))
            }

            /// The same amount with the other sign.
            pub fn negated(self) -> Result<Self> {
                Self::ZERO.minus(self)
            }

            /// The sum of all, or an error.
            pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self> {
                amounts.into_iter().try_fold(Self::ZERO, Self::plus)
            }

            /// Above zero.
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let sign = if self.0 < 0 { "-" } else { "" };
                let amount = self.0.unsigned_abs();
                let (whole, part) = (amount / $per_unit, amount % $per_unit);
                let part = format!("{part:0width$}", width = $digits);
                let part = part.trim_end_matches('0');
                match part {
                    "" => write!(f, "{sign}{whole}"),
                    part => write!(f, "{sign}{whole}.{part}"),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )*};
}

amounts! {
    /// What a tenant is charged, in thousandths of a credit.
    ///
    /// ```
    /// use morket_core::Credits;
    ///
    /// assert_eq!(Credits(2_500).to_string(), "2.5");
    /// assert!(Credits(i64::MAX).plus(Credits(1)).is_err());
    /// ```
    Credits, 1_000, 3;
    /// What a vendor bills, in millionths of a dollar.
    MicroUsd, 1_000_000, 6;
    /// What a vendor bills in its own unit, in thousandths.
    VendorUnits, 1_000, 3;
}

fn overflow(unit: &'static str) -> Error {
    Error::new(ErrorKind::Validation, "money", "amount: too large to count").with("unit", unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_as_people_write_them() {
        for (millis, text) in [(0, "0"), (1, "0.001"), (-1_500, "-1.5"), (2_000, "2")] {
            assert_eq!(Credits(millis).to_string(), text);
        }
        assert_eq!(MicroUsd(120_000).to_string(), "0.12");
        assert_eq!(Credits(i64::MIN).to_string(), "-9223372036854775.808");
    }
}
